//! Finds the sample that an unknown id was meant for, and what changed it.

use std::collections::BTreeMap;

use crate::data::dataset::video_of;

/// Longest ids whose spelling is compared letter by letter.
const LONGEST: usize = 100;

/// The sample nearest to an id that is not in the data, and what probably happened to the id, for a message:
/// `; nearest: ...`. Empty where nothing is near.
pub(super) fn hint(found: &str, ids: &[String]) -> String {
    if let Some(text) = in_brackets(found, ids) {
        return text;
    }
    if let Some((id, reason)) = changed(found, ids) {
        return format!("; nearest: `{id}` ({reason})");
    }
    if found.starts_with('#') {
        let formula = ids.iter().find(|id| id.starts_with(['-', '=', '+', '@']));
        return match formula {
            Some(id) => format!(
                "; a spreadsheet took an id such as `{id}` for a formula: import the column as text, or write \
                 the file from code"
            ),
            None => "; this is an error of a spreadsheet: write the file from code".to_string(),
        };
    }
    if is_date(found) {
        return "; a spreadsheet made a date of the id: import the column as text, or write the file from code"
            .to_string();
    }
    let longer = || {
        ids.iter()
            .filter(|id| id.starts_with(found) && !found.is_empty())
    };
    if let (Some(id), Some(_)) = (longer().next(), longer().nth(1)) {
        return format!(
            "; {} samples begin so, such as `{id}`: is the number behind the video's id missing?",
            longer().count()
        );
    }
    match nearest(found, ids) {
        Some(id) => format!("; nearest: `{id}`"),
        None => String::new(),
    }
}

/// A way in which ids are changed: what is left of an id of both sides when it is undone.
type Undo = (fn(&str) -> String, &'static str);

const CHANGES: [Undo; 11] = [
    (|id| id.trim().to_string(), "spaces were added or lost"),
    (
        |id| id.trim_matches(['\'', '"', '`']).to_string(),
        "quotes were added, as spreadsheets do to keep text",
    ),
    (
        |id| id.trim_start_matches('0').to_string(),
        "leading zeros were lost, as spreadsheets do: import the column as text",
    ),
    (
        number,
        "it was read as a number, as spreadsheets do: import the column as text",
    ),
    (
        |id| within(id, "[", "]"),
        "Python wrote a list of one id: write its element, `ids[0]`",
    ),
    (
        |id| within(id, "(", ",)"),
        "Python wrote a tuple of one id: write its element, `ids[0]`",
    ),
    (
        |id| within(id, "b", ""),
        "Python wrote bytes: write the text, `id.decode()`",
    ),
    (
        unquoted,
        "it was encoded for addresses: `urllib.parse.unquote(id)`",
    ),
    (|id| id.to_lowercase(), "it is in another case"),
    (
        |id| {
            id.chars()
                .filter(|c| c.is_alphanumeric())
                .collect::<String>()
                .to_lowercase()
        },
        "its separators differ: ids are compared sign by sign",
    ),
    (
        without_ending,
        "it is the name of a file: ids have no ending, and are compared sign by sign",
    ),
];

/// An id whose `%24` are the signs that they stand for.
fn unquoted(id: &str) -> String {
    let mut parts = id.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code.filter(u8::is_ascii) {
            Some(code) => {
                out.push(char::from(code));
                out.push_str(&part[2..]);
            }
            None => {
                out.push('%');
                out.push_str(part);
            }
        }
    }
    out
}

/// What is in quotes behind `start` and before `end`, as Python shows a value; other ids as they are.
fn within(id: &str, start: &str, end: &str) -> String {
    let inner = id.strip_prefix(start).and_then(|id| id.strip_suffix(end));
    let quoted = |inner: &str| {
        let mark = inner
            .chars()
            .next()
            .filter(|mark| ['\'', '"'].contains(mark))?;
        Some(inner.strip_prefix(mark)?.strip_suffix(mark)?.to_string())
    };
    inner.and_then(quoted).unwrap_or_else(|| id.to_string())
}

