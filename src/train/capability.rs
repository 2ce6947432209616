//! Decides before the first kernel whether the CUDA libraries of this build have kernels for a card.
//!
//! CUDA 13 has no kernels for cards older than Turing. A card without kernels is listed as a device and takes
//! tensors; the first computation then ends with "no kernel image is available". Which wheel has kernels for
//! which card: <https://github.com/pytorch/pytorch/issues/172352>, as of PyTorch 2.10 and 2.11.

use std::ffi::c_int;
use std::fmt;

use libloading::os::unix::{Library, Symbol};

/// Compute capability of a card: 7.0 is Volta (V100), 7.5 Turing (T4), 9.0 Hopper (H100).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capability {
    pub major: i32,
    pub minor: i32,
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Kernels of a PyTorch wheel: from the first capability to before the second, which is missing where the
/// newest kernels can be compiled for later cards.
const fn kernels(cuda: i32) -> (Capability, Option<Capability>) {
    if cuda >= 13_000 {
        (capability(7, 5), None)
    } else if cuda >= 12_080 {
        (capability(7, 5), Some(capability(13, 0)))
    } else {
        (capability(5, 0), Some(capability(10, 0)))
    }
}

const fn capability(major: i32, minor: i32) -> Capability {
    Capability { major, minor }
}

/// Why a card cannot be used with libraries of a version of CUDA (1000 * major + 10 * minor), and what to
/// install; `None` where they have kernels for it.
pub fn refusal(index: usize, card: Capability, cuda: i32) -> Option<String> {
    let (first, end) = kernels(cuda);
    let version = format!("{}.{}", cuda / 1000, cuda % 1000 / 10);
    if card < first {
        let other = if card < capability(5, 0) {
            "no wheel of PyTorch 2.11 has kernels for it".to_owned()
        } else {
            install("12.6", "cu126")
        };
        return Some(format!(
            "cuda:{index} has compute capability {card}, and the libraries of CUDA {version} in this build have \
             kernels from {first} on; {other}"
        ));
    }
    let end = end.filter(|end| card >= *end)?;
    Some(format!(
        "cuda:{index} has compute capability {card}, and the libraries of CUDA {version} in this build have \
         kernels below {end} only; {}",
        install("13.0", "cu130")
    ))
}

fn install(cuda: &str, index: &str) -> String {
    format!(
        "install PyTorch 2.11.0 for CUDA {cuda} (`pip install torch==2.11.0 --index-url \
         https://download.pytorch.org/whl/{index}`) and build with LIBTORCH=SITE_PACKAGES/torch"
    )
}

/// Checks one card. Where the CUDA runtime does not answer, nothing is known and nothing refused.
///
/// # Errors
/// What [`refusal`] gives.
pub fn check(index: usize) -> Result<(), String> {
    let reason = match (of_card(index), runtime_version()) {
        (Some(card), Some(cuda)) => refusal(index, card, cuda),
        _ => {
            tracing::debug!(
                "the CUDA runtime does not give the compute capability of cuda:{index}"
            );
            None
        }
    };
    reason.map_or(Ok(()), Err)
}

/// The capability of a card, asked from the CUDA runtime that libtorch has loaded.
pub fn of_card(index: usize) -> Option<Capability> {
    /// `cudaDevAttrComputeCapabilityMajor` and `...Minor` of driver_types.h.
    const ATTRIBUTES: [c_int; 2] = [75, 76];
    type Attribute = unsafe extern "C" fn(*mut c_int, c_int, c_int) -> c_int;
    let device = c_int::try_from(index).ok()?;
    let program = Library::this();
    // SAFETY: the signature is that of cuda_runtime_api.h, unchanged since CUDA 5.
    let get: Symbol<Attribute> = unsafe { program.get(b"cudaDeviceGetAttribute\0") }.ok()?;
    let value = |attribute: c_int| {
        let mut value = 0;
        // SAFETY: `value` is valid for the call, which keeps no pointer.
        let status = unsafe { get(&raw mut value, attribute, device) };
        (status == 0).then_some(value)
    };
    let [major, minor] = ATTRIBUTES.map(value);
    Some(capability(major?, minor?))
}

/// The version of the CUDA runtime that libtorch has loaded, 1000 * major + 10 * minor.
fn runtime_version() -> Option<i32> {
    type Version = unsafe extern "C" fn(*mut c_int) -> c_int;
    let program = Library::this();
    // SAFETY: the signature is that of cuda_runtime_api.h.
    let get: Symbol<Version> = unsafe { program.get(b"cudaRuntimeGetVersion\0") }.ok()?;
    let mut version = 0;
    // SAFETY: `version` is valid for the call, which keeps no pointer.
    let status = unsafe { get(&raw mut version) };
    (status == 0).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_without_kernels_are_refused_with_the_wheel_that_has_them() {
        // GTX 1080, P100, V100, T4, A100, H100, B200, RTX 5090.
        let cards = [
            (6, 1),
            (6, 0),
            (7, 0),
            (7, 5),
            (8, 0),
            (9, 0),
            (10, 0),
            (12, 0),
        ];
        let refused = |cuda: i32| {
            cards.map(|(major, minor)| refusal(1, capability(major, minor), cuda).is_some())
        };
        let old = [true, true, true, false, false, false, false, false];
        assert_eq!(refused(13_000), old);
        assert_eq!(refused(12_080), old);
        let new = [false, false, false, false, false, false, true, true];
        assert_eq!(refused(12_060), new);
        let volta = refusal(1, capability(7, 0), 13_000).unwrap();
        for part in [
            "cuda:1",
            "7.0",
            "CUDA 13.0",
            "from 7.5 on",
            "whl/cu126",
            "LIBTORCH",
        ] {
            assert!(volta.contains(part), "{volta}");
        }
        let blackwell = refusal(0, capability(12, 0), 12_060).unwrap();
        assert!(blackwell.contains("whl/cu130"), "{blackwell}");
        let kepler = refusal(0, capability(3, 5), 13_000).unwrap();
        assert!(kepler.contains("no wheel"), "{kepler}");
    }

    #[test]
    fn the_runtime_of_the_wheel_tells_its_version_without_a_card() {
        let version = runtime_version().unwrap();
        assert!((12_000..20_000).contains(&version), "{version}");
        if crate::train::device::cuda_devices().is_err() {
            assert_eq!(of_card(0), None);
            assert_eq!(check(0), Ok(()));
        }
    }
}
