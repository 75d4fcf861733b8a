// The interpreter: cuts the loop space into tasks, tasks into tiles, and runs each instruction over a tile.
#include "include/mk_ewise.h"

#include <string.h>

#include "ewise_loops.h"
#include "include/mk_thread.h"

enum {
    TILE = 512,               // elements of a register, unless there are many registers
    SCRATCH_BYTES = 64 * 1024, // of registers in one task
    TASK_ELEMENTS = 32 * 1024, // of one cheap instruction in one task
};

// An input, its dimensions merged where one runs on into the next.
typedef struct {
    int32_t rank;
    int64_t dims[MK_MAX_RANK], strides[MK_MAX_RANK];
} layout;

static void merge(layout *l, int32_t rank, const int64_t *dims, const int64_t *strides) {
    l->rank = 0;
    for (int32_t d = 0; d < rank; d++) {
        if (dims[d] == 1) continue;
        int32_t last = l->rank - 1;
        if (last >= 0 && l->strides[last] == strides[d] * dims[d]) {
            l->dims[last] *= dims[d];
            l->strides[last] = strides[d];
        } else {
            l->dims[l->rank] = dims[d];
            l->strides[l->rank++] = strides[d];
        }
    }
}

static bool is_contiguous(const layout *l) { return l->rank == 0 || (l->rank == 1 && l->strides[0] == 1); }

// Every element is the same one. A single element counts as contiguous.
static bool is_scalar(const layout *l) { return l->rank == 1 && l->strides[0] == 0; }

#define DEFINE_RUN(T) \
    static void run_##T(int64_t n, int64_t stride, const T *src, T *dst) { \
        if (stride == 0) for (int64_t i = 0; i < n; i++) dst[i] = *src; \
        else for (int64_t i = 0; i < n; i++) dst[i] = src[i * stride]; \
    }
DEFINE_RUN(uint8_t)
DEFINE_RUN(uint16_t)
DEFINE_RUN(uint32_t)
DEFINE_RUN(uint64_t)

static void run(size_t width, int64_t n, int64_t stride, const char *src, char *dst) {
    if (stride == 1 && n >= 16) {
        memcpy(dst, src, (size_t)n * width);
        return;
    }
    switch (width) {
    case 1: run_uint8_t(n, stride, (const uint8_t *)src, (uint8_t *)dst); break;
    case 2: run_uint16_t(n, stride, (const uint16_t *)src, (uint16_t *)dst); break;
    case 4: run_uint32_t(n, stride, (const uint32_t *)src, (uint32_t *)dst); break;
    default: run_uint64_t(n, stride, (const uint64_t *)src, (uint64_t *)dst); break;
    }
}

// Writes elements start..<start + n of an input, in row-major order, to dst.
static void gather(const layout *l, size_t width, const char *base, int64_t start, int64_t n, char *dst) {
    int32_t inner = l->rank - 1;
    int64_t index[MK_MAX_RANK], rest = start, offset = 0;
    for (int32_t d = inner; d >= 0; d--) {
        index[d] = rest % l->dims[d];
        rest /= l->dims[d];
        offset += index[d] * l->strides[d];
    }
    // A row that repeats (a bias, say) is read once, and then doubled.
    int64_t period = l->dims[inner];
    bool repeats = l->rank == 2 && l->strides[0] == 0 && period < n;
    int64_t wanted = repeats ? period : n, done = 0;
    for (;;) {
        int64_t length = l->dims[inner] - index[inner];
        if (length > wanted - done) length = wanted - done;
        run(width, length, l->strides[inner], base + offset * (int64_t)width, dst + done * (int64_t)width);
        done += length;
        if (done == wanted) break;
        offset -= index[inner] * l->strides[inner];
        index[inner] = 0;
        for (int32_t d = inner - 1; d >= 0; d--) {
            offset += l->strides[d];
            if (++index[d] < l->dims[d]) break;
            offset -= l->dims[d] * l->strides[d];
            index[d] = 0;
        }
    }
    while (done < n) {
        int64_t length = done < n - done ? done : n - done;
        memcpy(dst + done * (int64_t)width, dst, (size_t)length * width);
        done += length;
    }
}

// An instruction, ready to run: the loop is NULL for those that have none of their own.
typedef struct {
    mk_loop *loop;
    uint16_t dst, src[3];
    uint8_t scalars;
} step;

