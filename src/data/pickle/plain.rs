//! Makes Python's built-in types that have no opcode, at least in older protocols.

use super::error::Result;
use super::global::Global;
use super::machine::Machine;
use super::payload::{Id, Payload};
use super::value::Node;

impl Machine<'_> {
    pub(super) fn plain(&mut self, global: Global, args: &[Id]) -> Result<Node> {
        match (global, args) {
            (Global::Bytes, []) => Ok(Node::Encoded(Box::new(Payload::EMPTY))),
            (Global::Set | Global::FrozenSet, _) => self.set(global, args),
            (Global::Complex, [real, imaginary]) => self.complex(*real, *imaginary),
            (Global::Slice, [_, _, _]) => Ok(Node::Other("a slice")),
            (Global::Range, [_] | [_, _] | [_, _, _]) => self.range(args),
            (Global::OrderedDict, []) => Ok(Node::Dict(Vec::new())),
            (Global::OrderedDict, [items]) => self.ordered_dict(*items),
            (Global::DefaultDict, [] | [_]) => self.default_dict(args),
            _ => Err(self.wrong_arguments("the arguments that Python and numpy write", args)),
        }
    }

    /// `set()` or `set([...])`.
    fn set(&mut self, global: Global, args: &[Id]) -> Result<Node> {
        let items = match args {
            [] => Vec::new(),
            [items] => self.copied(*items)?,
            _ => return Err(self.wrong_arguments("set([...])", args)),
        };
        self.check_hashable(&items)?;
        Ok(match global {
            Global::Set => Node::Set(items),
            _ => Node::FrozenSet(items.into()),
        })
    }

    /// Copies the items of a container, with a limit, since a short file can refer to it very often.
    pub(super) fn copied(&mut self, container: Id) -> Result<Vec<Id>> {
        let count = self.node(container).items().map(<[Id]>::len);
        self.charge(count.unwrap_or(0))?;
        match self.node(container).items() {
            Some(items) => Ok(items.to_vec()),
            None => Err(self.malformed("a list or tuple", self.node(container).kind())),
        }
    }

    fn complex(&self, real: Id, imaginary: Id) -> Result<Node> {
        match (self.node(real), self.node(imaginary)) {
            (Node::Float(_), Node::Float(_)) => Ok(Node::Other("a complex number")),
            _ => Err(self.wrong_arguments("complex(float, float)", &[real, imaginary])),
        }
    }

    fn range(&self, args: &[Id]) -> Result<Node> {
        let whole = |id: &Id| matches!(self.node(*id), Node::Int(_) | Node::Long);
        if args.iter().all(whole) {
            Ok(Node::Other("a range"))
        } else {
            Err(self.wrong_arguments("range(start, stop, step)", args))
        }
    }

    /// Python 2 passes the items: `OrderedDict([[key, value], ...])`.
    fn ordered_dict(&mut self, items: Id) -> Result<Node> {
        let items = self.copied(items)?;
        let pair = |id: &Id| match self.node(*id).items() {
            Some([key, value]) => Ok([*key, *value]),
            _ => Err(self.malformed("pairs of key and value", self.node(*id).kind())),
        };
        let pairs = items.iter().map(pair).collect::<Result<Vec<_>>>()?;
        self.pairs(pairs.as_flattened()).map(Node::Dict)
    }

    fn default_dict(&self, args: &[Id]) -> Result<Node> {
        let factory = args.first().map(|id| self.node(*id));
        match factory {
            None | Some(Node::None) => Ok(Node::Dict(Vec::new())),
            Some(Node::Global(global)) if global.is_class() => Ok(Node::Dict(Vec::new())),
            Some(_) => Err(self.wrong_arguments("defaultdict(factory)", args)),
        }
    }
}
