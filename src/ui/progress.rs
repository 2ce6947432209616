//! Progress bars on a terminal, a plain line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Pause between plain lines where no bar can be drawn.
const PLAIN_EVERY: Duration = Duration::from_secs(15);

/// Where bars are drawn; cheap to clone.
#[derive(Clone, Debug)]
pub struct Progress {
    multi: MultiProgress,
    drawn: bool,
}

impl Progress {
    /// Bars on stderr when it is a terminal, plain log lines otherwise.
    pub fn stderr() -> Self {
        Self::new(std::io::stderr().is_terminal())
    }

    /// No bars and no lines: for tests and `--quiet`.
    pub fn hidden() -> Self {
        Self {
            multi: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()),
            drawn: true,
        }
    }

    fn new(drawn: bool) -> Self {
        let target = if drawn {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            multi: MultiProgress::with_draw_target(target),
            drawn,
        }
    }

    /// The bars themselves, for writers that must not tear them.
    pub fn multi(&self) -> &MultiProgress {
        &self.multi
    }

    /// A bar that counts `unit`s up to `total`.
    pub fn bar(&self, label: impl Into<String>, total: u64, unit: &str) -> Bar {
        let template =
            format!("{{prefix:24}} {{bar:28}} {{pos:>5}}/{{len}} {unit} {{elapsed:>4}} {{msg}}");
        self.styled(label.into(), total, &template)
    }

    /// A bar that counts bytes.
    pub fn bytes(&self, label: impl Into<String>, total: u64) -> Bar {
        self.styled(
            label.into(),
            total,
            "{prefix:24} {bar:28} {bytes:>10}/{total_bytes} {elapsed:>4} {msg}",
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
            plain: (!self.drawn).then(|| Mutex::new(Instant::now())),
        }
    }
}

/// One line of progress.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    /// When the last plain line was written; `None` where the bar is drawn.
    plain: Option<Mutex<Instant>>,
}

impl Bar {
    /// Set the count reached.
    pub fn set(&self, position: u64) {
        self.bar.set_position(position);
        self.plain_line(false);
    }

    /// Set the count reached and the words behind the bar.
    pub fn update(&self, position: u64, words: impl Into<String>) {
        self.bar.set_message(words.into());
        self.set(position);
    }

    /// Set the words behind the bar.
    pub fn say(&self, words: impl Into<String>) {
        self.bar.set_message(words.into());
        self.plain_line(false);
    }

    /// End the line; what was said last stays in the log where no bar was drawn.
    pub fn finish(&self) {
        self.plain_line(true);
        self.bar.finish_and_clear();
    }

    fn plain_line(&self, now: bool) {
        let Some(last) = &self.plain else { return };
        let Ok(mut last) = last.lock() else { return };
        if now || last.elapsed() >= PLAIN_EVERY {
            *last = Instant::now();
            let total = self.bar.length().unwrap_or(0);
            let (label, words) = (self.bar.prefix(), self.bar.message());
            tracing::info!("{} {}/{total} {words}", label.trim(), self.bar.position());
        }
    }
}
