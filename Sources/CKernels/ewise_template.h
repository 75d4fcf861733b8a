// All operations of one number type: `MK_T` is the type, `MK_OF(name)` its function, `MK_IS_FLOAT` 1 or 0,
// `MK_MATH_LOOP` the loop for elementary functions (a plain one where they call the C library). Included once per type.

MK_CLONES void MK_OF(loop)(mk_op op, int64_t n, const void *const *src, void *dst) {
    const MK_T *a = src[0], *b = src[1];
    MK_T *r = dst;
    uint8_t *truth = dst;
    switch (op) {
#define MK_VECTOR_UNARY(NAME, name, types) case MK_##NAME: MK_VECTOR_LOOP r[i] = MK_OF(name)(a[i]); break;
#define MK_MATH_UNARY(NAME, name, types) case MK_##NAME: MK_MATH_LOOP r[i] = MK_OF(name)(a[i]); break;
#define MK_PLAIN_UNARY(NAME, name, types) case MK_##NAME: MK_PLAIN_LOOP r[i] = MK_OF(name)(a[i]); break;
#define MK_PREDICATE(NAME, name, types) case MK_##NAME: MK_VECTOR_LOOP truth[i] = MK_OF(name)(a[i]); break;
#define MK_VECTOR_BINARY(NAME, name, types) case MK_##NAME: MK_VECTOR_LOOP r[i] = MK_OF(name)(a[i], b[i]); break;
#define MK_MATH_BINARY(NAME, name, types) case MK_##NAME: MK_MATH_LOOP r[i] = MK_OF(name)(a[i], b[i]); break;
#define MK_PLAIN_BINARY(NAME, name, types) case MK_##NAME: MK_PLAIN_LOOP r[i] = MK_OF(name)(a[i], b[i]); break;
#define MK_COMPARISON(NAME, symbol, types) case MK_##NAME: MK_VECTOR_LOOP truth[i] = a[i] symbol b[i]; break;
    MK_UNARY_ARITHMETIC(MK_VECTOR_UNARY)
    MK_BINARY_ARITHMETIC(MK_VECTOR_BINARY)
    MK_BINARY_COMPARISON(MK_COMPARISON)
    MK_BINARY_DIVISION(MK_PLAIN_BINARY)
#if MK_IS_FLOAT
    MK_UNARY_ROOTS(MK_VECTOR_UNARY)
    MK_UNARY_MATH(MK_MATH_UNARY)
    MK_UNARY_SPECIAL(MK_PLAIN_UNARY)
    MK_UNARY_PREDICATES(MK_PREDICATE)
    MK_BINARY_MATH(MK_MATH_BINARY)
    MK_BINARY_POWER(MK_MATH_BINARY)
#else
    MK_BINARY_POWER(MK_PLAIN_BINARY)
    MK_UNARY_BITWISE(MK_VECTOR_UNARY)
    MK_BINARY_BITWISE(MK_VECTOR_BINARY)
#endif
    default: break;
#undef MK_VECTOR_UNARY
#undef MK_MATH_UNARY
#undef MK_PLAIN_UNARY
#undef MK_PREDICATE
#undef MK_VECTOR_BINARY
#undef MK_MATH_BINARY
#undef MK_PLAIN_BINARY
#undef MK_COMPARISON
    }
}

#undef MK_T
#undef MK_OF
#undef MK_IS_FLOAT
#undef MK_MATH_LOOP
