//! Keeps a teacher: a copy of a network whose parameters follow the student's as a moving average.
//!
//! Mean teacher, Tarvainen and Valpola, NeurIPS 2017.

use tch::Tensor;
use tch::nn::{Path, VarStore};

use super::error::{ModelError, Result};

/// A network and the parameters that it follows. Its own are in the student's store under `teacher`, among
/// the variables that are not trained, so that they are part of every checkpoint.
#[derive(Debug)]
pub struct Teacher<N> {
    pub network: N,
    /// Of the teacher and of the student.
    pairs: Vec<(Tensor, Tensor)>,
    decay: f64,
}

impl<N> Teacher<N> {
    /// Builds the teacher of the network under `path`, of which it starts as a copy. After each step it keeps
    /// `decay` of itself.
    ///
    /// # Errors
    /// Those of `build`; [`ModelError::Config`] where the student lacks a parameter of the teacher.
    pub fn new(
        path: &Path<'_>,
        decay: f64,
        model: &'static str,
        build: impl FnOnce(&Path<'_>) -> Result<N>,
    ) -> Result<Self> {
        // In a store of its own, so that the student's never counts these among the trained.
        let mut store = VarStore::new(path.device());
        store.set_kind(path.kind());
        let network = build(&store.root())?;
        let mut own: Vec<(String, Tensor)> = store.variables().into_iter().collect();
        own.sort_by(|a, b| a.0.cmp(&b.0));
        let mut pairs = Vec::new();
        for (name, teacher) in own {
            let student = find(path, &name).ok_or_else(|| ModelError::Config {
                model,
                what: "teacher",
                expected: format!("a parameter `{name}` of the student"),
                got: "none".to_owned(),
            })?;
            let mut teacher = teacher.set_requires_grad(false);
            tch::no_grad(|| teacher.copy_(&student));
            let (folder, last) = place(&(path / "teacher"), &name);
            pairs.push((folder.add(last, teacher, false), student));
        }
        Ok(Self {
            network,
            pairs,
            decay,
        })
    }

    /// Moves every parameter towards the student's. Wrap calls in [`tch::no_grad`].
    pub fn follow(&self) {
        for (teacher, student) in &self.pairs {
            let _ = teacher.shallow_clone().lerp_(student, 1.0 - self.decay);
        }
    }
}

/// The folder of a dotted name below `path`, and the name's last part.
fn place<'a, 'n>(path: &Path<'a>, name: &'n str) -> (Path<'a>, &'n str) {
    match name.rsplit_once('.') {
        None => (path.clone(), name),
        Some((folder, last)) => {
            let folder = folder
                .split('.')
                .fold(path.clone(), |path, part| path / part);
            (folder, last)
        }
    }
}

fn find(path: &Path<'_>, name: &str) -> Option<Tensor> {
    let (folder, last) = place(path, name);
    folder.get(last)
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::model::layers::init;

    #[test]
    fn it_starts_as_a_copy_and_follows_by_its_decay() {
        let _rng = crate::model::rng::seeded(2);
        let mut store = VarStore::new(Device::Cpu);
        let build = |path: &Path<'_>| Ok(init::linear(path / "a" / "b", 3, 2));
        let student = build(&store.root()).unwrap();
        let teacher = Teacher::new(&store.root(), 0.75, "m", build).unwrap();
        assert_eq!(store.trainable_variables().len(), 2);
        let names: Vec<String> = store.variables().into_keys().collect();
        assert!(
            names.contains(&"teacher.a.b.weight".to_owned()),
            "{names:?}"
        );
        // The store's precision is the teacher's too.
        store.set_kind(Kind::Double);
        assert_eq!(teacher.network.ws.kind(), Kind::Double);
        assert!(teacher.network.ws.equal(&student.ws));
        let before = teacher.network.ws.copy();
        tch::no_grad(|| {
            let _ = student.ws.shallow_clone().g_add_scalar_(1.0);
            teacher.follow();
        });
        let moved = &teacher.network.ws - before - 0.25;
        assert!(moved.abs().max().double_value(&[]) < 1e-12);
        assert!(!teacher.network.ws.requires_grad());
    }

    #[test]
    fn a_student_without_one_of_its_parameters_is_refused() {
        let store = VarStore::new(Device::Cpu);
        let build = |path: &Path<'_>| Ok(init::linear(path / "a", 3, 2));
        let refused = Teacher::new(&store.root(), 0.75, "m", build).unwrap_err();
        assert!(refused.to_string().contains("`a.bias`"), "{refused}");
    }
}
