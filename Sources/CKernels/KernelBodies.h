// The kernels, included once per dispatch level with
//   CK_LANES          floats in a vector: 4, 8 or 16
//   CK_TABLE          the table to define
//   CK_MINIMUM_WIDTH  attribute of functions that hold vectors
// No include guard: that is the point of this file.

#define CK_VECTORS (ck_panel_columns / CK_LANES)  // vectors in a row of a panel
#define CK_INLINE static inline __attribute__((always_inline)) CK_MINIMUM_WIDTH
#define CK_KERNEL static CK_MINIMUM_WIDTH
#define CK_UNROLL _Pragma("clang loop unroll(full)")

typedef float vf __attribute__((vector_size(4 * CK_LANES)));
typedef int32_t vi __attribute__((vector_size(4 * CK_LANES)));
typedef float vf_unaligned __attribute__((vector_size(4 * CK_LANES), aligned(4), may_alias));

// ---- Vectors ----

CK_INLINE vf load(const float *p) { return *(const vf_unaligned *)p; }
CK_INLINE void store(float *p, vf v) { *(vf_unaligned *)p = v; }
CK_INLINE vf splat(float x) { return x - (vf){}; }

CK_INLINE vf choose(vi mask, vf yes, vf no) { return (vf)(((vi)yes & mask) | ((vi)no & ~mask)); }
CK_INLINE vf larger(vf a, vf b) { return choose(a > b, a, b); }

CK_INLINE vi first_lanes(ptrdiff_t n) {
  vi lane;
  CK_UNROLL for (int i = 0; i < CK_LANES; i++) lane[i] = i;
  return lane < (int32_t)n;
}

// The first n lanes from memory, the others `fill`; 0 < n < CK_LANES.
CK_INLINE vf load_first(const float *p, ptrdiff_t n, float fill) {
#if CK_LANES == 16
  return _mm512_mask_loadu_ps(splat(fill), (__mmask16)((1u << n) - 1), p);
#elif CK_LANES == 8
  const vi some = first_lanes(n);
  return choose(some, _mm256_maskload_ps(p, (__m256i)some), splat(fill));
#else
  vf v = splat(fill);
  for (ptrdiff_t i = 0; i < n; i++) v[i] = p[i];
  return v;
#endif
}

CK_INLINE void store_first(float *p, ptrdiff_t n, vf v) {
#if CK_LANES == 16
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), v);
#elif CK_LANES == 8
  _mm256_maskstore_ps(p, (__m256i)first_lanes(n), v);
#else
  for (ptrdiff_t i = 0; i < n; i++) p[i] = v[i];
#endif
}

// The first `left` lanes from memory, or all where there are more, or none.
CK_INLINE vf load_some(const float *p, ptrdiff_t left, float fill) {
  return left >= CK_LANES ? load(p) : left > 0 ? load_first(p, left, fill) : splat(fill);
}

CK_INLINE void store_some(float *p, ptrdiff_t left, vf v) {
  if (left >= CK_LANES) store(p, v);
  else if (left > 0) store_first(p, left, v);
}

