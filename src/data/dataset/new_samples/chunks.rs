//! Reads the features of samples in chunks: a thread per column, so that one pass over each is enough.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::column::{Part, Target};
use super::report::Found;
use super::samples::{NewSamples, is_left};
use super::{Chunk, Expected};
use crate::data::dataset::error::{Error, Result};
use crate::data::dataset::modality::Modality;
use crate::data::dataset::read::features::Features;
use crate::data::dataset::read::frames::Frames;
use crate::data::dataset::read::tokens;
use crate::data::dataset::split::{Block, Split};

/// Parts of a column, and what was found in it.
type Parts = Receiver<Part>;

impl NewSamples<'_> {
    /// Calls `f` with all samples in order, `rows` at a time. At most two chunks are in memory.
    ///
    /// # Errors
    /// [`Error::Array`] where features cannot be read, [`Error::Sample`] for values that are not finite where
    /// nothing is taken as missing; the errors of `f`.
    pub fn for_each_chunk<E: From<Error>>(
        &mut self,
        rows: usize,
        mut f: impl FnMut(&Chunk) -> Result<(), E>,
    ) -> Result<(), E> {
        let samples = &*self;
        let (found, done) = thread::scope(|scope| {
            let mut parts = Vec::new();
            let mut readers = Vec::new();
            for modality in Modality::ALL {
                if samples.features[modality as usize].is_absent() {
                    parts.push(None);
                    continue;
                }
                let (sender, receiver) = sync_channel(0);
                parts.push(Some(receiver));
                let reader = scope.spawn(move || samples.send(modality, rows, &sender));
                readers.push((modality, reader));
            }
            let done = samples.receive(rows, &parts, &mut f);
            // Readers stop once the receiver is gone.
            drop(parts);
            let mut found = Vec::new();
            for (modality, reader) in readers {
                let read = reader.join();
                let read = read.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                found.push((modality, read));
            }
            (found, done)
        });
        for (modality, read) in found {
            let which = modality as usize;
            let Found {
                lost,
                spread,
                kinds,
                ends,
                prints,
            } = read?;
            (self.found.lost[which], self.found.spreads[which]) = (lost, spread);
            self.found.kinds[which] = Some(kinds).filter(|_| !self.is_standardized);
            self.ends[which] = ends;
            self.prints[which] = prints;
        }
        for modality in Modality::ALL {
            let which = modality as usize;
            self.found.lost[which].absent = self.is_absent(modality);
        }
        done
    }

    /// Reads a column and sends it in parts of `rows` samples, until nothing is received any more.
    fn send(&self, modality: Modality, rows: usize, parts: &SyncSender<Part>) -> Result<Found> {
        let which = modality as usize;
        let (features, lengths) = (&self.features[which], &self.source_lengths[which]);
        let target = self.target(modality, features);
        let frames = Frames {
            columns: &self.columns,
            column: modality.as_str(),
            features,
            lengths: Some(lengths),
            // Text with an attention mask is never moved.
            left: is_left(self.options)
                && features.own_steps().is_none()
                && (modality != Modality::Text || self.tokens.is_none()),
        };
        let mut found = Found::default();
        let (mut part, mut held, mut stopped) = (Part::default(), 0, false);
        let read = frames.for_each(|block| {
            for (index, sample) in block.values.chunks_exact(frames.sample()).enumerate() {
                let row = block.first + index;
                let length = lengths.get(row).map_or(0, |length| *length as usize);
                let pushed = target.push(sample, length, &mut part, &mut found);
                pushed.map_err(|fault| {
                    self.columns
                        .sample(modality.as_str(), &self.ids, row, fault)
                })?;
                held += 1;
                if held == rows || row + 1 == self.len() {
                    held = 0;
                    if parts.send(std::mem::take(&mut part)).is_err() {
                        stopped = true;
                        return Err(self.columns.layout("", "a reader", "none"));
                    }
                }
            }
            Ok(())
        });
        match read {
            Err(error) if !stopped => Err(error),
            _ => Ok(found),
        }
    }

    fn target(&self, modality: Modality, features: &Features<'_>) -> Target<'_> {
        let which = modality as usize;
        let moments = self.expected.moments[which].as_ref();
        Target {
            steps: self.expected.steps[which],
            width: features.width,
            moments: moments.filter(|_| !self.is_standardized),
            missing_as: self.options.missing_as,
        }
    }

    fn receive<E: From<Error>>(
        &self,
        rows: usize,
        parts: &[Option<Parts>],
        f: &mut impl FnMut(&Chunk) -> Result<(), E>,
    ) -> Result<(), E> {
        for first in (0..self.len()).step_by(rows.max(1)) {
            let count = rows.min(self.len() - first);
            let mut columns = Vec::with_capacity(parts.len());
            for modality in Modality::ALL {
                let part = match &parts[modality as usize] {
                    None => self.blank(modality, first, count),
                    // A reader that stopped has an error, which is returned in place of this end.
                    Some(parts) => match parts.recv() {
                        Ok(part) => part,
                        Err(_) => return Ok(()),
                    },
                };
                columns.push(part);
            }
            f(&self.chunk(first, count, columns))?;
        }
        Ok(())
    }

    /// Zeros in place of a modality that the file does not have, every valid step lost.
    fn blank(&self, modality: Modality, first: usize, count: usize) -> Part {
        let which = modality as usize;
        let Expected { steps, widths, .. } = self.expected;
        let steps = steps[which];
        let mut lost = vec![false; count * steps];
        for (row, marks) in lost.chunks_exact_mut(steps.max(1)).enumerate() {
            let valid = self.lengths[which]
                .get(first + row)
                .map_or(0, |n| *n as usize);
            marks[..valid].fill(true);
        }
        Part {
            values: vec![0.0; count * steps * widths[which].unwrap_or(0)],
            lost,
        }
    }

    /// The samples from `first` on, with their features.
    fn chunk(&self, first: usize, count: usize, columns: Vec<Part>) -> Chunk {
        let rows = first..first + count;
        let lengths = self
            .lengths
            .each_ref()
            .map(|all| all[rows.clone()].to_vec());
        let mut lost: [Vec<bool>; 3] = Default::default();
        let mut blocks: [Block<f32>; 3] = Default::default();
        for (which, part) in columns.into_iter().enumerate() {
            blocks[which] = Block {
                rows: count,
                steps: self.expected.steps[which],
                width: self.expected.widths[which].unwrap_or(0),
                data: part.values,
            };
            lost[which] = part.lost;
        }
        let text_bert = self.token_rows().map(|block| rows_of(block, first, count));
        let reads_tokens = self.expected.widths[0].is_none();
        if let (true, Some(tokens)) = (reads_tokens, &self.tokens) {
            let steps = tokens.block.width;
            lost[0] = tokens.lost[first * steps..(first + count) * steps].to_vec();
        }
        let [text, audio, vision] = blocks;
        let [text_lengths, audio_lengths, vision_lengths] = lengths;
        let labels = self.labels.as_ref();
        Chunk {
            first,
            samples: Split {
                name: self.name,
                special: (text_bert.as_ref()).map(|block| tokens::special(block, &text_lengths)),
                ids: self.ids[rows.clone()].to_vec(),
                raw_text: Vec::new(),
                text_bert,
                text: Some(text).filter(|_| !reads_tokens),
                audio,
                vision,
                text_lengths,
                audio_lengths,
                vision_lengths,
                labels: match labels {
                    Some(labels) => labels[rows].iter().map(|l| l.unwrap_or(0.0)).collect(),
                    None => vec![0.0; count],
                },
                modality_labels: None,
            },
            lost,
        }
    }
}

fn rows_of(block: &Block<i32>, first: usize, count: usize) -> Block<i32> {
    let size = block.steps * block.width;
    Block {
        rows: count,
        data: block.data[first * size..(first + count) * size].to_vec(),
        ..*block
    }
}
