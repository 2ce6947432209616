//! Writes TensorBoard event files with the numbers of `metrics.jsonl`, an event per epoch.
//!
//! They are made of the log alone, after the state of its epoch is stored, and take up where the last
//! file ends: a run that was stopped or killed, however often, has each epoch once.

mod event;
mod record;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;
use std::time::SystemTime;

use serde_json::Value as Json;

use self::event::{Event, What};
use super::Error;
use super::files::Files;

/// What TensorBoard knows its files by.
const NAME: &str = "tfevents";

/// The event files of one fit; nothing where they are not wanted.
pub struct Board(Option<Open>);

struct Open {
    path: PathBuf,
    file: File,
    /// The last epoch written.
    epoch: i64,
}

impl Board {
    /// Continues the files of a fit that has finished this many epochs.
    ///
    /// Curves are a convenience: where they cannot be written, a warning is logged and the fit continues.
    pub fn open(files: &Files, finished: u32) -> Self {
        let Some(folder) = &files.events else {
            return Self(None);
        };
        match Open::new(folder, finished) {
            Ok(open) => {
                let mut board = Self(Some(open));
                // A kill may have come between the state of an epoch and its event.
                board.follow(&files.log);
                board
            }
            Err(error) => {
                tracing::warn!("no event files for TensorBoard: {error}");
                Self(None)
            }
        }
    }

    /// Writes the epochs of a log that are not written yet.
    pub fn follow(&mut self, log: &Path) {
        if let Some(open) = &mut self.0
            && let Err(error) = open.follow(log)
        {
            tracing::warn!("no more event files for TensorBoard: {error}");
            self.0 = None;
        }
    }
}

impl Open {
    fn new(folder: &Path, finished: u32) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
        let mut epoch = last_epoch(folder)?;
        if epoch > i64::from(finished) {
            // Of a fit that was begun anew.
            for path in event_files(folder)? {
                fs::remove_file(&path).map_err(|e| Error::io(&path, e))?;
            }
            epoch = 0;
        }
        // TensorBoard reads them in the order of their names.
        let now = (seconds_now() * 1e6) as u64;
        let path = folder.join(format!("events.out.{NAME}.{now:020}.{}", process::id()));
        let file = File::create(&path).map_err(|e| Error::io(&path, e))?;
        let mut open = Self { path, file, epoch };
        open.write(0, What::version())?;
        Ok(open)
    }

    fn write(&mut self, step: i64, what: What) -> Result<(), Error> {
        let event = Event {
            wall_time: seconds_now(),
            step,
            what,
        };
        // In one piece, so that a reader rarely sees a part.
        let record = record::framed(&event.encode());
        let written = self.file.write_all(&record);
        written.map_err(|e| Error::io(&self.path, e))
    }

    fn follow(&mut self, log: &Path) -> Result<(), Error> {
        let text = match fs::read_to_string(log) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            text => text.map_err(|e| Error::io(log, e))?,
        };
        let lines = text.lines().map(serde_json::from_str::<Json>);
        for line in lines.filter_map(Result::ok) {
            let epoch = line["epoch"].as_i64().unwrap_or(0);
            if epoch > self.epoch {
                self.write(epoch, What::Scalars(scalars(&line)))?;
                self.epoch = epoch;
            }
        }
        Ok(())
    }
}

/// The numbers of a line of the log, by the names of curves.
fn scalars(line: &Json) -> Vec<(String, f32)> {
    let of = |group: &str, numbers: &Json| -> Vec<(String, Option<f64>)> {
        let numbers = numbers.as_object().into_iter().flatten();
        let named = numbers.map(|(name, value)| (format!("{group}/{name}"), value.as_f64()));
        named.collect()
    };
    let split = line["split"].as_str().unwrap_or("valid");
    let mut all = of("loss", &line["losses"]);
    all.extend(of(split, &line["scores"]));
    for rule in line["other_rules"].as_array().into_iter().flatten() {
        let scores = of(rule["split"].as_str().unwrap_or("valid"), &rule["scores"]);
        // Rules may monitor the same.
        let new = |(name, _): &(String, Option<f64>)| all.iter().all(|(known, _)| known != name);
        let new: Vec<_> = scores.into_iter().filter(new).collect();
        all.extend(new);
    }
    for (name, key, unit) in [
        ("training/learning_rate", "learning_rate", 1.0),
        ("training/samples_per_second", "samples_per_second", 1.0),
        (
            "training/peak_memory_GiB",
            "peak_memory",
            f64::from(1 << 30),
        ),
    ] {
        all.push((
            name.to_owned(),
            line[key].as_f64().map(|value| value / unit),
        ));
    }
    // An undefined score is a gap in its curve.
    let known = all.into_iter();
    known
        .filter_map(|(tag, value)| Some((tag, value? as f32)))
        .collect()
}

