//! One file of every kind, as its usual program writes its first bytes.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::FileKind as K;
use super::*;

/// An archive's entry: header, name, no content.
fn entry(name: &str) -> Vec<u8> {
    let mut bytes = b"PK\x03\x04".to_vec();
    bytes.extend([0; 22]);
    bytes.extend((name.len() as u16).to_le_bytes());
    bytes.extend([0; 2]);
    bytes.extend(name.as_bytes());
    bytes
}

fn entries(names: &[&str]) -> Vec<u8> {
    names.iter().flat_map(|name| entry(name)).collect()
}

fn tar() -> Vec<u8> {
    let mut bytes = b"MOSI/aligned_50.pkl".to_vec();
    bytes.resize(257, 0);
    bytes.extend(b"ustar\x0000");
    bytes.resize(1024, 0);
    bytes
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn behind(block: usize) -> Vec<u8> {
    let mut bytes = vec![b' '; block];
    bytes.extend(b"\x89HDF\r\n\x1a\n");
    bytes
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn every_kind_is_recognized_by_its_content() {
    let joblib =
        b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x13joblib.numpy_pickle\x94\x8c\x11NumpyArrayWrapper";
    let legacy = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.";
    let annex = b"../../.git/annex/objects/Xq/7G/SHA256E-s1--ab.pkl/SHA256E-s1--ab.pkl\n";
    let crlf = b"\x80\x02}q\0cnumpy\r\ndtype\r\ncnumpy\r\nndarray\r\n";
    let cases: Vec<(Vec<u8>, K)> = vec![
        (b"\x1f\x8b\x08\0".to_vec(), K::Gzip),
        (b"BZh91AY&SY".to_vec(), K::Bzip2),
        (b"PARE\x15\x04".to_vec(), K::EncryptedParquet),
        (b"ORC\x0a\x03\0\0ORC\x17".to_vec(), K::Orc),
        (b"ORCID,rate\n1,0\n".to_vec(), K::Csv),
        (b"Obj\x01\x04\x16".to_vec(), K::Avro),
        (b"CDF\x01\0\0\0\0".to_vec(), K::NetCdf),
        (b"s\x02\x01\0".to_vec(), K::Stata),
        (b"\0\0\0\0\0\0\0\0DUCK\x40\0".to_vec(), K::DuckDb),
        (b"{\\rtf1\\ansi id,rate\\".to_vec(), K::Rtf),
        (b"\0\x05\x16\x07\0\x02".to_vec(), K::Desktop),
        (b"[InternetShortcut]\nURL=https://a.b\n".to_vec(), K::Desktop),
        (b",me,pc,30.11.2026 10:00,file:///home/me;\n".to_vec(), K::Csv),
        (b",me,pc,30.11.2026 10:00;file:///home/me/.config;\n".to_vec(), K::Desktop),
        (format!("{}\n{}\nUEFSMQ==\n", "UEFSMRUE1q".repeat(7), "FQAVBAxMFQ".repeat(7)).into_bytes(), K::Base64),
        (format!("{}\n", "abcdefghij".repeat(7)).into_bytes(), K::Text),
        (br#"{"name": "p.csv", "encoding": "base64", "content": "aWQs"}"#.to_vec(), K::GithubAnswer),
        (b"\xfd7zXZ\0\0\x04".to_vec(), K::Xz),
        (b"\x28\xb5\x2f\xfd\x24".to_vec(), K::Zstd),
        (b"\x04\x22\x4d\x18\x64".to_vec(), K::Lz4),
        (b"x\x9c\xed\xbd".to_vec(), K::Zlib),
        (b"x^\xed\xbdk".to_vec(), K::Zlib),
        (b"x^2 + y\n".to_vec(), K::Text),
        (entry("mosi/aligned_50.pkl"), K::Zip),
        (entries(&["archive/data.pkl", "archive/data/0"]), K::Torch),
        (entries(&["audio.npy", "vision.npy"]), K::Npz),
        (
            entries(&["[Content_Types].xml", "xl/workbook.xml"]),
            K::Xlsx,
        ),
        (
            entries(&["[Content_Types].xml", "word/document.xml"]),
            K::Docx,
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), K::Ole),
        (b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), K::SevenZip),
        (b"Rar!\x1a\x07\x01\0".to_vec(), K::Rar),
        (tar(), K::Tar),
        (b"\x89HDF\r\n\x1a\n\0".to_vec(), K::Hdf5),
        (behind(512), K::Hdf5),
        (
            b"MATLAB 5.0 MAT-file, Platform: GLNXA64".to_vec(),
            K::Matlab,
        ),
        (b"MATLAB 7.3 MAT-file, Platform".to_vec(), K::Matlab73),
        (b"\x93NUMPY\x01\0v\0{'descr'".to_vec(), K::Npy),
        (b"PAR1\x15\x04".to_vec(), K::Parquet),
        (b"ARROW1\0\0".to_vec(), K::Arrow),
        (b"FEA1\0\0".to_vec(), K::Feather),
        (b"\xff\xff\xff\xff\x90\x01\0\0\x10\0\0\0".to_vec(), K::ArrowStream),
        (b"bplist00\xd2\x01\x02".to_vec(), K::PropertyList),
        (
            b"\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22\x09\0\0\x80\xb1\xf2\x1e\xd8\x41\x1a\x0dbrain.Event:2".to_vec(),
            K::TensorBoard,
        ),
        (b"<stata_dta><header><release>118</release>".to_vec(), K::Stata),
        (b"$FL2@(#) SPSS DATA FILE".to_vec(), K::Spss),
        (b"X\n\0\0\0\x03\0\x04\x02\0".to_vec(), K::RData),
        (b"RDX3\nX\n\0\0\0\x03".to_vec(), K::RData),
        (gzip(b"X\n\0\0\0\x03\0\x04"), K::RData),
        (gzip(b"id,rate\n"), K::Gzip),
        (entries(&["Index/Document.iwa", "Metadata/Properties.plist"]), K::Numbers),
        (b"<table border=\"1\" class=\"dataframe\">\n  <thead>\n    <tr>".to_vec(), K::HtmlTable),
        (
            b"<?xml version=\"1.0\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">".to_vec(),
            K::XmlSheet,
        ),
        (b"{\"cells\": [{\"cell_type\": \"code\"".to_vec(), K::Notebook),
        (
            b"{\"url\": \"https://docs.google.com/open?id=1\", \"doc_id\": \"1\"}".to_vec(),
            K::GoogleDocument,
        ),
        (b"[ 0.123 -1.2  2.34\n  0.5 ]".to_vec(), K::PrintedArray),
        (b"[[ 0.123 -1.2]\n [ 0.5 1. ]]".to_vec(), K::PrintedArray),
        (b"{\n \"train\": {}}".to_vec(), K::Json),
        (b"[[1, 2], [3, 4]]".to_vec(), K::Json),
        (b"{\"id\": 1}\n{\"id\": 2}\n".to_vec(), K::JsonLines),
        (b"id,rate,seed\na,0,1\n".to_vec(), K::Csv),
        (b"id;rate\na;0,5\n".to_vec(), K::Csv),
        (b"\n<!DOCTYPE html><html>Sign in".to_vec(), K::Html),
        (b"<?xml version='1.0'?>\n<data>\n  <row>\n    <id>a</id>".to_vec(), K::XmlTable),
        (b"@RELATION predictions\n@ATTRIBUTE id string".to_vec(), K::Arff),
        (b"structure(list(id = c(\"a\"), prediction = c(0.5))".to_vec(), K::RText),
        (b"<?xml version='1.0'?><Error>AccessDenied".to_vec(), K::Xml),
        (b"%PDF-1.7\n".to_vec(), K::Pdf),
        (b"SQLite format 3\0\x10".to_vec(), K::Sqlite),
        ([b"\xff\xfe".to_vec(), utf16("id,rate")].concat(), K::Utf16),
        (utf16("id,rate,seed\n"), K::Utf16Le),
        (b"\0i\0d\0,\0r\0a\0t\0e\0,".to_vec(), K::Utf16Be),
        (b"\xff\xfe\0\0i\0\0\0".to_vec(), K::Utf32),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:6".to_vec(),
            K::LfsPointer,
        ),
        (annex.to_vec(), K::AnnexLink),
        (
            b"/annex/objects/SHA256E-s1--ab.pkl\n".to_vec(),
            K::AnnexLink,
        ),
        (b"\x80\x04\x95\x02\0\0\0\0\0\0\0}.".to_vec(), K::Pickle(4)),
        (b"(dp0\nS'train'\np1\n".to_vec(), K::Pickle(0)),
        (joblib.to_vec(), K::Joblib),
        (legacy.to_vec(), K::TorchLegacy),
        (crlf.to_vec(), K::PickleCrLf),
        (
            b"(dp0\r\nS'train'\r\np1\r\n(dp2\r\n".to_vec(),
            K::PickleCrLf,
        ),
        (b"\xef\xbf\xbd\x04\xef\xbf\xbd".to_vec(), K::PickleAsText),
        (
            b"gASVRQIAAAAAAAB9lCiMBXRyYWlulH2UKIwIcmF3X3RleHQ=\n".to_vec(),
            K::PickleBase64,
        ),
        (
            b"model_checkpoint_path: \"bert_model.ckpt\"".to_vec(),
            K::TensorFlow,
        ),
        (
            b"\0\0\x02abc\x57\xfb\x80\x8b\x24\x75\x47\xdb".to_vec(),
            K::TensorFlow,
        ),
        (
            b"\x10\0\0\0\0\0\0\0{\"a\":{\"dtype\"".to_vec(),
            K::Safetensors,
        ),
        (b"\x89PNG\r\n\x1a\n".to_vec(), K::Media),
        (
            b"id,\xd2\xf4\xc6\xb5,\xca\xd3\xc6\xb5\na,1,2\n".to_vec(),
            K::Gbk,
        ),
        (b"sch\xf6n, gr\xfc\xdfe\nja, na\n".to_vec(), K::Csv),
        (b"X\xff\xff\xff\xff".to_vec(), K::Unknown),
        (b"hello\n".to_vec(), K::Text),
        ("gut, na ja\nschön\n".as_bytes().to_vec(), K::Text),
        (Vec::new(), K::Empty),
        (vec![0; 4096], K::Zeros),
        (b"\x01\x02\x03\x04".to_vec(), K::Unknown),
    ];
    for (bytes, expected) in cases {
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
        assert_eq!(K::of_bytes(&bytes), expected, "{start:?}");
    }
}

