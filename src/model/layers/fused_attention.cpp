// Attention and dropout for fused_attention.rs: rows of scores never leave the cache, and the backward pass computes
// them again. Null is returned, or a message for the caller to free.

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <exception>
#include <mutex>

// One body for every processor, chosen when the program starts.
#if defined(__x86_64__) && defined(__linux__)
#define EVERY_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EVERY_PROCESSOR
#endif
#define INLINE inline __attribute__((always_inline))

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// Numbers that are computed at once.
constexpr int64_t LANES = 16;
typedef float Floats __attribute__((vector_size(4 * LANES)));
typedef int32_t Ints __attribute__((vector_size(4 * LANES)));
typedef uint32_t Bits __attribute__((vector_size(4 * LANES)));

constexpr Ints COUNT = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

INLINE Floats where(const Ints& condition, const Floats& x) { return (Floats)((Ints)x & condition); }

INLINE float sum(const Floats& x) {
  float result = 0;
  for (int64_t i = 0; i < LANES; i++) result += x[i];
  return result;
}

// exp(x) of x <= 0 by Cephes' polynomial; below -87 that of -87.
INLINE Floats exponential(const Floats& of) {
  const Floats least = Floats{} - 87.0f, round = Floats{} + 12582912.0f;
  Floats x = (Floats)(((Ints)of & (of > least)) | ((Ints)least & (of <= least)));
  Floats shifted = x * 1.44269504f + round;
  Floats times = shifted - round;
  Floats rest = x - times * 0.693359375f + times * 2.12194440e-4f;
  Floats y = ((((rest * 1.9875691500e-4f + 1.3981999507e-3f) * rest + 8.3334519073e-3f) * rest +
               4.1665795894e-2f) * rest + 1.6666665459e-1f) * rest + 5.0000001201e-1f;
  y = y * rest * rest + rest + 1.0f;
  Ints power = ((Ints)shifted - (Ints)round + 127) << 23;
  return y * (Floats)power;
}

// 32 random bits per number of (row, key), the same whenever they are asked for (Wellons' lowbias32).
INLINE Bits random_bits(uint32_t key, uint32_t first) {
  Bits x = ((Bits)COUNT + first) ^ key;
  x ^= x >> 16;
  x *= 0x21f0aaadu;
  x ^= x >> 15;
  x *= 0x735a2d97u;
  return x ^ (x >> 15);
}

// What one head of one sample is computed from.
struct Sizes {
  int64_t n, m, width, size, blocks, reach;
  float scale, kept;
  uint32_t threshold;
  bool drops;

  // Blocks of keys that a query attends to.
  INLINE int64_t seen(int64_t row) const { return (keys(row) + LANES - 1) / LANES; }
  INLINE int64_t keys(int64_t row) const { return std::min(m, row + reach + 1); }
};

// (m, size) of stride `width` as (size, blocks) of lanes, 0 beyond m.
INLINE void turn(const float* from, const Sizes& s, Floats* to) {
  float* flat = (float*)to;
  std::memset(flat, 0, s.size * s.blocks * sizeof(Floats));
  for (int64_t j = 0; j < s.m; j++)
    for (int64_t d = 0; d < s.size; d++) flat[d * s.blocks * LANES + j] = from[j * s.width + d];
}

INLINE void turn_back(const Floats* from, const Sizes& s, float* to) {
  const float* flat = (const float*)from;
  for (int64_t j = 0; j < s.m; j++)
    for (int64_t d = 0; d < s.size; d++) to[j * s.width + d] = flat[d * s.blocks * LANES + j];
}

INLINE Floats product(const float* row, const Floats* turned, int64_t block, const Sizes& s) {
  Floats result = {};
  for (int64_t d = 0; d < s.size; d++) result += row[d] * turned[d * s.blocks + block];
  return result;
}

// What dropout multiplies the weights of a block by.
INLINE Floats dropped(uint32_t key, int64_t row, int64_t block, const Sizes& s) {
  Bits drawn = random_bits(key, (uint32_t)((row * s.blocks + block) * LANES));
  return where((Ints)(drawn >= s.threshold), Floats{} + s.kept);
}

INLINE Ints within(int64_t row, int64_t block, const Sizes& s) {
  return COUNT + (int32_t)(block * LANES) < (int32_t)s.keys(row);
}

