/* accept4 and accept take the place of the C library's for all that is loaded with this program. */
#define _GNU_SOURCE
#include "CDescriptors.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int wall = INT_MAX;

void troupe_wall_off_descriptors(int first) { atomic_store(&wall, first); }

int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags) {
    int descriptor = (int)syscall(SYS_accept4, listener, address, length, flags);
    if (descriptor < atomic_load(&wall)) return descriptor;
    /* Over TCP it is reset, which tells the other side that its key is not to blame. */
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(descriptor);
    /* As if the other side had been faster. */
    errno = ECONNABORTED;
    return -1;
}

int accept(int listener, struct sockaddr *address, socklen_t *length) {
    return accept4(listener, address, length, 0);
}