/// The letters and digits of an id, without the ending of a file.
fn without_ending(id: &str) -> String {
    const ENDINGS: [&str; 14] = [
        "mp4", "avi", "mkv", "mov", "webm", "flv", "wav", "mp3", "m4a", "npy", "pkl", "pt", "txt",
        "jpg",
    ];
    let id = id.to_lowercase();
    let stem = id.rsplit_once('.').filter(|(_, end)| ENDINGS.contains(end));
    let stem = stem.map_or(&*id, |(stem, _)| stem);
    stem.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// A hint where an id is a video with a number in brackets, and ids of the data are not.
fn in_brackets(found: &str, ids: &[String]) -> Option<String> {
    let (video, number) = found.strip_suffix(']')?.split_once('[')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let wanted = video.to_lowercase();
    let mut same = ids
        .iter()
        .filter(|id| video_of(id).as_deref() == Some(&*wanted));
    let first = same.next().filter(|id| is_number && !id.ends_with(']'))?;
    let others = match same.count() {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    Some(format!(
        "; the data have `{first}`{others} of this video: the CMU Multimodal SDK writes `video[0]` and counts segments from \
         0, which need not be the numbers of ids; compare texts or labels before ids are changed"
    ))
}

/// The sample that is equal once a known change is undone, if it is the only one.
fn changed<'a>(found: &str, ids: &'a [String]) -> Option<(&'a str, &'static str)> {
    CHANGES.iter().find_map(|(undo, reason)| {
        let plain = undo(found);
        let mut same = ids.iter().filter(|id| undo(id) == plain);
        let first = same.next().filter(|_| !plain.is_empty())?;
        same.next().is_none().then_some((first.as_str(), *reason))
    })
}

/// A number in one spelling: `1.00178E+05` as `100178`; other ids as they are.
fn number(id: &str) -> String {
    let digits = id
        .chars()
        .all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
    match id.parse::<f64>() {
        Ok(value) if digits => value.to_string(),
        _ => id.to_string(),
    }
}

/// Whether a text looks like a date of a spreadsheet: `2-Jan`, `Jan-02`, `2024-01-02`, `1/2/2024`.
fn is_date(text: &str) -> bool {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let text = text.to_lowercase();
    let parts: Vec<&str> = text.split(['-', '/', '.', ' ']).collect();
    let short = |part: &&str| part.len() <= 4 && part.parse::<u16>().is_ok();
    match parts[..] {
        [a, b] => (short(&a) && MONTHS.contains(&b)) || (MONTHS.contains(&a) && short(&b)),
        [a, b, c] => (short(&a) && short(&c)) && (short(&b) || MONTHS.contains(&b)),
        _ => false,
    }
}

/// The id of the fewest changed letters, where at most a third of them changed.
fn nearest<'a>(found: &str, ids: &'a [String]) -> Option<&'a str> {
    let found: Vec<char> = found.chars().take(LONGEST).collect();
    let most = found.len() / 3;
    let distances = ids.iter().map(|id| (distance(&found, id, most), id));
    let best: BTreeMap<usize, &String> = distances.filter(|(d, _)| *d <= most).rev().collect();
    best.into_values().next().map(String::as_str)
}

/// Letters to insert, remove or replace; more than `most` where it would be more.
fn distance(found: &[char], id: &str, most: usize) -> usize {
    let id: Vec<char> = id.chars().take(LONGEST).collect();
    if id.len().abs_diff(found.len()) > most {
        return most + 1;
    }
    let mut row: Vec<usize> = (0..=id.len()).collect();
    for (i, a) in found.iter().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, b) in id.iter().enumerate() {
            let replaced = before + usize::from(a != b);
            before = row[j + 1];
            row[j + 1] = replaced.min(before + 1).min(row[j] + 1);
        }
    }
    row[id.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: &str, expected: &str) {
        let ids = [
            "-6rXp3zJ3kc$_$1",
            "0012345$_$3",
            "100178$_$10",
            "2iD-tVS8NPw$_$5",
            "00123",
            "4567000000",
            "video_0001$_$0007",
            "video_0001$_$0009",
        ];
        let ids = ids.map(str::to_string);
        let hint = hint(found, &ids);
        assert!(hint.contains(expected), "{found}: {hint}");
        assert!(hint.len() < 300);
    }

    #[test]
    fn changes_of_spreadsheets_are_named_with_the_sample() {
        check("12345$_$3", "`0012345$_$3` (leading zeros were lost");
        check("123", "`00123` (leading zeros");
        check("#NAME?", "`-6rXp3zJ3kc$_$1` for a formula");
        check("4.567E+09", "`4567000000` (it was read as a number");
        check("'100178$_$10", "`100178$_$10` (quotes");
        check("2-Jan", "made a date");
        check("2024-01-02", "made a date");
    }

    #[test]
    fn other_spellings_lead_to_the_sample() {
        check(
            "2id-tvs8npw$_$5",
            "`2iD-tVS8NPw$_$5` (it is in another case",
        );
        check("2iD-tVS8NPw_5", "`2iD-tVS8NPw$_$5` (its separators differ");
        check("2iD-tVS8NPw[5]", "`2iD-tVS8NPw$_$5` of this video");
        check(
            "video_0001[0]",
            "`video_0001$_$0007` and 1 more of this video",
        );
        check(" 100178$_$10 ", "(spaces");
        check(
            "video_0001",
            "2 samples begin so, such as `video_0001$_$0007`",
        );
        check("2iD-tVSxNPw$_$5", "nearest: `2iD-tVS8NPw$_$5`");
    }

    #[test]
    fn what_python_and_files_add_is_named() {
        check(
            "['2iD-tVS8NPw$_$5']",
            "`2iD-tVS8NPw$_$5` (Python wrote a list",
        );
        check("('100178$_$10',)", "`100178$_$10` (Python wrote a tuple");
        check(
            "100178%24_%2410",
            "`100178$_$10` (it was encoded for addresses",
        );
        check("b'100178$_$10'", "`100178$_$10` (Python wrote bytes");
        check(
            "2iD-tVS8NPw_5.mp4",
            "`2iD-tVS8NPw$_$5` (it is the name of a file",
        );
        check(
            "2iD-tVS8NPw$_$5.npy",
            "`2iD-tVS8NPw$_$5` (it is the name of a file",
        );
    }

    #[test]
    fn where_nothing_is_near_nothing_is_named() {
        assert_eq!(hint("nobody", &["video_0001$_$0007".to_string()]), "");
        assert_eq!(hint("", &["a".to_string()]), "");
    }
}
