//! Tells kinds of text apart.

use super::FileKind as K;

/// Bytes that are looked at to tell text from other files.
const SAMPLE: usize = 4 << 10;

/// The kind of text that the bytes start, `None` where they are no text.
pub(super) fn kind(head: &[u8]) -> Option<K> {
    let sample = &head[..head.len().min(SAMPLE)];
    if let Some(kind) = wide(sample) {
        return Some(kind);
    }
    // No encoding of text starts with 0x80.
    if sample.starts_with(b"\x80") {
        return None;
    }
    if sample
        .iter()
        .any(|byte| matches!(byte, 0..9 | 0x0e..0x1b | 0x7f))
    {
        return None;
    }
    if is_gbk(sample) {
        return Some(K::Gbk);
    }
    // A character that the sample cuts and Latin-1 letters become replacement characters.
    let text = String::from_utf8_lossy(sample);
    let lost = text
        .chars()
        .filter(|c| *c == char::REPLACEMENT_CHARACTER)
        .count();
    if 3 * lost > text.chars().count() {
        return None;
    }
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let kind = if text.starts_with('<') {
        marked_up(text)
    } else if text.contains(".git/annex/objects") && text.lines().count() == 1 {
        K::AnnexLink
    } else if text.to_ascii_lowercase().starts_with("@relation ") {
        K::Arff
    } else if text.starts_with("structure(list(") {
        K::RText
    } else if is_lock(text) {
        K::Desktop
    } else if is_base64(whole_lines(text)) {
        K::Base64
    } else if is_printed_array(text) {
        K::PrintedArray
    } else if is_json(text) {
        json(text)
    } else if is_delimited(whole_lines(text)) {
        K::Csv
    } else {
        K::Text
    };
    Some(kind)
}

/// Chinese text of two bytes a character, as Chinese versions of Windows write it.
fn is_gbk(sample: &[u8]) -> bool {
    if is_utf8_but_for_the_end(sample) || !sample.contains(&b'\n') {
        return false;
    }
    let (mut pairs, mut high) = (0, 0);
    let mut bytes = sample.iter();
    while let Some(byte) = bytes.next() {
        match (byte, bytes.clone().next()) {
            // 0x80 is the euro sign of code page 936.
            (0..=0x80, _) => continue,
            // The sample ends within a character.
            (_, None) => break,
            (0x81..=0xfe, Some(trail @ 0x40..=0xfe)) => {
                pairs += 1;
                high += usize::from(*trail >= 0x80);
                bytes.next();
            }
            _ => return false,
        }
    }
    // In Latin-1 a letter with an accent is followed by plain ones.
    pairs >= 4 && 10 * high >= 7 * pairs
}

