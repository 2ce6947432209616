//! Exit codes: one for each class of errors.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | unexpected: please report it |
//! | 2 | usage: a flag, name or rate that does not exist |
//! | 3 | bad data: a pickle, prepared file or record that cannot be used |
//! | 4 | some runs failed; the others are done |
//! | 5 | device, text encoder or memory missing |
//! | 6 | input or output: a full disk, a missing folder, no permission |
//! | 7 | part of a table was not understood (`audit`); the findings are of the rest |
//! | 75 | interrupted; the same command continues |

use std::error::Error as StdError;
use std::io;

use lnln_bench::data::{dataset, inspect, pickle, store};
use lnln_bench::published::parse;
use lnln_bench::record::import;
use lnln_bench::support::{Classify, ErrorClass, color, fs};
use lnln_bench::sweep::slurm;
use lnln_bench::{mask, metric, record, report, selftest};

use super::audit;

#[cfg(feature = "torch")]
pub const INTERRUPTED: u8 = 75;

/// The exit code of an error.
pub fn of(error: &anyhow::Error) -> u8 {
    match class(error) {
        ErrorClass::Unexpected => 1,
        ErrorClass::Usage => 2,
        ErrorClass::BadData => 3,
        ErrorClass::RunsFailed => 4,
        ErrorClass::Unavailable => 5,
        ErrorClass::Io => 6,
        ErrorClass::PartlyRead => 7,
        ErrorClass::Interrupted => 75,
    }
}

/// The class of the outermost error in the chain that has one.
pub fn class(error: &anyhow::Error) -> ErrorClass {
    let known = |cause| KNOWN.iter().find_map(|class| class(cause));
    let class = error.chain().find_map(known);
    class.unwrap_or(ErrorClass::Unexpected)
}

/// The messages of the causes below an error's own.
pub fn causes(error: &anyhow::Error) -> Vec<String> {
    error.chain().skip(1).map(ToString::to_string).collect()
}

/// What stderr gets: the message and its causes. An interruption was asked for, and is no error; a result of part
/// of the input is a warning.
pub fn describe(error: &anyhow::Error) -> String {
    let mut message = match class(error) {
        ErrorClass::Interrupted => error.to_string(),
        ErrorClass::PartlyRead => format!("{} {error}", colored("warning:", YELLOW)),
        _ => format!("{} {error}", colored("error:", RED)),
    };
    for cause in causes(error) {
        message.push_str(&format!("\n  because: {cause}"));
    }
    message
}

/// Bold colors of a terminal, those of clap's own messages.
const RED: &str = "\x1b[1;31m";
const YELLOW: &str = "\x1b[1;33m";

/// Text for stderr in a color.
fn colored(text: &str, color: &str) -> String {
    if color::stderr() {
        format!("{color}{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// Whether the reader of stdout ended first (`lnln-bench list | head`), which is not a failure.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// The class of an error if it is of one type.
type ClassOf = fn(&(dyn StdError + 'static)) -> Option<ErrorClass>;

/// The error types that subcommands return.
const KNOWN: &[ClassOf] = &[
    class_of::<audit::PartlyRead>,
    class_of::<audit::NoNumbers>,
    class_of::<audit::Strong>,
    class_of::<dataset::Error>,
    class_of::<fs::Error>,
    class_of::<import::Error>,
    class_of::<inspect::Error>,
    class_of::<mask::Error>,
    class_of::<mask::ParseNoiseError>,
    class_of::<mask::rates::Error>,
    class_of::<metric::UnknownProtocol>,
    class_of::<parse::Error>,
    class_of::<pickle::Error>,
    class_of::<record::Error>,
    class_of::<report::Error>,
    class_of::<selftest::Error>,
    class_of::<slurm::Error>,
    class_of::<store::Error>,
    #[cfg(not(feature = "torch"))]
    class_of::<super::without_libtorch::WithoutLibtorch>,
    #[cfg(feature = "torch")]
    class_of::<lnln_bench::model::ModelError>,
    #[cfg(feature = "torch")]
    class_of::<lnln_bench::sweep::Error>,
    #[cfg(feature = "torch")]
    class_of::<lnln_bench::train::Error>,
    |error| error.is::<io::Error>().then_some(ErrorClass::Io),
];

fn class_of<E: Classify + StdError + 'static>(
    error: &(dyn StdError + 'static),
) -> Option<ErrorClass> {
    error.downcast_ref::<E>().map(E::class)
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    fn not_found() -> io::Error {
        io::ErrorKind::NotFound.into()
    }

    #[test]
    fn an_error_of_another_room_keeps_its_class_and_is_quoted_once() {
        let disk = record::Error::Write(fs::Error {
            path: "runs/a".into(),
            source: io::ErrorKind::StorageFull.into(),
        });
        let error = anyhow::Error::from(report::Error::from(disk)).context("no report");
        assert_eq!(of(&error), 6);
        let text = describe(&error);
        assert_eq!(text.matches("cannot write runs/a").count(), 1, "{text}");
        assert!(
            text.starts_with("error: no report\n  because: cannot write runs/a"),
            "{text}"
        );
    }

    #[test]
    fn a_message_that_quotes_its_cause_has_none() {
        let error = anyhow::Error::from(parse::Error::Io {
            path: "t.csv".into(),
            reason: not_found(),
        });
        assert_eq!((of(&error), causes(&error)), (6, vec![]));
    }

    #[test]
    fn an_error_without_a_class_is_unexpected_unless_the_system_refused() {
        assert_eq!(of(&anyhow::anyhow!("a riddle")), 1);
        let io = Err::<(), _>(not_found()).context("cannot watch for Ctrl-C");
        assert_eq!(of(&io.unwrap_err()), 6);
    }

    #[cfg(feature = "torch")]
    #[test]
    fn an_interruption_is_a_plain_line() {
        use lnln_bench::{sweep, train};
        let stopped = train::Error::Interrupted { epoch: 3, step: 0 };
        let error = anyhow::Error::from(sweep::Error::from(stopped));
        assert_eq!(of(&error), INTERRUPTED);
        assert_eq!(
            describe(&error),
            "interrupted: stored after epoch 3; the same command continues"
        );
    }
}
