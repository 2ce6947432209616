//! Reads files into [`ParsedTable`]s.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use super::cell::ParsedTable;
use super::cell_numbers::short;
use super::context::Context;
use super::continued;
use super::differences;
use super::entries::{Defaults, Entries, Reader};
use super::error::{Error, Result};
use super::grid::{self, Grid};
use super::header::{Column, Kind};
use super::heading::{Role, Scores, Word, word};
use super::headings::{self, Block};
use super::layout::{Layout, lines};
use super::metric;
use super::modalities::Naming;
use super::{margins, names, naming, pairs, ranks, references, scope, spreads, text, units};
use crate::published::test_sets::test_sets;

/// What a table does not state.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Data set of cells for which the table names none.
    pub dataset: Option<String>,
    /// Metric of cells for which the table names none.
    pub metric: Option<String>,
    /// Further columns that set rows apart.
    pub keys: Vec<String>,
    /// Which two numbers `81.2/83.4` are, as suffixes of metric names; `None`: the order that fits.
    pub pair: Option<[String; 2]>,
    /// Whether letters name missing or present modalities; `None`: what fits.
    pub modalities: Option<Naming>,
}

/// Reads the only table of a file; see [`parse_all`].
///
/// # Errors
/// [`Error`], with line and column where there is one.
pub fn read(path: &Path, options: &Options) -> Result<ParsedTable> {
    let name = path.display().to_string();
    only(&name, read_all(path, options)?)
}

/// Reads the tables of a file, named by its path as given; see [`parse_all`].
///
/// # Errors
/// [`Error`], with line and column where there is one.
pub fn read_all(path: &Path, options: &Options) -> Result<Vec<ParsedTable>> {
    text::check_path(path)?;
    let bytes = std::fs::read(path).map_err(|reason| Error::Io {
        path: path.to_owned(),
        reason,
    })?;
    parse_all(&path.display().to_string(), &bytes, options)
}

/// Reads the only table of a text; see [`parse_all`].
///
/// # Errors
/// Those of [`parse_all`]; [`Error::Header`] where there are several tables.
pub fn parse(name: &str, bytes: &[u8], options: &Options) -> Result<ParsedTable> {
    only(name, parse_all(name, bytes, options)?)
}

fn only(name: &str, tables: Vec<ParsedTable>) -> Result<ParsedTable> {
    let found = tables.len();
    let mut tables = tables.into_iter();
    match (tables.next(), found) {
        (Some(table), 1) => Ok(table),
        _ => Err(header_error(
            name,
            1,
            format!("expected one table, found {found}"),
        )),
    }
}

