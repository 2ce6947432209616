//! Describes kinds of files to people, and the command or line of Python that leads to a file of the kind
//! that a reader takes.

use super::FileKind as K;

/// What a reader takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// An MMSA pickle: `prepare`, `inspect`.
    Pickle,
    /// A CSV or Parquet table: `score`, `audit`.
    Table,
    /// `model.safetensors` or `pytorch_model.bin` of a text encoder.
    Weights,
}

impl Target {
    /// What is expected, for `expected ..., found ...`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pickle => "a pickle",
            Self::Table => "a CSV or Parquet table",
            Self::Weights => "weights as safetensors or torch.save write them",
        }
    }
}

const AGAIN: &str = "copy or download it again";
const ARRANGE: &str = "arrange its arrays as docs/pickle.md shows, {'train': {'id': ..., 'audio': ...}, \
                       ...}, and write them with pickle.dump(data, open('NEW.pkl', 'wb'), protocol=4)";

impl K {
    /// The kind with its article: `a gzip file`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pickle(_) => "a pickle",
            Self::Joblib => "a file of joblib.dump",
            Self::PickleCrLf => "a pickle whose line ends were changed to CR LF (copied as text)",
            Self::PickleLf => {
                "a pickle that lost the CR of every CR LF (copied as text, or passed through dos2unix)"
            }
            Self::PickleAsText => "a pickle that was read as text and written again",
            Self::PickleBase64 => "a pickle in base64",
            Self::Torch => "a zip archive of torch.save",
            Self::TorchLegacy => "a file of torch.save from before PyTorch 1.6",
            Self::Safetensors => "a safetensors file",
            Self::TensorFlow => "a TensorFlow checkpoint",
            Self::Npy => "a NumPy array (.npy)",
            Self::Npz => "a NumPy archive (.npz)",
            Self::Hdf5 => "an HDF5 file",
            Self::Matlab => "a MATLAB file",
            Self::Matlab73 => "a MATLAB 7.3 file (HDF5)",
            Self::Parquet => "a Parquet file",
            Self::Arrow => "an Arrow or Feather file",
            Self::ArrowStream => {
                "a stream of Arrow, as save_to_disk of Hugging Face datasets writes"
            }
            Self::Feather => "a Feather file of version 1",
            Self::Sqlite => "an SQLite database",
            Self::Xlsx => "an Excel workbook (.xlsx)",
            Self::Ole => "an Excel or Word file of the old format (.xls, .doc)",
            Self::OpenDocument => "an OpenDocument file (.ods, .odt)",
            Self::XmlSheet => "a spreadsheet as XML (Excel 2003, flat OpenDocument)",
            Self::PropertyList => {
                "a property list, as iCloud leaves for a file that is not on this machine"
            }
            Self::TensorBoard => "an event file of TensorBoard",
            Self::Numbers => "a document of Apple Numbers or Pages",
            Self::Stata => "a Stata file (.dta)",
            Self::Spss => "an SPSS file (.sav)",
            Self::Sas => "a SAS data set (.sas7bdat)",
            Self::DuckDb => "a DuckDB database",
            Self::Orc => "an ORC file",
            Self::Avro => "an Avro file",
            Self::NetCdf => "a NetCDF file",
            Self::EncryptedParquet => "an encrypted Parquet file",
            Self::Rtf => "rich text (RTF), as TextEdit saves it",
            Self::Base64 => "a file in base64",
            Self::GithubAnswer => "GitHub's answer about a file, with its content in base64",
            Self::Desktop => {
                "a file that a desktop keeps beside others (AppleDouble, .DS_Store, a shortcut, a lock), not the file itself"
            }
            Self::RData => "a file of R (.rds, .RData)",
            Self::PrintedArray => "an array as NumPy prints it, with few digits and gaps",
            Self::Notebook => "a Jupyter notebook",
            Self::GoogleDocument => "the address of a document in Google Drive, not the document",
            Self::Docx => "a Word or PowerPoint file",
            Self::Pdf => "a PDF file",
            Self::Zip => "a zip archive",
            Self::ZipCrLf => {
                "a zip archive (.npz is one) whose line ends were changed to CR LF (copied as text)"
            }
            Self::SevenZip => "a 7z archive",
            Self::Rar => "a rar archive",
            Self::Tar => "a tar archive",
            Self::Gzip => "a gzip file",
            Self::Bzip2 => "a bzip2 file",
            Self::Xz => "an xz or lzma file",
            Self::Zstd => "a Zstandard file (.zst)",
            Self::Lz4 => "an LZ4 file",
            Self::Zlib => "a zlib stream (joblib and zlib.compress write them)",
            Self::Json => "a JSON file",
            Self::JsonLines => "a JSON lines file",
            Self::Csv => "a table as text (CSV)",
            Self::Html => "a web page, often a login or error page saved in place of the file",
            Self::HtmlTable => "a table in HTML, as to_html of pandas writes it",
            Self::Xml => "an XML file, often a server's error message saved in place of the file",
            Self::XmlTable => "a table in XML, as to_xml of pandas writes it",
            Self::Arff => "an ARFF file of Weka",
            Self::RText => "a table as text of R (dput)",
            Self::Utf16 | Self::Utf16Le | Self::Utf16Be => "text in UTF-16",
            Self::Utf32 => "text in UTF-32",
            Self::Gbk => "text in GBK, not UTF-8",
            Self::Text => "text",
            Self::LfsPointer => "a Git LFS pointer, not the file itself",
            Self::AnnexLink => "a git-annex link without its content",
            Self::Media => "an image, sound or video file",
            Self::Empty => "an empty file",
            Self::Zeros => "a file of zero bytes, as an interrupted download leaves it",
            Self::Folder => "a folder",
            Self::Zarr => "a folder of Zarr",
            Self::Datasets => "a folder of Hugging Face's datasets (save_to_disk)",
            Self::Pipe => "a pipe or device, which cannot be read twice",
            Self::DanglingLink => "a link to a file that is missing",
            Self::Unknown => "a file of no known format",
        }
    }

    /// Whether other files are packed in it.
    pub fn is_archive(self) -> bool {
        use K::{Bzip2, Gzip, Lz4, Rar, SevenZip, Tar, Xz, Zip, Zstd};
        [Bzip2, Gzip, Lz4, Rar, SevenZip, Tar, Xz, Zip, Zstd].contains(&self)
    }

    /// The way to a file that `target` names. `FILE` is the file, `NEW` the one to make.
    pub fn remedy(self, target: Target) -> String {
        match self {
            Self::Gzip => unpack("gzip -dc", target),
            Self::Bzip2 => unpack("bzip2 -dc", target),
            Self::Xz => unpack("xz -dc", target),
            Self::Zstd => unpack("zstd -dc", target),
            Self::Lz4 => unpack("lz4 -dc", target),
            Self::Zip => inner("unzip FILE", target),
            Self::SevenZip => inner("7z x FILE", target),
            Self::Rar => inner("unrar x FILE", target),
            Self::Tar => inner("tar -xf FILE", target),
            Self::PropertyList => {
                "download the file in the Finder first (or brctl download FILE)".into()
            }
            Self::Base64 => format!("decode it: base64 -d FILE > NEW{}", ending(target)),
            Self::GithubAnswer => "download the file itself: open `download_url` of the answer, or ask with the header Accept: \
                 application/vnd.github.raw"
                .into(),
            Self::Desktop => "name the file that it stands beside, or points to".into(),
            Self::LfsPointer => "fetch the real file with git lfs pull".into(),
            Self::AnnexLink => "fetch its content with git annex get FILE".into(),
            Self::Html => "log in where needed and download the file again".into(),
            Self::Xml | Self::Empty | Self::Zeros => AGAIN.into(),
            Self::Folder if target == Target::Pickle => {
                "name the .pkl, .npz or .h5 file inside it; a folder of arrays holds files such as train/audio.npy"
                    .into()
            }
            Self::Folder => format!("name the {} file inside it", ending(target)),
            Self::Pipe => format!("write it to a file first: cat FILE > NEW{}", ending(target)),
            Self::DanglingLink => {
                "restore its target (readlink FILE), or name the file itself".into()
            }
            Self::PickleCrLf => restore(".pkl"),
            Self::ZipCrLf => restore(".npz"),
            Self::PickleAsText | Self::PickleLf => "bytes are lost; copy it again in binary mode".into(),
            Self::PickleBase64 => "decode it: base64 -d FILE > NEW.pkl".into(),
            _ => match target {
                Target::Pickle => self.to_pickle(),
                Target::Table => self.to_table(),
                Target::Weights => self.to_weights(),
            },
        }
    }

    fn to_pickle(self) -> String {
        let load = match self {
            Self::Pickle(_) => return "write it again with pickle.dump(..., protocol=4)".into(),
            Self::Joblib | Self::Zlib => {
                return "write it again in Python: pickle.dump(joblib.load('FILE'), open('NEW.pkl', \
                        'wb'), protocol=4)"
                    .into();
            }
            Self::Torch | Self::TorchLegacy => {
                return "write it again in Python: d = torch.load('FILE', map_location='cpu', \
                        weights_only=False), every tensor t in it replaced by t.numpy(), then \
                        pickle.dump(d, open('NEW.pkl', 'wb'), protocol=4)"
                    .into();
            }
            Self::Npy => {
                return "one array is no data set: name the folder of its arrays, or write all into one archive \
                        with numpy.savez (docs/own-data.md)"
                    .into();
            }
            Self::Npz => "dict(numpy.load('FILE', allow_pickle=True))",
            Self::Zarr => "xarray.open_zarr('FILE')",
            Self::Datasets => "datasets.load_from_disk('FILE')",
            Self::Safetensors => "safetensors.numpy.load_file('FILE')",
            Self::Matlab => "scipy.io.loadmat('FILE', squeeze_me=True)",
            Self::Matlab73 | Self::Hdf5 => {
                return format!(
                    "where prepare wrote it, it is prepared already; otherwise name the MMSA pickle, or \
                     read it in Python with h5py.File('FILE') and {ARRANGE}"
                );
            }
            Self::Json => "json.load(open('FILE'))",
            Self::JsonLines => "[json.loads(line) for line in open('FILE')]",
            Self::Parquet => "pandas.read_parquet('FILE').to_dict('list')",
            Self::Arrow | Self::Feather => "pandas.read_feather('FILE').to_dict('list')",
            Self::ArrowStream => "pyarrow.ipc.open_stream('FILE').read_pandas().to_dict('list')",
            Self::Xlsx | Self::Ole | Self::OpenDocument | Self::Docx | Self::Pdf | Self::Csv => {
                return "a table or text holds no features: name the MMSA pickle (docs/pickle.md) or the \
                        file of arrays (docs/own-data.md)"
                    .into();
            }
            _ => return "name an MMSA pickle (docs/pickle.md) or a file of arrays (docs/own-data.md)".into(),
        };
        format!("read it in Python with {load}, {ARRANGE}")
    }

    fn to_table(self) -> String {
        let frame = match self {
            Self::Xlsx | Self::Ole | Self::OpenDocument => {
                return "save it as CSV, or in Python: pandas.read_excel('FILE').to_csv('NEW.csv', \
                        index=False), which takes the first sheet (sheet_name chooses another)"
                    .into();
            }
            Self::XmlSheet => return "open it in a spreadsheet program and save it as CSV".into(),
            Self::Numbers => return "export it as CSV in Numbers (File, Export To, CSV)".into(),
            Self::GoogleDocument => {
                return "open it in the browser and download it as CSV (File, Download)".into();
            }
            Self::RData => {
                return "write it as CSV in R: write.csv(readRDS('FILE'), 'NEW.csv', row.names = FALSE), with load('FILE') where \
                        save wrote it"
                    .into();
            }
            Self::RText => {
                return "write it as CSV in R: write.csv(dget('FILE'), 'NEW.csv', row.names = FALSE)"
                    .into();
            }
            Self::Notebook => {
                return "let the notebook write the table as CSV: d.to_csv('NEW.csv', index=False)"
                    .into();
            }
            Self::Json => {
                return "write it as CSV in Python: pandas.read_json('FILE').to_csv('NEW.csv', index=False), with orient='split' in \
                        read_json where the file has \"columns\" and \"data\", orient='table' where it has \"schema\""
                    .into();
            }
            Self::PrintedArray => "pandas.DataFrame({'id': ids, 'prediction': array})",
            Self::Rtf => return "save it as plain text (Format, Make Plain Text)".into(),
            Self::DuckDb => {
                return "export it: duckdb FILE \"copy NAME to 'NEW.csv' (header)\"".into();
            }
            Self::EncryptedParquet => {
                return "write it without encryption: it is read in Python by pyarrow.parquet with decryption_properties".into();
            }
            Self::Sas => "pandas.read_sas('FILE')",
            Self::Orc => "pandas.read_orc('FILE')",
            Self::Avro => "pandas.DataFrame(fastavro.reader(open('FILE', 'rb')))",
            Self::NetCdf => "xarray.open_dataset('FILE').to_dataframe().reset_index()",
            Self::Zarr => "xarray.open_zarr('FILE').to_dataframe().reset_index()",
            Self::Datasets => "datasets.load_from_disk('FILE').to_pandas()",
            Self::HtmlTable => "pandas.read_html('FILE')[0]",
            Self::XmlTable => "pandas.read_xml('FILE')",
            Self::Arff => "pandas.DataFrame(scipy.io.arff.loadarff('FILE')[0])",
            Self::Stata => "pandas.read_stata('FILE')",
            Self::Spss => "pandas.read_spss('FILE')",
            Self::JsonLines => "pandas.read_json('FILE', lines=True)",
            Self::Arrow | Self::Feather => "pandas.read_feather('FILE')",
            Self::ArrowStream => "pyarrow.ipc.open_stream('FILE').read_pandas()",
            Self::Pickle(_) => return columns("pandas.read_pickle('FILE')"),
            Self::Joblib | Self::Zlib => return columns("joblib.load('FILE')"),
            Self::Npy => "pandas.DataFrame(numpy.load('FILE', allow_pickle=True))",
            Self::Npz => return columns("dict(numpy.load('FILE', allow_pickle=True))"),
            Self::Matlab => "pandas.DataFrame(scipy.io.loadmat('FILE', squeeze_me=True)['NAME'])",
            Self::Hdf5 | Self::Matlab73 => {
                return "write it as CSV in Python: d = {k: numpy.ravel(v) for k, v in h5py.File('FILE').items()}; \
                        pandas.DataFrame(d).to_csv('NEW.csv', index=False); arrays of several axes (seeds, rates, samples) need a \
                        column for each axis"
                    .into();
            }
            Self::Torch | Self::TorchLegacy => {
                return columns("torch.load('FILE', map_location='cpu', weights_only=False)");
            }
            Self::Sqlite => {
                return "export it: sqlite3 -header -csv FILE 'select * from NAME' > NEW.csv"
                    .into();
            }
            Self::Utf16Le => return "convert it: iconv -f UTF-16LE -t UTF-8 FILE > NEW.csv".into(),
            Self::Utf16Be => return "convert it: iconv -f UTF-16BE -t UTF-8 FILE > NEW.csv".into(),
            Self::Utf16 => return "convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW.csv".into(),
            Self::Gbk => return "convert it: iconv -f GB18030 -t UTF-8 FILE > NEW.csv".into(),
            Self::Utf32 => return "convert it: iconv -f UTF-32 -t UTF-8 FILE > NEW.csv".into(),
            _ => return "write the table as CSV with one line of column names".into(),
        };
        format!("write it as CSV in Python: {frame}.to_csv('NEW.csv', index=False)")
    }

    fn to_weights(self) -> String {
        match self {
            Self::TorchLegacy => {
                "write it again in Python: torch.save(torch.load('FILE', \
                                  map_location='cpu', weights_only=True), 'NEW.bin')"
            }
            Self::TensorFlow | Self::Hdf5 => {
                "convert its folder in Python: transformers.BertModel.from_pretrained('DIR', \
                 from_tf=True).save_pretrained('NEW')"
            }
            Self::Safetensors => "name it model.safetensors",
            Self::Torch => "name it pytorch_model.bin",
            Self::Pickle(_) | Self::Joblib => {
                "write the state dict in Python with safetensors.torch.save_file(state_dict, \
                 'model.safetensors')"
            }
            _ => "name the folder that save_pretrained wrote, or download it again",
        }
        .into()
    }
}

/// Writes what was loaded as a table: predictions of a network are usually of shape (N, 1), and a table takes (N,).
fn columns(load: &str) -> String {
    format!(
        "write it as CSV in Python: d = {load}; pandas.DataFrame({{k: numpy.ravel(v) for k, v in d.items()}} if \
         isinstance(d, dict) else d).to_csv('NEW.csv', index=False)"
    )
}

/// The usual end of a file's name.
fn ending(target: Target) -> &'static str {
    match target {
        Target::Pickle => ".pkl",
        Target::Table => ".csv",
        Target::Weights => ".safetensors",
    }
}

/// The command that makes LF of CR LF again.
fn restore(ending: &str) -> String {
    format!(
        "copy it again in binary mode; where only this copy is left, in Python: b = open('FILE', 'rb').read(); \
         open('NEW{ending}', 'wb').write(b.replace(b'\\r\\n', b'\\n')), which restores it unless it held CR LF itself"
    )
}

fn unpack(command: &str, target: Target) -> String {
    format!("unpack it: {command} FILE > NEW{}", ending(target))
}

fn inner(command: &str, target: Target) -> String {
    format!(
        "unpack it with {command} and name the {} file inside",
        ending(target)
    )
}
