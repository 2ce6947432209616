//! Reads citations in the registries' form, `Authors: Title. Venue Year`.

/// Letters of the longest word of a venue that is cut, as in `Trans. Affect. Comput.`.
const ABBREVIATION: usize = 8;

/// The parts of a citation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation<'a> {
    /// The last one is `others`, as in BibTeX, where there are more.
    pub authors: Vec<&'a str>,
    /// With a question or exclamation mark at its end, without a full stop.
    pub title: &'a str,
    /// With the year.
    pub venue: &'a str,
}

impl<'a> Citation<'a> {
    /// The parts of a text in this form; `None` for any other.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (authors, rest) = text.split_once(": ")?;
        let (title, venue) = title_and_venue(rest)?;
        let authors = names(authors);
        Some(Self {
            authors,
            title,
            venue,
        })
    }
}

fn names(authors: &str) -> Vec<&str> {
    let (authors, others) = match authors.strip_suffix("et al.") {
        Some(authors) => (authors.trim_end_matches([' ', ',']), Some("others")),
        None => (authors, None),
    };
    authors.split(", ").chain(others).collect()
}

/// The title ends before the words of a venue that are cut.
fn title_and_venue(rest: &str) -> Option<(&str, &str)> {
    let ends = rest
        .match_indices(['.', '?', '!'])
        .filter(|(at, _)| rest[at + 1..].starts_with(' '));
    let ends: Vec<(usize, &str)> = ends.collect();
    let mut found = None;
    for (at, mark) in ends.into_iter().rev() {
        let title = if mark == "." {
            &rest[..at]
        } else {
            &rest[..=at]
        };
        found = Some((title, &rest[at + 2..]));
        let word = rest[..at].rsplit(' ').next().unwrap_or_default();
        let is_short = word.len() <= ABBREVIATION && word.starts_with(char::is_uppercase);
        if mark != "." || !is_short {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_end_with_any_mark_and_venues_are_cut() {
        let parts = |text| Citation::parse(text).map(|c| (c.authors.join("; "), c.title, c.venue));
        let found = parts("Zhang: What Is Missing? NeurIPS 2024");
        assert_eq!(
            found,
            Some(("Zhang".into(), "What Is Missing?", "NeurIPS 2024"))
        );
        let found =
            parts("Zhang, Yu et al.: Noise in speech. IEEE Trans. Affect. Comput. 14, 2023");
        let venue = "IEEE Trans. Affect. Comput. 14, 2023";
        assert_eq!(
            found,
            Some(("Zhang; Yu; others".into(), "Noise in speech", venue))
        );
        assert_eq!(parts("Zhang: no venue"), None);
    }
}
