//! Renders `citations.bib`: BibTeX of the models and data that a report shows.

use std::collections::{BTreeMap, BTreeSet};

use super::{Exporter, Report};
use crate::published::sources;
use crate::report::citation::Citation;
use crate::report::options::Layout;
use crate::report::rows::section::Section;

pub const EXPORTER: Exporter = Exporter {
    name: "BibTeX",
    file: "citations.bib",
    render: |report: &Report<'_>| {
        let published: Vec<String> = match report.layout {
            Layout::Paper => sources().iter().map(|s| s.bibtex.clone()).collect(),
            Layout::Full => Vec::new(),
        };
        let sections = report.parts.iter().map(|part| &part.section);
        Ok(bibliography(sections, &published).into_bytes())
    },
};

/// Keys of the entries of models and data by their citations.
pub fn keys<'a>(sections: impl Iterator<Item = &'a Section>) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    for (key, texts) in papers(sections) {
        for ((citation, _), letter) in texts.into_iter().zip(letters()) {
            keys.insert(citation, format!("{key}{letter}"));
        }
    }
    keys
}

/// Citations with their entries, by key.
fn papers<'a>(
    sections: impl Iterator<Item = &'a Section>,
) -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut papers: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for run in sections.flat_map(Section::runs) {
        let (model, data) = (&run.manifest.model.citation, &run.manifest.dataset.citation);
        for citation in [model, data] {
            if let Some((key, text)) = entry(citation) {
                let papers = papers.entry(key).or_default();
                papers.insert((citation.clone(), text));
            }
        }
    }
    papers
}

/// One entry per paper, by key, then the `further` entries whose papers are not among them.
fn bibliography<'a>(sections: impl Iterator<Item = &'a Section>, further: &[String]) -> String {
    let entries = papers(sections)
        .into_iter()
        .flat_map(|(key, texts)| numbered(&key, texts));
    let entries: Vec<String> = entries.collect();
    let known: BTreeSet<String> = entries.iter().filter_map(|e| title(e)).collect();
    let new = |entry: &&String| title(entry).is_none_or(|title| !known.contains(&title));
    let further = further.iter().filter(new);
    let further: Vec<String> = further.map(|e| format!("{}\n", e.trim())).collect();
    let all: Vec<String> = entries.into_iter().chain(further).collect();
    all.join("\n")
}

/// Entries of one key, with a letter behind the key of each but the first, as BibTeX does with years.
fn numbered(key: &str, texts: BTreeSet<(String, String)>) -> Vec<String> {
    let rename = |((_, text), letter): ((String, String), String)| {
        text.replacen(&format!("{{{key},"), &format!("{{{key}{letter},"), 1)
    };
    texts.into_iter().zip(letters()).map(rename).collect()
}

/// None, b, c, ...
fn letters() -> impl Iterator<Item = String> {
    std::iter::once(String::new()).chain(('b'..='z').map(String::from))
}

/// The letters and digits of a BibTeX entry's title: two spellings of one paper share them.
fn title(entry: &str) -> Option<String> {
    let line = entry
        .lines()
        .find(|l| l.trim_start().starts_with("title"))?;
    let (_, title) = line.split_once('=')?;
    Some(plain(title))
}

fn plain(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphanumeric);
    letters.collect::<String>().to_lowercase()
}

/// Text with the characters written out that end a line or a formula in LaTeX.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' | '%' | '_' | '#' | '$' | '{' | '}' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// Key and BibTeX of a citation in the registries' form, `Authors: Title. Venue Year`, of a journal
/// `Authors: Title. Journal Volume, Year`; `None` for anything else.
pub fn entry(citation: &str) -> Option<(String, String)> {
    let Citation {
        authors,
        title,
        venue,
    } = Citation::parse(citation)?;
    let (venue, year) = venue.rsplit_once(' ')?;
    year.parse::<u16>().ok()?;
    let surname = authors.first()?.rsplit(' ').next()?;
    let first = title
        .split([' ', '-', ':'])
        .map(plain)
        .find(|w| !w.is_empty())?;
    let key = format!("{}{year}{first}", plain(surname));
    let (kind, place) = match venue.strip_suffix(',') {
        Some(journal) => ("article", volume(journal)),
        None => {
            let name = CONFERENCES.iter().find(|(short, _)| *short == venue);
            let name = name.map_or(venue, |(_, name)| name);
            (
                "inproceedings",
                format!("  booktitle = {{{}}}", escape(name)),
            )
        }
    };
    let text = format!(
        "@{kind}{{{key},\n  author = {{{}}},\n  title = {{{{{}}}}},\n{place},\n  year = {{{year}}}\n}}\n",
        escape(&authors.join(" and ")),
        escape(title)
    );
    Some((key, text))
}

