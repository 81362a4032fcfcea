#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <zmq.h>
