//! Reads CSV in the dialects of spreadsheets, R and MATLAB.

use std::borrow::Cow;

use csv::{ByteRecord, ReaderBuilder, Trim};

use super::Text;
use super::error::{Error, Result};
use crate::support::row_names;

/// Separators, in the order they are preferred.
const SEPARATORS: [(u8, &str); 5] = [
    (b',', "commas"),
    (b';', "semicolons"),
    (b'\t', "tabs"),
    (b'|', "vertical bars"),
    (b' ', "spaces"),
];

/// A CSV file, separated into fields.
pub(super) struct CsvTable {
    file: String,
    headings: Vec<String>,
    /// Line and fields.
    records: Vec<(u64, ByteRecord)>,
    /// Fields before the first heading: 1 for the row names of R's `write.table`.
    before: usize,
    pub notes: Vec<String>,
}

impl CsvTable {
    /// Separates a file.
    ///
    /// # Errors
    /// [`Error::Format`] names a line with more or fewer fields than there are headings.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        // The end of file of DOS.
        let bytes = bytes.strip_suffix(b"\x1a").unwrap_or(bytes);
        let (skipped, given, bytes) = preamble(bytes);
        let (separator, name) = given.unwrap_or_else(|| separator(bytes));
        let wrong = |reason: String| Error::Format {
            file: file.to_string(),
            reason,
        };
        // A separator of spaces is repeated where columns are aligned.
        let joined = if separator == b' ' {
            Cow::Owned(single_spaces(bytes))
        } else {
            Cow::Borrowed(bytes)
        };
        let mut reader = ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .from_reader(&*joined);
        let mut lines = Lines::new(&joined);
        let (mut headings, mut records, mut comments) = (None, Vec::new(), Vec::new());
        for record in reader.byte_records() {
            let record = record.map_err(|e| wrong(format!("CSV error: {e}")))?;
            let line = lines.at(record
                .position()
                .map_or(0, |position| position.byte() as usize));
            if headings.is_none() {
                headings = Some(record.iter().map(text).collect::<Vec<String>>());
            } else if is_comment(&record, headings.as_ref()) {
                comments.push(line + skipped);
            } else if !is_rule(&record) && !is_blank(&record) {
                records.push((line + skipped, record));
            }
        }
        let headings = headings.unwrap_or_default();
        if let Some((line, _)) = records.iter().find(|(_, r)| repeats(r, &headings)) {
            return Err(wrong(format!(
                "line {line} repeats the headings: files seem to have been joined (`cat a.csv b.csv`); remove that line, \
                 and make sure that seed, condition and model tell the rows of both apart"
            )));
        }
        let (count, mut notes) = (headings.len(), Vec::new());
        if let Some(line) = comments.first() {
            notes.push(format!(
                "lines with `#` in front, such as line {line}, are left out"
            ));
        }
        let firsts = records.iter();
        let firsts = firsts.map(|(_, record)| (record.get(0).unwrap_or_default(), record.len()));
        let before = usize::from(row_names::in_front(count, firsts));
        if before == 1 {
            notes.push("the first field of each line has no heading and is left out".to_string());
        }
        let uneven = |(_, record): &&(u64, ByteRecord)| record.len() != count + before;
        let has_end = joined.ends_with(b"\n") || joined.ends_with(b"\r");
        if let Some(at) = records.iter().position(|record| uneven(&record)) {
            let (line, record) = &records[at];
            let is_last = at + 1 == records.len();
            return Err(wrong(format!(
                "line {line} has {} fields, separated by {name}, expected {count} as in the headings; {}",
                record.len(),
                cause(record, count, is_last && !has_end, name)
            )));
        }
        if !has_end {
            if let Some((line, record)) = records.last().filter(|_| is_cut(&records)) {
                return Err(wrong(format!(
                    "line {line} (`{}`) ends without a line end in `{}`, which is shorter than any other value \
                     of its column: the file seems cut off; write it again, or end the line if it is complete",
                    record.get(before).map(text).unwrap_or_default(),
                    record.iter().next_back().map(text).unwrap_or_default()
                )));
            }
            notes.push("the last line, which has no line end, is complete".to_string());
        }
        Ok(Self {
            file: file.to_string(),
            headings,
            records,
            before,
            notes,
        })
    }

    pub fn headings(&self) -> &[String] {
        &self.headings
    }

    pub fn rows(&self) -> usize {
        self.records.len()
    }

    pub fn line(&self, row: usize) -> u64 {
        self.records[row].0
    }

    pub fn column(&self, index: usize) -> Vec<Text> {
        let field = |(_, record): &(u64, ByteRecord)| {
            let field = record.get(index + self.before)?;
            (!field.is_empty()).then(|| text(field))
        };
        self.records.iter().map(field).collect()
    }

    /// A column of numbers. A comma is a decimal point where no number of the column has a point.
    pub fn numbers(&self, index: usize) -> Result<(Vec<Text>, bool)> {
        let mut column = self.column(index);
        let numbers = || column.iter().flatten().filter(|text| is_number(text));
        let Some(comma) = numbers().find(|text| text.contains(',')).cloned() else {
            return Ok((column, false));
        };
        if let Some(point) = numbers().find(|text| text.contains('.')) {
            return Err(Error::Format {
                file: self.file.clone(),
                reason: format!(
                    "column {} has numbers with decimal points and with commas, such as `{point}` and \
                     `{comma}`; write all with points",
                    self.headings[index]
                ),
            });
        }
        let commas = column.iter_mut().flatten().filter(|text| is_number(text));
        commas.for_each(|text| *text = text.replace(',', "."));
        Ok((column, true))
    }
}

