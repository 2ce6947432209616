use super::*;
use crate::record::fixture::{evaluation, manifest, only_evaluation, predictions, save};

const GRID: [f64; 2] = [0.0, 0.5];

#[test]
fn a_finished_run_reads_back_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let expected = manifest("lnln", 11, &GRID);
    let record = save(dir.path(), &expected).load().unwrap();
    assert_eq!(record.manifest, expected);
    assert_eq!(record.predictions, predictions(&expected));
}

#[test]
fn an_edited_manifest_is_caught_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let run = save(dir.path(), &manifest("lnln", 11, &GRID));
    let text = fs::read_to_string(run.manifest()).unwrap();
    fs::write(run.manifest(), text.replace("\"seed\": 11", "\"seed\": 12")).unwrap();
    let message = run.load().unwrap_err().to_string();
    assert!(
        message.contains("manifest.json changed after the run"),
        "{message}"
    );
}

#[test]
fn a_lost_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let run = save(dir.path(), &manifest("lnln", 11, &GRID));
    fs::remove_file(only_evaluation(&run).join("predictions.parquet")).unwrap();
    let message = run.load().unwrap_err().to_string();
    assert!(message.starts_with("cannot read ") && message.contains("predictions.parquet"));
}

#[test]
fn another_format_says_so_whatever_else_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let run = save(dir.path(), &manifest("lnln", 11, &GRID));
    let json = b"{\"format\": 9}";
    fs::write(run.manifest(), json).unwrap();
    fs::write(run.done(), seal::render(&[(MANIFEST, json)])).unwrap();
    let message = run.load().unwrap_err().to_string();
    assert!(
        message.contains("in format 9, this build reads format 2"),
        "{message}"
    );
}

#[test]
fn a_run_without_done_is_unfinished() {
    let dir = tempfile::tempdir().unwrap();
    let run = RunDir::create(dir.path(), "a").unwrap();
    assert!(!run.is_run() && !run.is_done());
    let message = run.load().unwrap_err().to_string();
    assert!(message.contains("found a folder without one"), "{message}");
    fs::write(dir.path().join("a/config.toml"), "").unwrap();
    let message = run.load().unwrap_err().to_string();
    assert!(message.contains("is unfinished"), "{message}");
    let message = |path: PathBuf| RunDir::open(path).load().unwrap_err().to_string();
    let absent = message(dir.path().join("absent"));
    assert!(
        absent.contains("expected the folder of a run, found nothing"),
        "{absent}"
    );
    let folder = message(dir.path().to_path_buf());
    let expected = format!(
        "a folder of 1 run; give one of them, as {}",
        run.path().display()
    );
    assert!(folder.contains(&expected), "{folder}");
}

#[test]
fn ids_that_leave_the_folder_and_manifests_of_other_runs_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for id in ["", "..", "a/b", "../a", ".hidden"] {
        assert!(
            matches!(RunDir::create(dir.path(), id), Err(Error::BadId { .. })),
            "{id}"
        );
    }
    let run = RunDir::create(dir.path(), "a").unwrap();
    let m = manifest("lnln", 11, &GRID);
    let message = run.finish(&m, &evaluation(&m), &predictions(&m));
    let message = message.unwrap_err().to_string();
    assert_eq!(
        message,
        "the manifest of run lnln-11 was given to the run directory of a"
    );
    assert!(!run.is_done());
}
