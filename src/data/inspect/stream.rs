//! Describes each stream of a pickle as a JSON object.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Error, Result};
use crate::data::dataset;
use crate::data::pickle::{self, ArrayRef, Leaf, Pickle, Shared, Walk};

/// Most streams of one file that get an object; the rest is counted in bytes.
const STREAMS: u64 = 10_000;

/// Outcome of reading a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum Outcome {
    #[serde(rename = "OK")]
    Read,
    /// It names something that is not allowed.
    #[serde(rename = "REFUSED")]
    Refused,
    /// It is damaged, hostile or not a pickle.
    #[serde(rename = "ERROR")]
    Failed,
}

/// The object of `inspect --json` for one stream.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Stream {
    pub file: String,
    /// Index of the stream in the file.
    pub stream: u64,
    pub protocol: u8,
    pub outcome: Outcome,
    /// The error; for a stream that was read, a note on bytes after it that are not a stream.
    pub reason: Option<String>,
    /// Bytes of the stream.
    pub consumed: Option<usize>,
    /// Every array and numpy scalar.
    pub arrays: Vec<ArrayRow>,
}

/// Path, dtype (`None` for a value without one), shape, order (`C` or `F`) and SHA-256 of the elements in
/// row-major order (`None` for an array of objects).
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ArrayRow(
    pub String,
    pub Option<String>,
    pub Vec<usize>,
    pub &'static str,
    pub Option<String>,
);

impl Stream {
    fn failed(path: &Path, stream: u64, protocol: u8, error: &pickle::Error) -> Self {
        let refused = matches!(error, pickle::Error::ForbiddenGlobal { .. });
        let protocol = match error {
            pickle::Error::Protocol { found, .. } => *found,
            _ => protocol,
        };
        Self {
            file: path.display().to_string(),
            stream,
            protocol,
            outcome: if refused {
                Outcome::Refused
            } else {
                Outcome::Failed
            },
            reason: Some(error.to_string()),
            consumed: None,
            arrays: Vec::new(),
        }
    }

    /// The object of a stream that was read, or the error of an array in it.
    fn of(path: &Path, stream: u64, pickle: &Pickle) -> Result<Self, pickle::Error> {
        Ok(Self {
            file: path.display().to_string(),
            stream,
            protocol: pickle.protocol(),
            outcome: Outcome::Read,
            reason: None,
            consumed: Some(pickle.stream().len()),
            arrays: rows(pickle)?,
        })
    }
}

/// Calls `emit` with every stream of a file.
pub fn read<E: From<Error>>(
    path: &Path,
    mut emit: impl FnMut(Stream) -> Result<(), E>,
) -> Result<(), E> {
    let mut failure = None;
    let mut next = Some(Pickle::open(path));
    let mut first_bytes = protocol(path);
    for number in 0.. {
        let pickle = match next.take() {
            Some(Ok(pickle)) => pickle,
            Some(Err(error)) => {
                emit(Stream::failed(path, number, first_bytes, &error))?;
                failure.get_or_insert(error);
                break;
            }
            None => break,
        };
        let (mut stream, error) = match Stream::of(path, number, &pickle) {
            Ok(stream) => (stream, None),
            Err(error) => (
                Stream::failed(path, number, pickle.protocol(), &error),
                Some(error),
            ),
        };
        next = following(&pickle, number, &mut stream.reason);
        first_bytes = pickle::protocol(pickle.trailing());
        emit(stream)?;
        failure = failure.or(error);
    }
    failure.map_or(Ok(()), |source| {
        Err(E::from(Error::Pickle {
            path: path.to_owned(),
            source,
        }))
    })
}

/// Calls `emit` with the arrays of an archive or a folder, as one stream without a protocol.
pub fn read_arrays<E: From<Error>>(
    path: &Path,
    emit: impl FnOnce(Stream) -> Result<(), E>,
) -> Result<(), E> {
    let found = dataset::open_source(path).and_then(|(_, pickle)| Stream::of(path, 0, &pickle));
    match found {
        Ok(stream) => emit(Stream {
            protocol: 0,
            consumed: None,
            ..stream
        }),
        Err(source) => {
            emit(Stream::failed(path, 0, 0, &source))?;
            let path = path.to_owned();
            Err(E::from(Error::Pickle { path, source }))
        }
    }
}

/// The next stream. Bytes that do not start like a stream of protocols 2 to 5, cannot be read and name
/// nothing forbidden are not a stream, since Python never reads them; `reason` notes them.
fn following(
    pickle: &Pickle,
    number: u64,
    reason: &mut Option<String>,
) -> Option<Result<Pickle, pickle::Error>> {
    let rest = pickle.trailing();
    let next = if number + 1 < STREAMS {
        pickle.following()?
    } else {
        Err(pickle::Error::Malformed {
            offset: pickle.stream().end as u64,
            expected: format!("at most {STREAMS} streams"),
            found: "more".into(),
        })
    };
    match next {
        Err(error) if pickle::protocol(rest) == 0 && !is_refusal(&error) => {
            reason.get_or_insert(format!("{} bytes follow that are not a pickle", rest.len()));
            None
        }
        next => Some(next),
    }
}

fn is_refusal(error: &pickle::Error) -> bool {
    matches!(error, pickle::Error::ForbiddenGlobal { .. })
}

/// The protocol in the first bytes of a file that could not be read; 0 for what is no regular file, where
/// opening may wait forever.
fn protocol(path: &Path) -> u8 {
    use std::io::Read;
    if !path.is_file() {
        return 0;
    }
    let mut start = [0; 2];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.map_or(0, |()| pickle::protocol(&start))
}

fn rows(pickle: &Pickle) -> Result<Vec<ArrayRow>, pickle::Error> {
    let (mut rows, mut hashes) = (Vec::new(), Shared::new(pickle));
    for leaf in Walk::new(pickle) {
        rows.push(match leaf? {
            (path, Leaf::Array(array)) => ArrayRow(
                path,
                Some(array.dtype().to_string()),
                array.shape().to_vec(),
                order(array),
                hashes.get(array, |array| array.sha256())?,
            ),
            (path, Leaf::Scalar(value)) => {
                let (dtype, bytes) = value.scalar().unzip();
                ArrayRow(
                    path,
                    dtype.map(|dtype| format!("scalar {dtype}")),
                    Vec::new(),
                    "C",
                    bytes.map(|bytes| pickle::sha256(&bytes)),
                )
            }
        });
    }
    Ok(rows)
}

/// numpy's flag: `F` for column-major order, else `C`.
pub fn order(array: ArrayRef<'_>) -> &'static str {
    if array.is_fortran() { "F" } else { "C" }
}
