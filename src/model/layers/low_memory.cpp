// Memory-efficient ops for low_memory.rs: recompute cheap activations in the backward pass. Each has
// the value and the gradient of a composition of libtorch's operations. Every function returns null,
// or a message for the caller to free.

#include <ATen/Parallel.h>

#include <cmath>

#include "../../support/guarded.h"
#include "direct_gradient.h"

namespace {

using at::Tensor;
using lnln::guarded;
using lnln::Unseen;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// x * kept * scale in place, by element and in this order, where kept is 0 or 1: what native_dropout computes by
// multiplications of tensors of two kinds, in one pass; in bfloat16 the scale is rounded, as `mul_` rounds it. Contiguous
// tensors of a CPU.
template <typename T, typename Scale>
void keep_scaled(Tensor& x, const Tensor& kept, Scale scale) {
  auto* values = x.mutable_data_ptr<T>();
  auto* flags = kept.const_data_ptr<bool>();
  at::parallel_for(0, x.numel(), 1 << 15, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) {
      values[i] = static_cast<T>(static_cast<Scale>(values[i]) * static_cast<Scale>(flags[i]) * scale);
    }
  });
}

Tensor keep_scaled_(Tensor x, const Tensor& kept, double scale) {
  auto kind = x.is_cpu() && x.is_contiguous() ? x.scalar_type() : at::ScalarType::Undefined;
  if (kind == at::kFloat) {
    keep_scaled<float>(x, kept, static_cast<float>(scale));
  } else if (kind == at::kBFloat16) {
    keep_scaled<at::BFloat16>(x, kept, static_cast<float>(static_cast<at::BFloat16>(static_cast<float>(scale))));
  } else if (kind == at::kDouble) {
    keep_scaled<double>(x, kept, scale);
  } else {
    return (x * kept).mul_(scale);
  }
  return x;
}

Tensor keep_scaled_copy(const Tensor& x, const Tensor& kept, double scale) {
  return keep_scaled_(at::empty_like(x).copy_(x), kept, scale);
}

// Each element dropped at a chance, the others scaled up; a byte per element is saved. For a CPU.
struct Dropout : Function<Dropout> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, double chance) {
    auto kept = at::empty(x.sizes(), x.options().dtype(at::kBool));
    kept.bernoulli_(1 - chance);
    ctx->save_for_backward({kept});
    ctx->saved_data["scale"] = 1 / (1 - chance);
    return keep_scaled_copy(x, kept, 1 / (1 - chance));
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    if (!gradients[0].defined()) return variable_list(2);
    auto scale = ctx->saved_data["scale"].toDouble();
    return {keep_scaled_copy(gradients[0].contiguous(), ctx->get_saved_variables()[0], scale), Tensor()};
  }
};

// linear(gelu(x)): of the wide layer only x is saved, not gelu(x).
struct GeluLinear : Function<GeluLinear> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor&, const Unseen& weight,
                        const Unseen& bias) {
    auto factor = weight.tensor, added = bias.tensor, wide = at::gelu(x);
    auto copied = lnln::uses_copies(x);
    if (copied) {
      auto& copies = lnln::Copies::of_thread();
      wide = lnln::in_kind(wide, at::kBFloat16);
      factor = copies.of(factor);
      added = copies.of(added);
    }
    ctx->save_for_backward({x, weight.tensor, bias.tensor, factor});
    if (!wide.is_contiguous() || (!copied && at::autocast::is_autocast_enabled(x.device().type()))) {
      return at::linear(wide, factor, added);
    }
    lnln::NoAutocast guard;
    return lnln::like_rows(lnln::affine(lnln::rows(wide), factor, added), x.sizes());
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    if (!gradients[0].defined()) return variable_list(4);
    auto saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &bias = saved[2];
    auto gradient = lnln::rows(gradients[0]);
    auto kind = gradient.scalar_type();
    if (weight.requires_grad()) {
      auto wide = lnln::in_kind(lnln::rows(at::gelu(x)), kind);
      lnln::add_gradient(weight, at::mm(lnln::turned(gradient), wide));
    }
    if (bias.requires_grad()) lnln::add_gradient(bias, gradient.sum(0));
    if (!ctx->needs_input_grad(0)) return variable_list(4);
    auto by_gelu = lnln::in_kind(at::mm(gradient, lnln::in_kind(saved[3], kind)), x.scalar_type());
    return {at::gelu_backward(lnln::like_rows(by_gelu, x.sizes()), x), Tensor(), Tensor(), Tensor()};
  }
};