/// Reads the tables of a text in UTF-8: one of delimited text, one or more of Markdown and LaTeX. `name` is the
/// path of the file; it is for messages, and may name the data set.
///
/// # Errors
/// [`Error::Kind`] for a file that is no text; [`Error::Csv`] for lines of unequal width; [`Error::Header`] where no
/// column holds numbers; [`Error::Cell`] for a cell that is no number; [`Error::Twice`] for two numbers in one place;
/// [`Error::Rates`] for rates in two units. Of several tables those with an error are left out, with a note; where all
/// have one, the first.
pub fn parse_all(name: &str, bytes: &[u8], options: &Options) -> Result<Vec<ParsedTable>> {
    let text = text::decode(name, bytes)?;
    let grids = grid::split(name, text)?;
    let several = grids.len() > 1;
    let (mut tables, mut others) = (Vec::new(), ParsedTable::default());
    let mut refused = None;
    for grid in &grids {
        let line = grid.rows.first().map_or(1, |r| r.line);
        if let Some(title) = differences::title(grid) {
            others.notes.push(format!(
                "table in line {line} holds differences, no scores (`{}`)",
                short(title)
            ));
            continue;
        }
        match parse_grid(name, grid, options) {
            Ok(table) => {
                let before = tables.last_mut().map(|(_, before)| before);
                if let Some(table) = continued::append(grid, before, table) {
                    tables.push((line, table));
                }
            }
            Err(error @ Error::Header { .. }) if several => {
                others.notes.push(format!(
                    "table in line {line} left out: no column names a metric (`{}`)",
                    caption(grid)
                ));
                others.left_out.tables += usize::from(has_unknown_numbers(grid, options));
                refused.get_or_insert(error);
            }
            // One table that is no table of results, or that contradicts itself, does not stand for the others.
            Err(error) if several => {
                let text = error.to_string();
                let reason = text.strip_prefix(&format!("{name}, ")).unwrap_or(&text);
                others.notes.push(format!(
                    "table in line {line} left out: {reason} (`{}`)",
                    caption(grid)
                ));
                others.left_out.tables += 1;
                refused.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    if tables.is_empty() {
        let none = || {
            header_error(
                name,
                1,
                "no column holds numbers: found no table".to_string(),
            )
        };
        return Err(refused.unwrap_or_else(none));
    }
    let numbered = tables.len() > 1;
    let mut tables: Vec<ParsedTable> = tables
        .into_iter()
        .map(|(line, mut table)| {
            if numbered {
                table.name = format!("{name} (table in line {line})");
            }
            table
        })
        .collect();
    if let Some(last) = tables.last_mut() {
        last.notes.extend(others.notes);
        last.left_out += others.left_out;
    }
    Ok(tables)
}

fn caption(grid: &Grid) -> String {
    grid.captions.last().map(|c| short(c)).unwrap_or_default()
}

/// Whether a table that cannot be read holds numbers under headings that are not understood.
fn has_unknown_numbers(grid: &Grid, options: &Options) -> bool {
    let unknown = |block: &Block| {
        let of = |at: usize| {
            block
                .rows
                .iter()
                .any(|r| super::number::is_number(r.text(at)))
        };
        block
            .columns
            .iter()
            .enumerate()
            .any(|(at, c)| c.kind == Kind::Unknown && of(at))
    };
    headings::blocks(grid, &options.keys).iter().any(unknown)
}

fn header_error(table: &str, line: u64, reason: String) -> Error {
    Error::Header {
        table: table.to_string(),
        line,
        reason,
    }
}

fn parse_grid(name: &str, grid: &Grid, options: &Options) -> Result<ParsedTable> {
    let line = grid.rows.first().map_or(1, |r| r.line);
    let blocks = headings::blocks(grid, &options.keys);
    let metric = given_metric(name, options)?;
    check(name, line, &blocks, metric.as_ref())?;
    let mut layouts: Vec<Layout> = blocks.into_iter().map(Layout::new).collect();
    if let Some(mixed) = layouts.iter().find_map(|l| l.mixed.clone()) {
        return Err(Error::Rates {
            table: name.to_string(),
            line: mixed.line.unwrap_or(line),
            reason: mixed.reason,
        });
    }
    let renamed = references::take_off(&mut layouts);
    let stem = Path::new(name)
        .file_stem()
        .map(|s| s.to_string_lossy().into_owned());
    let given = options
        .dataset
        .as_deref()
        .map(|d| (names::dataset(d), false));
    let guess = || Some((names::dataset_in(&stem.unwrap_or_default())?, true));
    let mut defaults = Defaults {
        table: name,
        options,
        metric,
        dataset: given.or_else(guess),
        groups: false,
    };
    let mut table = table(&defaults, &layouts, grid)?;
    if matches!(once_each(&table.0, &table.1), Err(Error::Twice { .. }))
        && !table.1.groups.is_empty()
    {
        // Section lines that are not understood may be what sets the rows apart.
        defaults.groups = true;
        table = self::table(&defaults, &layouts, grid)?;
        let names: Vec<String> = table
            .1
            .groups
            .iter()
            .map(|(_, g)| format!("`{}`", short(g)))
            .collect();
        table.0.notes.push(format!(
            "section lines are part of the rows' names: {}",
            names.join(", ")
        ));
    } else if !table.1.groups.is_empty() {
        let numbers: Vec<u64> = table.1.groups.iter().map(|(line, _)| *line).collect();
        let first = table
            .1
            .groups
            .first()
            .map(|(_, g)| short(g))
            .unwrap_or_default();
        table.0.notes.push(format!(
            "no data set and no condition is named in section {} (`{first}`)",
            lines(&numbers)
        ));
    } else if matches!(once_each(&table.0, &table.1), Err(Error::Twice { .. }))
        && let Some(note) = references::put_back(&mut layouts)
    {
        table = self::table(&defaults, &layouts, grid)?;
        table.0.notes.push(note);
    }
    once_each(&table.0, &table.1)?;
    let mut table = table.0;
    table.notes.extend(renamed);
    Ok(table)
}

/// The table of a grid with everything settled, and what was read on the way.
fn table(
    defaults: &Defaults<'_>,
    layouts: &[Layout],
    grid: &Grid,
) -> Result<(ParsedTable, Entries)> {
    let mut read = Entries::default();
    for note in grid
        .notes
        .iter()
        .chain(layouts.iter().flat_map(|l| &l.notes))
    {
        read.note(note.clone());
    }
    read.left_out += grid.left_out;
    for (at, layout) in layouts.iter().enumerate() {
        Reader::new(defaults, layout, at).read(&mut read)?;
    }
    if read.entries.is_empty()
        && let Some(error) = read.unknown_metric.take()
    {
        return Err(error);
    }
    let mut entries = std::mem::take(&mut read.entries);
    if let Some(note) = ranks::take_off(&mut entries) {
        read.note(note);
    }
    let alone = spreads::attach(&mut entries);
    if alone > 0 {
        read.left_out.cells += alone;
        read.note(format!("spreads that belong to no number: {alone}"));
    }
    for note in units::settle(&mut entries) {
        read.note(note);
    }
    for note in margins::settle(&mut entries) {
        read.note(note);
    }
    for note in naming::settle(&mut entries, defaults.options.modalities) {
        read.note(note);
    }
    for note in pairs::settle(&mut entries, defaults.options.pair.as_ref()) {
        read.note(note);
    }
    if let (true, Some((dataset, _))) = (read.guessed, &defaults.dataset) {
        let note = format!("data set {dataset}, from the file's name");
        read.note(note);
    }
    let mut cells: Vec<_> = entries.into_iter().map(|e| e.cell).collect();
    cells.sort_by_key(|c| c.line);
    let mut table = ParsedTable {
        name: defaults.table.to_string(),
        scope: grid
            .captions
            .first()
            .map(|c| scope::scope(c))
            .unwrap_or_default(),
        cells,
        notes: std::mem::take(&mut read.notes),
        left_out: read.left_out,
    };
    let notes = datasets(&table);
    table.notes.extend(notes);
    Ok((table, read))
}

/// `1 cell`, `3 cells`.
fn count(cells: usize) -> String {
    let plural = if cells == 1 { "" } else { "s" };
    format!("{cells} cell{plural}")
}

/// Notes on numbers of data sets that are not known.
fn datasets(table: &ParsedTable) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in &table.cells {
        *counts.entry(&cell.dataset).or_default() += 1;
    }
    let note = |(name, n): (&str, usize)| {
        if name.is_empty() {
            return Some(format!(
                "no data set is named: rules that need class counts pass over {} (--dataset NAME)",
                count(n)
            ));
        }
        if let Ok(spec) = crate::data::dataset::find(name) {
            let counted = test_sets().iter().any(|set| set.dataset == spec.name);
            return (!counted).then(|| {
                format!(
                    "no class counts of {name} are known: without --data rules that need them pass over its {}",
                    count(n)
                )
            });
        }
        let like = names::resembled(name).map_or(String::new(), |known| {
            format!(", though its name holds that of {known}")
        });
        Some(format!(
            "`{name}` is no known data set{like}: rules that need class counts pass over its {}",
            count(n)
        ))
    };
    counts.into_iter().filter_map(note).collect()
}

/// The metric that the user gives for the numbers.
fn given_metric(table: &str, options: &Options) -> Result<Option<Scores>> {
    let Some(name) = &options.metric else {
        return Ok(None);
    };
    let known = || metric::METRICS.iter().map(|m| m.name).collect::<Vec<_>>();
    match word(name, &[]) {
        Word::Scores(scores) => Ok(Some(scores)),
        _ => {
            let reason = format!(
                "unknown metric `{name}`: expected one of {}",
                known().join(", ")
            );
            Err(header_error(table, 1, reason))
        }
    }
}

/// Whether the headings make a table of scores at all.
fn check(table: &str, line: u64, blocks: &[Block], metric: Option<&Scores>) -> Result<()> {
    let columns = || blocks.iter().flat_map(|b| &b.columns);
    let wrong = |reason: String| {
        let reason = if blocks.first().is_some_and(has_no_headings) {
            "the first line holds numbers and names no column: put a line of headings above it, such as \
             rate,method,mosi_acc7,mosi_mae (to_csv with header=True, `.headers on` in sqlite3)"
                .to_string()
        } else {
            reason
        };
        Err(header_error(table, line, reason))
    };
    let holds = |c: &Column| matches!(c.kind, Kind::Scores { .. } | Kind::Key(Role::Value));
    if !columns().any(holds) {
        let headings: Vec<String> = columns().map(|c| short(&c.heading)).collect();
        return wrong(format!(
            "no column holds numbers: expected headings such as mosi_acc7, mae, 0.5 or value, found {}",
            headings.join(", ")
        ));
    }
    let open = |c: &Column| holds(c) && c.kind.scores().is_none_or(|s| s.metrics.is_empty());
    let titled = |b: &Block| {
        let sections = b
            .rows
            .iter()
            .filter(|r| r.filled().count() == 1)
            .flat_map(|r| r.filled());
        let texts: Vec<String> = b
            .captions
            .iter()
            .cloned()
            .chain(sections.map(|c| c.text.clone()))
            .collect();
        Context::of_captions(&texts).metric.is_some()
    };
    let stated = metric.is_some() || blocks.iter().all(titled);
    if columns().any(open) && !stated && !columns().any(|c| c.kind.is_role(&Role::Metric)) {
        return wrong(
            "the numbers are of no metric: add a column `metric`, or use --metric NAME".to_string(),
        );
    }
    Ok(())
}

/// Whether a table begins with a line of numbers: two and more of three digits, which are no rates.
fn has_no_headings(block: &Block) -> bool {
    let is_score = |column: &&Column| {
        let digits = column.heading.trim_start_matches(['-', '0', '.']);
        let digits = digits.chars().filter(char::is_ascii_digit).count();
        super::number::is_number(&column.heading) && digits >= 3
    };
    block.columns.iter().filter(is_score).count() >= 2
}

/// Whether no two numbers claim one place.
fn once_each(table: &ParsedTable, read: &Entries) -> Result<()> {
    let mut seen = HashMap::new();
    for cell in &table.cells {
        let key = (&cell.dataset, &cell.method, &cell.condition, cell.metric);
        if let Some(first) = seen.insert(key, cell.line) {
            let parts = [
                cell.dataset.as_str(),
                &cell.method,
                &cell.condition.to_string(),
                cell.metric.title,
            ];
            let parts: Vec<_> = parts.into_iter().filter(|p| !p.is_empty()).collect();
            let hint = if table.notes.iter().any(|n| n.starts_with("columns ")) {
                "; a column that is left out may set them apart (--key NAME)"
            } else if read.groups.is_empty() {
                ""
            } else {
                "; section lines do not set them apart"
            };
            return Err(Error::Twice {
                table: table.name.clone(),
                line: cell.line,
                first,
                what: parts.join(", "),
                hint: hint.to_string(),
            });
        }
    }
    Ok(())
}
