//! Tells how predictions in nested JSON, or in arrays of several axes, become the rows of a table.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde_json::Value;

use crate::data::arrays::npz_shapes;

/// Columns that axes and levels of nesting stand for.
const ROLES: [&str; 3] = ["seed", "rate", "id"];

/// The line of Python for objects in objects, such as predictions by seed, rate and id; `None` for other JSON. `FILE` is the
/// file, `NEW` the one to make.
pub(super) fn json(path: &Path) -> Option<String> {
    let value = serde_json::from_reader(BufReader::new(File::open(path).ok()?)).ok()?;
    let mut roles = Vec::new();
    levels(&value, &mut roles)?;
    let mut each = "json.load(open('FILE'))".to_string();
    let mut loops = String::new();
    for role in &roles {
        let inner = if roles.last() == Some(role) {
            "prediction".to_string()
        } else {
            format!("in_{role}")
        };
        loops += &format!(" for {role}, {inner} in {each}.items()");
        each = inner;
    }
    Some(format!(
        "write it as CSV in Python: pandas.DataFrame([({}, prediction){loops}], columns={:?}).to_csv('NEW.csv', index=False)",
        roles.join(", "),
        [&roles[..], &["prediction"]].concat()
    ))
}

/// What the keys of each level are, from the outermost on, if numbers are innermost.
fn levels(value: &Value, roles: &mut Vec<&'static str>) -> Option<()> {
    let Value::Object(entries) = value else {
        return value.is_number().then_some(());
    };
    let numbers: Option<Vec<f64>> = entries.keys().map(|key| key.parse().ok()).collect();
    let role = match numbers {
        Some(rates) if rates.iter().all(|rate| (0.0..=1.0).contains(rate)) => "rate",
        Some(_) => "seed",
        None => "id",
    };
    if roles.contains(&role) {
        return None;
    }
    roles.push(role);
    levels(entries.values().next()?, roles)?;
    // Columns by name hold one row each in their own objects.
    (roles.contains(&"id") && !entries.contains_key("id")).then_some(())
}

/// The line of Python for arrays of which one has several axes, for the others; `None` where all have as many elements.
pub(super) fn npz(path: &Path) -> Option<String> {
    of_shapes(&npz_shapes(path).ok()?)
}

fn of_shapes(shapes: &BTreeMap<String, Vec<usize>>) -> Option<String> {
    let size = |shape: &[usize]| shape.iter().product::<usize>();
    let (name, axes) = shapes.iter().max_by_key(|(_, shape)| size(shape))?;
    if shapes.values().all(|shape| size(shape) == size(axes)) {
        return None;
    }
    let mut known = Vec::new();
    for (at, length) in axes.iter().enumerate() {
        let own = ROLES.into_iter().find(|role| {
            shapes
                .get(*role)
                .is_some_and(|shape| shape[..] == [*length])
        });
        let is_alone = axes.iter().filter(|other| *other == length).count() == 1;
        known.push((at, own.filter(|_| is_alone)));
    }
    let named: Vec<&str> = known.iter().filter_map(|(_, own)| *own).collect();
    let mut left = ROLES.into_iter().filter(|role| !named.contains(role));
    let unknown: Vec<usize> = known
        .iter()
        .filter(|(_, own)| own.is_none())
        .map(|(at, _)| *at)
        .collect();
    if axes.len() > ROLES.len() || unknown.len() > 1 {
        return Some(format!(
            "write it as CSV with a row for each seed, rate and sample: `{name}` has shape {axes:?}, and each of its {} elements \
             needs its own id, rate and seed",
            size(axes)
        ));
    }
    let missing = unknown.first().and_then(|at| Some((*at, left.next()?)));
    let role = |(at, own): &(usize, Option<&'static str>)| {
        own.or(missing.filter(|(m, _)| m == at).map(|(_, role)| role))
    };
    let roles: Option<Vec<&str>> = known.iter().map(role).collect();
    let roles = roles?;
    let source = |role: &&str| {
        if named.contains(role) {
            format!("d['{role}']")
        } else {
            format!("{}S", role.to_uppercase())
        }
    };
    let sources: Vec<String> = roles.iter().map(source).collect();
    let list = missing.map_or(String::new(), |(at, role)| {
        format!(
            ", where {}S is the list of the {} values of {role}",
            role.to_uppercase(),
            axes[at]
        )
    });
    Some(format!(
        "write it as CSV in Python: d = numpy.load('FILE', allow_pickle=True); axes = numpy.meshgrid({}, indexing='ij'); \
         pandas.DataFrame(dict(zip({roles:?}, map(numpy.ravel, axes)), prediction=d['{name}'].ravel())).to_csv('NEW.csv', \
         index=False){list}",
        sources.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_json(text: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.json");
        std::fs::write(&path, text).unwrap();
        json(&path)
    }

    #[test]
    fn nested_json_becomes_rows() {
        let line = of_json(r#"{"1111": {"0": {"a$_$1": 0.5}, "0.5": {"a$_$1": 1}}}"#).unwrap();
        let loops = "for seed, in_seed in json.load(open('FILE')).items() for rate, in_rate in in_seed.items() for id, prediction \
                     in in_rate.items()";
        assert!(line.contains(loops), "{line}");
        assert!(
            line.contains(r#"columns=["seed", "rate", "id", "prediction"]"#),
            "{line}"
        );
        assert!(
            of_json(r#"{"a$_$1": {"0.5": 1}}"#)
                .unwrap()
                .contains("[(id, rate, prediction) for id, in_id in")
        );
    }

    #[test]
    fn tables_in_json_are_for_pandas() {
        for text in [
            r#"[{"id": "a", "prediction": 0.5}]"#,
            r#"{"id": ["a"], "prediction": [0.5]}"#,
            r#"{"id": {"0": 3, "7": 4}, "prediction": {"0": 0.5, "7": 1}}"#,
            r#"{"1111": {"0": {"1112": 1}}}"#,
            "{",
        ] {
            assert_eq!(of_json(text), None, "{text}");
        }
    }

    fn of_arrays(arrays: &[(&str, &[usize])]) -> Option<String> {
        let shapes = arrays
            .iter()
            .map(|(name, shape)| (name.to_string(), shape.to_vec()));
        of_shapes(&shapes.collect())
    }

    #[test]
    fn axes_of_arrays_become_columns() {
        let line = of_arrays(&[
            ("prediction", &[3, 11, 686]),
            ("id", &[686]),
            ("seed", &[3]),
        ])
        .unwrap();
        assert!(
            line.contains("numpy.meshgrid(d['seed'], RATES, d['id'], indexing='ij')"),
            "{line}"
        );
        assert!(
            line.ends_with("where RATES is the list of the 11 values of rate"),
            "{line}"
        );
        let line = of_arrays(&[("p", &[11, 686]), ("id", &[686]), ("rate", &[11])]).unwrap();
        assert!(
            line.contains("dict(zip([\"rate\", \"id\"]") && !line.contains("where"),
            "{line}"
        );
        let line = of_arrays(&[("p", &[3, 3, 686]), ("id", &[686])]).unwrap();
        assert!(line.contains("has shape [3, 3, 686]"), "{line}");
    }

    #[test]
    fn columns_of_one_length_are_for_pandas() {
        assert_eq!(
            of_arrays(&[("prediction", &[686, 1]), ("id", &[686])]),
            None
        );
    }
}
