//! A split without its features: what masks need to know.

use super::modality::Modality;
use super::split::SplitName;

/// Ids, padded steps and valid steps of one split.
#[derive(Clone, Debug)]
pub struct Outline {
    pub name: SplitName,
    /// Sample ids in file order.
    pub ids: Vec<String>,
    /// Padded steps of text, audio, vision.
    pub steps: [usize; 3],
    /// Valid steps of every sample in text, audio, vision.
    pub lengths: [Vec<u32>; 3],
}

impl Outline {
    /// Valid steps of every sample in one modality.
    pub fn lengths(&self, modality: Modality) -> &[u32] {
        let [text, audio, vision] = &self.lengths;
        match modality {
            Modality::Text => text,
            Modality::Audio => audio,
            Modality::Vision => vision,
        }
    }
}
