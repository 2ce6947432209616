//! Renders `tables.tex`: the tables in the style of the booktabs package.

use std::collections::{BTreeMap, BTreeSet};

use super::{Exporter, Report, citations};
use crate::report::contents::SectionContents;
use crate::report::table::{BASELINE_MARK, BETWEEN, Cell, Content, STAR, TABLES, Table, TableRow};

const HEAD: &str = "\
% Needs \\usepackage{booktabs,graphicx}. The smallest document with all tables, or with one of tables/:
%   \\documentclass[twocolumn]{article}
%   \\usepackage{booktabs,graphicx}
%   \\begin{document}\\input{tables}\\bibliographystyle{plain}\\bibliography{citations}\\end{document}
% Wide tables are table* environments, which span both columns where there are two.
% Names of models and data are printed as given. pdflatex prints Latin letters; where a name has
% others (Chinese, Greek), use lualatex or xelatex with \\usepackage{fontspec} and a font that has them.
";

pub const EXPORTER: Exporter = Exporter {
    name: "LaTeX",
    file: "tables.tex",
    render: |report: &Report<'_>| {
        let parts = each(report.parts);
        let tables: String = parts.map(|(_, text)| format!("\n{text}")).collect();
        Ok(format!("{HEAD}{tables}").into_bytes())
    },
};

/// A file for each table, as (path, bytes).
pub fn files(parts: &[SectionContents]) -> impl Iterator<Item = (String, Vec<u8>)> + '_ {
    each(parts).map(|(table, text)| {
        let path = format!("{TABLES}/{}.tex", table.id);
        (path, format!("{HEAD}\n{text}").into_bytes())
    })
}

/// Each table with its LaTeX.
fn each(parts: &[SectionContents]) -> impl Iterator<Item = (&Table, String)> {
    let keys = citations::keys(parts.iter().map(|part| &part.section));
    parts.iter().flat_map(move |part| {
        let cited = part.section.rows.iter().filter_map(|row| {
            let citation = &row.runs.first()?.manifest.model.citation;
            let key = keys.get(citation).filter(|_| !row.derived)?;
            Some((row.label.clone(), key.clone()))
        });
        let cited: Cited = cited.collect();
        let tables: Vec<_> = part.tables().map(|t| (t, table(t, &cited))).collect();
        tables
    })
}

/// Keys of `citations.bib` by the labels of rows.
pub type Cited = BTreeMap<String, String>;

/// Prints box 0, made smaller where it is wider than the text or higher than most of a page.
const FIT: &str = "\
\\ifdim\\wd0>\\linewidth\\sbox0{\\resizebox{\\linewidth}{!}{\\usebox0}}\\fi
\\ifdim\\dimexpr\\ht0+\\dp0\\relax>.75\\textheight\\sbox0{\\resizebox*{!}{.75\\textheight}{\\usebox0}}\\fi
\\usebox0
";

/// Tables of so many columns or more have spreads below their numbers.
const MANY: usize = 9;

/// Letters that a column of a two-column paper holds at `\\small`, spaces between columns included.
const COLUMN: usize = 52;

/// Rows that a page holds; a longer table continues on the next.
const ROWS: usize = 48;

/// A `table` environment with caption, label and notes, `table*` where it is wider than a column of a
/// two-column paper; several where it is longer than a page.
pub fn table(table: &Table, cited: &Cited) -> String {
    let pages = pages(&table.rows);
    let star = if is_wide(table) { "*" } else { "" };
    let size = if table.columns.len() < MANY {
        "small"
    } else {
        "footnotesize"
    };
    let page = |(i, rows): (usize, &&[TableRow])| {
        let (caption, label) = match i {
            0 => (escape(&table.title), table.id.clone()),
            _ => (
                format!("{} (continued)", escape(&table.title)),
                format!("{}-{}", table.id, i + 1),
            ),
        };
        format!(
            "\\begin{{table{star}}}[tbp]\n\\centering\n\\caption{{{caption}}}\n\\label{{tab:{label}}}\n\
             \\{size}\\setlength{{\\tabcolsep}}{{3.5pt}}%\n\\sbox0{{%\n{}}}%\n{FIT}{}\\end{{table{star}}}\n",
            tabular(table, rows, cited),
            notes(table, rows)
        )
    };
    let pages: Vec<String> = pages.iter().enumerate().map(page).collect();
    pages.join("\n")
}

