// Selective scan and causal convolution with their gradients, channel block by channel block, so that the
// states of a block stay in the cache. A sample is computed by one thread in one order: its numbers depend on
// no other sample and not on the number of threads; sums over samples are taken in their order.

#include "selective_scan.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <thread>
#include <vector>

#define LNLN_INLINE static inline __attribute__((always_inline))

namespace lnln {
namespace {

// For every processor of its kind.
namespace plain {
#include "selective_scan_loops.h"
}

#if defined(__x86_64__)
#define LNLN_HAS_WIDE 1
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
// For those with vectors of 256 bits.
namespace wide {
#include "selective_scan_loops.h"
}
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#else
#define LNLN_HAS_WIDE 0
namespace wide = plain;
#endif

bool has_wide() {
#if LNLN_HAS_WIDE
  static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return has;
#else
  return false;
#endif
}

constexpr int64_t W = plain::W;

// Runs work(thread, sample) for every sample, each thread a run of them.
template <typename F>
void share(int64_t samples, int threads, const F& work) {
  const int64_t count = std::max<int64_t>(1, std::min<int64_t>(threads, samples));
  auto run = [&](int64_t thread) {
    for (int64_t i = samples * thread / count; i < samples * (thread + 1) / count; ++i) work(thread, i);
  };
  std::vector<std::thread> others;
  for (int64_t thread = 1; thread < count; ++thread) others.emplace_back(run, thread);
  run(0);
  for (auto& other : others) other.join();
}

}  // namespace

int64_t scan_workspace(const ScanSize& s) { return (4 * s.steps + 4) * s.states * W; }

int64_t conv_workspace(const ConvSize& s) { return (2 * s.taps + s.steps) * W; }

template <typename T>
void scan_forward(const ScanSize& s, const ScanInputs<T>& in, T* out) {
  const int64_t need = 2 * s.states * W;
  std::vector<T> space(need * std::max(1, s.threads));
  share(s.batch, s.threads, [&](int64_t thread, int64_t sample) {
    (has_wide() ? wide::forward_sample<T> : plain::forward_sample<T>)(s, in, out, sample, space.data() + thread * need);
  });
}

template <typename T>
void scan_backward(const ScanSize& s, const ScanInputs<T>& in, const T* by_out, T* workspace,
                   const ScanGradients<T>& to) {
  share(s.batch, s.threads, [&](int64_t thread, int64_t sample) {
    (has_wide() ? wide::backward_sample<T> : plain::backward_sample<T>)(s, in, by_out, to, sample, workspace + thread * scan_workspace(s));
  });
}

template <typename T>
void conv_forward(const ConvSize& s, const T* x, const T* weight, const T* bias, T* out) {
  const int64_t need = s.taps * W;
  std::vector<T> space(need * std::max(1, s.threads));
  share(s.batch, s.threads, [&](int64_t thread, int64_t sample) {
    (has_wide() ? wide::convolve_sample<T> : plain::convolve_sample<T>)(s, x, weight, bias, out, sample, space.data() + thread * need);
  });
}

template <typename T>
void conv_backward(const ConvSize& s, const T* x, const T* weight, const T* bias, const T* by_out,
                   T* workspace, T* by_x, T* by_weight, T* by_bias) {
  share(s.batch, s.threads, [&](int64_t thread, int64_t sample) {
    (has_wide() ? wide::convolve_back_sample<T> : plain::convolve_back_sample<T>)(s, x, weight, bias, by_out, by_x, by_weight, by_bias, sample,
                         workspace + thread * conv_workspace(s));
  });
}

template <typename T>
void sum_samples(int64_t batch, int64_t count, const T* parts, T* sum) {
  std::fill(sum, sum + count, T(0));
  for (int64_t sample = 0; sample < batch; ++sample)
    for (int64_t i = 0; i < count; ++i) sum[i] += parts[sample * count + i];
}

#define LNLN_FOR(T)                                                                                  \
  template void scan_forward(const ScanSize&, const ScanInputs<T>&, T*);                             \
  template void scan_backward(const ScanSize&, const ScanInputs<T>&, const T*, T*,                   \
                              const ScanGradients<T>&);                                              \
  template void conv_forward(const ConvSize&, const T*, const T*, const T*, T*);                     \
  template void conv_backward(const ConvSize&, const T*, const T*, const T*, const T*, T*, T*, T*,   \
                              T*);                                                                   \
  template void sum_samples(int64_t, int64_t, const T*, T*);
LNLN_FOR(float)
LNLN_FOR(double)

}  // namespace lnln
