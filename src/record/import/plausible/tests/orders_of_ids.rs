//! Predictions in another order than their ids, and seeds beside one in another order.

use super::super::beside::smooth;
use super::super::gaps::filled;
use super::super::order::{batches, orders, scrambled, shifted};
use super::super::{Reference, findings, groups};
use super::{STRONG, Simulated, simulate};

#[test]
fn ids_in_another_order_are_found_with_the_order() {
    let n = STRONG.samples;
    let sound = simulate(STRONG);
    let mut sorted: Vec<usize> = (0..n).collect();
    sorted.sort_by_key(|i| &sound.ids[*i]);
    let shared = (0..4).flat_map(|rank| (rank..n).step_by(4));
    // Within each video 10 comes before 2, or the last clip first.
    let video = |i: &usize| sound.ids[*i].rsplit_once("$_$").unwrap().0;
    let places: Vec<usize> = (0..n).collect();
    let by_text = places
        .chunk_by(|a, b| video(a) == video(b))
        .flat_map(|clips| {
            let mut clips = clips.to_vec();
            clips.sort_by_key(|i| &sound.ids[*i]);
            clips
        });
    let back = places.chunk_by(|a, b| video(a) == video(b));
    let back = back.flat_map(|clips| clips.iter().rev().copied());
    for (order, words) in [
        (
            (1..n).chain([0]).collect::<Vec<_>>(),
            "of the sample 1 further on",
        ),
        (by_text.collect(), "as text within each video"),
        (back.collect(), "in reverse order within each video"),
        (
            (n - 16..n).chain(0..n - 16).collect(),
            "of the sample 16 before",
        ),
        ((0..n).rev().collect(), "in reverse order"),
        (sorted, "in the order of sorted ids"),
        (
            shared.collect(),
            "in the order in which 4 processes share them",
        ),
    ] {
        let mut changed = simulate(STRONG);
        for (pass, sound) in changed.passes.iter_mut().zip(&sound.passes) {
            *pass = order.iter().map(|i| sound[*i]).collect();
        }
        let found = changed.found().join("; ");
        assert!(found.contains(words), "{words}: {found}");
        let found = orders::finding(&changed.without_first(1), &changed.reference());
        assert!(found.is_some_and(|one| one.text.contains(words)), "{words}");
    }
}

#[test]
fn orders_that_scripts_produce_are_found() {
    let n = STRONG.samples;
    let sound = simulate(STRONG);
    let lengths: Vec<u32> = (0..n as u32).map(|i| i * 7919 % 47).collect();
    let reference = Reference {
        lengths: [&lengths, &[], &[]],
        ..sound.reference()
    };
    assert!(orders::finding(&sound.run(1), &reference).is_none());
    let orders = batches::orders(&lengths, n);
    assert_eq!(orders.len(), 3 + 7 + 3 * 6 + 1 + 2 * 5 + 4 * 6);
    for (text, order) in orders {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..n), "{text}");
        if text.contains("equal text length") && text.contains("batches") {
            // Few samples of a batch have one length here.
            continue;
        }
        let mut run = sound.run(1);
        for pass in run.passes.values_mut() {
            *pass = order.iter().map(|i| pass[*i]).collect();
        }
        let found = orders::finding(&run, &reference);
        assert!(found.is_some_and(|one| one.text.contains(&text)), "{text}");
    }
    // Two lengths.
    let few: Vec<u32> = (0..n as u32).map(|i| i * 7919 % 47 % 2).collect();
    let reference = Reference {
        lengths: [&few, &[], &[]],
        ..reference
    };
    let orders = batches::orders(&few, n);
    let ties = orders
        .iter()
        .filter(|(text, _)| text.contains("equal text length"));
    for (text, order) in ties {
        let mut run = sound.run(1);
        for pass in run.passes.values_mut() {
            *pass = order.iter().map(|i| pass[*i]).collect();
        }
        let found = orders::finding(&run, &reference);
        assert!(found.is_some_and(|one| one.text.contains(text)), "{text}");
    }
    // Within a batch of 16 the longest sample comes first.
    let orders = batches::orders(&lengths, n);
    let (_, order) = orders
        .iter()
        .find(|(text, _)| *text == "in the order of text length within batches of 16")
        .unwrap();
    assert!((0..16).all(|place| order[place] < 16));
    assert!(order[..16].is_sorted_by_key(|i| std::cmp::Reverse(lengths[*i])));
}

