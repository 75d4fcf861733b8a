// The loops of one number type and the function that finds them: `MK_T` is the type, `MK_OF(name)` its function,
// `MK_IS_FLOAT` 1 or 0, `MK_MATH_LOOP` the loop for elementary functions (a plain one where they call the C library).
// Included once per type. Each loop is a function of its own, so that a program's tiles reach it by one call.

#define MK_DEFINE_UNARY(LOOP, name) \
    MK_CLONES(static, void, MK_OF(name##_loop), (MK_LOOP_ARGUMENTS), (MK_LOOP_NAMES)) { \
        const MK_T *x = a; \
        MK_T *r = dst; \
        LOOP r[i] = MK_OF(name)(x[i]); \
    }
#define MK_DEFINE_BINARY(LOOP, name) \
    MK_CLONES(static, void, MK_OF(name##_loop), (MK_LOOP_ARGUMENTS), (MK_LOOP_NAMES)) { \
        const MK_T *x = a, *y = b; \
        MK_T *r = dst; \
        LOOP r[i] = MK_OF(name)(x[i], y[i]); \
    }
// Those that take scalars.
#define MK_DEFINE_SCALAR_BINARY(R, name, f) \
    MK_CLONES(static, void, MK_OF(name##_loop), (MK_LOOP_ARGUMENTS), (MK_LOOP_NAMES)) { \
        const MK_T *x = a, *y = b; \
        R *r = dst; \
        if (n == 0) return; \
        MK_T x0 = *x, y0 = *y; \
        MK_SCALARS_OF_TWO(f, x[i], y[i]) \
    }
#define MK_DEFINE_TERNARY(name) \
    MK_CLONES(static, void, MK_OF(name##_loop), (MK_LOOP_ARGUMENTS), (MK_LOOP_NAMES)) { \
        const MK_T *x = a, *y = b, *z = c; \
        MK_T *r = dst; \
        if (n == 0) return; \
        MK_T x0 = *x, y0 = *y, z0 = *z; \
        switch (scalars) { \
        case 0: MK_VECTOR_LOOP r[i] = MK_OF(name)(x[i], y[i], z[i]); break; \
        case 1: MK_VECTOR_LOOP r[i] = MK_OF(name)(x0, y[i], z[i]); break; \
        case 2: MK_VECTOR_LOOP r[i] = MK_OF(name)(x[i], y0, z[i]); break; \
        case 3: MK_VECTOR_LOOP r[i] = MK_OF(name)(x0, y0, z[i]); break; \
        case 4: MK_VECTOR_LOOP r[i] = MK_OF(name)(x[i], y[i], z0); break; \
        case 5: MK_VECTOR_LOOP r[i] = MK_OF(name)(x0, y[i], z0); break; \
        case 6: MK_VECTOR_LOOP r[i] = MK_OF(name)(x[i], y0, z0); break; \
        default: MK_VECTOR_LOOP r[i] = MK_OF(name)(x0, y0, z0); break; \
        } \
    }

#define MK_VECTOR_UNARY(NAME, name, types) MK_DEFINE_UNARY(MK_VECTOR_LOOP, name)
#define MK_MATH_UNARY(NAME, name, types) MK_DEFINE_UNARY(MK_MATH_LOOP, name)
#define MK_PLAIN_UNARY(NAME, name, types) MK_DEFINE_UNARY(MK_PLAIN_LOOP, name)
#define MK_VECTOR_BINARY(NAME, name, types) MK_DEFINE_BINARY(MK_VECTOR_LOOP, name)
#define MK_MATH_BINARY(NAME, name, types) MK_DEFINE_BINARY(MK_MATH_LOOP, name)
#define MK_PLAIN_BINARY(NAME, name, types) MK_DEFINE_BINARY(MK_PLAIN_LOOP, name)
#define MK_ARITHMETIC(NAME, name, types) MK_DEFINE_SCALAR_BINARY(MK_T, name, MK_OF(name))
#define MK_COMPARISON(NAME, name, types) MK_DEFINE_SCALAR_BINARY(uint8_t, name, mk_##name)
#define MK_TERNARY(NAME, name, types) MK_DEFINE_TERNARY(name)
#define MK_PREDICATE(NAME, name, types) \
    MK_CLONES(static, void, MK_OF(name##_loop), (MK_LOOP_ARGUMENTS), (MK_LOOP_NAMES)) { \
        const MK_T *x = a; \
        uint8_t *r = dst; \
        MK_VECTOR_LOOP r[i] = MK_OF(name)(x[i]); \
    }

MK_UNARY_ARITHMETIC(MK_VECTOR_UNARY)
MK_BINARY_ARITHMETIC(MK_ARITHMETIC)
MK_BINARY_COMPARISON(MK_COMPARISON)
MK_BINARY_DIVISION(MK_PLAIN_BINARY)
#if MK_IS_FLOAT
MK_BINARY_QUOTIENT(MK_ARITHMETIC)
MK_TERNARY_ARITHMETIC(MK_TERNARY)
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

mk_loop *MK_OF(loop)(mk_op op) {
    switch (op) {
#define MK_CASE(NAME, name, types) case MK_##NAME: return MK_VARIANT(MK_OF(name##_loop));
    MK_UNARY_ARITHMETIC(MK_CASE)
    MK_BINARY_ARITHMETIC(MK_CASE)
    MK_BINARY_COMPARISON(MK_CASE)
    MK_BINARY_DIVISION(MK_CASE)
    MK_BINARY_POWER(MK_CASE)
#if MK_IS_FLOAT
    MK_BINARY_QUOTIENT(MK_CASE)
    MK_TERNARY_ARITHMETIC(MK_CASE)
    MK_UNARY_ROOTS(MK_CASE)
    MK_UNARY_MATH(MK_CASE)
    MK_UNARY_SPECIAL(MK_CASE)
    MK_UNARY_PREDICATES(MK_CASE)
    MK_BINARY_MATH(MK_CASE)
#else
    MK_UNARY_BITWISE(MK_CASE)
    MK_BINARY_BITWISE(MK_CASE)
#endif
#undef MK_CASE
    default: return NULL;
    }
}

#undef MK_DEFINE_UNARY
#undef MK_DEFINE_BINARY
#undef MK_DEFINE_SCALAR_BINARY
#undef MK_DEFINE_TERNARY
#undef MK_VECTOR_UNARY
#undef MK_MATH_UNARY
#undef MK_PLAIN_UNARY
#undef MK_VECTOR_BINARY
#undef MK_MATH_BINARY
#undef MK_PLAIN_BINARY
#undef MK_ARITHMETIC
#undef MK_COMPARISON
#undef MK_TERNARY
#undef MK_PREDICATE
#undef MK_T
#undef MK_OF
#undef MK_IS_FLOAT
#undef MK_MATH_LOOP
