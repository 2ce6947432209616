//! Takes the marks of LaTeX, HTML and Markdown off a cell.

mod commands;

use super::unknown_macros;
use commands::{BESIDE, DINGS, LAST, NUMBERS, SCRIPTS, SILENT, SYMBOLS};

pub(super) use commands::knows;

/// The text of a cell without marks for bold, color, footnotes and references.
pub(super) fn strip(text: &str) -> String {
    if text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.') {
        return text.to_string();
    }
    let text = footnotes(&html(text.trim()));
    let text = if text.contains(['\\', '$', '^', '{', '~']) {
        alone(latex(&unknown_macros::take_off(&text).0))
    } else {
        text
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    markdown(&text).trim().to_string()
}

/// Signs for yes and no, which are text only where nothing is beside them.
const SIGNS: &[char] = &['\u{2713}', '\u{2717}', '\u{25cf}', '\u{25cb}'];

fn alone(text: String) -> String {
    if text.trim().chars().count() > 1 {
        text.replace(SIGNS, "")
    } else {
        text
    }
}

/// What begins a raised mark or a reference.
const MARKS: &[&str] = &[
    "^",
    "\\cite",
    "\\textsuperscript",
    "\\tnote",
    "\\textdagger",
    "<sup>",
];

/// A name with a raised mark or a reference behind it, as it was before [`strip`] took that off.
pub(super) fn marked(text: &str, stripped: &str) -> Option<String> {
    let text = text.trim();
    let is_name = stripped.contains(char::is_alphabetic) && text.starts_with(stripped);
    let mark = text.get(stripped.len()..).filter(|_| is_name)?;
    let has_mark = MARKS.iter().any(|start| mark.contains(start));
    has_mark.then(|| text.to_string())
}

/// Marks before a bold number.
const BOLD: &[&str] = &["**", "__", "<b>", "<strong>"];

/// LaTeX commands for bold print.
const BOLD_LATEX: &[&str] = &[
    "\\textbf{",
    "\\mathbf{",
    "\\bm{",
    "\\boldsymbol{",
    "\\bf ",
    "\\bfseries",
];

/// Whether a cell begins in bold print.
pub(super) fn is_bold(text: &str) -> bool {
    let text = text.trim_start();
    BOLD.iter().any(|mark| text.starts_with(mark))
        || BOLD_LATEX.iter().any(|mark| text.contains(mark))
}

/// Without Markdown's references to footnotes, `[^1]`.
fn footnotes(text: &str) -> String {
    let mut parts = text.split("[^");
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        match part.split_once(']') {
            Some((label, rest)) if !label.contains(char::is_whitespace) => out.push_str(rest),
            _ => {
                out.push_str("[^");
                out.push_str(part);
            }
        }
    }
    out
}

/// Without tags and entities; footnote marks in `<sup>` go with their text. A number behind another one is its spread.
fn html(text: &str) -> String {
    if !text.contains(['<', '&']) {
        return text.to_string();
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let tag = &rest[open + 1..];
        let named = tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        let Some(close) = tag.find('>').filter(|_| named) else {
            out.push_str(&rest[..=open]);
            rest = tag;
            continue;
        };
        out.push_str(&rest[..open]);
        rest = &tag[close + 1..];
        let scripts = ["sub>", "sup>"]
            .iter()
            .filter(|name| tag.starts_with(**name));
        let mut inner = scripts.filter_map(|name| rest.split_once(&format!("</{name}")));
        if let Some((spread, behind)) = inner.next()
            && is_spread(spread, &out)
        {
            out.push('\u{b1}');
            out.push_str(spread);
            rest = behind;
        } else if tag.starts_with("sup>") {
            rest = rest.find("</sup>").map_or(rest, |end| &rest[end..]);
        } else if tag.starts_with("br") {
            out.push(' ');
        }
    }
    out.push_str(rest);
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", " "),
        ("&plusmn;", "\u{b1}"),
        ("&minus;", "-"),
        ("&amp;", "&"),
    ];
    let replace = |text: String, (from, to): &(&str, &str)| text.replace(from, to);
    entities.iter().fold(out, replace)
}

/// Without the marks around a whole cell: `**a**`, `*a*`, `__a__`, `` `a` ``, `[a](b)`.
fn markdown(text: &str) -> String {
    let mut text = text.trim();
    for mark in ["**", "__", "~~", "*", "_", "`"] {
        let inner = text.strip_prefix(mark).and_then(|t| t.strip_suffix(mark));
        if let Some(inner) = inner.filter(|t| !t.is_empty() && !t.contains(mark)) {
            text = inner.trim();
        }
    }
    let link = text.strip_prefix('[').and_then(|t| t.split_once("]("));
    match link {
        Some((name, address)) if address.ends_with(')') => name.to_string(),
        _ => text.to_string(),
    }
}

/// Without commands, braces and mathematics.
pub(super) fn latex(text: &str) -> String {
    let mut out = String::new();
    write_latex(&text.chars().collect::<Vec<_>>(), &mut out);
    out
}

fn write_latex(text: &[char], out: &mut String) {
    let mut at = 0;
    while let Some(&c) = text.get(at) {
        at += 1;
        match c {
            '\\' => at = command(text, at, out),
            '$' | '{' | '}' => {}
            '~' => out.push(' '),
            '^' | '_' if matches!(text.get(at), Some('{' | '\\' | '*')) => {
                at = script(text, at, c, out);
            }
            '^' => at += 1,
            _ => out.push(c),
        }
    }
}

