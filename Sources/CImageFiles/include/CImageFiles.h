// PNG and JPEG in memory, through libpng and libjpeg. Their errors, which jump, become results and messages here, so that no
// jump ever passes a frame of Swift.
#ifndef CIMAGEFILES_H
#define CIMAGEFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The size of a message, with the zero at its end.
#define CI_MESSAGE_SIZE 200

/// What the header of a file says.
typedef struct {
    int64_t width, height;
    /// Of the pixels when all of them are decoded: 1 grey, 2 grey and alpha, 3 colours, 4 colours and alpha.
    int32_t channels;
    /// Of a channel in the file.
    int32_t bits;
    /// What decoding takes beside the pixels, at most.
    int64_t working_bytes;
} ci_header;

// All return whether it worked, and if not, why not.

/// Reads the header and decodes nothing.
bool ci_png_header(const uint8_t *bytes, size_t count, ci_header *header, char *message);
bool ci_jpeg_header(const uint8_t *bytes, size_t count, ci_header *header, char *message);

/// Decodes to bytes, row by row, with so many channels: 1, 3, 4, or the header's. `pixels` has room for the header's size.
/// Of 16 bits the upper 8 are taken. Grey is what ITU-R 601-2 calls luma; JPEG files have it as a channel of their own.
/// Alpha is dropped where it is not asked for, and 255 where there is none.
bool ci_png_decode(const uint8_t *bytes, size_t count, int32_t channels, uint8_t *pixels, size_t size, char *message);
bool ci_jpeg_decode(const uint8_t *bytes, size_t count, int32_t channels, uint8_t *pixels, size_t size, char *message);

/// Encodes rows of bytes with 1 to 4 channels as a PNG, in memory that the caller frees.
bool ci_png_encode(const uint8_t *pixels, int64_t width, int64_t height, int32_t channels, uint8_t **bytes, size_t *count,
                   char *message);

/// Linear interpolation of bytes to floats, as TensorFlow computes it: for each new place along an axis the old places below
/// and above it, and how far it lies from the lower one. `rows` has room for two rows of the result.
void ci_resize_bilinear(const uint8_t *pixels, int64_t row_bytes, int64_t channels, float *result, int64_t height, int64_t width,
                        const int64_t *row_lower, const int64_t *row_upper, const float *row_part,
                        const int64_t *column_lower, const int64_t *column_upper, const float *column_part, float *rows);

#endif
