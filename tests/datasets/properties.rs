//! Properties of the pickle reader: nothing makes it panic, every cut is an error, and what
//! serde-pickle writes or reads is the same to both.

use lnln_bench::data::pickle::{Leaf, Limits, Pickle, Value, Walk, Writer};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use serde_pickle::{DeOptions, HashableValue as Key, SerOptions, Value as Other};

fn parse(bytes: &[u8]) -> Option<Pickle> {
    Pickle::from_bytes(bytes.to_vec(), Limits::default()).ok()
}

/// Everything `inspect` would do.
fn look(pickle: &Pickle) {
    for leaf in Walk::new(pickle) {
        if let Ok((path, Leaf::Array(array))) = leaf {
            assert!(path.starts_with('$'));
            let hash = array.sha256().unwrap();
            assert_eq!(
                hash.is_none(),
                array.objects().len() > 0 || array.dtype().to_string() == "|O"
            );
        }
    }
}

/// A small MMSA file.
fn written() -> Vec<u8> {
    let mut w = Writer::new(Vec::new()).unwrap();
    w.begin_dict().unwrap();
    w.str("id").unwrap();
    w.str_list(&["a$_$1", "b$_$2"]).unwrap();
    w.str("audio").unwrap();
    w.f64_array(&[2, 2, 1], &[1.0, -2.0, f64::NAN, 0.0])
        .unwrap();
    w.str("raw_text").unwrap();
    w.unicode_array(&["one", "好的"]).unwrap();
    w.str("audio_lengths").unwrap();
    w.int_list(&[1, 70_000]).unwrap();
    w.str("label").unwrap();
    w.float(0.5).unwrap();
    w.end_dict().unwrap();
    w.finish().unwrap()
}

/// Plain values, without what a set or dict of Python would merge (1, 1.0 and True).
fn atoms() -> impl Strategy<Value = Other> {
    prop_oneof![
        Just(Other::None),
        any::<bool>().prop_map(Other::Bool),
        any::<i64>().prop_map(Other::I64),
        (-1000i64..1000).prop_map(Other::I64),
        any::<f64>().prop_map(Other::F64),
        vec(any::<u8>(), 0..300).prop_map(Other::Bytes),
        ".{0,100}".prop_map(Other::String),
    ]
}

fn keys() -> impl Strategy<Value = Key> {
    prop_oneof![
        any::<i64>().prop_map(Key::I64),
        ".{0,20}".prop_map(Key::String),
        vec(any::<u8>(), 0..20).prop_map(Key::Bytes),
    ]
}

fn values() -> impl Strategy<Value = Other> {
    atoms().prop_recursive(4, 60, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Other::List),
            vec(inner.clone(), 0..6).prop_map(Other::Tuple),
            btree_map(keys(), inner, 0..6).prop_map(Other::Dict),
            btree_set(keys(), 0..6).prop_map(Other::Set),
        ]
    })
}

/// Whether both readers made the same of a value.
fn same(ours: Value<'_>, other: &Other) -> bool {
    let items = |count: usize| ours.items().filter(|items| items.len() == count);
    let all = |others: &[Other]| {
        items(others.len()).is_some_and(|items| items.zip(others).all(|(a, b)| same(a, b)))
    };
    match other {
        Other::None => ours.kind() == "None",
        Other::Bool(value) => ours.kind() == "a bool" && ours.as_i64() == Some((*value).into()),
        Other::I64(value) => ours.as_i64() == Some(*value),
        Other::Int(_) => ours.kind() == "an integer",
        Other::F64(value) => ours
            .as_f64()
            .is_some_and(|v| v.to_bits() == value.to_bits()),
        // A string of Python 2 may be either.
        Other::Bytes(value) => {
            if ours.is_old_text() {
                ours.as_str().is_none_or(|text| text.as_bytes() == value)
            } else {
                ours.as_bytes()
                    .map_or(ours.kind() == "bytes", |v| v == value)
            }
        }
        Other::String(value) => ours.as_str() == Some(value),
        Other::List(others) => ours.kind() == "a list" && all(others),
        Other::Tuple(others) => ours.kind() == "a tuple" && all(others),
        // Order is free, and a key set again is in our list twice.
        Other::Set(keys) | Other::FrozenSet(keys) => {
            ours.kind() == "a set"
                && keys.iter().all(|key| {
                    ours.items()
                        .is_some_and(|mut items| items.any(|item| same_key(item, key)))
                })
        }
        Other::Dict(entries) => {
            ours.is_dict()
                && entries.iter().all(|(k, v)| {
                    ours.entries()
                        .any(|(key, value)| same_key(key, k) && same(value, v))
                })
        }
    }
}

