// Tables are passed over in parts of some hundred rows, which fit a core's cache with everything that belongs to them. So a
// gradient of rows is spread out where it is used, and never is an array as large as the table.
#include "mk_rows.h"

#include <string.h>
#include "internal.h"

enum {
    ROOM = 96 * 1024,      // bytes of a task's copies
    PART_ELEMENTS = 4096,  // of a part at most
    QUEUE_ELEMENTS = 2048, // of the rows that are run over together, unless one row has more
    TASK_ELEMENTS = 65536, // of the parts of a task
};

// The entries of a list by the part that they fall into, those of a part in the order of the list.
typedef struct {
    int64_t *starts; // [parts of rows + 1]
    int64_t *order;  // [count]
} buckets;

typedef struct {
    const mk_rows *rows;
    const void *const *inputs;
    void *const *outputs;
    mk_row_choice choice;
    buckets lists[MK_ROWS_MAX_LISTS];
    uint32_t spread;                 // inputs that are made of rows
    size_t width[MK_EWISE_MAX_INPUTS], output_width[MK_EWISE_MAX_OUTPUTS];
    int64_t elements, queue;         // of a part and of the rows that are run over together, at most
    int64_t height, bands;           // rows of a part; a row that is longer than a part is cut into bands
    int64_t parts, parts_per_task;
} job;

MK_INLINE int64_t row_at(const mk_row_list *list, int64_t n, int64_t i) {
    int64_t at = list->dtype == MK_I64 ? ((const int64_t *)list->index)[i] : ((const int32_t *)list->index)[i];
    return at < 0 ? at + n : at;
}

static int64_t first_bad(const mk_row_list *list, int64_t n) {
    if (list->dtype != MK_I64 && list->dtype != MK_I32) mk_unsupported("an index", list->dtype);
    for (int64_t i = 0; i < list->count; i++) {
        int64_t at = row_at(list, n, i);
        if (at < 0 || at >= n) return i;
    }
    return -1;
}

static void sort_into_parts(const mk_row_list *list, int64_t n, int64_t height, buckets *b) {
    int64_t parts = mk_ceil_div(n, height);
    b->starts = mk_temporary(parts + 1, sizeof *b->starts);
    b->order = mk_temporary(list->count, sizeof *b->order);
    memset(b->starts, 0, (size_t)(parts + 1) * sizeof *b->starts);
    for (int64_t i = 0; i < list->count; i++) b->starts[row_at(list, n, i) / height]++;
    int64_t sum = 0;
    for (int64_t p = 0; p <= parts; p++) {
        sum += b->starts[p];
        b->starts[p] = sum;
    }
    // From the end of each part to its start: the last entry first.
    for (int64_t i = list->count; i-- > 0;) b->order[--b->starts[row_at(list, n, i) / height]] = i;
}

MK_INLINE bool is_zero(const char *p, size_t bytes) {
    uint64_t any = 0, word;
    size_t i = 0;
    for (; i + 128 <= bytes; i += 128) {
        uint64_t words[16];
        memcpy(words, p + i, sizeof words);
        uint64_t folded[4] = {0};
        for (int k = 0; k < 16; k++) folded[k % 4] |= words[k];
        any |= (folded[0] | folded[1]) | (folded[2] | folded[3]);
    }
    for (; i + 8 <= bytes; i += 8) {
        memcpy(&word, p + i, 8);
        any |= word;
    }
    for (; i < bytes; i++) any |= (uint8_t)p[i];
    return any == 0;
}

// Marks the rows of `bytes` bytes that are not all zeros.
MK_CLONES(static, void, mark_moving, (const char *p, int64_t rows, size_t bytes, uint8_t *met), (p, rows, bytes, met)) {
    for (int64_t r = 0; r < rows; r++) met[r] |= !is_zero(p + r * (int64_t)bytes, bytes);
}

static void add(size_t width, int64_t n, const void *from, void *to) {
    if (width == 4) {
        const float *s = from;
        float *d = to;
        for (int64_t i = 0; i < n; i++) d[i] += s[i];
    } else {
        const double *s = from;
        double *d = to;
        for (int64_t i = 0; i < n; i++) d[i] += s[i];
    }
}

static void run_program(const job *j, int64_t elements, const void *const *inputs, void *const *outputs) {
    mk_ewise part = *j->rows->program;
    part.dims = &elements;
    mk_ewise_run(&part, inputs, outputs);
}

