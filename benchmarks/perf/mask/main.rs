//! Times drawing the masks of one large split: `main.rs FAMILY CLIPS T_TEXT,T_AUDIO,T_VISION`.
//!
//! Prints one line of JSON: seconds, largest resident memory, and how many positions are kept at
//! every level of every seed, so that the other side of the comparison can be checked.

use std::time::Instant;

use lnln_bench::dataset::SplitName;
use lnln_bench::mask::{self, SplitShape, Variants};

const SEEDS: [u64; 3] = [1111, 1112, 1113];
const RATES: &str = "0:1:0.1";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Cargo adds flags of its own to programs it calls benchmarks.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let [family, clips, steps] = &arguments[..] else {
        return Err("expected FAMILY CLIPS T_TEXT,T_AUDIO,T_VISION".into());
    };
    let (family, clips) = (mask::find(family)?, clips.parse::<usize>()?);
    let steps: Vec<usize> = steps.split(',').map(str::parse).collect::<Result<_, _>>()?;
    let steps: [usize; 3] = steps
        .try_into()
        .map_err(|_| "expected three numbers of steps")?;
    let ids: Vec<String> = (0..clips)
        .map(|i| format!("clip{}$_${}", i / 7, i % 7))
        .collect();
    // Every position valid: padding, which is never drawn for, would only help.
    let lengths = steps.map(|steps| vec![steps as u32; clips]);
    let split = SplitShape {
        name: SplitName::Train,
        ids: &ids,
        steps,
        lengths: [&lengths[0], &lengths[1], &lengths[2]],
    };
    let levels = mask::parse_list(RATES)?;
    let (started, processor) = (Instant::now(), processor_seconds());
    let mut drawn = Vec::new();
    for seed in SEEDS {
        drawn.push(Variants::build(family, "mosei", &[split], seed, &levels)?);
    }
    let seconds = started.elapsed().as_secs_f64();
    let processor = processor_seconds() - processor;
    let peak = peak_memory();
    let mut kept = Vec::new();
    for variants in &drawn {
        for level in &levels {
            let keeps = variants.keeps(SplitName::Train, *level)?;
            kept.push(keeps.map(|keep| keep.bits.iter().filter(|bit| **bit).count()));
        }
    }
    let line = serde_json::json!({
        "seconds": seconds, "processor_seconds": processor, "peak_mib": peak, "kept": kept });
    std::io::Write::write_all(&mut std::io::stdout(), format!("{line}\n").as_bytes())?;
    Ok(())
}

/// Processor time of all threads so far, in seconds; 0 where the system does not tell.
fn processor_seconds() -> f64 {
    // Fields 14 and 15, in ticks of a hundredth of a second; the second field may hold spaces.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace();
    let ticks: Vec<f64> = fields.filter_map(|field| field.parse().ok()).collect();
    ticks
        .get(10..12)
        .map_or(0.0, |ticks| ticks.iter().sum::<f64>() / 100.0)
}

/// Largest resident memory so far in MiB; 0 where the system does not tell.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}
