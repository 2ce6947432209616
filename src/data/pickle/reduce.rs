//! REDUCE: describes the objects that the calls of numpy and Python would make.

use super::array::{Array, Order};
use super::dtype::{DType, ElementKind};
use super::error::Result;
use super::global::Global;
use super::machine::Machine;
use super::payload::{Id, Payload};
use super::value::{Call, Node, Scalar};

impl Machine<'_> {
    /// REDUCE: `callable(*args)` for an allowed constructor.
    pub(super) fn reduce(&mut self) -> Result<()> {
        let (args, callable) = (self.pop()?, self.pop()?);
        let (global, args) = (self.callable(callable)?, self.tuple(args)?);
        let node = self.call(global, &args)?;
        self.push_node(node)
    }

    /// The value that an allowed constructor would make of its arguments.
    pub(super) fn call(&mut self, global: Global, args: &[Id]) -> Result<Node> {
        match global {
            Global::Reconstruct => self.reconstruct(args),
            Global::FromBuffer => self.frombuffer(args),
            Global::Scalar => self.scalar(args),
            Global::DType => self.dtype(args),
            Global::Encode => self.encode(args),
            Global::ByteArray => self.byte_array(args),
            Global::Named(name) => self.describe_call(name, args),
            _ => self.plain(global, args),
        }
    }

    fn describe_call(&mut self, name: &'static str, args: &[Id]) -> Result<Node> {
        self.charge(args.len())?;
        let args = args.into();
        Ok(Node::Call(Box::new(Call { name, args })))
    }

    pub(super) fn wrong_arguments(&self, expected: &str, args: &[Id]) -> super::Error {
        let kinds: Vec<_> = args
            .iter()
            .take(6)
            .map(|id| self.node(*id).kind())
            .collect();
        self.malformed(expected, format!("({})", kinds.join(", ")))
    }

    /// `_reconstruct(ndarray, (0,), b'b')`: an array that BUILD will describe.
    fn reconstruct(&self, args: &[Id]) -> Result<Node> {
        match args {
            [class, _, _] if matches!(self.node(*class), Node::Global(Global::NdArray)) => {
                Ok(Node::Array(Box::new(Array::unbuilt(self.at))))
            }
            _ => Err(self.wrong_arguments("_reconstruct(ndarray, (0,), b'b')", args)),
        }
    }

    /// `_frombuffer(buffer, dtype, shape, order)`, and the order of axes for order `K`.
    fn frombuffer(&mut self, args: &[Id]) -> Result<Node> {
        const EXPECTED: &str = "_frombuffer(buffer, dtype, shape, order)";
        let [buffer, dtype, shape, order, axes @ ..] = args else {
            return Err(self.wrong_arguments(EXPECTED, args));
        };
        let (payload, dtype) = (self.payload(*buffer)?, self.dtype_of(*dtype)?);
        let (order, axes) = match (self.str(*order)?, axes) {
            ("C", [] | [_]) => (Order::C, None),
            ("F", [] | [_]) => (Order::Fortran, None),
            ("K", [axes]) => (Order::C, Some(self.shape(*axes)?)),
            (other, _) => return Err(self.malformed("order C, F or K", format!("{other:?}"))),
        };
        let mut array = self.new_array(dtype, *shape, order, payload)?;
        if let Some(axes) = axes
            && !array.transpose(&axes)
        {
            let found = format!("{axes:?} for shape {:?}", array.shape);
            return Err(self.malformed("every axis once", found));
        }
        Ok(Node::Array(Box::new(array)))
    }

    /// `scalar(dtype, bytes)`.
    fn scalar(&mut self, args: &[Id]) -> Result<Node> {
        let [dtype, payload] = args else {
            return Err(self.wrong_arguments("scalar(dtype, bytes)", args));
        };
        let (dtype, payload) = (self.dtype_of(*dtype)?, self.payload(*payload)?);
        if dtype.kind == ElementKind::Object || dtype.size != payload.len() {
            let found = format!("{} bytes of dtype {dtype}", payload.len());
            return Err(self.malformed("one element", found));
        }
        Ok(Node::Scalar(Box::new(Scalar { dtype, payload })))
    }

    /// `dtype('f8', False, True)`; the byte order follows by BUILD.
    fn dtype(&self, args: &[Id]) -> Result<Node> {
        match args {
            [code] | [code, _] | [code, _, _] => {
                DType::parse(self.str(*code)?, self.at).map(Node::DType)
            }
            _ => Err(self.wrong_arguments("dtype(code, False, True)", args)),
        }
    }

    /// `encode(text, 'latin1')`: bytes in protocols 0 to 2.
    fn encode(&mut self, args: &[Id]) -> Result<Node> {
        let payload = self.encode_payload(args)?;
        Ok(Node::Encoded(Box::new(payload)))
    }

    fn encode_payload(&mut self, args: &[Id]) -> Result<Payload> {
        let [text, encoding] = args else {
            return Err(self.wrong_arguments("encode(text, 'latin1')", args));
        };
        match self.str(*encoding)? {
            "latin1" | "latin-1" => self.encoded(*text),
            other => Err(self.malformed("encoding latin1", format!("{other:?}"))),
        }
    }

    /// `bytearray()`, `bytearray(bytes)` or `bytearray(text, 'latin-1')`.
    fn byte_array(&mut self, args: &[Id]) -> Result<Node> {
        let payload = match args {
            [] => Payload::EMPTY,
            [bytes] => match self.node(*bytes) {
                Node::Bytes(_) | Node::Encoded(_) | Node::ByteArray(_) => self.payload(*bytes)?,
                other => return Err(self.malformed("bytes", other.kind())),
            },
            args => self.encode_payload(args)?,
        };
        Ok(Node::ByteArray(Box::new(payload)))
    }

    pub(super) fn dtype_of(&self, id: Id) -> Result<DType> {
        match self.node(id) {
            Node::DType(dtype) => Ok(*dtype),
            other => Err(self.malformed("a dtype", other.kind())),
        }
    }
}