// One head: values, and per row the largest score and one over the sum of exponentials.
EVERY_PROCESSOR void forward_head(const float* q, const float* k, const float* v, float* out, float* stats,
                                  uint32_t key, const Sizes& s, Floats* space) {
  Floats *keys = space, *values = keys + s.size * s.blocks, *weights = values + s.size * s.blocks;
  turn(k, s, keys);
  turn(v, s, values);
  for (int64_t row = 0; row < s.n; row++) {
    const int64_t seen = s.seen(row);
    float query[256];
    for (int64_t d = 0; d < s.size; d++) query[d] = q[row * s.width + d] * s.scale;
    const Floats low = Floats{} - 3e38f;
    Floats most = low;
    for (int64_t b = 0; b < seen; b++) {
      Ints present = within(row, b, s);
      Floats score = product(query, keys, b, s);
      score = (Floats)(((Ints)score & present) | ((Ints)low & ~present));
      weights[b] = score;
      Ints above = score > most;
      most = (Floats)(((Ints)score & above) | ((Ints)most & ~above));
    }
    float largest = most[0];
    for (int64_t i = 1; i < LANES; i++) largest = std::max(largest, most[i]);
    Floats total = {};
    for (int64_t b = 0; b < seen; b++) {
      Floats weight = where(within(row, b, s), exponential(weights[b] - largest));
      total += weight;
      weights[b] = s.drops ? weight * dropped(key, row, b, s) : weight;
    }
    const float over = 1 / sum(total);
    stats[2 * row] = largest;
    stats[2 * row + 1] = over;
    for (int64_t d = 0; d < s.size; d++) {
      Floats value = {};
      for (int64_t b = 0; b < seen; b++) value += weights[b] * values[d * s.blocks + b];
      out[row * s.width + d] = sum(value) * over;
    }
  }
}

// One head: gradients by queries, keys and values from the gradient by the output.
EVERY_PROCESSOR void backward_head(const float* q, const float* k, const float* v, const float* out,
                                   const float* stats, const float* gradient, float* by_q, float* by_k,
                                   float* by_v, uint32_t key, const Sizes& s, Floats* space) {
  const int64_t plane = s.size * s.blocks;
  Floats *keys = space, *values = keys + plane, *by_keys = values + plane, *by_values = by_keys + plane;
  Floats* by_scores = by_values + plane;
  turn(k, s, keys);
  turn(v, s, values);
  std::memset(by_keys, 0, 2 * plane * sizeof(Floats));
  for (int64_t row = 0; row < s.n; row++) {
    const int64_t seen = s.seen(row), at = row * s.width;
    const float *from = gradient + at, largest = stats[2 * row], over = stats[2 * row + 1];
    float query[256], mean = 0;
    for (int64_t d = 0; d < s.size; d++) {
      query[d] = q[at + d] * s.scale;
      mean += from[d] * out[at + d];
    }
    for (int64_t b = 0; b < seen; b++) {
      Floats weight = exponential(product(query, keys, b, s) - largest) * over;
      weight = where(within(row, b, s), weight);
      Floats by_weight = product(from, values, b, s), kept = weight;
      if (s.drops) {
        Floats factor = dropped(key, row, b, s);
        by_weight *= factor;
        kept *= factor;
      }
      Floats by_score = weight * (by_weight - mean);
      by_scores[b] = by_score;
      for (int64_t d = 0; d < s.size; d++) {
        by_values[d * s.blocks + b] += kept * from[d];
        by_keys[d * s.blocks + b] += by_score * query[d];
      }
    }
    for (int64_t d = 0; d < s.size; d++) {
      Floats by_query = {};
      for (int64_t b = 0; b < seen; b++) by_query += by_scores[b] * keys[d * s.blocks + b];
      by_q[at + d] = sum(by_query) * s.scale;
    }
  }
  turn_back(by_keys, s, by_k);
  turn_back(by_values, s, by_v);
}

// A head's own 32 bits of the seed (splitmix64).
uint32_t key_of(int64_t seed, int64_t head) {
  uint64_t z = (uint64_t)seed + (uint64_t)(head + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (uint32_t)((z ^ (z >> 31)) >> 32);
}

uint32_t threshold_of(double chance) { return (uint32_t)std::min(chance * 4294967296.0, 4294967295.0); }

float kept_of(double chance) { return chance < 1 ? (float)(1 / (1 - chance)) : 0; }

Sizes sizes_of(const Tensor& q, const Tensor& k, int64_t heads, int64_t reach, double chance) {
  const int64_t width = q.size(2), size = width / heads, m = k.size(1);
  TORCH_CHECK(size * heads == width && size <= 256, "expected heads of at most 256 features");
  return {q.size(1), m, width, size, (m + LANES - 1) / LANES, reach,
          1 / std::sqrt((float)size), kept_of(chance), threshold_of(chance), chance > 0};
}

// Calls `head(sample's and head's offset in q, in k, index of the head, working space)` for all.
template <typename F>
void all_heads(const Sizes& s, int64_t samples, int64_t heads, int64_t planes, F&& head) {
  at::parallel_for(0, samples * heads, 1, [&](int64_t first, int64_t last) {
    // libtorch's memory is aligned to 64 bytes.
    Tensor held = at::empty({(planes * s.size + 1) * s.blocks * LANES}, at::kFloat);
    Floats* space = (Floats*)held.data_ptr<float>();
    for (int64_t i = first; i < last; i++) {
      const int64_t sample = i / heads, offset = (i % heads) * s.size;
      head(sample * s.n * s.width + offset, sample * s.m * s.width + offset, i, space);
    }
  });
}

int64_t new_seed() {
  auto generator = at::detail::getDefaultCPUGenerator();
  std::lock_guard<std::mutex> lock(generator.mutex());
  return (int64_t)at::check_generator<at::CPUGeneratorImpl>(generator)->random64();
}

EVERY_PROCESSOR void drop(const float* from, float* to, int64_t count, uint32_t key, uint32_t threshold,
                          float kept) {
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    Floats x;
    std::memcpy(&x, from + i, sizeof(x));
    x = where((Ints)(random_bits(key, (uint32_t)i) >= threshold), x * kept);
    std::memcpy(to + i, &x, sizeof(x));
  }
  Bits drawn = random_bits(key, (uint32_t)i);
  for (int64_t rest = 0; i + rest < count; rest++)
    to[i + rest] = drawn[rest] >= threshold ? from[i + rest] * kept : 0;
}

