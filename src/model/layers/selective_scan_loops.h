// The loops over one sample, for selective_scan.cpp, which includes this file once per set of processor
// instructions, each time in a namespace of its own.

// Channels of a block, computed side by side.
constexpr int64_t W = 8;

typedef float Floats __attribute__((vector_size(W * sizeof(float))));
typedef double Doubles __attribute__((vector_size(W * sizeof(double))));
typedef int32_t Ints __attribute__((vector_size(W * sizeof(int32_t))));

template <typename T>
struct BlockOf;
template <>
struct BlockOf<float> {
  using Type = Floats;
};
template <>
struct BlockOf<double> {
  using Type = Doubles;
};
template <typename T>
using Block = typename BlockOf<T>::Type;

LNLN_INLINE Doubles exponential(const Doubles& x) {
  Doubles value;
  for (int64_t w = 0; w < W; ++w) value[w] = std::exp(x[w]);
  return value;
}

// Within 2 units of the last place; below the smallest normal number 0. Coefficients of Cephes' expf. NaN
// stays NaN.
LNLN_INLINE Floats exponential(const Floats& x) {
  const Floats zero = {}, shift = zero + 12582912.f;  // 1.5 * 2^23: adding it rounds to an integer.
  Floats bounded = x > 88.f ? zero + 88.f : x;
  bounded = bounded < -87.f ? zero - 87.f : bounded;
  const Floats shifted = bounded * 1.44269504088896341f + shift;
  const Floats power = shifted - shift;
  const Floats r = bounded - power * 0.693359375f + power * 2.12194440e-4f;
  Floats p = zero + 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.f;
  // The last bits of `shifted` hold the power of 2, which the exponent of a float takes.
  const Ints bits = ((Ints)shifted - (0x4B400000 - 127)) << 23;
  const Floats value = p * (Floats)bits;
  const Floats bottom = x < -87.f ? zero : value;
  return x > 88.f ? zero + std::numeric_limits<float>::infinity() : bottom;
}

template <typename T>
LNLN_INLINE Block<T> load(const T* from) {
  Block<T> block;
  std::memcpy(&block, from, sizeof block);
  return block;
}

// The first `width` of a block, zeros behind them.
template <typename T>
LNLN_INLINE Block<T> load(const T* from, int64_t width) {
  if (width == W) return load(from);
  Block<T> block = {};
  for (int64_t w = 0; w < width; ++w) block[w] = from[w];
  return block;
}

template <typename T>
LNLN_INLINE void store(T* to, const Block<T>& block) {
  std::memcpy(to, &block, sizeof block);
}

template <typename T>
LNLN_INLINE void store(T* to, const Block<T>& block, int64_t width) {
  if (width == W) return store(to, block);
  for (int64_t w = 0; w < width; ++w) to[w] = block[w];
}

// (rows, W) of the channels from `first` of (channels, rows).
template <typename T>
LNLN_INLINE void load_columns(T* to, const T* from, int64_t first, int64_t width, int64_t rows) {
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t w = 0; w < W; ++w)
      to[row * W + w] = w < width ? from[(first + w) * rows + row] : T(0);
}

template <typename T>
static void forward_sample(const ScanSize& s, const ScanInputs<T>& in, T* out, int64_t sample,
                                T* space) {
  const int64_t L = s.steps, D = s.channels, N = s.states;
  T *a = space, *h = space + N * W;
  for (int64_t first = 0; first < D; first += W) {
    const int64_t width = std::min(W, D - first);
    load_columns(a, in.a, first, width, N);
    const Block<T> skip = load(in.skip + first, width);
    std::fill(h, h + N * W, T(0));
    for (int64_t i = 0; i < L; ++i) {
      const int64_t step = sample * L + (s.reverse ? L - 1 - i : i);
      const Block<T> u = load(in.u + step * D + first, width);
      const Block<T> delta = load(in.delta + step * D + first, width);
      const Block<T> x = delta * u;
      Block<T> y = skip * u;
      for (int64_t n = 0; n < N; ++n) {
        const Block<T> decay = exponential(delta * load(a + n * W));
        const Block<T> state = decay * load(h + n * W) + x * in.b[step * N + n];
        store(h + n * W, state);
        y += state * in.c[step * N + n];
      }
      store(out + step * D + first, y, width);
    }
  }
}

