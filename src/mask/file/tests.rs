use super::*;
use crate::mask::DropIndices;
use crate::mask::variants::tests::small;

const CONTENT: &str = "c0ffee";

fn stored(seed: u64) -> Stored {
    Stored {
        mask_protocol: "random".to_owned(),
        version: 2,
        seed,
        split: SplitName::Test,
    }
}

/// A folder for a mask file, and its path.
fn new_path() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("toy.masks.h5");
    (folder, path)
}

fn write(path: &Path, variants: Variants) -> Result<(), Error> {
    MaskFile::write(path, CONTENT, &[variants])
}

#[test]
fn variants_round_trip_and_merge() {
    let (folder, path) = new_path();
    for (seed, conditions) in [(1, "0,0.5"), (2, "0:1:0.1,L,l=0.2,a=0.7,v=0.7")] {
        write(&path, small(seed, conditions)).unwrap();
    }
    let file = MaskFile::open(&path).unwrap();
    assert_eq!(file.stored().unwrap(), [stored(1), stored(2)]);
    assert_eq!(file.read(&stored(1)).unwrap(), small(1, "0,0.5"));
    let second = small(2, "0:1:0.1,L,l=0.2,a=0.7,v=0.7");
    assert_eq!(file.read(&stored(2)).unwrap(), second);
    assert_eq!(
        file.hashes(&stored(2)).unwrap(),
        second.hashes(SplitName::Test).unwrap()
    );
    assert_eq!(file.find(&stored(3)).unwrap(), None);
    let verified = file.verify(None, |_| {}).unwrap();
    assert_eq!(
        (verified.groups, verified.masks, verified.positions),
        (2, 15, 160)
    );
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "no temporary is left");
}

#[test]
fn of_two_of_a_name_one_is_written() {
    let (_folder, path) = new_path();
    let twice = [small(1, "0,0.5"), small(1, "0,0.5")];
    MaskFile::write(&path, CONTENT, &twice).unwrap();
    let stored_now = MaskFile::open(&path).unwrap().stored().unwrap();
    assert_eq!(stored_now, [stored(1)]);
}

/// Rates and counts, which no mask's hash covers, are checked as well.
#[test]
fn rates_that_are_not_those_of_the_masks_are_found() {
    let group = "random-v2/seed-1/test";
    let change = |name: &str, row: usize| {
        let (_folder, path) = new_path();
        write(&path, small(1, "0,0.5")).unwrap();
        let file = File::open_rw(&path).unwrap();
        match name {
            "valid" => {
                let valid = file.group(group).unwrap().attr(name).unwrap();
                valid.write_raw(&[15u64, 22, 13]).unwrap();
            }
            _ => {
                let rates = file.dataset(&format!("{group}/{name}")).unwrap();
                let mut values: Vec<f64> = rates.read_raw().unwrap();
                values[row] += 1e-9;
                rates.write_raw(&values).unwrap();
            }
        }
        drop(file);
        let file = MaskFile::open(&path).unwrap();
        let read = file.read(&stored(1)).unwrap_err().to_string();
        assert_eq!(file.verify(None, |_| {}).unwrap_err().to_string(), read);
        read
    };
    for (name, row, expected) in [
        (
            "nominal",
            4,
            "the nominal rates at condition 0.5 are not its own",
        ),
        (
            "realized",
            0,
            "the realized rates at condition 0 are not those of",
        ),
        (
            "realized",
            5,
            "the realized rates at condition 0.5 are not those of",
        ),
        (
            "valid",
            0,
            "the realized rates at condition 0 are not those of",
        ),
    ] {
        let message = change(name, row);
        assert!(message.contains(expected), "{name}: {message}");
    }
}

#[test]
fn a_manifest_may_be_absent_but_not_wrong() {
    let (_folder, path) = new_path();
    write(&path, small(1, "0,0.5")).unwrap();
    let manifest = MaskFile::manifest_of(&path);
    let verify = || MaskFile::open(&path).unwrap().verify(None, |_| {});
    assert!(!verify().unwrap().manifest);
    MaskFile::open(&path).unwrap().write_manifest().unwrap();
    assert!(verify().unwrap().manifest);
    // Writing masks removes the old manifest, so that a kill in between leaves none.
    write(&path, small(2, "0,0.5")).unwrap();
    assert!(!manifest.exists());
    std::fs::write(&manifest, "{}").unwrap();
    assert!(matches!(verify(), Err(Error::Manifest { .. })));
    std::fs::remove_file(&manifest).unwrap();
    std::fs::create_dir(&manifest).unwrap();
    assert!(matches!(verify(), Err(Error::Read { .. })));
}

