//! BibTeX of the models and data a report shows.

use std::collections::BTreeMap;

use crate::report::run::section::Section;

/// `citations.bib`: one entry per paper, by key.
pub fn bibliography<'a>(sections: impl Iterator<Item = &'a Section>, further: &[String]) -> String {
    let mut entries = BTreeMap::new();
    for run in sections.flat_map(Section::runs) {
        let (model, data) = (&run.manifest.model.citation, &run.manifest.dataset.citation);
        entries.extend([model, data].into_iter().filter_map(|c| entry(c)));
    }
    let ours = entries.into_values();
    let all: Vec<String> = ours
        .chain(further.iter().map(|e| format!("{}\n", e.trim())))
        .collect();
    all.join("\n")
}

/// Key and BibTeX of a citation in the registries' form, `Authors: Title. Venue Year`; `None` for
/// anything else.
pub fn entry(citation: &str) -> Option<(String, String)> {
    let (authors, rest) = citation.split_once(": ")?;
    let (title, venue) = rest.rsplit_once(". ")?;
    let (venue, year) = venue.rsplit_once(' ')?;
    year.parse::<u16>().ok()?;
    let authors: Vec<&str> = authors.split(", ").collect();
    let plain = |text: &str| -> String {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_lowercase()
    };
    let first = title
        .split([' ', '-', ':'])
        .map(plain)
        .find(|w| !w.is_empty())?;
    let key = format!("{}{year}{first}", plain(authors.first()?));
    let (kind, place) = match venue.contains("Systems") && !venue.contains("NeurIPS") {
        true => ("article", "journal"),
        false => ("inproceedings", "booktitle"),
    };
    let text = format!(
        "@{kind}{{{key},\n  author = {{{}}},\n  title = {{{{{title}}}}},\n  {place} = {{{venue}}},\n  \
         year = {{{year}}}\n}}\n",
        authors.join(" and ")
    );
    Some((key, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citation_becomes_an_entry() {
        let (key, text) = entry("Zhang, Wang, Yu: Towards Robust: A Study. NeurIPS 2024").unwrap();
        assert_eq!(key, "zhang2024towards");
        assert_eq!(
            text,
            "@inproceedings{zhang2024towards,\n  author = {Zhang and Wang and Yu},\n  title = \
             {{Towards Robust: A Study}},\n  booktitle = {NeurIPS},\n  year = {2024}\n}\n"
        );
        assert_eq!((entry(""), entry("no year: at all. x")), (None, None));
    }

    #[test]
    fn every_citation_of_a_data_set_has_the_form() {
        for spec in crate::dataset::registry().iter().filter(|s| !s.synthetic) {
            assert!(entry(&spec.citation).is_some(), "{}", spec.name);
        }
    }
}