// (B, heads, n, m) as (B * heads, n, m): where its memory is in another order, a copy.
Tensor matrices(const Tensor& x) {
  auto batch = x.size(0), heads = x.size(1), n = x.size(2), m = x.size(3);
  if (batch == 1 || heads == 1 || x.stride(0) == heads * x.stride(1)) {
    return lnln::view(x, {batch * heads, n, m}, {heads == 1 ? x.stride(0) : x.stride(1), x.stride(2), x.stride(3)});
  }
  auto copy = at::empty({batch * heads, n, m}, x.options());
  lnln::view(copy, x.sizes(), {heads * n * m, n * m, m, 1}).copy_(x);
  return copy;
}

Tensor turned(const Tensor& x) {
  return lnln::view(x, {x.size(0), x.size(1), x.size(3), x.size(2)},
                    {x.stride(0), x.stride(1), x.stride(3), x.stride(2)});
}

// dropout(softmax(q k^T / sqrt(size) + mask)) v: of the matrices of scores the softmax and a byte per
// element are saved.
struct Attention : Function<Attention> {
  static Tensor forward(AutogradContext* ctx, const Tensor& q, const Tensor& k, const Tensor& v,
                        const Tensor& mask, double chance) {
    auto size = 1 / std::sqrt(static_cast<double>(q.size(-1)));
    auto scores = product(q * size, turned(k));
    auto is_one_kind = scores.scalar_type() == mask.scalar_type();
    auto weights = at::_softmax(is_one_kind ? scores.add_(mask) : scores + mask, -1, false);
    auto drawn = at::empty(weights.sizes(), weights.options().dtype(at::kBool));
    drawn.bernoulli_(1 - chance);
    auto kept = keep_scaled_copy(weights, drawn, 1 / (1 - chance));
    ctx->save_for_backward({q, k, v, weights, drawn});
    ctx->saved_data["scale"] = 1 / (1 - chance);
    return product(lnln::in_kind(kept, v.scalar_type()), v);
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    auto saved = ctx->get_saved_variables();
    const Tensor &q = saved[0], &k = saved[1], &v = saved[2], &weights = saved[3];
    const Tensor& drawn = saved[4];
    auto scale = ctx->saved_data["scale"].toDouble();
    auto size = 1 / std::sqrt(static_cast<double>(q.size(-1)));
    auto kind = v.scalar_type();
    auto kept = lnln::in_kind(keep_scaled_copy(weights, drawn, scale), kind);
    auto gradient = packed(gradients[0]);
    auto by_v = product(turned(kept), gradient);
    auto by_weights = lnln::in_kind(keep_scaled_(product(gradient, turned(v)), drawn, scale), weights.scalar_type());
    auto by_scores = at::_softmax_backward_data(by_weights, weights, -1, weights.scalar_type());
    by_scores = lnln::in_kind(by_scores.mul_(size), kind);
    auto by_q = product(by_scores, k);
    return {by_q, product(turned(by_scores), q), by_v, Tensor(), Tensor()};
  }

 private:
  // (B, heads, n, m) of (B, heads, n, s) and (B, heads, s, m).
  static Tensor product(const Tensor& a, const Tensor& b) {
    auto device = a.device().type();
    if (at::autocast::is_autocast_enabled(device) && a.scalar_type() != at::kDouble) {
      auto kind = at::autocast::get_autocast_dtype(device);
      lnln::NoAutocast guard;
      return product(lnln::in_kind(a, kind), lnln::in_kind(b, kind));
    }
    auto n = a.size(2), m = b.size(3), heads = a.size(1);
    auto made = at::bmm(matrices(a), matrices(b));
    return lnln::view(made, {a.size(0), heads, n, m}, {heads * n * m, n * m, m, 1});
  }

  // The same in memory that needs no copy as matrices.
  static Tensor packed(const Tensor& x) {
    auto heads = x.size(1), n = x.size(2), m = x.size(3);
    auto all = matrices(x);
    return all.is_contiguous() ? lnln::view(all, x.sizes(), {heads * n * m, n * m, m, 1}) : x;
  }
};

