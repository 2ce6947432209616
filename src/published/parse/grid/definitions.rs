//! Puts the bodies of commands that a LaTeX file defines in their places.

use std::collections::HashMap;

use super::super::markup;

/// Commands that define others.
const DEFINE: &[&str] = &[
    "newcommand",
    "renewcommand",
    "providecommand",
    "DeclareRobustCommand",
];

/// How deep commands may use each other.
const DEEPEST: usize = 8;

/// Characters that definitions may add to a text: a command that calls itself would never end.
const MOST: usize = 1_000_000;

#[derive(Clone, Debug)]
struct Definition {
    arguments: usize,
    /// The first argument where it is left out.
    default: Option<String>,
    body: String,
}

#[derive(Default)]
struct Definitions {
    all: HashMap<String, Definition>,
    added: usize,
}

/// The text with its own definitions applied and taken out; lines stay where they are.
pub fn apply(text: &str) -> String {
    if !text.contains("\\def") && !DEFINE.iter().any(|name| text.contains(name)) {
        return text.to_string();
    }
    let mut out = String::new();
    let text: Vec<char> = text.chars().collect();
    Definitions::default().write(&text, 0, &mut out);
    out
}

impl Definitions {
    fn write(&mut self, text: &[char], depth: usize, out: &mut String) {
        let mut at = 0;
        while let Some(&c) = text.get(at) {
            at += 1;
            if c != '\\' {
                out.push(c);
                continue;
            }
            let name: String = letters(text, at);
            if name.is_empty() {
                out.push(c);
                out.extend(text.get(at));
                at += 1;
                continue;
            }
            let behind = at + name.len();
            if let Some(end) = self.define(text, &name, behind) {
                out.extend(text[at..end].iter().filter(|c| **c == '\n'));
                at = end;
            } else if let Some(end) = self.expand(text, &name, behind, depth, out) {
                at = end;
            } else {
                out.push(c);
                out.push_str(&name);
                at = behind;
            }
        }
    }

    /// Keeps a definition; the index behind it.
    fn define(&mut self, text: &[char], command: &str, at: usize) -> Option<usize> {
        let primitive = ["def", "gdef"].contains(&command);
        if !primitive && !DEFINE.contains(&command) {
            return None;
        }
        let mut at = at + usize::from(text.get(at) == Some(&'*'));
        let braced = text.get(at) == Some(&'{');
        at += usize::from(braced);
        if text.get(at) != Some(&'\\') {
            return None;
        }
        let name = letters(text, at + 1);
        at += 1 + name.len() + usize::from(braced);
        let (mut arguments, mut default) = (0, None);
        if primitive {
            while text.get(at) == Some(&'#') {
                arguments += 1;
                at += 2;
            }
        } else {
            if let Some((count, end)) = group(text, at, '[', ']') {
                arguments = count.trim().parse().ok()?;
                at = end;
            }
            if let Some((first, end)) = group(text, at, '[', ']') {
                default = Some(first);
                at = end;
            }
        }
        while text.get(at).is_some_and(|c| c.is_whitespace()) {
            at += 1;
        }
        let (body, end) = group(text, at, '{', '}')?;
        let body = body.replace('\n', " ");
        // What is printed by commands that everybody knows is known already.
        if !name.is_empty() && !markup::knows(&name) {
            let definition = Definition {
                arguments,
                default,
                body,
            };
            self.all.insert(name, definition);
        }
        Some(end)
    }

    /// Writes what a defined command stands for; the index behind its arguments.
    fn expand(
        &mut self,
        text: &[char],
        name: &str,
        at: usize,
        depth: usize,
        out: &mut String,
    ) -> Option<usize> {
        let definition = self.all.get(name).filter(|_| depth < DEEPEST)?.clone();
        let (mut at, start) = (at, at);
        let mut given: Vec<String> = Vec::new();
        if let Some(default) = definition.default.filter(|_| definition.arguments > 0) {
            let option = group(text, at, '[', ']');
            at = option.as_ref().map_or(at, |(_, end)| *end);
            given.push(option.map_or(default, |(text, _)| text));
        }
        while given.len() < definition.arguments {
            while text.get(at).is_some_and(|c| c.is_whitespace()) {
                at += 1;
            }
            let (argument, end) = match group(text, at, '{', '}') {
                Some(found) => found,
                None => (text.get(at)?.to_string(), at + 1),
            };
            given.push(argument.replace('\n', " "));
            at = end;
        }
        let numbered = given.iter().enumerate();
        let body = numbered.fold(definition.body, |body, (i, argument)| {
            body.replace(&format!("#{}", i + 1), argument)
        });
        self.added += body.len();
        if self.added > MOST {
            return None;
        }
        let body: Vec<char> = body.chars().collect();
        self.write(&body, depth + 1, out);
        out.extend(text[start..at].iter().filter(|c| **c == '\n'));
        Some(at)
    }
}

fn letters(text: &[char], at: usize) -> String {
    let letters = text.iter().skip(at);
    letters.take_while(|c| c.is_ascii_alphabetic()).collect()
}

/// The text in brackets at an index, and the index behind them.
fn group(text: &[char], at: usize, open: char, close: char) -> Option<(String, usize)> {
    let end = markup::skip(text, at, open, close);
    (end > at + 1).then(|| (text[at + 1..end - 1].iter().collect(), end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_the_file_are_replaced_by_what_they_stand_for() {
        let cases = [
            ("\\newcommand{\\mae}{0.712}a & \\mae \\\\", "a & 0.712 \\\\"),
            ("\\newcommand\\mae{0.712}\\mae", "0.712"),
            ("\\def\\mae{0.712}\\mae{}", "0.712{}"),
            (
                "\\newcommand{\\rk}[2]{#1\\textsuperscript{#2}}\\rk{33.53}{1}",
                "33.53\\textsuperscript{1}",
            ),
            ("\\def\\best#1{\\textbf{#1}}\\best{3}", "\\textbf{3}"),
            (
                "\\newcommand*{\\sd}[2][0.1]{#2$\\pm$#1}\\sd{3}",
                "3$\\pm$0.1",
            ),
            ("\\newcommand{\\a}{\\b}\\newcommand{\\b}{4}\\a", "4"),
            ("\\renewcommand{\\arraystretch}{1.2}\nx", "\nx"),
            ("\\other{1} \\% \\\\", "\\other{1} \\% \\\\"),
        ];
        for (text, wanted) in cases {
            assert_eq!(apply(text), wanted, "{text}");
        }
        // One that calls itself ends.
        assert!(apply("\\def\\a{\\a\\a}\\a").len() < 10_000);
    }
}