#[test]
fn orders_within_videos_and_batches_are_found() {
    let sound = simulate(STRONG);
    let text = |changed: &Simulated| {
        let found = scrambled::finding(&changed.run(1), &changed.reference());
        found.map(|one| one.text)
    };
    assert_eq!(text(&sound), None);
    let all = groups::of(&sound.ids);
    let names = ["video", "batch of 16 samples", "batch of 8 samples"];
    for (what, groups) in all.iter().filter(|(what, _)| names.contains(&&**what)) {
        let mut shuffled = simulate(STRONG);
        let mut sorted = simulate(STRONG);
        for group in groups {
            shuffled.shuffle(group, &[0]);
            let mut own: Vec<f32> = group.iter().map(|i| sound.passes[0][*i]).collect();
            own.sort_by(f32::total_cmp);
            let places = group.iter().zip(own);
            places.for_each(|(i, p)| sorted.passes[0][*i] = p);
        }
        for changed in [shuffled, sorted] {
            let text = text(&changed).unwrap_or_default();
            assert!(text.contains("within each"), "{what}: {text}");
        }
    }
    // Half of the videos.
    let mut half = simulate(STRONG);
    all[0]
        .1
        .iter()
        .step_by(2)
        .for_each(|clips| half.shuffle(clips, &[0]));
    assert_eq!(text(&half), None);
}

#[test]
fn answers_of_one_decimal_are_compared_as_others_are() {
    let found = |change: &dyn Fn(&mut Vec<f32>)| {
        let mut changed = simulate(STRONG);
        for pass in &mut changed.passes {
            change(pass);
            pass.iter_mut().for_each(|p| *p = (*p * 4.0).round() / 10.0);
        }
        let run = changed.run(1);
        let found = findings(&run, std::slice::from_ref(&run), &changed.reference());
        let texts: Vec<String> = found.into_iter().map(|finding| finding.text).collect();
        texts.join("; ")
    };
    let sound = found(&|_| {});
    assert!(sound.contains("rounded to labels or classes"), "{sound}");
    assert!(!sound.contains("; "), "{sound}");
    let shuffled = found(&|pass| {
        let n = pass.len();
        *pass = (0..n).map(|i| pass[(i * 293 + 11) % n]).collect();
    });
    assert!(
        shuffled.contains("have nothing to do with the labels"),
        "{shuffled}"
    );
    let third = found(&|pass| pass.iter_mut().for_each(|p| *p /= 4.0));
    assert!(third.contains("another scale"), "{third}");
}

#[test]
fn running_means_are_found() {
    let text = |changed: &Simulated| {
        let found = smooth::running(&changed.run(1), &changed.reference());
        found.map(|one| one.text)
    };
    let mut changed = simulate(STRONG);
    assert_eq!(text(&changed), None);
    for pass in &mut changed.passes {
        let mut sum = 0.0;
        for (i, p) in pass.iter_mut().enumerate() {
            sum += *p;
            *p = sum / (i + 1) as f32;
        }
    }
    assert!(
        text(&changed)
            .unwrap()
            .contains("each prediction is the mean")
    );
    // A mean of the last few is another thing.
    let mut moving = simulate(STRONG);
    for pass in &mut moving.passes {
        *pass = pass
            .windows(5)
            .map(|five| five.iter().sum::<f32>() / 5.0)
            .collect();
        pass.extend([0.1, 0.2, 0.3, 0.4]);
    }
    assert_eq!(text(&moving), None);
}

#[test]
fn predictions_from_a_lost_or_inserted_row_on_are_found() {
    let n = STRONG.samples;
    let shift = |from: usize, lost: bool, first: usize| {
        let mut changed = simulate(STRONG);
        for pass in &mut changed.passes {
            if lost {
                pass[from..].rotate_left(1);
            } else {
                pass[from..].rotate_right(1);
            }
        }
        let found = shifted::finding(&changed.without_first(first), &changed.reference());
        found.map(|one| one.text).unwrap_or_default()
    };
    for from in [0, 200, 300, n / 2] {
        for first in [0, 2] {
            let text = shift(from, true, first);
            assert!(
                text.contains("of the sample after theirs"),
                "{from}: {text}"
            );
            let text = shift(from, false, first);
            assert!(
                text.contains("of the sample before theirs"),
                "{from}: {text}"
            );
        }
    }
    // Rows lost at three places.
    let mut changed = simulate(STRONG);
    for pass in &mut changed.passes {
        for from in [n / 4, n / 3, n / 2] {
            pass[from..].rotate_left(1);
        }
    }
    let found = shifted::finding(&changed.run(1), &changed.reference()).unwrap();
    assert!(
        found.text.contains("of the sample 3 after theirs"),
        "{}",
        found.text
    );
    let sound = simulate(STRONG);
    assert!(shifted::finding(&sound.run(1), &sound.reference()).is_none());
}

#[test]
fn a_seed_in_another_order_accuses_no_other() {
    let sound = simulate(STRONG);
    let mut other = simulate(STRONG);
    let everyone: Vec<usize> = (0..STRONG.samples).collect();
    let rates: Vec<usize> = (0..other.passes.len()).collect();
    for pass in &mut other.passes {
        pass.iter_mut().for_each(|p| *p *= 1.1);
    }
    let runs = [sound.run(1), other.run(2)];
    assert!(filled::findings(&runs[0], &runs, &sound.reference()).is_empty());
    for pass in 0..rates.len() {
        other.shuffle(&everyone, &rates[pass..=pass]);
    }
    let runs = [sound.run(1), other.run(2)];
    assert!(filled::findings(&runs[0], &runs, &sound.reference()).is_empty());
}
