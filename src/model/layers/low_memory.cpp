// Memory-efficient ops for low_memory.rs: recompute cheap activations in the backward pass. Each has
// the value and the gradient of a composition of libtorch's operations. Every function returns null,
// or a message for the caller to free.

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <cstring>
#include <exception>

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

template <typename F>
char* guarded(F&& body) {
  try {
    body();
    return nullptr;
  } catch (const std::exception& error) {
    return strdup(error.what());
  }
}

// Rows (n, width), whatever the dimensions before the width.
Tensor rows(const Tensor& x) { return x.reshape({-1, x.size(-1)}); }

// linear(gelu(x)): of the wide layer only x is saved, not gelu(x).
struct GeluLinear : Function<GeluLinear> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight,
                        const Tensor& bias) {
    ctx->save_for_backward({x, weight});
    return at::linear(at::gelu(x), weight, bias);
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], gradient = gradients[0];
    auto kind = gradient.scalar_type();
    auto by_weight = rows(gradient).t().mm(rows(at::gelu(x)).to(kind)).to(weight.scalar_type());
    auto by_bias = rows(gradient).sum(0).to(weight.scalar_type());
    auto by_gelu = at::matmul(gradient, weight.to(kind)).to(x.scalar_type());
    return {at::gelu_backward(by_gelu, x), by_weight, by_bias};
  }
};

// dropout(softmax(q k^T / sqrt(size) + mask)) v: of the matrices of scores the softmax and a byte per
// element are saved.
struct Attention : Function<Attention> {
  static Tensor forward(AutogradContext* ctx, const Tensor& q, const Tensor& k, const Tensor& v,
                        const Tensor& mask, double chance) {
    auto size = 1 / std::sqrt(static_cast<double>(q.size(-1)));
    auto weights = at::softmax(at::matmul(q * size, k.transpose(-1, -2)) + mask, -1);
    auto drawn = at::empty(weights.sizes(), weights.options().dtype(at::kBool));
    drawn.bernoulli_(1 - chance);
    auto kept = (weights * drawn).mul_(1 / (1 - chance));
    ctx->save_for_backward({q, k, v, weights, drawn});
    ctx->saved_data["scale"] = 1 / (1 - chance);
    return at::matmul(kept.to(v.scalar_type()), v);
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    auto saved = ctx->get_saved_variables();
    const Tensor &q = saved[0], &k = saved[1], &v = saved[2], &weights = saved[3];
    const Tensor &drawn = saved[4], &gradient = gradients[0];
    auto scale = ctx->saved_data["scale"].toDouble();
    auto size = 1 / std::sqrt(static_cast<double>(q.size(-1)));
    auto kind = v.scalar_type();
    auto by_v = at::matmul((weights * drawn).mul_(scale).to(kind).transpose(-1, -2), gradient);
    auto by_weights = (at::matmul(gradient, v.transpose(-1, -2)) * drawn).mul_(scale);
    by_weights = by_weights.to(weights.scalar_type());
    auto by_scores = at::_softmax_backward_data(by_weights, weights, -1, weights.scalar_type());
    by_scores = by_scores.mul_(size).to(kind);
    auto by_q = at::matmul(by_scores, k);
    return {by_q, at::matmul(by_scores.transpose(-1, -2), q), by_v, Tensor(), Tensor()};
  }
};

}  // namespace

extern "C" {

char* lnln_gelu_linear(const Tensor* x, const Tensor* weight, const Tensor* bias, Tensor** out) {
  return guarded([&] { *out = new Tensor(GeluLinear::apply(*x, *weight, *bias)); });
}

char* lnln_attention(const Tensor* q, const Tensor* k, const Tensor* v, const Tensor* mask,
                     double chance, Tensor** out) {
  return guarded([&] { *out = new Tensor(Attention::apply(*q, *k, *v, *mask, chance)); });
}

void lnln_low_memory_free(char* message) { std::free(message); }
}
