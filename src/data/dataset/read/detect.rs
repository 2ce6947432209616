//! Detects the data set of a file.

use std::path::Path;

use crate::data::dataset::error::{Error, Result};
use crate::data::dataset::limited_name;
use crate::data::dataset::registry;
use crate::data::dataset::spec::{Spec, Widths};

/// The properties that detection uses.
#[derive(Clone, Copy, Debug)]
pub struct Traits {
    /// Features per frame.
    pub audio: usize,
    pub vision: usize,
    /// Whether the data have no audio, no vision.
    pub absent: [bool; 2],
    /// Steps of audio and vision.
    pub steps: [usize; 2],
    /// Tokens, or steps of text features.
    pub text_steps: usize,
    /// Samples in train, valid and test.
    pub counts: [usize; 3],
}

impl Traits {
    /// `audio 5 features wide, no vision`
    fn describe_widths(&self) -> String {
        let of = |name: &str, width: usize, is_absent: bool| {
            if is_absent {
                format!("no {name}")
            } else {
                format!("{name} {width} features wide")
            }
        };
        let [audio, vision] = self.absent;
        format!(
            "{}, {}",
            of("audio", self.audio, audio),
            of("vision", self.vision, vision)
        )
    }

    pub fn widths(&self) -> Widths {
        Widths {
            audio: self.audio,
            vision: self.vision,
        }
    }
}

/// The data set the user named, or the one whose widths match. Sizes alone are no sign: other features of the
/// same samples have them too. With the widths but other sizes, a part of a data set, its published results do
/// not apply ([`Spec::difference`]).
///
/// # Errors
/// [`Error::UnknownDataset`]; [`Error::Undetected`] when no or more than one data set matches.
pub fn detect(path: &Path, traits: Traits, named: Option<&str>) -> Result<&'static Spec> {
    let exchanged = |s: &&Spec| {
        let other = Widths {
            audio: traits.vision,
            vision: traits.audio,
        };
        s.widths == Some(other)
    };
    if let Some(name) = named {
        let spec = whole(name)?;
        check_exchanged(path, traits, Some(spec).filter(exchanged))?;
        check_axes(path, traits, spec)?;
        return Ok(spec);
    }
    let all = registry::registry();
    let widths = |s: &&Spec| s.widths == Some(traits.widths());
    let counts = |s: &&Spec| s.counts == Some(traits.counts);
    if !all.iter().any(|spec| widths(&spec)) {
        check_exchanged(path, traits, only(all.iter().filter(exchanged)))?;
    }
    let near = only(all.iter().filter(widths)).or_else(|| only(all.iter().filter(counts)));
    if let Some(spec) = near {
        check_axes(path, traits, spec)?;
    }
    only(all.iter().filter(widths)).ok_or_else(|| Error::Undetected {
        path: path.to_owned(),
        shapes: format!("{}, {:?} samples", traits.describe_widths(), traits.counts),
        near: match near {
            Some(spec) => {
                let differs = spec.difference(traits.widths(), traits.counts);
                format!("; near {}, but {}", spec.name, differs.unwrap_or_default())
            }
            None => several(all.iter().filter(widths)),
        },
        known: registry::names(),
    })
}

/// The data set of this name, which is not a limited one.
fn whole(name: &str) -> Result<&'static Spec> {
    match limited_name::parse(name) {
        Some(_) => registry::registered(name),
        None => registry::find(name),
    }
}

/// Fails where the widths are those of a data set with audio and vision exchanged.
fn check_exchanged(path: &Path, traits: Traits, spec: Option<&Spec>) -> Result<()> {
    let Some((spec, widths)) = spec.and_then(|spec| Some((spec, spec.widths?))) else {
        return Ok(());
    };
    Err(Error::Contradiction {
        place: path.display().to_string(),
        problem: format!(
            "audio and vision are exchanged: audio is {} and vision {} wide, in {} {} and {}",
            traits.audio, traits.vision, spec.title, widths.audio, widths.vision
        ),
    })
}

