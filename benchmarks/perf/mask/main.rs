//! Times the masks of one large split as the program makes them:
//! `main.rs PROTOCOL prepare|run|run-stored SAMPLES T_TEXT,T_AUDIO,T_VISION full|half`.
//!
//! | mode | on the clock |
//! |---|---|
//! | `prepare` | draw all conditions of every seed, hash each, pack, write and sync the mask file |
//! | `run` | draw all conditions of a seed, then per condition the hash and the masks, a byte per position |
//! | `run-stored` | the same with masks that are read from a file of `prepare` and checked |
//!
//! Prints one line of JSON: seconds, processor seconds of all threads, resident memory at the start
//! and at most, and for every mask the kept positions and the CRC-32 of its bits, so that the NumPy
//! side can be checked. Counting and checksums are off the clock.

use std::path::Path;
use std::time::Instant;

use lnln_bench::data::dataset::{SpecialTokens, SplitName};
use lnln_bench::mask::{self, Condition, MaskFile, MaskProtocol, MaskSource, SplitShape, Variants};

const SEEDS: [u64; 3] = [1111, 1112, 1113];
const RATES: &str = "0:1:0.1";
const DATASET: &str = "mosei";
const CONTENT_HASH: &str = "none";
const USAGE: &str =
    "expected PROTOCOL prepare|run|run-stored SAMPLES T_TEXT,T_AUDIO,T_VISION full|half";

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What is drawn.
struct Work<'a> {
    mask_protocol: &'static dyn MaskProtocol,
    split: SplitShape<'a>,
    conditions: Vec<Condition>,
}

impl Work<'_> {
    fn draw(&self, seed: u64) -> Result<Variants> {
        let splits = [self.split];
        let drawn = Variants::build(self.mask_protocol, DATASET, &splits, seed, &self.conditions)?;
        Ok(drawn)
    }
}

fn main() -> Result<()> {
    // Cargo adds flags of its own to programs it calls benchmarks.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let [mask_protocol, mode, samples, steps, lengths] = &arguments[..] else {
        return Err(USAGE.into());
    };
    let samples = samples.parse::<usize>()?;
    let steps: Vec<usize> = steps
        .split(',')
        .map(str::parse)
        .collect::<std::result::Result<_, _>>()?;
    let steps: [usize; 3] = steps.try_into().map_err(|_| USAGE)?;
    let ids: Vec<String> = (0..samples)
        .map(|i| format!("video{}$_${}", i / 7, i % 7))
        .collect();
    let lengths = lengths_of(lengths, samples, steps)?;
    let special = vec![
        SpecialTokens {
            cls: true,
            sep: true
        };
        samples
    ];
    let work = Work {
        mask_protocol: mask::find(mask_protocol)?,
        split: SplitShape {
            name: SplitName::Train,
            ids: &ids,
            steps,
            lengths: [&lengths[0], &lengths[1], &lengths[2]],
            special: Some(&special),
        },
        conditions: mask::parse_list(RATES)?,
    };
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("mosei.h5");
    if mode == "run-stored" {
        prepare(&work, &data)?;
    }
    let before = memory("VmRSS:");
    let mut clock = Clock::start();
    let checks = match mode.as_str() {
        "prepare" => {
            prepare(&work, &data)?;
            clock.stop();
            read_back(&work, &data)?
        }
        "run" => masks(&work, &mut clock, |seed| work.draw(seed))?,
        "run-stored" => {
            let source = MaskSource::open(&data, DATASET, CONTENT_HASH)?;
            masks(&work, &mut clock, |seed| {
                let (split, conditions) = (&work.split, &work.conditions);
                Ok(source.masks(work.mask_protocol, split, seed, conditions)?)
            })?
        }
        _ => return Err(USAGE.into()),
    };
    let (kept, crcs): (Vec<_>, Vec<_>) = checks
        .iter()
        .map(|three| (three.map(|one| one.0), three.map(|one| one.1)))
        .unzip();
    let line = serde_json::json!({
        "seconds": clock.seconds, "processor_seconds": clock.processor, "start_mib": before,
        "peak_mib": clock.peak, "kept": kept, "crc": crcs });
    std::io::Write::write_all(&mut std::io::stdout(), format!("{line}\n").as_bytes())?;
    Ok(())
}

