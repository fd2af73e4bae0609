// Counter-based noise, part of KernelBodies.h. Everything is exact integers and plain IEEE doubles, no operation
// contracted into another: the same bits at every level and on every processor.

#define CK_WORDS (CK_LANES / 2)  // 64-bit numbers in a vector

typedef uint64_t vw __attribute__((vector_size(4 * CK_LANES)));
typedef double vd __attribute__((vector_size(4 * CK_LANES)));
typedef float half_vf __attribute__((vector_size(2 * CK_LANES)));

CK_INLINE vw words(uint64_t x) { return x - (vw){}; }
CK_INLINE vd doubles(double x) { return x - (vd){}; }
CK_INLINE vd choose_doubles(vw mask, vd yes, vd no) { return (vd)(((vw)yes & mask) | ((vw)no & ~mask)); }

CK_INLINE vd square_root_of_doubles(vd x) {
#if CK_LANES == 16
  return _mm512_sqrt_pd(x);
#elif CK_LANES == 8
  return _mm256_sqrt_pd(x);
#else
  CK_UNROLL for (int i = 0; i < CK_WORDS; i++) x[i] = sqrt(x[i]);
  return x;
#endif
}

// An integer below 2^52 as a double, less `bias`: its bits are the fraction of 2^52.
CK_INLINE vd double_of(vw x, double bias) {
  return (vd)(x | words(0x4330000000000000)) - doubles(0x1p52 + bias);
}

// (a0, b0, a1, b1, …) of two half vectors.
CK_INLINE vf interleave_halves(half_vf a, half_vf b) {
#if CK_LANES == 16
  return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
#elif CK_LANES == 8
  return __builtin_shufflevector(a, b, 0, 4, 1, 5, 2, 6, 3, 7);
#else
  return __builtin_shufflevector(a, b, 0, 2, 1, 3);
#endif
}

typedef struct { vw c[4]; } philox_words;

// Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"), a block per lane:
// four 32-bit words, each in a lane of 64 bits.
CK_INLINE philox_words philox_blocks(philox_words x, uint64_t key) {
  const vw low = words(0xffffffff);
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  CK_UNROLL for (int round = 0; round < 10; round++) {
    const vw product0 = (x.c[0] & low) * words(0xD2511F53);
    const vw product1 = (x.c[2] & low) * words(0xCD9E8D57);
    x.c[0] = (product1 >> 32) ^ x.c[1] ^ words(k0);
    x.c[2] = (product0 >> 32) ^ x.c[3] ^ words(k1);
    x.c[1] = product1 & low;
    x.c[3] = product0 & low;
    k0 += 0x9E3779B9;  // the golden ratio
    k1 += 0xBB67AE85;  // √3 − 1
  }
  return x;
}

// √(−ln u), u in the middle of its 2^−32, so never 0. u = 2^k m, m in [√½, √2): ln m = 2 artanh s, s = (m−1)/(m+1),
// |s| ≤ 0.172; seven terms leave 2 s^15 / 15 = 4e-13.
CK_INLINE vd magnitude_of(vw word) {
#pragma clang fp contract(off)
  const vd u = (double_of(word, 0) + doubles(0.5)) * doubles(0x1p-32);
  vd k = double_of((vw)u >> 52, 1023);
  vd m = (vd)(((vw)u & words(0x000fffffffffffff)) | words(0x3ff0000000000000));
  const vw large = (vw)(m >= doubles(1.4142135623730951));
  k = choose_doubles(large, k + doubles(1), k);
  m = choose_doubles(large, m * doubles(0.5), m);
  const vd s = (m - doubles(1)) / (m + doubles(1));
  const vd q = s * s;
  vd sum = doubles(1 / 11.0) + q * doubles(1 / 13.0);
  sum = doubles(1 / 9.0) + q * sum;
  sum = doubles(1 / 7.0) + q * sum;
  sum = doubles(1 / 5.0) + q * sum;
  sum = doubles(1 / 3.0) + q * sum;
  const vd tail = q * sum;
  const vd whole = doubles(2) * (s + s * tail);
  return square_root_of_doubles(-(k * doubles(0x1.62e42fefa39efp-1) + whole));
}

