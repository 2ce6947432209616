mod late_reading;
mod line;
mod not_finite;
mod several_rules;
mod stages;
mod torn;
mod trainer_options;
mod validation;
mod within_group;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tch::{Device, Kind, Reduction, Tensor, nn};

use self::line::Line;
use super::*;
use crate::data::dataset::{Block, Split, SplitName};
use crate::metric::protocol;
use crate::model::{Batch, GradClip, Inputs, Losses, Rule as Update, TrainerOptions};
use crate::model::{ParamGroup, Stage, When};
use crate::model::{Trace, constant};
use crate::support::Progress;
use crate::train::Selections;
use crate::train::evaluate::Evaluator;
use crate::train::text_source::TextSource;
use crate::train::view::Views;
use crate::train::{Optimizer, checkpoint, order};

const SAMPLES: usize = 10;

static NEVER: AtomicBool = AtomicBool::new(false);

/// A split of [`SAMPLES`] samples whose labels follow their audio.
fn split(name: SplitName) -> Split {
    let block = |steps: usize, width: usize| Block {
        rows: SAMPLES,
        steps,
        width,
        data: (0..SAMPLES * steps * width)
            .map(|i| (i % 7) as f32 / 3.0 - 0.8 + (i / (steps * width)) as f32 / 10.0)
            .collect(),
    };
    Split {
        name,
        ids: (0..SAMPLES).map(|i| format!("sample{i}")).collect(),
        raw_text: vec![String::new(); SAMPLES],
        text_bert: None,
        special: None,
        text: Some(block(2, 2)),
        audio: block(3, 2),
        vision: block(2, 3),
        text_lengths: vec![2; SAMPLES],
        audio_lengths: vec![3; SAMPLES],
        vision_lengths: vec![2; SAMPLES],
        labels: (0..SAMPLES).map(|i| i as f32 / 3.0 - 1.4).collect(),
        modality_labels: None,
    }
}

/// A fit in a folder of its own.
struct Bed {
    folder: tempfile::TempDir,
    train: SplitTensors,
    views: [View; 2],
    truth: Vec<f32>,
    rules: Rules,
    epochs: u32,
    trainer_options: TrainerOptions,
    micro_batch: usize,
    read_interval: usize,
    learning_rate: f64,
    /// Whether the validation split is another one than that whose scores decide.
    watches_two: bool,
    /// Whether the model has a teacher in its store.
    teacher: bool,
    /// Epochs and orders that noise was made for.
    orders: RefCell<Vec<(u32, Vec<i64>)>>,
}

impl Bed {
    fn new(selection: impl Into<Selections>) -> Self {
        let split = split(SplitName::Train);
        let view = || {
            let views = Views {
                dataset: "mosi",
                split: &split,
                text: &TextSource::Features,
                keep_encodings: false,
                device: Device::Cpu,
                interrupt: &NEVER,
            };
            views.complete().unwrap()
        };
        Self {
            folder: tempfile::tempdir().unwrap(),
            train: SplitTensors::new(&split, Device::Cpu),
            views: [view(), view()],
            truth: split.labels.clone(),
            rules: selection.into().resolve(protocol("mosi").unwrap()).unwrap(),
            epochs: 4,
            trainer_options: TrainerOptions::NONE,
            micro_batch: 4,
            read_interval: 1,
            learning_rate: 0.05,
            watches_two: false,
            teacher: false,
            orders: RefCell::default(),
        }
    }

    /// Splits that are monitored besides that of the first rule.
    fn others(&self) -> impl Iterator<Item = SplitName> {
        let watched = self.watches_two.then_some(SplitName::Valid);
        watched.into_iter().chain(self.rules.splits().split_off(1))
    }

    fn files(&self, name: &str) -> Files {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Files {
            best: folder.join("checkpoint.safetensors"),
            last: folder.join("last.safetensors"),
            log: folder.join("metrics.jsonl"),
            events: Some(folder.join("events")),
            operations: None,
        }
    }

    fn fit(&self, name: &str, prepare: impl Fn(&mut Line)) -> Result<State, Error> {
        let flag = Arc::new(AtomicBool::new(false));
        self.fit_until(name, prepare, &flag)
    }

