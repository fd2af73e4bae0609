// What one dispatch level offers; KernelBodies.h defines one such table per level.
#pragma once

#include "CKernels.h"

typedef struct {
  void (*multiply)(const ck_product *);
  void (*rms_norm)(
    ptrdiff_t, ptrdiff_t, const float *, const float *, const float *, ptrdiff_t, float *);
  void (*silu)(ptrdiff_t, float *);
  void (*gru_gates)(ptrdiff_t, ptrdiff_t, const float *, const float *, float *);
  void (*softmax)(ptrdiff_t, ptrdiff_t, float *);
  void (*self_attention)(ptrdiff_t, ptrdiff_t, ptrdiff_t, const float *, float *, float *);
  void (*polyphase)(
    ptrdiff_t, ptrdiff_t, const float *, ptrdiff_t, ptrdiff_t, ptrdiff_t, const float *, float *);
  void (*spectrum_features)(ptrdiff_t, const float *, const float *, float *);
  void (*complex_mask)(ptrdiff_t, const float *, const float *, float *);
  void (*exponential)(ptrdiff_t, const float *, float *);
  float (*sum)(ptrdiff_t, const float *);
  float (*sum_below)(ptrdiff_t, float, const float *);
  float (*sum_of_squares)(ptrdiff_t, const float *);
  bool (*all_finite)(ptrdiff_t, const float *);
  float (*windowed)(ptrdiff_t, const float *, const float *, float *);
  void (*add_product)(ptrdiff_t, const float *, const float *, const float *, float *);
  void (*add_scaled)(ptrdiff_t, const float *, float, const float *, float *);
  void (*combine)(
    ptrdiff_t, float, float *, float, const float *, float, const float *, float, const float *);
  void (*power)(ptrdiff_t, const float *, float *);
  void (*compress)(ptrdiff_t, float, float, const float *, float *);
  void (*expand)(ptrdiff_t, float, const float *, float *);
  void (*post_filter)(ptrdiff_t, float, const float *, float *);
  void (*scale_bins)(ptrdiff_t, float, float, const float *, float *);
  ck_energies (*energies)(ptrdiff_t, const float *, const float *, float);
  float (*track_presence)(ptrdiff_t, const ck_presence *, const float *, float *, float *, float *);
  void (*circular_noise)(uint64_t, uint64_t, uint32_t, ptrdiff_t, float *);
} ck_table;

// Panels that a product takes together, of `left`: three at once if that leaves no single one over.
static inline ptrdiff_t ck_panels_at_once(ptrdiff_t left, ptrdiff_t most) {
  if (most == 1 || left == 1) return 1;
  return left % 3 == 0 ? 3 : 2;
}

extern const ck_table ck_table_baseline;
#if defined(__x86_64__)
extern const ck_table ck_table_v3;
extern const ck_table ck_table_v4;
// The product with pairs (Bfloat16.c).
void ck_multiply_bfloat16(const ck_product *);
#endif