/// Lengths of text, audio and vision; `numpy_way.py` has the same.
fn lengths_of(kind: &str, samples: usize, steps: [usize; 3]) -> Result<[Vec<u32>; 3]> {
    match kind {
        "full" => Ok(steps.map(|steps| vec![steps as u32; samples])),
        // From 2 up, half of the steps on average.
        "half" => Ok(steps.map(|steps| {
            let length = |i| (2 + i * 7919 % (steps - 1)) as u32;
            (0..samples).map(length).collect()
        })),
        _ => Err(USAGE.into()),
    }
}

/// Draws and writes the masks of every seed.
fn prepare(work: &Work, data: &Path) -> Result<()> {
    let variants: Vec<Variants> = SEEDS
        .iter()
        .map(|seed| work.draw(*seed))
        .collect::<Result<_>>()?;
    MaskFile::write(&MaskFile::path_for(data), CONTENT_HASH, &variants)?;
    Ok(())
}

/// The masks of a file.
fn read_back(work: &Work, data: &Path) -> Result<Vec<[(u32, u32); 3]>> {
    let file = MaskFile::open(&MaskFile::path_for(data))?;
    let mut checks = Vec::new();
    for name in file.stored()? {
        let stored = file.read(&name)?;
        for condition in &work.conditions {
            let keeps = stored.keeps(SplitName::Train, *condition)?;
            checks.push(keeps.each_ref().map(|keep| check(&keep.bits)));
        }
    }
    Ok(checks)
}

/// Makes hash and masks of every seed and condition, one condition at a time.
fn masks(
    work: &Work,
    clock: &mut Clock,
    get: impl Fn(u64) -> Result<Variants>,
) -> Result<Vec<[(u32, u32); 3]>> {
    let mut checks = Vec::new();
    for seed in SEEDS {
        let variants = get(seed)?;
        for condition in &work.conditions {
            let hash = variants.hash(SplitName::Train, *condition)?;
            let keeps = variants.keeps(SplitName::Train, *condition)?;
            clock.stop();
            assert_eq!(hash.len(), 32);
            checks.push(keeps.each_ref().map(|keep| check(&keep.bits)));
            clock.resume();
            drop(keeps);
        }
    }
    clock.stop();
    Ok(checks)
}

/// Kept positions and CRC-32 of a mask's bits.
fn check(kept: &[bool]) -> (u32, u32) {
    let byte = |bits: &[bool]| (bits.iter().rev()).fold(0, |b, bit| b << 1 | u8::from(*bit));
    let bits: Vec<u8> = kept.chunks(8).map(byte).collect();
    let count = bits.iter().map(|byte| byte.count_ones()).sum();
    (count, crc32fast::hash(&bits))
}

/// Time that counts, and the largest resident memory at the last stop, when masks exist.
struct Clock {
    seconds: f64,
    processor: f64,
    peak: f64,
    since: (Instant, f64),
}

impl Clock {
    fn start() -> Self {
        Self {
            seconds: 0.0,
            processor: 0.0,
            peak: 0.0,
            since: (Instant::now(), processor_seconds()),
        }
    }

    fn stop(&mut self) {
        self.seconds += self.since.0.elapsed().as_secs_f64();
        self.processor += processor_seconds() - self.since.1;
        self.peak = memory("VmHWM:");
    }

    fn resume(&mut self) {
        self.since = (Instant::now(), processor_seconds());
    }
}

/// Processor time of all threads so far, in seconds; 0 where the system does not report it.
fn processor_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let nanoseconds = tasks.flatten().filter_map(|task| {
        let stat = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        stat.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

/// Resident memory in MiB, now (`VmRSS:`) or at most so far (`VmHWM:`); 0 where the system does not
/// report it.
fn memory(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
