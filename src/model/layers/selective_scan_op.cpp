// Selective scan and causal convolution as differentiable operations of libtorch on a CPU, for
// selective_scan.rs. A second derivative is an error. Every function returns null, or a message for the caller
// to free.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "../../support/guarded.h"
#include "selective_scan.h"

namespace {

using at::Tensor;
using lnln::guarded;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

void check(const Tensor& x, const Tensor& like, at::IntArrayRef size, const char* what) {
  TORCH_CHECK(x.device().is_cpu() && x.scalar_type() == like.scalar_type() && x.sizes() == size,
              "expected ", what, " ", size, " of ", like.scalar_type(), " on a CPU, got ", x.sizes(),
              " of ", x.scalar_type());
}

// (batch, ...) to the sum over its samples.
template <typename T>
Tensor sum_samples(const Tensor& parts) {
  auto sum = at::empty(parts.sizes().slice(1), parts.options());
  lnln::sum_samples<T>(parts.size(0), sum.numel(), parts.const_data_ptr<T>(), sum.mutable_data_ptr<T>());
  return sum;
}

struct SelectiveScan : Function<SelectiveScan> {
  static lnln::ScanSize size(const Tensor& u, const Tensor& a, bool reverse) {
    return {u.size(0), u.size(1), u.size(2), a.size(1), reverse, at::get_num_threads()};
  }

  template <typename T>
  static lnln::ScanInputs<T> inputs(const variable_list& x) {
    return {x[0].const_data_ptr<T>(), x[1].const_data_ptr<T>(), x[2].const_data_ptr<T>(),
            x[3].const_data_ptr<T>(), x[4].const_data_ptr<T>(), x[5].const_data_ptr<T>()};
  }

  static Tensor forward(AutogradContext* ctx, const Tensor& u, const Tensor& delta, const Tensor& a,
                        const Tensor& b, const Tensor& c, const Tensor& skip, bool reverse) {
    TORCH_CHECK(u.dim() == 3 && a.dim() == 2, "expected u (batch, steps, channels) and a (channels, states)");
    const auto batch = u.size(0), steps = u.size(1), channels = u.size(2), states = a.size(1);
    check(u, u, u.sizes(), "u");
    check(delta, u, u.sizes(), "delta");
    check(a, u, {channels, states}, "a");
    check(b, u, {batch, steps, states}, "b");
    check(c, u, {batch, steps, states}, "c");
    check(skip, u, {channels}, "skip");
    variable_list x{u.contiguous(), delta.contiguous(), a.contiguous(),
                    b.contiguous(), c.contiguous(),     skip.contiguous()};
    auto out = at::empty_like(x[0]);
    AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "selective_scan", [&] {
      lnln::scan_forward<scalar_t>(size(x[0], x[2], reverse), inputs<scalar_t>(x),
                                   out.mutable_data_ptr<scalar_t>());
    });
    ctx->save_for_backward(x);
    ctx->saved_data["reverse"] = reverse;
    return out;
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "the selective scan has no second derivative");
    auto x = ctx->get_saved_variables();
    auto by_out = gradients[0].contiguous();
    const auto s = size(x[0], x[2], ctx->saved_data["reverse"].toBool());
    auto like = x[0].options();
    auto by_u = at::empty_like(x[0]), by_delta = at::empty_like(x[0]), by_b = at::empty_like(x[3]),
         by_c = at::empty_like(x[4]);
    auto by_a = at::empty({s.batch, s.states, s.channels}, like), by_skip = at::empty({s.batch, s.channels}, like);
    auto workspace = at::empty({s.threads * lnln::scan_workspace(s)}, like);
    AT_DISPATCH_FLOATING_TYPES(x[0].scalar_type(), "selective_scan_backward", [&] {
      lnln::ScanGradients<scalar_t> to{
          by_u.mutable_data_ptr<scalar_t>(), by_delta.mutable_data_ptr<scalar_t>(),
          by_a.mutable_data_ptr<scalar_t>(), by_b.mutable_data_ptr<scalar_t>(),
          by_c.mutable_data_ptr<scalar_t>(), by_skip.mutable_data_ptr<scalar_t>()};
      lnln::scan_backward<scalar_t>(s, inputs<scalar_t>(x), by_out.const_data_ptr<scalar_t>(),
                                    workspace.mutable_data_ptr<scalar_t>(), to);
      by_a = sum_samples<scalar_t>(by_a).t();
      by_skip = sum_samples<scalar_t>(by_skip);
    });
    return {by_u, by_delta, by_a, by_b, by_c, by_skip, Tensor()};
  }
};

struct CausalConv : Function<CausalConv> {
  static lnln::ConvSize size(const Tensor& x, const Tensor& weight, bool reverse) {
    return {x.size(0), x.size(1), x.size(2), weight.size(2), reverse, at::get_num_threads()};
  }

  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight, const Tensor& bias,
                        bool reverse) {
    TORCH_CHECK(x.dim() == 3 && weight.dim() == 3, "expected x (batch, steps, channels) and a weight of 3");
    check(x, x, x.sizes(), "x");
    check(weight, x, {x.size(2), 1, weight.size(2)}, "weight");
    check(bias, x, {x.size(2)}, "bias");
    variable_list dense{x.contiguous(), weight.contiguous(), bias.contiguous()};
    auto out = at::empty_like(dense[0]);
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "causal_conv", [&] {
      lnln::conv_forward<scalar_t>(size(x, weight, reverse), dense[0].const_data_ptr<scalar_t>(),
                                   dense[1].const_data_ptr<scalar_t>(), dense[2].const_data_ptr<scalar_t>(),
                                   out.mutable_data_ptr<scalar_t>());
    });
    ctx->save_for_backward(dense);
    ctx->saved_data["reverse"] = reverse;
    return out;
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "the causal convolution has no second derivative");
    auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &bias = saved[2];
    auto by_out = gradients[0].contiguous();
    const auto s = size(x, weight, ctx->saved_data["reverse"].toBool());
    auto by_x = at::empty_like(x);
    auto by_weight = at::empty({s.batch, s.taps, s.channels}, x.options());
    auto by_bias = at::empty({s.batch, s.channels}, x.options());
    auto workspace = at::empty({s.threads * lnln::conv_workspace(s)}, x.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "causal_conv_backward", [&] {
      lnln::conv_backward<scalar_t>(
          s, x.const_data_ptr<scalar_t>(), weight.const_data_ptr<scalar_t>(),
          bias.const_data_ptr<scalar_t>(), by_out.const_data_ptr<scalar_t>(),
          workspace.mutable_data_ptr<scalar_t>(), by_x.mutable_data_ptr<scalar_t>(),
          by_weight.mutable_data_ptr<scalar_t>(), by_bias.mutable_data_ptr<scalar_t>());
      by_weight = sum_samples<scalar_t>(by_weight).t().unsqueeze(1);
      by_bias = sum_samples<scalar_t>(by_bias);
    });
    return {by_x, by_weight, by_bias, Tensor()};
  }
};

}  // namespace

extern "C" {

char* lnln_selective_scan(const Tensor* u, const Tensor* delta, const Tensor* a, const Tensor* b,
                          const Tensor* c, const Tensor* skip, bool reverse, Tensor** out) {
  return guarded([&] { *out = new Tensor(SelectiveScan::apply(*u, *delta, *a, *b, *c, *skip, reverse)); });
}

char* lnln_causal_conv(const Tensor* x, const Tensor* weight, const Tensor* bias, bool reverse, Tensor** out) {
  return guarded([&] { *out = new Tensor(CausalConv::apply(*x, *weight, *bias, reverse)); });
}
}
