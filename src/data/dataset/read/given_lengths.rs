//! Reads the steps of each sample that a file gives as counts or as a mask.

use super::columns::Columns;
use super::step_mask;
use crate::data::dataset::error::Result;

/// Where steps of a modality may be given.
pub struct Given<'s, 'a> {
    pub columns: &'s Columns<'a>,
    pub ids: &'s [String],
    pub modality: &'s str,
    /// Padded steps.
    pub steps: usize,
    /// Steps of every sample, where they are stored one by one.
    pub own: Option<&'s [i32]>,
    /// Features per step, where there are features.
    pub width: Option<usize>,
}

impl Given<'_, '_> {
    /// A column of counts, or of a mask, each a whole number from 0 to the steps of the sample. `None` where the
    /// split has neither.
    ///
    /// # Errors
    /// [`Error::Sample`](crate::data::dataset::error::Error::Sample) for an impossible count, and where counts and mask disagree; those of the columns.
    pub fn read(&self) -> Result<Option<Vec<i32>>> {
        let Self {
            columns,
            ids,
            modality,
            ..
        } = *self;
        let masked = step_mask::lengths(columns, modality, ids, self.steps)?;
        let name = format!("{modality}_lengths");
        let Some(value) = columns.get(&name) else {
            return Ok(masked);
        };
        let check = |(index, count): (usize, f64)| {
            let wrong = |problem| columns.sample(&name, ids, index, problem);
            let own = self.own.and_then(|steps| steps.get(index));
            let steps = own.map_or(self.steps as f64, |steps| f64::from(*steps));
            if count.fract() != 0.0 || !(0.0..=steps).contains(&count) {
                let turned = match self.width {
                    Some(width) if count > steps && count <= width as f64 => {
                        format!(
                            "; if the axes are exchanged, write numpy.swapaxes({modality}, 1, 2)"
                        )
                    }
                    _ if count > steps && count.fract() == 0.0 => format!(
                        "; where samples were cut at {steps} steps, write numpy.minimum({name}, {steps})"
                    ),
                    _ => String::new(),
                };
                return Err(wrong(format!(
                    "expected a count from 0 to {steps}, found {count}{turned}"
                )));
            }
            let masked = masked.as_ref().and_then(|masked| masked.get(index));
            match masked.filter(|masked| **masked != count as i32) {
                None => Ok(count as i32),
                Some(masked) => Err(wrong(format!(
                    "the length is {count}, {modality}_mask has {masked} steps; leave one of both out"
                ))),
            }
        };
        let counts = columns.numbers(&name, value)?.into_iter().enumerate();
        counts.map(check).collect::<Result<_>>().map(Some)
    }
}
