//! What a kill leaves between two files of an epoch, made by hand: the next fit makes it good.

use std::fs;

use super::*;

const CHECKPOINT: &str = STORED[0];

/// Goes on until so many epochs are finished, each better than the one before.
fn fitted(bed: &mut Bed, name: &str, epochs: u32) -> State {
    bed.epochs = epochs;
    let state = bed.fit(name, |model| model.draws = false).unwrap();
    assert!(state.picks.values().any(|pick| pick.epoch == epochs));
    state
}

/// The files that hold weights or state, by name.
fn kept(bed: &Bed, name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(bed.folder.path().join(name)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|e| e == "safetensors"));
    let read = |path: PathBuf| {
        (
            PathBuf::from(path.file_name().unwrap()),
            fs::read(&path).unwrap(),
        )
    };
    let mut all: Vec<_> = paths.map(read).collect();
    all.sort();
    all
}

#[test]
fn picked_weights_are_written_anew_from_the_state() {
    for selection in [Selection::default(), Selection::Last] {
        let mut bed = Bed::new(selection);
        fitted(&mut bed, "undisturbed", 3);
        fitted(&mut bed, "torn", 2);
        let older = bed.bytes("torn", CHECKPOINT);
        let state = fitted(&mut bed, "torn", 3);
        let path = bed.files("torn").best;
        assert!(older != fs::read(&path).unwrap());
        // Killed between the state of epoch 3 and its weights; nothing is left to train.
        for torn in [Some(&older), None] {
            match torn {
                Some(older) => fs::write(&path, older).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            assert_eq!(fitted(&mut bed, "torn", 3), state);
            ends_alike(&bed, "torn");
        }
    }
}

/// A kill cannot be timed to come between two files; a folder in the place of the second is as good.
#[test]
fn the_state_is_stored_before_the_weights_it_picks() {
    let mut bed = Bed::new(Selection::default());
    fitted(&mut bed, "undisturbed", 3);
    let files = bed.files("torn");
    fs::create_dir(&files.best).unwrap();
    let stopped = bed.fit("torn", |model| model.draws = false);
    assert!(matches!(stopped, Err(Error::Write(_))), "{stopped:?}");
    let (_, state) = checkpoint::load(&files.last).unwrap();
    let state: State = serde_json::from_str(&state).unwrap();
    assert_eq!((state.epoch, state.selected()), (1, 1));
    assert_eq!(bed.lines("torn").len(), 1);
    fs::remove_dir(&files.best).unwrap();
    fitted(&mut bed, "torn", 3);
    ends_alike(&bed, "torn");
}

#[test]
fn a_line_without_its_state_is_cut_off() {
    let mut bed = Bed::new(Selection::default());
    fitted(&mut bed, "undisturbed", 4);
    fitted(&mut bed, "torn", 2);
    let stored = STORED.map(|file| bed.bytes("torn", file));
    fitted(&mut bed, "torn", 3);
    // Killed between the line of epoch 3 and its state.
    for (file, bytes) in STORED.iter().zip(stored) {
        fs::write(bed.folder.path().join("torn").join(file), bytes).unwrap();
    }
    assert_eq!(bed.lines("torn").len(), 3);
    fitted(&mut bed, "torn", 4);
    ends_alike(&bed, "torn");
}

/// No kill leaves it so. Where a line is lost all the same, weights and state are not.
#[test]
fn a_state_without_its_line_is_gone_on_from() {
    let mut bed = Bed::new(Selection::default());
    fitted(&mut bed, "undisturbed", 4);
    fitted(&mut bed, "torn", 2);
    let log = bed.files("torn").log;
    let text = fs::read_to_string(&log).unwrap();
    let (first, _) = text.split_once('\n').unwrap();
    fs::write(&log, format!("{first}\n")).unwrap();
    fitted(&mut bed, "torn", 4);
    assert!(kept(&bed, "torn") == kept(&bed, "undisturbed"));
    assert_eq!(bed.logged("torn", "epoch"), [1, 3, 4]);
}

/// Where metrics pick epochs of their own, each epoch has its file.
#[test]
fn files_of_epochs_are_those_that_the_state_picks() {
    let mut bed = Bed::new(Selection::Paper);
    fitted(&mut bed, "undisturbed", 3);
    fitted(&mut bed, "torn", 3);
    let whole = kept(&bed, "undisturbed");
    assert!(kept(&bed, "torn") == whole);
    let files = bed.files("torn");
    let [own, stale] = [3, 9].map(|epoch| files.picked(&bed.rules, epoch));
    // Killed after the state, and killed after the weights.
    fs::remove_file(own).unwrap();
    fs::write(stale, "of an epoch that nothing picks").unwrap();
    fitted(&mut bed, "torn", 3);
    assert!(kept(&bed, "torn") == whole);
}

/// In the middle of an epoch the weights of `last` are none that is picked.
#[test]
fn weights_of_a_step_are_not_taken_for_an_epoch_s() {
    let mut bed = Bed::new(Selection::default());
    fitted(&mut bed, "stopped", 1);
    let picked = bed.bytes("stopped", CHECKPOINT);
    bed.epochs = 4;
    for step in [1, 2] {
        let flag = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&flag);
        let prepare = |model: &mut Line| model.stop = Some((1, Arc::clone(&stop)));
        match bed.fit_until("stopped", prepare, &flag) {
            Err(Error::Interrupted { epoch, step: at }) => assert_eq!((epoch, at), (1, step)),
            other => panic!("expected a fit that stops, found {other:?}"),
        }
        assert!(bed.bytes("stopped", CHECKPOINT) == picked);
    }
}
