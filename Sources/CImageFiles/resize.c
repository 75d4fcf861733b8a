#include "internal.h"

#include <string.h>

typedef uint8_t bytes4 __attribute__((vector_size(4)));
typedef float floats4 __attribute__((vector_size(16)));

static inline floats4 load4(const uint8_t *pixel) {
    bytes4 b;
    memcpy(&b, pixel, sizeof b);
    return __builtin_convertvector(b, floats4);
}

/// A row of pixels at the new columns.
static inline void across(const uint8_t *row, const int64_t channels, int64_t width, const int64_t *lower, const int64_t *upper,
                          const float *part, float *target) {
    int64_t x = 0;
    // Three channels as four: what is too much is the next pixel, which the next step writes.
    if (channels == 3 || channels == 4) {
        for (; x < width && (channels == 4 || upper[x] < upper[width - 1]); x++, target += channels) {
            floats4 left = load4(row + lower[x] * channels), right = load4(row + upper[x] * channels);
            floats4 between = left + (right - left) * part[x];
            memcpy(target, &between, sizeof between);
        }
    }
    for (; x < width; x++, target += channels) {
        const uint8_t *left = row + lower[x] * channels, *right = row + upper[x] * channels;
        for (int64_t c = 0; c < channels; c++) target[c] = (float)left[c] + ((float)right[c] - (float)left[c]) * part[x];
    }
}

void ci_resize_bilinear(const uint8_t *pixels, int64_t row_bytes, int64_t channels, float *result, int64_t height, int64_t width,
                        const int64_t *row_lower, const int64_t *row_upper, const float *row_part,
                        const int64_t *column_lower, const int64_t *column_upper, const float *column_part, float *rows) {
    float *lower = rows, *upper = rows + width * channels;
    int64_t lower_row = -1, upper_row = -1;
    for (int64_t y = 0; y < height; y++) {
        // A row that was the upper one is often the next lower one.
        if (row_lower[y] == upper_row) {
            float *other = lower;
            lower = upper, upper = other;
            upper_row = lower_row, lower_row = row_lower[y];
        }
        for (int which = 0; which < 2; which++) {
            int64_t wanted = which ? row_upper[y] : row_lower[y], *held = which ? &upper_row : &lower_row;
            if (*held == wanted) continue;
            *held = wanted;
            const uint8_t *row = pixels + wanted * row_bytes;
            float *target = which ? upper : lower;
            // With the channels a constant, the compiler unrolls them.
            switch (channels) {
            case 1: across(row, 1, width, column_lower, column_upper, column_part, target); break;
            case 3: across(row, 3, width, column_lower, column_upper, column_part, target); break;
            case 4: across(row, 4, width, column_lower, column_upper, column_part, target); break;
            default: across(row, channels, width, column_lower, column_upper, column_part, target);
            }
        }
        for (int64_t i = 0; i < width * channels; i++) *result++ = lower[i] + (upper[i] - lower[i]) * row_part[y];
    }
}
