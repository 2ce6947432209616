//! Progress bars and lines on a terminal; in a log the lines alone.

use std::io::IsTerminal;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Where bars are drawn; cheap to clone.
#[derive(Clone, Debug)]
pub struct Progress {
    multi: MultiProgress,
    place: Place,
}

/// Where a line goes that is to stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Above the bars.
    Terminal,
    Log,
    Nowhere,
}

impl Progress {
    /// Bars on stderr when it is a terminal; they are hidden otherwise.
    pub fn stderr() -> Self {
        if std::io::stderr().is_terminal() {
            Self::new(Place::Terminal, ProgressDrawTarget::stderr())
        } else {
            Self::new(Place::Log, ProgressDrawTarget::hidden())
        }
    }

    /// No bars and no lines: for tests and `--quiet`.
    pub fn hidden() -> Self {
        Self::new(Place::Nowhere, ProgressDrawTarget::hidden())
    }

    fn new(place: Place, target: ProgressDrawTarget) -> Self {
        Self {
            multi: MultiProgress::with_draw_target(target),
            place,
        }
    }

    /// The bars themselves, for writers that must not tear them.
    pub fn multi(&self) -> &MultiProgress {
        &self.multi
    }

    /// A bar that counts `unit`s up to `total`.
    pub fn bar(&self, label: impl Into<String>, total: u64, unit: &str) -> Bar {
        let template =
            format!("{{prefix:24}} {{bar:16}} {{pos:>4}}/{{len}} {unit} {{elapsed:>4}} {{msg}}");
        self.styled(label.into(), total, &template)
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
            place: self.place,
        }
    }
}

/// One line of progress.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    place: Place,
}

impl Bar {
    /// Set the count reached.
    pub fn set(&self, position: u64) {
        self.bar.set_position(position);
    }

    /// Set the count reached and the words behind the bar.
    pub fn update(&self, position: u64, words: impl Into<String>) {
        self.say(words);
        self.set(position);
    }

    /// Set the words behind the bar.
    pub fn say(&self, words: impl Into<String>) {
        self.bar.set_message(words.into());
    }

    /// A line that stays: above the bar, or in the log where no bar is drawn.
    pub fn line(&self, words: String) {
        match self.place {
            Place::Terminal => self.bar.println(words),
            Place::Log => tracing::info!("{}: {words}", self.bar.prefix().trim()),
            Place::Nowhere => {}
        }
    }

    /// End the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
