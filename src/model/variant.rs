//! Names departures from a model's published hyper-parameters.

/// A named set of departures from a model's published hyper-parameters.
#[derive(Debug)]
pub struct Variant {
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Hyper-parameters and their values in JSON.
    pub set: &'static [(&'static str, &'static str)],
}

/// The variant that reproduces the reference bugs of a model.
pub const COMPAT: Variant = Variant {
    name: "compat",
    summary: "reproduces the bugs of the reference implementation",
    set: &[("compat", "true")],
};
