//! Blanks what a text hides from its readers: comments of LaTeX, Markdown and HTML. Lines stay where they are.

/// A line of which nothing is shown.
pub const HIDDEN: &str = "<!---->";

const BEGIN: &str = "\\begin{comment}";
const END: &str = "\\end{comment}";

/// LaTeX without what is behind a percent sign, in `comment` or between `\iffalse` and `\fi`.
pub fn of_latex(text: &str) -> String {
    conditionals(&environments(&behind_percent(text)))
}

/// A percent sign after a backslash is printed.
fn behind_percent(text: &str) -> String {
    let line = |line: &str| {
        let mut escaped = false;
        let end = line.find(|c: char| {
            let here = c == '%' && !escaped;
            escaped = c == '\\' && !escaped;
            here
        });
        line[..end.unwrap_or(line.len())].to_string()
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn environments(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(BEGIN) {
        out.push_str(&rest[..at]);
        let inner = &rest[at..];
        let end = inner.find(END).map_or(inner.len(), |end| end + END.len());
        keep_lines(&inner[..end], &mut out);
        rest = &inner[end..];
    }
    out.push_str(rest);
    out
}

fn conditionals(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find("\\iffalse") {
        out.push_str(&rest[..at]);
        let inner = &rest[at..];
        let end = unread(inner);
        keep_lines(&inner[..end], &mut out);
        rest = &inner[end..];
    }
    out.push_str(rest);
    out
}

/// Length of what a condition at the start of a text leaves out: up to its `\fi` or `\else`.
fn unread(text: &str) -> usize {
    let (mut depth, mut from) = (0_usize, 0);
    while let Some(at) = text[from..].find('\\').map(|at| from + at + 1) {
        let letters = text[at..].chars().take_while(char::is_ascii_alphabetic);
        let name = &text[at..at + letters.count()];
        let next = text[at..].chars().next().map_or(0, char::len_utf8);
        from = at + name.len().max(next);
        match name {
            "fi" if depth <= 1 => return from,
            "fi" => depth -= 1,
            "else" if depth == 1 => return from,
            "iff" | "ifthenelse" => {}
            _ if name.starts_with("if") => depth += 1,
            _ => {}
        }
    }
    text.len()
}

fn keep_lines(hidden: &str, out: &mut String) {
    out.extend(hidden.chars().filter(|c| *c == '\n'));
}

/// Markdown without HTML comments; a line of nothing else becomes [`HIDDEN`], so that it does not end a table.
pub fn of_markdown(text: &str) -> String {
    // One that is never closed is no comment.
    if text.matches("<!--").count() != text.matches("-->").count() {
        return text.to_string();
    }
    let mut open = false;
    let mut line = |line: &str| {
        let (mut shown, mut hides, mut rest) = (String::new(), open, line);
        loop {
            let (mark, inside) = if open { ("-->", true) } else { ("<!--", false) };
            let Some((before, behind)) = rest.split_once(mark) else {
                if !open {
                    shown.push_str(rest);
                }
                break;
            };
            if !inside {
                shown.push_str(before);
            }
            hides = true;
            open = !inside;
            rest = behind;
        }
        if hides && shown.trim().is_empty() {
            HIDDEN.to_string()
        } else {
            shown
        }
    };
    let lines: Vec<String> = text.lines().map(&mut line).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_latex_does_not_print_is_blanked_and_lines_stay() {
        let text = "a % b\nc \\% d\n\\begin{comment}\ne\n\\end{comment}\nf\n\\iffalse\ng\n\\ifx h\\fi\ni\n\\fi j\n\
                    \\iffalse k \\else l \\fi";
        let shown = of_latex(text);
        let lines: Vec<&str> = shown.lines().map(str::trim).collect();
        assert_eq!(lines[..3], ["a", "c \\% d", ""]);
        assert_eq!((lines[5], lines[10], lines[11]), ("f", "j", "l \\fi"));
        assert!(!shown.contains(['e', 'g', 'h', 'k']), "{shown}");
    }

    #[test]
    fn what_markdown_does_not_show_is_blanked() {
        let text = "a <!-- b --> c\n<!-- d\n| e |\n--> \nf";
        assert_eq!(
            of_markdown(text),
            format!("a  c\n{HIDDEN}\n{HIDDEN}\n{HIDDEN}\nf")
        );
        assert_eq!(of_markdown("a <!-- b"), "a <!-- b");
    }
}
