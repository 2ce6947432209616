//! Finds splits whose samples were each scaled by their own statistics, while those of train were not.

use std::collections::BTreeMap;

use super::counters::each;
use crate::data::dataset::details::Details;
use crate::data::dataset::details::sample_scale::Form;
use crate::data::dataset::read::plan::Plan;

/// Samples without which nothing is judged, and the parts of them that are all and none.
const SAMPLES: usize = 10;
const ALL: f64 = 0.9;
const NONE: f64 = 0.1;

/// Forms that show in one split alone.
const PADDED: [Form; 2] = [Form::PaddedStandardized, Form::PaddedWhole];

/// Whether the samples of all these splits were scaled one by one, as those of MISA are: the split then has a mean of 0 by nature.
pub fn all_by_sample(splits: &[Option<&Details>]) -> bool {
    let is_form = |form: Form| {
        let part = |own: &Details| {
            own.scales
                .part(form, SAMPLES)
                .is_some_and(|part| part >= ALL)
        };
        splits.iter().all(|own| own.is_some_and(part))
    };
    [Form::Standardized, Form::Ranged, Form::Centered]
        .into_iter()
        .any(is_form)
}

/// Finds splits whose samples were each scaled with their padding. In CMU-MOSI, CH-SIMS and ICT-MMMO at most 3 % of the samples are so.
pub fn scaled_with_padding(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    each(plans, details, |details, _| {
        let form = padded_form(details)?;
        let part = details.scales.part(form, SAMPLES)?;
        Some((
            format!("{:.0} % of the samples that are padded have", 100.0 * part),
            format!("with {}", form.describe()),
            "was each normalized with its padding (LayerNorm over (T, d), InstanceNorm over T)? Its length then changes its values; normalize \
             frames alone, all by the statistics of train",
        ))
    })
}

/// The form with padding that all samples of a column have.
pub fn padded_form(details: &Details) -> Option<Form> {
    let is_all = |form: &Form| {
        details
            .scales
            .part(*form, SAMPLES)
            .is_some_and(|part| part >= ALL)
    };
    PADDED.into_iter().find(is_all)
}

/// Finds splits in which each sample has, say, mean 0 and deviation 1, where those of train have not, or the reverse.
pub fn scaled_by_sample(plans: &[Plan<'_>], details: &BTreeMap<String, Details>) -> Vec<String> {
    let mut warnings = Vec::new();
    let Some(train) = plans.first() else {
        return warnings;
    };
    let official = plans
        .iter()
        .skip(1)
        .filter(|plan| plan.official().is_some());
    for plan in official {
        for column in ["text", "audio", "vision"] {
            let of = |plan: &Plan<'_>| details.get(&format!("{}/{column}", plan.split()));
            let (Some(there), Some(own)) = (of(train), of(plan)) else {
                continue;
            };
            let parts = |form: Form| {
                let part = |details: &Details| details.scales.part(form, SAMPLES);
                Some((form, [part(own)?, part(there)?]))
            };
            let differ = |(_, [own, there]): &(Form, [f64; 2])| {
                own.max(*there) >= ALL && own.min(*there) <= NONE
            };
            let forms = Form::ALL.into_iter().filter(|form| !PADDED.contains(form));
            let Some((form, found)) = forms.filter_map(parts).find(differ) else {
                continue;
            };
            let [own, there] = found.map(|part| (100.0 * part).round());
            warnings.push(format!(
                "{}: {own} % of the samples have {column} with {}, in {} {there} % (first: {}): was one split scaled \
                 sample by sample and the other not? Scale all or none",
                plan.split(),
                form.describe(),
                train.split(),
                plan.ids[0]
            ));
        }
    }
    warnings
}