fn same_key(ours: Value<'_>, key: &Key) -> bool {
    same(ours, &key.clone().into_value())
}

const NEWOBJ: u8 = 0x81;

/// `set.__new__(set, [1])` is empty in Python, and `frozenset.__new__` is not.
#[test]
fn a_set_made_without_init_is_empty() {
    for (class, len) in [("set", 0), ("frozenset", 1)] {
        let bytes = [
            b"\x80\x03cbuiltins\n",
            class.as_bytes(),
            b"\n](K\x01e\x85\x81.",
        ]
        .concat();
        let pickle = parse(&bytes).unwrap();
        assert_eq!(
            pickle.root().items().map(Iterator::count),
            Some(len),
            "{class}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..400), protocol in 0u8..6) {
        let head = [0x80, protocol];
        for bytes in [&bytes[..], &[&head, &bytes[..], b"."].concat()] {
            parse(bytes).iter().for_each(look);
        }
    }

    /// Random opcodes that push make deeper machines than random bytes.
    #[test]
    fn random_opcodes_never_panic(codes in "[(N)\\]}2tlde0asu1bR.\u{81}\u{85}\u{86}\u{87}\u{88}\u{8f}\u{90}\u{91}\u{94}]{0,200}") {
        let bytes: Vec<u8> = codes.chars().map(|c| c as u8).collect();
        parse(&bytes).iter().for_each(look);
    }

    #[test]
    fn damaged_files_never_panic(at in any::<proptest::sample::Index>(), byte in any::<u8>(), len in 0usize..4) {
        let mut bytes = written();
        let at = at.index(bytes.len());
        let end = bytes.len().min(at + len);
        bytes.splice(at..end, [byte]);
        parse(&bytes).iter().for_each(look);
    }

    #[test]
    fn what_serde_pickle_writes_is_read(value in values(), protocol in 2u8..4) {
        let options = match protocol {
            2 => SerOptions::new().proto_v2(),
            _ => SerOptions::new(),
        };
        let bytes = serde_pickle::value_to_vec(&value, options).unwrap();
        let pickle = parse(&bytes);
        prop_assert!(pickle.as_ref().is_some_and(|pickle| same(pickle.root(), &value)), "{bytes:x?}");
    }

    /// Where both read a damaged file, they read the same.
    #[test]
    fn damage_reads_the_same(
        value in values(),
        at in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = serde_pickle::value_to_vec(&value, SerOptions::new()).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        // serde-pickle makes an object of no class of it; `a_set_made_without_init_is_empty` has Python's word.
        prop_assume!(byte != NEWOBJ);
        let other = serde_pickle::value_from_slice(&bytes, DeOptions::new());
        if let (Some(pickle), Ok(other)) = (parse(&bytes), other) {
            prop_assert!(same(pickle.root(), &other), "{bytes:x?} {other:?}");
        }
    }
}

#[test]
fn every_cut_is_an_error() {
    let bytes = written();
    assert!(parse(&bytes).is_some());
    for end in 0..bytes.len() {
        assert!(parse(&bytes[..end]).is_none(), "{end}");
    }
}

/// The seeds of the fuzz target: what Python wrote is read, but for what is refused by name.
#[test]
fn every_seed_of_the_fuzzer_is_read_or_refused() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let refused = match name.split('-').collect::<Vec<_>>()[..] {
            ["date", ..] => "datetime.date",
            // Protocols 0 to 2 name the type of a byte array.
            ["plain", "0" | "1" | "2"] => "__builtin__.bytearray",
            ["instance"] => "__main__.Class",
            ["extension"] => "extension 1",
            ["persistent"] => "found text",
            _ => "",
        };
        match Pickle::open(&path) {
            Ok(pickle) => {
                assert!(refused.is_empty(), "{name}");
                look(&pickle);
            }
            Err(error) => {
                let error = error.to_string();
                assert!(
                    !refused.is_empty() && error.contains(refused),
                    "{name}: {error}"
                );
            }
        }
        count += 1;
    }
    assert!(count > 300, "{count}");
}
