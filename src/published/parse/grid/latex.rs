//! Splits LaTeX tables: `tabular` and its relatives.

use super::super::cell::LeftOut;
use super::super::error::{Error, Result};
use super::super::{markup, number, unknown_macros};
use super::unclear::Unclear;
use super::{
    Field, Grid, Row, comments, definitions, elsewhere, other_files, page_breaks, row_ends,
};

/// Environments whose bodies are tables.
const ENVIRONMENTS: &[&str] = &[
    "tabular",
    "tabular*",
    "tabularx",
    "tabulary",
    "tabu",
    "longtable",
    "longtblr",
    "tblr",
    "array",
    "NiceTabular",
    "xltabular",
    "supertabular",
];

/// Lines that are drawn, which are no text.
const RULES: &[&str] = &[
    "\\hline",
    "\\toprule",
    "\\midrule",
    "\\bottomrule",
    "\\hdashline",
    "\\centering",
];

/// Whether a text is LaTeX: an environment for tables, or lines of cells that end in `\\`.
pub fn is_latex(text: &str) -> bool {
    let opens = |name: &&str| text.contains(&format!("\\begin{{{name}}}"));
    let is_row =
        |line: &&str| line.contains('&') && row_ends::as_backslashes(line).contains("\\\\");
    ENVIRONMENTS.iter().any(opens) || text.lines().filter(is_row).count() >= 2
}

/// The first file of numbers of which a text makes a table.
pub fn file_of_numbers(text: &str) -> Option<String> {
    let first = |text: &str| other_files::tables(text).into_iter().next();
    // Most texts are no LaTeX.
    first(text).and_then(|_| first(&comments::of_latex(text)))
}

/// The tables of a text, each with the caption next to it.
///
/// # Errors
/// [`Error::Csv`] for a line with more cells than the first one; [`Error::Kind`] for one table whose rows are all in
/// another file.
pub fn split(name: &str, text: &str) -> Result<Vec<Grid>> {
    let text = comments::of_latex(&row_ends::as_backslashes(text));
    let text = definitions::apply(&text);
    let mut grids = Vec::new();
    let bodies = bodies(&text);
    for (i, (start, end)) in bodies.iter().enumerate() {
        let line = text[..*start].matches('\n').count() as u64 + 1;
        let before = i.checked_sub(1).map_or(0, |k| bodies[k].1);
        let after = bodies.get(i + 1).map_or(text.len(), |b| b.0);
        let caption = caption(&text, [before, *start], [*end, after]);
        let mut unclear = Unclear::default();
        let body = page_breaks::first_page(&text[*start..*end]);
        let (body, files) = match *start {
            // Without an environment what is read may be anything.
            0 => (body, Vec::new()),
            _ => other_files::rows(&body),
        };
        let mut rows = rows(name, &body, line, &mut unclear)?;
        unclear.settle(&mut rows);
        let has_numbers = |row: &Row| row.filled().any(|cell| number::is_number(&cell.text));
        if let (Some(file), 1, false) = (files.first(), bodies.len(), rows.iter().any(has_numbers))
        {
            return Err(elsewhere(name, file));
        }
        let mut notes = unclear.notes();
        notes.extend(files.iter().map(|file| {
            format!(
                "rows in `{file}`, which the table reads, are not checked: put them in its place"
            )
        }));
        grids.push(Grid {
            captions: caption.into_iter().collect(),
            rows,
            notes,
            left_out: LeftOut {
                cells: unclear.left_out.len(),
                lines: files.len(),
                ..LeftOut::default()
            },
        });
    }
    let elsewhere = other_files::tables(&text);
    if let Some(last) = grids.last_mut() {
        last.left_out.tables += elsewhere.len();
        last.notes.extend(elsewhere.iter().map(|file| {
            format!("the table of `{file}`, which the text reads, is not checked: audit that file")
        }));
    }
    Ok(grids)
}

/// Where the bodies of tables are, innermost first seen; the whole text where there is no environment.
fn bodies(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = text[from..].find("\\begin{").map(|at| from + at) {
        let rest = &text[open + "\\begin{".len()..];
        let name = rest.split('}').next().unwrap_or_default();
        from = open + "\\begin{".len();
        if !ENVIRONMENTS.contains(&name) {
            continue;
        }
        let close = format!("\\end{{{name}}}");
        let start = open + "\\begin{}".len() + name.len();
        let Some(end) = text[start..].find(&close).map(|at| start + at) else {
            found.push((start, text.len()));
            break;
        };
        found.push((start + arguments(&text[start..end]), end));
        from = end;
    }
    if found.is_empty() {
        found.push((0, text.len()));
    }
    found
}

