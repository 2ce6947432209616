//! Takes the marks of LaTeX, HTML and Markdown off a cell.

use super::unknown_macros;

/// LaTeX commands whose arguments are no text of the table, and how many they have.
const SILENT: &[(&str, usize)] = &[
    ("cite", 1),
    ("citep", 1),
    ("citet", 1),
    ("citealp", 1),
    ("citeauthor", 1),
    ("citeyear", 1),
    ("ref", 1),
    ("label", 1),
    ("footnote", 1),
    ("footnotemark", 1),
    ("footnotetext", 1),
    ("tablefootnote", 1),
    ("tnote", 1),
    ("vspace", 1),
    ("hspace", 1),
    ("phantom", 1),
    ("hphantom", 1),
    ("vphantom", 1),
    ("ding", 1),
    ("symbol", 1),
    ("tikzmark", 1),
    ("rowcolor", 1),
    ("cellcolor", 1),
    ("columncolor", 1),
    ("color", 1),
    ("sethlcolor", 1),
    ("cmidrule", 1),
    ("cline", 1),
    ("addlinespace", 1),
    ("noalign", 1),
    ("arrayrulecolor", 1),
    ("setlength", 2),
    ("rule", 2),
    ("fontsize", 2),
    ("specialrule", 3),
    ("cdashline", 1),
    ("cdashlinelr", 1),
    ("hhline", 1),
    ("Xhline", 1),
    ("Xcline", 2),
];

/// LaTeX commands of whose arguments the last one is text, and how many are before it.
const LAST: &[(&str, usize)] = &[
    ("textcolor", 1),
    ("colorbox", 1),
    ("fcolorbox", 2),
    ("rotatebox", 1),
    ("raisebox", 1),
    ("scalebox", 1),
    ("resizebox", 2),
    ("adjustbox", 1),
    ("href", 1),
    ("hyperlink", 1),
    ("parbox", 1),
    ("multicolumn", 2),
    ("multirow", 2),
    ("multirowcell", 1),
    ("tikzmarknode", 1),
    ("overset", 1),
    ("underset", 1),
    ("stackrel", 1),
];

/// LaTeX commands that print a number, and maybe a unit behind it.
const NUMBERS: &[&str] = &["num", "tablenum", "SI", "qty"];

/// LaTeX commands that print a mark beside a cell; one with digits may be a spread.
const BESIDE: &[&str] = &["rlap", "mathrlap"];

/// Characters that LaTeX commands print.
const SYMBOLS: &[(&str, &str)] = &[
    ("pm", "\u{b1}"),
    ("textpm", "\u{b1}"),
    ("times", "\u{d7}"),
    ("dagger", "\u{2020}"),
    ("dag", "\u{2020}"),
    ("ddagger", "\u{2021}"),
    ("ddag", "\u{2021}"),
    ("ast", "*"),
    ("star", "*"),
    ("uparrow", "\u{2191}"),
    ("downarrow", "\u{2193}"),
    ("eta", "\u{3b7}"),
    ("textendash", "\u{2013}"),
    ("textemdash", "\u{2014}"),
    ("textbackslash", ""),
    ("cdot", "\u{b7}"),
    ("alpha", "alpha"),
    ("beta", "beta"),
    ("gamma", "gamma"),
    ("lambda", "lambda"),
    ("checkmark", "\u{2713}"),
    ("Checkmark", "\u{2713}"),
    ("CheckmarkBold", "\u{2713}"),
    ("cmark", "\u{2713}"),
    ("tick", "\u{2713}"),
    ("surd", "\u{2713}"),
    ("xmark", "\u{2717}"),
    ("XSolid", "\u{2717}"),
    ("XSolidBrush", "\u{2717}"),
    ("bullet", "\u{25cf}"),
    ("CIRCLE", "\u{25cf}"),
    ("circ", "\u{25cb}"),
    ("Circle", "\u{25cb}"),
    ("nodata", "-"),
    ("textasciitilde", " "),
];

/// Signs of the font that `\ding` prints from: those for yes and no.
const DINGS: &[(&str, &str)] = &[
    ("51", "\u{2713}"),
    ("52", "\u{2713}"),
    ("55", "\u{2717}"),
    ("56", "\u{2717}"),
    ("53", "\u{2717}"),
    ("54", "\u{2717}"),
];