#[test]
fn the_same_key_is_replaced_and_masks_of_other_data_go() {
    let (_folder, path) = new_path();
    write(&path, small(1, "0,0.5")).unwrap();
    write(&path, small(1, "0.25")).unwrap();
    let file = MaskFile::open(&path).unwrap();
    assert_eq!(file.read(&stored(1)).unwrap(), small(1, "0.25"));
    let missing = file.read(&stored(3)).unwrap_err().to_string();
    assert!(missing.contains("no group random-v2/seed-3/"), "{missing}");
    let other = file.check_data("toy", "facade").unwrap_err().to_string();
    assert!(
        other.contains("drawn for data c0ffee, not for facade"),
        "{other}"
    );
    drop(file);
    MaskFile::write(&path, "facade", &[small(2, "0.5")]).unwrap();
    assert_eq!(
        MaskFile::open(&path).unwrap().stored().unwrap(),
        [stored(2)]
    );
}

/// A file of another format holds nothing that cannot be drawn again.
#[test]
fn a_file_of_another_format_is_refused_and_replaced() {
    let (_folder, path) = new_path();
    write(&path, small(1, "0.5")).unwrap();
    let file = File::open_rw(&path).unwrap();
    file.attr("format").unwrap().write_scalar(&9u32).unwrap();
    drop(file);
    let message = MaskFile::open(&path).err().unwrap().to_string();
    assert!(
        message.contains("masks of format 9, this build reads format 1; write them again"),
        "{message}"
    );
    write(&path, small(2, "0.5")).unwrap();
    let stored_now = MaskFile::open(&path).unwrap().stored().unwrap();
    assert_eq!(stored_now, [stored(2)]);
}

#[test]
fn masks_of_another_version_are_dropped() {
    let (_folder, path) = new_path();
    let mut old = small(1, "0.5");
    old.version = 9;
    write(&path, old).unwrap();
    write(&path, small(2, "0.5")).unwrap();
    let stored_now = MaskFile::open(&path).unwrap().stored().unwrap();
    assert_eq!(stored_now, [stored(2)]);
}

#[test]
fn mask_files_and_data_are_found_by_name() {
    let masks = Path::new("data/mosi.masks.h5");
    assert_eq!(MaskFile::path_for(Path::new("data/mosi.h5")), masks);
    let data = MaskFile::data_of(masks);
    assert_eq!(data.as_deref(), Some(Path::new("data/mosi.h5")));
    assert_eq!(MaskFile::data_of(Path::new("data/other.h5")), None);
}

#[test]
fn a_damaged_file_is_named_and_kept() {
    let (_folder, path) = new_path();
    write(&path, small(1, "0,0.5")).unwrap();
    let file = File::open_rw(&path).unwrap();
    let audio = file.dataset("random-v2/seed-1/test/audio").unwrap();
    let mut packed: Vec<u8> = audio.read_raw().unwrap();
    packed[0] ^= 3;
    audio.write_raw(&packed).unwrap();
    drop((audio, file));
    let before = std::fs::read(&path).unwrap();
    for refused in [
        write(&path, small(2, "0.1")).unwrap_err(),
        MaskFile::open(&path)
            .unwrap()
            .verify(None, |_| {})
            .unwrap_err(),
    ] {
        let message = refused.to_string();
        assert!(
            message.contains("random-v2/seed-1/test: the masks at condition 0"),
            "{message}"
        );
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn other_files_are_refused() {
    let (_folder, path) = new_path();
    std::fs::write(&path, b"not an HDF5 file").unwrap();
    let message = MaskFile::open(&path).err().unwrap().to_string();
    assert!(
        message.contains("toy.masks.h5: not a mask file of this tool"),
        "{message}"
    );
    assert!(write(&path, small(1, "0.5")).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"not an HDF5 file");
    std::fs::remove_file(&path).unwrap();
    write(&path, small(1, "0.5")).unwrap();
    let mut other = small(1, "0.5");
    other.dataset = "sims".to_owned();
    let message = write(&path, other).unwrap_err().to_string();
    assert!(
        message.contains("masks belong to data set `toy`, not to `sims`"),
        "{message}"
    );
}

#[test]
fn an_empty_modality_is_stored() {
    let (_folder, path) = new_path();
    let mut variants = small(1, "0.5");
    let split = &variants.splits[0];
    let (mut indices, mut valid) = (split.indices.clone(), split.valid);
    indices[0] = DropIndices {
        rows: 4,
        steps: 0,
        rates: vec![0.5],
        data: Vec::new(),
    };
    valid[0] = 0;
    variants.splits[0] = SplitVariants::new(split.name, &variants.conditions, indices, valid);
    write(&path, variants.clone()).unwrap();
    assert_eq!(
        MaskFile::open(&path).unwrap().read(&stored(1)).unwrap(),
        variants
    );
}
