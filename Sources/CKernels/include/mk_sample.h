// Images read at places between their pixels: what rotations, zooms and other distortions are made of.
#ifndef MK_SAMPLE_H
#define MK_SAMPLE_H

#include "mk_common.h"

// What lies outside an image: one value, its nearest pixel, the image mirrored at its border, or the image again.
typedef enum { MK_OUTSIDE_CONSTANT, MK_OUTSIDE_NEAREST, MK_OUTSIDE_REFLECT, MK_OUTSIDE_WRAP } mk_outside;

typedef struct {
    mk_dtype type;                           // f32 or f64, of images and places
    int64_t batch, height, width, channels;  // of the images
    int64_t rows, columns;                   // of the places, for each image
    mk_outside outside;
    double value;                            // of MK_OUTSIDE_CONSTANT
    bool linear;                             // between four pixels, otherwise the nearest
    // Whether it is the numbers of the pixels around a place that are brought into the image, as Keras's map_coordinates does
    // (its mirror has the first pixel in the middle, once), otherwise the place itself, as TensorFlow's projective transform.
    bool by_pixel;
} mk_sample_plan;

// out [batch, rows, columns, channels] of images [batch, height, width, channels] at places [batch, rows, columns, 2], y and
// x. What is not finite lies outside of any image and gives the value.
void mk_sample_images(const mk_sample_plan *plan, const void *images, const void *places, void *out);

// The adjoint: gradients of images from those of out; what lies outside under MK_OUTSIDE_CONSTANT gives nothing.
void mk_spread_images(const mk_sample_plan *plan, const void *gradients, const void *places, void *images);

#endif