#[test]
fn names_at_the_end_of_a_large_archive_count() {
    let mut bytes = entry(".format_version");
    bytes.extend([7; 200_000]);
    let mut last = b"PK\x01\x02".to_vec();
    last.extend([0; 24]);
    last.extend(8u16.to_le_bytes());
    last.extend([0; 16]);
    last.extend(b"data.pkl");
    bytes.extend(last);
    assert_eq!(K::of_bytes(&bytes), K::Torch);
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), bytes);
    while let Some(first) = rest.first() {
        let found = rest.starts_with(from);
        out.extend_from_slice(if found {
            to
        } else {
            std::slice::from_ref(first)
        });
        rest = &rest[if found { from.len() } else { 1 }..];
    }
    out
}

#[test]
fn a_damaged_file_shows_a_copy_as_text_by_all_its_bytes() {
    // Every pair of bytes, as floats hold them, behind a window without a line feed.
    let mut sound = b"\x80\x04\x95".to_vec();
    sound.resize(WINDOW, 1);
    sound.extend((0..500_000).flat_map(|i: u32| [(i % 251) as u8, i as u8]));
    let crlf = replaced(&sound, b"\n", b"\r\n");
    let lf = replaced(&sound, b"\r\n", b"\n");
    let mut archive = entry("train/audio.npy");
    archive.extend(&crlf);
    assert_eq!(K::of_bytes(&crlf), K::Pickle(4));
    assert_eq!(K::of_damaged(&crlf), K::PickleCrLf);
    assert_eq!(K::of_damaged(&lf), K::PickleLf);
    assert_eq!(K::of_damaged(&archive), K::ZipCrLf);
    assert_eq!(K::of_damaged(&sound), K::Pickle(4));
    // Whole numbers of four bytes: line feeds after zeros alone.
    let whole: Vec<u8> = [&sound[..WINDOW], &[10, 0, 0, 0].repeat(1000)].concat();
    assert_eq!(K::of_damaged(&whole), K::Pickle(4));
}

