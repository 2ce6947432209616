//! A drawing: a scene with the origin of each series of numbers in it.

use super::scene::Scene;
use crate::report::origin::Origin;

/// A picture with the series of numbers it shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    pub scene: Scene,
    pub series: Vec<Series>,
    /// What bands, gray lines and marks are; may be empty.
    pub caption: String,
}

/// A line, a row of histograms, a matrix: what one legend entry or heading names.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub label: String,
    pub origin: Origin,
}

impl Series {
    /// A series of this name.
    pub fn new(label: impl Into<String>, origin: Origin) -> Self {
        Self {
            label: label.into(),
            origin,
        }
    }
}
