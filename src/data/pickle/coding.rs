//! Characters that stand for bytes.

/// How characters of the source stand for bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// UTF-8 text whose characters, all up to U+00FF, are the bytes (protocols 1 and 2).
    Latin1,
    /// Python 2's `'...'` with backslash escapes (STRING, protocol 0).
    StringEscape,
    /// Bytes are characters; `\uXXXX` and `\UXXXXXXXX` are others (UNICODE, protocol 0).
    RawUnicode,
}