/// Other LaTeX commands that say how, not what is printed: with one argument, or with none.
const STYLES: &[&str] = &[
    "textbf",
    "textit",
    "textrm",
    "textsf",
    "texttt",
    "textsc",
    "textsl",
    "textup",
    "textmd",
    "textnormal",
    "textcircled",
    "text",
    "emph",
    "underline",
    "uline",
    "uuline",
    "uwave",
    "dashuline",
    "ul",
    "hl",
    "sout",
    "mathbf",
    "mathrm",
    "mathit",
    "mathcal",
    "mathsf",
    "mathtt",
    "mathbb",
    "mathfrak",
    "mathnormal",
    "mathbin",
    "mathring",
    "bm",
    "boldsymbol",
    "pmb",
    "hat",
    "bar",
    "tilde",
    "vec",
    "dot",
    "operatorname",
    "ensuremath",
    "mbox",
    "hbox",
    "vbox",
    "fbox",
    "makebox",
    "framebox",
    "makecell",
    "shortstack",
    "thead",
    "specialcell",
    "cellcolor",
    "centering",
    "raggedright",
    "raggedleft",
    "centerline",
    "bf",
    "bfseries",
    "mdseries",
    "it",
    "itshape",
    "em",
    "rm",
    "sf",
    "tt",
    "sc",
    "sl",
    "scshape",
    "slshape",
    "upshape",
    "rmfamily",
    "sffamily",
    "ttfamily",
    "normalfont",
    "boldmath",
    "unboldmath",
    "tiny",
    "scriptsize",
    "footnotesize",
    "small",
    "normalsize",
    "large",
    "Large",
    "LARGE",
    "huge",
    "Huge",
    "quad",
    "qquad",
    "hfill",
    "hss",
    "hfil",
    "enspace",
    "thinspace",
    "space",
    "strut",
    "null",
    "par",
    "newline",
    "linebreak",
    "noindent",
    "protect",
    "relax",
    "smash",
    "left",
    "right",
    "big",
    "Big",
    "hline",
    "toprule",
    "midrule",
    "bottomrule",
    "hdashline",
    "fi",
    "else",
    "begin",
    "end",
    "llap",
    "clap",
    "mathllap",
    "hyperref",
    "autoref",
    "url",
    "sim",
    "approx",
    "leq",
    "geq",
    "le",
    "ge",
    "neq",
    "to",
    "rightarrow",
    "leftarrow",
    "leftrightarrow",
    "Uparrow",
    "Downarrow",
    "nearrow",
    "searrow",
    "blacktriangle",
    "triangle",
    "triangledown",
    "dots",
    "ldots",
    "cdots",
    "Delta",
    "delta",
    "sigma",
    "mu",
    "rho",
    "tau",
    "theta",
    "phi",
    "psi",
    "omega",
    "kappa",
    "pi",
    "xi",
    "epsilon",
    "oplus",
    "otimes",
    "diamond",
    "diamondsuit",
    "clubsuit",
    "spadesuit",
    "heartsuit",
    "percent",
    "displaystyle",
    "textstyle",
    "scriptstyle",
    "nobreak",
    "xspace",
    "xrightarrow",
    "sqrt",
    "linewidth",
    "textwidth",
    "columnwidth",
    "arrayrulewidth",
    "tabcolsep",
    "arraystretch",
    "baselineskip",
    "caption",
    "S",
    "P",
    "ss",
    "ae",
    "oe",
    "o",
    "l",
    "i",
    "j",
    "TeX",
    "LaTeX",
    "textdagger",
    "textdaggerdbl",
    "textasteriskcentered",
    "setcounter",
    "num",
    "tabularnewline",
    "cr",
    "endhead",
    "endfirsthead",
    "endfoot",
    "endlastfoot",
    "ignorespaces",
];

/// Whether it is known what a LaTeX command prints of its arguments.
pub(super) fn knows(name: &str) -> bool {
    let of = |list: &[(&str, usize)]| list.iter().any(|(known, _)| *known == name);
    of(SILENT)
        || of(LAST)
        || [NUMBERS, BESIDE, STYLES]
            .iter()
            .any(|list| list.contains(&name))
        || SYMBOLS.iter().any(|(known, _)| *known == name)
        || SCRIPTS.iter().any(|(known, _)| *known == name)
}

/// LaTeX commands that raise or lower their argument.
const SCRIPTS: &[(&str, char)] = &[("textsuperscript", '^'), ("textsubscript", '_')];

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