typedef struct {
    const mk_ewise *program;
    const void *const *inputs;
    void *const *outputs;
    const layout *layouts;
    int64_t count, task, tile;            // elements: all, of a task, of a tile
    size_t slot;                          // bytes of a register in scratch
    step *steps;
    uint8_t width[MK_EWISE_MAX_REGISTERS];
    // Where a register lives: in its input, there as one element for all, in its output, or in a slot of scratch.
    enum { IN_INPUT, IN_SCALAR, IN_OUTPUT, IN_SCRATCH } place[MK_EWISE_MAX_REGISTERS];
    uint8_t position[MK_EWISE_MAX_REGISTERS];
    bool copied[MK_EWISE_MAX_OUTPUTS];    // outputs that are copied from their register when the tile is done
} job;

// Decides where registers live; returns the number of scratch slots.
static int32_t place_registers(job *j) {
    const mk_ewise *p = j->program;
    int32_t slots = 0, first_write[MK_EWISE_MAX_REGISTERS], last_read[MK_EWISE_MAX_INPUTS];
    for (int32_t k = 0; k < p->inputs; k++) {
        j->width[k] = (uint8_t)mk_size_of((mk_dtype)p->input_types[k]);
        j->place[k] = is_contiguous(&j->layouts[k]) ? IN_INPUT : is_scalar(&j->layouts[k]) ? IN_SCALAR : IN_SCRATCH;
        last_read[k] = -1;
    }
    for (int32_t r = p->inputs; r < p->registers; r++) j->place[r] = IN_SCRATCH;
    for (int32_t i = 0; i < p->instructions; i++) {
        const mk_instr *code = &p->code[i];
        first_write[code->dst] = i;
        mk_dtype result = mk_ewise_result((mk_op)code->op, (mk_dtype)code->type, (mk_dtype)code->to);
        // A scratch register may hold several types in turn; the widest counts.
        if (mk_size_of(result) > j->width[code->dst]) j->width[code->dst] = (uint8_t)mk_size_of(result);
        for (int32_t s = mk_ewise_arity((mk_op)code->op); s-- > 0;)
            if (code->src[s] < p->inputs) {
                last_read[code->src[s]] = i;
                // A scalar that one instruction needs as a vector is written out for all.
                if (j->place[code->src[s]] == IN_SCALAR && !mk_takes_scalar((mk_op)code->op, s))
                    j->place[code->src[s]] = IN_SCRATCH;
            }
    }
    for (int32_t o = 0; o < p->outputs; o++) {
        uint16_t r = p->output_registers[o];
        j->copied[o] = j->place[r] == IN_OUTPUT;
        // An output in the place of an input that is still read afterwards has to wait.
        for (int32_t k = 0; k < p->inputs; k++)
            if (j->inputs[k] == j->outputs[o] && last_read[k] > first_write[r]) j->copied[o] = true;
        if (!j->copied[o]) {
            j->place[r] = IN_OUTPUT;
            j->position[r] = (uint8_t)o;
        }
    }
    for (int32_t r = 0; r < p->registers; r++)
        if (j->place[r] == IN_SCRATCH) j->position[r] = (uint8_t)slots++;
    return slots;
}

static void decode(job *j) {
    const mk_ewise *p = j->program;
    for (int32_t i = 0; i < p->instructions; i++) {
        const mk_instr *code = &p->code[i];
        step *s = &j->steps[i];
        *s = (step){.loop = mk_instr_loop(code), .dst = code->dst};
        for (int32_t k = mk_ewise_arity((mk_op)code->op); k-- > 0;) {
            s->src[k] = code->src[k];
            if (code->src[k] < p->inputs && j->place[code->src[k]] == IN_SCALAR) s->scalars |= (uint8_t)(1 << k);
        }
    }
}

static void run_task(int64_t task, void *context) {
    const job *j = context;
    const mk_ewise *p = j->program;
    _Alignas(64) char scratch[SCRATCH_BYTES];
    char *at[MK_EWISE_MAX_REGISTERS];
    int64_t start = task * j->task, end = start + j->task < j->count ? start + j->task : j->count;
    for (int32_t r = 0; r < p->registers; r++)
        at[r] = j->place[r] == IN_SCRATCH ? scratch + j->position[r] * j->slot : NULL;
    for (int32_t k = 0; k < p->inputs; k++) {
        if (j->place[k] == IN_SCALAR) at[k] = (char *)j->inputs[k];
        else if (is_scalar(&j->layouts[k]))
            run(j->width[k], end - start < j->tile ? end - start : j->tile, 0, j->inputs[k], at[k]);
    }

    for (; start < end; start += j->tile) {
        int64_t n = end - start < j->tile ? end - start : j->tile;
        for (int32_t k = 0; k < p->inputs; k++) {
            if (j->place[k] == IN_INPUT) at[k] = (char *)j->inputs[k] + start * j->width[k];
            else if (!is_scalar(&j->layouts[k])) gather(&j->layouts[k], j->width[k], j->inputs[k], start, n, at[k]);
        }
        for (int32_t o = 0; o < p->outputs; o++) {
            uint16_t r = p->output_registers[o];
            if (!j->copied[o]) at[r] = (char *)j->outputs[o] + start * j->width[r];
        }
        for (int32_t i = 0; i < p->instructions; i++) {
            const step *s = &j->steps[i];
            const void *src[3] = {at[s->src[0]], at[s->src[1]], at[s->src[2]]};
            if (s->loop != NULL) s->loop(n, s->scalars, src[0], src[1], src[2], at[s->dst]);
            else mk_instr_run(&p->code[i], n, src, at[s->dst]);
        }
        for (int32_t o = 0; o < p->outputs; o++) {
            uint16_t r = p->output_registers[o];
            char *to = (char *)j->outputs[o] + start * j->width[r];
            if (j->copied[o]) memcpy(to, at[r], (size_t)n * j->width[r]);
        }
    }
}

