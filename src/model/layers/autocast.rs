//! Pauses autocast for what a CPU has no bfloat16 for.

use std::sync::LazyLock;

use tch::{Device, Kind, Tensor};

use crate::support::host;

unsafe extern "C" {
    /// Implemented in `autocast.cpp`.
    fn lnln_cpu_autocast(on: bool) -> bool;
}

/// libtorch gives LSTMs in bfloat16 to oneDNN, and oneDNN has them for CPUs with these features alone; on others it
/// ends with an error.
static HAS_BF16_LSTM: LazyLock<bool> = LazyLock::new(|| {
    let needed = ["avx512bw", "avx512vl", "avx512dq"];
    needed.iter().all(|flag| host::has_cpu_flag(flag))
});

/// Until it is dropped, autocast is as it was or paused on this thread.
#[derive(Debug)]
pub(super) struct Pause {
    was_on: bool,
}

impl Pause {
    /// For an LSTM over `x`: where its device has none in bfloat16, pauses autocast. Returns `x` in the kind to compute
    /// in.
    pub fn for_lstm(x: &Tensor) -> (Self, Tensor) {
        if x.device() != Device::Cpu || *HAS_BF16_LSTM {
            return (Self { was_on: false }, x.shallow_clone());
        }
        // SAFETY: sets a flag of this thread.
        let was_on = unsafe { lnln_cpu_autocast(false) };
        let x = match (was_on, x.kind()) {
            (true, Kind::BFloat16) => x.to_kind(Kind::Float),
            _ => x.shallow_clone(),
        };
        (Self { was_on }, x)
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        if self.was_on {
            // SAFETY: as above.
            unsafe { lnln_cpu_autocast(true) };
        }
    }
}
