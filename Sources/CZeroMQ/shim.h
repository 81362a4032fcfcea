#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <zmq.h>

/* In the header it stands among the drafts, but every build has it since 4.3.0. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

/* Asks the kernel to kill this process when the thread that started it ends, so that no worker outlives the command
   that started it. Note: the thread, not the process; start children from a thread that lives as long as they should.
   A parent that is already gone is for the caller to notice (getppid). Returns 0, or -1 with errno set. */
static inline int troupe_die_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }

/* Gives the calling thread a name for process listings, of which 15 bytes are kept. */
static inline int troupe_name_thread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }
