//! Finds features of an array in column-major order that was read row by row.

use std::collections::BTreeMap;

use super::counters::each;
use crate::data::dataset::details::Details;
use crate::data::dataset::read::plan::Plan;

/// Finds columns whose dimensions differ in size only where the whole array is read in the other order.
pub fn column_major(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    each(plans, details, |details, _| {
        let [other, own] = details.major.found()?.map(|part| 100.0 * part);
        Some((
            "the values of".to_owned(),
            format!(
                "are in column-major order: read so, dimensions explain {other:.0} % of the differences in size, as they are \
                 {own:.0} %"
            ),
            "was a file of MATLAB or Fortran read by rows? Write x.reshape(shape, order='F')",
        ))
    })
}
