//! Holds arrays whose elements are in another file than a pickle, under the same values, so that one import
//! reads every source.

use std::io::{self, Read};
use std::sync::Arc;

use super::array::{Array, Data, Order};
use super::dtype::DType;
use super::error::{Error, Result};
use super::external_elements::Elements;
use super::limits::Limits;
use super::payload::Id;
use super::reader::Pickle;
use super::source::{Source, Span};
use super::value::Node;

/// Description of an array whose elements are elsewhere.
pub struct External {
    pub dtype: DType,
    pub shape: Vec<usize>,
    /// Whether the first axis varies fastest.
    pub fortran: bool,
    pub elements: Box<dyn Elements>,
}

/// Builds the values of a source that is no pickle.
#[derive(Default)]
pub struct Builder {
    texts: Vec<u8>,
    nodes: Vec<Node>,
    elements: Vec<Box<dyn Elements>>,
}

/// A value of a [`Builder`].
#[derive(Clone, Copy, Debug)]
pub struct Made(Id);

impl Builder {
    fn node(&mut self, node: Node) -> Id {
        let id = Id(self.nodes.len() as u32);
        self.nodes.push(node);
        id
    }

    fn text(&mut self, text: &str) -> Id {
        let span = Span {
            start: self.texts.len(),
            len: text.len(),
        };
        self.texts.extend_from_slice(text.as_bytes());
        self.node(Node::Text(span))
    }

    /// A list of texts.
    pub fn texts(&mut self, texts: &[String]) -> Made {
        let items = texts.iter().map(|text| self.text(text)).collect();
        Made(self.node(Node::List(items)))
    }

    /// An array.
    pub fn array(&mut self, external: External) -> Made {
        let order = if external.fortran {
            Order::Fortran
        } else {
            Order::C
        };
        let array = Array {
            dtype: external.dtype,
            shape: external.shape.into(),
            order,
            data: Data::External(self.elements.len()),
            offset: 0,
        };
        self.elements.push(external.elements);
        Made(self.node(Node::Array(Box::new(array))))
    }

    /// A dict.
    pub fn dict(&mut self, entries: Vec<(String, Made)>) -> Made {
        let entries = entries.into_iter();
        let entries = entries
            .map(|(key, value)| (self.text(&key), value.0))
            .collect();
        Made(self.node(Node::Dict(entries)))
    }

    /// All values, below `root`.
    pub fn finish(self, root: Made) -> Pickle {
        Pickle::built(
            Arc::new(Source::Memory(self.texts)),
            self.nodes,
            self.elements,
            root.0,
            Limits::default(),
        )
    }
}

/// Calls `f` with the elements of an array of `total` bytes in storage order, at most `block` bytes at a time.
pub(super) fn blocks<E: From<Error>>(
    elements: &dyn Elements,
    total: usize,
    block: usize,
    mut f: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = elements.open().map_err(wrong)?;
    let mut buffer = vec![0; block.min(total)];
    let mut left = total;
    while left > 0 {
        let part = &mut buffer[..block.min(left)];
        reader.read_exact(part).map_err(wrong)?;
        f(part)?;
        left -= part.len();
    }
    // A reader compares its checksum at its end.
    match reader.read(&mut [0]).map_err(wrong)? {
        0 => Ok(()),
        _ => Err(Error::malformed(0, format!("{total} bytes of elements"), "more").into()),
    }
}

/// Tells what a file holds from what kept it from being read.
fn wrong(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput => {
            Error::malformed(0, "the elements of an array", error.to_string())
        }
        _ => Error::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bytes(Vec<u8>);

    impl Elements for Bytes {
        fn open(&self) -> io::Result<Box<dyn Read + '_>> {
            Ok(Box::new(&self.0[..]))
        }
    }

    fn built(bytes: Vec<u8>, shape: &[usize], fortran: bool) -> Pickle {
        let mut builder = Builder::default();
        let array = builder.array(External {
            dtype: DType::parse("<i2", 0).unwrap(),
            shape: shape.to_vec(),
            fortran,
            elements: Box::new(Bytes(bytes)),
        });
        let names = builder.texts(&["a".to_owned(), "é".to_owned()]);
        let root = builder.dict(vec![("x".to_owned(), array), ("names".to_owned(), names)]);
        builder.finish(root)
    }

    fn values(pickle: &Pickle) -> Result<Vec<i64>> {
        pickle.root().get("x").unwrap().array().unwrap().to_vec()
    }

    #[test]
    fn arrays_and_texts_are_values_like_those_of_a_pickle() {
        let bytes: Vec<u8> = (0..6i16).flat_map(i16::to_le_bytes).collect();
        let rows = built(bytes.clone(), &[2, 3], false);
        assert_eq!(values(&rows).unwrap(), [0, 1, 2, 3, 4, 5]);
        let columns = built(bytes, &[2, 3], true);
        assert_eq!(values(&columns).unwrap(), [0, 2, 4, 1, 3, 5]);
        let names = rows.root().get("names").unwrap();
        let texts: Vec<_> = names
            .items()
            .unwrap()
            .map(|item| item.text().unwrap())
            .collect();
        assert_eq!(texts, ["a", "é"]);
    }

    #[test]
    fn missing_and_surplus_elements_are_errors() {
        assert!(values(&built(vec![0; 11], &[2, 3], false)).is_err());
        assert!(values(&built(vec![0; 11], &[2, 3], true)).is_err());
        let error = values(&built(vec![0; 14], &[2, 3], false)).unwrap_err();
        assert!(
            error.to_string().contains("12 bytes of elements"),
            "{error}"
        );
    }
}