fn seconds_now() -> f64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap_or_default().as_secs_f64()
}

/// The last epoch in the files of a folder; 0 where there is none.
fn last_epoch(folder: &Path) -> Result<i64, Error> {
    let mut last = 0;
    for path in event_files(folder)? {
        let bytes = fs::read(&path).map_err(|e| Error::io(&path, e))?;
        // A kill may have left part of an event, which ends its file.
        let events = record::records(&bytes).filter_map(Event::decode);
        last = events.map(|event| event.step).fold(last, i64::max);
    }
    Ok(last)
}

fn event_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(folder).map_err(|e| Error::io(folder, e))?;
    let paths: std::io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(|e| Error::io(folder, e))?;
    paths.retain(|path| path.to_string_lossy().contains(NAME));
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(folder: &Path, epochs: u32) -> Files {
        let line = |epoch: u32| {
            format!(
                r#"{{"epoch":{epoch},"learning_rate":0.5,"losses":{{"mse":1.5,"total":{epoch}}},"split":"valid","scores":{{"mae":0.25,"corr":null}},"samples_per_second":8.0,"peak_memory":2147483648}}"#
            )
        };
        let text: String = (1..=epochs).map(|epoch| line(epoch) + "\n").collect();
        let log = folder.join("metrics.jsonl");
        fs::write(&log, text).unwrap();
        Files {
            best: folder.join("best"),
            last: folder.join("last"),
            log,
            events: Some(folder.join("events")),
            operations: None,
        }
    }

    /// Every event of the folder as (epoch, tag, value), in the order of the files.
    fn events(files: &Files) -> Vec<(i64, String, f32)> {
        let mut paths = event_files(files.events.as_ref().unwrap()).unwrap();
        paths.sort();
        let mut all = Vec::new();
        for path in paths {
            let bytes = fs::read(path).unwrap();
            for event in record::records(&bytes).filter_map(Event::decode) {
                if let What::Scalars(scalars) = event.what {
                    let scalars = scalars.into_iter();
                    all.extend(scalars.map(|(tag, value)| (event.step, tag, value)));
                }
            }
        }
        all
    }

    fn epochs(files: &Files) -> Vec<i64> {
        let totals = events(files).into_iter();
        let totals = totals.filter(|(_, tag, _)| tag == "loss/total");
        totals.map(|(epoch, ..)| epoch).collect()
    }

    #[test]
    fn an_epoch_has_its_curves() {
        let folder = tempfile::tempdir().unwrap();
        let files = log(folder.path(), 1);
        Board::open(&files, 1).follow(&files.log);
        let expected = [
            ("loss/mse", 1.5),
            ("loss/total", 1.0),
            ("valid/mae", 0.25),
            ("training/learning_rate", 0.5),
            ("training/samples_per_second", 8.0),
            ("training/peak_memory_GiB", 2.0),
        ];
        let expected = expected.map(|(tag, value)| (1, tag.to_owned(), value));
        assert_eq!(events(&files), expected);
    }

    #[test]
    fn a_fit_that_goes_on_has_each_epoch_once() {
        let folder = tempfile::tempdir().unwrap();
        let files = log(folder.path(), 2);
        let mut board = Board::open(&files, 2);
        // The kill comes before the event of epoch 3, and tears the file.
        log(folder.path(), 3);
        drop(board);
        let torn = event_files(files.events.as_ref().unwrap()).unwrap();
        let bytes = fs::read(&torn[0]).unwrap();
        fs::write(&torn[0], &bytes[..bytes.len() - 5]).unwrap();
        assert_eq!(epochs(&files), [1]);
        board = Board::open(&files, 3);
        log(folder.path(), 4);
        board.follow(&files.log);
        board.follow(&files.log);
        assert_eq!(epochs(&files), [1, 2, 3, 4]);
    }

    #[test]
    fn a_fit_begun_anew_starts_new_files() {
        let folder = tempfile::tempdir().unwrap();
        let files = log(folder.path(), 5);
        Board::open(&files, 5);
        log(folder.path(), 1);
        Board::open(&files, 1);
        assert_eq!(epochs(&files), [1]);
    }

    #[test]
    fn what_cannot_be_written_ends_no_fit() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = log(folder.path(), 1);
        files.events = Some(files.log.join("no-folder"));
        Board::open(&files, 1).follow(&files.log);
    }
}
