#include "internal.h"

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
            for (int64_t x = 0; x < width; x++) {
                const uint8_t *left = row + column_lower[x] * channels, *right = row + column_upper[x] * channels;
                for (int64_t c = 0; c < channels; c++)
                    *target++ = (float)left[c] + ((float)right[c] - (float)left[c]) * column_part[x];
            }
        }
        for (int64_t i = 0; i < width * channels; i++) *result++ = lower[i] + (upper[i] - lower[i]) * row_part[y];
    }
}
