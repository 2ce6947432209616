//! Builds a model from what is known of its data.

use tch::nn;

use super::error::Error;
use super::{out_of_memory, settings};
use crate::data::dataset::Spec;
use crate::model::{Choice, EncoderSetup, LabelStats, Model, Setup, Shapes};

/// What decides the parameters of a model besides its hyper-parameters.
#[derive(Clone, Copy, Debug)]
pub struct ModelSetup<'a> {
    pub spec: &'a Spec,
    pub shapes: Shapes,
    pub encoder: &'a EncoderSetup,
    pub labels: LabelStats,
}

impl ModelSetup<'_> {
    /// A model for these data, its parameters in `store`.
    ///
    /// # Errors
    /// Those of the model; one that names it where the device has no memory for its parameters.
    pub fn model(&self, choice: &Choice, store: &nn::VarStore) -> Result<Box<dyn Model>, Error> {
        let settings = settings::on(choice, self.spec)?;
        let setup = Setup {
            path: store.root(),
            profile: settings.profile,
            shapes: self.shapes,
            encoder: self.encoder.clone(),
            labels: self.labels,
            label_range: self.spec.label_range.map(f64::from),
            config: settings.config,
        };
        let what = format!("the parameters of {}", choice.name());
        out_of_memory::named(&what, || Ok((choice.entry.build)(&setup)?))
    }
}
