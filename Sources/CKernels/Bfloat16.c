// Products in bfloat16, for processors with AVX512_BF16: one instruction takes two values of A and two rows of B. The
// sums are float32.
#include "KernelTable.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("arch=x86-64-v4,avx512bf16"))), apply_to = function)
// This level's default tuning splits 512-bit operations into halves unless the function asks for the width.
#define CK_KERNEL static __attribute__((min_vector_width(512)))
#define CK_INLINE static inline __attribute__((always_inline, min_vector_width(512)))
#define CK_UNROLL _Pragma("clang loop unroll(full)")

// ---- A in bfloat16 ----

// `count` floats, rounded to the nearest, to even between two.
CK_INLINE void round_floats(ptrdiff_t count, const float *from, uint16_t *to) {
  ptrdiff_t i = 0;
  for (; i + 16 <= count; i += 16) {
    _mm256_storeu_si256((__m256i *)(to + i), (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(from + i)));
  }
  if (i < count) {
    const __mmask16 some = (__mmask16)((1u << (count - i)) - 1);
    _mm256_mask_storeu_epi16(to + i, some, (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(some, from + i)));
  }
}

// ---- Tiles ----
//
// As in KernelBodies.h: MR rows × NP panels of 16 columns in registers while the depth runs, every element one chain
// over the taps and the pairs in order, so the tile's shape never shows in the result.

typedef struct {
  const ck_product *product;
  const uint16_t *a[ck_maximum_taps];  // first row of the tile, per tap
  ptrdiff_t a_row_stride;
  const uint32_t *pairs;  // first panel
  const float *bias;      // of the first panel, or NULL
  float *c;               // first element
  ptrdiff_t columns;      // still to be written from here on
} tile_place;

typedef void (*tile_function)(const tile_place *);

CK_INLINE void write_part(const ck_product *g, float *row, ptrdiff_t left, __m512 v) {
  const __mmask16 some = left >= 16 ? 0xffff : left > 0 ? (__mmask16)((1u << left) - 1) : 0;
  if (g->accumulate) v = _mm512_add_ps(_mm512_maskz_loadu_ps(some, row), v);
  _mm512_mask_storeu_ps(row, some, v);
}

#define CK_TILE(MR, NP)                                                                                  \
  CK_KERNEL void tile_##MR##_##NP(const tile_place *place) {                                             \
    const ck_product *g = place->product;                                                                \
    const ptrdiff_t pair_count = (g->depth + 1) / 2, stride = place->a_row_stride;                       \
    const ptrdiff_t panel_stride = g->taps * pair_count * ck_panel_columns;                              \
    __m512 sum[MR][NP];                                                                                  \
    CK_UNROLL for (int j = 0; j < NP; j++) {                                                             \
      const __m512 start =                                                                               \
        place->bias ? _mm512_loadu_ps(place->bias + j * ck_panel_columns) : _mm512_setzero_ps();         \
      CK_UNROLL for (int r = 0; r < MR; r++) sum[r][j] = start;                                          \
    }                                                                                                    \
    for (ptrdiff_t tap = 0; tap < g->taps; tap++) {                                                      \
      const uint16_t *a = place->a[tap];                                                                 \
      const uint32_t *b = place->pairs + tap * pair_count * ck_panel_columns;                            \
      for (ptrdiff_t k = 0; k < pair_count; k++) {                                                       \
        __m512bh row[NP];                                                                                \
        CK_UNROLL for (int j = 0; j < NP; j++) row[j] = (__m512bh)_mm512_loadu_si512(b + j * panel_stride); \
        CK_UNROLL for (int r = 0; r < MR; r++) {                                                         \
          int32_t pair;                                                                                  \
          memcpy(&pair, a + r * stride, sizeof pair);                                                    \
          const __m512bh values = (__m512bh)_mm512_set1_epi32(pair);                                     \
          CK_UNROLL for (int j = 0; j < NP; j++) sum[r][j] = _mm512_dpbf16_ps(sum[r][j], row[j], values); \
        }                                                                                                \
        a += 2;                                                                                          \
        b += ck_panel_columns;                                                                           \
      }                                                                                                  \
    }                                                                                                    \
    CK_UNROLL for (int r = 0; r < MR; r++) {                                                             \
      CK_UNROLL for (int j = 0; j < NP; j++)                                                             \
        write_part(                                                                                      \
          g, place->c + r * g->c_row_stride + j * ck_panel_columns, place->columns - j * ck_panel_columns, sum[r][j]); \
    }                                                                                                    \
  }