// What a task works with.
typedef struct {
    char *spread[MK_EWISE_MAX_INPUTS];     // the gradients of a part, all zeros between parts
    uint8_t met[PART_ELEMENTS];            // the rows of a part that the program runs over
    // Rows that wait until there are enough for a run, and room for their copies.
    char *input[MK_EWISE_MAX_INPUTS], *output[MK_EWISE_MAX_OUTPUTS];
    int64_t waiting, place[QUEUE_ELEMENTS]; // where they start in the table
    int64_t length;                        // of each
} desk;

static void run_waiting(const job *j, desk *d) {
    const mk_ewise *p = j->rows->program;
    if (d->waiting == 0) return;
    const void *inputs[MK_EWISE_MAX_INPUTS];
    for (int32_t i = 0; i < p->inputs; i++) {
        inputs[i] = p->strides[i] == 0 ? j->inputs[i] : d->input[i];
        if (p->strides[i] == 0 || j->spread >> i & 1) continue;
        size_t size = (size_t)d->length * j->width[i];
        for (int64_t w = 0; w < d->waiting; w++)
            memcpy(d->input[i] + w * (int64_t)size, mk_at(j->inputs[i], d->place[w], j->width[i]), size);
    }
    run_program(j, d->waiting * d->length, inputs, (void *const *)d->output);
    for (int32_t o = 0; o < p->outputs; o++) {
        size_t size = (size_t)d->length * j->output_width[o];
        for (int64_t w = 0; w < d->waiting; w++)
            memcpy(mk_at_mutable(j->outputs[o], d->place[w], j->output_width[o]), d->output[o] + w * (int64_t)size, size);
    }
    d->waiting = 0;
}

// Puts a row of a part, or a band of it, with the others that wait.
static void wait_with(const job *j, desk *d, int64_t place, int64_t row) {
    const mk_ewise *p = j->rows->program;
    if ((d->waiting + 1) * d->length > j->queue) run_waiting(j, d);
    for (int32_t i = 0; i < p->inputs; i++) {
        if (p->strides[i] == 0) continue;
        int64_t size = d->length * (int64_t)j->width[i];
        if (j->spread >> i & 1) {
            memcpy(d->input[i] + d->waiting * size, d->spread[i] + row * size, (size_t)size);
            continue;
        }
        // The rows lie anywhere. They come from memory while more are found.
        const char *from = mk_at(j->inputs[i], place, j->width[i]);
        for (int64_t byte = 0; byte < mk_min(size, 512); byte += 64) __builtin_prefetch(from + byte, 1);
    }
    d->place[d->waiting++] = place;
}

// Runs the program over `height` rows from `first` on, or over `length` elements from `column` on of one row.
static void run_part(const job *j, desk *d, int64_t part, int64_t first, int64_t height, int64_t column, int64_t length) {
    const mk_rows *rows = j->rows;
    const mk_ewise *p = rows->program;
    bool is_any = j->choice == MK_ROWS_ALL || rows->still != 0;
    for (int32_t l = 0; l < rows->lists; l++) is_any |= j->lists[l].starts[part] < j->lists[l].starts[part + 1];
    if (!is_any) return;
    memset(d->met, j->choice == MK_ROWS_ALL, (size_t)height);
    for (int32_t l = 0; l < rows->lists; l++) {
        const mk_row_list *list = &rows->list[l];
        for (int64_t e = j->lists[l].starts[part]; e < j->lists[l].starts[part + 1]; e++) {
            int64_t k = j->lists[l].order[e], row = row_at(list, rows->n, k) - first;
            d->met[row] = 1;
            if (list->input < 0) continue;
            size_t width = j->width[list->input];
            add(width, length, mk_at(j->inputs[list->input], k * rows->inner + column, width),
                mk_at_mutable(d->spread[list->input], row * length, width));
        }
    }
    int64_t start = first * rows->inner + column, count = 0;
    for (int32_t i = 0; i < p->inputs && j->choice == MK_ROWS_MOVING; i++)
        if (rows->still >> i & 1)
            mark_moving(mk_at(j->inputs[i], start, j->width[i]), height, (size_t)length * j->width[i], d->met);
    for (int64_t r = 0; r < height; r++) count += d->met[r];
    // Rows at rest may be run over, too: copies cost more than some of them.
    if (count == height || (j->choice == MK_ROWS_MOVING && 2 * count > height)) {
        const void *inputs[MK_EWISE_MAX_INPUTS];
        void *outputs[MK_EWISE_MAX_OUTPUTS];
        for (int32_t i = 0; i < p->inputs; i++)
            inputs[i] = p->strides[i] == 0 ? j->inputs[i] : j->spread >> i & 1 ? d->spread[i]
                      : mk_at(j->inputs[i], start, j->width[i]);
        for (int32_t o = 0; o < p->outputs; o++) outputs[o] = mk_at_mutable(j->outputs[o], start, j->output_width[o]);
        run_program(j, height * length, inputs, outputs);
    } else {
        d->length = length;
        for (int64_t r = 0; r < height; r++) if (d->met[r]) wait_with(j, d, start + r * length, r);
        if (j->bands > 1) run_waiting(j, d);
    }
    for (int32_t l = 0; l < rows->lists; l++) {
        const mk_row_list *list = &rows->list[l];
        if (list->input < 0) continue;
        int64_t size = length * (int64_t)j->width[list->input];
        for (int64_t e = j->lists[l].starts[part]; e < j->lists[l].starts[part + 1]; e++)
            memset(d->spread[list->input] + (row_at(list, rows->n, j->lists[l].order[e]) - first) * size, 0, (size_t)size);
    }
}

