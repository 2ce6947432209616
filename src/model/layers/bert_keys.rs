//! Selects the positions of a batch of texts that BERT attends to.

use tch::nn::Linear;
use tch::{Device, Kind, Tensor};

use super::{attention, dense};
use crate::model::engine::Engine;

/// The keys of a batch of B texts with T positions.
///
/// Padding is no key: its weight in attention is exactly zero. So keys and values are computed only
/// for the other positions, packed, and then spread to as many columns as the longest text has.
/// Padding still has queries (models read its states).
#[derive(Debug)]
pub(super) struct Keys {
    /// (B, 1, 1, L), added to scores: 0 for a key, a very negative number for none.
    mask: Tensor,
    packed: Option<Packed>,
}

#[derive(Debug)]
struct Packed {
    /// The keys among the B * T positions.
    rows: Tensor,
    /// The packed row of the key in each of the B * L columns.
    columns_of: Tensor,
    columns: i64,
}

impl Keys {
    /// All positions as keys, under the attention mask (B, T) of 0 and 1; `padding` is added to the
    /// scores of those that are none.
    pub(super) fn all(attended: &Tensor, kind: Kind, padding: f64) -> Self {
        let missing: Tensor = 1.0 - attended.to_kind(kind);
        Self {
            mask: (missing * padding).unsqueeze(1).unsqueeze(1),
            packed: None,
        }
    }

    /// The attended positions as keys. All of them where a text has none, since its weights are then
    /// equal for all positions, and on other devices than a CPU, where the count would synchronize.
    pub(super) fn attended(attended: &Tensor, kind: Kind, padding: f64) -> Self {
        let size = attended.size();
        let (texts, steps) = (size[0], size[1]);
        if attended.device() != Device::Cpu || attended.numel() == 0 {
            return Self::all(attended, kind, padding);
        }
        let mut flags = vec![0i64; (texts * steps) as usize];
        let total = flags.len();
        attended.contiguous().copy_data(&mut flags, total);
        let of_text = |flags: &[i64]| flags.iter().filter(|&&flag| flag != 0).count() as i64;
        let counts: Vec<i64> = flags.chunks(steps as usize).map(of_text).collect();
        let columns = counts.iter().copied().max().unwrap_or(0);
        let whole = counts.iter().sum::<i64>() == texts * steps;
        if whole || counts.contains(&0) || flags.iter().any(|&f| f != 0 && f != 1) {
            return Self::all(attended, kind, padding);
        }
        let (packed, flags) = Packed::new(&flags, &counts, columns);
        Self {
            mask: Self::all(&flags.view([texts, columns]), kind, padding).mask,
            packed: Some(packed),
        }
    }

    /// (B, 1, 1, L)
    pub(super) fn mask(&self) -> &Tensor {
        &self.mask
    }

    /// What keys and values are computed of: (B, T, width), or its keys (n, width).
    pub(super) fn gather(&self, x: &Tensor) -> Tensor {
        match &self.packed {
            None => x.shallow_clone(),
            Some(packed) => x.flatten(0, 1).index_select(0, &packed.rows),
        }
    }

    /// The linear layer over [`Self::gather`]'s result, as (B, heads, L, size).
    pub(super) fn project(
        &self,
        linear: &Linear,
        x: &Tensor,
        heads: i64,
        engine: Engine,
    ) -> Tensor {
        match &self.packed {
            None => attention::project(linear, x, heads, engine),
            Some(packed) => packed.spread(&dense::forward(linear, x, engine), heads),
        }
    }
}

impl Packed {
    /// (n, width) as (B, heads, L, size).
    fn spread(&self, x: &Tensor, heads: i64) -> Tensor {
        dense::spread_heads(x, &self.columns_of, self.columns, heads)
    }

    /// Of flags (B * T) with these counts by text; returns the flags (B * L) of the columns too.
    fn new(flags: &[i64], counts: &[i64], columns: i64) -> (Self, Tensor) {
        let rows = (0i64..).zip(flags).filter(|(_, flag)| **flag != 0);
        let rows: Vec<i64> = rows.map(|(row, _)| row).collect();
        let (mut columns_of, mut taken, mut first) = (Vec::new(), Vec::new(), 0);
        for &count in counts {
            // Columns beyond a text's keys repeat its last one, with weight 0.
            columns_of.extend((0..columns).map(|column| first + column.min(count - 1)));
            taken.extend((0..columns).map(|column| i64::from(column < count)));
            first += count;
        }
        let packed = Self {
            rows: Tensor::from_slice(&rows),
            columns_of: Tensor::from_slice(&columns_of),
            columns,
        };
        (packed, Tensor::from_slice(&taken))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(rows: &[&[i64]]) -> Tensor {
        let rows: Vec<Tensor> = rows.iter().map(|row| Tensor::from_slice(row)).collect();
        Tensor::stack(&rows, 0)
    }

    #[test]
    fn keys_are_packed_and_spread() {
        let keys = Keys::attended(
            &flags(&[&[1, 1, 0, 0], &[1, 0, 1, 1]]),
            Kind::Double,
            f64::MIN,
        );
        let x = Tensor::arange(8, (Kind::Double, Device::Cpu)).view([2, 4, 1]);
        let gathered = keys.gather(&x);
        assert_eq!(
            Vec::<f64>::try_from(gathered.flatten(0, -1)).unwrap(),
            [0.0, 1.0, 4.0, 6.0, 7.0]
        );
        let laid = keys.packed.as_ref().unwrap().spread(&gathered, 1);
        assert_eq!(laid.size(), [2, 1, 3, 1]);
        assert_eq!(
            Vec::<f64>::try_from(laid.flatten(0, -1)).unwrap(),
            [0.0, 1.0, 1.0, 4.0, 6.0, 7.0]
        );
        let mask = Vec::<f64>::try_from(keys.mask().flatten(0, -1)).unwrap();
        assert_eq!(mask, [0.0, 0.0, f64::MIN, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn texts_without_a_key_or_without_padding_keep_every_position() {
        for rows in [[&[0, 0][..], &[1, 0]], [&[1, 1], &[1, 1]]] {
            let keys = Keys::attended(&flags(&rows), Kind::Float, -1e4);
            assert!(keys.packed.is_none());
            assert_eq!(keys.mask().size(), [2, 1, 1, 2]);
        }
    }
}
