//! `DONE`: checksums of the files a report rests on, in the format of `b3sum`, so that
//! `b3sum --check DONE` in the run directory checks them without this tool.

use std::path::{Path, PathBuf};

use super::error::{Error, Result, io};
use crate::support::file_kind::{FileKind, Target};

/// The blake3 of some bytes, in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// The text of `DONE` for files as (name, bytes).
pub(super) fn render(files: &[(&str, &[u8])]) -> String {
    let line = |(name, bytes): &(&str, &[u8])| format!("{}  {name}\n", hash(bytes));
    files.iter().map(line).collect()
}

/// The files that a `DONE` lists.
pub(super) struct Files {
    done: PathBuf,
    /// As (hash, file name).
    sums: Vec<(String, String)>,
}

impl Files {
    /// Those of the `DONE` at this path.
    ///
    /// # Errors
    /// If it cannot be read or is damaged.
    pub fn of(done: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(done).map_err(io("read", done))?;
        let sums = text.lines().map(|line| parse(done, line));
        Ok(Self {
            done: done.to_owned(),
            sums: sums.collect::<Result<_>>()?,
        })
    }

    /// Whether a file is listed.
    pub fn lists(&self, name: &str) -> bool {
        self.sums.iter().any(|(_, listed)| listed == name)
    }

    /// The bytes and the hash of one file, if the hash is the listed one.
    ///
    /// # Errors
    /// [`Error::Seal`] where it is not listed, [`Error::Changed`] where it is not what it was.
    pub fn checked(&self, name: &str) -> Result<(Vec<u8>, String)> {
        let path = self.done.with_file_name(name);
        let Some((expected, _)) = self.sums.iter().find(|(_, listed)| listed == name) else {
            return Err(Error::Seal {
                path: self.done.clone(),
                found: format!("no line for {name}"),
            });
        };
        let bytes = std::fs::read(&path).map_err(|error| absent(&path, error))?;
        let found = hash(&bytes);
        if found != *expected {
            let expected = expected.clone();
            return Err(Error::Changed {
                path,
                remedy: remedy(&bytes, &expected),
                expected,
                found,
            });
        }
        Ok((bytes, found))
    }
}

/// The error for a file that cannot be read: a link to nothing, a packed file, or another.
fn absent(path: &Path, error: std::io::Error) -> Error {
    let packed = path.with_added_extension("gz");
    let (kind, remedy) = match FileKind::of(path) {
        Ok(kind @ (FileKind::AnnexLink | FileKind::DanglingLink)) => {
            let remedy = kind.remedy(Target::Table);
            (
                kind.name(),
                remedy.replace("FILE", &path.display().to_string()),
            )
        }
        _ if packed.exists() => (
            "packed by gzip",
            format!("unpack it: gunzip {}", packed.display()),
        ),
        _ => return io("read", path)(error),
    };
    let path = path.to_path_buf();
    Error::Absent { path, kind, remedy }
}

/// What brings back a file that was changed by Git, or any other.
fn remedy(bytes: &[u8], expected: &str) -> &'static str {
    if FileKind::of_bytes(bytes) == FileKind::LfsPointer {
        return "it is a Git LFS pointer: fetch the file with git lfs pull";
    }
    if bytes.iter().all(|byte| *byte == 0) {
        return "it holds nothing, or zeros alone: download it where it lies in a cloud, or copy it again";
    }
    let fed: Vec<u8> = (bytes.iter().enumerate())
        .filter(|(at, byte)| **byte != b'\r' || bytes.get(at + 1) != Some(&b'\n'))
        .map(|(_, byte)| *byte)
        .collect();
    if hash(&fed) == expected {
        "its line ends became CR LF, as git's core.autocrlf makes them: write `*.* -text` into .gitattributes and check the runs \
         out again, or bring the line feeds back (dos2unix)"
    } else {
        "restore the file or remove the run and repeat it"
    }
}

fn parse(path: &Path, line: &str) -> Result<(String, String)> {
    match line.split_once("  ") {
        Some((hash, name)) if blake3::Hash::from_hex(hash).is_ok() && !name.is_empty() => {
            Ok((hash.to_string(), name.to_string()))
        }
        _ => Err(Error::Seal {
            path: path.to_path_buf(),
            found: line.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_b3sum() {
        assert_eq!(
            render(&[("a", b"")]),
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262  a\n"
        );
    }

    #[test]
    fn a_damaged_line_is_shown() {
        let error = parse(Path::new("r/DONE"), "af13  a")
            .unwrap_err()
            .to_string();
        assert!(error.contains("r/DONE is damaged") && error.contains("\"af13  a\""));
    }

    #[test]
    fn files_that_git_changed_are_told_from_others() {
        let dir = tempfile::tempdir().unwrap();
        let done = dir.path().join("DONE");
        std::fs::write(&done, render(&[("manifest.json", b"{\n}\n")])).unwrap();
        let error = |bytes: &[u8]| {
            std::fs::write(dir.path().join("manifest.json"), bytes).unwrap();
            let files = Files::of(&done).unwrap();
            files
                .checked("manifest.json")
                .map_err(|error| error.to_string())
        };
        assert!(error(b"{\n}\n").is_ok());
        assert!(error(b"{\r\n}\r\n").unwrap_err().contains("core.autocrlf"));
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
        assert!(error(pointer).unwrap_err().contains("git lfs pull"));
        assert!(error(b"\0\0").unwrap_err().contains("zeros alone"));
        let file = dir.path().join("manifest.json");
        std::fs::rename(&file, dir.path().join("manifest.json.gz")).unwrap();
        let files = Files::of(&done).unwrap();
        let packed = files.checked("manifest.json").unwrap_err().to_string();
        assert!(packed.contains("gunzip"), "{packed}");
        std::os::unix::fs::symlink("../.git/annex/objects/a", &file).unwrap();
        let link = files.checked("manifest.json").unwrap_err().to_string();
        assert!(link.contains("git annex get"), "{link}");
        std::fs::remove_file(&file).unwrap();
        assert!(
            error(b"{ }")
                .unwrap_err()
                .ends_with("restore the file or remove the run and repeat it")
        );
    }
}
