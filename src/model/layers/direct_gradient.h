// Gradients that a backward function adds to leaves itself, and views that are not dispatched. Both save the host work
// that a graph node or a dispatched operation costs.

#pragma once

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/engine.h>
#include <torch/csrc/autograd/graph_task.h>

#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lnln {

using at::IntArrayRef;
using at::Tensor;

// The same memory under other sizes and strides: a view that autograd does not follow, for use inside a backward or
// forward function.
inline Tensor view(const Tensor& x, IntArrayRef sizes, IntArrayRef strides) {
  auto made = c10::make_intrusive<c10::TensorImpl>(c10::TensorImpl::VIEW, c10::Storage(x.storage()),
                                                   x.key_set(), x.dtype());
  made->set_sizes_and_strides(sizes, strides, x.storage_offset());
  return Tensor(std::move(made));
}

// The transposed matrix.
inline Tensor turned(const Tensor& x) {
  return view(x, {x.size(1), x.size(0)}, {x.stride(1), x.stride(0)});
}

// (..., width) as (rows, width).
inline Tensor rows(const Tensor& x) {
  auto width = x.size(-1);
  if (!x.is_contiguous()) return x.reshape({-1, width});
  return view(x, {width == 0 ? 0 : x.numel() / width, width}, {width, 1});
}

// (rows, width), contiguous, in the shape of `sizes` but for the width.
inline Tensor like_rows(const Tensor& x, IntArrayRef sizes) {
  std::vector<int64_t> shape(sizes.begin(), sizes.end()), strides(sizes.size());
  shape.back() = x.size(1);
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > 0; stride *= shape[i]) strides[i] = stride;
  return view(x, shape, strides);
}

// (B, n, heads * size), contiguous in whatever shape, as (B, heads, n, size).
inline Tensor split_heads(const Tensor& x, int64_t batch, int64_t heads, int64_t size) {
  auto width = heads * size, steps = x.numel() / (batch * width);
  return view(x, {batch, heads, steps, size}, {steps * width, size, width, 1});
}

// (B, heads, n, size) as (B * n, heads * size).
inline Tensor merge_heads(const Tensor& x) {
  auto batch = x.size(0), heads = x.size(1), steps = x.size(2), size = x.size(3);
  auto turned = view(x, {batch, steps, heads, size}, {x.stride(0), x.stride(2), x.stride(1), x.stride(3)});
  auto whole = turned.is_contiguous() ? turned : turned.contiguous();
  return view(whole, {batch * steps, heads * size}, {heads * size, 1});
}

// x in this kind; no operation where it is in it, and else half of those of `to`. For use where autograd does not look.
inline Tensor in_kind(const Tensor& x, at::ScalarType kind) {
  if (x.scalar_type() == kind) return x;
  if (!x.is_contiguous()) return x.to(kind);
  return at::empty(x.sizes(), x.options().dtype(kind)).copy_(x);
}

// A tensor argument of a Function that autograd does not see.
struct Unseen {
  Tensor tensor;
};

// An input that has a gradient, for functions of which none other has one but whose parameters do. It never gets one.
inline const Tensor& anchor() {
  static const Tensor made = at::zeros({0}).requires_grad_(true);
  return made;
}

// The anchor where it is needed, else x itself, which has no second gradient.
inline const Tensor& anchor_for(const Tensor& x, const Tensor& parameter) {
  return !x.requires_grad() && parameter.requires_grad() ? anchor() : x;
}

// The sums of the gradients of one backward pass by parameter.
struct Sums {
  std::mutex mutex;
  std::unordered_map<c10::TensorImpl*, std::pair<Tensor, Tensor>> sums;

  void add(const Tensor& parameter, Tensor gradient) {
    std::lock_guard<std::mutex> lock(mutex);
    auto [found, is_new] = sums.try_emplace(parameter.unsafeGetTensorImpl(), parameter, gradient);
    if (!is_new) found->second.second = found->second.second + gradient;
  }

  void finish() {
    at::NoGradGuard no_grad;
    for (auto& [key, sum] : sums) {
      auto& gradient = sum.first.mutable_grad();
      if (gradient.defined()) {
        gradient.add_(sum.second);
      } else {
        gradient = sum.second;
      }
    }
  }
};

// Adds to the gradient of a leaf at the end of the backward pass under way, as autograd's own nodes do: all
// contributions of a pass are summed before they are added to what earlier passes left.
inline void add_gradient(const Tensor& parameter, Tensor gradient) {
  static std::mutex mutex;
  static std::map<int, std::weak_ptr<Sums>> passes;
  auto pass = torch::autograd::get_current_graph_task_id();
  std::shared_ptr<Sums> sums;
  {
    std::lock_guard<std::mutex> lock(mutex);
    sums = passes[pass].lock();
    if (!sums) {
      // Those that ended, by an error too: the pass's callbacks own its sums.
      std::erase_if(passes, [](const auto& entry) { return entry.second.expired(); });
      sums = std::make_shared<Sums>();
      passes[pass] = sums;
      torch::autograd::Engine::get_default_engine().queue_callback([sums] { sums->finish(); });
    }
  }
  sums->add(parameter, in_kind(gradient, parameter.scalar_type()));
}

// The bfloat16 copies of parameters that this thread keeps from step to step, by parameter.
class Copies {
 public:
  static Copies& of_thread() {
    thread_local Copies copies;
    return copies;
  }

  bool kept = false;

  Tensor of(const Tensor& parameter) {
    auto [found, is_new] = all_.try_emplace(parameter.unsafeGetTensorImpl(), Copy{parameter, Tensor(), 0});
    auto& copy = found->second;
    // Also where a parameter was changed outside an optimizer, as a teacher's are: no copy that is used is an old one.
    // Not in place, since a graph may have saved what was copied before.
    if (is_new || copy.is_old()) {
      at::NoGradGuard no_grad;
      copy = {parameter, in_kind(parameter, at::kBFloat16), parameter._version()};
    }
    return copy.tensor;
  }

  // One call for all that were changed, after parameters were moved. Returns how many.
  size_t refresh() {
    at::NoGradGuard no_grad;
    std::vector<Tensor> copies, parameters;
    for (auto& [key, copy] : all_) {
      if (!copy.is_old()) continue;
      parameters.push_back(copy.parameter);
      copies.push_back(copy.tensor);
      copy.version = copy.parameter._version();
    }
    if (!copies.empty()) at::_foreach_copy_(copies, parameters);
    return copies.size();
  }

  void clear() { all_.clear(); }

 private:
  struct Copy {
    // Held, so that no other tensor gets its address.
    Tensor parameter;
    Tensor tensor;
    // Of the parameter when it was copied; libtorch counts it up with every change.
    int64_t version;

    bool is_old() const { return version != parameter._version(); }
  };

  std::unordered_map<c10::TensorImpl*, Copy> all_;
};

// Whether bfloat16 is chosen for products with x, and copies of parameters are kept.
inline bool uses_copies(const Tensor& x) {
  return Copies::of_thread().kept && x.scalar_type() != at::kDouble &&
         at::autocast::is_autocast_enabled(x.device().type());
}

// Ends the choice of kinds by autocast until it is dropped.
struct NoAutocast {
  c10::impl::ExcludeDispatchKeyGuard guard{c10::autocast_dispatch_keyset};
};

// features (n, inputs) times the turned weight, plus the bias where there is one.
inline Tensor affine(const Tensor& features, const Tensor& weight, const Tensor& bias) {
  auto by = turned(weight);
  return bias.defined() ? at::addmm(bias, features, by) : at::mm(features, by);
}

}  // namespace lnln
