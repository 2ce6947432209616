//! `doctor`: shows what this machine has, and what each missing thing would enable.

use lnln_bench::data::dataset::{self, Origin};
use lnln_bench::support::host;
use schemars::JsonSchema;
use serde::Serialize;

use super::output;

/// Show what this machine has, and what each missing thing would enable.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// One finding and, where something is missing, advice.
#[derive(Serialize, JsonSchema)]
pub struct Finding {
    name: &'static str,
    found: String,
    advice: Option<String>,
}

/// Run the subcommand; `tables` is what loading the tables of data sets returned.
pub fn run(args: &Args, tables: dataset::Result<()>) -> anyhow::Result<()> {
    let mut findings = vec![Finding {
        name: "lnln-bench",
        found: super::version().to_owned(),
        advice: None,
    }];
    findings.extend(torch());
    findings.push(datasets(tables));
    findings.push(memory());
    findings.push(disk());
    if args.json {
        return output::json(&findings);
    }
    let mut text = String::new();
    for Finding {
        name,
        found,
        advice,
    } in findings
    {
        let mark = if advice.is_some() { "-" } else { "+" };
        text.push_str(&format!("{mark} {name:<13} {found}\n"));
        if let Some(advice) = advice {
            text.push_str(&format!("  {:<13} {advice}\n", ""));
        }
    }
    output::write(&text)
}

#[cfg(feature = "torch")]
fn torch() -> Vec<Finding> {
    vec![libtorch(), threads(), cuda(), bert()]
}

#[cfg(not(feature = "torch"))]
fn torch() -> Vec<Finding> {
    vec![Finding {
        name: "libtorch",
        found: "left out of this build".to_owned(),
        advice: Some(
            "the wheel, or `make build`, has it: enables demo, run and predict".to_owned(),
        ),
    }]
}

#[cfg(feature = "torch")]
fn libtorch() -> Finding {
    let version = lnln_bench::sweep::metadata::LIBTORCH;
    let folder = lnln_bench::train::libtorch::folder();
    let place = folder.map_or_else(|unknown| unknown, |folder| folder.display().to_string());
    Finding {
        name: "libtorch",
        found: format!("{version} in {place}"),
        advice: None,
    }
}

#[cfg(feature = "torch")]
fn threads() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let found = format!("{} of {cores} cores", tch::get_num_threads());
    Finding {
        name: "threads",
        found,
        advice: None,
    }
}

#[cfg(feature = "torch")]
fn cuda() -> Finding {
    let (found, advice) = match lnln_bench::train::device::cuda_devices() {
        Ok(count) => cards(count),
        Err(reason) => (
            format!("not usable: {reason}"),
            Some("--device cuda trains on a GPU (docs/install.md)".to_owned()),
        ),
    };
    Finding {
        name: "CUDA",
        found,
        advice,
    }
}

/// The cards with their compute capabilities, and why some of them cannot be used.
#[cfg(feature = "torch")]
fn cards(count: usize) -> (String, Option<String>) {
    use lnln_bench::train::capability;
    let one = |index: usize| match capability::of_card(index) {
        Some(capability) => format!("cuda:{index} of compute capability {capability}"),
        None => format!("cuda:{index}"),
    };
    let cards: Vec<String> = (0..count).map(one).collect();
    let refused: Vec<String> = (0..count)
        .filter_map(|index| capability::check(index).err())
        .collect();
    let found = format!("{count} device(s): {}", cards.join(", "));
    (found, (!refused.is_empty()).then(|| refused.join("; ")))
}

#[cfg(feature = "torch")]
fn bert() -> Finding {
    use lnln_bench::train::encoder::BERT_FOLDER;
    let wanted = "config.json, vocab.txt and model.safetensors (or pytorch_model.bin) of a \
                  Hugging Face BERT";
    let (found, advice) = match std::env::var(BERT_FOLDER) {
        Ok(folder) => match lnln_bench::model::weights::hugging_face::open(folder.as_ref()) {
            Ok(_) => (folder, None),
            Err(error) => (error.to_string(), Some(format!("expected there: {wanted}"))),
        },
        Err(_) => (
            format!("none ({BERT_FOLDER} is not set)"),
            Some(format!(
                "download one elsewhere with the Hugging Face command line (`hf download \
                 bert-base-uncased --local-dir DIR`), copy it here and give --encoder bert:DIR or \
                 frozen:DIR, or set {BERT_FOLDER}; needed are {wanted}. Without one, runs use the \
                 file's text features"
            )),
        ),
    };
    Finding {
        name: "BERT folder",
        found,
        advice,
    }
}

/// The tables of data sets and where they come from, or the first mistake in one.
fn datasets(tables: dataset::Result<()>) -> Finding {
    let (found, advice) = match tables
        .map_err(|error| error.to_string())
        .and_then(|()| models())
    {
        Ok(found) => (found, None),
        Err(mistake) => (
            mistake,
            Some("until it is mended, nothing else runs".to_owned()),
        ),
    };
    Finding {
        name: "data sets",
        found,
        advice,
    }
}

/// Checks the settings of models in the tables; describes where the tables are.
fn models() -> Result<String, String> {
    let mut places: Vec<(String, usize)> = Vec::new();
    for spec in dataset::registry() {
        #[cfg(feature = "torch")]
        lnln_bench::train::settings::check(spec).map_err(|error| error.to_string())?;
        let place = match &spec.origin {
            Origin::BuiltIn => "built in".to_owned(),
            origin => format!("in {origin}"),
        };
        match places.last_mut() {
            Some((last, count)) if *last == place => *count += 1,
            _ => places.push((place, 1)),
        }
    }
    let places = places
        .iter()
        .map(|(place, count)| format!("{count} {place}"));
    Ok(places.collect::<Vec<_>>().join(", "))
}

/// Memory below which MOSEI's float32 columns leave no room to train.
const MEMORY_WANTED: u64 = 16 << 30;
/// Disk below which MOSEI (prepared and encoded once) does not fit.
const DISK_WANTED: u64 = 20 << 30;

fn memory() -> Finding {
    let Some(memory) = host::memory() else {
        return Finding {
            name: "memory",
            found: "unknown".to_owned(),
            advice: None,
        };
    };
    let (free, total) = (memory.available, memory.total);
    Finding {
        name: "memory",
        found: format!("{} free of {}", gib(free), gib(total)),
        advice: (free < MEMORY_WANTED)
            .then(|| "enough for MOSI and SIMS; MOSEI wants 16 GiB free".to_owned()),
    }
}

fn disk() -> Finding {
    let Ok(disk) = nix::sys::statvfs::statvfs(".") else {
        return Finding {
            name: "disk",
            found: "unknown".to_owned(),
            advice: None,
        };
    };
    let free = disk.blocks_available() * disk.fragment_size();
    Finding {
        name: "disk",
        found: format!("{} free here", gib(free)),
        advice: (free < DISK_WANTED)
            .then(|| "enough for MOSI and SIMS; MOSEI wants 20 GiB".to_owned()),
    }
}

fn gib(bytes: u64) -> String {
    format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30))
}
