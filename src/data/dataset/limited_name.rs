//! Names limited data sets: `mosi-first-50` is the first 50 samples of every split of `mosi`.

use std::num::NonZeroUsize;

/// Between the name of the whole and the number of samples.
const FIRST: &str = "-first-";

/// The name of the first `samples` of each split of `whole`; of a limited data set, of its whole.
pub fn name(whole: &str, samples: NonZeroUsize) -> String {
    format!("{}{FIRST}{samples}", self::whole(whole))
}

/// The data set that `name` is a part of; `name` itself where it is not limited.
pub fn whole(name: &str) -> &str {
    parse(name).map_or(name, |(whole, _)| whole)
}

/// The whole and the number of samples of a limited data set's name.
pub(super) fn parse(name: &str) -> Option<(&str, NonZeroUsize)> {
    let (whole, samples) = name.rsplit_once(FIRST)?;
    let samples: NonZeroUsize = samples.parse().ok()?;
    // One number has one name.
    (self::name(whole, samples) == name).then_some((whole, samples))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_others_are_whole() {
        let fifty = NonZeroUsize::new(50).unwrap();
        assert_eq!(name("demo-film", fifty), "demo-film-first-50");
        assert_eq!(name("mosi-first-9", fifty), "mosi-first-50");
        assert_eq!(parse("mosi-first-50"), Some(("mosi", fifty)));
        for other in [
            "mosi",
            "mosi-first-",
            "mosi-first-0",
            "mosi-first-050",
            "mosi-first-9-first-8",
        ] {
            assert_eq!((parse(other), whole(other)), (None, other));
        }
    }
}
