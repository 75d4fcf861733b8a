// Checks a program before it runs.
#include "include/mk_ewise.h"

enum { UNWRITTEN = 255 };

const char *mk_ewise_flaw(const mk_ewise *p) {
    if (p->rank < 0 || p->rank > MK_MAX_RANK) return "rank out of range";
    if (p->inputs < 0 || p->inputs > MK_EWISE_MAX_INPUTS) return "too many inputs";
    if (p->outputs < 1 || p->outputs > MK_EWISE_MAX_OUTPUTS) return "no output, or too many";
    if (p->registers < p->inputs || p->registers > MK_EWISE_MAX_REGISTERS) return "number of registers out of range";
    if (p->instructions < 0 || p->instructions > MK_EWISE_MAX_INSTRUCTIONS) return "number of instructions out of range";
    for (int32_t d = 0; d < p->rank; d++) if (p->dims[d] < 0) return "negative dimension";

    uint8_t type[MK_EWISE_MAX_REGISTERS];
    int32_t writes[MK_EWISE_MAX_REGISTERS] = {0};
    for (int32_t r = 0; r < p->registers; r++) type[r] = r < p->inputs ? p->input_types[r] : UNWRITTEN;
    for (int32_t k = 0; k < p->inputs; k++) if (type[k] > MK_BOOL) return "unknown input type";
    for (int32_t i = 0; i < p->instructions; i++) {
        const mk_instr *code = &p->code[i];
        mk_op op = (mk_op)code->op;
        if (code->op >= MK_OP_COUNT) return "unknown operation";
        if (code->type > MK_BOOL || !mk_ewise_supports(op, (mk_dtype)code->type)) return "operation lacks this type";
        if (op == MK_CAST && code->to > MK_BOOL) return "cast to an unknown type";
        for (int32_t s = 0; s < mk_ewise_arity(op); s++) {
            if (code->src[s] >= p->registers) return "source register out of range";
            if (type[code->src[s]] == UNWRITTEN) return "register read before it is written";
            uint8_t expected = op == MK_SELECT && s == 0 ? MK_BOOL : code->type;
            if (type[code->src[s]] != expected) return "operand of another type";
        }
        if (code->dst < p->inputs || code->dst >= p->registers) return "destination register out of range";
        type[code->dst] = (uint8_t)mk_ewise_result(op, (mk_dtype)code->type, (mk_dtype)code->to);
        writes[code->dst]++;
    }
    for (int32_t o = 0; o < p->outputs; o++) {
        uint16_t r = p->output_registers[o];
        if (r < p->inputs) return "an output is the register of an input";
        if (r >= p->registers || type[r] == UNWRITTEN) return "output register never written";
        if (writes[r] > 1) return "output register written twice";
    }
    return NULL;
}