/// Length of the arguments of an environment: `[t]{\linewidth}{lcc}`.
fn arguments(body: &str) -> usize {
    let mut depth = 0;
    for (at, c) in body.char_indices() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ if depth == 0 && !c.is_whitespace() => return at,
            '\n' if depth == 0 => return at,
            _ => {}
        }
    }
    body.len()
}

/// The caption before a table, after the last one, or else behind it.
fn caption(text: &str, before: [usize; 2], behind: [usize; 2]) -> Option<String> {
    let of = |[from, to]: [usize; 2], last: bool| {
        let part = &text[from..to];
        let at = if last {
            part.rfind("\\caption")
        } else {
            part.find("\\caption")
        }?;
        let open = at + part[at..].find('{')?;
        let group = &part[open..open + group(&part[open..])];
        Some(markup::strip(group))
    };
    let floats = text[before[0]..before[1]].rfind("\\begin{table");
    let own = floats.map_or(before, |at| [before[0] + at, before[1]]);
    let end = text[behind[0]..behind[1]].find("\\end{table");
    let behind = end.map_or(behind, |at| [behind[0], behind[0] + at]);
    of(own, true).or_else(|| of(behind, false))
}

/// Length of the group in braces at the start of a text.
fn group(text: &str) -> usize {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + c.len_utf8();
        }
    }
    text.len()
}

fn rows(name: &str, body: &str, first: u64, unclear: &mut Unclear) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut line = first;
    for text in cut(body, "\\\\") {
        let blank = text.len() - text.trim_start().len();
        // The rules above a line are often on a line of their own in the source.
        let above = text[..blank].matches('\n').count() as u64 + rule_lines(&text[blank..]);
        let row = row(&without_rules(text), line + above, unclear);
        line += text.matches('\n').count() as u64;
        if row.filled().next().is_some() {
            rows.push(row);
        }
    }
    let width = rows.iter().map(|r| r.cells.len()).max().unwrap_or(0);
    let heading = rows.first().map_or(0, |r| r.cells.len());
    for row in &mut rows {
        if row.cells.len() > heading.max(2) && heading > 1 {
            return Err(Error::Csv {
                table: name.to_string(),
                reason: format!(
                    "line {}: expected {heading} columns as in the heading, found {}",
                    row.line,
                    row.cells.len()
                ),
            });
        }
        while row.cells.len() < width {
            let column = row.cells.len() + 1;
            row.cells.push(Field {
                column,
                ..Field::default()
            });
        }
    }
    Ok(rows)
}

/// Lines at the start of a text that hold rules only.
fn rule_lines(text: &str) -> u64 {
    let lines = text.split('\n');
    let empty = lines.take_while(|l| markup::latex(&without_rules(l)).trim().is_empty());
    let n = empty.count() as u64;
    // A text of rules alone ends the table.
    if n == text.split('\n').count() as u64 {
        0
    } else {
        n
    }
}

fn without_rules(text: &str) -> String {
    RULES
        .iter()
        .fold(text.to_string(), |text, rule| text.replace(rule, " "))
}

