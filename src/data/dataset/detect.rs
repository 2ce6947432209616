//! Detects the data set of a file.

use std::path::Path;

use super::error::{Error, Result};
use super::spec::{self, Spec};

/// The properties that detection uses.
#[derive(Clone, Copy, Debug)]
pub struct Traits {
    /// Features per frame.
    pub audio: usize,
    pub vision: usize,
    /// Steps of audio and vision.
    pub steps: [usize; 2],
    /// Tokens, or steps of text features.
    pub text_steps: usize,
    /// Samples in train, valid and test.
    pub counts: [usize; 3],
}

/// The data set the user named, or the one whose widths match, or the one whose split sizes match
/// (features extracted anew have other widths).
///
/// # Errors
/// [`Error::UnknownDataset`]; [`Error::Undetected`] when no or more than one data set matches.
pub fn detect(path: &Path, traits: Traits, named: Option<&str>) -> Result<&'static Spec> {
    let exchanged = |s: &&Spec| s.widths.audio == traits.vision && s.widths.vision == traits.audio;
    if let Some(name) = named {
        let spec = spec::registered(name)?;
        check_exchanged(path, traits, Some(spec).filter(exchanged))?;
        check_axes(path, traits, spec)?;
        return Ok(spec);
    }
    let widths = |s: &&Spec| s.widths.audio == traits.audio && s.widths.vision == traits.vision;
    let counts = |s: &&Spec| s.counts == traits.counts;
    if !spec::registry().iter().any(|spec| widths(&spec)) {
        check_exchanged(
            path,
            traits,
            only(spec::registry().iter().filter(exchanged)),
        )?;
    }
    let spec = only(spec::registry().iter().filter(widths))
        .or_else(|| only(spec::registry().iter().filter(counts)));
    if let Some(spec) = spec {
        check_axes(path, traits, spec)?;
    }
    spec.ok_or_else(|| Error::Undetected {
        path: path.to_owned(),
        audio: traits.audio,
        vision: traits.vision,
        counts: traits.counts,
        known: spec::names(),
    })
}

/// Fails where the widths are those of a data set with audio and vision exchanged.
fn check_exchanged(path: &Path, traits: Traits, spec: Option<&Spec>) -> Result<()> {
    let Some(spec) = spec else {
        return Ok(());
    };
    Err(Error::Contradiction {
        place: path.display().to_string(),
        problem: format!(
            "audio and vision are exchanged: audio is {} and vision {} wide, in {} {} and {}",
            traits.audio, traits.vision, spec.title, spec.widths.audio, spec.widths.vision
        ),
    })
}

/// Fails where audio or vision has the data set's width in place of its steps, and the steps of the text in
/// place of its width.
fn check_axes(path: &Path, traits: Traits, spec: &Spec) -> Result<()> {
    let [audio, vision] = traits.steps;
    let turned = [
        ("audio", audio, traits.audio, spec.widths.audio),
        ("vision", vision, traits.vision, spec.widths.vision),
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
            steps: [50, 50],
            text_steps: 50,
            counts,
        };
        detect(Path::new("x.pkl"), traits, named).map(|spec| spec.name.as_str())
    }

    #[test]
    fn widths_then_counts_then_a_question() {
        assert_eq!(run(5, 20, [64, 64, 64], None).unwrap(), "mosi");
        assert_eq!(run(33, 709, [1, 1, 1], None).unwrap(), "sims");
        assert_eq!(run(25, 177, [64, 64, 64], None).unwrap(), "simsv2");
        assert_eq!(run(33, 171, [1284, 229, 686], None).unwrap(), "mosi");
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
            steps: [20, 20],
            text_steps: 20,
            counts: [80, 16, 24],
        };
        assert!(detect(Path::new("x.pkl"), other, Some("mosi")).is_ok());
    }
}
