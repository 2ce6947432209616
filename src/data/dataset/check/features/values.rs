//! Checks the values of features, from a profile of every sample.

use crate::data::dataset::check::lengths::first_frame;
use crate::data::dataset::check::lengths::moved_rows::check_row;
use crate::data::dataset::check::lengths::offset::Given;
use crate::data::dataset::check::lengths::steps::steps;
use crate::data::dataset::check::{Check, Samples};
use crate::data::dataset::error::{Error, Result};
use crate::data::dataset::profile::{Profile, Profiles};
use crate::data::dataset::read::features::Features;
use crate::data::dataset::read::plan::Plan;

/// Samples that show something about a whole split.
const ENOUGH: usize = 4;

/// Samples that are the only ones without features and the last ones by no chance.
const TAIL: usize = 3;

/// Finds modalities that hold nothing: zero, or the same value, in every sample of a split.
///
/// # Errors
/// [`Error::Contradiction`] where no value of a split is a finite number.
pub fn features(plans: &[Plan<'_>], profiles: &Profiles) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    for (plan, column, all) in each(plans, profiles) {
        if plan.features_of(column).is_some_and(Features::is_absent) {
            continue;
        }
        let (split, rows) = (plan.split(), all.len());
        let first = &plan.ids[0];
        if all.iter().all(|profile| profile.end > 0 && !profile.finite) {
            return Err(Error::Contradiction {
                place: plan.columns.place(column),
                problem: format!(
                    "no value of any sample is finite (NaN or infinite); extract {column} again, or write \
                     zeros if it is absent on purpose"
                ),
            });
        }
        let empty = all.iter().filter(|profile| profile.end == 0).count();
        if empty == rows {
            warnings.push(format!(
                "{split}: {column} is zero in every sample (first: {first})"
            ));
            continue;
        }
        if all
            .iter()
            .all(|profile| profile.end == 0 || profile.constant)
            && rows > 1
        {
            warnings.push(format!(
                "{split}: {column} is constant in every sample (first: {first})"
            ));
        }
        let several: Vec<&Profile> = all.iter().filter(|profile| profile.end > 1).collect();
        let still = several.iter().filter(|p| p.still && !p.constant).count();
        if several.len() >= ENOUGH && 10 * still >= 9 * several.len() {
            warnings.push(format!(
                "{split}: the frames of {column} are the same within a sample, in {still} of {rows} (first: {first}): one vector a \
                 sample, repeated? Masks of single frames then take nothing away; write arrays of shape (N, d)"
            ));
        }
        let mut zero = Samples::default();
        for (profile, id) in all.iter().zip(&plan.ids) {
            if profile.end == 0 {
                zero.add(id);
            }
        }
        let tail = all.iter().rev().take_while(|profile| profile.end == 0);
        if 20 * zero.count() >= rows {
            warnings.extend(zero.describe(split, &format!("whose {column} is zero")));
        } else if zero.count() >= TAIL && tail.count() == zero.count() {
            let fault = format!(
                "whose {column} is zero, the last ones of the split and no other: a last batch that was dropped, or an \
                 extraction that ended early?"
            );
            warnings.extend(zero.describe(split, &fault));
        }
    }
    Ok(warnings)
}