// x with each element zeroed at this chance and the others scaled up; saves nothing but the seed.
struct CountedDropout : Function<CountedDropout> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, double chance) {
    const int64_t seed = new_seed();
    ctx->saved_data["chance"] = chance;
    ctx->saved_data["seed"] = seed;
    return dropped_by(x, chance, seed);
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    const double chance = ctx->saved_data["chance"].toDouble();
    return {dropped_by(gradients[0], chance, ctx->saved_data["seed"].toInt()), Tensor()};
  }

  static Tensor dropped_by(const Tensor& x, double chance, int64_t seed) {
    const Tensor from = x.contiguous(), to = at::empty_like(from);
    drop(from.const_data_ptr<float>(), to.data_ptr<float>(), from.numel(), key_of(seed, 0),
         threshold_of(chance), kept_of(chance));
    return to;
  }
};

struct FusedAttention : Function<FusedAttention> {
  static Tensor forward(AutogradContext* ctx, const Tensor& queries, const Tensor& keys,
                        const Tensor& values, int64_t heads, int64_t reach, double chance) {
    const Tensor q = queries.contiguous(), k = keys.contiguous(), v = values.contiguous();
    const Sizes s = sizes_of(q, k, heads, reach, chance);
    const int64_t seed = s.drops ? new_seed() : 0;
    Tensor out = at::empty_like(q), stats = at::empty({q.size(0) * heads, s.n, 2}, q.options());
    const float *from_q = q.const_data_ptr<float>(), *from_k = k.const_data_ptr<float>();
    const float* from_v = v.const_data_ptr<float>();
    float *to = out.data_ptr<float>(), *to_stats = stats.data_ptr<float>();
    all_heads(s, q.size(0), heads, 2, [&](int64_t row, int64_t col, int64_t i, Floats* space) {
      forward_head(from_q + row, from_k + col, from_v + col, to + row, to_stats + 2 * i * s.n,
                   key_of(seed, i), s, space);
    });
    ctx->save_for_backward({q, k, v, out, stats});
    ctx->saved_data["heads"] = heads;
    ctx->saved_data["reach"] = reach;
    ctx->saved_data["chance"] = chance;
    ctx->saved_data["seed"] = seed;
    return out;
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    auto saved = ctx->get_saved_variables();
    const Tensor &q = saved[0], &k = saved[1], &v = saved[2], gradient = gradients[0].contiguous();
    const int64_t heads = ctx->saved_data["heads"].toInt(), seed = ctx->saved_data["seed"].toInt();
    const Sizes s = sizes_of(q, k, heads, ctx->saved_data["reach"].toInt(),
                             ctx->saved_data["chance"].toDouble());
    Tensor by_q = at::empty_like(q), by_k = at::empty_like(k), by_v = at::empty_like(v);
    const float *from_q = q.const_data_ptr<float>(), *from_k = k.const_data_ptr<float>();
    const float *from_v = v.const_data_ptr<float>(), *from_out = saved[3].const_data_ptr<float>();
    const float *stats = saved[4].const_data_ptr<float>(), *from = gradient.const_data_ptr<float>();
    float *to_q = by_q.data_ptr<float>(), *to_k = by_k.data_ptr<float>(), *to_v = by_v.data_ptr<float>();
    all_heads(s, q.size(0), heads, 4, [&](int64_t row, int64_t col, int64_t i, Floats* space) {
      backward_head(from_q + row, from_k + col, from_v + col, from_out + row, stats + 2 * i * s.n,
                    from + row, to_q + row, to_k + col, to_v + col, key_of(seed, i), s, space);
    });
    return {by_q, by_k, by_v, Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

extern "C" char* lnln_counted_dropout(const Tensor* x, double chance, Tensor** out) {
  try {
    *out = new Tensor(CountedDropout::apply(*x, chance));
    return nullptr;
  } catch (const std::exception& error) {
    return strdup(error.what());
  }
}

extern "C" char* lnln_fused_attention(const Tensor* q, const Tensor* k, const Tensor* v, int64_t heads,
                                      int64_t reach, double chance, Tensor** out) {
  try {
    *out = new Tensor(FusedAttention::apply(*q, *k, *v, heads, reach, chance));
    return nullptr;
  } catch (const std::exception& error) {
    return strdup(error.what());
  }
}
