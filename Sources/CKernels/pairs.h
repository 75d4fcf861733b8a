#ifndef MK_PAIRS_H
#define MK_PAIRS_H

#include <stdint.h>

typedef struct {
    uint64_t key;
    int64_t index;
} mk_pair;

// Sorts by key, stably: radix sort with bytes for digits. `scratch` holds n pairs as well.
void mk_sort_pairs(mk_pair *pairs, mk_pair *scratch, int64_t n);

#endif