/// Whether only the last character, which the sample may cut, is not UTF-8.
fn is_utf8_but_for_the_end(sample: &[u8]) -> bool {
    match std::str::from_utf8(sample) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

/// UTF-16 and UTF-32 without a byte order mark: ASCII letters with zeros between them.
fn wide(sample: &[u8]) -> Option<K> {
    let sample = &sample[..sample.len().min(64) / 4 * 4];
    if sample.len() < 8 {
        return None;
    }
    let ascii = |byte: &u8| matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~');
    let every = |step: usize, lane: usize| {
        let units = sample.chunks(step);
        units.clone().all(|unit| ascii(&unit[lane]))
            && units
                .clone()
                .all(|unit| (0..step).all(|at| at == lane || unit[at] == 0))
    };
    if every(2, 0) {
        Some(K::Utf16Le)
    } else if every(2, 1) {
        Some(K::Utf16Be)
    } else if every(4, 0) || every(4, 3) {
        Some(K::Utf32)
    } else {
        None
    }
}

fn marked_up(text: &str) -> K {
    let start: String = text.chars().take(1024).collect::<String>().to_lowercase();
    let page = ["<!doctype html", "<html", "<head", "<body", "<script"];
    let sheet = [
        "urn:schemas-microsoft-com:office:spreadsheet",
        "<office:document",
    ];
    // A page has more in front of a table than a program that writes one.
    let rows = ["<tr", "<thead", "<tbody"];
    let table = start.contains("<table")
        && rows.iter().any(|row| start.contains(row))
        && !start.contains("<script");
    if sheet.iter().any(|mark| start.contains(mark)) {
        K::XmlSheet
    } else if table {
        K::HtmlTable
    } else if page.iter().any(|tag| start.contains(tag)) {
        K::Html
    } else if start.contains("<row>") {
        K::XmlTable
    } else if start.starts_with("<?xml") || start[1..].starts_with(|c: char| c.is_alphabetic()) {
        K::Xml
    } else {
        K::Text
    }
}

/// The lock of LibreOffice, `.~lock.p.csv#`: one line of who has the file open, and where from.
fn is_lock(text: &str) -> bool {
    text.starts_with(',') && text.contains(";file:///") && text.lines().count() == 1
}

/// Lines of base64, all of one length but the last one.
fn is_base64(text: &str) -> bool {
    const SHORTEST: usize = 60;
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let is_coded = |line: &str| {
        let coded = |b: u8| b.is_ascii_alphanumeric() || b"+/=".contains(&b);
        line.len() <= first.len() && line.bytes().all(coded)
    };
    let mixed = |of: fn(&u8) -> bool| first.as_bytes().iter().any(of);
    first.len() >= SHORTEST
        && is_coded(first)
        && lines.all(is_coded)
        && mixed(u8::is_ascii_digit)
        && mixed(u8::is_ascii_lowercase)
        && mixed(u8::is_ascii_uppercase)
}

/// An array as NumPy prints it: numbers without commas.
fn is_printed_array(text: &str) -> bool {
    let row = text.split(']').next().unwrap_or_default();
    let numbers = row.trim_start_matches('[').split_whitespace();
    text.starts_with('[')
        && numbers.clone().count() > 1
        && numbers
            .into_iter()
            .all(|number| number.parse::<f64>().is_ok())
}

/// An object, or a list of what JSON has; `[section]` of other formats is none.
fn is_json(text: &str) -> bool {
    let mut rest = text.chars().filter(|c| !c.is_whitespace());
    match (rest.next(), rest.next()) {
        (Some('{'), second) => matches!(second, Some('"' | '}') | None),
        (Some('['), second) => {
            matches!(second, Some('{' | '[' | '"' | ']' | '-' | '0'..='9') | None)
        }
        _ => false,
    }
}

/// JSON lines if the first line is complete and another follows.
fn json(text: &str) -> K {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines
        .next()
        .is_some_and(|line| line.starts_with('{') && line.ends_with('}'));
    if text.starts_with('{')
        && text.contains("\"cells\"")
        && (text.contains("\"cell_type\"") || text.contains("\"nbformat\""))
    {
        K::Notebook
    } else if text.starts_with('{')
        && text.contains("\"doc_id\"")
        && (text.contains("https://docs.google.com/") || text.contains("\"resource_key\""))
    {
        K::GoogleDocument
    } else if text.starts_with('{')
        && ["\"encoding\"", "\"content\"", "base64"]
            .iter()
            .all(|t| text.contains(t))
    {
        K::GithubAnswer
    } else if first && lines.next().is_some_and(|line| line.starts_with('{')) {
        K::JsonLines
    } else {
        K::Json
    }
}

/// Without the last line where the sample may have cut it.
fn whole_lines(text: &str) -> &str {
    let end = if text.len() < SAMPLE / 2 {
        None
    } else {
        text.rfind('\n')
    };
    &text[..end.unwrap_or(text.len())]
}

/// Whether the first lines all have the same separator.
fn is_delimited(text: &str) -> bool {
    let filled = text.lines().filter(|line| !line.is_empty());
    let lines: Vec<&str> = filled.take(5).collect();
    let in_all = |mark: &char| lines.iter().all(|line| line.contains(*mark));
    !lines.is_empty() && [',', ';', '\t'].iter().any(in_all)
}
