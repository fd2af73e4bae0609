// A GRU along time for training on a CPU, forward and backward through time.
//
// PyTorch's own CPU GRU makes some thirty small operations a time step; here a step is one product with the recurrent
// matrix and one elementwise pass, and what does not depend on the step before (input products, weight gradients) is
// left to matrix products over all steps at once, outside this file. Rows of the batch are independent: a few of
// them run through all of time together, so that the matrix stays in the nearest cache.
//
// Shapes: gates (T, N, 3H), bias folded in; order r, z, n as torch.nn.GRU. h0 is zero.

#include <torch/extension.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

constexpr int64_t rows = 6;  // of the batch, at once
// Floats a vector, and vectors a row of the sums: what does not fit into the registers goes to memory and back in every step.
#ifdef __AVX512F__
constexpr int64_t lanes = 16;
constexpr int columns = 4;
#else
constexpr int64_t lanes = 8;
constexpr int columns = 2;
#endif
typedef float vec __attribute__((vector_size(4 * lanes), aligned(4), may_alias));

// c[R, 16·Q] = bias[16·Q] + a[R, K] · w[K, 16·Q], rows of w and c `m` apart, of a `lda`.
template <int R, int Q>
inline void tile(const float *a, int64_t lda, const float *w, int64_t k, int64_t m, const float *bias, float *c) {
  vec sum[R][Q];
  for (int q = 0; q < Q; q++)
    for (int r = 0; r < R; r++) sum[r][q] = bias ? *(const vec *)(bias + q * lanes) : (vec){};
  for (int64_t i = 0; i < k; i++) {
    const vec *row = (const vec *)(w + i * m);
    for (int r = 0; r < R; r++) {
      const vec x = (vec){} + a[r * lda + i];
      for (int q = 0; q < Q; q++) sum[r][q] += x * row[q];
    }
  }
  for (int r = 0; r < R; r++)
    for (int q = 0; q < Q; q++) *(vec *)(c + r * m + q * lanes) = sum[r][q];
}

template <int R>
inline void product(const float *a, int64_t lda, const float *w, int64_t k, int64_t m, const float *bias, float *c) {
  int64_t j = 0;
  for (; j + columns * lanes <= m; j += columns * lanes) tile<R, columns>(a, lda, w + j, k, m, bias ? bias + j : nullptr, c + j);
  for (; j < m; j += lanes) tile<R, 1>(a, lda, w + j, k, m, bias ? bias + j : nullptr, c + j);
}

// c (R, M) = bias (M) + a (R, K) · w (K, M), M a multiple of 16.
inline void product(int64_t r, const float *a, int64_t lda, const float *w, int64_t k, int64_t m, const float *bias, float *c) {
  switch (r) {
    case 6: return product<6>(a, lda, w, k, m, bias, c);
    case 5: return product<5>(a, lda, w, k, m, bias, c);
    case 4: return product<4>(a, lda, w, k, m, bias, c);
    case 3: return product<3>(a, lda, w, k, m, bias, c);
    case 2: return product<2>(a, lda, w, k, m, bias, c);
    default: return product<1>(a, lda, w, k, m, bias, c);
  }
}

// Of a number whose exponential is finite: the reciprocal that -Ofast makes of 1 / infinity is no number.
inline float sigmoid(float x) { return 1.0f / (1.0f + std::exp(std::min(-x, 80.0f))); }

void check(const torch::Tensor &x) {
  TORCH_CHECK(x.is_contiguous() && x.scalar_type() == torch::kFloat32 && x.device().is_cpu(), "contiguous float32 on the CPU");
}

}  // namespace

