//! Opens the device that tensors are on. One binary serves CPU and CUDA: CUDA's libraries are opened on demand.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use tch::Device;

use super::{Error, capability, libtorch};

/// A device as written on the command line: `auto`, `cpu`, `cuda`, `cuda:1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceSpec {
    /// CUDA where it works, the CPU otherwise.
    #[default]
    Auto,
    Cpu,
    Cuda(usize),
}

impl FromStr for DeviceSpec {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|index| index.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| Error::DeviceName {
                    found: text.to_owned(),
                }),
        }
    }
}

impl fmt::Display for DeviceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

/// Opens a device. CUDA that is requested and missing is an error, never a
/// silent run on the CPU. Call it before the first tensor is made.
pub fn open(spec: DeviceSpec) -> Result<Device, Error> {
    match spec {
        DeviceSpec::Cpu => Ok(Device::Cpu),
        DeviceSpec::Auto => Ok(match cuda_devices().map(|_| capability::check(0)) {
            Ok(Ok(())) => Device::Cuda(0),
            Ok(Err(reason)) => {
                tracing::warn!("computing on the CPU: {reason}");
                Device::Cpu
            }
            Err(_) => Device::Cpu,
        }),
        DeviceSpec::Cuda(index) => {
            let unusable = |reason| Error::NoCuda { reason };
            let count = cuda_devices().map_err(unusable)?;
            if index >= count {
                return Err(unusable(format!("only {count} CUDA device(s) found")));
            }
            capability::check(index).map_err(unusable)?;
            Ok(Device::Cuda(index))
        }
    }
}

/// Number of usable CUDA devices, or why there is none.
pub fn cuda_devices() -> Result<usize, String> {
    if !Path::new("/proc/driver/nvidia").exists() && !Path::new("/dev/nvidiactl").exists() {
        return Err("no NVIDIA driver on this machine".to_owned());
    }
    load_cuda_library()?;
    match tch::Cuda::device_count() {
        count if count > 0 && tch::Cuda::is_available() => Ok(count as usize),
        _ => Err(
            "libtorch sees no CUDA device (driver too old, or CUDA_VISIBLE_DEVICES hides it)"
                .to_owned(),
        ),
    }
}

/// How to get the CUDA libraries.
const INSTALL: &str = "install PyTorch 2.11.0 for CUDA beside it (`pip install torch==2.11.0`), in a source \
                       checkout by `make setup-cuda && make install`";

/// Open `libtorch_cuda.so` for the whole process; it registers its kernels as it loads.
fn load_cuda_library() -> Result<(), String> {
    use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
    let folder = libtorch::folder()?;
    let path = folder.join("libtorch_cuda.so");
    if !path.exists() {
        return Err(format!(
            "the libtorch in {} is for the CPU only; {INSTALL}",
            folder.display()
        ));
    }
    // SAFETY: the library's initializers only register kernels with the libtorch already loaded.
    let library = unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_GLOBAL) };
    match library {
        Ok(library) => {
            // Kernels stay registered for the life of the process, so the library must stay too.
            std::mem::forget(library);
            Ok(())
        }
        Err(error) => Err(format!(
            "libtorch's CUDA half does not load ({error}); {INSTALL}"
        )),
    }
}

/// `cpu` or `cuda:N`, for manifests.
pub fn describe(device: Device) -> String {
    match device {
        Device::Cuda(index) => format!("cuda:{index}"),
        _ => "cpu".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for name in ["auto", "cpu", "cuda:0", "cuda:3"] {
            assert_eq!(name.parse::<DeviceSpec>().unwrap().to_string(), name);
        }
        assert_eq!("cuda".parse::<DeviceSpec>().unwrap(), DeviceSpec::Cuda(0));
        assert!("gpu".parse::<DeviceSpec>().is_err());
        assert!("cuda:x".parse::<DeviceSpec>().is_err());
    }
}
