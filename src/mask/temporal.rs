//! The mask protocol `temporal`: one mask over a sample's time, shared by all modalities.

use super::key::{Key, Purpose, uniform};
use super::mask_protocol::by_row;
use super::timeline::relative_time;
use super::{Error, MaskProtocol, Rows, Scope};

/// Cells of the time axis. A sample of CMU-MOSI lasts about four seconds, so a cell is shorter than
/// a word and several frames long.
const CELLS: usize = 50;

/// Divides the time from a sample's first to its last valid step into [`CELLS`] equal cells with one
/// draw each; a position has the draw of the cell that contains its middle. So a word is masked
/// together with the frames of the cell at its middle, for any lengths of the modalities. If a word is
/// longer than a cell, as in samples of fewer than 50 words, its other cells are masked
/// independently.
#[derive(Clone, Copy, Debug)]
pub struct Temporal;

impl MaskProtocol for Temporal {
    fn name(&self) -> &'static str {
        "temporal"
    }

    fn version(&self) -> u32 {
        2
    }

    fn summary(&self) -> &'static str {
        "one mask shared by all modalities: the sample's time in 50 equal cells, each independently"
    }

    fn fill(&self, scope: &Scope, rows: Rows, draws: &mut [f64]) -> Result<(), Error> {
        let key = Key::shared(Purpose::Draws, self, scope);
        by_row(rows, draws, |id, (length, special), row| {
            let mut stream = key.stream(id);
            let cells: [f64; CELLS] = std::array::from_fn(|_| uniform(&mut stream));
            for (t, u) in row.iter_mut().enumerate() {
                // Relative time is below 1, so the cell exists; what no rate masks gets any draw.
                let time = relative_time(special, t, length).unwrap_or(0.0);
                *u = cells[(time * CELLS as f64) as usize];
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::dataset::Modality;
    use crate::mask::testing::{EVALUATION, ids, rows, rows_of};

    #[test]
    fn modalities_of_one_length_share_their_mask() {
        let ids = ids(40);
        let draws = |modality, length, steps| {
            let scope = Scope {
                modality,
                ..EVALUATION
            };
            Temporal
                .draws(&scope, rows_of(modality, &ids, &[length; 40], steps))
                .unwrap()
        };
        let (audio, vision) = (
            draws(Modality::Audio, 30, 30),
            draws(Modality::Vision, 30, 30),
        );
        assert_eq!(audio, vision);
        // The words between CLS and SEP have the times of 30 frames.
        let text = draws(Modality::Text, 32, 32);
        for (text, audio) in text.chunks(32).zip(audio.chunks(30)) {
            assert_eq!(&text[1..31], audio);
        }
    }

    /// Twelve words over 375 frames: a word is four cells long and decides about one of them.
    #[test]
    fn a_word_is_masked_with_the_frames_at_its_middle() {
        let ids = ids(8);
        let draws = |modality, length: u32| {
            let scope = Scope {
                modality,
                ..EVALUATION
            };
            let lengths = [length; 8];
            Temporal
                .draws(&scope, rows_of(modality, &ids, &lengths, length as usize))
                .unwrap()
        };
        let (words, frames) = (draws(Modality::Text, 14), draws(Modality::Audio, 375));
        let (mut spoken, mut shared) = (0, 0);
        for (words, frames) in words.chunks(14).zip(frames.chunks(375)) {
            for (word, number) in words[1..13].iter().enumerate() {
                let middle = (word as f64 + 0.5) / 12.0;
                let cell = (middle * 50.0) as usize;
                for (t, frame) in frames.iter().enumerate() {
                    let time = (t as f64 + 0.5) / 375.0;
                    let within = (time * 50.0) as usize == cell;
                    assert_eq!(frame == number, within, "word {word}, frame {t}");
                    let while_spoken = (time * 12.0) as usize == word;
                    spoken += usize::from(while_spoken);
                    shared += usize::from(while_spoken && within);
                }
            }
        }
        // A quarter of what is spoken with a word, but for rounding.
        let share = shared as f64 / spoken as f64;
        assert!((0.2..0.3).contains(&share), "{share}");
    }

    #[test]
    fn frames_of_one_cell_are_masked_together() {
        let ids = ids(3);
        let scope = Scope {
            modality: Modality::Audio,
            ..EVALUATION
        };
        let draws = Temporal.draws(&scope, rows(&ids, &[500; 3], 500)).unwrap();
        for cell in draws.chunks(10) {
            assert!(cell.iter().all(|u| *u == cell[0]));
        }
        assert_ne!(draws[0], draws[10]);
    }
}