/// The fields of a journal with its volume, if that is given.
fn volume(journal: &str) -> String {
    let (name, volume) = match journal.rsplit_once(' ') {
        Some((name, volume)) if volume.parse::<u32>().is_ok() => (name, Some(volume)),
        _ => (journal, None),
    };
    let volume = volume.map(|volume| format!(",\n  volume = {{{volume}}}"));
    format!(
        "  journal = {{{}}}{}",
        escape(name),
        volume.unwrap_or_default()
    )
}

/// Conferences by the names that the registries have.
const CONFERENCES: [(&str, &str); 11] = [
    ("AAAI", "AAAI Conference on Artificial Intelligence"),
    (
        "ACL",
        "Annual Meeting of the Association for Computational Linguistics",
    ),
    (
        "ACM Multimedia",
        "ACM International Conference on Multimedia",
    ),
    (
        "Challenge-HML at ACL",
        "Grand Challenge and Workshop on Human Multimodal Language (Challenge-HML)",
    ),
    (
        "CICLing",
        "International Conference on Computational Linguistics and Intelligent Text Processing",
    ),
    (
        "CVPR",
        "IEEE/CVF Conference on Computer Vision and Pattern Recognition",
    ),
    (
        "EMNLP",
        "Conference on Empirical Methods in Natural Language Processing",
    ),
    (
        "Findings of EMNLP",
        "Findings of the Association for Computational Linguistics: EMNLP",
    ),
    ("ICMI", "International Conference on Multimodal Interaction"),
    (
        "NAACL",
        "Conference of the North American Chapter of the Association for Computational Linguistics",
    ),
    (
        "NeurIPS",
        "Advances in Neural Information Processing Systems",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::{manifest, scored};
    use crate::report::rows::sort::sections;

    #[test]
    fn a_citation_becomes_an_entry() {
        let text = "Haoyu Zhang, Wenbin Wang: Towards Robust: A Study. NeurIPS 2024";
        let (key, text) = entry(text).unwrap();
        assert_eq!(key, "zhang2024towards");
        assert_eq!(
            text,
            "@inproceedings{zhang2024towards,\n  author = {Haoyu Zhang and Wenbin Wang},\n  title = \
             {{Towards Robust: A Study}},\n  booktitle = {Advances in Neural Information Processing \
             Systems},\n  year = {2024}\n}\n"
        );
        let (_, text) = entry("Zhang: A Study. Pattern Recognition 136, 2023").unwrap();
        let fields = "@article{zhang2023a,\n  author = {Zhang},\n  title = {{A Study}},\n  journal = \
                      {Pattern Recognition},\n  volume = {136},\n  year = {2023}\n}\n";
        assert_eq!(text, fields);
        assert_eq!((entry(""), entry("no year: at all. x")), (None, None));
    }

    #[test]
    fn special_characters_are_written_out() {
        let (_, text) = entry("A_b: Q&A at 5%. R & D 2024").unwrap();
        assert!(
            text.contains(r"author = {A\_b}") && text.contains(r"{{Q\&A at 5\%}}"),
            "{text}"
        );
        assert!(text.contains(r"booktitle = {R \& D}"), "{text}");
    }

    #[test]
    fn a_paper_that_two_sources_name_is_listed_once() {
        let mut m = manifest("lnln", 11, &[0.0]);
        m.model.citation = "Zhang, Wang, Yu: Towards Robust Multimodal Sentiment Analysis with \
                            Incomplete Data. NeurIPS 2024"
            .into();
        let section = sections(vec![scored(m)]).unwrap().swap_remove(0);
        let published: Vec<String> = sources().iter().map(|s| s.bibtex.clone()).collect();
        let text = bibliography(std::iter::once(&section), &published);
        assert_eq!(
            text.matches("{Towards Robust Multimodal").count(),
            1,
            "{text}"
        );
        assert!(text.contains("mao2022msena"), "{text}");
    }

    #[test]
    fn two_papers_of_one_key_are_both_listed() {
        let run = |model: &str, title: &str| {
            let mut m = manifest(model, 11, &[0.0]);
            m.model.citation = format!("Zhang, Wang: {title}. ACL 2024");
            scored(m)
        };
        let runs = vec![run("lnln", "Learning One"), run("flat", "Learning Two")];
        let section = sections(runs).unwrap().swap_remove(0);
        let text = bibliography(std::iter::once(&section), &[]);
        assert!(text.contains("{zhang2024learning,"), "{text}");
        assert!(text.contains("{zhang2024learningb,"), "{text}");
        assert!(text.contains("Learning One") && text.contains("Learning Two"));
    }

    #[test]
    fn every_citation_of_a_data_set_has_the_form() {
        for spec in crate::data::dataset::registry()
            .iter()
            .filter(|s| !s.synthetic)
        {
            assert!(entry(&spec.citation).is_some(), "{}", spec.name);
        }
    }
}