// (gates from the input, recurrent matrix transposed (H, 3H), recurrent bias (3H))
// -> (h (T, N, H), saved (T, N, 4H): r, z, n, the recurrent part of n).
std::vector<torch::Tensor> forward(torch::Tensor gates, torch::Tensor weight, torch::Tensor bias) {
  check(gates), check(weight), check(bias);
  const int64_t T = gates.size(0), N = gates.size(1), H = weight.size(0), M = 3 * H;
  TORCH_CHECK(H % lanes == 0 && gates.size(2) == M && weight.size(1) == M, "shapes");
  auto h = torch::empty({T, N, H}), saved = torch::empty({T, N, 4 * H});
  const float *g = gates.data_ptr<float>(), *w = weight.data_ptr<float>(), *b = bias.data_ptr<float>();
  float *out = h.data_ptr<float>(), *keep = saved.data_ptr<float>();
  std::vector<float> zero(rows * H, 0.0f), recurrent(rows * M);
  for (int64_t n = 0; n < N; n += rows) {
    const int64_t R = std::min(rows, N - n);
    const float *before = zero.data();
    for (int64_t t = 0; t < T; t++) {
      product(R, before, H, w, H, M, b, recurrent.data());
      float *now = out + (t * N + n) * H;
      for (int64_t r = 0; r < R; r++) {
        const float *gi = g + (t * N + n + r) * M, *gh = recurrent.data() + r * M, *hp = before + r * H;
        float *s = keep + (t * N + n + r) * 4 * H, *ho = now + r * H;
#pragma GCC ivdep
        for (int64_t j = 0; j < H; j++) {
          float reset = sigmoid(gi[j] + gh[j]), update = sigmoid(gi[H + j] + gh[H + j]), inner = gh[2 * H + j];
          float fresh = 2.0f * sigmoid(2.0f * (gi[2 * H + j] + reset * inner)) - 1.0f;  // tanh
          s[j] = reset, s[H + j] = update, s[2 * H + j] = fresh, s[3 * H + j] = inner;
          ho[j] = fresh + update * (hp[j] - fresh);
        }
      }
      before = now;
    }
  }
  return {h, saved};
}

// (gradient of h, h, saved, recurrent matrix (3H, H))
// -> gradients of the gates (T, N, 3H) and of the recurrent product (T, N, 3H).
std::vector<torch::Tensor> backward(torch::Tensor gradient, torch::Tensor h, torch::Tensor saved, torch::Tensor weight) {
  check(gradient), check(h), check(saved), check(weight);
  const int64_t T = h.size(0), N = h.size(1), H = h.size(2), M = 3 * H;
  auto dgates = torch::empty({T, N, M}), drecurrent = torch::empty({T, N, M});
  const float *dh = gradient.data_ptr<float>(), *out = h.data_ptr<float>(), *keep = saved.data_ptr<float>(), *w = weight.data_ptr<float>();
  float *dg = dgates.data_ptr<float>(), *dr = drecurrent.data_ptr<float>();
  std::vector<float> zero(rows * H, 0.0f), later(rows * H), direct(rows * H);
  for (int64_t n = 0; n < N; n += rows) {
    const int64_t R = std::min(rows, N - n);
    std::fill(later.begin(), later.end(), 0.0f);
    for (int64_t t = T - 1; t >= 0; t--) {
      for (int64_t r = 0; r < R; r++) {
        const int64_t at = t * N + n + r;
        const float *s = keep + at * 4 * H, *hp = t ? out + (at - N) * H : zero.data();
        float *l = later.data() + r * H, *d = direct.data() + r * H, *a = dg + at * M, *c = dr + at * M;
        const float *top = dh + at * H;
#pragma GCC ivdep
        for (int64_t j = 0; j < H; j++) {
          float reset = s[j], update = s[H + j], fresh = s[2 * H + j], inner = s[3 * H + j];
          float all = top[j] + l[j];
          float dfresh = all * (1.0f - update) * (1.0f - fresh * fresh);
          float dupdate = all * (hp[j] - fresh) * update * (1.0f - update);
          float dreset = dfresh * inner * reset * (1.0f - reset);
          a[j] = dreset, a[H + j] = dupdate, a[2 * H + j] = dfresh;
          c[j] = dreset, c[H + j] = dupdate, c[2 * H + j] = dfresh * reset;
          d[j] = all * update;
        }
      }
      product(R, dr + (t * N + n) * M, M, w, M, H, nullptr, later.data());
      for (int64_t k = 0; k < R * H; k++) later[k] += direct[k];
    }
  }
  return {dgates, drecurrent};
}

PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) {
  m.def("forward", &forward);
  m.def("backward", &backward);
}