static char *take(char **next, int64_t elements, size_t width) {
    char *room = *next;
    *next += mk_ceil_div(elements * (int64_t)width, 64) * 64;
    return room;
}

static void run_task(int64_t task, void *context) {
    const job *j = context;
    const mk_rows *rows = j->rows;
    const mk_ewise *p = rows->program;
    _Alignas(64) char room[ROOM + 64 * (2 * MK_EWISE_MAX_INPUTS + MK_EWISE_MAX_OUTPUTS)];
    desk d = {.waiting = 0};
    char *next = room;
    for (int32_t i = 0; i < p->inputs; i++) {
        if (p->strides[i] == 0) continue;
        d.input[i] = take(&next, j->queue, j->width[i]);
        if (!(j->spread >> i & 1)) continue;
        d.spread[i] = take(&next, j->elements, j->width[i]);
        memset(d.spread[i], 0, (size_t)j->elements * j->width[i]);
    }
    for (int32_t o = 0; o < p->outputs; o++) d.output[o] = take(&next, j->queue, j->output_width[o]);
    int64_t end = mk_min((task + 1) * j->parts_per_task, j->parts);
    for (int64_t part = task * j->parts_per_task; part < end; part++) {
        int64_t first = part / j->bands * j->height, column = part % j->bands * j->elements;
        if (j->bands == 1) run_part(j, &d, part, first, mk_min(j->height, rows->n - first), 0, rows->inner);
        else run_part(j, &d, first, first, 1, column, mk_min(j->elements, rows->inner - column));
    }
    run_waiting(j, &d);
}

// Whether the program gives back the inputs of an element at rest, tried on one: what is kept is -0 there, which only the
// subtraction of +0 and the addition of -0 leave alone. These leave every number alone.
static bool keeps_rest(const job *j) {
    const mk_rows *rows = j->rows;
    const mk_ewise *p = rows->program;
    uint64_t values[MK_EWISE_MAX_INPUTS] = {0}, results[MK_EWISE_MAX_OUTPUTS];
    const void *inputs[MK_EWISE_MAX_INPUTS];
    void *outputs[MK_EWISE_MAX_OUTPUTS];
    for (int32_t i = 0; i < p->inputs; i++) {
        double minus = -0.0;
        float short_minus = -0.0f;
        if (rows->kept >> i & 1) {
            if (p->input_types[i] == MK_F64) memcpy(&values[i], &minus, sizeof minus);
            else memcpy(&values[i], &short_minus, sizeof short_minus);
        }
        inputs[i] = p->strides[i] == 0 ? j->inputs[i] : &values[i];
    }
    for (int32_t o = 0; o < p->outputs; o++) outputs[o] = &results[o];
    run_program(j, 1, inputs, outputs);
    for (int32_t o = 0; o < p->outputs; o++)
        if (memcmp(&results[o], &values[rows->pairs[o]], j->output_width[o]) != 0) return false;
    return true;
}

// Elements of a part for which a task has room, in the gradients and in the copies.
static int64_t part_elements(const job *j) {
    const mk_ewise *p = j->rows->program;
    size_t bytes = 0;
    for (int32_t i = 0; i < p->inputs; i++) bytes += p->strides[i] == 0 ? 0 : j->width[i] << (j->spread >> i & 1);
    for (int32_t o = 0; o < p->outputs; o++) bytes += j->output_width[o];
    return mk_min(PART_ELEMENTS, ROOM / (int64_t)bytes / 16 * 16);
}

