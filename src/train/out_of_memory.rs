//! Tells exhausted memory from the other faults of a pass.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use tch::TchError;

use super::Error;
use crate::model::ModelError;

/// Why a pass did not come to its end.
#[derive(Debug)]
pub enum Fault {
    /// What libtorch said.
    Memory(String),
    Other(Error),
}

/// Runs `pass`. Models call libtorch in ways that panic, so that memory may run out either way.
pub fn caught<T>(pass: impl FnOnce() -> Result<T, Error>) -> Result<T, Fault> {
    keep_quiet();
    match panic::catch_unwind(AssertUnwindSafe(pass)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(match memory_words(&chain(&error)) {
            Some(words) => Fault::Memory(words),
            None => Fault::Other(error),
        }),
        Err(payload) => {
            let message = text(payload.as_ref());
            match (memory_words(message), libtorch_words(message)) {
                (Some(words), _) => Err(Fault::Memory(words)),
                (None, Some(words)) => Err(Fault::Other(Error::Libtorch(words))),
                (None, None) => panic::resume_unwind(payload),
            }
        }
    }
}

/// Runs `make`, which puts `what` onto a device: no pass, so that nothing of it can be made smaller.
///
/// # Errors
/// Those of `make`; where memory runs out, one that names `what`.
pub fn named<T>(what: &str, make: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    caught(make).map_err(|fault| match fault {
        Fault::Other(error) => error,
        Fault::Memory(reason) => Error::Model(ModelError::Torch {
            doing: format!(
                "putting {what} into memory ({reason}); end what else takes room there, or use \
                 another --device"
            ),
            source: TchError::Torch(reason),
        }),
    })
}

/// The first line of a message that speaks of exhausted memory.
fn memory_words(message: &str) -> Option<String> {
    let exhausted = [
        "out of memory",
        "can't allocate memory",
        "not enough memory",
    ];
    let line = message
        .lines()
        .find(|line| exhausted.iter().any(|words| line.contains(words)))?;
    Some(line.trim().to_owned())
}

/// What libtorch said, where tch's unwrapping of its error is what panicked: an operation that this
/// machine has no form of must end one run, not the whole sweep.
fn libtorch_words(message: &str) -> Option<String> {
    let (_, words) = message.split_once("value: Torch(")?;
    Some(words.trim_end_matches(')').trim_matches('"').to_owned())
}

fn text(payload: &(dyn Any + Send)) -> &str {
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    owned
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or_default()
}

/// The messages of an error and its causes.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push('\n');
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// A pass that is tried again or reported has not crashed: its panic prints nothing.
fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let message = text(info.payload());
            if memory_words(message).is_none() && libtorch_words(message).is_none() {
                usual(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exhausted_memory_is_told_from_the_rest() {
        let fault = |message: &str| {
            let message = message.to_owned();
            caught(move || -> Result<(), Error> { panic!("{message}") })
        };
        let words = "CUDA out of memory. Tried to allocate 20.00 MiB";
        assert!(matches!(fault(words), Err(Fault::Memory(found)) if found == words));
        let error = || Err::<(), _>(Error::Libtorch("can't allocate memory: 8 bytes".to_owned()));
        assert!(matches!(caught(error), Err(Fault::Memory(_))));
        let other = || Err::<(), _>(Error::Unexpected("no".to_owned()));
        assert!(matches!(caught(other), Err(Fault::Other(_))));
        let refused = fault("called `Result::unwrap()` on an `Err` value: Torch(\"no primitive\")");
        assert!(matches!(refused, Err(Fault::Other(Error::Libtorch(w))) if w == "no primitive"));
        assert!(panic::catch_unwind(|| fault("index 3 is out of range")).is_err());
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let words = "CUDA out of memory. Tried to allocate 2.00 GiB";
        let error = named("the test split", || -> Result<(), Error> {
            panic!("{words}")
        });
        let message = error.unwrap_err().to_string();
        assert!(
            message.contains("the test split") && message.contains(words),
            "{message}"
        );
        let other = || Err::<(), _>(Error::Unexpected("no".to_owned()));
        assert_eq!(named("it", other).unwrap_err().to_string(), "no");
        assert_eq!(named("it", || Ok(3)).unwrap(), 3);
    }
}
