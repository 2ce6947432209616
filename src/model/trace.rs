//! Records named intermediate tensors on request.

use tch::Tensor;

/// Collects what a forward pass computed on the way. Switched off it costs one branch per tensor.
#[derive(Debug, Default)]
pub struct Trace {
    tensors: Option<Vec<(&'static str, Tensor)>>,
}

impl Trace {
    /// Records nothing.
    pub fn off() -> Self {
        Self::default()
    }

    /// Records every tensor passed to it.
    pub fn on() -> Self {
        Self {
            tensors: Some(Vec::new()),
        }
    }

    /// Whether anything is recorded, so that tensors needed only for the trace can be left out.
    pub fn is_on(&self) -> bool {
        self.tensors.is_some()
    }

    /// Keeps a reference to `tensor` under `name`.
    pub fn record(&mut self, name: &'static str, tensor: &Tensor) {
        if let Some(tensors) = &mut self.tensors {
            tensors.push((name, tensor.shallow_clone()));
        }
    }

    /// Records what `make` returns under `name`: for tensors that only the trace reads.
    pub fn compute(&mut self, name: &'static str, make: impl FnOnce() -> Tensor) {
        if let Some(tensors) = &mut self.tensors {
            tensors.push((name, make()));
        }
    }

    /// Everything recorded, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Tensor)> {
        let tensors = self.tensors.iter().flatten();
        tensors.map(|(name, tensor)| (*name, tensor))
    }

    /// The tensor recorded last under `name`.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        let tensors = self.tensors.as_ref()?;
        tensors
            .iter()
            .rev()
            .find(|(n, _)| *n == name)
            .map(|(_, tensor)| tensor)
    }
}
