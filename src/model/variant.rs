//! Named departures from a model's published hyper-parameters.

/// A named set of departures from a model's published hyper-parameters.
#[derive(Debug)]
pub struct Variant {
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Hyper-parameters and their values in JSON.
    pub set: &'static [(&'static str, &'static str)],
}

/// The variant of models whose reference slips: its slips are kept.
pub const COMPAT: Variant = Variant {
    name: "compat",
    summary: "keeps the slips of the reference implementation",
    set: &[("compat", "true")],
};
