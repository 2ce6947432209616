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

/// For serde: settings that only variants use are not recorded for a run without them.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(super) fn is_no(value: &bool) -> bool {
    !value
}
