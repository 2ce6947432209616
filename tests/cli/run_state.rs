//! Models that remember samples or batches while they train: a run that is killed and stopped must
//! continue with what they remember, and with the moments of every stage.

use lnln_bench::train::checkpoint;
use tch::Tensor;

use super::program::{arguments, prepared, program, runs_in};
use super::run_stopped::{end, kill_after_first_epoch, results, start_and_wait_for_epochs};

/// Trains a model once undisturbed and once killed and stopped; both end in the same bytes. The weights
/// of the end, and what `last.safetensors` holds beside them.
fn weights_of_disturbed(model: &str, options: &[&str]) -> Vec<(String, Tensor)> {
    let folder = tempfile::tempdir().unwrap();
    let data = prepared(folder.path());
    let run = |runs: &str| {
        let mut all = arguments(folder.path(), &data, runs, 12);
        for argument in &mut all {
            if argument == "lf_dnn,constant" {
                model.clone_into(argument);
            }
        }
        all.extend(["--select", "last"].map(str::to_owned));
        all.extend(options.iter().map(|&option| option.to_owned()));
        all
    };
    program().args(run("undisturbed")).assert().success();
    let stopped = folder.path().join("stopped");
    kill_after_first_epoch(&run("stopped"), &stopped);
    let mut child = start_and_wait_for_epochs(&run("stopped"), &stopped, 2);
    assert_eq!(end(&mut child, "TERM"), Some(75));
    program().args(run("stopped")).assert().success();
    let whole = folder.path().join("undisturbed");
    assert_eq!(results(&whole), results(&stopped), "{model}");
    let (weights, _) = checkpoint::load(&runs_in(&whole)[0].checkpoint()).unwrap();
    weights
}

fn find<'a>(weights: &'a [(String, Tensor)], name: &str) -> &'a Tensor {
    &weights.iter().find(|(known, _)| known == name).unwrap().1
}

/// The weights hold the labels, and these are no longer the samples' own.
fn made_labels_are_those_of_an_undisturbed_run(model: &str) {
    let weights = weights_of_disturbed(model, &["--grad-accum", "published"]);
    let labels = |space: &str| find(&weights, &format!("state.labels_{space}"));
    for space in ["text", "audio", "vision"] {
        assert!(!labels(space).equal(labels("fusion")), "{model}: {space}");
    }
}

#[test]
fn a_killed_and_stopped_self_mm_ends_in_the_bytes_of_an_undisturbed_one() {
    made_labels_are_those_of_an_undisturbed_run("self_mm");
}

#[test]
fn a_killed_and_stopped_tetfn_ends_in_the_bytes_of_an_undisturbed_one() {
    made_labels_are_those_of_an_undisturbed_run("tetfn");
}

#[test]
fn a_killed_and_stopped_mmim_ends_in_the_bytes_of_an_undisturbed_one() {
    let weights = weights_of_disturbed("mmim", &[]);
    for pair in ["tv", "ta"] {
        let count = find(&weights, &format!("state.count_{pair}"));
        assert!(count.sum(count.kind()).double_value(&[]) > 0.0, "{pair}");
    }
}

/// The teacher is a state that no optimizer moves: it lags behind the student it started as a copy of.
#[test]
#[ignore = "long, see CONTRIBUTING.md"]
fn a_killed_and_stopped_qdrf_ends_in_the_bytes_of_an_undisturbed_one() {
    let weights = weights_of_disturbed("qdrf", &[]);
    let student = find(&weights, "fc1.weight");
    let teacher = find(&weights, "teacher.fc1.weight");
    assert!(!teacher.equal(student));
    let distance = (teacher - student).norm().double_value(&[]);
    assert!(distance < student.norm().double_value(&[]), "{distance}");
}
