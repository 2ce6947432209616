//! Finds the known name that a misspelt one is nearest to.

/// ` (did you mean `lnln`?)`, or nothing where no name is near. `known` are names with commas between.
pub fn hint(found: &str, known: &str) -> String {
    // A known name is refused for something else.
    let near = nearest(found, known.split(", ")).filter(|name| *name != found);
    near.map_or(String::new(), |name| format!(" (did you mean `{name}`?)"))
}

/// The nearest of these names, where it differs in a third of its letters at most; case and the kind of hyphen
/// make no difference.
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace(['_', ' '], "-");
    let asked = plain(found);
    let known: Vec<&str> = known.into_iter().collect();
    let near = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&asked, &plain(name)), *name));
    let (distance, name) = near.min_by_key(|(distance, _)| *distance)?;
    // `acc2` is nearer to `acc2_has0` than to `acc3`.
    let goes_on = |name: &&&str| asked.len() > 3 && plain(name).starts_with(&format!("{asked}-"));
    if let Some(longer) = known.iter().find(goes_on).filter(|_| distance > 0) {
        return Some(longer);
    }
    let letters = name.chars().count().min(asked.chars().count());
    (distance <= letters.div_ceil(3) && distance < letters).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_another_word_none() {
        let known = "lnln, almt, lf_dnn, tf_mamba, demo-film";
        for (found, name) in [
            ("lnnl", "lnln"),
            ("LNLN", "lnln"),
            ("lf-dnn", "lf_dnn"),
            ("TF Mamba", "tf_mamba"),
            ("demo-flim", "demo-film"),
            ("demo", "demo-film"),
        ] {
            assert_eq!(
                hint(found, known),
                format!(" (did you mean `{name}`?)"),
                "{found}"
            );
        }
        for found in ["", "x", "resnet", "nobody", "lnln"] {
            assert_eq!(hint(found, known), "", "{found}");
        }
    }
}
