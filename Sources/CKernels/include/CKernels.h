/// The hot arithmetic of the network, in C with vector types, dispatched at run time.
///
/// Everything is 32-bit float and channels last: a frame is (bands, channels). Nothing here allocates, locks, or
/// keeps state between calls. Each result depends on its own row alone, summed in one fixed order: it is the
/// same to the bit for any number of rows and items (at one dispatch level).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- Dispatch ----

/// Instruction sets the kernels are compiled for, in rising order. On processors other than x86-64 only the
/// baseline exists.
enum ck_level { ck_level_baseline = 0, ck_level_v3 = 1, ck_level_v4 = 2 };

/// The level in use on this thread.
int ck_level(void);

/// "x86-64-v4" (AVX-512), "x86-64-v3" (AVX2 and FMA) or "baseline" (SSE2 on x86-64).
const char *ck_level_name(int level);

/// Whether this processor runs `level`.
bool ck_level_is_supported(int level);

/// Makes the calling thread use `level`, or its best one for -1. For tests and benchmarks: results of different
/// levels differ in their last bits. Returns false, and changes nothing, if the processor lacks the level.
bool ck_level_force(int level);

// ---- Floating-point environment of a thread ----

/// Sets flush-to-zero and denormals-are-zero on the calling thread; returns what was set before.
uint32_t ck_flush_denormals(void);

/// Restores what `ck_flush_denormals` returned.
void ck_restore_denormals(uint32_t saved);

// ---- Matrix product on rows ----

/// Columns in one packed panel, at every dispatch level.
enum { ck_panel_columns = 16, ck_maximum_taps = 4 };

/// Floats of a packed (taps, depth, columns) matrix: columns rounded up to whole panels.
size_t ck_packed_count(ptrdiff_t taps, ptrdiff_t depth, ptrdiff_t columns);

/// Packs one tap of a matrix B (depth, columns) into panels [panel][tap][depth][16]; missing columns become 0.
///
/// B's element (k, n) is read from source[k * depth_stride + n * column_stride].
void ck_pack(
  float *panels, ptrdiff_t taps, ptrdiff_t tap, ptrdiff_t depth, ptrdiff_t columns, const float *source,
  ptrdiff_t depth_stride, ptrdiff_t column_stride);

/// Packs a convolution weight (outputs, inputs, time taps, width) so that the depth of a tap is (width, inputs).
void ck_pack_convolution(
  float *panels, ptrdiff_t outputs, ptrdiff_t inputs, ptrdiff_t taps, ptrdiff_t width, const float *weight);

/// C (+)= bias + Σ over taps of A[tap] · B[tap], for several items that share B.
///
/// Rows of A may overlap (a row stride below the depth): so a convolution over bands is this product.
typedef struct {
  ptrdiff_t rows, columns, depth, taps, items;
  const float *a[ck_maximum_taps];          // first row of item 0, per tap
  ptrdiff_t a_row_stride, a_item_stride;    // in floats
  const float *panels;                      // from ck_pack
  const uint32_t *pairs;                    // from ck_pack_pairs, instead of panels; NULL: float32
  const float *bias;                        // (columns rounded up to 16), or NULL
  float *c;
  ptrdiff_t c_row_stride, c_item_stride;    // in floats
  bool accumulate;                          // add to C instead of replacing it
} ck_product;

void ck_multiply(const ck_product *product);

/// Whether the product takes pairs on this thread: the level x86-64-v4 on a processor with AVX512_BF16.
bool ck_has_bfloat16(void);

/// The largest taps · (depth, rounded up to whole pairs) of a product with pairs.
enum { ck_bfloat16_most_depth = 32768 };

/// Pairs of a matrix that is packed in bfloat16, two rows of B in one.
size_t ck_pairs_count(ptrdiff_t taps, ptrdiff_t depth, ptrdiff_t columns);

/// Rounds the panels of a whole packed matrix to bfloat16 (nearest, ties to even), as pairs
/// [panel][tap][depth / 2][16], the earlier row in the low half; an odd depth gets a row of zeros.
///
/// In the product the values of A are rounded likewise, as they are read; the sums, bias and C stay float32. Denormal
/// numbers count as 0.
void ck_pack_pairs(uint32_t *pairs, ptrdiff_t taps, ptrdiff_t depth, ptrdiff_t columns, const float *panels);

// ---- Layers' arithmetic ----

/// out[r][c] = in[r][c] / sqrt(mean over c of in² + 1e-6) · scale[c] + shift[r · shift_row_stride + c].
///
/// scale and shift may be NULL (1 and 0). Rows of in and out are `channels` apart.
void ck_rms_norm(
  ptrdiff_t rows, ptrdiff_t channels, const float *in, const float *scale, const float *shift,
  ptrdiff_t shift_row_stride, float *out);

/// x = x · sigmoid(x), in place.
void ck_silu(ptrdiff_t count, float *x);

/// One step of a GRU, gates in PyTorch's order r, z, n:
/// r = σ(i_r + h_r), z = σ(i_z + h_z), n = tanh(i_n + r h_n), state = (1 - z) n + z state.
///
/// input_gates and state_gates: (rows, 3 units), biases included; state: (rows, units), rows `units` apart.
void ck_gru_gates(
  ptrdiff_t rows, ptrdiff_t units, const float *input_gates, const float *state_gates, float *state);

/// Softmax over each run of `keys` values of (rows, keys), in place.
void ck_softmax(ptrdiff_t rows, ptrdiff_t keys, float *x);

