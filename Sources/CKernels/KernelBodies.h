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

// The first n lanes from memory, the others `fill`.
CK_INLINE vf load_first(const float *p, ptrdiff_t n, float fill) {
  vf v = splat(fill);
  memcpy(&v, p, (size_t)n * sizeof(float));
  return v;
}

CK_INLINE void store_first(float *p, ptrdiff_t n, vf v) { memcpy(p, &v, (size_t)n * sizeof(float)); }

CK_INLINE vf choose(vi mask, vf yes, vf no) { return (vf)(((vi)yes & mask) | ((vi)no & ~mask)); }

CK_INLINE float sum_of_lanes(vf v) {
  float lanes[CK_LANES];
  memcpy(lanes, &v, sizeof v);
  for (int half = CK_LANES / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

CK_INLINE float largest_lane(vf v) {
  float lanes[CK_LANES];
  memcpy(lanes, &v, sizeof v);
  for (int half = CK_LANES / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) lanes[i] = lanes[i] > lanes[i + half] ? lanes[i] : lanes[i + half];
  }
  return lanes[0];
}

// e^x: x = n ln 2 + r, a polynomial in r (Cephes expf), times 2^n built from the bits of n. Below -87.3 it is 0
// (the result would be denormal), above 88.37 infinity. No conversion to integer: it is undefined for NaN.
CK_INLINE vf exponential(vf x) {
  const vf shifted = x * splat(1.44269504088896341f) + splat(12582912.f);  // 1.5 · 2^23: n in the low bits
  const vf n = shifted - splat(12582912.f);
  vf r = x - n * splat(0.693359375f);
  r = r + n * splat(2.12194440e-4f);
  vf p = splat(1.9875691500e-4f);
  p = p * r + splat(1.3981999507e-3f);
  p = p * r + splat(8.3334519073e-3f);
  p = p * r + splat(4.1665795894e-2f);
  p = p * r + splat(1.6666665459e-1f);
  p = p * r + splat(5.0000001201e-1f);
  p = p * (r * r) + r + splat(1.f);
  const vi bits = (vi)shifted;
  typedef uint32_t vu __attribute__((vector_size(4 * CK_LANES)));
  const vf power = (vf)(((vu)bits + 127u) << 23);
  vf y = p * power;
  y = choose(x < splat(-87.3365f), splat(0.f), y);
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
enum { most_panels = 3 };
CK_TILE(1, 1) CK_TILE(2, 1) CK_TILE(3, 1) CK_TILE(4, 1) CK_TILE(5, 1) CK_TILE(6, 1) CK_TILE(7, 1)
CK_TILE(8, 1) CK_TILE(9, 1) CK_TILE(10, 1) CK_TILE(11, 1) CK_TILE(12, 1) CK_TILE(13, 1) CK_TILE(14, 1)
CK_TILE(1, 2) CK_TILE(2, 2) CK_TILE(3, 2) CK_TILE(4, 2) CK_TILE(5, 2) CK_TILE(6, 2) CK_TILE(7, 2)
CK_TILE(8, 2) CK_TILE(9, 2) CK_TILE(10, 2) CK_TILE(11, 2) CK_TILE(12, 2)
CK_TILE(1, 3) CK_TILE(2, 3) CK_TILE(3, 3) CK_TILE(4, 3) CK_TILE(5, 3) CK_TILE(6, 3) CK_TILE(7, 3)
CK_TILE(8, 3)
static const ptrdiff_t most_rows[] = {14, 12, 8};
static const tile_function tiles[][14] = {
  {tile_1_1, tile_2_1, tile_3_1, tile_4_1, tile_5_1, tile_6_1, tile_7_1, tile_8_1, tile_9_1, tile_10_1,
   tile_11_1, tile_12_1, tile_13_1, tile_14_1},
  {tile_1_2, tile_2_2, tile_3_2, tile_4_2, tile_5_2, tile_6_2, tile_7_2, tile_8_2, tile_9_2, tile_10_2,
   tile_11_2, tile_12_2},
  {tile_1_3, tile_2_3, tile_3_3, tile_4_3, tile_5_3, tile_6_3, tile_7_3, tile_8_3}};
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

// Panels taken together, of `left`: three at once if that leaves no single one over.
CK_INLINE ptrdiff_t panels_at_once(ptrdiff_t left) {
  if (most_panels == 1 || left == 1) return 1;
  return left % 3 == 0 ? 3 : 2;
}

CK_KERNEL void multiply(const ck_product *g) {
  const ptrdiff_t panels = (g->columns + ck_panel_columns - 1) / ck_panel_columns;
  ptrdiff_t together;
  for (ptrdiff_t panel = 0; panel < panels; panel += together) {
    together = panels_at_once(panels - panel);
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
  for (ptrdiff_t r = 0; r < rows; r++) {
    const float *x = in + r * channels;
    float *y = out + r * channels;
    const float *row_shift = shift ? shift + r * shift_row_stride : NULL;
    vf squares = splat(0.f);
    for (ptrdiff_t c = 0; c < whole; c += CK_LANES) {
      const vf v = load(x + c);
      squares += v * v;
    }
    if (rest) {
      const vf v = load_first(x + whole, rest, 0.f);
      squares += v * v;
    }
    const vf factor = splat(1.f / sqrtf(sum_of_lanes(squares) / (float)channels + 1e-6f));
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

CK_INLINE vf silu_of(vf x) { return x * sigmoid(x); }

#define CK_ELEMENTWISE(NAME, FUNCTION)                                                                   \
  CK_KERNEL void NAME(ptrdiff_t count, const float *x, float *out) {                                     \
    ptrdiff_t i = 0;                                                                                     \
    for (; i + CK_LANES <= count; i += CK_LANES) store(out + i, FUNCTION(load(x + i)));                  \
    if (i < count) store_first(out + i, count - i, FUNCTION(load_first(x + i, count - i, 0.f)));         \
  }

CK_ELEMENTWISE(exponential_of, exponential)
CK_ELEMENTWISE(sigmoid_of, sigmoid)
CK_ELEMENTWISE(hyperbolic_tangent_of, hyperbolic_tangent)
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

CK_INLINE vf larger(vf a, vf b) { return choose(a > b, a, b); }

CK_INLINE void softmax_row(ptrdiff_t keys, float *x) {
  const ptrdiff_t whole = keys - keys % CK_LANES, rest = keys - whole;
  vf most = splat(-INFINITY);
  for (ptrdiff_t i = 0; i < whole; i += CK_LANES) most = larger(most, load(x + i));
  if (rest) most = larger(most, load_first(x + whole, rest, -INFINITY));
  const vf top = splat(largest_lane(most));
  vf total = splat(0.f);
  for (ptrdiff_t i = 0; i < whole; i += CK_LANES) {
    const vf e = exponential(load(x + i) - top);
    store(x + i, e);
    total += e;
  }
  if (rest) {
    const vf e = exponential(load_first(x + whole, rest, -INFINITY) - top);
    store_first(x + whole, rest, e);
    total += e;
  }
  const vf factor = splat(1.f / sum_of_lanes(total));
  for (ptrdiff_t i = 0; i < whole; i += CK_LANES) store(x + i, load(x + i) * factor);
  if (rest) store_first(x + whole, rest, load_first(x + whole, rest, 0.f) * factor);
}

CK_KERNEL void softmax(ptrdiff_t rows, ptrdiff_t keys, float *x) {
  for (ptrdiff_t r = 0; r < rows; r++) softmax_row(keys, x + r * keys);
}

// A few queries at once: their sums and their softmaxes are independent chains, which hide each other's latency.
// Every query's result is the same as if it came alone.
enum { queries_at_once = 4 };

typedef struct {
  ptrdiff_t rows, dimension, stride, model;  // stride: floats from one row of qkv to the next
  ptrdiff_t padded;                          // keys rounded up to 16
  const float *keys;                         // (dimension, padded), zeros past the last key
  const float *value;                        // of row 0
  float *weights;                            // (queries_at_once, padded)
} attention_head;

CK_INLINE void attend_queries(const attention_head *h, const int count, const float *query, float *out) {
  const ptrdiff_t rows = h->rows, dimension = h->dimension, stride = h->stride, padded = h->padded;
  const ptrdiff_t covered = (rows + CK_LANES - 1) / CK_LANES * CK_LANES;
  const vf scale = splat(1.f / sqrtf((float)dimension));
  vi lane;
  for (int i = 0; i < CK_LANES; i++) lane[i] = i;
  vf top[queries_at_once], total[queries_at_once];
  CK_UNROLL for (int q = 0; q < count; q++) top[q] = splat(-INFINITY);
  for (ptrdiff_t k = 0; k < covered; k += CK_LANES) {
    vf sum[queries_at_once];
    CK_UNROLL for (int q = 0; q < count; q++) sum[q] = splat(0.f);
    for (ptrdiff_t d = 0; d < dimension; d++) {
      const vf key = load(h->keys + d * padded + k);
      CK_UNROLL for (int q = 0; q < count; q++) sum[q] += splat(query[q * stride + d]) * key;
    }
    // Lanes past the last key weigh nothing.
    const vi exists = lane < (int32_t)(rows - k);
    CK_UNROLL for (int q = 0; q < count; q++) {
      const vf score = choose(exists, sum[q] * scale, splat(-INFINITY));
      store(h->weights + q * padded + k, score);
      top[q] = larger(top[q], score);
    }
  }
  CK_UNROLL for (int q = 0; q < count; q++) {
    top[q] = splat(largest_lane(top[q]));
    total[q] = splat(0.f);
  }
  for (ptrdiff_t k = 0; k < covered; k += CK_LANES) {
    CK_UNROLL for (int q = 0; q < count; q++) {
      const vf e = exponential(load(h->weights + q * padded + k) - top[q]);
      store(h->weights + q * padded + k, e);
      total[q] += e;
    }
  }
  CK_UNROLL for (int q = 0; q < count; q++) total[q] = splat(1.f / sum_of_lanes(total[q]));
  for (ptrdiff_t k = 0; k < covered; k += CK_LANES) {
    CK_UNROLL for (int q = 0; q < count; q++) {
      float *w = h->weights + q * padded + k;
      store(w, load(w) * total[q]);
    }
  }
  for (ptrdiff_t d = 0; d < dimension; d += CK_LANES) {
    const ptrdiff_t left = dimension - d;
    vf sum[queries_at_once];
    CK_UNROLL for (int q = 0; q < count; q++) sum[q] = splat(0.f);
    for (ptrdiff_t k = 0; k < rows; k++) {
      const float *place = h->value + k * stride + d;
      const vf value = left >= CK_LANES ? load(place) : load_first(place, left, 0.f);
      CK_UNROLL for (int q = 0; q < count; q++) sum[q] += splat(h->weights[q * padded + k]) * value;
    }
    CK_UNROLL for (int q = 0; q < count; q++) {
      float *y = out + q * h->model + d;
      if (left >= CK_LANES) store(y, sum[q]);
      else store_first(y, left, sum[q]);
    }
  }
}

CK_KERNEL void self_attention(
  ptrdiff_t rows, ptrdiff_t heads, ptrdiff_t dimension, const float *qkv, float *scratch, float *out) {
  const ptrdiff_t model = heads * dimension, stride = 3 * model;
  const ptrdiff_t padded = (rows + 15) & ~(ptrdiff_t)15;
  float *keys = scratch;
  for (ptrdiff_t head = 0; head < heads; head++) {
    const float *query = qkv + head * dimension;
    const float *key = query + model;
    for (ptrdiff_t d = 0; d < dimension; d++) {
      for (ptrdiff_t r = 0; r < rows; r++) keys[d * padded + r] = key[r * stride + d];
      for (ptrdiff_t r = rows; r < padded; r++) keys[d * padded + r] = 0.f;
    }
    const attention_head h = {rows, dimension, stride, model, padded, keys, key + model, keys + dimension * padded};
    ptrdiff_t r = 0;
    for (; r + queries_at_once <= rows; r += queries_at_once) {
      attend_queries(&h, queries_at_once, query + r * stride, out + r * model + head * dimension);
    }
    for (; r < rows; r++) attend_queries(&h, 1, query + r * stride, out + r * model + head * dimension);
  }
}

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
  spectrum_features,
  complex_mask,
  exponential_of,
  sigmoid_of,
  hyperbolic_tangent_of,
};
