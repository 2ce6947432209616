//! Reads features that are stored as one array, or as one array or list per sample.

use super::columns::Columns;
use crate::data::dataset::error::{Error, Result};
use crate::data::pickle::{self, ArrayRef, Element, ElementKind, Value};

/// Features of a split, of shape (samples, steps, features).
#[derive(Clone)]
pub struct Features<'a> {
    pub rows: usize,
    pub steps: usize,
    pub width: usize,
    stored: Stored<'a>,
}

#[derive(Clone)]
enum Stored<'a> {
    Array(ArrayRef<'a>),
    /// Samples and their own steps.
    Samples(Vec<(Value<'a>, usize)>),
    /// The data have none: one step of one zero, of which none is valid.
    Absent,
}

const EXPECTED: &str = "an array of numbers of shape (samples, steps, features), or a list of arrays of \
                        shape (steps, features), one per sample";

/// Items of lists that are looked at: more than a pickle may hold, since a short one can refer to a list very
/// often.
const ITEMS: usize = 40_000_000;

/// Padding may take this many times the bytes of the samples, and [`ALLOWED`] bytes in any case.
const BLOWN_UP: usize = 20;
const ALLOWED: usize = 1 << 30;

impl<'a> Features<'a> {
    /// A column of features with steps and width above zero.
    ///
    /// # Errors
    /// [`Error::MissingColumn`], [`Error::Layout`], [`Error::Sample`] for a sample of another width.
    pub fn read(columns: &Columns<'a>, column: &str, ids: &[String]) -> Result<Self> {
        let value = columns.need(column)?;
        let wrong = |found: String| columns.layout(column, EXPECTED, found);
        let Some(array) = value.array() else {
            return match value.items() {
                Some(items) => Self::samples(columns, column, ids, items.collect()),
                None if value.is_dict() => {
                    Err(wrong("a dict; write a list in the order of id".into()))
                }
                None => Err(wrong(value.kind().to_owned())),
            };
        };
        let shape = array.shape();
        match (array.dtype().kind, shape) {
            (ElementKind::Object, [_]) => {
                Self::samples(columns, column, ids, array.objects().collect())
            }
            (ElementKind::Object, _) => Err(wrong(format!(
                "an object array of shape {shape:?}; convert it with array.astype('float32')"
            ))),
            _ if !array.dtype().is_number() => Err(wrong(format!("dtype {}", array.type_name()))),
            (_, &[rows, steps, _]) if rows != ids.len() && steps == ids.len() => {
                Err(wrong(format!(
                    "shape {shape:?}, with the samples on the second axis; write numpy.swapaxes({column}, 0, 1)"
                )))
            }
            (_, &[rows, steps, width]) if steps > 0 && width > 0 => Ok(Self {
                rows,
                steps,
                width,
                stored: Stored::Array(array),
            }),
            (_, [_, _]) if columns.get(&format!("{column}_lengths")).is_some() => {
                Err(wrong(format!(
                    "shape {shape:?} beside {column}_lengths; one feature per step is written as array[:, :, None], one vector per sample \
                     as array[:, None]"
                )))
            }
            // One vector per sample.
            (_, &[rows, width]) if width > 0 => Ok(Self {
                rows,
                steps: 1,
                width,
                stored: Stored::Array(array),
            }),
            _ => Err(wrong(format!("shape {shape:?}"))),
        }
    }

    /// A column that the data do not have.
    pub fn absent(rows: usize) -> Self {
        Self {
            rows,
            steps: 1,
            width: 1,
            stored: Stored::Absent,
        }
    }

    /// Whether the data do not have it.
    pub fn is_absent(&self) -> bool {
        matches!(self.stored, Stored::Absent)
    }

    fn samples(
        columns: &Columns<'a>,
        column: &str,
        ids: &[String],
        values: Vec<Value<'a>>,
    ) -> Result<Self> {
        let mut width = None;
        let mut samples: Vec<(Value<'a>, usize)> = Vec::with_capacity(values.len());
        let mut left = ITEMS;
        for (index, value) in values.into_iter().enumerate() {
            let wrong = |problem| columns.sample(column, ids, index, problem);
            let (steps, own) = shape(value, &mut left).map_err(|found| {
                wrong(format!(
                    "expected an array of shape (steps, features), found {found}"
                ))
            })?;
            match (width, own) {
                (Some(width), Some(own)) if own != width => {
                    let other = samples.first().map(|(_, steps)| *steps);
                    let turned = if other == Some(steps) {
                        "; all have the same number of steps: where axes are (features, steps), write \
                         array.T"
                    } else {
                        ""
                    };
                    return Err(wrong(format!(
                        "expected {width} features per step, found {own}{turned}"
                    )));
                }
                _ => width = width.or(own),
            }
            samples.push((value, steps));
        }
        let steps = samples.iter().map(|(_, steps)| *steps).max().unwrap_or(0);
        match width {
            Some(width) if width > 0 && steps > 0 => Ok(Self {
                rows: samples.len(),
                steps,
                width,
                stored: Stored::Samples(samples),
            }),
            _ => Err(columns.layout(column, EXPECTED, "samples without any step")),
        }
    }

    /// (samples, steps, features).
    pub fn shape(&self) -> [usize; 3] {
        [self.rows, self.steps, self.width]
    }

    /// Bytes of an element in the pickle.
    pub fn element_size(&self) -> usize {
        match &self.stored {
            Stored::Array(array) => array.dtype().size,
            Stored::Samples(_) | Stored::Absent => 8,
        }
    }

    /// The one array, if there is one.
    pub fn array(&self) -> Option<ArrayRef<'a>> {
        match &self.stored {
            Stored::Array(array) => Some(*array),
            Stored::Samples(_) | Stored::Absent => None,
        }
    }

    /// Steps of every sample where they are stored one by one with different numbers of steps: nothing
    /// is padded there.
    pub fn own_steps(&self) -> Option<Vec<i32>> {
        let Stored::Samples(samples) = &self.stored else {
            return None;
        };
        let differ = samples.windows(2).any(|pair| pair[0].1 != pair[1].1);
        let steps = samples.iter().map(|(_, steps)| *steps as i32);
        differ.then(|| steps.collect())
    }

    /// Pads every sample to `steps` steps, at least those of the longest one.
    ///
    /// # Errors
    /// [`Error::Sample`] naming the longest sample where the padding would take far more space than the
    /// features do.
    pub fn pad(
        &mut self,
        steps: usize,
        columns: &Columns<'_>,
        column: &str,
        ids: &[String],
    ) -> Result<()> {
        let Stored::Samples(samples) = &self.stored else {
            return Ok(());
        };
        let own: usize = samples
            .iter()
            .map(|(_, steps)| steps * self.width * 4)
            .sum();
        let padded = self
            .rows
            .saturating_mul(steps)
            .saturating_mul(self.width * 4);
        if padded > ALLOWED && padded / BLOWN_UP > own {
            let longest = samples
                .iter()
                .enumerate()
                .max_by_key(|(_, (_, steps))| *steps);
            let index = longest.map_or(0, |(index, _)| index);
            let problem = format!(
                "its split is padded to {steps} steps, {} MiB in place of {}; cut the longest samples",
                padded >> 20,
                own >> 20
            );
            return Err(columns.sample(column, ids, index, problem));
        }
        self.steps = self.steps.max(steps);
        Ok(())
    }

    /// Calls `f` with every sample, padded with zeros at the end, until it returns false.
    ///
    /// # Errors
    /// [`Error::Array`] where a payload cannot be read; the errors of `f`.
    pub fn for_each_sample(
        &self,
        columns: &Columns<'_>,
        column: &str,
        mut f: impl FnMut(&[f64]) -> Result<bool>,
    ) -> Result<()> {
        let size = self.steps * self.width;
        let samples = match &self.stored {
            Stored::Array(array) => {
                let walked = array.for_each_block(size, |sample: &[f64]| match f(sample) {
                    Ok(true) => Ok(()),
                    Ok(false) => Err(Stop::Enough),
                    Err(error) => Err(Stop::Import(error)),
                });
                return match walked {
                    Err(Stop::Pickle(error)) => Err(columns.array(column, error)),
                    Err(Stop::Import(error)) => Err(error),
                    Ok(()) | Err(Stop::Enough) => Ok(()),
                };
            }
            Stored::Samples(samples) => samples,
            Stored::Absent => {
                for _ in 0..self.rows {
                    if !f(&[0.0])? {
                        break;
                    }
                }
                return Ok(());
            }
        };
        let mut values = Vec::with_capacity(size);
        for (sample, _) in samples {
            values.clear();
            read(*sample, &mut values).map_err(|error| columns.array(column, error))?;
            values.resize(size, 0.0);
            if !f(&values)? {
                break;
            }
        }
        Ok(())
    }
}

/// Reason why an iteration ended early.
enum Stop {
    Enough,
    Import(Error),
    Pickle(pickle::Error),
}

impl From<pickle::Error> for Stop {
    fn from(error: pickle::Error) -> Self {
        Self::Pickle(error)
    }
}

/// Steps and width of a sample; no width if it has no step. The error describes what was found. `left` are
/// the items that may still be looked at.
fn shape(sample: Value<'_>, left: &mut usize) -> Result<(usize, Option<usize>), String> {
    let Some(array) = sample.array() else {
        let Some(steps) = sample.items() else {
            return Err(sample.kind().to_owned());
        };
        return rows(steps.collect(), left);
    };
    match (array.dtype().kind, array.shape()) {
        (ElementKind::Object, [_]) => rows(array.objects().collect(), left),
        _ if !array.dtype().is_number() => Err(format!("dtype {}", array.type_name())),
        (_, [0]) => Ok((0, None)),
        (_, &[steps, width]) | (_, &[1, steps, width]) => Ok((steps, Some(width))),
        (_, [_]) => Err(format!(
            "shape {:?}; one vector is written as vector[None]",
            array.shape()
        )),
        (_, shape) => Err(format!("shape {shape:?}")),
    }
}

/// The same of a sample stored step by step.
fn rows(steps: Vec<Value<'_>>, left: &mut usize) -> Result<(usize, Option<usize>), String> {
    let mut width = None;
    for step in &steps {
        let own = match step.array() {
            Some(array) if array.shape().len() == 1 && array.dtype().is_number() => array.len(),
            Some(array) => return Err(format!("a step of shape {:?}", array.shape())),
            None => {
                let numbers = step
                    .items()
                    .ok_or_else(|| format!("{} as a step", step.kind()))?;
                let own = numbers.len();
                *left = left
                    .checked_sub(1 + own)
                    .ok_or("lists that share too many items")?;
                if !step
                    .items()
                    .is_some_and(|mut all| all.all(|number| number.as_f64().is_some()))
                {
                    return Err("a step that is no list of numbers".to_owned());
                }
                own
            }
        };
        if width.is_some_and(|width| width != own) {
            return Err(format!(
                "steps of {} and {own} features",
                width.unwrap_or(0)
            ));
        }
        width = Some(own);
    }
    Ok((steps.len(), width))
}

/// Appends the values of a sample whose shape was checked.
fn read(sample: Value<'_>, out: &mut Vec<f64>) -> Result<(), pickle::Error> {
    if let Some(array) = sample.array()
        && array.dtype().kind != ElementKind::Object
    {
        return append(array, out);
    }
    let objects = sample.array().map(|array| array.objects());
    let items = sample.items();
    let steps = objects
        .into_iter()
        .flatten()
        .chain(items.into_iter().flatten());
    for step in steps {
        match step.array() {
            Some(array) => append(array, out)?,
            None => out.extend(step.items().into_iter().flatten().filter_map(Value::as_f64)),
        }
    }
    Ok(())
}

fn append<T: Element>(array: ArrayRef<'_>, out: &mut Vec<T>) -> Result<(), pickle::Error> {
    array.for_each_block(1 << 16, |block: &[T]| {
        out.extend_from_slice(block);
        Ok(())
    })
}
