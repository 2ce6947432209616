//! Runs the opcodes that make and fill lists, tuples, sets and dicts.

use super::error::{Error, Result};
use super::machine::Machine;
use super::opcode as op;
use super::payload::Id;
use super::value::Node;

impl Machine<'_> {
    pub(super) fn empty(&mut self, opcode: u8) -> Result<()> {
        match opcode {
            op::EMPTY_LIST => self.push_node(Node::List(Vec::new())),
            op::EMPTY_TUPLE => self.push_tuple(Vec::new()),
            op::EMPTY_DICT => self.push_node(Node::Dict(Vec::new())),
            _ => self.push_node(Node::Set(Vec::new())),
        }
    }

    pub(super) fn short_tuple(&mut self, opcode: u8) -> Result<()> {
        let items = self.pop_many(match opcode {
            op::TUPLE1 => 1,
            op::TUPLE2 => 2,
            _ => 3,
        })?;
        self.push_tuple(items)
    }

    /// TUPLE, LIST, DICT, FROZENSET: made of all values since the last mark.
    pub(super) fn since_mark(&mut self, opcode: u8) -> Result<()> {
        let items = self.pop_mark()?;
        match opcode {
            op::TUPLE => self.push_tuple(items),
            op::LIST => self.push_node(Node::List(items)),
            op::DICT => {
                let entries = self.pairs(&items)?;
                self.push_node(Node::Dict(entries))
            }
            _ => {
                self.check_hashable(&items)?;
                self.push_node(Node::FrozenSet(items.into()))
            }
        }
    }

    pub(super) fn extend(&mut self, opcode: u8) -> Result<()> {
        let items = match opcode {
            op::APPEND => self.pop_many(1)?,
            _ => self.pop_mark()?,
        };
        let (target, at) = (self.top()?, self.at);
        if opcode == op::ADDITEMS {
            self.check_hashable(&items)?;
        }
        match (self.node_mut(target), opcode) {
            (Node::List(list), op::APPEND | op::APPENDS) => list.extend(items),
            (Node::Set(set), op::ADDITEMS) => set.extend(items),
            // Python checks the target only if there is something to add.
            _ if items.is_empty() => {}
            (other, op::ADDITEMS) => {
                return Err(Error::malformed(at, "a set to add to", other.kind()));
            }
            (other, _) => return Err(Error::malformed(at, "a list to append to", other.kind())),
        }
        Ok(())
    }

    pub(super) fn set_items(&mut self, opcode: u8) -> Result<()> {
        let items = match opcode {
            op::SETITEM => self.pop_many(2)?,
            _ => self.pop_mark()?,
        };
        let (target, at) = (self.top()?, self.at);
        let entries = self.pairs(&items)?;
        match self.node_mut(target) {
            Node::Dict(dict) => dict.extend(entries),
            _ if entries.is_empty() => {}
            other => return Err(Error::malformed(at, "a dict to fill", other.kind())),
        }
        Ok(())
    }

    /// Keys with their values.
    pub(super) fn pairs(&self, items: &[Id]) -> Result<Vec<(Id, Id)>> {
        let (pairs, []) = items.as_chunks::<2>() else {
            return Err(self.malformed("a value for every key", "a key without a value"));
        };
        pairs
            .iter()
            .map(|[key, value]| {
                self.check_hashable(&[*key])?;
                Ok((*key, *value))
            })
            .collect()
    }

    pub(super) fn check_hashable(&self, keys: &[Id]) -> Result<()> {
        let foreign = keys.iter().find(|key| !self.node(**key).is_hashable());
        foreign.map_or(Ok(()), |key| {
            let found = self.node(*key).kind();
            Err(self.malformed("keys and set items that cannot change", found))
        })
    }
}
