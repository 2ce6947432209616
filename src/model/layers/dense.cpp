// Linear layers and layer norms for dense.rs in few dispatched operations. Values and gradients are those of libtorch's
// linear and layer_norm to the last bit: the same products, sums and kernels on the same memory, without the nodes and
// views in between. Every function returns null, or a message for the caller to free.

#include "../../support/guarded.h"
#include "direct_gradient.h"

namespace {

using at::Tensor;
using lnln::guarded;
using lnln::Unseen;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// Features x of the forward pass as (rows, width), and the shape of the result.
struct Shape {
  // Heads of x (B, heads, n, size); 0 where x has none.
  int64_t from;
  // Heads of the result, likewise.
  int64_t to;
};

Tensor in_shape(const Tensor& made, at::IntArrayRef sizes, int64_t heads) {
  auto width = made.size(1);
  if (heads > 0) return lnln::split_heads(made, sizes[0], heads, width / heads);
  return lnln::like_rows(made, sizes);
}

struct Linear : Function<Linear> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor&, const Unseen& weight,
                        const Unseen& bias, const Shape& heads) {
    auto features = heads.from > 0 ? lnln::merge_heads(x) : lnln::rows(x);
    auto factor = weight.tensor, added = bias.tensor;
    // Asked first: under the guard autocast counts as disabled.
    auto copied = lnln::uses_copies(x);
    lnln::NoAutocast guard;
    if (copied) {
      auto& copies = lnln::Copies::of_thread();
      features = lnln::in_kind(features, at::kBFloat16);
      factor = copies.of(factor);
      if (added.defined()) added = copies.of(added);
    }
    auto made = lnln::affine(features, factor, added);
    ctx->save_for_backward({features, weight.tensor, bias.tensor, factor});
    ctx->saved_data["kind"] = static_cast<int64_t>(x.scalar_type());
    ctx->saved_data["sizes"] = x.sizes();
    ctx->saved_data["from"] = heads.from;
    ctx->saved_data["to"] = heads.to;
    if (heads.from > 0) return lnln::like_rows(made, {x.size(0), x.size(2), 0});
    return in_shape(made, x.sizes(), heads.to);
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    if (!gradients[0].defined()) return variable_list(5);
    auto saved = ctx->get_saved_variables();
    const Tensor &features = saved[0], &weight = saved[1], &bias = saved[2];
    auto to = ctx->saved_data["to"].toInt(), from = ctx->saved_data["from"].toInt();
    auto gradient = to > 0 ? lnln::merge_heads(gradients[0]) : lnln::rows(gradients[0]);
    Tensor by_x;
    if (ctx->needs_input_grad(0)) {
      auto kind = static_cast<at::ScalarType>(ctx->saved_data["kind"].toInt());
      by_x = lnln::in_kind(at::mm(gradient, saved[3]), kind);
      by_x = in_shape(by_x, ctx->saved_data["sizes"].toIntVector(), from);
    }
    if (weight.requires_grad()) {
      lnln::add_gradient(weight, at::mm(lnln::turned(gradient), features));
    }
    if (bias.defined() && bias.requires_grad()) lnln::add_gradient(bias, gradient.sum(0));
    return {by_x, Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

struct LayerNorm : Function<LayerNorm> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor&, const Unseen& weight,
                        const Unseen& bias, double eps) {
    // Autocast leaves a norm of float32 alone, as it is here.
    lnln::NoAutocast guard;
    auto [made, mean, scale] =
        at::native_layer_norm(x, weight.tensor.sizes(), weight.tensor, bias.tensor, eps);
    ctx->save_for_backward({x, mean, scale, weight.tensor, bias.tensor});
    return made;
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    if (!gradients[0].defined()) return variable_list(5);
    auto saved = ctx->get_saved_variables();
    const Tensor &weight = saved[3], &bias = saved[4];
    std::array<bool, 3> wanted = {ctx->needs_input_grad(0), weight.requires_grad(), bias.requires_grad()};
    auto [by_x, by_weight, by_bias] = at::native_layer_norm_backward(
        gradients[0], saved[0], weight.sizes(), saved[1], saved[2], weight, bias, wanted);
    if (wanted[1]) lnln::add_gradient(weight, by_weight);
    if (wanted[2]) lnln::add_gradient(bias, by_bias);
    return {by_x, Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

// Rows `index` of x (n, width) as (B, heads, columns, size).
struct SpreadHeads : Function<SpreadHeads> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Unseen& index, int64_t columns,
                        int64_t heads) {
    ctx->save_for_backward({index.tensor});
    ctx->saved_data["rows"] = x.size(0);
    return lnln::split_heads(at::index_select(x, 0, index.tensor), index.tensor.numel() / columns, heads,
                             x.size(1) / heads);
  }

  static variable_list backward(AutogradContext* ctx, variable_list gradients) {
    if (!gradients[0].defined()) return variable_list(4);
    auto gradient = lnln::merge_heads(gradients[0]);
    auto by_x = at::zeros({ctx->saved_data["rows"].toInt(), gradient.size(1)}, gradient.options());
    by_x.index_add_(0, ctx->get_saved_variables()[0], gradient);
    return {by_x, Tensor(), Tensor(), Tensor()};
  }
};

// Whether these parameters can be given their gradients directly.
bool is_direct(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return weight.is_leaf() && weight.is_contiguous() && (!bias.defined() || bias.is_leaf()) && x.numel() > 0;
}

// Whether these are of one kind, with parameters that can be given their gradients directly.
bool is_alike(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return is_direct(x, weight, bias) && x.scalar_type() == weight.scalar_type();
}

// The same, and nothing changes the kind.
bool is_plain(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return is_alike(x, weight, bias) && !at::autocast::is_autocast_enabled(x.device().type());
}

}  // namespace

