// Binds what tch does not, for src/train/native.rs. Every function that can fail returns null or a
// message for the caller to free.

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/Tensor.h>
#include <ATen/Parallel.h>
#include <ATen/ops/_amp_foreach_non_finite_check_and_unscale.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/ones.h>
#include <c10/core/Allocator.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <vector>

#include "../support/guarded.h"

namespace {

using lnln::guarded;

std::vector<at::Tensor> list(at::Tensor* const* tensors, size_t count) {
  std::vector<at::Tensor> all;
  all.reserve(count);
  for (size_t i = 0; i < count; ++i) all.push_back(*tensors[i]);
  return all;
}

// Whether no exponent is all ones, which only infinities and NaN have.
template <typename Bits>
bool is_finite(const Bits* bits, int64_t count, Bits exponent) {
  std::atomic<bool> finite = true;
  at::parallel_for(0, count, 1 << 16, [&](int64_t from, int64_t to) {
    Bits broken = 0;
    for (int64_t i = from; i < to; i++) broken |= static_cast<Bits>((bits[i] & exponent) == exponent);
    if (broken) finite = false;
  });
  return finite;
}

bool is_finite(const at::Tensor& dense) {
  auto data = dense.const_data_ptr();
  switch (dense.scalar_type()) {
    case at::kFloat:
      return is_finite(static_cast<const uint32_t*>(data), dense.numel(), uint32_t{0x7f800000});
    case at::kDouble:
      return is_finite(static_cast<const uint64_t*>(data), dense.numel(), uint64_t{0x7ff0000000000000});
    default:
      return at::isfinite(dense).all().item<bool>();
  }
}

at::DeviceType device_type(bool cuda) { return cuda ? at::kCUDA : at::kCPU; }

// Adds up what libtorch's allocator of one device reports. The device thread of a backward pass
// reports here too: libtorch gives it the debug information of the thread that started the pass.
class Tally final : public c10::MemoryReportingInfoBase {
 public:
  explicit Tally(at::DeviceType device) : device_(device) {}

  void reportMemoryUsage(void* block, int64_t bytes, size_t, size_t, c10::Device device) override {
    if (device.type() != device_) return;
    std::lock_guard<std::mutex> lock(mutex_);
    // libtorch remembers the blocks of earlier watches, and takes a block that stands where one of them
    // stood for it: it reports the release of a block that was never part of this tally.
    if (bytes > 0) {
      made_.insert(block);
    } else if (made_.erase(block) == 0) {
      return;
    }
    now_ += bytes;
    held_.push_back(now_);
  }

  bool memoryProfilingEnabled() const override { return true; }

  // Bytes held of blocks made since the start, after each allocation and each release of one.
  const std::vector<int64_t>& held() const { return held_; }

 private:
  at::DeviceType device_;
  std::mutex mutex_;
  std::unordered_set<void*> made_;
  int64_t now_ = 0;
  std::vector<int64_t> held_;
};

struct Watch {
  std::shared_ptr<Tally> tally;
  std::optional<c10::DebugInfoGuard> guard;
};

at::Generator generator(bool cuda, int index) {
  auto device = at::Device(device_type(cuda), static_cast<c10::DeviceIndex>(cuda ? index : -1));
  return at::globalContext().defaultGenerator(device);
}

}  // namespace

extern "C" {

char* lnln_fused_adam(bool decoupled, size_t count, at::Tensor* const* parameters,
                      at::Tensor* const* gradients, at::Tensor* const* first,
                      at::Tensor* const* second, at::Tensor* const* steps, double rate,
                      double beta1, double beta2, double decay, double eps, at::Tensor* broken) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    auto p = list(parameters, count), g = list(gradients, count), m = list(first, count),
         v = list(second, count), s = list(steps, count);
    std::vector<at::Tensor> none;
    std::optional<at::Tensor> scale, found = *broken;
    if (decoupled) {
      at::_fused_adamw_(p, g, m, v, none, s, rate, beta1, beta2, decay, eps, false, false, scale, found);
    } else {
      at::_fused_adam_(p, g, m, v, none, s, rate, beta1, beta2, decay, eps, false, false, scale, found);
    }
    // libtorch counts every other change of a tensor; its bfloat16 copy is known to be old by that.
    for (const auto& parameter : p) parameter.unsafeGetTensorImpl()->bump_version();
  });
}

