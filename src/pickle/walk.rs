//! Every array and numpy scalar of a pickle with its path.

use super::array_ref::ArrayRef;
use super::payload::Id;
use super::reader::{Pickle, Value};
use super::value::Node;

/// An array or scalar found on the walk.
pub enum Leaf<'a> {
    Array(ArrayRef<'a>),
    Scalar(Value<'a>),
}

/// Depth-first walk in file order. A container is entered once, however often it is referred to,
/// so cycles and shared lists cost nothing.
pub struct Walk<'a> {
    pickle: &'a Pickle,
    frames: Vec<(Id, usize)>,
    entered: Vec<bool>,
    root: Option<Id>,
}

impl<'a> Walk<'a> {
    /// Starts at the root.
    pub fn new(pickle: &'a Pickle) -> Self {
        let entered = vec![false; pickle.nodes.len()];
        Self {
            pickle,
            frames: Vec::new(),
            entered,
            root: Some(pickle.root().id),
        }
    }

    fn child(&self, id: Id, index: usize) -> Option<Id> {
        match &self.pickle.nodes[id.0 as usize] {
            Node::List(items) | Node::Tuple(items) | Node::Set(items) => items.get(index).copied(),
            Node::Dict(entries) => entries.get(index).map(|(_, value)| *value),
            _ => None,
        }
    }

    /// A leaf at `id`, or the start of a container's walk.
    fn visit(&mut self, id: Id) -> Option<Leaf<'a>> {
        let value = Value {
            pickle: self.pickle,
            id,
        };
        match value.node() {
            Node::Array(_) => return value.array().map(Leaf::Array),
            Node::Scalar(..) => return Some(Leaf::Scalar(value)),
            Node::List(_) | Node::Tuple(_) | Node::Set(_) | Node::Dict(_) => {}
            _ => return None,
        }
        if !std::mem::replace(&mut self.entered[id.0 as usize], true) {
            self.frames.push((id, 0));
        }
        None
    }

    /// Python's spelling of the current position, `$['train']['audio']` or `$[0]`.
    fn path(&self) -> String {
        let mut path = String::from("$");
        for (id, next) in &self.frames {
            let index = next - 1;
            path += &match &self.pickle.nodes[id.0 as usize] {
                Node::Dict(entries) => self.key(entries[index].0),
                _ => format!("[{index}]"),
            };
        }
        path
    }

    fn key(&self, id: Id) -> String {
        let key = Value {
            pickle: self.pickle,
            id,
        };
        match (key.as_str(), key.as_i64()) {
            (Some(text), _) => format!("['{text}']"),
            (None, Some(number)) => format!("[{number}]"),
            (None, None) => format!("[{}]", key.kind()),
        }
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = (String, Leaf<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(root) = self.root.take()
            && let Some(leaf) = self.visit(root)
        {
            return Some(("$".into(), leaf));
        }
        loop {
            let (id, next) = self.frames.last_mut()?;
            let (id, index) = (*id, *next);
            *next += 1;
            let Some(child) = self.child(id, index) else {
                self.frames.pop();
                continue;
            };
            if let Some(leaf) = self.visit(child) {
                return Some((self.path(), leaf));
            }
        }
    }
}
