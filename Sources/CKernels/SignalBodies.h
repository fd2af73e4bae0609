// Frames of samples and of complex bins, part of KernelBodies.h. Sums run in CK_LANES lanes, added up at the end.

CK_INLINE float sum_of_lanes(vf v) {
  float lanes[CK_LANES];
  store(lanes, v);
  CK_UNROLL for (int half = CK_LANES / 2; half > 0; half /= 2) {
    CK_UNROLL for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

CK_KERNEL float sum(ptrdiff_t count, const float *x) {
  vf total = splat(0.f);
  for (ptrdiff_t i = 0; i < count; i += CK_LANES) total += load_some(x + i, count - i, 0.f);
  return sum_of_lanes(total);
}

CK_KERNEL float sum_of_squares(ptrdiff_t count, const float *x) {
  // Two chains: one waits for itself.
  vf total = splat(0.f), other = splat(0.f);
  ptrdiff_t i = 0;
  for (; i + 2 * CK_LANES <= count; i += 2 * CK_LANES) {
    const vf a = load(x + i), b = load(x + i + CK_LANES);
    total += a * a;
    other += b * b;
  }
  for (; i < count; i += CK_LANES) {
    const vf a = load_some(x + i, count - i, 0.f);
    total += a * a;
  }
  return sum_of_lanes(total + other);
}

CK_KERNEL bool all_finite(ptrdiff_t count, const float *x) {
  vi bad = (vi)splat(0.f);
  for (ptrdiff_t i = 0; i < count; i += CK_LANES) {
    bad |= ((vi)load_some(x + i, count - i, 0.f) & 0x7f800000) == 0x7f800000;
  }
  int32_t any = 0;
  CK_UNROLL for (int i = 0; i < CK_LANES; i++) any |= bad[i];
  return any == 0;
}

CK_KERNEL float windowed(ptrdiff_t count, const float *window, const float *x, float *out) {
  vf total = splat(0.f);
  for (ptrdiff_t i = 0; i < count; i += CK_LANES) {
    const vf v = load_some(window + i, count - i, 0.f) * load_some(x + i, count - i, 0.f);
    store_some(out + i, count - i, v);
    total += v * v;
  }
  return sum_of_lanes(total);
}

CK_KERNEL void add_product(ptrdiff_t count, const float *base, const float *a, const float *b, float *out) {
  for (ptrdiff_t i = 0; i < count; i += CK_LANES) {
    const ptrdiff_t n = count - i;
    store_some(out + i, n, load_some(base + i, n, 0.f) + load_some(a + i, n, 0.f) * load_some(b + i, n, 0.f));
  }
}

// The sampler's arithmetic, as the noise before it, contracts nothing: the same bits at every level.

CK_KERNEL void combine(
  ptrdiff_t count, float a, float *x, float b, const float *y, float c, const float *z, float d, const float *w) {
#pragma clang fp contract(off)
  for (ptrdiff_t i = 0; i < count; i += CK_LANES) {
    const ptrdiff_t n = count - i;
    vf v = splat(a) * load_some(x + i, n, 0.f) + splat(b) * load_some(y + i, n, 0.f);
    v = v + splat(c) * load_some(z + i, n, 0.f);
    if (w) v = v + splat(d) * load_some(w + i, n, 0.f);
    store_some(x + i, n, v);
  }
}

CK_KERNEL void add_scaled(ptrdiff_t count, const float *y, float factor, const float *z, float *out) {
#pragma clang fp contract(off)
  for (ptrdiff_t i = 0; i < count; i += CK_LANES) {
    const ptrdiff_t n = count - i;
    store_some(out + i, n, load_some(y + i, n, 0.f) + splat(factor) * load_some(z + i, n, 0.f));
  }
}

// The real and the imaginary parts of CK_LANES bins, `left` of which are there.
CK_INLINE void load_bins(const float *bins, ptrdiff_t left, vf *re, vf *im) {
  const vf a = load_some(bins, 2 * left, 0.f), b = load_some(bins + CK_LANES, 2 * left - CK_LANES, 0.f);
#if CK_LANES == 16
  *re = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  *im = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
#elif CK_LANES == 8
  *re = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
  *im = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
#else
  *re = __builtin_shufflevector(a, b, 0, 2, 4, 6);
  *im = __builtin_shufflevector(a, b, 1, 3, 5, 7);
#endif
}

CK_INLINE void store_bins(float *bins, ptrdiff_t left, vf re, vf im) {
#if CK_LANES == 16
  const vf a = __builtin_shufflevector(re, im, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const vf b = __builtin_shufflevector(re, im, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif CK_LANES == 8
  const vf a = __builtin_shufflevector(re, im, 0, 8, 1, 9, 2, 10, 3, 11);
  const vf b = __builtin_shufflevector(re, im, 4, 12, 5, 13, 6, 14, 7, 15);
#else
  const vf a = __builtin_shufflevector(re, im, 0, 4, 1, 5);
  const vf b = __builtin_shufflevector(re, im, 2, 6, 3, 7);
#endif
  store_some(bins, 2 * left, a);
  store_some(bins + CK_LANES, 2 * left - CK_LANES, b);
}

CK_KERNEL void power(ptrdiff_t bins, const float *x, float *out) {
  for (ptrdiff_t k = 0; k < bins; k += CK_LANES) {
    vf re, im;
    load_bins(x + 2 * k, bins - k, &re, &im);
    store_some(out + k, bins - k, re * re + im * im);
  }
}

CK_KERNEL void compress(ptrdiff_t bins, float gain, float factor, const float *x, float *out) {
  for (ptrdiff_t k = 0; k < bins; k += CK_LANES) {
    vf re, im;
    load_bins(x + 2 * k, bins - k, &re, &im);
    re *= splat(gain);
    im *= splat(gain);
    // The smallest normal number: zero gives zero.
    const vf scale = splat(factor) / square_root(square_root(re * re + im * im + splat(0x1p-126f)));
    store_bins(out + 2 * k, bins - k, re * scale, im * scale);
  }
}

CK_KERNEL void expand(ptrdiff_t bins, float factor, const float *x, float *out) {
  for (ptrdiff_t k = 0; k < bins; k += CK_LANES) {
    vf re, im;
    load_bins(x + 2 * k, bins - k, &re, &im);
    const vf scale = splat(factor) * square_root(re * re + im * im);
    store_bins(out + 2 * k, bins - k, re * scale, im * scale);
  }
}

CK_KERNEL void post_filter(ptrdiff_t bins, float least, const float *noisy, float *x) {
  for (ptrdiff_t k = 0; k < bins; k += CK_LANES) {
    const ptrdiff_t left = bins - k;
    vf re, im, noisy_re, noisy_im;
    load_bins(noisy + 2 * k, left, &noisy_re, &noisy_im);
    load_bins(x + 2 * k, left, &re, &im);
    const vf ratio = (re * re + im * im) / (noisy_re * noisy_re + noisy_im * noisy_im + splat(0x1p-126f));
    const vf root = square_root(square_root(square_root(square_root(ratio))));
    const vf factor = larger(splat(least), choose(root < splat(1.f), root, splat(1.f)));
    store_bins(x + 2 * k, left, re * factor, im * factor);
  }
}

CK_KERNEL void scale_bins(ptrdiff_t bins, float from, float to, const float *share, float *x) {
  for (ptrdiff_t k = 0; k < bins; k += CK_LANES) {
    const ptrdiff_t left = bins - k;
    const vf gain = splat(from) + load_some(share + k, left, 0.f) * splat(to - from);
    vf re, im;
    load_bins(x + 2 * k, left, &re, &im);
    store_bins(x + 2 * k, left, re * gain, im * gain);
  }
}

CK_KERNEL ck_energies energies(ptrdiff_t count, const float *noisy, const float *clean, float dry) {
  vf y2 = splat(0.f), x2 = splat(0.f), mixed2 = splat(0.f);
  for (ptrdiff_t i = 0; i < count; i += CK_LANES) {
    const vf y = load_some(noisy + i, count - i, 0.f), x = load_some(clean + i, count - i, 0.f);
    const vf mixed = x + splat(dry) * (y - x);
    y2 += y * y;
    x2 += x * x;
    mixed2 += mixed * mixed;
  }
  return (ck_energies){sum_of_lanes(y2), sum_of_lanes(x2), sum_of_lanes(mixed2)};
}

CK_KERNEL float track_presence(
  ptrdiff_t bins, const ck_presence *constants, const float *power, float *noise, float *smoothed, float *probability) {
  const float ratio = constants->prior_ratio;
  const vf odds = splat(1.f + ratio), slope = splat(-ratio / (1.f + ratio)), one = splat(1.f);
  const vf keep = splat(constants->probability_smoothing), keep_noise = splat(constants->noise_smoothing);
  const vf limit = splat(constants->stuck_limit), floor = splat(constants->floor);
  vf total = splat(0.f);
  for (ptrdiff_t k = 0; k < bins; k += CK_LANES) {
    const ptrdiff_t left = bins - k;
    const vf y = load_some(power + k, left, 0.f), before = load_some(noise + k, left, 1.f);
    const vf smooth_before = load_some(smoothed + k, left, 0.f);
    // False for what is not a number, too. Such a bin changes nothing.
    vi usable = y < splat(constants->largest_power);
    vf p = one / (one + odds * exponential(y / before * slope));
    const vf smooth = keep * smooth_before + (one - keep) * p;
    p = choose((smooth > limit) & (p > limit), limit, p);
    const vf periodogram = (one - p) * y + p * before;
    const vf after = larger(keep_noise * before + (one - keep_noise) * periodogram, floor);
    p = choose(usable, p, splat(0.f));
    store_some(smoothed + k, left, choose(usable, smooth, smooth_before));
    store_some(noise + k, left, choose(usable, after, before));
    store_some(probability + k, left, p);
    if (left < CK_LANES) p = choose(first_lanes(left), p, splat(0.f));
    total += p;
  }
  return sum_of_lanes(total);
}

CK_KERNEL float sum_below(ptrdiff_t count, float limit, const float *x) {
  vf total = splat(0.f);
  for (ptrdiff_t i = 0; i < count; i += CK_LANES) {
    const vf v = load_some(x + i, count - i, 0.f);
    total += choose(v < splat(limit), v, splat(0.f));
  }
  return sum_of_lanes(total);
}
