#pragma once
#include <isa-l.h>

// ISA-L 2.30 returns from its AVX kernels with dirty upper vector registers; on several processors
// every legacy SSE instruction that follows, which is all that Swift emits, then runs three times
// slower. So nobody calls ISA-L but through these functions, which clear the registers.

#if defined(__x86_64__)
__attribute__((target("avx"), noinline, unused)) static void candela_vzeroupper(void) {
    __builtin_ia32_vzeroupper();
}
static inline void candela_clear_vectors(void) {
    if (__builtin_cpu_supports("avx")) candela_vzeroupper();
}
#else
static inline void candela_clear_vectors(void) {}
#endif

// At most this many inputs and outputs together.
enum { candela_symbols_max = 64 };

// Outputs = matrix x inputs over GF(2^8), symbol by symbol. `inputs` are `width` symbols of `length`
// bytes one after the other, `matrix` has `rows` rows of `width` coefficients.
// Requires width >= 1, rows >= 1, width + rows <= 64.
static inline void candela_combine(int length, int width, int rows, const unsigned char *matrix,
                                   const unsigned char *inputs, unsigned char *outputs) {
    unsigned char tables[32 * (candela_symbols_max / 2) * (candela_symbols_max / 2)];
    unsigned char *from[candela_symbols_max];
    unsigned char *to[candela_symbols_max];
    for (int i = 0; i < width; i++) from[i] = (unsigned char *)inputs + (long)i * length;
    for (int i = 0; i < rows; i++) to[i] = outputs + (long)i * length;
    ec_init_tables(width, rows, (unsigned char *)matrix, tables);
    ec_encode_data(length, width, rows, tables, from, to);
    candela_clear_vectors();
}

// Inverts a square matrix, which is destroyed; 0 when it worked.
static inline int candela_invert(unsigned char *matrix, unsigned char *inverse, int size) {
    int failed = gf_invert_matrix(matrix, inverse, size);
    candela_clear_vectors();
    return failed;
}

// Product and inverse in GF(2^8); plain C in ISA-L, no vectors.
static inline unsigned char candela_product(unsigned char left, unsigned char right) {
    return gf_mul(left, right);
}
static inline unsigned char candela_inverse(unsigned char value) { return gf_inv(value); }
