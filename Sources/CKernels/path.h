/* Everything whose speed depends on the instruction set, included once for each path with NAME(x) and WIDTH defined: the
   floats of a vector, 16 where AVX-512 is, 8 where AVX2 is. */

#include "functions.h"

#include "vectors.h"

#include "elementwise.h"

#include "repetition.h"

#include "tiles.h"

#include "transposition.h"

#include "sums.h"
