#pragma once
#include <isa-l.h>
#include <stdlib.h>

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

// Packs `count` bytes in the gzip format (RFC 1952); the packed length, or 0 when `room` is too small.
static inline long candela_gzip(const unsigned char *bytes, unsigned int count,
                                unsigned char *packed, unsigned int room) {
    struct isal_zstream stream;
    unsigned char *tables = malloc(ISAL_DEF_LVL1_DEFAULT);
    if (!tables) return 0;
    isal_deflate_stateless_init(&stream);
    stream.level = 1;
    stream.level_buf = tables;
    stream.level_buf_size = ISAL_DEF_LVL1_DEFAULT;
    stream.gzip_flag = IGZIP_GZIP;
    stream.end_of_stream = 1;
    stream.next_in = (unsigned char *)bytes;
    stream.avail_in = count;
    stream.next_out = packed;
    stream.avail_out = room;
    int failed = isal_deflate_stateless(&stream);
    candela_clear_vectors();
    free(tables);
    return failed || stream.avail_in ? 0 : (long)stream.total_out;
}

// Unpacks what is whole, is undamaged by its checksum and fits into `room`; its length, or -1.
static inline long candela_gunzip(const unsigned char *packed, unsigned int count,
                                  unsigned char *bytes, unsigned int room) {
    struct inflate_state *state = malloc(sizeof(struct inflate_state));
    if (!state) return -1;
    isal_inflate_init(state);
    state->crc_flag = ISAL_GZIP;
    state->next_in = (unsigned char *)packed;
    state->avail_in = count;
    state->next_out = bytes;
    state->avail_out = room;
    int failed = isal_inflate(state);
    candela_clear_vectors();
    long length = failed || state->block_state != ISAL_BLOCK_FINISH ? -1 : (long)state->total_out;
    free(state);
    return length;
}
