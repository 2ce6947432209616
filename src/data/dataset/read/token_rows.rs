//! Detects rows of `text_bert` in another order than token ids, attention mask, segment ids.

use crate::data::dataset::split::Block;

/// What a row holds in the samples of a split.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Zero,
    /// Ones followed by zeros in every sample.
    Mask,
    /// Ones and zeros in another order.
    Binary,
    /// Larger numbers.
    Ids,
}

/// Describes rows that cannot be token ids, attention mask and segment ids in this order, with the line of
/// numpy that mends them; `None` for rows in order, and for errors of single samples.
pub fn misplaced(block: &Block<i32>) -> Option<String> {
    let roles = [0, 1, 2].map(|part| role(block, part));
    let with = |role: Role| {
        (0..3)
            .filter(|part| roles[*part] == role)
            .collect::<Vec<_>>()
    };
    let (ids, masks) = (with(Role::Ids), with(Role::Mask));
    match (roles[1], &ids[..], &masks[..]) {
        (_, [0], _) if roles[1] == Role::Binary && is_inverted(block) => Some(
            "the attention mask (row 1) is inverted, 1 on padding; write text_bert[:, 1] = 1 - \
             text_bert[:, 1]"
                .to_owned(),
        ),
        (_, [0], _) if roles[1] == Role::Binary && is_left_padded(block) => Some(
            "the tokens are padded at the beginning (the attention mask, row 1, is zeros followed by \
             ones); pad at the end: padding_side='right' of a tokenizer, padding_location='end' in MMSA-FET's \
             configuration. --padding is about audio and vision alone"
                .to_owned(),
        ),
        (Role::Zero, [0], [2]) => Some(
            "the attention mask (row 1) is zero in every sample, and row 2 looks like the mask: the rows \
             are ids, segments, mask, as a tokenizer returns them; write text_bert[:, [0, 2, 1]]"
                .to_owned(),
        ),
        (Role::Zero, _, []) => {
            Some("the attention mask (row 1) is zero in every sample: no token counts".to_owned())
        }
        (_, [part @ (1 | 2)], [mask, ..]) => {
            let segments = 3 - part - mask;
            Some(format!(
                "the token ids are in row {part} and the attention mask in row {mask}, expected in rows 0 \
                 and 1; write text_bert[:, [{part}, {mask}, {segments}]]"
            ))
        }
        (Role::Ids, [0, 1] | [1], _) => Some(
            "the attention mask (row 1) holds other numbers than 0 and 1, as token ids do; expected rows \
             are token ids, attention mask, segment ids"
                .to_owned(),
        ),
        _ => None,
    }
}

fn parts(block: &Block<i32>, part: usize) -> impl Iterator<Item = &[i32]> {
    (0..block.rows).map(move |row| &block.row(row)[part * block.width..(part + 1) * block.width])
}

fn role(block: &Block<i32>, part: usize) -> Role {
    let all = || parts(block, part).flatten();
    if all().all(|value| *value == 0) {
        Role::Zero
    } else if all().any(|value| !matches!(value, 0 | 1)) {
        // One wrong number in a mask is an error about its sample.
        let other = parts(block, part)
            .filter(|row| row.iter().any(|value| !matches!(value, 0 | 1)))
            .count();
        if 2 * other > block.rows {
            Role::Ids
        } else {
            Role::Binary
        }
    } else if parts(block, part).all(|row| row.is_sorted_by(|a, b| a >= b)) {
        Role::Mask
    } else {
        Role::Binary
    }
}

/// Whether the mask of every sample is 1 exactly where the token is 0.
fn is_inverted(block: &Block<i32>) -> bool {
    let pairs = parts(block, 0).zip(parts(block, 1));
    let mut samples = pairs.map(|(ids, mask)| {
        ids.iter()
            .zip(mask)
            .all(|(id, mask)| (*id == 0) == (*mask == 1))
    });
    samples.all(|inverted| inverted)
}

/// Whether masks are zeros followed by ones, and at least one token is 0 where the mask is.
fn is_left_padded(block: &Block<i32>) -> bool {
    parts(block, 1).all(|row| row.is_sorted())
        && parts(block, 0).zip(parts(block, 1)).all(|(ids, mask)| {
            ids.iter()
                .zip(mask)
                .all(|(id, mask)| *mask == 1 || *id == 0)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [i32; 8] = [101, 7, 102, 0, 101, 7, 8, 102];
    const MASK: [i32; 8] = [1, 1, 1, 0, 1, 1, 1, 1];
    const INVERTED: [i32; 8] = [0, 0, 0, 1, 0, 0, 0, 0];
    const ZERO: [i32; 8] = [0; 8];

    /// Two samples of four tokens.
    fn found(rows: [[i32; 8]; 3]) -> String {
        let sample = |at: usize| rows.map(|row| [row[at], row[at + 1], row[at + 2], row[at + 3]]);
        let data = [sample(0), sample(4)].into_iter().flatten().flatten();
        let block = Block {
            rows: 2,
            steps: 3,
            width: 4,
            data: data.collect(),
        };
        misplaced(&block).unwrap_or_default()
    }

    #[test]
    fn every_order_of_rows_is_told() {
        assert_eq!(found([IDS, MASK, ZERO]), "");
        let tokenizer = found([IDS, ZERO, MASK]);
        assert!(
            tokenizer.contains("(row 1) is zero in every sample, and row 2 looks like the mask")
        );
        assert!(tokenizer.contains("[:, [0, 2, 1]]"), "{tokenizer}");
        assert!(found([MASK, IDS, ZERO]).contains("[:, [1, 0, 2]]"));
        assert!(found([ZERO, IDS, MASK]).contains("[:, [1, 2, 0]]"));
        assert!(found([MASK, ZERO, IDS]).contains("[:, [2, 0, 1]]"));
        assert!(found([ZERO, MASK, IDS]).contains("[:, [2, 1, 0]]"));
    }

    #[test]
    fn masks_without_a_token_and_inverted_masks_are_told() {
        assert!(found([IDS, ZERO, ZERO]).contains("no token counts"));
        assert!(found([IDS, INVERTED, ZERO]).contains("inverted"));
        let left = [0, 101, 7, 102, 101, 7, 8, 102];
        let mask = [0, 1, 1, 1, 1, 1, 1, 1];
        assert!(found([left, mask, ZERO]).contains("padded at the beginning"));
    }

    #[test]
    fn one_wrong_sample_is_left_to_the_check_of_samples() {
        let mut wrong = MASK;
        wrong[1] = 5;
        assert_eq!(found([IDS, wrong, ZERO]), "");
        let gap = [1, 0, 1, 0, 1, 1, 1, 1];
        assert_eq!(found([IDS, gap, ZERO]), "");
    }
}
