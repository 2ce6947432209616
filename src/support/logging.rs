//! Writes log lines to stderr, around the progress bars.

use std::io::{self, Write};

use indicatif::MultiProgress;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::Progress;

/// Environment variable that overrides the log level, in `tracing`'s filter syntax.
pub const FILTER: &str = "LNLN_BENCH_LOG";

/// Starts logging: warnings with `--quiet`, debug messages of this crate with `-v`.
pub fn start(progress: &Progress, quiet: bool, verbose: bool) {
    // Of characters without a font there is one warning for all figures, in place of one for each.
    let level = match (quiet, verbose) {
        (true, _) => "warn,usvg=error",
        (_, true) => "lnln_bench=debug,info,usvg=error",
        _ => "info,usvg=error",
    };
    let filter = EnvFilter::try_from_env(FILTER).unwrap_or_else(|_| EnvFilter::new(level));
    let writer = AroundBars(progress.multi().clone());
    // A second start (tests) keeps the first subscriber.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .without_time()
        .with_ansi(super::color::stderr())
        .with_writer(writer)
        .try_init();
}

struct AroundBars(MultiProgress);

impl<'a> MakeWriter<'a> for AroundBars {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line {
            bars: self.0.clone(),
            bytes: Vec::new(),
        }
    }
}

/// Collects one event and writes it at once while the bars are hidden.
struct Line {
    bars: MultiProgress,
    bytes: Vec<u8>,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.bytes);
        self.bars.suspend(|| io::stderr().write_all(&bytes))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // A log line that cannot be written has nowhere to be reported.
        let _ = self.flush();
    }
}