/// Finds lengths that contradict where the frames end, or those of the other modalities.
///
/// # Errors
/// [`Error::Contradiction`] where the lengths of audio and vision are exchanged, or where samples are in
/// another order than their lengths.
pub fn lengths_of_frames(plans: &[Plan<'_>], profiles: &Profiles) -> Result<Check> {
    let mut warnings = Vec::new();
    for plan in plans {
        check_exchanged(plan, profiles)?;
    }
    warnings.extend(steps(plans, profiles));
    for (plan, column, all) in each(plans, profiles) {
        check_order(plan, column, all)?;
        let lengths = match column {
            "audio" => &plan.lengths.audio,
            "vision" => &plan.lengths.vision,
            _ => &plan.lengths.text,
        };
        let several = plan
            .features_of(column)
            .filter(|features| features.steps > 1);
        if let Some(features) = several
            && let Some(count) = first_frame::alone(all, lengths)
        {
            warnings.push(format!(
                "{}: the first frame of {column} alone holds values, all behind it are zero, in {count} of {} samples of more \
                 steps by their lengths or tokens (first: {}): was one vector (CLS, a mean) written into the first of {} steps? \
                 Write arrays of shape (N, 1, d), or all steps",
                plan.split(),
                all.len(),
                plan.ids[0],
                features.steps
            ));
            continue;
        }
        if column == "text" {
            continue;
        }
        let given = plan.columns.get(&format!("{column}_lengths")).is_some();
        if let Some(features) = plan.features_of(column).filter(|_| given) {
            let lengths = Given {
                column,
                steps: features.steps,
                lengths,
                profiles: all,
                tokens: plan.text_bert.as_ref().map(|_| &plan.lengths.text[..]),
                ids: &plan.ids,
            };
            if let Some(text) = lengths.offset(plan.split()) {
                warnings.push(text);
                continue;
            }
        }
        let mut early = Samples::default();
        for ((profile, length), id) in all.iter().zip(lengths).zip(&plan.ids) {
            let length = usize::try_from(*length).unwrap_or(0);
            let missing = length.saturating_sub(profile.end);
            if profile.end > 0 && missing >= 2 && 10 * missing >= length {
                early.add(id);
            }
        }
        if early.count() >= ENOUGH && 2 * early.count() >= all.len() {
            let fault = format!("whose {column} ends in zero frames before its length");
            let advice = if given {
                "; leave the lengths out and give --padding right to count frames"
            } else {
                "; the length is that of the text"
            };
            let text = early.describe(plan.split(), &fault);
            warnings.extend(text.map(|text| text + advice));
        }
    }
    Ok(Check::new(
        "frames",
        "lengths agree with where the frames end",
        warnings,
    ))
}

/// Fails where frames end at the lengths of a split, each at that of another sample: features in another order.
fn check_order(plan: &Plan<'_>, column: &'static str, profiles: &[Profile]) -> Result<()> {
    let lengths = match column {
        "text" => &plan.lengths.text,
        "audio" => &plan.lengths.audio,
        _ => &plan.lengths.vision,
    };
    let mut ends: Vec<i64> = profiles.iter().map(|profile| profile.end as i64).collect();
    let mut expected: Vec<i64> = lengths.iter().map(|length| i64::from(*length)).collect();
    let pairs = || ends.iter().zip(&expected).zip(&plan.ids);
    let different = pairs().filter(|((end, length), _)| end != length);
    let (count, first) = (
        different.clone().count(),
        different.map(|(_, id)| id).next(),
    );
    let Some(first) = first.filter(|_| 5 * count >= ends.len()).cloned() else {
        return Ok(());
    };
    ends.sort_unstable();
    expected.sort_unstable();
    let same = ends == expected;
    ends.dedup();
    if same && ends.len() >= ENOUGH {
        return Err(Error::Contradiction {
            place: plan.columns.place(column),
            problem: format!(
                "the samples are in another order than their lengths: in {count} of {} the frames end at the \
                 length of another sample (first: {first})",
                lengths.len()
            ),
        });
    }
    check_row(plan, column, (profiles, lengths))
}

fn check_exchanged(plan: &Plan<'_>, profiles: &Profiles) -> Result<()> {
    let given = ["audio_lengths", "vision_lengths"].map(|name| plan.columns.get(name).is_some());
    let of = |column| profiles.of(plan.split(), column);
    let (Some(audio), Some(vision), [true, true]) = (of("audio"), of("vision"), given) else {
        return Ok(());
    };
    let lengths = &plan.lengths;
    let agree = |profiles: &[Profile], lengths: &[i32]| {
        let pairs = profiles.iter().zip(lengths);
        pairs
            .filter(|(profile, length)| profile.end as i64 == i64::from(**length))
            .count()
    };
    let own = agree(audio, &lengths.audio) + agree(vision, &lengths.vision);
    let other = agree(audio, &lengths.vision) + agree(vision, &lengths.audio);
    let all = 2 * audio.len();
    if audio.len() >= ENOUGH && 10 * other >= 8 * all && 10 * own < 5 * all {
        return Err(Error::Contradiction {
            place: plan.columns.place(""),
            problem:
                "audio_lengths and vision_lengths are exchanged: the frames of audio end where \
                      vision_lengths do, and those of vision where audio_lengths do"
                    .to_owned(),
        });
    }
    Ok(())
}

/// Every column of every split with its profiles.
fn each<'p, 'a>(
    plans: &'p [Plan<'a>],
    profiles: &'p Profiles,
) -> impl Iterator<Item = (&'p Plan<'a>, &'static str, &'p [Profile])> {
    plans.iter().flat_map(move |plan| {
        ["text", "audio", "vision"]
            .into_iter()
            .filter_map(move |column| {
                let all = profiles.of(plan.split(), column)?;
                (!all.is_empty()).then_some((plan, column, all))
            })
    })
}
