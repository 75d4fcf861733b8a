// Elementwise programs over tables of which only some rows are met: the updates of embeddings by gradients that are rows
// and their places.
#ifndef MK_ROWS_H
#define MK_ROWS_H

#include "mk_ewise.h"

// Rows of a table by their numbers, int64 or int32; a negative one counts from the end.
typedef struct {
    mk_dtype dtype;
    const void *index;
    int64_t count;
    // The program's input that is zeros [n, inner] to which the rows [count, inner] that stand in its place are added in
    // the order of the list; -1 for a list that only says which rows are met. Such an input is float32 or float64.
    int32_t input;
} mk_row_list;

// Which rows the program runs over.
typedef enum {
    MK_ROWS_ALL,
    // Those in a list; the others keep what they have.
    MK_ROWS_LISTED,
    // All but those at rest, of which no list has a row and whose inputs in `still` are zeros with the sign bit clear: the
    // caller says that the program gives back such a row's inputs, if it gives back one such element. That is tried; it
    // depends on the scalars.
    MK_ROWS_MOVING,
} mk_row_choice;

enum { MK_ROWS_MAX_LISTS = 8 };

typedef struct {
    // One dimension of n * inner elements; an input's stride is 1, or 0 for a scalar.
    const mk_ewise *program;
    int64_t n, inner;
    int32_t lists;
    const mk_row_list *list;
    mk_row_choice choice;
    // MK_ROWS_MOVING: the inputs that are zero in rows at rest, and those that may be anything there. Inputs are bits.
    uint32_t still, kept;
    // The input whose next value each output is, -1 for none. Those of MK_ROWS_LISTED and MK_ROWS_MOVING all have one.
    const int8_t *pairs;
} mk_rows;

typedef struct {
    int32_t list; // -1: all indices are in range
    int64_t place;
} mk_bad_row;

// Runs the program; with the bits of mk_scatter_add and mk_ewise_run, save that a number in a row at rest that is not
// normal stays as it is where the processor rounds such to zero. Returns the first index that is out of range, with
// nothing written. An output may be the memory of the input that it is paired with.
mk_bad_row mk_rows_run(const mk_rows *rows, const void *const *inputs, void *const *outputs);

#endif
