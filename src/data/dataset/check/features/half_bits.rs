//! Finds features whose bits were read as numbers of another type.

use std::collections::BTreeMap;

use super::counters::each;
use crate::data::dataset::details::Details;
use crate::data::dataset::read::plan::Plan;

/// Finds columns of half precision without any value near zero.
pub fn half_bits(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    each(plans, details, |details, _| {
        details.half.are_other_bits().then(|| {
            (
                "all values of".to_owned(),
                "are numbers of float16 of both signs, and none is near zero".to_owned(),
                "were the bits of bfloat16 read as float16, as view(torch.float16) does? Write tensor.float().numpy()",
            )
        })
    })
}

/// Finds columns of whole numbers as the bits of small numbers are.
pub fn integer_bits(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    each(plans, details, |details, _| {
        let kind = details.integer_bits.kind()?;
        Some((
            "all values of".to_owned(),
            format!(
                "are whole numbers, nearly all as the bits of {kind} between 0.001 and 900 of both signs are"
            ),
            "were floats stored as the integers of their bits, as view(torch.int16) or numpy.view does? View them as floats \
             again before writing",
        ))
    })
}
