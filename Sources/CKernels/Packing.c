// Weights are packed once, at load, into panels that the product reads from first to last.
#include "CKernels.h"

#include <string.h>

static ptrdiff_t panel_count(ptrdiff_t columns) { return (columns + ck_panel_columns - 1) / ck_panel_columns; }

size_t ck_packed_count(ptrdiff_t taps, ptrdiff_t depth, ptrdiff_t columns) {
  return (size_t)(panel_count(columns) * taps * depth * ck_panel_columns);
}

void ck_pack(
  float *panels, ptrdiff_t taps, ptrdiff_t tap, ptrdiff_t depth, ptrdiff_t columns, const float *source,
  ptrdiff_t depth_stride, ptrdiff_t column_stride) {
  for (ptrdiff_t p = 0; p < panel_count(columns); p++) {
    float *panel = panels + (p * taps + tap) * depth * ck_panel_columns;
    for (ptrdiff_t k = 0; k < depth; k++) {
      for (ptrdiff_t j = 0; j < ck_panel_columns; j++) {
        const ptrdiff_t n = p * ck_panel_columns + j;
        panel[k * ck_panel_columns + j] = n < columns ? source[k * depth_stride + n * column_stride] : 0;
      }
    }
  }
}

void ck_pack_convolution(
  float *panels, ptrdiff_t outputs, ptrdiff_t inputs, ptrdiff_t taps, ptrdiff_t width, const float *weight) {
  const ptrdiff_t depth = width * inputs;
  for (ptrdiff_t p = 0; p < panel_count(outputs); p++) {
    for (ptrdiff_t t = 0; t < taps; t++) {
      float *panel = panels + (p * taps + t) * depth * ck_panel_columns;
      for (ptrdiff_t k = 0; k < depth; k++) {
        const ptrdiff_t f = k / inputs, i = k % inputs;
        for (ptrdiff_t j = 0; j < ck_panel_columns; j++) {
          const ptrdiff_t n = p * ck_panel_columns + j;
          panel[k * ck_panel_columns + j] =
            n < outputs ? weight[((n * inputs + i) * taps + t) * width + f] : 0;
        }
      }
    }
  }
}

size_t ck_pairs_count(ptrdiff_t taps, ptrdiff_t depth, ptrdiff_t columns) {
  return (size_t)(panel_count(columns) * taps * ((depth + 1) / 2) * ck_panel_columns);
}

// Weights are finite: no care for NaN.
static uint32_t bfloat16(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

void ck_pack_pairs(uint32_t *pairs, ptrdiff_t taps, ptrdiff_t depth, ptrdiff_t columns, const float *panels) {
  for (ptrdiff_t matrix = 0; matrix < panel_count(columns) * taps; matrix++) {
    for (ptrdiff_t k = 0; k < depth; k += 2) {
      for (ptrdiff_t j = 0; j < ck_panel_columns; j++) {
        const float *first = panels + (matrix * depth + k) * ck_panel_columns + j;
        const float second = k + 1 < depth ? first[ck_panel_columns] : 0;
        *pairs++ = bfloat16(*first) | bfloat16(second) << 16;
      }
    }
  }
}

void ck_polyphase_pack(
  ptrdiff_t phases, ptrdiff_t taps, ptrdiff_t step, const float *filters, float *tables) {
  const ptrdiff_t stride = ck_polyphase_stride(taps, step), last = stride - 1 - ck_polyphase_margin;
  for (ptrdiff_t i = 0; i < phases * step * stride; i++) tables[i] = 0;
  for (ptrdiff_t phase = 0; phase < phases; phase++) {
    for (ptrdiff_t k = 0; k < taps; k++) {
      tables[(phase * step + k % step) * stride + last - k / step] = filters[phase * taps + k];
    }
  }
}
