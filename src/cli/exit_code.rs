//! Exit codes, and which error gets which.
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
//! | 75 | interrupted; the same command goes on |

use std::error::Error as StdError;

use lnln_bench::data::dataset;
use lnln_bench::data::pickle;
use lnln_bench::data::store;
use lnln_bench::mask;
use lnln_bench::metric;
use lnln_bench::published::parse;
use lnln_bench::record;
use lnln_bench::record::import;
use lnln_bench::report;
use lnln_bench::sweep::slurm;

use super::audit;

pub const UNEXPECTED: u8 = 1;
pub const USAGE: u8 = 2;
pub const BAD_DATA: u8 = 3;
pub const IO: u8 = 6;
pub const MISSING: u8 = 5;
#[cfg(feature = "torch")]
pub const RUNS_FAILED: u8 = 4;
#[cfg(feature = "torch")]
pub const INTERRUPTED: u8 = 75;

/// The exit code of an error: that of the innermost error of ours in its chain.
pub fn of(error: &anyhow::Error) -> u8 {
    error.chain().filter_map(code).last().unwrap_or(UNEXPECTED)
}

/// The causes below an error's own message, without those it has already quoted.
pub fn causes(error: &anyhow::Error) -> Vec<String> {
    let mut said = error.to_string();
    let mut causes = Vec::new();
    for cause in error.chain().skip(1) {
        let words = cause.to_string();
        if !said.contains(&words) {
            said.push_str(&words);
            causes.push(words);
        }
    }
    causes
}

/// A reader that went away (`lnln-bench list | head`) is no failure.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

fn code(error: &(dyn StdError + 'static)) -> Option<u8> {
    if error.is::<std::io::Error>() {
        return Some(IO);
    }
    data_code(error).or_else(|| torch_code(error))
}

fn data_code(error: &(dyn StdError + 'static)) -> Option<u8> {
    if let Some(store::Error::DiskFull { .. }) = error.downcast_ref() {
        return Some(IO);
    }
    if error.is::<pickle::Error>() || error.is::<store::Error>() || error.is::<record::Error>() {
        return Some(BAD_DATA);
    }
    if let Some(error) = error.downcast_ref::<mask::Error>() {
        return match error {
            // The errors of other rooms within have codes of their own.
            mask::Error::Store(_) | mask::Error::Dataset(_) => None,
            mask::Error::Write { .. } | mask::Error::Read { .. } => Some(IO),
            _ if error.is_bad_data() => Some(BAD_DATA),
            _ => Some(USAGE),
        };
    }
    if error.is::<mask::rates::Error>()
        || error.is::<mask::ParseNoiseError>()
        || error.is::<metric::UnknownProtocol>()
    {
        return Some(USAGE);
    }
    if let Some(error) = error.downcast_ref::<import::Error>() {
        return match error {
            import::Error::Io { .. } => Some(IO),
            import::Error::ModelName { .. } | import::Error::SeveralModels { .. } => Some(USAGE),
            // What another room found has its own code.
            import::Error::Dataset(error) => data_code(error),
            import::Error::Record(error) => data_code(error),
            import::Error::Protocol(error) => data_code(error),
            _ => Some(BAD_DATA),
        };
    }
    if let Some(error) = error.downcast_ref::<slurm::Error>() {
        return match error {
            slurm::Error::Absent { .. } => Some(MISSING),
            slurm::Error::Io { .. } => Some(IO),
            slurm::Error::Record(error) => data_code(error),
            slurm::Error::Refused { .. } | slurm::Error::JobId { .. } => Some(MISSING),
            _ => Some(USAGE),
        };
    }
    if error.is::<audit::Strong>() {
        return Some(BAD_DATA);
    }
    if let Some(error) = error.downcast_ref::<parse::Error>() {
        return Some(match error {
            parse::Error::Io { .. } => IO,
            _ => BAD_DATA,
        });
    }
    if let Some(error) = error.downcast_ref::<dataset::Error>() {
        let usage = matches!(error, dataset::Error::UnknownDataset { .. });
        return Some(if usage { USAGE } else { BAD_DATA });
    }
    let error = error.downcast_ref::<report::Error>()?;
    let usage = matches!(
        error,
        report::Error::UnknownMetric { .. }
            | report::Error::UnknownModel { .. }
            | report::Error::UnknownReference { .. }
            | report::Error::UnknownCondition { .. }
            | report::Error::InTheWay { .. }
    );
    Some(if usage { USAGE } else { BAD_DATA })
}

#[cfg(feature = "torch")]
fn torch_code(error: &(dyn StdError + 'static)) -> Option<u8> {
    use lnln_bench::model;
    use lnln_bench::sweep;
    use lnln_bench::train;
    if let Some(error) = error.downcast_ref::<train::Error>() {
        return Some(match error {
            train::Error::NoCuda { .. } => MISSING,
            train::Error::Interrupted { .. }
            | train::Error::InterruptedEncoding
            | train::Error::InterruptedEvaluation => INTERRUPTED,
            train::Error::DeviceName { .. }
            | train::Error::EncoderName { .. }
            | train::Error::EncoderInput { .. }
            | train::Error::ScheduleName { .. }
            | train::Error::HabitName { .. }
            | train::Error::SelectionName { .. }
            | train::Error::SelectionMetric { .. }
            | train::Error::MicroBatchName { .. }
            | train::Error::BytesName { .. }
            | train::Error::NotDivisible { .. }
            | train::Error::NoRecompute { .. }
            | train::Error::PrecisionTooLow { .. } => USAGE,
            train::Error::DoesNotFit { .. } | train::Error::OutOfMemory { .. } => MISSING,
            train::Error::Io { .. } => IO,
            train::Error::Checkpoint { .. } | train::Error::EmptySplit { .. } => BAD_DATA,
            train::Error::NotFinite { .. }
            | train::Error::NotFiniteGradient { .. }
            | train::Error::NotFiniteWeights { .. }
            | train::Error::NotFinitePredictions { .. } => RUNS_FAILED,
            _ => UNEXPECTED,
        });
    }
    if let Some(error) = error.downcast_ref::<sweep::Error>() {
        return match error {
            sweep::Error::RunsFailed { .. } => Some(RUNS_FAILED),
            sweep::Error::Io { .. } => Some(IO),
            sweep::Error::NotPrepared { .. }
            | sweep::Error::Suite { .. }
            | sweep::Error::UnusedOverride { .. }
            | sweep::Error::NoWeights { .. }
            | sweep::Error::ProtocolName { .. }
            | sweep::Error::TrainOnName { .. }
            | sweep::Error::TrainOn { .. }
            | sweep::Error::NoSample { .. }
            | sweep::Error::NoMetric { .. }
            | sweep::Error::NoRun { .. }
            | sweep::Error::NothingToDo { .. } => Some(USAGE),
            sweep::Error::OtherData { .. } | sweep::Error::OtherRun { .. } => Some(BAD_DATA),
            sweep::Error::OtherEncoder { .. } => Some(MISSING),
            _ => None,
        };
    }
    error
        .downcast_ref::<model::ModelError>()
        .map(|error| match error {
            model::ModelError::UnknownModel { .. } => USAGE,
            _ => MISSING,
        })
}

#[cfg(not(feature = "torch"))]
fn torch_code(_: &(dyn StdError + 'static)) -> Option<u8> {
    None
}
