//! Tables in LaTeX, in the style of the booktabs package.

use crate::report::table::{Cell, FLOOR_MARK, Line, Table};

const HEAD: &str = "\
% Needs \\usepackage{booktabs,graphicx}; take it in with \\input{tables}. The smallest document:
%   \\documentclass{article}
%   \\usepackage{booktabs,graphicx}
%   \\begin{document}\\input{tables}\\end{document}
";

/// Prints box 0, made smaller where it is wider than the text.
const FIT: &str =
    "\\ifdim\\wd0>\\linewidth\\resizebox{\\linewidth}{!}{\\usebox0}\\else\\usebox0\\fi\n";

/// All tables, for `\input` into a document.
pub fn tables<'a>(tables: impl IntoIterator<Item = &'a Table>) -> String {
    let parts = tables.into_iter().map(|t| format!("\n{}", table(t)));
    format!("{HEAD}{}", parts.collect::<String>())
}

/// One `table` environment with caption, label and notes.
pub fn table(table: &Table) -> String {
    format!(
        "\\begin{{table}}[htbp]\n\\centering\n\\caption{{{}}}\n\\label{{tab:{}}}\n\
         \\sbox0{{%\n{}}}%\n{FIT}{}\\end{{table}}\n",
        escape(&table.title),
        table.id,
        tabular(table),
        notes(table)
    )
}

fn tabular(table: &Table) -> String {
    let mut out = format!(
        "\\begin{{tabular}}{{l{}}}\n\\toprule\n",
        "r".repeat(table.columns.len())
    );
    if table.has_groups() {
        out += &groups(table);
    }
    let titles = table.columns.iter().map(|c| escape(&c.title));
    out += &line(std::iter::once(escape(&table.stub)).chain(titles));
    out += "\\midrule\n";
    let mut floor = false;
    for (i, row) in table.rows.iter().enumerate() {
        if row.floor && !floor && i > 0 {
            out += "\\midrule\n";
        }
        floor = row.floor;
        out += &body(row);
    }
    out + "\\bottomrule\n\\end{tabular}"
}

/// The row of group titles, with a rule under each.
fn groups(table: &Table) -> String {
    let (mut cells, mut rules, mut column) = (vec![String::new()], String::new(), 2);
    for (title, n) in table.groups() {
        match title.is_empty() {
            true => cells.extend(std::iter::repeat_n(String::new(), n)),
            false => {
                cells.push(format!("\\multicolumn{{{n}}}{{c}}{{{}}}", escape(title)));
                rules += &format!("\\cmidrule(lr){{{column}-{}}}\n", column + n - 1);
            }
        }
        column += n;
    }
    line(cells) + &rules
}

fn body(row: &Line) -> String {
    let label = escape(&row.label);
    let label = if row.floor {
        format!("\\textit{{{label}}}")
    } else {
        label
    };
    line(std::iter::once(label).chain(row.cells.iter().map(cell)))
}

fn cell(cell: &Cell) -> String {
    let text = cell.content.text();
    let mut text = match text.strip_prefix('-') {
        // A hyphen is no minus sign.
        Some(rest) if !rest.is_empty() => format!("$-${rest}"),
        _ => escape(&text),
    };
    text = match (cell.best, cell.significant) {
        (true, true) => format!("\\textbf{{{text}}}"),
        (true, false) => format!("\\underline{{{text}}}"),
        _ => text,
    };
    if let Some(sd) = cell.content.sd() {
        text += &format!("{{\\tiny\\,$\\pm$\\,{sd}}}");
    }
    if cell.at_floor {
        text += &escape(&FLOOR_MARK.to_string());
    }
    if let Some(letter) = cell.content.letter() {
        text += &format!("$^{{\\mathrm{{{letter}}}}}$");
    }
    text
}

fn line(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<_> = cells.into_iter().collect();
    format!("{} \\\\\n", cells.join(" & "))
}

fn notes(table: &Table) -> String {
    let reason = |(letter, reason): (String, &str)| {
        format!("$^{{\\mathrm{{{letter}}}}}$ {}", escape(reason))
    };
    let notes = table
        .notes
        .iter()
        .map(|n| escape(n))
        .chain(table.footnotes().map(reason));
    let notes: Vec<_> = notes.collect();
    format!(
        "\n\\smallskip\n{{\\footnotesize {}\\par}}\n",
        notes.join(" ")
    )
}

/// Text with LaTeX's special characters, and the few symbols of our titles, written out.
pub fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            '\\' => out += "\\textbackslash{}",
            '~' => out += "\\textasciitilde{}",
            '^' => out += "\\textasciicircum{}",
            '<' => out += "$<$",
            '>' => out += "$>$",
            '|' => out += "$|$",
            '"' => out += "\\textquotedbl{}",
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
    }
}