// What scaled_dot_product_attention computes with dropout on a CPU, bit for bit and with the same draws: its composite
// form scales queries and keys by the root of the factor. Without its passes for rows that are masked as a whole, of
// which there must be none; a byte per element is saved where it saves two floats.
struct DropoutAttention : Function<DropoutAttention> {
  static Tensor forward(AutogradContext* ctx, const Tensor& q, const Tensor& k, const Tensor& v, const Unseen& mask,
                        double chance) {
    auto factor = std::sqrt(1 / std::sqrt(static_cast<double>(q.size(-1))));
    auto queries = matrices(q * factor), keys = matrices(turned(k) * factor), values = matrices(v);
    auto scores = at::bmm(queries, keys);
    auto sizes = {q.size(0), q.size(1), q.size(2), k.size(2)};
    if (mask.tensor.defined()) scores.view(sizes).add_(mask.tensor);
    auto weights = at::_softmax(scores, -1, false);
    // Drawn as numbers of the weights' kind are.
    auto drawn = at::empty(weights.sizes(), weights.options().dtype(at::kBool));
    drawn.bernoulli_(1 - chance);
    auto scale = 1.0F / static_cast<float>(1 - chance);
    ctx->save_for_backward({queries, keys, values, weights, drawn});
    ctx->saved_data["scale"] = static_cast<double>(scale);
    ctx->saved_data["factor"] = factor;
    return at::bmm(keep_scaled_copy(weights, drawn, scale), values).view({q.size(0), q.size(1), q.size(2), v.size(3)});
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    auto saved = ctx->get_saved_variables();
    const Tensor &queries = saved[0], &keys = saved[1], &values = saved[2], &weights = saved[3], &drawn = saved[4];
    auto scale = ctx->saved_data["scale"].toDouble(), factor = ctx->saved_data["factor"].toDouble();
    auto gradient = matrices(gradients[0]);
    auto heads = gradients[0].size(1);
    auto apart = [&](const Tensor& x) { return x.view({x.size(0) / heads, heads, x.size(1), x.size(2)}); };
    auto by_values = at::bmm(keep_scaled_copy(weights, drawn, scale).transpose(1, 2), gradient);
    auto by_weights = keep_scaled_(at::bmm(gradient, values.transpose(1, 2)), drawn, scale);
    auto by_scores = at::_softmax_backward_data(by_weights, weights, -1, weights.scalar_type());
    auto by_queries = at::bmm(by_scores, keys.transpose(1, 2)).mul_(factor);
    auto by_keys = at::bmm(queries.transpose(1, 2), by_scores).mul_(factor);
    return {apart(by_queries), turned(apart(by_keys)), apart(by_values), Tensor(), Tensor()};
  }
};

}  // namespace

extern "C" {

char* lnln_gelu_linear(const Tensor* x, const Tensor* weight, const Tensor* bias, Tensor** out) {
  return guarded([&] {
    const auto& anchor = lnln::anchor_for(*x, *weight);
    *out = new Tensor(GeluLinear::apply(*x, anchor, Unseen{*weight}, Unseen{*bias}));
  });
}

char* lnln_dropout(const Tensor* x, double chance, Tensor** out) {
  return guarded([&] {
    bool is_plain = x->is_cpu() && x->is_contiguous();
    *out = new Tensor(is_plain ? Dropout::apply(*x, chance) : std::get<0>(at::native_dropout(*x, chance, true)));
  });
}

char* lnln_attention(const Tensor* q, const Tensor* k, const Tensor* v, const Tensor* mask,
                     double chance, Tensor** out) {
  return guarded([&] { *out = new Tensor(Attention::apply(*q, *k, *v, *mask, chance)); });
}

char* lnln_dropout_attention(const Tensor* q, const Tensor* k, const Tensor* v, const Tensor* mask, double chance,
                             Tensor** out) {
  return guarded([&] {
    auto added = mask ? *mask : Tensor();
    *out = new Tensor(DropoutAttention::apply(*q, *k, *v, Unseen{added}, chance));
  });
}

void lnln_low_memory_free(char* message) { std::free(message); }
}