/// Multi-head attention of `rows` positions among themselves.
///
/// qkv: (rows, 3, heads, dimension); out: (rows, heads, dimension).
/// scratch: ck_self_attention_scratch(rows, dimension) floats.
void ck_self_attention(
  ptrdiff_t rows, ptrdiff_t heads, ptrdiff_t dimension, const float *qkv, float *scratch, float *out);
size_t ck_self_attention_scratch(ptrdiff_t rows, ptrdiff_t dimension);

/// A resampler's outputs: out[i] = Σ over k of x[p / phases + k] · filter[p % phases][k], p = position + i · step.
///
/// Each output is summed in one order, whatever the count. tables: ck_polyphase_pack; phases: at most
/// ck_polyphase_most_phases.
void ck_polyphase(
  ptrdiff_t count, ptrdiff_t taps, const float *tables, ptrdiff_t step, ptrdiff_t phases, ptrdiff_t position,
  const float *x, float *out);

enum { ck_polyphase_margin = 15, ck_polyphase_most_phases = 12 };

/// Floats of one phase's taps of one residue modulo `step`, with a margin of zeros on both sides.
static inline ptrdiff_t ck_polyphase_stride(ptrdiff_t taps, ptrdiff_t step) {
  return (taps + step - 1) / step + 2 * ck_polyphase_margin;
}

/// Packs filters (phases, taps) into tables of phases · step · ck_polyphase_stride(taps, step) floats: of every phase the
/// taps of each residue modulo `step`, last one first.
void ck_polyphase_pack(
  ptrdiff_t phases, ptrdiff_t taps, ptrdiff_t step, const float *filters, float *tables);

/// features[b] = (x re, x im, y re, y im, |x|, |y|), |v| = sqrt(re² + im² + 1e-12); x, y: (bins, 2).
void ck_spectrum_features(ptrdiff_t bins, const float *x, const float *y, float *features);

/// out = (1 + m)·y + r, complex; mask: (bins, 4) = (m re, m im, r re, r im); y, out: (bins, 2).
void ck_complex_mask(ptrdiff_t bins, const float *mask, const float *y, float *out);

/// Element-wise functions, exact to about 1e-6 relative; NaN stays NaN, huge arguments saturate. The last two are the
/// GRU's, by themselves so that tests reach them.
void ck_exponential(ptrdiff_t count, const float *x, float *out);

// ---- Parts of frames: samples (count), complex bins (bins, 2) ----

/// Σ x.
float ck_sum(ptrdiff_t count, const float *x);

/// Σ of those x that are below `limit`; NaN is not.
float ck_sum_below(ptrdiff_t count, float limit, const float *x);

/// Σ x².
float ck_sum_of_squares(ptrdiff_t count, const float *x);

/// Whether no x is infinite or NaN.
bool ck_all_finite(ptrdiff_t count, const float *x);

/// out = window · x; returns Σ out².
float ck_windowed(ptrdiff_t count, const float *window, const float *x, float *out);

/// out = base + a · b; out may be any of them.
void ck_add_product(ptrdiff_t count, const float *base, const float *a, const float *b, float *out);

/// out = y + factor · z.
void ck_add_scaled(ptrdiff_t count, const float *y, float factor, const float *z, float *out);

/// x = a x + b y + c z (+ d w, where w is not NULL).
void ck_combine(
  ptrdiff_t count, float a, float *x, float b, const float *y, float c, const float *z, float d, const float *w);

/// out[k] = |x[k]|².
void ck_power(ptrdiff_t bins, const float *x, float *out);

/// out = factor · X / √|X|, X = gain · x: the magnitude's root times factor. 0 stays 0. out may be x.
void ck_compress(ptrdiff_t bins, float gain, float factor, const float *x, float *out);

/// out = factor · |x| · x. out may be x.
void ck_expand(ptrdiff_t bins, float factor, const float *x, float *out);

/// x[k] = x[k] · g^⅛, that factor at least `least` and at most 1, where g = |x[k]| / |noisy[k]|.
void ck_post_filter(ptrdiff_t bins, float least, const float *noisy, float *x);

/// x[k] = x[k] · (from + share[k] · (to − from)).
void ck_scale_bins(ptrdiff_t bins, float from, float to, const float *share, float *x);

/// Σ noisy², Σ clean², and Σ (clean + dry · (noisy − clean))².
typedef struct { float noisy, clean, mixed; } ck_energies;
ck_energies ck_energies_of(ptrdiff_t count, const float *noisy, const float *clean, float dry);

/// A frame of speech presence and noise power (SpeechPresence.swift has the equations): ξ, the shares that P̄ and σ² keep,
/// the limit where P is stuck, the lowest σ², and the power from which a bin is passed over.
typedef struct {
  float prior_ratio, probability_smoothing, noise_smoothing, stuck_limit, floor, largest_power;
} ck_presence;

/// Advances noise (σ²) and smoothed (P̄), writes probability (P); all (bins). Returns Σ P.
float ck_track_presence(
  ptrdiff_t bins, const ck_presence *constants, const float *power, float *noise, float *smoothed, float *probability);

/// Circular complex normal numbers, E|z|² = 1, (bins, 2), from Philox4x32-10 under the key `seed`: counter (frame low,
/// frame high, step, pair of bins). The same bits at every level and on every processor.
void ck_circular_noise(uint64_t seed, uint64_t frame, uint32_t step, ptrdiff_t bins, float *out);

#ifdef __cplusplus
}
#endif
