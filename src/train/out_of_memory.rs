//! Recognizes that a device is out of memory, among all other errors of a pass.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use tch::TchError;

use super::Error;
use crate::model::ModelError;

/// Why a pass failed.
#[derive(Debug)]
pub enum Fault {
    /// Out of memory, with libtorch's message.
    Memory(String),
    Other(Error),
}

/// Runs `pass`, which may run out of memory by an error or by a panic: models call libtorch in ways
/// that panic.
pub fn caught<T>(pass: impl FnOnce() -> Result<T, Error>) -> Result<T, Fault> {
    silence_caught_panics();
    match panic::catch_unwind(AssertUnwindSafe(pass)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(match memory_message(&chain(&error)) {
            Some(message) => Fault::Memory(message),
            None => Fault::Other(error),
        }),
        Err(payload) => {
            let message = text(payload.as_ref());
            match (memory_message(message), libtorch_message(message)) {
                (Some(memory), _) => Err(Fault::Memory(memory)),
                (None, Some(other)) => Err(Fault::Other(Error::Libtorch(other))),
                (None, None) => panic::resume_unwind(payload),
            }
        }
    }
}

/// Runs `make`, which puts `what` onto a device and cannot be done in smaller parts, as a pass can.
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

/// The first line of a message that reports exhausted memory.
fn memory_message(message: &str) -> Option<String> {
    let exhausted = [
        "out of memory",
        "can't allocate memory",
        "not enough memory",
    ];
    let line = message
        .lines()
        .find(|line| exhausted.iter().any(|text| line.contains(text)))?;
    Some(line.trim().to_owned())
}

/// libtorch's message, where the panic is tch unwrapping an error of libtorch: an operation that this
/// machine does not support must end one run, not the whole sweep.
fn libtorch_message(message: &str) -> Option<String> {
    let (_, text) = message.split_once("value: Torch(")?;
    Some(text.trim_end_matches(')').trim_matches('"').to_owned())
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

/// Prints nothing for a panic that is caught here: the pass is tried again or reported.
fn silence_caught_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let message = text(info.payload());
            if memory_message(message).is_none() && libtorch_message(message).is_none() {
                usual(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exhausted_memory_is_recognized() {
        let fault = |message: &str| {
            let message = message.to_owned();
            caught(move || -> Result<(), Error> { panic!("{message}") })
        };
        let message = "CUDA out of memory. Tried to allocate 20.00 MiB";
        assert!(matches!(fault(message), Err(Fault::Memory(found)) if found == message));
        let error = || Err::<(), _>(Error::Libtorch("can't allocate memory: 8 bytes".to_owned()));
        assert!(matches!(caught(error), Err(Fault::Memory(_))));
        let other = || Err::<(), _>(Error::Unexpected("no".to_owned()));
        assert!(matches!(caught(other), Err(Fault::Other(_))));
        let refused = fault("called `Result::unwrap()` on an `Err` value: Torch(\"no primitive\")");
        assert!(
            matches!(refused, Err(Fault::Other(Error::Libtorch(text))) if text == "no primitive")
        );
        assert!(panic::catch_unwind(|| fault("index 3 is out of range")).is_err());
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let reason = "CUDA out of memory. Tried to allocate 2.00 GiB";
        let error = named("the test split", || -> Result<(), Error> {
            panic!("{reason}")
        });
        let message = error.unwrap_err().to_string();
        assert!(
            message.contains("the test split") && message.contains(reason),
            "{message}"
        );
        let other = || Err::<(), _>(Error::Unexpected("no".to_owned()));
        assert_eq!(named("it", other).unwrap_err().to_string(), "no");
        assert_eq!(named("it", || Ok(3)).unwrap(), 3);
    }
}
