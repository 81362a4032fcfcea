#include <png.h>
#include <string.h>

#include "CImages.h"

/* Begins to read; the image must be freed whatever comes back. */
static int begin(png_image *image, const uint8_t *bytes, size_t size, char *message) {
    memset(image, 0, sizeof *image);
    image->version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_memory(image, bytes, size)) return 0;
    strncpy(message, image->message, TROUPE_PNG_MESSAGE - 1);
    message[TROUPE_PNG_MESSAGE - 1] = 0;
    return -1;
}

int troupe_png_size(const uint8_t *bytes, size_t size, uint32_t *width, uint32_t *height, char *message) {
    png_image image;
    int result = begin(&image, bytes, size, message);
    *width = image.width;
    *height = image.height;
    png_image_free(&image);
    return result;
}

int troupe_png_grey(const uint8_t *bytes, size_t size, uint8_t *output, size_t room, char *message) {
    static const png_color white = {255, 255, 255};
    png_image image;
    int result = begin(&image, bytes, size, message);
    if (result == 0) {
        image.format = PNG_FORMAT_GRAY;
        if (PNG_IMAGE_SIZE(image) != room) {
            strncpy(message, "another size than before", TROUPE_PNG_MESSAGE - 1);
            result = -1;
        } else if (!png_image_finish_read(&image, &white, output, 0, NULL)) {
            strncpy(message, image.message, TROUPE_PNG_MESSAGE - 1);
            result = -1;
        }
        message[TROUPE_PNG_MESSAGE - 1] = 0;
    }
    png_image_free(&image);
    return result;
}
