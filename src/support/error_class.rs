//! Classes of errors, one for each exit code.

/// What kind of failure an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// An error that this program should not give: please report it.
    Unexpected,
    /// A flag, name or rate that does not exist.
    Usage,
    /// A pickle, prepared file or record that cannot be used.
    BadData,
    /// Some runs failed; the others are done.
    RunsFailed,
    /// Part of the input was not understood; the result is of the rest.
    PartlyRead,
    /// A device, a text encoder or memory is missing.
    Unavailable,
    /// A full disk, a missing folder, no permission.
    Io,
    /// Stopped by a signal with everything stored.
    Interrupted,
}

/// Errors that know their class. Implementations match every variant by name, so that a new one does not
/// compile without a class.
pub trait Classify {
    fn class(&self) -> ErrorClass;
}