// Elements in one task at most: fewer the more there is to do for each.
static int64_t task_elements(int32_t instructions, const mk_instr *code) {
    int64_t cost = 1;
    for (int32_t i = 0; i < instructions; i++) cost += mk_instr_cost(&code[i]);
    int64_t elements = 2 * TASK_ELEMENTS / cost / TILE * TILE;
    return elements < TILE ? TILE : elements;
}

// Tasks of one size, a multiple of the tile, and four of them or a multiple: else one thread may have to work alone in
// the end.
static int64_t even_task(int64_t count, int64_t most) {
    int64_t tasks = (count + most - 1) / most;
    if (tasks > 1) tasks = (tasks + 3) / 4 * 4;
    int64_t elements = (count + tasks - 1) / tasks;
    return (elements + TILE - 1) / TILE * TILE;
}

void mk_ewise_run(const mk_ewise *p, const void *const *inputs, void *const *outputs) {
    layout layouts[MK_EWISE_MAX_INPUTS];
    step steps[MK_EWISE_MAX_INSTRUCTIONS];
    job j = {.program = p, .inputs = inputs, .outputs = outputs, .layouts = layouts, .steps = steps, .count = 1};
    for (int32_t d = 0; d < p->rank; d++) j.count *= p->dims[d];
    if (j.count == 0) return;
    for (int32_t k = 0; k < p->inputs; k++) {
        if (p->strides) merge(&layouts[k], p->rank, p->dims, p->strides + (int64_t)k * p->rank);
        else layouts[k].rank = 0;
    }
    int32_t slots = place_registers(&j);
    decode(&j);
    j.task = even_task(j.count, task_elements(p->instructions, p->code));
    j.tile = j.task;
    if (slots > 0) {
        size_t width = 1;
        for (int32_t r = 0; r < p->registers; r++) if (j.width[r] > width) width = j.width[r];
        j.tile = SCRATCH_BYTES / slots / (int64_t)width / 32 * 32;
        if (j.tile > TILE) j.tile = TILE;
        j.slot = (size_t)j.tile * width;
    }
    if (p->instructions > 1 && j.tile > TILE) j.tile = TILE;
    int64_t tasks = (j.count + j.task - 1) / j.task;
    if (tasks == 1) run_task(0, &j);
    else mk_parallel_for(tasks, run_task, &j);
}

void mk_ewise_single(mk_op op, mk_dtype type, mk_dtype to, int32_t rank, const int64_t *dims, const int64_t *strides,
                     const void *const *inputs, void *output) {
    int32_t arity = mk_ewise_arity(op);
    mk_instr code = {
        .op = (uint16_t)op, .type = (uint8_t)type, .to = (uint8_t)to, .dst = (uint16_t)arity, .src = {0, 1, 2},
    };
    if (strides == NULL) {
        // Small and contiguous: the loop itself.
        int64_t count = 1;
        for (int32_t d = 0; d < rank; d++) count *= dims[d];
        if (count <= task_elements(1, &code)) {
            const void *src[3] = {inputs[0], arity > 1 ? inputs[1] : NULL, arity > 2 ? inputs[2] : NULL};
            if (count > 0) mk_instr_run(&code, count, src, output);
            return;
        }
    }
    uint8_t types[3] = {(uint8_t)(op == MK_SELECT ? MK_BOOL : type), (uint8_t)type, (uint8_t)type};
    uint16_t output_register = (uint16_t)arity;
    mk_ewise program = {
        .rank = rank, .inputs = arity, .outputs = 1, .registers = arity + 1, .instructions = 1, .dims = dims,
        .strides = strides, .input_types = types, .code = &code, .output_registers = &output_register,
    };
    mk_ewise_run(&program, inputs, &output);
}