/// Writes what the command after a backslash prints; the index behind it.
fn command(text: &[char], at: usize, out: &mut String) -> usize {
    let letters = text[at..].iter().take_while(|c| c.is_ascii_alphabetic());
    let name: String = letters.collect();
    if name.is_empty() {
        match text.get(at) {
            Some(c @ ('%' | '&' | '_' | '#' | '$')) => out.push(*c),
            Some(',' | ';' | ' ' | ':' | '\\') => out.push(' '),
            _ => {}
        }
        return at + 1;
    }
    let mut at = at + name.len();
    if text.get(at) == Some(&'*') {
        at += 1;
    }
    // The same as a raised or lowered group in mathematics.
    if let Some((_, mark)) = SCRIPTS.iter().find(|(n, _)| *n == name)
        && text.get(at) == Some(&'{')
    {
        return script(text, at, *mark, out);
    }
    if name == "ding" {
        let end = skip(text, at, '{', '}');
        let sign: String = text[at..end]
            .iter()
            .filter(|c| c.is_ascii_digit())
            .collect();
        let sign = DINGS.iter().find(|(number, _)| *number == sign);
        // Beside a number it is a mark of it.
        if let Some((_, sign)) = sign.filter(|_| out.trim().is_empty()) {
            out.push_str(sign);
        }
        return end;
    }
    if let Some((_, groups)) = SILENT.iter().find(|(n, _)| *n == name) {
        at = skip(text, at, '[', ']');
        at = skip(text, at, '(', ')');
        return arguments(text, at, *groups);
    }
    if let Some((_, groups)) = LAST.iter().find(|(n, _)| *n == name) {
        return arguments(text, at, *groups);
    }
    if NUMBERS.contains(&&*name) {
        return number_with_unit(text, at, &name, out);
    }
    if BESIDE.contains(&&*name) {
        let end = skip(text, at, '{', '}');
        if !text[at..end].iter().any(char::is_ascii_digit) {
            return end;
        }
    }
    if let Some((_, symbol)) = SYMBOLS.iter().find(|(n, _)| *n == name) {
        out.push_str(symbol);
    }
    let before = at;
    at = skip(text, at, '[', ']');
    // An option belongs to a command that has an argument, too.
    if text.get(at) == Some(&'{') {
        return at;
    }
    while text.get(at) == Some(&' ') && at == before {
        at += 1;
    }
    if at == before || text.get(before) == Some(&' ') {
        at
    } else {
        before
    }
}

/// The index behind options and a number of arguments in braces; a star may be one.
fn arguments(text: &[char], mut at: usize, groups: usize) -> usize {
    for _ in 0..groups {
        at = skip(text, at, '[', ']');
        at = if text.get(at) == Some(&'*') {
            at + 1
        } else {
            skip(text, at, '{', '}')
        };
    }
    skip(text, at, '[', ']')
}

/// Writes a number of the package siunitx; the index behind it. `43.05(30)` has a spread in units of its last place.
fn number_with_unit(text: &[char], at: usize, name: &str, out: &mut String) -> usize {
    let start = skip(text, at, '[', ']');
    let end = skip(text, start, '{', '}');
    let mut inner = String::new();
    write_latex(&text[start..end], &mut inner);
    let parts = inner.strip_suffix(')').and_then(|t| t.split_once('('));
    let places = parts.and_then(|(value, _)| value.split_once('.'));
    let digits = |t: &str| !t.is_empty() && t.chars().all(|c| c.is_ascii_digit());
    match (parts, places) {
        (Some((value, spread)), Some((_, places))) if digits(spread) && places.len() < 10 => {
            let units: f64 = spread.parse().unwrap_or_default();
            let places = places.trim().len();
            let spread = units / 10f64.powi(places as i32);
            out.push_str(&format!("{}\u{b1}{spread:.places$}", value.trim()));
        }
        _ => out.push_str(&inner),
    }
    if ["num", "tablenum"].contains(&name) {
        return end;
    }
    let behind = skip(text, end, '{', '}');
    let unit: String = text[end..behind].iter().collect();
    if unit.contains("percent") || unit.contains('%') {
        out.push('%');
    }
    behind
}

/// The index behind a group in brackets, or the same index where there is none.
pub(super) fn skip(text: &[char], at: usize, open: char, close: char) -> usize {
    if text.get(at) != Some(&open) {
        return at;
    }
    let mut depth = 0;
    for (i, c) in text.iter().enumerate().skip(at) {
        if *c == open {
            depth += 1;
        } else if *c == close {
            depth -= 1;
        }
        if depth == 0 {
            return i + 1;
        }
    }
    text.len()
}

/// Whether a raised or lowered text is the spread of the number before it.
fn is_spread(text: &str, before: &str) -> bool {
    let number = text.contains('.') && text.parse::<f64>().is_ok();
    number && before.ends_with(|c: char| c.is_ascii_digit())
}

/// Writes a raised or lowered group: a spread stays, a footnote mark goes, a name's index stays.
fn script(text: &[char], at: usize, mark: char, out: &mut String) -> usize {
    let end = match text.get(at) {
        Some('{') => skip(text, at, '{', '}'),
        Some('\\') => {
            let name = text[at + 1..]
                .iter()
                .take_while(|c| c.is_ascii_alphabetic());
            // `^\text{a}` is raised with its argument.
            skip(text, at + 1 + name.count(), '{', '}')
        }
        _ => at + 1,
    };
    let mut inner = String::new();
    write_latex(&text[at..end.min(text.len())], &mut inner);
    let inner = inner.trim();
    if inner.starts_with('\u{b1}') {
        out.push_str(inner);
    } else if is_spread(inner, out) {
        out.push('\u{b1}');
        out.push_str(inner);
    } else if mark == '_' && !inner.is_empty() {
        out.push('_');
        out.push_str(inner);
    }
    end
}

#[cfg(test)]
mod tests;
