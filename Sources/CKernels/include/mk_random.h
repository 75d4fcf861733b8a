// Random numbers from Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", 2011).
// Nothing has a state: element i depends on (key, offset, i) alone. Block b of a stream is Philox of the counter offset
// + b (its low 64 bits; the high ones are 0) under the key, and gives four words of 32 bits. f32, bool: one word for an
// element; f64, integers: two, the first one low.
#ifndef MK_RANDOM_H
#define MK_RANDOM_H

#include "mk_common.h"

// Ten rounds on one counter.
void mk_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

// How far a draw of n elements moves the offset, at most: two words for each element.
int64_t mk_random_steps(int64_t n);

// Raw bits: i32 (one word) or i64.
void mk_random_bits(mk_dtype dtype, void *out, int64_t n, uint64_t key, uint64_t offset);
// [low, high), from 24 (f32) or 53 (f64) bits.
void mk_random_uniform(mk_dtype dtype, void *out, int64_t n, uint64_t key, uint64_t offset, double low, double high);
// Normal, by the inverse of its distribution function (Wichura, AS 241): f32 from 32 bits (within 6.4 sigma), f64 from
// 53.
void mk_random_normal(mk_dtype dtype, void *out, int64_t n, uint64_t key, uint64_t offset, double mean, double stddev);
// Normal on the condition that it lies within two standard deviations of the mean.
void mk_random_truncated_normal(mk_dtype dtype, void *out, int64_t n, uint64_t key, uint64_t offset, double mean,
                                double stddev);
// `one` with probability p, else 0: bool (one word; `one` is true), f32 or f64. p is rounded to 32 bits.
void mk_random_bernoulli(mk_dtype dtype, void *out, int64_t n, uint64_t key, uint64_t offset, double p, double one);
// Integers of [low, high), low < high, i32 or i64: the high half of 64 random bits times the range.
void mk_random_integers(mk_dtype dtype, void *out, int64_t n, uint64_t key, uint64_t offset, int64_t low, int64_t high);
// 0..<n in random order: sorted by 64 random bits.
void mk_random_permutation(int64_t *out, int64_t n, uint64_t key, uint64_t offset);

#endif