/// Whether the last value of a file is a number shorter than all others of its column, of which there are some.
fn is_cut(records: &[(u64, ByteRecord)]) -> bool {
    const SOME: usize = 10;
    let last = |(_, record): &(u64, ByteRecord)| record.iter().next_back().map_or(0, <[u8]>::len);
    let Some((end, others)) = records.split_last() else {
        return false;
    };
    let value = end.1.iter().next_back().map(text).unwrap_or_default();
    let number = value.starts_with(|c: char| "+-.".contains(c) || c.is_ascii_digit());
    others.len() >= SOME && number && others.iter().all(|other| last(other) > last(end))
}

/// Counts lines by any of the three ends of a line; the `csv` crate counts line feeds alone, and not that
/// before a record.
struct Lines<'a> {
    bytes: &'a [u8],
    /// Bytes that are counted, and the line of the next one.
    counted: (usize, u64),
}

impl<'a> Lines<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            counted: (0, 1),
        }
    }

    /// The line of the record at or behind a byte; bytes must not decrease.
    fn at(&mut self, byte: usize) -> u64 {
        let (mut next, mut line) = self.counted;
        let is_end = |byte: usize| self.bytes.get(byte).is_some_and(|b| b"\r\n".contains(b));
        while next < byte || is_end(next) {
            let pair = self.bytes[next..].starts_with(b"\r\n");
            line += u64::from(is_end(next) && !pair);
            next += 1;
        }
        self.counted = (next, line);
        line
    }
}

/// Whether a record is the rule below the headings of a Markdown table.
fn is_rule(record: &ByteRecord) -> bool {
    let dashes = |field: &[u8]| field.iter().all(|b| b"-:".contains(b));
    record.len() > 1 && record.iter().all(dashes) && record.iter().any(|field| !field.is_empty())
}

/// Whether a record is a remark behind a `#`: an id may begin with one, but has fields behind it.
fn is_comment(record: &ByteRecord, headings: Option<&Vec<String>>) -> bool {
    headings.is_some_and(|all| record.len() < all.len())
        && record.get(0).is_some_and(|field| field.starts_with(b"#"))
}

/// Whether a record holds separators alone, as spreadsheets write rows below a table.
fn is_blank(record: &ByteRecord) -> bool {
    record.len() > 1 && record.iter().all(<[u8]>::is_empty)
}

/// Whether a record is the headings again, in any order.
fn repeats(record: &ByteRecord, headings: &[String]) -> bool {
    let known = |field: String| {
        let field = field.trim_start_matches('#').trim();
        headings.iter().any(|heading| heading == field)
    };
    record.len() > 1 && record.iter().map(text).all(known)
}

/// Whether a text is a number with at most one decimal point or comma.
fn is_number(text: &str) -> bool {
    let plain = text.chars().filter(|c| ",.".contains(*c)).count() < 2;
    plain && text.replace(',', ".").parse::<f64>().is_ok()
}

/// A field; bytes that are no UTF-8 are shown as such, since they may be in a column that is not needed.
fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field).into_owned()
}

