//! Exports a prepared file as an MMSA pickle, complete or masked.
//!
//! Features are float32, token ids int64, texts fixed-width arrays, frame counts lists, as MMSA's own
//! loader expects. Importing a complete export again gives the same content hash.

use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use super::error::{Error, Result};
use super::modality::Modality;
use super::split::Block;
use super::split_name::SplitName;
use crate::data::pickle;
use crate::data::store::{Number, Partial, Reader};

/// Masks the columns of an export. Called with blocks of samples, split by split, in file order.
pub trait ApplyMasks {
    /// `text_bert` of the samples `rows` of a split, shape (rows, 3, T).
    ///
    /// # Errors
    /// A description of what does not fit, where block and masks have different shapes.
    fn tokens(
        &self,
        split: SplitName,
        rows: Range<usize>,
        block: Block<i32>,
    ) -> Result<Block<i32>, String>;

    /// Features of the samples `rows` of a split, shape (rows, T, d).
    ///
    /// # Errors
    /// As [`Self::tokens`].
    fn frames(
        &self,
        split: SplitName,
        modality: Modality,
        rows: Range<usize>,
        block: Block<f32>,
    ) -> Result<Block<f32>, String>;
}

/// What an export wrote.
#[derive(Clone, Debug)]
pub struct Exported {
    /// Splits and their samples.
    pub splits: Vec<(String, usize)>,
    /// Groups that were not written: splits without masks, statistics.
    pub left_out: Vec<String>,
    pub bytes: u64,
}

/// Writes a prepared file as a pickle of protocol 4, completely or not at all. `masks` are those of the
/// three official splits; with masks, further splits are left out.
///
/// Memory does not grow with the file.
///
/// # Errors
/// [`Error::Store`], also where `out` exists and `replace` is not set; [`Error::Io`];
/// [`Error::Layout`] where `masks` do not fit.
pub fn export(
    reader: &Reader,
    out: &Path,
    masks: Option<&dyn ApplyMasks>,
    replace: bool,
) -> Result<Exported> {
    let (splits, left_out) = splits(reader, masks.is_some())?;
    let partial = Partial::create(out)?;
    let mut pickle = PickleFile {
        reader,
        masks,
        fault: None,
        writer: pickle::Writer::new(BufWriter::with_capacity(1 << 20, partial.open()?))
            .map_err(|e| writing(out, e))?,
    };
    let written = pickle.write(&splits);
    if let Some(fault) = pickle.fault.take() {
        return Err(fault);
    }
    let mut file = written
        .and_then(|()| pickle.writer.finish())
        .map_err(|e| writing(out, e))?;
    file.flush().map_err(|e| writing(out, e))?;
    drop(file);
    let bytes = std::fs::metadata(partial.temp()).map_or(0, |file| file.len());
    partial.publish(replace)?;
    let count = |split: String| Ok((split.clone(), reader.shape(&format!("{split}/id"))?[0]));
    Ok(Exported {
        splits: splits.into_iter().map(count).collect::<Result<_>>()?,
        left_out,
        bytes,
    })
}

fn writing(path: &Path, reason: io::Error) -> Error {
    Error::Io {
        path: path.to_owned(),
        action: "write it",
        reason,
    }
}

/// Groups to write, official splits first, and groups to leave out.
fn splits(reader: &Reader, masked: bool) -> Result<(Vec<String>, Vec<String>)> {
    let official = SplitName::ALL.map(|split| split.as_str().to_owned());
    let others = reader.groups()?;
    let others = others.into_iter().filter(|name| !official.contains(name));
    let (mut further, mut left_out) = (Vec::new(), Vec::new());
    for name in others {
        if !masked && reader.has(&format!("{name}/id")) {
            further.push(name)
        } else {
            left_out.push(name)
        }
    }
    Ok((official.into_iter().chain(further).collect(), left_out))
}

/// A pickle being written.
struct PickleFile<'r, W: Write> {
    reader: &'r Reader,
    masks: Option<&'r dyn ApplyMasks>,
    writer: pickle::Writer<W>,
    /// The error in reading that stopped the writing.
    fault: Option<Error>,
}

impl<'r, W: Write> PickleFile<'r, W> {
    fn write(&mut self, splits: &[String]) -> io::Result<()> {
        self.writer.begin_dict()?;
        for split in splits {
            self.writer.str(split)?;
            self.writer.begin_dict()?;
            for column in self.columns(split)? {
                self.writer.str(&column)?;
                self.column(split, &column)?;
            }
            self.writer.end_dict()?;
        }
        self.writer.end_dict()
    }

