//! Looks for an order of the test split that fits predictions better than their ids: moved by some rows, reversed,
//! sorted by id, gathered from processes that shared the split, or sorted by length. Samples next to each other are of one video, so
//! that predictions in such an order may follow the labels a little.

use super::batches;
use crate::data::dataset::video_of;
use crate::record::import::join::Joined;
use crate::record::import::plausible::{
    Check, FEWEST, Finding, PROCESSES, Reference, centered_ranks, name,
};

/// Standard errors between both correlations, and the least that the other order must have.
const CERTAIN: f64 = 6.0;
const FOLLOWS: f64 = 0.3;

/// An order that predictions fit better, under the condition that leaves most.
pub fn finding(run: &Joined, reference: &Reference<'_>) -> Option<Finding> {
    let removed = |rates: [f64; 3]| rates.iter().sum::<f64>();
    let passes = run
        .passes
        .iter()
        .map(|(key, pass)| (removed(key.2.rates()), key, pass));
    let (_, key, pass) = passes.min_by(|a, b| a.0.total_cmp(&b.0))?;
    let n = pass.len();
    if n < FEWEST {
        return None;
    }
    let (p, t) = (centered_ranks(pass), centered_ranks(reference.truth));
    let norm = dot(p.iter().zip(&p)).sqrt() * dot(t.iter().zip(&t)).sqrt();
    let here = dot(p.iter().zip(&t)) / norm;
    let moved = (1..n).map(|by| {
        let r = dot(p.iter().zip(t[by..].iter().chain(&t[..by]))) / norm;
        let text = if 2 * by <= n {
            format!("of the sample {by} further on in the test split")
        } else {
            format!("of the sample {} before in the test split", n - by)
        };
        (r, text)
    });
    let of_scripts = batches::orders(reference.lengths[0], n);
    let others = others(reference.ids).into_iter().chain(of_scripts);
    let others = others.flat_map(|(text, order)| {
        let forth = dot(order.iter().map(|i| &t[*i]).zip(&p).map(|(t, p)| (p, t))) / norm;
        let back = dot(order.iter().map(|i| &p[*i]).zip(&t)) / norm;
        [(forth, text.clone()), (back, text)]
    });
    let best = moved.chain(others).filter(|(r, _)| r.is_finite());
    let (there, text) = best.max_by(|a, b| a.0.total_cmp(&b.0))?;
    let z = |r: f64| r.clamp(-0.999, 0.999).atanh();
    let errors = (z(there) - z(here)) / (2.0 / (n as f64 - 3.0)).sqrt();
    (errors > CERTAIN && there > FOLLOWS).then(|| Finding {
        check: Check::Order,
        wrong: false,
        text: format!(
            "{}, condition {}: predictions follow the labels {text} (rank correlation {there:.2}) better than \
             those of their ids ({here:.2}): were ids taken in another order than predictions?",
            name(run),
            key.2
        ),
    })
}

fn dot<'a>(pairs: impl Iterator<Item = (&'a f64, &'a f64)>) -> f64 {
    pairs.map(|(a, b)| a * b).sum()
}

/// Orders with what they are: the sample at each place.
fn others(ids: &[String]) -> Vec<(String, Vec<usize>)> {
    let n = ids.len();
    let [sorted, numbers] = sorted(ids);
    let mut orders = vec![
        ("in reverse order".to_string(), (0..n).rev().collect()),
        ("in the order of sorted ids".to_string(), sorted),
        (
            "in the order of ids sorted by their numbers".to_string(),
            numbers,
        ),
    ];
    let [text, back] = in_videos(ids);
    orders.push((
        "in the order of ids sorted as text within each video".to_string(),
        text,
    ));
    orders.push(("in reverse order within each video".to_string(), back));
    for count in PROCESSES {
        let order = (0..count).flat_map(|rank| (rank..n).step_by(count));
        let text = format!("in the order in which {count} processes share them");
        orders.push((text, order.collect()));
    }
    orders
}

/// Samples by their ids as text, and by the numbers in them.
pub fn sorted(ids: &[String]) -> [Vec<usize>; 2] {
    let mut by_text: Vec<usize> = (0..ids.len()).collect();
    let mut by_number = by_text.clone();
    by_text.sort_by_key(|i| &ids[*i]);
    by_number.sort_by_cached_key(|i| runs_of_digits(&ids[*i]));
    [by_text, by_number]
}

/// Samples of each video by their ids as text, where 10 comes before 2, and in reverse order.
fn in_videos(ids: &[String]) -> [Vec<usize>; 2] {
    let places: Vec<usize> = (0..ids.len()).collect();
    // An id that names no video is one of its own.
    let names = ids
        .iter()
        .map(|id| video_of(id).unwrap_or_else(|| id.clone()));
    let names: Vec<String> = names.collect();
    let videos = || places.chunk_by(|a, b| names[*a] == names[*b]);
    let by_text = videos().flat_map(|clips| {
        let mut clips = clips.to_vec();
        clips.sort_by_key(|i| &ids[*i]);
        clips
    });
    let back = videos().flat_map(|clips| clips.iter().rev().copied());
    [by_text.collect(), back.collect()]
}

/// An id as text and numbers in turn, so that `$_$2` comes before `$_$10`.
fn runs_of_digits(id: &str) -> Vec<(String, u64)> {
    let mut parts = vec![(String::new(), 0_u64)];
    let mut number = false;
    for c in id.chars() {
        match c.to_digit(10) {
            Some(digit) => {
                if let Some((_, value)) = parts.last_mut() {
                    *value = value.saturating_mul(10).saturating_add(digit.into());
                }
                number = true;
            }
            None => {
                if number {
                    parts.push((String::new(), 0));
                    number = false;
                }
                if let Some((text, _)) = parts.last_mut() {
                    text.push(c);
                }
            }
        }
    }
    parts
}
