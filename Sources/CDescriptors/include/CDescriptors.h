#ifndef TROUPE_DESCRIPTORS_H
#define TROUPE_DESCRIPTORS_H

/* Whoever accepts a connection in this process, libraries too, gets no descriptor from this number on: such a connection is
   reset at once. So the others are left for files, threads and whatever else needs one. Without this call there is no wall.

   Descriptors are given out from the lowest number up, so that a high one tells that nearly all below it are in use. It is
   needed because ZeroMQ accepts connections on a thread of its own for as long as there are descriptors, and libdispatch
   ends the process when it has none to look at its threads. */
void troupe_wall_off_descriptors(int first);

#endif
