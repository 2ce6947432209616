//! Times making the masks of one large split:
//! `main.rs FAMILY bits|bytes CLIPS T_TEXT,T_AUDIO,T_VISION full|half`.
//!
//! The clock runs until every mask of every condition and seed exists: as bits, all of them held to the
//! end, or as a byte a position, one condition of a seed at a time. Prints one line of JSON: seconds,
//! processor seconds of all threads, resident memory at the start and at most, and of every mask how
//! many positions it keeps and the CRC-32 of its bits, so that the other side can be checked.

use std::time::Instant;

use lnln_bench::data::dataset::SplitName;
use lnln_bench::mask::{self, Condition, Planes, Ranks, SplitShape, Variants};

const SEEDS: [u64; 3] = [1111, 1112, 1113];
const RATES: &str = "0:1:0.1";

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    // Cargo adds flags of its own to programs it calls benchmarks.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let [mask_protocol, form, samples, steps, lengths] = &arguments[..] else {
        return Err("expected FAMILY bits|bytes CLIPS T_TEXT,T_AUDIO,T_VISION full|half".into());
    };
    let (mask_protocol, samples) = (mask::find(mask_protocol)?, samples.parse::<usize>()?);
    let steps: Vec<usize> = steps
        .split(',')
        .map(str::parse)
        .collect::<std::result::Result<_, _>>()?;
    let steps: [usize; 3] = steps
        .try_into()
        .map_err(|_| "expected three numbers of steps")?;
    let ids: Vec<String> = (0..samples)
        .map(|i| format!("sample{}$_${}", i / 7, i % 7))
        .collect();
    let lengths = match lengths.as_str() {
        "full" => steps.map(|steps| vec![steps as u32; samples]),
        // From 2 up, half of the steps on average; numpy_way.py has the same.
        "half" => steps.map(|steps| {
            let length = |i| (2 + i * 7919 % (steps - 1)) as u32;
            (0..samples).map(length).collect()
        }),
        other => return Err(format!("expected full or half, got {other}").into()),
    };
    let split = SplitShape {
        name: SplitName::Train,
        ids: &ids,
        steps,
        lengths: [&lengths[0], &lengths[1], &lengths[2]],
    };
    let conditions = mask::parse_list(RATES)?;
    let draw = |seed| Variants::build(mask_protocol, "mosei", &[split], seed, &conditions);
    let before = memory("VmRSS:");
    let mut clock = Clock::start();
    let mut checks = Vec::new();
    match form.as_str() {
        "bits" => {
            let mut held = Vec::new();
            for seed in SEEDS {
                held.push(draw(seed)?.splits[0].ranks.each_ref().map(Ranks::bits));
            }
            clock.stop();
            for seed in &held {
                let [text, audio, vision] = seed.each_ref().map(Planes::iter);
                let modalities = text.zip(audio).zip(vision);
                checks.extend(modalities.map(|((t, a), v)| [t, a, v].map(check)));
            }
        }
        "bytes" => {
            for seed in SEEDS {
                let drawn = draw(seed)?;
                for condition in &conditions {
                    checks.push(as_bytes(&drawn, *condition, &mut clock)?);
                }
            }
            clock.stop();
        }
        other => return Err(format!("expected bits or bytes, got {other}").into()),
    }
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

/// Makes the three masks of a condition, a byte a position, and checks them off the clock.
fn as_bytes(drawn: &Variants, condition: Condition, clock: &mut Clock) -> Result<[(u32, u32); 3]> {
    let keeps = drawn.keeps(SplitName::Train, condition)?;
    clock.stop();
    let checks = keeps.each_ref().map(|keep| {
        let byte = |bits: &[bool]| (bits.iter().rev()).fold(0, |b, bit| b << 1 | u8::from(*bit));
        check(&keep.bits.chunks(8).map(byte).collect::<Vec<u8>>())
    });
    clock.resume();
    drop(keeps);
    Ok(checks)
}

/// Kept positions and CRC-32 of a mask's bits.
fn check(bits: &[u8]) -> (u32, u32) {
    (
        bits.iter().map(|byte| byte.count_ones()).sum(),
        crc32fast::hash(bits),
    )
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

/// Processor time of all threads so far, in seconds; 0 where the system does not tell.
fn processor_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let nanoseconds = tasks.flatten().filter_map(|task| {
        let stat = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        stat.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

/// Resident memory in MiB, now (`VmRSS:`) or at most so far (`VmHWM:`); 0 where the system does not
/// tell.
fn memory(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