extern "C" {

char* lnln_linear(const Tensor* x, const Tensor* weight, const Tensor* bias, int64_t from, int64_t to,
                  Tensor** out) {
  return guarded([&] {
    auto b = bias ? *bias : Tensor();
    bool direct = is_plain(*x, *weight, b) || (lnln::uses_copies(*x) && is_direct(*x, *weight, b));
    if (direct && (from > 0 || x->is_contiguous())) {
      const auto& anchor = lnln::anchor_for(*x, *weight);
      *out = new Tensor(Linear::apply(*x, anchor, Unseen{*weight}, Unseen{b}, Shape{from, to}));
      return;
    }
    auto features = from > 0 ? x->transpose(1, 2).flatten(2, 3) : *x;
    auto made = at::linear(features, *weight, bias ? std::optional<Tensor>(b) : std::nullopt);
    if (to > 0) made = made.view({made.size(0), made.size(1), to, made.size(2) / to}).transpose(1, 2);
    *out = new Tensor(made);
  });
}

char* lnln_layer_norm(const Tensor* x, const Tensor* weight, const Tensor* bias, double eps, Tensor** out) {
  return guarded([&] {
    // Products alone are computed in another kind.
    if (is_alike(*x, *weight, *bias)) {
      const auto& anchor = lnln::anchor_for(*x, *weight);
      *out = new Tensor(LayerNorm::apply(*x, anchor, Unseen{*weight}, Unseen{*bias}, eps));
    } else {
      *out = new Tensor(at::layer_norm(*x, weight->sizes(), *weight, *bias, eps));
    }
  });
}

char* lnln_spread_heads(const Tensor* x, const Tensor* index, int64_t columns, int64_t heads, Tensor** out) {
  return guarded([&] { *out = new Tensor(SpreadHeads::apply(*x, Unseen{*index}, columns, heads)); });
}

// Keeps bfloat16 copies of this thread's parameters from here on, or drops them.
char* lnln_keep_copies(bool keep) {
  return guarded([&] {
    auto& copies = lnln::Copies::of_thread();
    copies.kept = keep;
    copies.clear();
  });
}

char* lnln_refresh_copies(size_t* count) {
  return guarded([&] { *count = lnln::Copies::of_thread().refresh(); });
}

}  // extern "C"
