//! Draws progress bars and lines on a terminal; off a terminal only the lines, as log messages.

use std::fmt;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::sweep_time::{SweepRuns, SweepTime};
use super::words::duration;

/// Where bars are drawn; cheap to clone.
#[derive(Clone, Debug)]
pub struct Progress {
    multi: MultiProgress,
    output: Output,
    sweep: Option<Arc<SweepTime>>,
}

/// Where lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    /// Above the bars.
    Terminal,
    Log,
    Hidden,
}

impl Progress {
    /// Bars on stderr if it is a terminal; hidden otherwise.
    pub fn stderr() -> Self {
        if std::io::stderr().is_terminal() {
            Self::new(Output::Terminal, ProgressDrawTarget::stderr())
        } else {
            Self::new(Output::Log, ProgressDrawTarget::hidden())
        }
    }

    /// No bars and no lines: for tests and `--quiet`.
    pub fn hidden() -> Self {
        Self::new(Output::Hidden, ProgressDrawTarget::hidden())
    }

    fn new(output: Output, target: ProgressDrawTarget) -> Self {
        Self {
            multi: MultiProgress::with_draw_target(target),
            output,
            sweep: None,
        }
    }

    /// The bars themselves, for writers that must not interrupt them.
    pub fn multi(&self) -> &MultiProgress {
        &self.multi
    }

    /// The same bars, with the runs of a sweep counted and timed.
    pub fn of_sweep(&self, runs: SweepRuns) -> Self {
        Self {
            sweep: Some(Arc::new(SweepTime::new(runs))),
            ..self.clone()
        }
    }

    /// A bar that counts `unit`s up to `total`.
    pub fn bar(&self, label: impl Into<String>, total: u64, unit: &str) -> Bar {
        let template =
            format!("{{prefix:24}} {{bar:16}} {{pos:>4}}/{{len}} {unit} {{elapsed:>4}} {{msg}}");
        self.styled(label.into(), total, &template)
    }

    /// A bar that counts the epochs of a run, after a line like `run 3 of 8: mosi lnln 1111`. `kind`
    /// is its entry in [`SweepRuns::to_train`].
    pub fn run_bar(&self, label: String, kind: &str, epochs: u64) -> Bar {
        let mut bar = self.bar(label.clone(), epochs, "epochs");
        if let Some(sweep) = &self.sweep {
            let (number, left) = sweep.begin((epochs > 0).then_some(kind));
            let left = left.map_or_else(String::new, |seconds| {
                format!("; about {} left for the sweep", duration(seconds))
            });
            let line = format!("run {number} of {}: {label}{left}", sweep.total());
            match self.output {
                _ if sweep.total() == 1 => {}
                Output::Terminal => bar.bar.println(line),
                Output::Log => tracing::info!("{line}"),
                Output::Hidden => {}
            }
            bar.run = (epochs > 0).then(|| RunTime {
                sweep: Arc::clone(sweep),
                kind: kind.to_owned(),
                started: Instant::now(),
                first: AtomicU64::new(u64::MAX),
            });
        }
        bar
    }

    /// A bar that counts bytes.
    pub fn bytes(&self, label: impl Into<String>, total: u64) -> Bar {
        self.styled(
            label.into(),
            total,
            "{prefix:24} {bar:16} {bytes:>10}/{total_bytes} {elapsed:>4} {msg}",
        )
    }

    fn styled(&self, label: String, total: u64, template: &str) -> Bar {
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━╸ ");
        let bar = self
            .multi
            .add(ProgressBar::new(total).with_style(style).with_prefix(label));
        Bar {
            bar,
            output: self.output,
            note: Mutex::default(),
            run: None,
            watcher: None,
        }
    }
}

/// One line of progress.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    output: Output,
    /// Text behind the bar.
    note: Mutex<String>,
    run: Option<RunTime>,
    watcher: Option<Watcher>,
}

/// Called after every count.
struct Watcher(Box<dyn Fn() + Send + Sync>);

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher")
    }
}

/// The time of a run within its sweep.
#[derive(Debug)]
struct RunTime {
    sweep: Arc<SweepTime>,
    kind: String,
    started: Instant,
    /// Epochs that were done when the bar began; `u64::MAX` before the first count.
    first: AtomicU64,
}

impl RunTime {
    /// Seconds left for the sweep, from the pace of this run and the time of the others.
    fn sweep_left(&self, position: u64, total: u64) -> Option<f64> {
        let unset =
            self.first
                .compare_exchange(u64::MAX, position, Ordering::Relaxed, Ordering::Relaxed);
        let first = unset.err()?;
        let epochs = position.checked_sub(first).filter(|epochs| *epochs > 0)?;
        let elapsed = self.started.elapsed().as_secs_f64();
        let left = elapsed / epochs as f64 * total.saturating_sub(position) as f64;
        Some(self.sweep.left(&self.kind, elapsed, left))
    }
}

impl Bar {
    /// Calls `watcher` after every count, and at the end.
    pub fn watch(&mut self, watcher: impl Fn() + Send + Sync + 'static) {
        self.watcher = Some(Watcher(Box::new(watcher)));
    }

    fn call_watcher(&self) {
        if let Some(Watcher(watcher)) = &self.watcher {
            watcher();
        }
    }

    /// Sets the count reached.
    pub fn set(&self, position: u64) {
        self.bar.set_position(position);
        let total = self.bar.length().unwrap_or_default();
        let left = self
            .run
            .as_ref()
            .and_then(|run| run.sweep_left(position, total));
        let mut message = self
            .note
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(seconds) = left {
            message += &format!("  sweep: {} left", duration(seconds));
        }
        self.bar.set_message(message);
        self.call_watcher();
    }

    /// Sets the text behind the bar.
    pub fn note(&self, note: impl Into<String>) {
        let note = note.into();
        self.bar.set_message(note.clone());
        *self.note.lock().unwrap_or_else(PoisonError::into_inner) = note;
    }

    /// Sets the count reached and the text behind the bar.
    pub fn update(&self, position: u64, note: impl Into<String>) {
        *self.note.lock().unwrap_or_else(PoisonError::into_inner) = note.into();
        self.set(position);
    }

    /// Prints a line that stays: above the bar, or in the log off a terminal.
    pub fn line(&self, text: String) {
        match self.output {
            Output::Terminal => self.bar.println(text),
            Output::Log => tracing::info!("{}: {text}", self.bar.prefix().trim()),
            Output::Hidden => {}
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
        self.call_watcher();
        if let Some(run) = &self.run {
            run.sweep
                .end(&run.kind, run.started.elapsed().as_secs_f64());
        }
    }
}
