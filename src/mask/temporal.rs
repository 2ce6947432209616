//! `temporal`: one mask over a sample's time, the same in all modalities.

use super::key::{Key, Purpose, uniform};
use super::mask_protocol::by_row;
use super::timeline::relative_time;
use super::{Error, MaskProtocol, Rows, Scope};

/// Cells of the time axis. A sample of CMU-MOSI lasts about four seconds, so a cell is shorter than
/// a word and several frames long.
const CELLS: usize = 50;

/// Time from a sample's first to its last valid step is cut into [`CELLS`] equal cells, each with a
/// number of its own; a position takes the number of the cell its middle lies in. So a word is lost
/// together with the frames of the cell at its middle, whatever the modalities' lengths; where a
/// word is longer than a cell, as in samples of fewer than 50 words, the cells around are lost or
/// kept on their own.
#[derive(Clone, Copy, Debug)]
pub struct Temporal;

impl MaskProtocol for Temporal {
    fn name(&self) -> &'static str {
        "temporal"
    }

    fn version(&self) -> u32 {
        1
    }

    fn summary(&self) -> &'static str {
        "one mask shared by all modalities: the sample's time in 50 equal cells, each on its own"
    }

    fn fill(&self, scope: &Scope, rows: Rows, field: &mut [f64]) -> Result<(), Error> {
        let key = Key::shared(Purpose::Field, self, scope);
        let modality = scope.modality;
        by_row(rows, field, |id, length, row| {
            let mut stream = key.stream(id);
            let cells: [f64; CELLS] = std::array::from_fn(|_| uniform(&mut stream));
            for (t, u) in row.iter_mut().enumerate() {
                // Relative time is below 1, so the cell exists; what no rate erases gets any.
                let time = relative_time(modality, t, length).unwrap_or(0.0);
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
    use crate::mask::testing::{EVALUATION, ids, rows};

    #[test]
    fn modalities_of_one_length_share_their_mask() {
        let ids = ids(40);
        let field = |modality, length, steps| {
            let scope = Scope {
                modality,
                ..EVALUATION
            };
            Temporal
                .field(&scope, rows(&ids, &[length; 40], steps))
                .unwrap()
        };
        let (audio, vision) = (
            field(Modality::Audio, 30, 30),
            field(Modality::Vision, 30, 30),
        );
        assert_eq!(audio, vision);
        // Words between CLS and SEP lie where the frames of 30 lie.
        let text = field(Modality::Text, 32, 32);
        for (text, audio) in text.chunks(32).zip(audio.chunks(30)) {
            assert_eq!(&text[1..31], audio);
        }
    }

    /// Twelve words over 375 frames: a word is four cells long, and speaks for one of them.
    #[test]
    fn a_word_is_lost_with_the_frames_at_its_middle() {
        let ids = ids(8);
        let field = |modality, length: u32| {
            let scope = Scope {
                modality,
                ..EVALUATION
            };
            let lengths = [length; 8];
            Temporal
                .field(&scope, rows(&ids, &lengths, length as usize))
                .unwrap()
        };
        let (words, frames) = (field(Modality::Text, 14), field(Modality::Audio, 375));
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
    fn frames_of_one_cell_are_lost_together() {
        let ids = ids(3);
        let scope = Scope {
            modality: Modality::Audio,
            ..EVALUATION
        };
        let field = Temporal.field(&scope, rows(&ids, &[500; 3], 500)).unwrap();
        for cell in field.chunks(10) {
            assert!(cell.iter().all(|u| *u == cell[0]));
        }
        assert_ne!(field[0], field[10]);
    }
}
