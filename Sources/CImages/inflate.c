/* zlib then promises not to write to its input. */
#define ZLIB_CONST
#include <limits.h>
#include <string.h>
#include <zlib.h>

#include "CImages.h"

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

int troupe_inflate(const uint8_t *input, size_t size, int wrapping, uint8_t *output, size_t room, size_t *used,
                   size_t *written) {
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    *used = 0;
    *written = 0;
    /* The window has 2^15 bytes; below zero there is no wrapping, and 16 above it gzip's. */
    if (inflateInit2(&stream, wrapping == TROUPE_GZIP ? MAX_WBITS + 16 : -MAX_WBITS) != Z_OK) {
        return TROUPE_INFLATION_MEMORY;
    }
    int status;
    do {
        uInt in = (uInt)least(size - *used, UINT_MAX), out = (uInt)least(room - *written, UINT_MAX);
        stream.next_in = input + *used;
        stream.avail_in = in;
        stream.next_out = output + *written;
        stream.avail_out = out;
        status = inflate(&stream, Z_NO_FLUSH);
        *used += in - stream.avail_in;
        *written += out - stream.avail_out;
    } while (status == Z_OK);
    inflateEnd(&stream);
    switch (status) {
    case Z_STREAM_END: return TROUPE_INFLATED;
    case Z_BUF_ERROR: return *written == room ? TROUPE_INFLATION_FULL : TROUPE_INFLATION_SHORT;
    case Z_MEM_ERROR: return TROUPE_INFLATION_MEMORY;
    default: return TROUPE_INFLATION_DAMAGED;
    }
}

uint32_t troupe_crc32(const uint8_t *bytes, size_t size) {
    return (uint32_t)crc32_z(crc32_z(0, Z_NULL, 0), bytes, size);
}