/// Lines before the headings, the separator that one of them states (`sep=;`), and the rest. NumPy writes
/// headings behind a `#`.
fn preamble(bytes: &[u8]) -> (u64, Option<(u8, &'static str)>, &[u8]) {
    let (mut skipped, mut given, mut rest) = (0, None, bytes);
    loop {
        let end = rest.iter().position(|b| b"\r\n".contains(b));
        let line = &rest[..end.unwrap_or(rest.len())];
        let after = || {
            let after = &rest[end.map_or(rest.len(), |end| end + 1)..];
            let feed = end.is_some_and(|end| rest[end] == b'\r') && after.starts_with(b"\n");
            &after[usize::from(feed)..]
        };
        if let [b's', b'e', b'p', b'=', sign] = line {
            given = SEPARATORS.into_iter().find(|(known, _)| known == sign);
            (skipped, rest) = (skipped + 1, after());
        } else if line.starts_with(b"#") {
            let content = uncommented(line);
            if is_headings(content) {
                return (skipped, given, &rest[line.len() - content.len()..]);
            }
            (skipped, rest) = (skipped + 1, after());
        } else {
            return (skipped, given, rest);
        }
    }
}

/// A line without the signs at its start that make it a comment.
fn uncommented(line: &[u8]) -> &[u8] {
    let start = line.iter().position(|b| !b"# \t".contains(b));
    &line[start.unwrap_or(line.len())..]
}

/// Why a line has another number of fields than the headings.
fn cause(record: &ByteRecord, count: usize, is_open: bool, separator: &str) -> &'static str {
    let first = record.get(0).unwrap_or_default();
    let marks: [&[u8]; 3] = [b"<<<<<<<", b"=======", b">>>>>>>"];
    if marks.iter().any(|mark| first.starts_with(mark)) {
        "a merge of git left its marks: resolve the conflict"
    } else if first.len() > 2 && first.iter().all(|byte| b"-+".contains(byte)) {
        "a database's program drew the table: write it as CSV (in psql \\copy (...) to 'NEW.csv' csv header)"
    } else if record.len() == 1 && first.iter().any(|byte| b" ,;".contains(byte)) || count == 1 {
        "a line of a log or a warning seems to be in the file, as from `> p.csv 2>&1`: let the program write the table itself"
    } else if is_open && record.len() < count {
        "it is the last one and has no line end: the file seems cut off; write or copy it again"
    } else if separator == "spaces" {
        "fields that hold spaces need quotes, and lines of a log, as from `> p.csv 2>&1`, do not belong into the file"
    } else {
        "fields that hold the separator need quotes"
    }
}

/// Whether a line behind a `#` holds headings rather than a remark.
fn is_headings(line: &[u8]) -> bool {
    let line = text(line).to_lowercase();
    line.contains("pred") && line.contains("seed")
}

/// The separator of the first line: the one that gives the most fields.
fn separator(bytes: &[u8]) -> (u8, &'static str) {
    let end = bytes.iter().position(|b| b"\r\n".contains(b));
    let line = &bytes[..end.unwrap_or(bytes.len())];
    let fields = |separator: u8| {
        let reader = ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .from_reader(line)
            .into_byte_records()
            .next();
        reader.and_then(|r| r.ok()).map_or(0, |record| record.len())
    };
    // Of equals the last is the maximum, hence the reverse order.
    let [first, others @ ..] = SEPARATORS;
    let best = others[..3]
        .iter()
        .rev()
        .chain([&first])
        .max_by_key(|(s, _)| fields(*s));
    match best {
        Some(best) if fields(best.0) > 1 => *best,
        _ if fields(b' ') > 1 => SEPARATORS[4],
        _ => first,
    }
}

