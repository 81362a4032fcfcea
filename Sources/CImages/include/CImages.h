/* zlib and libpng behind a few calls that take and fill plain memory. */
#ifndef TROUPE_IMAGES_H
#define TROUPE_IMAGES_H

#include <stddef.h>
#include <stdint.h>

/* What became of compressed bytes. */
enum troupe_inflation {
    /* The stream ended. */
    TROUPE_INFLATED = 0,
    /* The room was filled before the stream ended. */
    TROUPE_INFLATION_FULL = 1,
    /* The input ended before the stream did. */
    TROUPE_INFLATION_SHORT = 2,
    /* The bytes are not what they should be. */
    TROUPE_INFLATION_DAMAGED = 3,
    /* There is no memory for it. */
    TROUPE_INFLATION_MEMORY = 4,
};

/* How a compressed stream begins and ends. */
enum troupe_wrapping {
    /* Not at all, as in a zip archive. */
    TROUPE_BARE = 0,
    /* With a header and a checksum, as gzip writes. */
    TROUPE_GZIP = 1,
};

/* Inflates into at most `room` bytes; `used` and `written` say how far it came. */
int troupe_inflate(const uint8_t *input, size_t size, int wrapping, uint8_t *output, size_t room, size_t *used,
                   size_t *written);

/* The CRC-32 of bytes, as zip and gzip have it. */
uint32_t troupe_crc32(const uint8_t *bytes, size_t size);

/* Bytes of a message of libpng's, with its final zero. */
enum { TROUPE_PNG_MESSAGE = 64 };

/* The size of a PNG image. Returns 0, or -1 with a message. */
int troupe_png_size(const uint8_t *bytes, size_t size, uint32_t *width, uint32_t *height, char *message);

/* The image in shades of grey, 0 for black to 255 for white, on white; `output` has width x height bytes. Returns 0, or -1
   with a message. */
int troupe_png_grey(const uint8_t *bytes, size_t size, uint8_t *output, size_t room, char *message);

#endif
