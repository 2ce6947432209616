// The loops of selective_scan.cpp, for selective_scan_op.cpp. All arrays are dense, the last dimension
// fastest: sequences (batch, steps, channels), factors (batch, steps, states).
#pragma once

#include <cstdint>

namespace lnln {

struct ScanSize {
  int64_t batch, steps, channels, states;
  // From the last step to the first.
  bool reverse;
  int threads;
};

template <typename T>
struct ScanInputs {
  const T *u, *delta;  // (batch, steps, channels)
  const T* a;          // (channels, states)
  const T *b, *c;      // (batch, steps, states)
  const T* skip;       // (channels)
};

template <typename T>
struct ScanGradients {
  T *u, *delta;  // (batch, steps, channels)
  T* a;          // (batch, states, channels)
  T *b, *c;      // (batch, steps, states)
  T* skip;       // (batch, channels)
};

// Numbers of working memory that the backward pass needs for one thread.
int64_t scan_workspace(const ScanSize& size);

template <typename T>
void scan_forward(const ScanSize& size, const ScanInputs<T>& in, T* out);

// `workspace` has size.threads times scan_workspace(size) numbers.
template <typename T>
void scan_backward(const ScanSize& size, const ScanInputs<T>& in, const T* out, T* workspace,
                   const ScanGradients<T>& gradients);

struct ConvSize {
  int64_t batch, steps, channels, taps;
  // Reads the steps after a step, not those before it.
  bool reverse;
  int threads;
};

// silu(bias + sum over taps), channel by channel: x, out (batch, steps, channels), weight (channels, taps).
template <typename T>
void conv_forward(const ConvSize& size, const T* x, const T* weight, const T* bias, T* out);

int64_t conv_workspace(const ConvSize& size);

// by_weight (batch, taps, channels), by_bias (batch, channels).
template <typename T>
void conv_backward(const ConvSize& size, const T* x, const T* weight, const T* bias, const T* by_out,
                   T* workspace, T* by_x, T* by_weight, T* by_bias);

// Sums over the first of (batch, count) numbers, in its order.
template <typename T>
void sum_samples(int64_t batch, int64_t count, const T* parts, T* sum);

}  // namespace lnln