    /// Columns of a split that MMSA's files also have: not the lengths that follow from the attention
    /// mask, as in an aligned file.
    fn columns(&mut self, split: &str) -> io::Result<Vec<String>> {
        let all = self.reader.columns().map_err(Error::from);
        let layout = self.reader.attribute("layout").map_err(Error::from);
        let (all, layout) = (self.keep(all)?, self.keep(layout)?);
        let has_tokens = self.reader.has(&format!("{split}/text_bert"));
        let prefix = format!("{split}/");
        let names = all.iter().filter_map(|name| name.strip_prefix(&prefix));
        let wanted = |name: &&str| match *name {
            "text_lengths" => !has_tokens,
            "audio_lengths" | "vision_lengths" => layout != "aligned",
            _ => true,
        };
        Ok(names.filter(wanted).map(str::to_owned).collect())
    }

    fn column(&mut self, split: &str, column: &str) -> io::Result<()> {
        let name = format!("{split}/{column}");
        let kind = self.reader.kind(&name).map_err(Error::from);
        let kind = self.keep(kind)?;
        match (column, kind) {
            (_, "text") => {
                let texts = self.reader.texts(&name).map_err(Error::from);
                let texts = self.keep(texts)?;
                self.writer.unicode_array(&texts)
            }
            ("text_bert", _) => self.tokens(split, &name),
            (_, "int32") => {
                let counts = self.reader.numbers::<i32>(&name).map_err(Error::from);
                let counts: Vec<i64> = self.keep(counts)?.into_iter().map(i64::from).collect();
                self.writer.int_list(&counts)
            }
            ("audio", _) => self.frames(split, &name, Some(Modality::Audio)),
            ("vision", _) => self.frames(split, &name, Some(Modality::Vision)),
            ("text", _) => self.frames(split, &name, Some(Modality::Text)),
            _ => self.frames(split, &name, None),
        }
    }

    fn tokens(&mut self, split: &str, name: &str) -> io::Result<()> {
        let masks = self.masks_of(split);
        self.array::<i32, 8>(
            name,
            "i8",
            |rows, block| match masks {
                Some((split, masks)) => masks.tokens(split, rows, block),
                None => Ok(block),
            },
            |value| i64::from(value).to_le_bytes(),
        )
    }

    fn frames(&mut self, split: &str, name: &str, modality: Option<Modality>) -> io::Result<()> {
        let masks = self.masks_of(split).zip(modality);
        self.array::<f32, 4>(
            name,
            "f4",
            |rows, block| match masks {
                Some(((split, masks), modality)) => masks.frames(split, modality, rows, block),
                None => Ok(block),
            },
            f32::to_le_bytes,
        )
    }

    /// The official split and its masks.
    fn masks_of(&self, split: &str) -> Option<(SplitName, &'r dyn ApplyMasks)> {
        let name = SplitName::ALL.into_iter().find(|n| n.as_str() == split)?;
        self.masks.map(|masks| (name, masks))
    }

    /// Writes an array block by block.
    fn array<T: Number, const N: usize>(
        &mut self,
        name: &str,
        code: &str,
        change: impl Fn(Range<usize>, Block<T>) -> Result<Block<T>, String>,
        bytes: impl Fn(T) -> [u8; N],
    ) -> io::Result<()> {
        let shape = self.reader.shape(name).map_err(Error::from);
        let shape = self.keep(shape)?;
        let (steps, width) = (axis(&shape, 1), axis(&shape, 2));
        let len = shape.iter().product::<usize>() * N;
        let (reader, fault) = (self.reader, &mut self.fault);
        self.writer.array(code, &shape, len, |out| {
            let (mut start, mut scratch) = (0, Vec::new());
            let read = reader.try_for_each_block(name, |values: &[T]| -> Result<()> {
                let rows = values.len() / (steps * width).max(1);
                let block = Block {
                    rows,
                    steps,
                    width,
                    data: values.to_vec(),
                };
                let changed = change(start..start + rows, block).map_err(|found| {
                    let (place, expected) = (name.to_owned(), "blocks that fit the masks".into());
                    Error::Layout {
                        place,
                        expected,
                        found,
                    }
                })?;
                start += rows;
                scratch.clear();
                scratch.extend(changed.data.into_iter().flat_map(&bytes));
                out.write_all(&scratch)
                    .map_err(|e| writing(reader.path(), e))
            });
            read.or_else(|error| stop(fault, error))
        })
    }

    /// A value; on an error, stops writing and keeps the reason.
    fn keep<T>(&mut self, value: Result<T>) -> io::Result<T> {
        value.or_else(|error| stop(&mut self.fault, error))
    }
}

fn axis(shape: &[usize], axis: usize) -> usize {
    shape.get(axis).copied().unwrap_or(1)
}

/// Keeps the reason and ends the writing.
fn stop<T>(fault: &mut Option<Error>, error: Error) -> io::Result<T> {
    *fault = Some(error);
    Err(io::Error::other("reading failed"))
}