// Two vectors' lanes exchanged in groups of `half`: (a, b) becomes (first groups, second groups), so that CK_LANES
// vectors after steps of CK_LANES / 2 … 1 are transposed. The indices must be constants, hence the cases.
CK_INLINE void exchange(const int half, vf *a, vf *b) {
  const vf x = *a, y = *b;
#define CK_PAIRS(...) *a = __builtin_shufflevector(x, y, __VA_ARGS__)
#define CK_OTHERS(...) *b = __builtin_shufflevector(x, y, __VA_ARGS__)
#if CK_LANES == 16
  if (half == 8) {
    CK_PAIRS(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
    CK_OTHERS(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  } else if (half == 4) {
    CK_PAIRS(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27);
    CK_OTHERS(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
  } else if (half == 2) {
    CK_PAIRS(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
    CK_OTHERS(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
  } else {
    CK_PAIRS(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30);
    CK_OTHERS(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
  }
#elif CK_LANES == 8
  if (half == 4) {
    CK_PAIRS(0, 1, 2, 3, 8, 9, 10, 11);
    CK_OTHERS(4, 5, 6, 7, 12, 13, 14, 15);
  } else if (half == 2) {
    CK_PAIRS(0, 1, 8, 9, 4, 5, 12, 13);
    CK_OTHERS(2, 3, 10, 11, 6, 7, 14, 15);
  } else {
    CK_PAIRS(0, 8, 2, 10, 4, 12, 6, 14);
    CK_OTHERS(1, 9, 3, 11, 5, 13, 7, 15);
  }
#else
  if (half == 2) {
    CK_PAIRS(0, 1, 4, 5);
    CK_OTHERS(2, 3, 6, 7);
  } else {
    CK_PAIRS(0, 4, 2, 6);
    CK_OTHERS(1, 5, 3, 7);
  }
#endif
#undef CK_PAIRS
#undef CK_OTHERS
}

CK_INLINE void transpose(vf v[CK_LANES]) {
  CK_UNROLL for (int half = CK_LANES / 2; half > 0; half /= 2) {
    CK_UNROLL for (int i = 0; i < CK_LANES; i++) {
      if (!(i & half)) exchange(half, &v[i], &v[i + half]);
    }
  }
}

// Lane i of the result is the sum of v[i]'s lanes. A third of the work of one vector after another.
CK_INLINE vf sums_of_lanes(vf v[CK_LANES]) {
  CK_UNROLL for (int half = CK_LANES / 2; half > 0; half /= 2) {
    CK_UNROLL for (int i = 0; i < half; i++) {
      exchange(half, &v[i], &v[i + half]);
      v[i] += v[i + half];
    }
  }
  return v[0];
}

// Lane i of the result is the largest of v[i]'s lanes.
CK_INLINE vf largest_lanes(vf v[CK_LANES]) {
  CK_UNROLL for (int half = CK_LANES / 2; half > 0; half /= 2) {
    CK_UNROLL for (int i = 0; i < half; i++) {
      exchange(half, &v[i], &v[i + half]);
      v[i] = larger(v[i], v[i + half]);
    }
  }
  return v[0];
}

// e^x for -87.3 ≤ x ≤ 88.3: x = n ln 2 + r, a polynomial in r (Cephes expf), times 2^n built from the bits of n. No
// conversion to integer: it is undefined for NaN, which stays NaN here.
CK_INLINE vf exponential_inside(vf x) {
  const vf shifted = x * splat(1.44269504088896341f) + splat(12582912.f);  // 1.5 · 2^23: n in the low bits
  const vf n = shifted - splat(12582912.f);
  vf r = x - n * splat(0.693359375f);
  r = r + n * splat(2.12194440e-4f);
  // Estrin's order: the chain of dependent operations is half as long as Horner's, which is what the time depends on.
  const vf r2 = r * r;
  const vf high = splat(1.9875691500e-4f) * r + splat(1.3981999507e-3f);
  const vf middle = splat(8.3334519073e-3f) * r + splat(4.1665795894e-2f);
  const vf low = splat(1.6666665459e-1f) * r + splat(5.0000001201e-1f);
  const vf p = ((high * r2 + middle) * r2 + low) * r2 + (r + splat(1.f));
  const vi bits = (vi)shifted;
  typedef uint32_t vu __attribute__((vector_size(4 * CK_LANES)));
  return p * (vf)(((vu)bits + 127u) << 23);
}

// e^x. Below -87.3 it is 0 (the result would be denormal), above 88.37 infinity.
CK_INLINE vf exponential(vf x) {
  const vf y = choose(x < splat(-87.3365f), splat(0.f), exponential_inside(x));
  return choose(x > splat(88.37f), splat(INFINITY), y);
}

CK_INLINE vf sigmoid(vf x) { return splat(1.f) / (splat(1.f) + exponential(-x)); }

// Cephes tanhf: a polynomial below 0.625, where 1 - 2 / (e^2x + 1) would cancel.
CK_INLINE vf hyperbolic_tangent(vf x) {
  const vi sign = (vi)x & (int32_t)0x80000000;
  const vf magnitude = (vf)((vi)x & 0x7fffffff);
  const vf s = x * x;
  vf p = splat(-5.70498872745e-3f);
  p = p * s + splat(2.06390887954e-2f);
  p = p * s + splat(-5.37397155531e-2f);
  p = p * s + splat(1.33314422036e-1f);
  p = p * s + splat(-3.33332819422e-1f);
  const vf small = p * s * x + x;
  const vf large = splat(1.f) - splat(2.f) / (exponential(magnitude + magnitude) + splat(1.f));
  return choose(magnitude < splat(0.625f), small, (vf)((vi)large | sign));
}

CK_INLINE vf square_root(vf x) {
#if CK_LANES == 16
  return _mm512_sqrt_ps(x);
#elif CK_LANES == 8
  return _mm256_sqrt_ps(x);
#else
  CK_UNROLL for (int i = 0; i < CK_LANES; i++) x[i] = sqrtf(x[i]);
  return x;
#endif
}

// ---- Matrix product ----
//
// One tile is MR rows × NP panels of 16 columns, kept in registers while the depth runs. Every element is one
// chain over the taps and the depth in order, so the tile's shape never shows in the result.

typedef struct {
  const ck_product *product;
  const float *a[ck_maximum_taps];  // first row of the tile, per tap
  const float *panels;              // first panel
  const float *bias;                // of the first panel, or NULL
  float *c;                         // first element
  ptrdiff_t columns;                // still to be written from here on
} tile_place;

typedef void (*tile_function)(const tile_place *);

#define CK_TILE(MR, NP)                                                                                   \
  CK_KERNEL void tile_##MR##_##NP(const tile_place *place) {                                             \
    const ck_product *g = place->product;                                                                \
    const ptrdiff_t depth = g->depth, stride = g->a_row_stride;                                          \
    const ptrdiff_t panel_stride = g->taps * depth * ck_panel_columns;                                   \
    vf sum[MR][NP * CK_VECTORS];                                                                         \
    CK_UNROLL for (int j = 0; j < NP * CK_VECTORS; j++) {                                                \
      const vf start = place->bias ? load(place->bias + j * CK_LANES) : splat(0.f);                      \
      CK_UNROLL for (int r = 0; r < MR; r++) sum[r][j] = start;                                          \
    }                                                                                                    \
    for (ptrdiff_t tap = 0; tap < g->taps; tap++) {                                                      \
      const float *a = place->a[tap];                                                                    \
      const float *b = place->panels + tap * depth * ck_panel_columns;                                   \
      for (ptrdiff_t k = 0; k < depth; k++) {                                                            \
        vf row[NP * CK_VECTORS];                                                                         \
        CK_UNROLL for (int j = 0; j < NP * CK_VECTORS; j++)                                              \
          row[j] = load(b + (j / CK_VECTORS) * panel_stride + (j % CK_VECTORS) * CK_LANES);              \
        CK_UNROLL for (int r = 0; r < MR; r++) {                                                         \
          const vf value = splat(a[r * stride]);                                                         \
          CK_UNROLL for (int j = 0; j < NP * CK_VECTORS; j++) sum[r][j] += value * row[j];               \
        }                                                                                                \
        a += 1;                                                                                          \
        b += ck_panel_columns;                                                                           \
      }                                                                                                  \
    }                                                                                                    \
    CK_UNROLL for (int r = 0; r < MR; r++) {                                                             \
      CK_UNROLL for (int j = 0; j < NP * CK_VECTORS; j++)                                                \
        write_part(g, place->c + r * g->c_row_stride, j * CK_LANES, place->columns, sum[r][j]);          \
    }                                                                                                    \
  }

CK_INLINE void write_part(const ck_product *g, float *row, ptrdiff_t column, ptrdiff_t columns, vf v) {
  const ptrdiff_t left = columns - column;
  if (left >= CK_LANES) {
    store(row + column, g->accumulate ? load(row + column) + v : v);
  } else if (left > 0) {
    store_first(row + column, left, g->accumulate ? load_first(row + column, left, 0.f) + v : v);
  }
}

// Registers: MR · NP · vectors sums, a row of B, one value of A; 32 registers with AVX-512, else 16.
#if CK_LANES == 16
#include "WideTiles.h"
#elif CK_LANES == 8 || defined(__aarch64__)
enum { most_panels = 1 };
CK_TILE(1, 1) CK_TILE(2, 1) CK_TILE(3, 1) CK_TILE(4, 1) CK_TILE(5, 1) CK_TILE(6, 1)
static const ptrdiff_t most_rows[] = {6};
static const tile_function tiles[][6] = {{tile_1_1, tile_2_1, tile_3_1, tile_4_1, tile_5_1, tile_6_1}};
#else
enum { most_panels = 1 };
CK_TILE(1, 1) CK_TILE(2, 1)
static const ptrdiff_t most_rows[] = {2};
static const tile_function tiles[][2] = {{tile_1_1, tile_2_1}};
#endif

CK_KERNEL void multiply(const ck_product *g) {
  const ptrdiff_t panels = (g->columns + ck_panel_columns - 1) / ck_panel_columns;
  ptrdiff_t together;
  for (ptrdiff_t panel = 0; panel < panels; panel += together) {
    together = ck_panels_at_once(panels - panel, most_panels);
    const ptrdiff_t most = most_rows[together - 1];
    const ptrdiff_t tile_count = (g->rows + most - 1) / most;
    for (ptrdiff_t item = 0; item < g->items; item++) {
      ptrdiff_t row = 0;
      for (ptrdiff_t t = 0; t < tile_count; t++) {
        // Rows shared out evenly: 20 rows are 10 + 10, not 12 + 8.
        const ptrdiff_t rows = (g->rows - row + (tile_count - t) - 1) / (tile_count - t);
        tile_place place;
        place.product = g;
        for (ptrdiff_t tap = 0; tap < g->taps; tap++) {
          place.a[tap] = g->a[tap] + item * g->a_item_stride + row * g->a_row_stride;
        }
        place.panels = g->panels + panel * g->taps * g->depth * ck_panel_columns;
        place.bias = g->bias ? g->bias + panel * ck_panel_columns : NULL;
        place.c = g->c + item * g->c_item_stride + row * g->c_row_stride + panel * ck_panel_columns;
        place.columns = g->columns - panel * ck_panel_columns;
        tiles[together - 1][rows - 1](&place);
        row += rows;
      }
    }
  }
}

// ---- Norm, activations ----

CK_KERNEL void rms_norm(
  ptrdiff_t rows, ptrdiff_t channels, const float *in, const float *scale, const float *shift,
  ptrdiff_t shift_row_stride, float *out) {
  const ptrdiff_t whole = channels - channels % CK_LANES, rest = channels - whole;
  const vf share = splat(1.f / (float)channels);
  for (ptrdiff_t first = 0; first < rows; first += CK_LANES) {
    // Several rows at once: one root and one quotient serve them all.
    const ptrdiff_t together = rows - first < CK_LANES ? rows - first : CK_LANES;
    vf squares[CK_LANES];
    for (ptrdiff_t r = 0; r < together; r++) {
      const float *x = in + (first + r) * channels;
      squares[r] = splat(0.f);
      for (ptrdiff_t c = 0; c < whole; c += CK_LANES) {
        const vf v = load(x + c);
        squares[r] += v * v;
      }
      if (rest) {
        const vf v = load_first(x + whole, rest, 0.f);
        squares[r] += v * v;
      }
    }
    for (ptrdiff_t r = together; r < CK_LANES; r++) squares[r] = splat(0.f);
    float factors[CK_LANES];
    store(factors, splat(1.f) / square_root(sums_of_lanes(squares) * share + splat(1e-6f)));
    for (ptrdiff_t r = 0; r < together; r++) {
      const float *x = in + (first + r) * channels;
      float *y = out + (first + r) * channels;
      const float *row_shift = shift ? shift + (first + r) * shift_row_stride : NULL;
      const vf factor = splat(factors[r]);
      for (ptrdiff_t c = 0; c < whole; c += CK_LANES) {
        vf v = load(x + c) * factor;
        if (scale) v *= load(scale + c);
        if (row_shift) v += load(row_shift + c);
        store(y + c, v);
      }
      if (rest) {
        vf v = load_first(x + whole, rest, 0.f) * factor;
        if (scale) v *= load_first(scale + whole, rest, 0.f);
        if (row_shift) v += load_first(row_shift + whole, rest, 0.f);
        store_first(y + whole, rest, v);
      }
    }
  }
}

CK_INLINE vf silu_of(vf x) { return x / (splat(1.f) + exponential(-x)); }

#define CK_ELEMENTWISE(NAME, FUNCTION)                                                                   \
  CK_KERNEL void NAME(ptrdiff_t count, const float *x, float *out) {                                     \
    ptrdiff_t i = 0;                                                                                     \
    for (; i + CK_LANES <= count; i += CK_LANES) store(out + i, FUNCTION(load(x + i)));                  \
    if (i < count) store_first(out + i, count - i, FUNCTION(load_first(x + i, count - i, 0.f)));         \
  }

CK_ELEMENTWISE(exponential_of, exponential)
CK_ELEMENTWISE(silu_into, silu_of)

CK_KERNEL void silu(ptrdiff_t count, float *x) { silu_into(count, x, x); }

// ---- GRU ----

CK_INLINE vf new_state(vf ir, vf iz, vf in, vf hr, vf hz, vf hn, vf state) {
  const vf r = sigmoid(ir + hr);
  const vf z = sigmoid(iz + hz);
  const vf n = hyperbolic_tangent(in + r * hn);
  return n + z * (state - n);
}

CK_KERNEL void gru_gates(
  ptrdiff_t rows, ptrdiff_t units, const float *input_gates, const float *state_gates, float *state) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    const float *i = input_gates + row * 3 * units, *h = state_gates + row * 3 * units;
    float *s = state + row * units;
    ptrdiff_t u = 0;
    for (; u + CK_LANES <= units; u += CK_LANES) {
      store(s + u, new_state(load(i + u), load(i + units + u), load(i + 2 * units + u), load(h + u),
                             load(h + units + u), load(h + 2 * units + u), load(s + u)));
    }
    const ptrdiff_t n = units - u;
    if (n) {
      store_first(s + u, n, new_state(load_first(i + u, n, 0.f), load_first(i + units + u, n, 0.f),
                                      load_first(i + 2 * units + u, n, 0.f), load_first(h + u, n, 0.f),
                                      load_first(h + units + u, n, 0.f),
                                      load_first(h + 2 * units + u, n, 0.f), load_first(s + u, n, 0.f)));
    }
  }
}

// ---- Attention ----

// Rows lie `stride` floats apart. Several at once: their maxima, sums and quotients are found together, and their
// chains of dependent operations hide each other's latency.
CK_INLINE void softmax_rows(ptrdiff_t rows, ptrdiff_t keys, ptrdiff_t stride, float *all) {
  const ptrdiff_t whole = keys - keys % CK_LANES, rest = keys - whole;
  for (ptrdiff_t first = 0; first < rows; first += CK_LANES) {
    const ptrdiff_t together = rows - first < CK_LANES ? rows - first : CK_LANES;
    float *x = all + first * stride;
    vf most[CK_LANES], total[CK_LANES];
    float numbers[CK_LANES];
    for (ptrdiff_t r = 0; r < together; r++) {
      most[r] = splat(-INFINITY);
      for (ptrdiff_t i = 0; i < whole; i += CK_LANES) most[r] = larger(most[r], load(x + r * stride + i));
      if (rest) most[r] = larger(most[r], load_first(x + r * stride + whole, rest, -INFINITY));
    }
    for (ptrdiff_t r = together; r < CK_LANES; r++) most[r] = splat(0.f);
    store(numbers, largest_lanes(most));
    for (ptrdiff_t r = 0; r < together; r++) {
      const vf top = splat(numbers[r]);
      total[r] = splat(0.f);
      for (ptrdiff_t i = 0; i < whole; i += CK_LANES) {
        const vf e = exponential(load(x + r * stride + i) - top);
        store(x + r * stride + i, e);
        total[r] += e;
      }
      if (rest) {
        const vf e = exponential(load_first(x + r * stride + whole, rest, -INFINITY) - top);
        store_first(x + r * stride + whole, rest, e);
        total[r] += e;
      }
    }
    for (ptrdiff_t r = together; r < CK_LANES; r++) total[r] = splat(1.f);
    store(numbers, splat(1.f) / sums_of_lanes(total));
    for (ptrdiff_t r = 0; r < together; r++) {
      float *y = x + r * stride;
      const vf factor = splat(numbers[r]);
      for (ptrdiff_t i = 0; i < whole; i += CK_LANES) store(y + i, load(y + i) * factor);
      if (rest) store_first(y + whole, rest, load_first(y + whole, rest, 0.f) * factor);
    }
  }
}

CK_KERNEL void softmax(ptrdiff_t rows, ptrdiff_t keys, float *x) { softmax_rows(rows, keys, keys, x); }

// One head's keys, times `factor`, as the panels of a product: (rows, dimension) to [panel][dimension][16].
CK_INLINE void pack_keys(
  ptrdiff_t rows, ptrdiff_t dimension, ptrdiff_t stride, float factor, const float *keys, float *panels) {
  const ptrdiff_t padded = (rows + ck_panel_columns - 1) / ck_panel_columns * ck_panel_columns;
  for (ptrdiff_t r = 0; r < padded; r += CK_LANES) {
    float *panel = panels + r / ck_panel_columns * dimension * ck_panel_columns + r % ck_panel_columns;
    for (ptrdiff_t d = 0; d < dimension; d += CK_LANES) {
      const ptrdiff_t left = dimension - d < CK_LANES ? dimension - d : CK_LANES;
      vf block[CK_LANES];
      CK_UNROLL for (int i = 0; i < CK_LANES; i++) {
        const float *key = keys + (r + i) * stride + d;
        block[i] = r + i >= rows ? splat(0.f) : left == CK_LANES ? load(key) : load_first(key, left, 0.f);
        block[i] *= splat(factor);
      }
      transpose(block);
      if (left == CK_LANES) {
        CK_UNROLL for (int i = 0; i < CK_LANES; i++) store(panel + (d + i) * ck_panel_columns, block[i]);
      } else {
        for (ptrdiff_t i = 0; i < left; i++) store(panel + (d + i) * ck_panel_columns, block[i]);
      }
    }
  }
}

// One head's values as the panels of a product: (rows, dimension) to [panel][rows][16].
CK_INLINE void pack_values(
  ptrdiff_t rows, ptrdiff_t dimension, ptrdiff_t stride, const float *values, float *panels) {
  for (ptrdiff_t d = 0; d < dimension; d += CK_LANES) {
    const ptrdiff_t left = dimension - d < CK_LANES ? dimension - d : CK_LANES;
    float *panel = panels + d / ck_panel_columns * rows * ck_panel_columns + d % ck_panel_columns;
    for (ptrdiff_t r = 0; r < rows; r++) {
      const float *value = values + r * stride + d;
      store(panel + r * ck_panel_columns, left == CK_LANES ? load(value) : load_first(value, left, 0.f));
    }
  }
}

// Per head two products, queries with keys and weights with values, on panels packed here, and a softmax between.
CK_KERNEL void self_attention(
  ptrdiff_t rows, ptrdiff_t heads, ptrdiff_t dimension, const float *qkv, float *scratch, float *out) {
  const ptrdiff_t model = heads * dimension, stride = 3 * model;
  const ptrdiff_t padded = (rows + ck_panel_columns - 1) / ck_panel_columns * ck_panel_columns;
  float *keys = scratch;                    // panels (dimension, rows)
  float *values = keys + padded * dimension;  // panels (rows, dimension)
  float *weights = values + rows * ((dimension + ck_panel_columns - 1) / ck_panel_columns * ck_panel_columns);
  ck_product product = {.rows = rows, .taps = 1, .items = 1};
  for (ptrdiff_t head = 0; head < heads; head++) {
    const float *query = qkv + head * dimension;
    pack_keys(rows, dimension, stride, 1.f / sqrtf((float)dimension), query + model, keys);
    pack_values(rows, dimension, stride, query + 2 * model, values);
    product.depth = dimension;
    product.columns = padded;  // whole vectors; what lies past the last key is not read
    product.a[0] = query;
    product.a_row_stride = stride;
    product.panels = keys;
    product.c = weights;
    product.c_row_stride = padded;
    multiply(&product);
    softmax_rows(rows, rows, padded, weights);
    product.depth = rows;
    product.columns = dimension;
    product.a[0] = weights;
    product.a_row_stride = padded;
    product.panels = values;
    product.c = out + head * dimension;
    product.c_row_stride = model;
    multiply(&product);
  }
}

// ---- Resampling ----
//
// Outputs that are `phases` apart share a phase, and their samples lie `step` apart: CK_LANES of them are a vector, a tap is
// a row of the filter's table (ck_polyphase_pack), and a sample is multiplied into all lanes at once. Every output is one
// chain over its taps, so it does not depend on its place in a block.

enum { polyphase_rows = 10 };  // vectors at once

typedef struct {
  ptrdiff_t taps, step, table_stride;  // table_stride: floats from a residue of the taps to the next
  const float *table;                  // of the phase
} polyphase_filter;

// `rows` vectors of outputs; of the last one `lanes` are wanted: no sample beyond those that these hear is read.
CK_INLINE void polyphase_tile(
  const int rows, const polyphase_filter *f, ptrdiff_t lanes, const float *x, float *out) {
  const ptrdiff_t step = f->step, row_stride = step * CK_LANES;
  const ptrdiff_t heard = f->taps + step * (lanes - 1);
  vf sums[polyphase_rows];
  CK_UNROLL for (int r = 0; r < rows; r++) sums[r] = splat(0.f);
  for (ptrdiff_t residue = 0; residue < step && residue < heard; residue++) {
    const float *taps = f->table + residue * f->table_stride + (f->table_stride - ck_polyphase_margin - 1);
    const float *samples = x + residue;
    for (ptrdiff_t k = residue; k < heard; k += step) {
      const vf row = load(taps);
      taps -= 1;
      CK_UNROLL for (int r = 0; r < rows; r++) sums[r] += splat(samples[r * row_stride]) * row;
      samples += step;
    }
  }
  CK_UNROLL for (int r = 0; r < rows; r++) store(out + r * CK_LANES, sums[r]);
}

// `count` outputs of one phase, contiguous; `out` has room for whole vectors.
CK_INLINE void polyphase_outputs(const polyphase_filter *f, ptrdiff_t count, const float *x, float *out) {
  const ptrdiff_t row_stride = f->step * CK_LANES;
  ptrdiff_t whole = count / CK_LANES, row = 0;
#define CK_ROWS(N)                                                                             \
  for (; whole - row >= N; row += N)                                                           \
    polyphase_tile(N, f, CK_LANES, x + row * row_stride, out + row * CK_LANES);
  CK_ROWS(polyphase_rows) CK_ROWS(5) CK_ROWS(2) CK_ROWS(1)
#undef CK_ROWS
  const ptrdiff_t rest = count - whole * CK_LANES;
  if (rest) polyphase_tile(1, f, rest, x + row * row_stride, out + row * CK_LANES);
}

CK_KERNEL void polyphase(
  ptrdiff_t count, ptrdiff_t taps, const float *tables, ptrdiff_t step, ptrdiff_t phases, ptrdiff_t position,
  const float *x, float *out) {
  enum { most = polyphase_rows * CK_LANES };
  float outputs[ck_polyphase_most_phases][most];
  polyphase_filter filter = {.taps = taps, .step = step, .table_stride = ck_polyphase_stride(taps, step)};
  const ptrdiff_t phase_stride = step * filter.table_stride;
  for (ptrdiff_t first = 0; first < count; first += most * phases) {
    const ptrdiff_t together = count - first < most * phases ? count - first : most * phases;
    const float *samples = x + first / phases * step;
    for (ptrdiff_t i = 0; i < phases && i < together; i++) {
      const ptrdiff_t time = position + i * step;
      filter.table = tables + time % phases * phase_stride;
      polyphase_outputs(&filter, (together - i + phases - 1) / phases, samples + time / phases, outputs[i]);
    }
    float *target = out + first;
    if (phases == 1) {
      memcpy(target, outputs[0], (size_t)together * sizeof(float));
    } else if (phases == 3 && together % 3 == 0) {  // 16 to 48 kHz, which the compiler makes shuffles of
      for (ptrdiff_t m = 0; m < together / 3; m++) {
        target[3 * m] = outputs[0][m];
        target[3 * m + 1] = outputs[1][m];
        target[3 * m + 2] = outputs[2][m];
      }
    } else {
      for (ptrdiff_t i = 0; i < phases; i++) {
        for (ptrdiff_t m = 0; phases * m + i < together; m++) target[phases * m + i] = outputs[i][m];
      }
    }
  }
}

// ---- Parts of frames ----

#include "SignalBodies.h"
#include "NoiseBodies.h"

// ---- Spectra ----

CK_KERNEL void spectrum_features(ptrdiff_t bins, const float *x, const float *y, float *features) {
  for (ptrdiff_t b = 0; b < bins; b++) {
    const float xr = x[2 * b], xi = x[2 * b + 1], yr = y[2 * b], yi = y[2 * b + 1];
    float *f = features + 6 * b;
    f[0] = xr;
    f[1] = xi;
    f[2] = yr;
    f[3] = yi;
    f[4] = sqrtf(xr * xr + xi * xi + 1e-12f);
    f[5] = sqrtf(yr * yr + yi * yi + 1e-12f);
  }
}

CK_KERNEL void complex_mask(ptrdiff_t bins, const float *mask, const float *y, float *out) {
  for (ptrdiff_t b = 0; b < bins; b++) {
    const float mr = mask[4 * b] + 1.f, mi = mask[4 * b + 1], yr = y[2 * b], yi = y[2 * b + 1];
    out[2 * b] = mr * yr - mi * yi + mask[4 * b + 2];
    out[2 * b + 1] = mr * yi + mi * yr + mask[4 * b + 3];
  }
}

const ck_table CK_TABLE = {
  multiply,
  rms_norm,
  silu,
  gru_gates,
  softmax,
  self_attention,
  polyphase,
  spectrum_features,
  complex_mask,
  exponential_of,
  sum,
  sum_below,
  sum_of_squares,
  all_finite,
  windowed,
  add_product,
  add_scaled,
  combine,
  power,
  compress,
  expand,
  post_filter,
  scale_bins,
  energies,
  track_presence,
  circular_noise,
};