// The states of a block of channels at every step, behind the zeros before the first, and their decays.
template <typename T>
LNLN_INLINE void repeat_states(const ScanSize& s, const ScanInputs<T>& in, int64_t sample, int64_t first,
                               int64_t width, const T* a, T* states, T* decays) {
  const int64_t L = s.steps, D = s.channels, N = s.states, row = N * W;
  std::fill(states, states + row, T(0));
  for (int64_t i = 0; i < L; ++i) {
    const int64_t step = sample * L + (s.reverse ? L - 1 - i : i);
    const Block<T> delta = load(in.delta + step * D + first, width);
    const Block<T> x = delta * load(in.u + step * D + first, width);
    for (int64_t n = 0; n < N; ++n) {
      const Block<T> decay = exponential(delta * load(a + n * W));
      const Block<T> state = decay * load(states + i * row + n * W) + x * in.b[step * N + n];
      store(decays + i * row + n * W, decay);
      store(states + (i + 1) * row + n * W, state);
    }
  }
}

template <typename T>
static void backward_sample(const ScanSize& s, const ScanInputs<T>& in, const T* by_out,
                                 const ScanGradients<T>& to, int64_t sample, T* space) {
  const int64_t L = s.steps, D = s.channels, N = s.states, row = N * W;
  // a and its gradient, the gradient of the states; decays and states of every step; sums for b and c over
  // the channels that share a place in their blocks.
  T *a = space, *by_a = a + row, *carry = by_a + row, *decays = carry + row, *states = decays + L * row;
  T *sum_b = states + (L + 1) * row, *sum_c = sum_b + L * row;
  std::fill(sum_b, sum_c + L * row, T(0));
  for (int64_t first = 0; first < D; first += W) {
    const int64_t width = std::min(W, D - first);
    load_columns(a, in.a, first, width, N);
    repeat_states(s, in, sample, first, width, a, states, decays);
    const Block<T> skip = load(in.skip + first, width);
    Block<T> by_skip = {};
    std::fill(by_a, by_a + 2 * row, T(0));
    for (int64_t i = L - 1; i >= 0; --i) {
      const int64_t step = sample * L + (s.reverse ? L - 1 - i : i);
      const Block<T> u = load(in.u + step * D + first, width);
      const Block<T> delta = load(in.delta + step * D + first, width);
      const Block<T> by_y = load(by_out + step * D + first, width);
      const Block<T> x = delta * u;
      Block<T> by_x = {}, by_delta = {};
      by_skip += by_y * u;
      for (int64_t n = 0; n < N; ++n) {
        const int64_t k = n * W, at = i * row + k;
        const Block<T> by_state = load(carry + k) + by_y * in.c[step * N + n];
        store(sum_c + at, load(sum_c + at) + by_y * load(states + at + row));
        store(sum_b + at, load(sum_b + at) + by_state * x);
        by_x += by_state * in.b[step * N + n];
        const Block<T> earlier = by_state * load(decays + at);
        store(carry + k, earlier);
        const Block<T> by_exponent = earlier * load(states + at);
        by_delta += by_exponent * load(a + k);
        store(by_a + k, load(by_a + k) + by_exponent * delta);
      }
      store(to.u + step * D + first, skip * by_y + by_x * delta, width);
      store(to.delta + step * D + first, by_delta + by_x * u, width);
    }
    for (int64_t n = 0; n < N; ++n)
      store(to.a + (sample * N + n) * D + first, load(by_a + n * W), width);
    store(to.skip + sample * D + first, by_skip, width);
  }
  for (int64_t i = 0; i < L; ++i) {
    const int64_t step = sample * L + (s.reverse ? L - 1 - i : i);
    for (int64_t n = 0; n < N; ++n) {
      T of_b(0), of_c(0);
      for (int64_t w = 0; w < W; ++w) {
        of_b += sum_b[i * row + n * W + w];
        of_c += sum_c[i * row + n * W + w];
      }
      to.b[step * N + n] = of_b;
      to.c[step * N + n] = of_c;
    }
  }
}

