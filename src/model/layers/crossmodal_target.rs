//! Lets one modality attend to the other two (MulT, Tsai et al., ACL 2019).

use tch::Tensor;
use tch::nn::Path;

use super::{Crossmodal, CrossmodalSize};

/// Two crossmodal transformers and one over their joined results.
#[derive(Debug)]
pub struct CrossmodalTarget {
    crossmodal: [Crossmodal; 2],
    memory: Crossmodal,
}

impl CrossmodalTarget {
    /// `name` attends to `sources`, each a name and the sizes of the attention to it; `memory` is of twice
    /// their width.
    ///
    /// Parameters: `trans_{name}_with_{source}`, `trans_{name}_mem`.
    pub fn new(
        path: &Path<'_>,
        name: char,
        sources: [(char, CrossmodalSize); 2],
        memory: CrossmodalSize,
    ) -> Self {
        let crossmodal = sources.map(|(source, size)| {
            Crossmodal::new(&(path / format!("trans_{name}_with_{source}")), size)
        });
        Self {
            crossmodal,
            memory: Crossmodal::new(&(path / format!("trans_{name}_mem")), memory),
        }
    }

    /// The last step, (B, 2 width), of `x` (B, n, width) attending to two (B, m, width).
    pub fn forward(&self, x: &Tensor, sources: [&Tensor; 2], train: bool) -> Tensor {
        let [first, second] = &self.crossmodal;
        let attended = [
            first.forward(x, Some(sources[0]), train),
            second.forward(x, Some(sources[1]), train),
        ];
        let memory = self.memory.forward(&Tensor::cat(&attended, 2), None, train);
        memory.select(1, -1)
    }
}
