//! Reads memory sizes of the command line, and tells how much a device allows and how much was held.

use std::str::FromStr;

use tch::{Device, Tensor};

use super::Error;
use super::native::{self, CudaMemory};
pub use crate::support::words::bytes as show;

/// What is allowed without `--memory-budget`: a 12 GB card.
const USUAL_BUDGET: u64 = 12 << 30;

/// How many samples go through the model at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MicroBatch {
    /// As many as the memory budget allows.
    #[default]
    Auto,
    Samples(usize),
}

impl FromStr for MicroBatch {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match (text, text.parse()) {
            ("auto", _) => Ok(Self::Auto),
            (_, Ok(samples)) if samples > 0 => Ok(Self::Samples(samples)),
            _ => Err(Error::MicroBatchName {
                found: text.to_owned(),
            }),
        }
    }
}

/// A number of bytes as written on the command line: `12GiB`, `800MiB`, `6GB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl FromStr for Bytes {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        const UNITS: [(&str, u64); 6] = [
            ("GiB", 1 << 30),
            ("MiB", 1 << 20),
            ("GB", 1_000_000_000),
            ("MB", 1_000_000),
            ("G", 1 << 30),
            ("M", 1 << 20),
        ];
        let unknown = || Error::BytesName {
            found: text.to_owned(),
        };
        let (unit, size) = UNITS
            .iter()
            .find(|(unit, _)| text.ends_with(unit))
            .ok_or_else(unknown)?;
        let number: f64 = text
            .trim_end_matches(unit)
            .trim()
            .parse()
            .map_err(|_| unknown())?;
        if number.is_finite() && number > 0.0 {
            Ok(Self((number * *size as f64) as u64))
        } else {
            Err(unknown())
        }
    }
}

/// The budget of a device where none is given: [`USUAL_BUDGET`] or all a CPU's machine has,
/// whichever is less, so that a run's passes do not depend on what else runs there; of a CUDA device
/// what is free or this process's already, less a tenth for its fragments.
pub fn default_budget(device: Device) -> Result<u64, Error> {
    match device {
        Device::Cuda(index) => Ok(allowed(native::cuda_memory(index)?)),
        _ => {
            let total = sysinfo::System::new().map(|mut system| {
                system.refresh_memory();
                system.total_memory()
            });
            Ok(total.map_or(USUAL_BUDGET, |total| USUAL_BUDGET.min(total)))
        }
    }
}

/// Blocks in libtorch's cache are free for the next run, and what a run has put onto the device before
/// it is planned is in its plan: neither makes the budget smaller.
fn allowed(memory: CudaMemory) -> u64 {
    (memory.free + memory.reserved) as u64 / 10 * 9
}

/// The most memory held since [`reset_peak`], in bytes: by this process, or by its tensors on a CUDA
/// device; 0 where the system does not report it.
pub fn peak(device: Device) -> u64 {
    if let Device::Cuda(index) = device {
        return native::cuda_memory(index).map_or(0, |memory| memory.peak as u64);
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| {
        rest.trim()
            .trim_end_matches("kB")
            .trim()
            .parse::<u64>()
            .ok()
    });
    kib.unwrap_or(0) << 10
}

/// Resets [`peak`] to what is held now: a process trains one run after another.
pub fn reset_peak(device: Device) {
    // Memory that the run before has freed is not this run's. Where the system cannot reset the peak,
    // it stays that of the process.
    let _ = match device {
        Device::Cuda(index) => {
            let released = native::release_cuda_memory(device);
            released
                .and_then(|()| native::reset_cuda_peak(index))
                .is_ok()
        }
        _ => {
            native::trim_heap();
            std::fs::write("/proc/self/clear_refs", "5").is_ok()
        }
    };
}

/// Bytes of a tensor's elements.
pub fn size(tensor: &Tensor) -> u64 {
    (tensor.numel() * tensor.kind().elt_size_in_bytes()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read() {
        assert_eq!("12GiB".parse::<Bytes>().unwrap(), Bytes(12 << 30));
        assert_eq!("0.5 GiB".parse::<Bytes>().unwrap(), Bytes(1 << 29));
        assert_eq!("6GB".parse::<Bytes>().unwrap(), Bytes(6_000_000_000));
        for text in ["", "12", "GiB", "-1GiB", "nanGiB", "many"] {
            assert!(text.parse::<Bytes>().is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn a_run_s_budget_does_not_depend_on_what_ran_before_it() {
        let budget = |free: usize, reserved: usize| {
            allowed(CudaMemory {
                free: free << 30,
                reserved: reserved << 30,
                ..CudaMemory::default()
            })
        };
        // A fresh process, one with its data on the device, one after a run that needed much.
        let all = [(70, 0), (67, 3), (10, 60)].map(|(free, reserved)| budget(free, reserved));
        assert_eq!(all, [63 << 30; 3]);
    }
}