/// Without tags and entities; footnote marks in `<sup>` go with their text.
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
        if tag.starts_with("sup>") {
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
    let number = |t: &str| t.contains('.') && t.parse::<f64>().is_ok();
    if inner.starts_with('\u{b1}') {
        out.push_str(inner);
    } else if number(inner) && out.ends_with(|c: char| c.is_ascii_digit()) {
        out.push('\u{b1}');
        out.push_str(inner);
    } else if mark == '_' && !inner.is_empty() {
        out.push('_');
        out.push_str(inner);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_stays_and_how_it_is_printed_goes() {
        let cases = [
            ("\\textbf{43.05}", "43.05"),
            ("\\underline{\\textbf{84.5}}", "84.5"),
            ("{\\bf 43.05}", "43.05"),
            ("$33.08^{*}$", "33.08"),
            ("33.08$^{\\dagger}$", "33.08"),
            ("33.08$^\\dagger$", "33.08"),
            ("76.07\\textsuperscript{1}", "76.07"),
            ("76.07\\textsuperscript{$\\pm$0.31}", "76.07\u{b1}0.31"),
            ("MISA\\textsuperscript{\\dag}", "MISA"),
            ("$84.5_{\\pm 0.3}$", "84.5\u{b1}0.3"),
            ("84.5$_{0.31}$", "84.5\u{b1}0.31"),
            ("$43.05 \\pm 0.30$", "43.05 \u{b1}0.30"),
            ("\\cellcolor[gray]{0.9}84.5", "84.5"),
            ("\\cellcolor{gray!20}{84.5}", "84.5"),
            ("\\textcolor{red}{84.5}", "84.5"),
            ("\\textcolor[HTML]{FF0000}{84.5}", "84.5"),
            ("\\fcolorbox{red}{white}{84.5}", "84.5"),
            (
                "\\fcolorbox[HTML]{FF0000}[HTML]{00FF00}{\\textbf{84.5}}",
                "84.5",
            ),
            ("\\colorbox{red!20}{\\strut 84.5}", "84.5"),
            ("\\cellcolor[HTML]{99CC00}\\uline{84.5}", "84.5"),
            ("$\\mathbf{84.5}$", "84.5"),
            ("$\\boldsymbol{84.5}_{\\pm 0.3}$", "84.5\u{b1}0.3"),
            ("\\bm{$84.5$}", "84.5"),
            ("\\makecell[c]{84.5\\\\{\\small (0.3)}}", "84.5 (0.3)"),
            ("\\multirow[t]{2}{*}{84.5}", "84.5"),
            ("\\multirow{2}*{84.5}", "84.5"),
            ("\\phantom{0}9.05", "9.05"),
            ("\\hphantom{-}0.789", "0.789"),
            ("\\tablenum[table-format=2.2]{84.52}", "84.52"),
            ("\\num{84.52(31)}", "84.52\u{b1}0.31"),
            ("\\num{84.52 +- 0.31}", "84.52 +- 0.31"),
            ("\\SI{84.52}{\\percent}", "84.52%"),
            ("\\SI[detect-weight]{0.789}{}", "0.789"),
            ("84.5\\rlap{$^*$}", "84.5"),
            ("84.5\\rlap{\\textsuperscript{a}}", "84.5"),
            ("84.5\\rlap{a}", "84.5"),
            ("84.5\\rlap{$_{\\pm 0.3}$}", "84.5\u{b1}0.3"),
            ("84.5$^\\text{a}$", "84.5"),
            ("84.5\\ding{72}", "84.5"),
            ("\\rule{0pt}{2.6ex}84.5", "84.5"),
            ("\\resizebox{1cm}{!}{84.5}", "84.5"),
            ("$\\overset{*}{84.5}$", "84.5"),
            ("\\hyperref[tab:a]{MISA}", "MISA"),
            ("w/o $\\mathcal{L}_{rec}$", "w/o L_rec"),
            ("CENET~\\cite{wang2022}", "CENET"),
            ("Acc-2 (\\%) $\\uparrow$", "Acc-2 (%) \u{2191}"),
            ("\\makecell{Self-\\\\MM}", "Self- MM"),
            ("<u>30.73</u> \u{b1} 2.45", "30.73 \u{b1} 2.45"),
            ("n/a<sup>a</sup>", "n/a"),
            ("80.18[^1]", "80.18"),
            ("MISA[^a]", "MISA"),
            ("**85.0**", "85.0"),
            ("*Constant (baseline)*", "Constant (baseline)"),
            ("[CENET](https://a.b/c)", "CENET"),
            ("CENET [20]", "CENET [20]"),
            ("mosi_acc7", "mosi_acc7"),
            ("MISA*", "MISA*"),
            ("{l, a}", "l, a"),
            ("p < 0.05", "p < 0.05"),
        ];
        for (text, wanted) in cases {
            assert_eq!(strip(text), wanted, "{text}");
        }
    }
}