#[test]
fn a_path_that_is_no_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, path(name)).unwrap();
    link("../blobs/gone", "a");
    link("../.git/annex/objects/x/y/z", "b");
    fs::write(path("c"), b"\x80\x04.").unwrap();
    link("c", "d");
    assert_eq!(K::of(folder.path()).unwrap(), K::Folder);
    assert_eq!(K::of(Path::new("-")).unwrap(), K::Pipe);
    fs::write(path("zarr.json"), "{}").unwrap();
    assert_eq!(K::of(folder.path()).unwrap(), K::Zarr);
    let saved = tempfile::tempdir().unwrap();
    for name in ["dataset_info.json", "state.json"] {
        assert_eq!(K::of(saved.path()).unwrap(), K::Folder);
        fs::write(saved.path().join(name), "{}").unwrap();
    }
    assert_eq!(K::of(saved.path()).unwrap(), K::Datasets);
    assert_eq!(K::of(&path("a")).unwrap(), K::DanglingLink);
    assert_eq!(K::of(&path("b")).unwrap(), K::AnnexLink);
    assert_eq!(K::of(&path("d")).unwrap(), K::Pickle(4));
    assert_eq!(K::of(Path::new("/dev/null")).unwrap(), K::Pipe);
    let missing = K::of(&path("e")).unwrap_err();
    assert_eq!(missing.kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_remedy_is_a_command_for_the_reader_that_asks() {
    let remedy = |kind: K, target| kind.remedy(target);
    assert_eq!(
        remedy(K::Bzip2, Target::Pickle),
        "unpack it: bzip2 -dc FILE > NEW.pkl"
    );
    assert_eq!(
        remedy(K::Bzip2, Target::Table),
        "unpack it: bzip2 -dc FILE > NEW.csv"
    );
    assert!(remedy(K::Xlsx, Target::Table).contains("read_excel"));
    assert!(remedy(K::Xlsx, Target::Pickle).contains("no features"));
    assert!(remedy(K::Torch, Target::Pickle).contains("torch.load"));
    assert!(remedy(K::TensorFlow, Target::Weights).contains("from_tf"));
    for target in [Target::Pickle, Target::Table, Target::Weights] {
        assert!(remedy(K::LfsPointer, target).contains("git lfs pull"));
    }
}