// A block of the sum over taps at step i, counted in the direction of reading; zeros before the first step.
template <typename T>
LNLN_INLINE Block<T> convolve(const ConvSize& s, const T* x, const T* taps, const Block<T>& bias,
                              int64_t sample, int64_t i, int64_t first, int64_t width) {
  const int64_t L = s.steps, K = s.taps;
  Block<T> sum = bias;
  for (int64_t j = std::max<int64_t>(0, K - 1 - i); j < K; ++j) {
    const int64_t at = i - (K - 1) + j;
    const int64_t step = sample * L + (s.reverse ? L - 1 - at : at);
    sum += load(taps + j * W) * load(x + step * s.channels + first, width);
  }
  return sum;
}

template <typename T>
static void convolve_sample(const ConvSize& s, const T* x, const T* weight, const T* bias, T* out,
                                 int64_t sample, T* taps) {
  const int64_t L = s.steps, D = s.channels;
  for (int64_t first = 0; first < D; first += W) {
    const int64_t width = std::min(W, D - first);
    load_columns(taps, weight, first, width, s.taps);
    const Block<T> start = load(bias + first, width);
    for (int64_t i = 0; i < L; ++i) {
      const Block<T> sum = convolve(s, x, taps, start, sample, i, first, width);
      const Block<T> value = sum / (T(1) + exponential(-sum));
      store(out + (sample * L + (s.reverse ? L - 1 - i : i)) * D + first, value, width);
    }
  }
}

template <typename T>
static void convolve_back_sample(const ConvSize& s, const T* x, const T* weight, const T* bias,
                                      const T* by_out, T* by_x, T* by_weight, T* by_bias, int64_t sample,
                                      T* space) {
  const int64_t L = s.steps, D = s.channels, K = s.taps;
  T *taps = space, *by_taps = taps + K * W, *by_sum = by_taps + K * W;
  const auto place = [&](int64_t i) { return (sample * L + (s.reverse ? L - 1 - i : i)) * D; };
  for (int64_t first = 0; first < D; first += W) {
    const int64_t width = std::min(W, D - first);
    load_columns(taps, weight, first, width, K);
    const Block<T> start = load(bias + first, width);
    Block<T> by_start = {};
    std::fill(by_taps, by_taps + K * W, T(0));
    for (int64_t i = 0; i < L; ++i) {
      const Block<T> sum = convolve(s, x, taps, start, sample, i, first, width);
      const Block<T> gate = T(1) / (T(1) + exponential(-sum));
      const Block<T> slope = gate * (T(1) + sum * (T(1) - gate));
      const Block<T> g = load(by_out + place(i) + first, width) * slope;
      store(by_sum + i * W, g);
      by_start += g;
      for (int64_t j = std::max<int64_t>(0, K - 1 - i); j < K; ++j) {
        const Block<T> value = load(x + place(i - (K - 1) + j) + first, width);
        store(by_taps + j * W, load(by_taps + j * W) + g * value);
      }
    }
    for (int64_t at = 0; at < L; ++at) {
      Block<T> sum = {};
      // The outputs from this step on that have a tap here.
      for (int64_t i = at; i < std::min(L, at + K); ++i)
        sum += load(taps + (K - 1 - (i - at)) * W) * load(by_sum + i * W);
      store(by_x + place(at) + first, sum, width);
    }
    for (int64_t j = 0; j < K; ++j)
      store(by_weight + (sample * K + j) * D + first, load(by_taps + j * W), width);
    store(by_bias + sample * D + first, by_start, width);
  }
}