/// Parts of a text between separators that are in no group and not escaped.
fn cut<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if at < from {
            continue;
        }
        if depth == 0 && text[at..].starts_with(separator) {
            parts.push(&text[from..at]);
            from = at + separator.len();
            if separator.len() > 1 {
                // `\\[2pt]` and `\\*` end a line as well.
                let rest = &text[from..];
                let star = usize::from(rest.starts_with('*'));
                let space = rest[star..].starts_with('[');
                let skip = rest.find(']').filter(|_| space).map_or(star, |end| end + 1);
                from += skip;
            }
            continue;
        }
        match c {
            '\\' => {
                chars.next();
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    parts.push(&text[from.min(text.len())..]);
    parts
}

fn row(text: &str, line: u64, unclear: &mut Unclear) -> Row {
    let mut cells: Vec<Field> = Vec::new();
    for part in cut(text, "&") {
        let (known, guesses) = unknown_macros::take_off(part.trim());
        let (mut text, width) = multicolumn(&known);
        unclear.add(line, part, &guesses, &mut text);
        for i in 0..width {
            let column = cells.len() + 1;
            cells.push(Field {
                marked: (i == 0).then(|| markup::marked(part, &text)).flatten(),
                text: if i == 0 { text.clone() } else { String::new() },
                column,
                merged: i > 0,
                bold: i == 0 && markup::is_bold(part),
            });
        }
    }
    Row { line, cells }
}

/// The text of a cell and the columns it covers.
fn multicolumn(text: &str) -> (String, usize) {
    let Some(at) = text.find("\\multicolumn") else {
        return (multirow(text), 1);
    };
    let groups = groups(&text[at + "\\multicolumn".len()..]);
    match groups.as_slice() {
        [width, _, inner, ..] => (
            multirow(inner),
            width.trim().parse().unwrap_or(1).clamp(1, 200),
        ),
        _ => (multirow(text), 1),
    }
}

/// The text of a cell that covers several lines; the lines below leave it empty.
fn multirow(text: &str) -> String {
    let Some(at) = text.find("\\multirow") else {
        return markup::strip(text);
    };
    let (before, rest) = (&text[..at], &text[at + "\\multirow".len()..]);
    // The width may be a star without braces.
    let rest = rest.replace("}*{", "}{*}{");
    match groups(&rest).as_slice() {
        [_, _, inner, ..] => markup::strip(&format!("{before}{inner}")),
        _ => markup::strip(text),
    }
}

/// The groups in braces that follow each other, options in brackets left out.
fn groups(text: &str) -> Vec<&str> {
    let mut rest = text;
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.starts_with('[') {
            rest = rest.find(']').map_or("", |end| &rest[end + 1..]);
        } else if rest.starts_with('{') {
            let end = group(rest);
            let inner = rest[..end].strip_prefix('{').unwrap_or_default();
            found.push(inner.strip_suffix('}').unwrap_or(inner));
            rest = &rest[end..];
        } else {
            return found;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\\begin{table}[t]\n\\caption{Results on \\textsc{mosi}.}\n\\begin{tabular}{l|cc}\n\\toprule\n\
        \\multirow{2}{*}{Method} & \\multicolumn{2}{c}{MOSI} \\\\ \\cmidrule(lr){2-3}\n & Acc-7 & MAE \\\\\n\\midrule\n\
        MISA~\\cite{misa} & 42.3 & 0.783 \\\\ % old\n\\multicolumn{3}{c}{\\textit{r = 0.5}} \\\\\n\
        \\rowcolor{gray} Ours \\& co & \\textbf{45.1\\%} & $0.70_{\\pm 0.01}$ \\\\[2pt]\n\\bottomrule\n\\end{tabular}\n\\end{table}\n";

    #[test]
    fn rows_and_spans_are_read_with_their_lines() {
        assert!(is_latex(TABLE));
        let grids = split("t.tex", TABLE).unwrap();
        assert_eq!(grids.len(), 1);
        assert_eq!(grids[0].captions, ["Results on mosi."]);
        let rows: Vec<(u64, Vec<&str>)> = grids[0]
            .rows
            .iter()
            .map(|r| (r.line, r.cells.iter().map(|c| &*c.text).collect()))
            .collect();
        assert_eq!(rows[0], (5, vec!["Method", "MOSI", ""]));
        assert!(grids[0].rows[0].cells[2].merged);
        assert_eq!(rows[1], (6, vec!["", "Acc-7", "MAE"]));
        assert_eq!(rows[2], (8, vec!["MISA", "42.3", "0.783"]));
        assert_eq!(rows[3], (9, vec!["r = 0.5", "", ""]));
        assert_eq!(rows[4], (10, vec!["Ours & co", "45.1%", "0.70\u{b1}0.01"]));
    }

    #[test]
    fn a_body_without_its_environment_is_read() {
        let text = "Method & MAE \\\\ \\hline\nA & 0.7 \\\\\nB & 0.8 \\\\\n";
        assert!(is_latex(text));
        let grids = split("t.tex", text).unwrap();
        assert_eq!(grids[0].rows.len(), 3);
        assert_eq!(grids[0].rows[2].line, 3);
        assert!(split("t.tex", "A & B \\\\\n1 & 2 & 3 \\\\\n").is_err());
    }
}