// Sets `broken`, a float32 scalar on the tensors' device, to 1 where one of them is not finite.
char* lnln_find_broken(at::Tensor* const* tensors, size_t count, at::Tensor* broken) {
  return guarded([&] {
    at::NoGradGuard no_grad;
    std::map<at::ScalarType, std::vector<at::Tensor>> by_kind;
    bool finite = true;
    for (const auto& tensor : list(tensors, count)) {
      if (tensor.is_cpu() && tensor.is_non_overlapping_and_dense()) {
        finite = finite && is_finite(tensor);
      } else {
        by_kind[tensor.scalar_type()].push_back(tensor);
      }
    }
    if (!finite) broken->fill_(1);
    for (auto& [kind, group] : by_kind) {
      // Multiplies by one as well, which changes nothing.
      auto one = at::ones({}, broken->options());
      at::_amp_foreach_non_finite_check_and_unscale_(group, *broken, one);
    }
  });
}

char* lnln_forget_gradients(at::Tensor* const* parameters, size_t count) {
  return guarded([&] {
    for (size_t i = 0; i < count; ++i) {
      if (parameters[i]->grad().defined()) parameters[i]->mutable_grad().reset();
    }
  });
}

char* lnln_deterministic(bool on) {
  return guarded([&] {
    auto& context = at::globalContext();
    context.setDeterministicAlgorithms(on, false);
    // On by default where algorithms are deterministic: a launch and a pass over memory for every tensor,
    // which no result needs.
    context.setDeterministicFillUninitializedMemory(false);
    context.setDeterministicCuDNN(on);
    context.setBenchmarkCuDNN(false);
  });
}

char* lnln_allow_tf32(bool on) {
  return guarded([&] {
    auto& context = at::globalContext();
    context.setAllowTF32CuBLAS(on);
    context.setAllowTF32CuDNN(on);
  });
}

bool lnln_tf32_allowed() { return at::globalContext().allowTF32CuBLAS(); }

char* lnln_autocast_bf16(bool cuda, bool on) {
  return guarded([&] {
    auto device = device_type(cuda);
    if (on) {
      at::autocast::set_autocast_dtype(device, at::kBFloat16);
      at::autocast::increment_nesting();
    } else if (at::autocast::decrement_nesting() == 0) {
      at::autocast::clear_cache();
    }
    at::autocast::set_autocast_enabled(device, on);
  });
}

// Free and total bytes of a CUDA device, those that the allocator holds, and the most allocated.
char* lnln_cuda_memory(int index, size_t* free_bytes, size_t* total, size_t* reserved,
                       size_t* peak) {
  return guarded([&] {
    auto* allocator = c10::getDeviceAllocator(at::kCUDA);
    auto device = static_cast<c10::DeviceIndex>(index);
    auto info = allocator->getMemoryInfo(device);
    *free_bytes = info.first;
    *total = info.second;
    auto stats = allocator->getDeviceStats(device);
    *reserved = static_cast<size_t>(stats.reserved_bytes[0].current);
    *peak = static_cast<size_t>(stats.allocated_bytes[0].peak);
  });
}

char* lnln_reset_cuda_peak(int index) {
  return guarded([&] {
    c10::getDeviceAllocator(at::kCUDA)->resetPeakStats(static_cast<c10::DeviceIndex>(index));
  });
}

char* lnln_release_cuda_memory() {
  return guarded([&] { c10::getDeviceAllocator(at::kCUDA)->emptyCache(); });
}

// Starts to follow the memory of this thread's tensors; ended on the same thread.
char* lnln_watch_memory(bool cuda, void** out) {
  return guarded([&] {
    auto watch = std::make_unique<Watch>();
    watch->tally = std::make_shared<Tally>(device_type(cuda));
    watch->guard.emplace(c10::DebugInfoKind::PROFILER_STATE, watch->tally);
    *out = watch.release();
  });
}

size_t lnln_watched(const void* watch, const int64_t** held) {
  const auto& all = static_cast<const Watch*>(watch)->tally->held();
  *held = all.data();
  return all.size();
}

void lnln_end_watch(void* watch) { delete static_cast<Watch*>(watch); }

// A copy of the state of a device's random numbers.
char* lnln_random_state(bool cuda, int index, void** out) {
  return guarded([&] {
    auto source = generator(cuda, index);
    std::lock_guard<std::mutex> lock(source.mutex());
    *out = new at::Tensor(source.get_state());
  });
}

// Sets the state and frees the copy.
char* lnln_restore_random_state(bool cuda, int index, void* state) {
  return guarded([&] {
    std::unique_ptr<at::Tensor> copy(static_cast<at::Tensor*>(state));
    auto target = generator(cuda, index);
    std::lock_guard<std::mutex> lock(target.mutex());
    target.set_state(*copy);
  });
}

// Large tensors stay in the heap from step to step, or each gets pages of its own.
void lnln_keep_large_blocks(bool keep) {
  mallopt(M_MMAP_THRESHOLD, keep ? 1 << 30 : 1 << 20);
  mallopt(M_TRIM_THRESHOLD, keep ? 1 << 30 : 1 << 20);
}

// Returns unused pages of the heap.
void lnln_trim_heap() { malloc_trim(0); }

void lnln_free(char* message) { std::free(message); }
}
