//! Sums the losses of a pass: predictions, decoupling, distillation.

use tch::{Kind, Reduction, Tensor};

use super::graph::{Graph, Measure};
use super::margin::margin_loss;
use super::modality::{Parts, Reconstruction};
use super::{Dmd, Pass, cosine};
use crate::model::layers::ResidualOutput;
use crate::model::losses::{Losses, Term};
use crate::model::trace::Trace;

/// What the three modalities predict with one kind of part.
struct Predictions {
    logits: [Tensor; 3],
    representations: [Tensor; 3],
}

impl Dmd {
    /// All terms of the objective, most of which read the whole batch.
    pub(super) fn losses(&self, pass: Pass, label: &Tensor, trace: &mut Trace) -> Losses {
        let of = [0usize, 1, 2];
        let (parts, config) = (&pass.parts, &self.config);
        let common = of.map(|i| self.modalities[i].predict_common(&parts[i], true));
        let common = Predictions {
            representations: common.each_ref().map(|of| of.hidden.shallow_clone()),
            logits: common.map(|of| of.prediction),
        };
        let specific = of.map(|i| self.modalities[i].predict_specific(&pass.last[i], true));
        let specific = Predictions {
            representations: specific.each_ref().map(|of| of.joined.shallow_clone()),
            logits: specific.map(|of| of.prediction),
        };
        let ResidualOutput {
            prediction: of_fused,
            ..
        } = self.common_head.forward(&pass.fused, true);
        let aligned = of.map(|i| self.modalities[i].aligned(&parts[i]));
        let whole = of.map(|i| self.modalities[i].reconstruct(&parts[i]));
        record(trace, &pass, [&common, &specific], &of_fused);
        record_parts(trace, parts, &whole, &aligned);

        let mut terms = Vec::with_capacity(18);
        let mut add = |name, weight, value| {
            terms.push(Term {
                name,
                weight,
                value,
            });
        };
        let task = |prediction: &Tensor| prediction.l1_loss(label, Reduction::Mean);
        add("task_all", 1.0, task(&pass.prediction));
        for (i, (homo, hetero)) in TASKS.into_iter().enumerate() {
            add(homo, 1.0, task(&common.logits[i]));
            add(hetero, 1.0, task(&specific.logits[i]));
        }
        add("task_c", 1.0, task(&of_fused));

        let decoupling = config.decoupling_weight;
        let separation = decoupling * config.separation_weight;
        let sum = |values: [&Tensor; 3]| values[0] + values[1] + values[2];
        add(
            "recon",
            decoupling,
            sum(whole.each_ref().map(|of| &of.error)),
        );
        add(
            "cycle",
            decoupling,
            sum(whole.each_ref().map(|of| &of.cycle)),
        );
        add("ort", separation, self.orthogonality(parts));
        // The modalities of a sample side by side; the order does not matter.
        let features = Tensor::stack(&aligned, 1).flatten(0, 1);
        let labels = label.expand([-1, 3], false).flatten(0, 1);
        add(
            "margin",
            separation,
            margin_loss(&features, &labels, config.margin_factor),
        );

        let weight = config.distillation_weight;
        let graph: &Graph = &self.graphs.homogeneous;
        let edges = graph.edges(&common.logits, &common.representations);
        trace.record("edges_homo", &edges.weights);
        add("homo_reg", weight, graph.regularization(&edges));
        add(
            "homo_logit",
            weight,
            graph.logit_loss(&edges, &common.logits),
        );
        if config.compat {
            let representations = &common.representations;
            let loss = graph.representation_loss(&edges, representations, Measure::Difference);
            add("homo_repr_unused", 0.0, loss);
        }
        let graph = &self.graphs.heterogeneous;
        let edges = graph.edges(&specific.logits, &specific.representations);
        trace.record("edges_hetero", &edges.weights);
        add("hetero_reg", weight, graph.regularization(&edges));
        add(
            "hetero_logit",
            weight,
            graph.logit_loss(&edges, &specific.logits),
        );
        let loss = graph.representation_loss(&edges, &specific.representations, Measure::Cosine);
        add("hetero_repr", weight, loss);
        Losses::weighted(terms, pass.prediction)
    }

    /// Mean cosine of the two parts where it is positive, of the features of a step or, as published, of a
    /// feature's values over the batch.
    fn orthogonality(&self, parts: &[Parts; 3]) -> Tensor {
        let axis = if self.config.compat { 0 } else { 2 };
        let of = |parts: &Parts| {
            let similar = cosine(&parts.specific, &parts.common, axis);
            similar.clamp_min(0.0).mean(None::<Kind>)
        };
        let [l, v, a] = parts;
        of(l) + of(v) + of(a)
    }
}

/// Names of the losses of what the parts of text, vision and audio predict.
const TASKS: [(&str, &str); 3] = [
    ("task_l_homo", "task_l_hetero"),
    ("task_v_homo", "task_v_hetero"),
    ("task_a_homo", "task_a_hetero"),
];

fn record(trace: &mut Trace, pass: &Pass, parts: [&Predictions; 2], of_fused: &Tensor) {
    const NAMES: [[[&str; 3]; 2]; 2] = [
        [
            ["logits_l_homo", "logits_v_homo", "logits_a_homo"],
            ["repr_l_homo", "repr_v_homo", "repr_a_homo"],
        ],
        [
            ["logits_l_hetero", "logits_v_hetero", "logits_a_hetero"],
            ["repr_l_hetero", "repr_v_hetero", "repr_a_hetero"],
        ],
    ];
    trace.record("output_logit", &pass.prediction);
    trace.record("logits_c", of_fused);
    for ([logits, representations], of) in NAMES.into_iter().zip(parts) {
        for i in 0..3 {
            trace.record(logits[i], &of.logits[i]);
            trace.record(representations[i], &of.representations[i]);
        }
    }
    for (name, last) in ["last_h_l", "last_h_v", "last_h_a"]
        .into_iter()
        .zip(&pass.last)
    {
        trace.record(name, last);
    }
}

/// In the reference's layouts: parts are (T, B, width), what they are made of and into (B, width, T).
fn record_parts(
    trace: &mut Trace,
    parts: &[Parts; 3],
    whole: &[Reconstruction; 3],
    aligned: &[Tensor; 3],
) {
    const NAMES: [[&str; 6]; 3] = [
        ["s_l", "c_l", "origin_l", "recon_l", "s_l_r", "c_l_sim"],
        ["s_v", "c_v", "origin_v", "recon_v", "s_v_r", "c_v_sim"],
        ["s_a", "c_a", "origin_a", "recon_a", "s_a_r", "c_a_sim"],
    ];
    for (i, [specific, common, origin, reconstructed, again, sim]) in NAMES.into_iter().enumerate()
    {
        trace.compute(specific, || parts[i].specific.transpose(0, 1));
        trace.compute(common, || parts[i].common.transpose(0, 1));
        trace.compute(origin, || parts[i].origin.transpose(1, 2));
        trace.compute(reconstructed, || whole[i].whole.transpose(1, 2));
        trace.compute(again, || whole[i].specific.transpose(1, 2));
        trace.record(sim, &aligned[i]);
    }
}