#include "WideTiles.h"

// Some rows of one item, in bfloat16.
typedef struct {
  const uint16_t *a[ck_maximum_taps];
  ptrdiff_t row_stride, rows;
  float *c;
} rounded_rows;

CK_INLINE void multiply_rows(const ck_product *g, const rounded_rows *some) {
  const ptrdiff_t panels = (g->columns + ck_panel_columns - 1) / ck_panel_columns;
  const ptrdiff_t panel_count = g->taps * ((g->depth + 1) / 2) * ck_panel_columns;
  ptrdiff_t together;
  for (ptrdiff_t panel = 0; panel < panels; panel += together) {
    together = ck_panels_at_once(panels - panel, most_panels);
    const ptrdiff_t tile_count = (some->rows + most_rows[together - 1] - 1) / most_rows[together - 1];
    ptrdiff_t row = 0;
    for (ptrdiff_t t = 0; t < tile_count; t++) {
      // Rows shared out evenly: 20 rows are 10 + 10, not 12 + 8.
      const ptrdiff_t rows = (some->rows - row + (tile_count - t) - 1) / (tile_count - t);
      tile_place place = {.product = g, .a_row_stride = some->row_stride};
      for (ptrdiff_t tap = 0; tap < g->taps; tap++) place.a[tap] = some->a[tap] + row * some->row_stride;
      place.pairs = g->pairs + panel * panel_count;
      place.bias = g->bias ? g->bias + panel * ck_panel_columns : NULL;
      place.c = some->c + row * g->c_row_stride + panel * ck_panel_columns;
      place.columns = g->columns - panel * ck_panel_columns;
      tiles[together - 1][rows - 1](&place);
      row += rows;
    }
  }
}

__attribute__((min_vector_width(512))) void ck_multiply_bfloat16(const ck_product *g) {
  uint16_t room[ck_bfloat16_most_depth];
  const ptrdiff_t even_depth = g->depth + (g->depth & 1);
  const ptrdiff_t tap_room = ck_bfloat16_most_depth / g->taps & ~(ptrdiff_t)1;
  // Rows that overlap or touch are rounded as one run, each value once. An odd depth has a zero after each row: what
  // follows a row may be no number, and times a zero weight it would be none either.
  const bool is_run = g->depth == even_depth && g->a_row_stride <= g->depth;
  const ptrdiff_t stride = is_run ? g->a_row_stride : even_depth;
  const ptrdiff_t most = stride > 0 ? (tap_room - even_depth) / stride + 1 : g->rows;
  for (ptrdiff_t item = 0; item < g->items; item++) {
    for (ptrdiff_t row = 0; row < g->rows; row += most) {
      rounded_rows some = {.row_stride = stride, .rows = g->rows - row < most ? g->rows - row : most};
      for (ptrdiff_t tap = 0; tap < g->taps; tap++) {
        const float *from = g->a[tap] + item * g->a_item_stride + row * g->a_row_stride;
        uint16_t *to = room + tap * tap_room;
        some.a[tap] = to;
        if (is_run) {
          round_floats((some.rows - 1) * stride + g->depth, from, to);
          continue;
        }
        for (ptrdiff_t r = 0; r < some.rows; r++) {
          round_floats(g->depth, from + r * g->a_row_stride, to + r * stride);
          if (g->depth < even_depth) to[r * stride + g->depth] = 0;
        }
      }
      some.c = g->c + item * g->c_item_stride + row * g->c_row_stride;
      multiply_rows(g, &some);
    }
  }
}

#pragma clang attribute pop
#endif