/// Fails where audio or vision has the data set's width in place of its steps, and the steps of the text in
/// place of its width.
fn check_axes(path: &Path, traits: Traits, spec: &Spec) -> Result<()> {
    let Some(widths) = spec.widths else {
        return Ok(());
    };
    let [audio, vision] = traits.steps;
    let turned = [
        ("audio", audio, traits.audio, widths.audio),
        ("vision", vision, traits.vision, widths.vision),
    ]
    .into_iter()
    .find(|(_, steps, width, official)| {
        steps == official && width != official && *width == traits.text_steps
    });
    let Some((column, steps, width, _)) = turned else {
        return Ok(());
    };
    Err(Error::Contradiction {
        place: path.display().to_string(),
        problem: format!(
            "{column} has {steps} steps of {width} features, and {} features of {} are {steps} wide: the \
             axes are exchanged; write numpy.swapaxes({column}, 1, 2)",
            column, spec.title
        ),
    })
}

/// The data sets that have the widths of a file, if there are several.
fn several<'s>(fitting: impl Iterator<Item = &'s Spec>) -> String {
    let names: Vec<&str> = fitting.map(|spec| spec.name.as_str()).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => {
            format!("; fits {} and {last}", others.join(", "))
        }
        _ => String::new(),
    }
}

/// The single item, if there is exactly one.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(audio: usize, vision: usize, counts: [usize; 3], named: Option<&str>) -> Result<&str> {
        let traits = Traits {
            audio,
            vision,
            absent: [false; 2],
            steps: [50, 50],
            text_steps: 50,
            counts,
        };
        detect(Path::new("x.pkl"), traits, named).map(|spec| spec.name.as_str())
    }

    #[test]
    fn what_has_published_widths_is_recognized_and_nothing_else() {
        let mosi = [1284, 229, 686];
        assert_eq!(run(5, 20, mosi, None).unwrap(), "mosi");
        assert_eq!(run(33, 709, [1368, 456, 457], None).unwrap(), "sims");
        assert_eq!(run(6, 8, [5, 4, 4], None).unwrap(), "demo-film");
        assert_eq!(run(5, 20, [64; 3], None).unwrap(), "mosi");
        let error = run(73, 1, mosi, None).unwrap_err().to_string();
        assert!(error.contains("; near mosi, but "), "{error}");
        assert_eq!(run(73, 1, mosi, Some("mosi")).unwrap(), "mosi");
        assert_eq!(run(33, 171, [1, 2, 3], Some("sims")).unwrap(), "sims");
        let error = run(33, 171, [1, 2, 3], None).unwrap_err().to_string();
        assert!(
            error.contains("--dataset NAME") && error.contains("demo-film"),
            "{error}"
        );
        assert!(run(5, 20, [1, 2, 3], Some("nope")).is_err());
        for named in [None, Some("mosi")] {
            let error = run(20, 5, [1, 2, 3], named).unwrap_err().to_string();
            assert!(error.contains("audio and vision are exchanged"), "{error}");
        }
        let turned = Traits {
            audio: 50,
            vision: 20,
            absent: [false; 2],
            steps: [5, 50],
            text_steps: 50,
            counts: [1284, 229, 686],
        };
        for named in [None, Some("mosi")] {
            let error = detect(Path::new("x.pkl"), turned, named).unwrap_err();
            assert!(
                error.to_string().contains("swapaxes(audio, 1, 2)"),
                "{error}"
            );
        }
        // ICT-MMMO: as many steps as MOSI's vision is wide.
        let other = Traits {
            audio: 74,
            vision: 36,
            absent: [false; 2],
            steps: [20, 20],
            text_steps: 20,
            counts: [80, 16, 24],
        };
        assert!(detect(Path::new("x.pkl"), other, Some("mosi")).is_ok());
    }
}
