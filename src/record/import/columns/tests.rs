use super::*;

fn found(headings: &[&str], choices: &Choices) -> Result<Columns> {
    let headings: Vec<String> = headings.iter().map(|h| h.to_string()).collect();
    find("p.csv", &headings, choices)
}

#[test]
fn documented_headings_are_taken_without_a_note() {
    let columns = found(&["Seed", "rate", "ID", "prediction", "note"], &[]).unwrap();
    assert_eq!(
        (columns.id, columns.seed, columns.prediction),
        (Some(2), 0, 3)
    );
    assert!(columns.notes.is_empty());
    let both = found(&["id", "rate", "condition", "seed", "prediction"], &[]).unwrap();
    assert_eq!((both.condition, both.same_condition), (1, Some(2)));
}

#[test]
fn headings_of_other_tools_are_taken_with_a_note() {
    let columns = found(
        &["sample_id", "Missing Rate", "seed", "y_pred", "y_true"],
        &[],
    )
    .unwrap();
    assert_eq!((columns.condition, columns.prediction), (1, 3));
    assert_eq!(columns.truths, [4]);
    assert_eq!(
        columns.notes[2],
        "column `y_pred` is read as prediction; --column prediction=NAME chooses another"
    );
}

#[test]
fn a_rate_of_tests_goes_before_one_that_may_be_of_training() {
    let headings = [
        "id",
        "missing_rate",
        "test_missing_rate",
        "seed",
        "prediction",
    ];
    let columns = found(&headings, &[]).unwrap();
    assert_eq!((columns.condition, columns.same_condition), (2, Some(1)));
    let chosen = [(Role::Condition, "test_missing_rate".to_string())];
    let columns = found(&headings, &chosen).unwrap();
    assert_eq!((columns.condition, columns.same_condition), (2, None));
    let alone = found(&["id", "test_mr", "seed", "prediction"], &[]).unwrap();
    assert_eq!((alone.condition, alone.same_condition), (1, None));
}

#[test]
fn of_two_columns_none_is_taken_in_silence() {
    let error = |headings: &[&str]| found(headings, &[]).unwrap_err().to_string();
    let two = error(&["id", "rate", "seed", "prediction", "Prediction"]);
    assert!(two.contains("`prediction`, `Prediction`"), "{two}");
    assert!(two.contains("--column prediction="), "{two}");
    let same = error(&["id", "rate", "seed", "prediction", "prediction"]);
    assert!(same.contains("2 columns are called `prediction`"), "{same}");
    let others = error(&["id", "rate", "seed", "pred", "y_hat"]);
    assert!(others.contains("`pred`, `y_hat`"), "{others}");
    let merged = error(&["id", "rate", "seed", "prediction_x", "prediction_y"]);
    assert!(merged.contains("prediction_x"), "{merged}");
    let own = found(
        &["id", "rate", "seed", "pred", "prediction", "prediction.1"],
        &[],
    )
    .unwrap();
    assert_eq!(own.prediction, 4);
    assert!(
        own.notes[0].contains("not `pred`, `prediction.1`"),
        "{own:?}"
    );
}

#[test]
fn a_choice_decides() {
    let headings = ["id", "rate", "seed", "pred", "y_hat", "label"];
    let chosen = [
        (Role::Prediction, "y_hat".to_string()),
        (Role::Truth, String::new()),
    ];
    let columns = found(&headings, &chosen).unwrap();
    assert_eq!((columns.prediction, columns.truths), (4, vec![]));
    let absent = found(&headings, &[(Role::Prediction, "x".into())]).unwrap_err();
    assert!(absent.to_string().contains("no column `x`"), "{absent}");
}

#[test]
fn what_is_missing_has_a_hint() {
    let error = |headings: &[&str]| found(headings, &[]).unwrap_err().to_string();
    let data = error(&["a$_$1", "0.0", "1", "0.5"]);
    assert!(
        data.contains("the first line must hold the names"),
        "{data}"
    );
    let mmsa = error(&["video_id", "clip_id", "rate", "seed", "pred"]);
    assert!(mmsa.contains("video_id + \"$_$\" + clip_id"), "{mmsa}");
    let wide = error(&["id", "seed", "0.0", "0.5"]);
    assert!(wide.contains("melt"), "{wide}");
    for (headings, words) in [
        (["id", "seed", "r=0.1", "r=0.2"], "columns of the rates"),
        (["id", "seed", "10%", "20%"], "columns of the rates"),
        (
            ["id", "rate", "pred_1111", "pred_1112"],
            "columns of the seeds",
        ),
        (
            ["id", "rate", "prediction_1", "prediction_2"],
            "columns of the seeds",
        ),
        (["id", "rate", "1111", "1112"], "columns of the seeds"),
        (["id", "model", "r=0.0", "r=0.5"], "columns of the rates"),
    ] {
        let wide = error(&headings);
        assert!(wide.contains(words), "{headings:?}: {wide}");
    }
    let features = error(&["id", "rate", "seed", "x1", "x2"]);
    assert!(!features.contains("melt"), "{features}");
    let long = error(&["x"; 5000]);
    assert!(long.len() < 600, "{}", long.len());
}
