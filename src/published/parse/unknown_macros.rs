//! Takes LaTeX commands that nothing defines off a cell: which of their arguments is the number is told by the arguments.

use super::markup;

/// What became of such a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    /// One of several arguments was read.
    One(String),
    /// Behind a number it is a mark.
    Mark(String),
    /// Several arguments may be the number.
    Open(String),
}

/// How much larger a number is than its spread at least.
const SPREAD: f64 = 5.0;

/// The text without such commands, and what was guessed.
pub(super) fn take_off(text: &str) -> (String, Vec<Guess>) {
    let (mut out, mut guesses) = (String::new(), Vec::new());
    if text.contains('\\') {
        write(&text.chars().collect::<Vec<_>>(), &mut out, &mut guesses);
    } else {
        out.push_str(text);
    }
    (out, guesses)
}

/// The command that is all of a cell, if nothing tells what it prints.
pub(super) fn alone(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let name: String = letters(&rest[at + 1..]);
        if !name.is_empty() && !markup::knows(&name) {
            return Some(name).filter(|_| markup::strip(text).is_empty());
        }
        rest = &rest[at + 1..];
    }
    None
}

fn letters(text: &str) -> String {
    text.chars().take_while(char::is_ascii_alphabetic).collect()
}

fn write(text: &[char], out: &mut String, guesses: &mut Vec<Guess>) {
    let mut at = 0;
    while let Some(&c) = text.get(at) {
        if c != '\\' {
            out.push(c);
            at += 1;
            continue;
        }
        let name: String = text[at + 1..]
            .iter()
            .take_while(|c| c.is_ascii_alphabetic())
            .collect();
        let behind = at + 1 + name.len();
        if name.is_empty() {
            out.push(c);
            out.extend(text.get(behind));
            at = behind + 1;
            continue;
        }
        let groups = if markup::knows(&name) {
            Vec::new()
        } else {
            groups(text, behind)
        };
        let Some((_, end)) = groups.last() else {
            out.push(c);
            out.push_str(&name);
            at = behind;
            continue;
        };
        let end = *end;
        let whole: String = text[at..end].iter().collect();
        let arguments: Vec<String> = groups.into_iter().map(|(text, _)| text).collect();
        settle(&whole, &arguments, out, guesses);
        at = end;
    }
}

/// The arguments in braces behind a command, and the index behind each; empty ones left out.
fn groups(text: &[char], at: usize) -> Vec<(String, usize)> {
    let mut at = markup::skip(text, at, '[', ']');
    let mut found = Vec::new();
    loop {
        let end = markup::skip(text, at, '{', '}');
        if end <= at + 1 {
            return found;
        }
        found.push((text[at + 1..end - 1].iter().collect(), end));
        at = end;
    }
}

fn settle(whole: &str, arguments: &[String], out: &mut String, guesses: &mut Vec<Guess>) {
    let printed: Vec<String> = arguments.iter().map(|a| markup::strip(a)).collect();
    let digits = |text: &String| text.chars().any(|c| c.is_ascii_digit());
    // A group of its own behind the only argument.
    let spread = |text: &String| text.starts_with(['\u{b1}', '(']);
    let own = 1 + printed.iter().skip(1).take_while(|t| spread(t)).count() == printed.len();
    if number(&markup::strip(out)).is_some() && printed.iter().any(digits) && !spread(&printed[0]) {
        guesses.push(Guess::Mark(whole.to_string()));
        return;
    }
    if own {
        for argument in arguments {
            let (inner, more) = take_off(argument);
            out.push('{');
            out.push_str(&inner);
            out.push('}');
            guesses.extend(more);
        }
        return;
    }
    match chosen(&printed) {
        Some(at) => {
            guesses.push(Guess::One(whole.to_string()));
            out.push_str(&arguments[at]);
        }
        None => {
            guesses.push(Guess::Open(whole.to_string()));
            out.push_str(&printed.join(" "));
        }
    }
}

/// The argument that is printed as the number of the cell: the only number, or one beside a place, a footnote or a
/// spread.
fn chosen(printed: &[String]) -> Option<usize> {
    let numbers: Vec<(usize, f64, bool)> = printed
        .iter()
        .enumerate()
        .filter_map(|(at, text)| Some((at, number(text)?, text.contains('.'))))
        .collect();
    let (at, value, decimals) = match numbers.as_slice() {
        [] => return Some(0),
        [(only, ..)] => return Some(*only),
        [first, ..] => *first,
    };
    let beside = |(_, other, places): &(usize, f64, bool)| {
        (decimals && !places) || value.abs() >= SPREAD * other.abs()
    };
    (at == 0 && numbers[1..].iter().all(beside)).then_some(0)
}

fn number(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches('%');
    let digits = text.trim_start_matches(['-', '+']);
    let plain = digits.starts_with(|c: char| c.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_of_a_command_that_is_not_known_are_not_joined() {
        for (text, wanted) in [
            ("\\rk{33.53}{1}", "33.53"),
            ("\\res{33.53}{0.31}", "33.53"),
            ("\\cc{red!20}{33.53}", "33.53"),
            ("\\textbf{\\rk{33.53}{1}}", "33.53"),
            ("33.53\\fn{1}", "33.53"),
            ("33.53\\up{1.2}", "33.53"),
            ("\\best{33.53}\\fn{2}", "33.53"),
            ("\\best{33.53}", "33.53"),
            ("\\best{33.53}{\\scriptsize$\\pm$0.3}", "33.53\u{b1}0.3"),
            ("\\textbf{33.53}{\\scriptsize$\\pm$0.3}", "33.53\u{b1}0.3"),
            ("\\fcolorbox{red}{white}{33.53}", "33.53"),
            ("\\model{MISA}{a}", "MISA"),
        ] {
            let (kept, guesses) = take_off(text);
            assert_eq!(markup::strip(&kept), wanted, "{text}");
            assert_eq!(markup::strip(text), wanted, "{text}");
            assert!(
                !guesses.iter().any(|g| matches!(g, Guess::Open(_))),
                "{text}"
            );
        }
        for text in ["\\pair{82.8}{81.2}", "\\rk{1}{33.53}"] {
            assert!(matches!(take_off(text).1[..], [Guess::Open(_)]), "{text}");
        }
        assert!(
            take_off("\\textbf{33.53} \\cite{a} \\multicolumn{2}{c}{3}")
                .1
                .is_empty()
        );
    }

    #[test]
    fn a_command_alone_in_a_cell_is_named() {
        assert_eq!(alone("\\oursmae").as_deref(), Some("oursmae"));
        assert_eq!(alone(" \\textbf{\\oursmae}").as_deref(), Some("oursmae"));
        for text in ["", "33.5\\up", "\\hfill", "\\phantom{0}", "\\%"] {
            assert_eq!(alone(text), None, "{text}");
        }
    }
}
