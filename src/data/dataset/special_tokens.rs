//! Names the special tokens at the ends of a text.

/// Special tokens of BERT at the ends of a text, as its token ids show them: ids 101 and 102 in the
/// published vocabularies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpecialTokens {
    /// Whether the first valid token is CLS.
    pub cls: bool,
    /// Whether the last valid token is SEP.
    pub sep: bool,
}