    fn fit_until(
        &self,
        name: &str,
        prepare: impl Fn(&mut Line),
        flag: &AtomicBool,
    ) -> Result<State, Error> {
        let _rng = crate::model::rng::seeded(1);
        let mut store = nn::VarStore::new(Device::Cpu);
        let mut model = Line::new(&store);
        if self.teacher {
            model.teacher = Some((store.root() / "state").zeros_no_train("teacher", &[1]));
        }
        prepare(&mut model);
        let again = |epoch: u32, order: &[i64]| {
            self.orders.borrow_mut().push((epoch, order.to_vec()));
            let split = split(SplitName::Train);
            let views = Views {
                dataset: "mosi",
                split: &split,
                text: &TextSource::Features,
                keep_encodings: false,
                device: Device::Cpu,
                interrupt: &NEVER,
            };
            views.complete().map(Rc::new)
        };
        let evaluator = Evaluator::new(Precision::Fp32, flag);
        let monitored = Monitored {
            split: &self.train,
            views: &self.views,
            truth: &self.truth,
            evaluator: &evaluator,
        };
        let data = Data {
            train: &self.train,
            complete: &self.views[0],
            noisy: &again,
            monitored,
            others: self.others().map(|split| (split, monitored)).collect(),
        };
        let plan = Plan {
            entry: &constant::ENTRY,
            recipe: Recipe {
                rule: Update::AdamW,
                learning_rate: self.learning_rate,
                weight_decay: 0.01,
                batch_size: 4,
                epochs: self.epochs,
                clip: GradClip::None,
                trainer_options: self.trainer_options,
            },
            schedule: Schedule::Constant,
            rules: self.rules.clone(),
            seed: 5,
            precision: Precision::Fp32,
            micro_batch: self.micro_batch,
            read_interval: self.read_interval,
        };
        let bar = Progress::hidden().bar("test", 1, "epochs");
        let files = self.files(name);
        fit(&plan, &data, &mut model, &mut store, &files, flag, &bar)
    }

    fn bytes(&self, name: &str, file: &str) -> Vec<u8> {
        std::fs::read(self.folder.path().join(name).join(file)).unwrap()
    }

    /// The lines of the log.
    fn lines(&self, name: &str) -> Vec<serde_json::Value> {
        let text = String::from_utf8(self.bytes(name, "metrics.jsonl")).unwrap();
        let lines = text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    }

    /// A term of every line of the log.
    fn logged(&self, name: &str, term: &str) -> Vec<serde_json::Value> {
        let lines = self.lines(name).into_iter();
        lines.map(|mut line| line[term].take()).collect()
    }
}

const STORED: [&str; 2] = ["checkpoint.safetensors", "last.safetensors"];

fn weights_of(path: &Path) -> Vec<f64> {
    let (tensors, _) = checkpoint::load(path).unwrap();
    let mut all: Vec<_> = tensors.into_iter().collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.iter().map(|(_, t)| t.double_value(&[0])).collect()
}

#[test]
fn twice_gives_the_same_bytes() {
    let bed = Bed::new(Selection::default());
    for name in ["a", "b"] {
        bed.fit(name, |_| {}).unwrap();
    }
    for file in STORED {
        assert_eq!(bed.bytes("a", file), bed.bytes("b", file), "{file}");
    }
}

#[test]
fn a_signal_in_an_epoch_stops_after_the_step_and_the_fit_goes_on_from_there() {
    let bed = Bed::new(Selection::default());
    bed.fit("undisturbed", |_| {}).unwrap();
    // Three steps an epoch: the fifth pass is the second step of the second epoch.
    let flag = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&flag);
    let stopped = bed.fit_until("stopped", |m| m.stop = Some((5, Arc::clone(&stop))), &flag);
    assert!(
        matches!(stopped, Err(Error::Interrupted { epoch: 1, step: 2 })),
        "{stopped:?}"
    );
    bed.fit("stopped", |_| {}).unwrap();
    ends_alike(&bed, "stopped");
}

/// Whether a fit has left what the fit named `undisturbed` has.
fn ends_alike(bed: &Bed, name: &str) {
    for file in STORED {
        let (whole, other) = (bed.bytes("undisturbed", file), bed.bytes(name, file));
        assert!(whole == other, "{name}: {file}");
    }
    for term in ["epoch", "losses", "scores", "selected"] {
        let (whole, other) = (bed.logged("undisturbed", term), bed.logged(name, term));
        assert_eq!(whole, other, "{name}: {term}");
    }
}