// cos and sin of 2π · phase / 2^32: reduced to an eighth of a turn in integers, exactly; Taylor to x^12 and x^13 leaves
// (π/4)^14 / 14! = 4e-13.
CK_INLINE void cosine_and_sine(vw phase, vd *cosine, vd *sine) {
#pragma clang fp contract(off)
  const vw low = words(0xffffffff);
  const vw quarter = ((phase + words(0x20000000)) & low) >> 30;
  const vw reduced = (phase - (quarter << 30)) & low;
  // A signed 32-bit number: with its sign bit turned it is larger by 2^31.
  const vd x = double_of(reduced ^ words(0x80000000), 0x1p31) * doubles(0x1.921fb54442d18p2 * 0x1p-32);
  const vd q = x * x;
  vd c = doubles(-1 / 3628800.0) + q * doubles(1 / 479001600.0);
  c = doubles(1 / 40320.0) + q * c;
  c = doubles(-1 / 720.0) + q * c;
  c = doubles(1 / 24.0) + q * c;
  c = doubles(-1 / 2.0) + q * c;
  c = doubles(1) + q * c;
  vd s = doubles(-1 / 39916800.0) + q * doubles(1 / 6227020800.0);
  s = doubles(1 / 362880.0) + q * s;
  s = doubles(-1 / 5040.0) + q * s;
  s = doubles(1 / 120.0) + q * s;
  s = doubles(-1 / 6.0) + q * s;
  s = doubles(1) + q * s;
  s = x * s;
  // Odd quarters of a turn change the two over; 1 and 2 have a negative cosine, 2 and 3 a negative sine.
  const vw difference = ((vw)c ^ (vw)s) & (words(0) - (quarter & words(1)));
  *cosine = (vd)((vw)c ^ difference ^ (((quarter + words(1)) >> 1 & words(1)) << 63));
  *sine = (vd)((vw)s ^ difference ^ (quarter >> 1 << 63));
}

// One bin by Box and Muller: z = √(−ln u) e^{2πiv}, so E|z|² = 1.
CK_INLINE vf normal_bins(vw radius, vw phase) {
#pragma clang fp contract(off)
  vd cosine, sine;
  const vd r = magnitude_of(radius);
  cosine_and_sine(phase, &cosine, &sine);
  return interleave_halves(__builtin_convertvector(r * cosine, half_vf), __builtin_convertvector(r * sine, half_vf));
}

CK_KERNEL void circular_noise(uint64_t seed, uint64_t frame, uint32_t step, ptrdiff_t bins, float *out) {
  vw pair;
  CK_UNROLL for (int i = 0; i < CK_WORDS; i++) pair[i] = (uint64_t)i;
  for (ptrdiff_t bin = 0; bin < bins; bin += 2 * CK_WORDS, pair += words(CK_WORDS)) {
    philox_words x = {{words((uint32_t)frame), words(frame >> 32), words(step), pair & words(0xffffffff)}};
    x = philox_blocks(x, seed);
    // Complex numbers, seen as doubles, are interleaved as a whole: those of words 0 and 1 at even bins.
    const vd even = (vd)normal_bins(x.c[0], x.c[1]), odd = (vd)normal_bins(x.c[2], x.c[3]);
#if CK_LANES == 16
    const vd first = __builtin_shufflevector(even, odd, 0, 8, 1, 9, 2, 10, 3, 11);
    const vd second = __builtin_shufflevector(even, odd, 4, 12, 5, 13, 6, 14, 7, 15);
#elif CK_LANES == 8
    const vd first = __builtin_shufflevector(even, odd, 0, 4, 1, 5);
    const vd second = __builtin_shufflevector(even, odd, 2, 6, 3, 7);
#else
    const vd first = __builtin_shufflevector(even, odd, 0, 2);
    const vd second = __builtin_shufflevector(even, odd, 1, 3);
#endif
    store_some(out + 2 * bin, 2 * (bins - bin), (vf)first);
    store_some(out + 2 * bin + CK_LANES, 2 * (bins - bin) - CK_LANES, (vf)second);
  }
}
