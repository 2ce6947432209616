//! `run --dry-run`: prints the runs of a sweep and their estimated time and memory.

use lnln_bench::support::words;
use lnln_bench::sweep::dry_run::{DryRun as Planned, RunEstimate};
use lnln_bench::sweep::search::Budget;
use lnln_bench::sweep::status::RunState;
use schemars::JsonSchema;
use serde::Serialize;

use super::output;

/// What `run --dry-run --json` prints.
#[derive(Serialize, JsonSchema)]
pub struct DryRun<'a> {
    /// With a search, those of its present stage.
    runs: &'a [RunEstimate],
    total: Total,
    /// Trials and epochs of a search, by data set.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    search: &'a [Budget],
}

/// Prints the runs as a table or as JSON.
pub fn show(planned: &Planned, json: bool) -> anyhow::Result<()> {
    let runs = &planned.runs[..];
    if json {
        return output::json(&DryRun {
            runs,
            total: Total::of(runs),
            search: &planned.budgets,
        });
    }
    let mut notes = Notes::default();
    let trainings = distinct(runs.iter().map(|run| &*run.training));
    let mut head = vec![
        "run", "data set", "model", "seed", "state", "epoch", "time", "memory", "how",
    ];
    let mut rows: Vec<Vec<String>> = runs.iter().map(|run| row(run, &mut notes)).collect();
    // Notes on all rows need no marks.
    let how = distinct(rows.iter().map(|row| row[row.len() - 1].as_str()));
    let marked = how.len() > 1;
    if !marked {
        head.pop();
        rows.iter_mut().for_each(|row| drop(row.pop()));
    }
    if trainings.len() > 1 {
        head.insert(4, "training");
        for (row, run) in rows.iter_mut().zip(runs) {
            row.insert(4, run.training.clone());
        }
    }
    if runs.iter().any(|run| run.trial.is_some()) {
        head.extend(["trial", "settings"]);
        for (row, run) in rows.iter_mut().zip(runs) {
            row.push(run.trial.map(|trial| trial.to_string()).unwrap_or_default());
            row.push(run.settings.clone().unwrap_or_default());
        }
    }
    let mut text = output::listing(&head, rows, &["run", "model", "seed", "trial"]);
    for (i, note) in notes.0.iter().enumerate() {
        text += &if marked {
            format!("[{}] {note}\n", i + 1)
        } else {
            format!("{note}\n")
        };
    }
    if let [training] = trainings[..] {
        text += &format!("training: {training}\n");
    }
    for budget in &planned.budgets {
        text += &describe(budget, planned);
    }
    output::write(&(text + &Total::of(runs).summary()))
}

/// The budget of a search, and the stage that it is in.
fn describe(budget: &Budget, planned: &Planned) -> String {
    let rungs = budget.rungs.iter();
    let rungs = rungs.map(|rung| format!("{} trials x {} epochs", rung.trials, rung.epochs));
    let rungs: Vec<String> = rungs.collect();
    let stage = match planned.rung {
        Some(rung) => format!("the runs above are those of rung {}", rung + 1),
        None => "the runs above are those of the chosen settings".to_owned(),
    };
    format!(
        "search on {}, for each model: {}; {} epochs in all, then {} seeds of the chosen settings; {stage}\n",
        budget.dataset,
        rungs.join(", "),
        budget.total_epochs,
        planned.seeds
    )
}

fn row(run: &RunEstimate, notes: &mut Notes) -> Vec<String> {
    let unknown = || "unknown".to_owned();
    let mut how = Vec::new();
    let (mut time, mut memory) = (String::new(), String::new());
    if let Some(estimate) = &run.estimate {
        time = run.seconds_left.map_or_else(unknown, words::duration);
        how.push(notes.number(&estimate.basis));
        memory = estimate.memory.map_or_else(unknown, words::bytes);
        if estimate.memory.is_none() {
            let note =
                "memory is unknown until the first run of this model, data, batch size and encoder";
            how.push(notes.number(note));
        }
    }
    let epochs = match run.epochs {
        0 => String::new(),
        epochs => format!("{}/{epochs}", run.epoch),
    };
    vec![
        run.id.clone(),
        run.dataset.clone(),
        run.model.clone(),
        run.seed.to_string(),
        super::runs::word(run.state).to_owned(),
        epochs,
        time,
        memory,
        how.concat(),
    ]
}

/// Footnotes, each printed once.
#[derive(Default)]
struct Notes(Vec<String>);

impl Notes {
    fn number(&mut self, note: &str) -> String {
        let known = self.0.iter().position(|known| known == note);
        let index = known.unwrap_or_else(|| {
            self.0.push(note.to_owned());
            self.0.len() - 1
        });
        format!("[{}]", index + 1)
    }
}

fn distinct<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut known = Vec::new();
    all.for_each(|text| {
        if !known.contains(&text) {
            known.push(text);
        }
    });
    known
}

/// Sums over the runs that are not done.
#[derive(Serialize, JsonSchema)]
struct Total {
    runs: usize,
    done: usize,
    /// Runs of unknown time.
    #[serde(rename = "of_unknown_time")]
    unknown: usize,
    /// Seconds of the others, one after the other.
    #[serde(rename = "seconds_left")]
    seconds: f64,
    /// Largest need of a run, in bytes.
    memory: u64,
    /// Bytes on the disk.
    disk: u64,
}

impl Total {
    fn of(runs: &[RunEstimate]) -> Self {
        let left = || runs.iter().filter(|run| run.state != RunState::Done);
        let memory = left().filter_map(|run| run.estimate.as_ref()?.memory);
        Self {
            runs: runs.len(),
            done: runs.len() - left().count(),
            unknown: left().filter(|run| run.seconds_left.is_none()).count(),
            seconds: left().filter_map(|run| run.seconds_left).sum(),
            memory: memory.max().unwrap_or(0),
            disk: left().filter_map(|run| run.estimate.as_ref()?.disk).sum(),
        }
    }

    fn summary(&self) -> String {
        let left = self.runs - self.done;
        let mut text = format!("{} runs: {} done, {left} to do", self.runs, self.done);
        if left > self.unknown {
            let time = words::duration(self.seconds);
            text += &format!("; {time} one after the other");
        }
        if self.unknown == left && left > 0 {
            text += "; no time is known before a run of such a model is finished";
        } else if self.unknown > 0 {
            text += &format!(" and {} of unknown time", self.unknown);
        }
        if self.memory > 0 {
            text += &format!("; up to {} of memory", words::bytes(self.memory));
        }
        if self.disk > 0 {
            text += &format!("; {} on disk", words::bytes(self.disk));
        }
        text + ". Nothing was started."
    }
}
