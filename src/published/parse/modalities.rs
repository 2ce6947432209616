//! Parses sets of modalities, and decides whether a table names the missing or the present ones.

/// What the letters of a table name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// The modalities that are missing: `L` is a test without language.
    Missing,
    /// The modalities that are present: `L` is a test with language alone.
    Present,
}

impl Naming {
    /// As text.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Present => "present",
        }
    }
}

/// Some of language, audio and vision, as a cell names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ModalitySet {
    /// Language, audio, vision.
    named: [bool; 3],
    /// Where the text itself tells: `w/o L`, `only L`, `complete`.
    pub naming: Option<Naming>,
    /// Whether a heading told, and not the text itself.
    pub by_heading: bool,
}

/// Letters of the modalities in the order of [`ModalitySet`].
const LETTERS: [char; 3] = ['L', 'A', 'V'];

/// Words for one modality each.
const WORDS: [&[&str]; 3] = [
    &["l", "t", "language", "text", "textual", "lingual", "texts"],
    &["a", "audio", "acoustic", "acoustics", "speech", "audios"],
    &[
        "v", "vision", "visual", "video", "image", "images", "videos", "i",
    ],
];

/// Words for complete data.
const COMPLETE: &[&str] = &[
    "none",
    "complete",
    "full",
    "all",
    "no missing",
    "none missing",
    "nothing",
    "complete modalities",
    "full modalities",
    "all modalities",
    "multimodal",
];

impl ModalitySet {
    /// The set a text names: `LA`, `T+A`, `{l, a}`, `text & audio`, `w/o vision`, `none`.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text
            .trim()
            .to_lowercase()
            .replace(['{', '}', '[', ']', '"', '\''], " ");
        let lower = lower.split_whitespace().collect::<Vec<_>>().join(" ");
        if COMPLETE.contains(&&*lower) {
            return Some(Self {
                named: [false; 3],
                naming: Some(Naming::Missing),
                by_heading: false,
            });
        }
        // A split, unless it is in capitals.
        if lower == "val" && text.trim() != "VAL" {
            return None;
        }
        let (rest, naming) = naming(&lower);
        let named = words(rest)?;
        Some(Self {
            named,
            naming,
            by_heading: false,
        })
    }

    /// The missing modalities where the letters name the missing or the present ones.
    pub fn missing(self, naming: Naming) -> String {
        let missing = match self.naming.unwrap_or(naming) {
            Naming::Missing => self.named,
            Naming::Present => self.named.map(|named| !named),
        };
        let letters = LETTERS.iter().zip(missing).filter(|(_, m)| *m);
        let letters: String = letters.map(|(letter, _)| *letter).collect();
        if letters.is_empty() {
            "none".to_string()
        } else {
            letters
        }
    }

    /// Whether it names language.
    pub fn has_language(self) -> bool {
        self.named[0]
    }

    /// Whether it names all that another set names, and more.
    pub fn holds(self, other: Self) -> bool {
        let all = self.named.iter().zip(other.named).all(|(a, b)| *a || !b);
        all && self.named != other.named
    }

    /// The letter of its only modality.
    pub fn letter(self) -> Option<char> {
        let mut named = LETTERS.iter().zip(self.named).filter(|(_, named)| *named);
        let (letter, _) = named.next()?;
        named.next().is_none().then_some(*letter)
    }

    /// Whether both name the same modalities.
    pub fn same(self, other: Self) -> bool {
        self.named == other.named
    }

    /// Whether it is a word for complete data, such as `all`.
    pub fn is_complete(self) -> bool {
        self.named == [false; 3] && self.naming == Some(Naming::Missing)
    }

    /// Whether it names every modality.
    pub fn is_full(self) -> bool {
        self.named == [true; 3]
    }
}

/// The set and what its words name, where they tell.
fn naming(text: &str) -> (&str, Option<Naming>) {
    let missing = [
        "w/o ", "w/o", "without ", "no ", "missing ", "miss ", "- ", "-", "drop ",
    ];
    let present = ["only ", "with ", "w/ "];
    for prefix in missing {
        if let Some(rest) = text.strip_prefix(prefix) {
            return (rest, Some(Naming::Missing));
        }
    }
    for prefix in present {
        if let Some(rest) = text.strip_prefix(prefix) {
            return (rest, Some(Naming::Present));
        }
    }
    for suffix in [
        " missing",
        " is missing",
        " are missing",
        " dropped",
        " absent",
    ] {
        if let Some(rest) = text.strip_suffix(suffix) {
            return (rest, Some(Naming::Missing));
        }
    }
    for suffix in [" only", " available", " present", " alone"] {
        if let Some(rest) = text.strip_suffix(suffix) {
            return (rest, Some(Naming::Present));
        }
    }
    (text, None)
}

fn words(text: &str) -> Option<[bool; 3]> {
    let mut named = [false; 3];
    let mut add = |word: &str| {
        let at = WORDS.iter().position(|words| words.contains(&word))?;
        // The same modality twice is another kind of word.
        (!named[at]).then(|| named[at] = true)
    };
    let split = text.split(|c: char| !c.is_alphanumeric());
    let parts: Vec<&str> = split
        .filter(|p| !p.is_empty() && !["and", "modality", "modalities", "m"].contains(p))
        .collect();
    if parts.is_empty() {
        return None;
    }
    for part in parts {
        if add(part).is_none() {
            let letters: Vec<String> = part.chars().map(String::from).collect();
            if letters.len() > 3 {
                return None;
            }
            letters.iter().try_for_each(|letter| add(letter))?;
        }
    }
    Some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_read_in_their_usual_forms() {
        for text in [
            "LA",
            "la",
            "T+A",
            "{l, a}",
            "{t,a}",
            "text & audio",
            "A, T",
            "Language and Audio",
            "AL",
        ] {
            let set = ModalitySet::parse(text).unwrap();
            assert_eq!(set.missing(Naming::Missing), "LA", "{text}");
            assert_eq!(set.missing(Naming::Present), "V", "{text}");
        }
        for (text, missing) in [
            ("w/o vision", "V"),
            ("only T", "AV"),
            ("none", "none"),
            ("Complete", "none"),
            ("L missing", "L"),
            ("-A", "A"),
        ] {
            let set = ModalitySet::parse(text).unwrap();
            assert_eq!(set.missing(Naming::Missing), missing, "{text}");
            assert_eq!(set.missing(Naming::Present), missing, "{text}");
        }
        assert_eq!(
            ModalitySet::parse("{l, a, v}")
                .unwrap()
                .missing(Naming::Present),
            "none"
        );
        for text in [
            "",
            "Random",
            "LL",
            "LNLN",
            "0.5",
            "mean",
            "all methods",
            "val",
        ] {
            assert_eq!(ModalitySet::parse(text), None, "{text}");
        }
    }
}
