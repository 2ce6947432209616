//! Finds features of bfloat16 whose bits were read as float16.

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
