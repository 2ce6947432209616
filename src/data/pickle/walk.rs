//! Lists every array and numpy scalar of a pickle with its path.

use super::array::Data;
use super::array_ref::ArrayRef;
use super::error::{Error, Result};
use super::key;
use super::payload::Id;
use super::reader::{Pickle, Value};
use super::value::Node;

/// Most bytes of all paths together, in addition to four times the file: a short file can nest a value
/// deeply and refer to it often.
const PATHS: usize = 64 << 20;

/// An array or scalar found on the walk.
pub enum Leaf<'a> {
    Array(ArrayRef<'a>),
    Scalar(Value<'a>),
}

/// Depth-first walk in file order over the values that Python would have: the last value of a key that
/// is set twice. A container is entered once, even if it is referred to often, so cycles and shared
/// lists cost nothing; an array is listed as often as it is referred to.
pub struct Walk<'a> {
    pickle: &'a Pickle,
    frames: Vec<Frame<'a>>,
    entered: Vec<bool>,
    root: Option<Id>,
    path: String,
    /// Bytes of paths still allowed.
    paths: usize,
    failed: bool,
}

/// A container on the path to the current value.
struct Frame<'a> {
    children: Children<'a>,
    next: usize,
    /// Length of the container's own path.
    path: usize,
}

enum Children<'a> {
    Items(&'a [Id]),
    /// Elements of an object array, and its shape.
    Elements(&'a [Id], &'a [usize]),
    Entries(Vec<(Id, Id)>),
}

impl Children<'_> {
    fn get(&self, index: usize) -> Option<Id> {
        match self {
            Self::Items(items) | Self::Elements(items, _) => items.get(index).copied(),
            Self::Entries(entries) => entries.get(index).map(|(_, value)| *value),
        }
    }
}

impl<'a> Walk<'a> {
    /// Starts at the root.
    pub fn new(pickle: &'a Pickle) -> Self {
        Self {
            pickle,
            frames: Vec::new(),
            entered: vec![false; pickle.nodes.len()],
            root: Some(pickle.root().id),
            path: "$".into(),
            paths: PATHS + 4 * pickle.size(),
            failed: false,
        }
    }

    /// The leaf at `id`; for a container, starts its walk.
    fn visit(&mut self, id: Id) -> Option<Leaf<'a>> {
        let pickle = self.pickle;
        let value = Value { pickle, id };
        let children = match value.node() {
            Node::Array(array) => {
                if let Data::Objects(items) = &array.data {
                    self.enter(id, || Children::Elements(items, &array.shape));
                }
                return value.array().map(Leaf::Array);
            }
            Node::Scalar(_) => return Some(Leaf::Scalar(value)),
            Node::Dict(entries) => {
                self.enter(id, || Children::Entries(key::distinct(pickle, entries)));
                return None;
            }
            other => other.items()?,
        };
        self.enter(id, || Children::Items(children));
        None
    }

    fn enter(&mut self, id: Id, children: impl FnOnce() -> Children<'a>) {
        if !std::mem::replace(&mut self.entered[id.0 as usize], true) {
            self.frames.push(Frame {
                children: children(),
                next: 0,
                path: self.path.len(),
            });
        }
    }

    /// The next value, with its path in `path`.
    fn advance(&mut self) -> Option<Id> {
        loop {
            let frame = self.frames.last_mut()?;
            self.path.truncate(frame.path);
            let index = frame.next;
            frame.next += 1;
            let Some(child) = frame.children.get(index) else {
                self.frames.pop();
                continue;
            };
            match &frame.children {
                Children::Items(_) => self.path += &format!("[{index}]"),
                Children::Elements(_, shape) => self.path += &subscript(index, shape),
                Children::Entries(entries) => {
                    self.path += &format!("[{}]", key::repr(self.pickle, entries[index].0));
                }
            }
            return Some(child);
        }
    }

    fn charge(&mut self) -> Result<()> {
        match self.paths.checked_sub(self.path.len()) {
            Some(left) => {
                self.paths = left;
                Ok(())
            }
            None => {
                self.failed = true;
                Err(Error::Limit {
                    offset: self.pickle.stream().start as u64,
                    what: "bytes of paths to the arrays",
                    limit: PATHS + 4 * self.pickle.size(),
                })
            }
        }
    }
}

/// `[4]`, or `[1, 0]` for an element of an array of two axes.
fn subscript(index: usize, shape: &[usize]) -> String {
    let (mut rest, mut parts) = (index, Vec::with_capacity(shape.len()));
    for size in shape.iter().rev() {
        parts.push((rest % size).to_string());
        rest /= size;
    }
    parts.reverse();
    if parts.is_empty() {
        "[()]".into()
    } else {
        format!("[{}]", parts.join(", "))
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Result<(String, Leaf<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        loop {
            let id = match self.root.take() {
                Some(root) => root,
                None => self.advance()?,
            };
            // The path is the leaf's own until the next step, also if the leaf has elements.
            if let Some(leaf) = self.visit(id) {
                let charged = self.charge();
                return Some(charged.map(|()| (self.path.clone(), leaf)));
            }
        }
    }
}