static mk_dtype output_type(const mk_ewise *p, int32_t output) {
    for (int32_t i = p->instructions; i-- > 0;)
        if (p->code[i].dst == p->output_registers[output])
            return mk_ewise_result((mk_op)p->code[i].op, (mk_dtype)p->code[i].type, (mk_dtype)p->code[i].to);
    mk_unsupported("mk_rows_run", MK_BOOL);
}

mk_bad_row mk_rows_run(const mk_rows *rows, const void *const *inputs, void *const *outputs) {
    const mk_ewise *p = rows->program;
    job j = {.rows = rows, .inputs = inputs, .outputs = outputs, .choice = rows->choice};
    int64_t met = 0;
    for (int32_t l = 0; l < rows->lists; l++) {
        int64_t bad = first_bad(&rows->list[l], rows->n);
        if (bad >= 0) return (mk_bad_row){l, bad};
        if (rows->list[l].input >= 0) j.spread |= UINT32_C(1) << rows->list[l].input;
        met += rows->list[l].count;
    }
    mk_bad_row none = {-1, -1};
    if (rows->n == 0 || rows->inner == 0) return none;
    for (int32_t i = 0; i < p->inputs; i++) j.width[i] = mk_size_of((mk_dtype)p->input_types[i]);
    for (int32_t o = 0; o < p->outputs; o++) j.output_width[o] = mk_size_of(output_type(p, o));

    bool is_in_place = true;
    void *targets[MK_EWISE_MAX_OUTPUTS], *borrowed[MK_EWISE_MAX_OUTPUTS] = {0};
    for (int32_t o = 0; o < p->outputs; o++) {
        targets[o] = outputs[o];
        if (j.choice == MK_ROWS_ALL || outputs[o] == inputs[rows->pairs[o]]) continue;
        is_in_place = false;
        if (j.choice != MK_ROWS_LISTED) continue;
        // An output in the place of another input waits elsewhere until that is read.
        int64_t elements = rows->n * rows->inner;
        for (int32_t i = 0; i < p->inputs && borrowed[o] == NULL; i++)
            if (outputs[o] == inputs[i]) targets[o] = borrowed[o] = mk_temporary(elements, j.output_width[o]);
        memcpy(targets[o], inputs[rows->pairs[o]], (size_t)elements * j.output_width[o]);
    }
    j.outputs = targets;
    // Where nothing is kept weights would have to be 0, which is not worth a look.
    if (j.choice == MK_ROWS_MOVING && !(rows->kept != 0 && is_in_place && keeps_rest(&j))) j.choice = MK_ROWS_ALL;

    j.elements = part_elements(&j);
    j.height = mk_clamp(j.elements / rows->inner, 1, rows->n);
    j.bands = j.height > 1 ? 1 : mk_ceil_div(rows->inner, j.elements);
    if (j.bands == 1) j.elements = j.height * rows->inner;
    j.queue = mk_min(j.elements, mk_max(QUEUE_ELEMENTS, mk_min(rows->inner, j.elements)));
    int64_t row_parts = mk_ceil_div(rows->n, j.height);
    j.parts = row_parts * j.bands;
    bool passes_all = j.choice == MK_ROWS_ALL || (j.choice == MK_ROWS_MOVING && rows->still != 0);
    int64_t work = (passes_all ? rows->n : mk_min(met, rows->n)) * rows->inner;
    j.parts_per_task = mk_ceil_div(j.parts, mk_clamp(mk_ceil_div(work, TASK_ELEMENTS), 1, j.parts));
    for (int32_t l = 0; l < rows->lists; l++) sort_into_parts(&rows->list[l], rows->n, j.height, &j.lists[l]);
    mk_parallel_for(mk_ceil_div(j.parts, j.parts_per_task), run_task, &j);
    for (int32_t l = 0; l < rows->lists; l++) {
        mk_free_temporary(j.lists[l].order);
        mk_free_temporary(j.lists[l].starts);
    }
    for (int32_t o = 0; o < p->outputs; o++) {
        if (borrowed[o] == NULL) continue;
        memcpy(outputs[o], borrowed[o], (size_t)(rows->n * rows->inner) * j.output_width[o]);
        mk_free_temporary(borrowed[o]);
    }
    return none;
}
