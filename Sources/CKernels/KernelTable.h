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
  void (*sigmoid)(ptrdiff_t, const float *, float *);
  void (*hyperbolic_tangent)(ptrdiff_t, const float *, float *);
} ck_table;

extern const ck_table ck_table_baseline;
#if defined(__x86_64__)
extern const ck_table ck_table_v3;
extern const ck_table ck_table_v4;
#endif