#[test]
fn exhausted_memory_halves_the_pass_and_changes_no_update() {
    let bed = Bed::new(Selection::Last);
    // Without the draws, which other passes make in another order.
    let sound = |room: i64| {
        move |model: &mut Line| {
            model.room = room;
            model.draws = false;
        }
    };
    let whole = bed.fit("whole", sound(4)).unwrap();
    let halved = bed.fit("halved", sound(1)).unwrap();
    assert_eq!((whole.micro_batch, halved.micro_batch), (4, 1));
    let paths = ["whole", "halved"].map(|name| bed.files(name).best);
    let [a, b] = paths.map(|path| weights_of(&path));
    for (a, b) in a.iter().zip(&b) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
    let refused = bed.fit("refused", |model| {
        model.room = 2;
        model.divisible = false;
    });
    assert!(
        matches!(refused, Err(Error::OutOfMemory { samples: 4, .. })),
        "{refused:?}"
    );
    let nothing = bed.fit("nothing", |model| model.room = 0);
    assert!(
        matches!(nothing, Err(Error::OutOfMemory { samples: 1, .. })),
        "{nothing:?}"
    );
}

#[test]
fn a_stored_fit_keeps_to_the_smaller_passes() {
    let mut bed = Bed::new(Selection::Last);
    let stopped = |bed: &Bed, name: &str| {
        let flag = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&flag);
        let result = bed.fit_until(name, |m| m.stop = Some((2, Arc::clone(&stop))), &flag);
        assert!(
            matches!(result, Err(Error::Interrupted { .. })),
            "{result:?}"
        );
    };
    for (stored, asked, expected) in [(4, 2, 2), (2, 4, 2), (4, 4, 4)] {
        let name = format!("{stored}-{asked}");
        bed.micro_batch = stored;
        stopped(&bed, &name);
        bed.micro_batch = asked;
        assert_eq!(
            bed.fit(&name, |_| {}).unwrap().micro_batch,
            expected,
            "{name}"
        );
    }
}

/// Noise that depends on the order sees all of it, wherever in the epoch a fit begins, and whatever the
/// steps and passes.
#[test]
fn noise_is_made_for_the_whole_order_of_an_epoch() {
    let mut bed = Bed::new(Selection::Last);
    let orders = |bed: &Bed, name: &str| {
        bed.orders.take();
        bed.fit(name, |_| {}).unwrap();
        bed.orders.take()
    };
    let whole = orders(&bed, "whole");
    let expected = (1..=bed.epochs).map(|epoch| (epoch, order::shuffled(SAMPLES, 5, epoch)));
    assert_eq!(whole, expected.collect::<Vec<_>>());
    let flag = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&flag);
    let stopped = bed.fit_until("stopped", |m| m.stop = Some((2, Arc::clone(&stop))), &flag);
    assert!(
        matches!(stopped, Err(Error::Interrupted { .. })),
        "{stopped:?}"
    );
    assert_eq!(bed.orders.take(), whole[..1]);
    assert_eq!(orders(&bed, "stopped"), whole);
    bed.trainer_options.grad_accum = 2;
    bed.micro_batch = 1;
    assert_eq!(orders(&bed, "divided"), whole);
}

#[test]
fn the_paper_keeps_the_weights_of_picked_epochs_alone() {
    let bed = Bed::new(Selection::Paper);
    let state = bed.fit("paper", |_| {}).unwrap();
    assert_eq!(state.picks.len(), bed.rules.first.monitored.len());
    let files = bed.files("paper");
    let mut expected: Vec<PathBuf> = state
        .picks
        .values()
        .map(|pick| files.picked(&bed.rules, pick.epoch))
        .collect();
    expected.sort();
    expected.dedup();
    let mut found: Vec<PathBuf> = std::fs::read_dir(files.folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("checkpoint-epoch-"))
        .collect();
    found.sort();
    assert_eq!(found, expected);
    assert!(!files.best.exists());
}

#[test]
fn the_last_epoch_is_stored_once() {
    let bed = Bed::new(Selection::Last);
    let state = bed.fit("last", |_| {}).unwrap();
    assert_eq!(state.selected(), bed.epochs);
    let (last, best) = (bed.files("last").last, bed.files("last").best);
    let (last, _) = checkpoint::load(&last).unwrap();
    for (name, tensor) in checkpoint::load(&best).unwrap().0 {
        let same = last.iter().find(|(known, _)| *known == name).unwrap();
        assert!(same.1.equal(&tensor), "{name}");
    }
}
