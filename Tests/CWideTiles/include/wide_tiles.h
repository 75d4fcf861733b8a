// The tiles of AVX-512, sixteen floats in a vector, compiled for any CPU: so that their edges are tested everywhere.
#ifndef WIDE_TILES_H
#define WIDE_TILES_H

#include <stdbool.h>

// Makes the products that the calling thread begins use them, or not any more.
void wide_tiles_use(bool on);

#endif