/// Lines with single spaces between their fields and none at their ends.
fn single_spaces(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        let skip = matches!(out.last(), None | Some(b' ' | b'\n' | b'\r'));
        if *byte == b' ' && skip {
            continue;
        }
        if b"\r\n".contains(byte) && out.last() == Some(&b' ') {
            out.pop();
        }
        out.push(*byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> CsvTable {
        CsvTable::read("p.csv", text.as_bytes()).unwrap()
    }

    fn column(table: &CsvTable, index: usize) -> Vec<String> {
        let texts = table.column(index).into_iter();
        texts.map(Option::unwrap_or_default).collect()
    }

    #[test]
    fn separators_and_ends_of_lines_are_recognized() {
        for text in [
            "id,seed\na,1\nb,2\n",
            "id;seed\r\na;1\r\nb;2",
            "id\tseed\ra\t1\rb\t2\r",
            "\u{feff}id|seed\na|1\n\nb|2\n",
            "sep=;\nid;seed\na;1\nb;2\n",
            "# made by a script\n# id,seed\nid,seed\na,1\nb,2\n",
            "\"id\" \"seed\"\n\"a\" 1\n\"b\" 2\n",
            "id   seed\na      1\nb      2  \n",
            "id,seed\r\na,1\r\nb,2\r\n\x1a",
            "id,seed\na,1\nb,2\n# 2 rows\n",
            "id | seed\n:---|---:\na | 1\nb | 2\n",
        ] {
            let table = table(text);
            assert_eq!(table.headings(), ["id", "seed"], "{text:?}");
            assert_eq!(column(&table, 0), ["a", "b"], "{text:?}");
            assert_eq!(column(&table, 1), ["1", "2"], "{text:?}");
        }
        for end in ["\n", "\r", "\r\n"] {
            let text = ["id,note", "a,\"one\ntwo\"", "", "b,2"].join(end);
            let table = table(&text);
            assert_eq!([table.line(0), table.line(1)], [2, 5], "{text:?}");
        }
        assert_eq!(table("sep=;\r\nid;seed\r\na;1\r\n").line(0), 3);
    }

    #[test]
    fn row_names_of_r_are_left_out() {
        let table = table("\"id\" \"seed\"\n\"1\" \"a\" 7\n\"2\" \"b\" 8\n");
        assert_eq!(column(&table, 0), ["a", "b"]);
        assert_eq!(column(&table, 1), ["7", "8"]);
        assert!(table.notes[0].contains("no heading"));
    }

    #[test]
    fn headings_of_numpy_lose_their_sign() {
        let table = table("# id seed prediction\na 1 0.5\n");
        assert_eq!(table.headings(), ["id", "seed", "prediction"]);
        assert_eq!(column(&table, 2), ["0.5"]);
    }

    #[test]
    fn decimal_commas_are_points_where_a_column_has_no_points() {
        let numbers = |text: &str| {
            table(text)
                .numbers(1)
                .map(|(column, found)| (column[0].clone(), found))
        };
        assert_eq!(
            numbers("id;p\na;-0,25\n").unwrap(),
            (Some("-0.25".into()), true)
        );
        assert_eq!(
            numbers("id,p\na,\"0,25\"\n").unwrap(),
            (Some("0.25".into()), true)
        );
        assert_eq!(
            numbers("id;p\na;0.25\n").unwrap(),
            (Some("0.25".into()), false)
        );
        assert!(!numbers("id;p\na;l=0.2,a=0.7\n").unwrap().1);
        assert_eq!(numbers("id;p\na;1.234,5\n").unwrap().0.unwrap(), "1.234,5");
        let mixed = numbers("id;p\na;0,25\nb;0.25\n").unwrap_err().to_string();
        assert!(mixed.contains("`0.25` and `0,25`"), "{mixed}");
    }

    #[test]
    fn a_number_that_is_cut_off_is_an_error() {
        let rows: String = (10..30).map(|i| format!("a{i},-0.12{i}\n")).collect();
        let read = |end: &str| CsvTable::read("p.csv", format!("id,p\n{rows}{end}").as_bytes());
        let error = read("a30,-0.12").err().unwrap().to_string();
        assert!(
            error.contains("line 22 (`a30`)") && error.contains("`-0.12`"),
            "{error}"
        );
        assert!(read("a30,-0.12\n").unwrap().notes.is_empty());
        let whole = read("a30,-0.1230").unwrap();
        assert!(whole.notes[0].contains("no line end"), "{:?}", whole.notes);
    }

    #[test]
    fn repeated_headings_are_named() {
        let text = "id,rate,seed,prediction\na,0,1,0.5\nid,rate,seed,prediction\na,0,2,0.5\n";
        let error = CsvTable::read("p.csv", text.as_bytes()).err();
        let error = error.unwrap().to_string();
        assert!(
            error.contains("line 3 repeats the headings: files seem to have been joined"),
            "{error}"
        );
    }

    #[test]
    fn a_line_of_another_length_is_named() {
        // Decimal commas that are not in quotes are no row names.
        for text in ["id,p\na,0,5\nb,0,7\n", "rate,p\n0,0,5\n0,0,7\n"] {
            let error = CsvTable::read("p.csv", text.as_bytes()).err().unwrap();
            assert!(error.to_string().contains("line 2 has 3 fields"), "{error}");
        }
        for (text, cause) in [
            ("id,seed,p\na,1,0.5\nb,1", "the file seems cut off"),
            (
                "nohup: ignoring input\nid,seed,p\na,1,0.5\n",
                "a line of a log",
            ),
            (
                "id,seed,p\na,1,0.5\n100%|###| 3/3 [00:01<00:00]\n",
                "a line of a log",
            ),
            (
                "id,seed,p\n<<<<<<< HEAD\na,1,0.5\n",
                "a merge of git left its marks",
            ),
            (" id | seed | p\n----+------+---\n a | 1 | 0.5\n", "in psql"),
        ] {
            let error = CsvTable::read("p.csv", text.as_bytes()).err().unwrap();
            assert!(error.to_string().contains(cause), "{error}");
        }
        let error = CsvTable::read("p.csv", b"id,seed\na,1\nb\n").err().unwrap();
        assert_eq!(
            error.to_string(),
            "p.csv: line 3 has 1 fields, separated by commas, expected 2 as in the headings; fields that hold \
             the separator need quotes"
        );
    }
}