/// Whether a table needs both columns of a two-column paper.
fn is_wide(table: &Table) -> bool {
    let below = table.columns.len() >= MANY;
    let letters = |text: &str| text.chars().count();
    let labels = table.rows.iter().map(|row| letters(&row.label) + 4);
    let labels = labels.max().unwrap_or(0).max(letters(&table.stub));
    let column = |index: usize| {
        let cells = table.rows.iter().map(|row| &row.cells[index].content);
        let cells = cells.map(|content| {
            let text = if below {
                content.text()
            } else {
                content.full_text()
            };
            letters(&text)
        });
        cells
            .max()
            .unwrap_or(0)
            .max(letters(&table.columns[index].title))
            + 2
    };
    labels + (0..table.columns.len()).map(column).sum::<usize>() > COLUMN
}

/// Rows for a page each; blocks stay whole where they can.
fn pages(rows: &[TableRow]) -> Vec<&[TableRow]> {
    let mut pages = Vec::new();
    let mut rest = rows;
    while rest.len() > ROWS {
        let starts = |i: &usize| rest[*i].block != rest[*i - 1].block;
        let end = (1..=ROWS).rev().find(starts).unwrap_or(ROWS);
        let (page, further) = rest.split_at(end);
        pages.push(page);
        rest = further;
    }
    pages.push(rest);
    pages
}

fn tabular(table: &Table, rows: &[TableRow], cited: &Cited) -> String {
    let sides = (0..table.columns.len()).map(|i| if table.is_text(i) { 'l' } else { 'r' });
    let sides: String = sides.collect();
    let mut out = format!("\\begin{{tabular}}{{l{sides}}}\n\\toprule\n");
    if table.has_groups() {
        out += &groups(table);
    }
    let titles = table.columns.iter().map(|c| escape(&c.title));
    out += &line(std::iter::once(escape(&table.stub)).chain(titles));
    out += "\\midrule\n";
    // Side by side, spreads would make many columns too small to read.
    let below = table.columns.len() >= MANY;
    let mut before: Option<&TableRow> = None;
    for row in rows {
        let block = before.is_none_or(|b| b.block != row.block);
        let baseline = before.is_some_and(|b| row.baseline && !b.baseline);
        if before.is_some() && (block || baseline) {
            out += "\\midrule\n";
        }
        if block && !row.block.is_empty() {
            let heading = escape(&row.block);
            let width = table.columns.len() + 1;
            out += &format!("\\multicolumn{{{width}}}{{l}}{{\\textbf{{{heading}}}}} \\\\\n");
        }
        out += &body(row, below, cited);
        before = Some(row);
    }
    out + "\\bottomrule\n\\end{tabular}"
}

/// The row of group titles, with a rule under each.
fn groups(table: &Table) -> String {
    let (mut cells, mut rules, mut column) = (vec![String::new()], String::new(), 2);
    for (title, n) in table.groups() {
        if title.is_empty() {
            cells.extend(std::iter::repeat_n(String::new(), n))
        } else {
            cells.push(format!("\\multicolumn{{{n}}}{{c}}{{{}}}", escape(title)));
            rules += &format!("\\cmidrule(lr){{{column}-{}}}\n", column + n - 1);
        }
        column += n;
    }
    line(cells) + &rules
}

fn body(row: &TableRow, below: bool, cited: &Cited) -> String {
    let label = escape(&row.label);
    let label = if row.baseline {
        format!("\\textit{{{label}}}")
    } else {
        label
    };
    let key = cited.get(&row.label);
    let label = key.map_or(label.clone(), |key| format!("{label}~\\cite{{{key}}}"));
    let below = below && row.cells.iter().any(|c| c.content.has_spread());
    let cells = row.cells.iter().map(|c| cell(c, !below));
    let numbers = line(std::iter::once(label).chain(cells));
    if !below {
        return numbers;
    }
    let spreads = row.cells.iter().map(|c| spread(c).unwrap_or_default());
    let spreads = line(std::iter::once(String::new()).chain(spreads));
    format!("{}[-3pt]\n{spreads}", numbers.trim_end())
}

/// The spread of a cell's numbers, small.
fn spread(cell: &Cell) -> Option<String> {
    if let Content::Several(cells) = &cell.content {
        let all: Vec<String> = cells.iter().filter_map(spread).collect();
        return (!all.is_empty()).then(|| all.join(BETWEEN));
    }
    let sd = cell.content.sd()?;
    Some(format!("{{\\scriptsize\\,$\\pm$\\,{sd}}}"))
}

