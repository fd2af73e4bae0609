// Chooses the best level once, before main; a thread may force another one.
//
// Tables of functions rather than target_clones: the helpers inline into each level, the tile sizes differ by
// level, and a test can run all levels in one process.
#include "KernelTable.h"

static const ck_table *const tables[] = {
  &ck_table_baseline,
#if defined(__x86_64__)
  &ck_table_v3,
  &ck_table_v4,
#endif
};

static int best_level = ck_level_baseline;
static bool has_bfloat16 = false;

// Initial-exec: read without a call, and nothing is allocated for a thread of a host that loaded us late.
static _Thread_local int forced_level __attribute__((tls_model("initial-exec"))) = -1;

__attribute__((constructor)) static void choose_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) {
    best_level = ck_level_v4;
    has_bfloat16 = __builtin_cpu_supports("avx512bf16");
  } else if (__builtin_cpu_supports("x86-64-v3")) {
    best_level = ck_level_v3;
  }
#endif
}

int ck_level(void) { return forced_level >= 0 ? forced_level : best_level; }

const char *ck_level_name(int level) {
  switch (level) {
    case ck_level_v4: return "x86-64-v4";
    case ck_level_v3: return "x86-64-v3";
    default: return "baseline";
  }
}

bool ck_level_is_supported(int level) { return level >= ck_level_baseline && level <= best_level; }

bool ck_level_force(int level) {
  if (level >= 0 && !ck_level_is_supported(level)) return false;
  forced_level = level < 0 ? -1 : level;
  return true;
}

static inline const ck_table *table(void) { return tables[ck_level()]; }

bool ck_has_bfloat16(void) { return has_bfloat16 && ck_level() == ck_level_v4; }

void ck_multiply(const ck_product *product) {
#if defined(__x86_64__)
  if (product->pairs) {
    ck_multiply_bfloat16(product);
    return;
  }
#endif
  table()->multiply(product);
}

void ck_rms_norm(
  ptrdiff_t rows, ptrdiff_t channels, const float *in, const float *scale, const float *shift,
  ptrdiff_t shift_row_stride, float *out) {
  table()->rms_norm(rows, channels, in, scale, shift, shift_row_stride, out);
}

void ck_silu(ptrdiff_t count, float *x) { table()->silu(count, x); }

void ck_gru_gates(
  ptrdiff_t rows, ptrdiff_t units, const float *input_gates, const float *state_gates, float *state) {
  table()->gru_gates(rows, units, input_gates, state_gates, state);
}

void ck_softmax(ptrdiff_t rows, ptrdiff_t keys, float *x) { table()->softmax(rows, keys, x); }

void ck_self_attention(
  ptrdiff_t rows, ptrdiff_t heads, ptrdiff_t dimension, const float *qkv, float *scratch, float *out) {
  table()->self_attention(rows, heads, dimension, qkv, scratch, out);
}

size_t ck_self_attention_scratch(ptrdiff_t rows, ptrdiff_t dimension) {
  // Of one head: the panels of keys and of values, and the weights.
  return ck_packed_count(1, dimension, rows) + ck_packed_count(1, rows, dimension) + ck_packed_count(1, rows, rows);
}

void ck_polyphase(
  ptrdiff_t count, ptrdiff_t taps, const float *filters, ptrdiff_t step, ptrdiff_t phases, ptrdiff_t position,
  const float *x, float *out) {
  table()->polyphase(count, taps, filters, step, phases, position, x, out);
}

void ck_spectrum_features(ptrdiff_t bins, const float *x, const float *y, float *features) {
  table()->spectrum_features(bins, x, y, features);
}

void ck_complex_mask(ptrdiff_t bins, const float *mask, const float *y, float *out) {
  table()->complex_mask(bins, mask, y, out);
}

void ck_exponential(ptrdiff_t count, const float *x, float *out) { table()->exponential(count, x, out); }

float ck_sum(ptrdiff_t count, const float *x) { return table()->sum(count, x); }
float ck_sum_below(ptrdiff_t count, float limit, const float *x) { return table()->sum_below(count, limit, x); }
float ck_sum_of_squares(ptrdiff_t count, const float *x) { return table()->sum_of_squares(count, x); }
bool ck_all_finite(ptrdiff_t count, const float *x) { return table()->all_finite(count, x); }

float ck_windowed(ptrdiff_t count, const float *window, const float *x, float *out) {
  return table()->windowed(count, window, x, out);
}

void ck_add_product(ptrdiff_t count, const float *base, const float *a, const float *b, float *out) {
  table()->add_product(count, base, a, b, out);
}

void ck_add_scaled(ptrdiff_t count, const float *y, float factor, const float *z, float *out) {
  table()->add_scaled(count, y, factor, z, out);
}

void ck_combine(
  ptrdiff_t count, float a, float *x, float b, const float *y, float c, const float *z, float d, const float *w) {
  table()->combine(count, a, x, b, y, c, z, d, w);
}

void ck_power(ptrdiff_t bins, const float *x, float *out) { table()->power(bins, x, out); }

void ck_compress(ptrdiff_t bins, float gain, float factor, const float *x, float *out) {
  table()->compress(bins, gain, factor, x, out);
}

void ck_expand(ptrdiff_t bins, float factor, const float *x, float *out) { table()->expand(bins, factor, x, out); }

void ck_post_filter(ptrdiff_t bins, float least, const float *noisy, float *x) {
  table()->post_filter(bins, least, noisy, x);
}

void ck_scale_bins(ptrdiff_t bins, float from, float to, const float *share, float *x) {
  table()->scale_bins(bins, from, to, share, x);
}

ck_energies ck_energies_of(ptrdiff_t count, const float *noisy, const float *clean, float dry) {
  return table()->energies(count, noisy, clean, dry);
}

float ck_track_presence(
  ptrdiff_t bins, const ck_presence *constants, const float *power, float *noise, float *smoothed, float *probability) {
  return table()->track_presence(bins, constants, power, noise, smoothed, probability);
}

void ck_circular_noise(uint64_t seed, uint64_t frame, uint32_t step, ptrdiff_t bins, float *out) {
  table()->circular_noise(seed, frame, step, bins, out);
}
