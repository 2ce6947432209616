//! Calls of the allowed constructors, turned into descriptions.

use super::array::Array;
use super::dtype::{DType, Kind};
use super::error::Result;
use super::global::Global;
use super::machine::Machine;
use super::payload::{Id, Payload};
use super::value::Node;

impl Machine<'_> {
    /// REDUCE: `callable(*args)` for an allowed constructor.
    pub(super) fn reduce(&mut self) -> Result<()> {
        let (args, callable) = (self.pop()?, self.pop()?);
        let global = match self.node(callable) {
            Node::Global(global) => *global,
            other => return Err(self.malformed("a numpy constructor to call", other.kind())),
        };
        let args = match self.node(args) {
            Node::Tuple(args) => args.clone(),
            other => return Err(self.malformed("a tuple of arguments", other.kind())),
        };
        let node = match global {
            Global::Reconstruct => self.reconstruct(&args)?,
            Global::FromBuffer => self.frombuffer(&args)?,
            Global::Scalar => self.scalar(&args)?,
            Global::DType => self.dtype(&args)?,
            Global::Encode => Node::Bytes(self.encode(&args)?),
            Global::ByteArray => self.byte_array(&args)?,
            Global::Bytes if args.is_empty() => Node::Bytes(Payload::EMPTY),
            Global::Bytes | Global::NdArray => {
                return Err(self.malformed("the way numpy writes arrays", "another call"));
            }
        };
        self.push_node(node)
    }

    fn wrong_arguments(&self, expected: &str, args: &[Id]) -> super::Error {
        let kinds: Vec<_> = args.iter().map(|id| self.node(*id).kind()).collect();
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

    /// `_frombuffer(buffer, dtype, shape, order)`.
    fn frombuffer(&self, args: &[Id]) -> Result<Node> {
        let [buffer, dtype, shape, order] = args else {
            return Err(self.wrong_arguments("_frombuffer(buffer, dtype, shape, order)", args));
        };
        let fortran = match self.str(*order)? {
            "C" => false,
            "F" => true,
            other => return Err(self.malformed("order C or F", format!("{other:?}"))),
        };
        let (payload, dtype) = (self.payload(*buffer)?, self.dtype_of(*dtype)?);
        self.new_array(dtype, *shape, fortran, payload)
            .map(|array| Node::Array(Box::new(array)))
    }

    /// `scalar(dtype, bytes)`.
    fn scalar(&self, args: &[Id]) -> Result<Node> {
        let [dtype, payload] = args else {
            return Err(self.wrong_arguments("scalar(dtype, bytes)", args));
        };
        let (dtype, payload) = (self.dtype_of(*dtype)?, self.payload(*payload)?);
        if dtype.kind == Kind::Object || dtype.size != payload.len() {
            let found = format!("{} bytes of dtype {dtype}", payload.len());
            return Err(self.malformed("one element", found));
        }
        Ok(Node::Scalar(dtype, payload))
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

    /// `encode(text, 'latin1')`: how protocol 2 spells bytes.
    fn encode(&self, args: &[Id]) -> Result<Payload> {
        let [text, encoding] = args else {
            return Err(self.wrong_arguments("encode(text, 'latin1')", args));
        };
        let encoding = self.str(*encoding)?;
        if !matches!(encoding, "latin1" | "latin-1") {
            return Err(self.malformed("encoding latin1", format!("{encoding:?}")));
        }
        let Node::Text(text) = self.node(*text) else {
            return Err(self.wrong_arguments("encode(text, 'latin1')", args));
        };
        self.latin1(*text)
    }

    /// Checks that every character is below U+0100 and counts them.
    fn latin1(&self, text: super::source::Span) -> Result<Payload> {
        let mut len = 0;
        for piece in self.pieces(text) {
            if piece.iter().any(|&b| b > 0xc3) {
                return Err(self.malformed("characters up to U+00FF", "others"));
            }
            len += piece.iter().filter(|&&b| b & 0xc0 != 0x80).count();
        }
        Ok(Payload::Latin1 { text, len })
    }

    /// `bytearray()`, `bytearray(bytes)` or, in protocol 2, `bytearray(text, 'latin-1')`.
    fn byte_array(&self, args: &[Id]) -> Result<Node> {
        let payload = match args {
            [] => Payload::EMPTY,
            [bytes] => self.payload(*bytes)?,
            args => self.encode(args)?,
        };
        Ok(Node::Bytes(payload))
    }

    pub(super) fn payload(&self, id: Id) -> Result<Payload> {
        match self.node(id) {
            Node::Bytes(payload) => Ok(*payload),
            other => Err(self.malformed("bytes", other.kind())),
        }
    }

    pub(super) fn dtype_of(&self, id: Id) -> Result<DType> {
        match self.node(id) {
            Node::DType(dtype) => Ok(*dtype),
            other => Err(self.malformed("a dtype", other.kind())),
        }
    }
}