/// A cell, with its spread behind it where that is asked for.
fn cell(of: &Cell, with_spread: bool) -> String {
    if let Content::Several(cells) = &of.content {
        let each = cells.iter().map(|c| cell(c, with_spread));
        return each.collect::<Vec<_>>().join(BETWEEN);
    }
    let mut text = match of.content {
        Content::Missing => "--".to_string(),
        _ => escape(&of.content.text()),
    };
    if of.best {
        text = format!("\\textbf{{{text}}}");
    } else if of.second {
        text = format!("\\underline{{{text}}}");
    }
    if of.significant {
        text += &format!("$^{{{STAR}}}$");
    }
    text += &spread(of).filter(|_| with_spread).unwrap_or_default();
    if of.at_baseline {
        text += &escape(&BASELINE_MARK.to_string());
    }
    if let Some(letter) = of.content.letter() {
        text += &format!("$^{{\\mathrm{{{letter}}}}}$");
    }
    text
}

/// A row; a first cell that starts like an option would be taken for one of the line before.
fn line(cells: impl IntoIterator<Item = String>) -> String {
    let mut cells: Vec<_> = cells.into_iter().collect();
    if let Some(first) = cells.first_mut().filter(|c| c.starts_with(['[', '*'])) {
        first.insert_str(0, "{}");
    }
    format!("{} \\\\\n", cells.join(" & "))
}

/// The notes, and the footnotes that these rows refer to.
fn notes(table: &Table, rows: &[TableRow]) -> String {
    let cells = || rows.iter().flat_map(|r| &r.cells);
    let used: BTreeSet<String> = cells().flat_map(|c| c.content.letters()).collect();
    let footnotes = table
        .footnotes()
        .filter(|(letter, _)| used.contains(letter));
    let reason = |(letter, reason): (String, &str)| {
        format!("$^{{\\mathrm{{{letter}}}}}$ {}", escape(reason))
    };
    let legend = table.legend_sentences();
    let legend = Some(legend).filter(|text| !text.is_empty());
    let notes = legend.iter().chain(&table.notes).map(|n| escape(n));
    let notes: Vec<_> = notes.chain(footnotes.map(reason)).collect();
    if notes.is_empty() {
        return "\n".to_string();
    }
    format!(
        "\n\\smallskip\n{{\\footnotesize\\raggedright {}\\par}}\n",
        notes.join(" ")
    )
}

/// Text with LaTeX's special characters, and the few symbols of our titles, written out; hyphens between
/// digits are ranges.
pub fn escape(text: &str) -> String {
    let mut out = String::new();
    let text = text.replace("(n-1)", "(n\u{2212}1)");
    let characters: Vec<char> = text.chars().collect();
    let is_digit = |index: Option<usize>| {
        let c = index.and_then(|index| characters.get(index));
        c.is_some_and(char::is_ascii_digit)
    };
    let starts = |index: usize| {
        let before = index.checked_sub(1).map(|before| characters[before]);
        before.is_none_or(|c| c == ' ' || c == '(')
    };
    for (index, c) in characters.iter().copied().enumerate() {
        match c {
            '-' if is_digit(index.checked_sub(1)) && is_digit(Some(index + 1)) => out += "--",
            // A hyphen is no minus sign.
            '-' if starts(index) && is_digit(Some(index + 1)) => out += "$-$",
            '\u{2212}' => out += "$-$",
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            '\\' => out += "\\textbackslash{}",
            '~' => out += "\\textasciitilde{}",
            '^' => out += "\\textasciicircum{}",
            '<' => out += "$<$",
            '>' => out += "$>$",
            '|' => out += "$|$",
            // Straight ones are no letter of LaTeX's usual font.
            '"' => out += "''",
            '`' => out += "\\textasciigrave{}",
            '±' => out += "$\\pm$",
            '↑' => out += "$\\uparrow$",
            '↓' => out += "$\\downarrow$",
            '†' => out += "$^{\\dagger}$",
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_written_out() {
        assert_eq!(
            escape(r"50%_{a}&b#c$d\e~f^g ± ↑"),
            r"50\%\_\{a\}\&b\#c\$d\textbackslash{}e\textasciitilde{}f\textasciicircum{}g $\pm$ $\uparrow$"
        );
        let dashes = escape("mean 0-0.9, Acc-2 over seeds (n-1)");
        assert_eq!(dashes, "mean 0--0.9, Acc-2 over seeds (n$-$1)");
        assert_eq!(
            escape("-0.007 (-0.145 to 0.131)"),
            "$-$0.007 ($-$0.145 to 0.131)"
        );
    }
}
