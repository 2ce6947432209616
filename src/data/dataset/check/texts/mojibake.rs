//! Finds transcripts whose letters were read in the wrong encoding, lost, or written as HTML.

use crate::data::dataset::check::Samples;
use crate::data::dataset::read::plan::Plan;

/// The letters from 0x80 of Windows-1252, where they are not those of Latin-1.
const WINDOWS: [(char, u8); 27] = [
    ('€', 0x80),
    ('‚', 0x82),
    ('ƒ', 0x83),
    ('„', 0x84),
    ('…', 0x85),
    ('†', 0x86),
    ('‡', 0x87),
    ('ˆ', 0x88),
    ('‰', 0x89),
    ('Š', 0x8a),
    ('‹', 0x8b),
    ('Œ', 0x8c),
    ('Ž', 0x8e),
    ('‘', 0x91),
    ('’', 0x92),
    ('“', 0x93),
    ('”', 0x94),
    ('•', 0x95),
    ('–', 0x96),
    ('—', 0x97),
    ('˜', 0x98),
    ('™', 0x99),
    ('š', 0x9a),
    ('›', 0x9b),
    ('œ', 0x9c),
    ('ž', 0x9e),
    ('Ÿ', 0x9f),
];

/// What is left of UTF-8 that was read as GBK with replacements.
const REPLACED_TWICE: &str = "锟斤拷";

/// What captions of web pages hold for quotation marks and the like.
const ENTITIES: [&str; 6] = ["&#39;", "&quot;", "&amp;", "&nbsp;", "&lt;", "&gt;"];

/// Whether a transcript has a fault.
type Test = fn(&str) -> bool;

/// Splits with transcripts that are not what was said.
pub fn mojibake(plan: &Plan<'_>) -> Vec<String> {
    let kinds: [(Test, &str); 3] = [
        (
            is_misread,
            "whose transcript was read in the wrong encoding, as \"Ã©\" for \"é\": read the source as UTF-8",
        ),
        (
            |text| text.contains(char::REPLACEMENT_CHARACTER) || text.contains(REPLACED_TWICE),
            "whose transcript has lost letters (\"\u{fffd}\" or \"锟斤拷\" in their place): read the source in its own encoding",
        ),
        (
            |text| ENTITIES.iter().any(|entity| text.contains(entity)),
            "whose transcript is HTML (\"&#39;\", \"&amp;\"): html.unescape(text) gives the words",
        ),
    ];
    let found = kinds.into_iter().filter_map(|(is_wrong, fault)| {
        let mut samples = Samples::default();
        for (text, id) in plan.raw_text.iter().zip(&plan.ids) {
            if is_wrong(text) {
                samples.add(id);
            }
        }
        samples.describe(plan.split(), fault)
    });
    found.collect()
}

/// Whether some letters in a row are the bytes of a letter in UTF-8, each read as a letter of its own. Of those with two
/// bytes only Latin letters and signs count, which begin with Â or Ã.
fn is_misread(text: &str) -> bool {
    let bytes: Vec<u8> = text.chars().map(|c| byte(c).unwrap_or(0)).collect();
    let is_letter = |at: usize, length: usize| {
        bytes
            .get(at..at + length)
            .is_some_and(|bytes| std::str::from_utf8(bytes).is_ok())
    };
    bytes.iter().enumerate().any(|(at, byte)| match byte {
        0xc2 | 0xc3 => is_letter(at, 2),
        0xe1..=0xef => is_letter(at, 3),
        0xf0..=0xf4 => is_letter(at, 4),
        _ => false,
    })
}

/// The byte of a letter in Windows-1252 or Latin-1.
fn byte(c: char) -> Option<u8> {
    let windows = WINDOWS.iter().find(|(letter, _)| *letter == c);
    windows
        .map(|(_, byte)| *byte)
        .or_else(|| u8::try_from(u32::from(c)).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_as_letters_are_told_from_letters() {
        for text in [
            "caf\u{c3}\u{a9}",
            "I\u{e2}€™M",
            "\u{e6}\u{2c6}\u{2018}",
            "ðŸ˜€",
            "Â£5",
        ] {
            assert!(is_misread(text), "{text}");
        }
        for text in [
            "CAFÉ…",
            "I’M",
            "我喜欢",
            "SÃO PAULO",
            "À LA CARTE",
            "£5",
            "naïve — “yes”",
        ] {
            assert!(!is_misread(text), "{text}");
        }
    }
}
