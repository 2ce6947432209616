//! The opcodes of pickle protocols 0 to 5 (PEP 307, PEP 3154, PEP 574).

macro_rules! opcodes {
    ($($name:ident = $byte:literal),* $(,)?) => {
        $(pub const $name: u8 = $byte;)*

        /// Name of an opcode, as in `pickletools`.
        pub fn name(byte: u8) -> Option<&'static str> {
            match byte {
                $($byte => Some(stringify!($name)),)*
                _ => None,
            }
        }
    };
}

opcodes! {
    MARK = b'(', STOP = b'.', POP = b'0', POP_MARK = b'1', DUP = b'2',
    INT = b'I', LONG = b'L', FLOAT = b'F', STRING = b'S', UNICODE = b'V', LIST = b'l', DICT = b'd',
    GET = b'g', PUT = b'p', INST = b'i', OBJ = b'o', PERSID = b'P',
    NONE = b'N', NEWTRUE = 0x88, NEWFALSE = 0x89,
    BININT = b'J', BININT1 = b'K', BININT2 = b'M', LONG1 = 0x8a, LONG4 = 0x8b, BINFLOAT = b'G',
    BINSTRING = b'T', SHORT_BINSTRING = b'U',
    BINBYTES = b'B', SHORT_BINBYTES = b'C', BINBYTES8 = 0x8e, BYTEARRAY8 = 0x96,
    BINUNICODE = b'X', SHORT_BINUNICODE = 0x8c, BINUNICODE8 = 0x8d,
    EMPTY_LIST = b']', APPEND = b'a', APPENDS = b'e',
    EMPTY_TUPLE = b')', TUPLE = b't', TUPLE1 = 0x85, TUPLE2 = 0x86, TUPLE3 = 0x87,
    EMPTY_DICT = b'}', SETITEM = b's', SETITEMS = b'u',
    EMPTY_SET = 0x8f, ADDITEMS = 0x90, FROZENSET = 0x91,
    BINGET = b'h', LONG_BINGET = b'j', BINPUT = b'q', LONG_BINPUT = b'r', MEMOIZE = 0x94,
    GLOBAL = b'c', STACK_GLOBAL = 0x93, REDUCE = b'R', BUILD = b'b',
    NEWOBJ = 0x81, NEWOBJ_EX = 0x92, EXT1 = 0x82, EXT2 = 0x83, EXT4 = 0x84,
    BINPERSID = b'Q', NEXT_BUFFER = 0x97, READONLY_BUFFER = 0x98,
    PROTO = 0x80, FRAME = 0x95,
}

/// Describes an opcode, for error texts.
pub fn describe(byte: u8) -> String {
    match name(byte) {
        Some(name) => format!("opcode {name}"),
        None if byte.is_ascii_graphic() => format!("{:?}, which is not an opcode", byte as char),
        None => format!("byte 0x{byte:02x}, which is not an opcode"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_descriptions() {
        assert_eq!(name(STACK_GLOBAL), Some("STACK_GLOBAL"));
        assert_eq!(describe(b'.'), "opcode STOP");
        assert_eq!(describe(b'I'), "opcode INT");
        assert_eq!(describe(b'z'), "'z', which is not an opcode");
        assert_eq!(describe(0xff), "byte 0xff, which is not an opcode");
    }
}
