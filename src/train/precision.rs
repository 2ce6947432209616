//! The precision of a pass.

use std::fmt;
use std::str::FromStr;

use tch::Device;

use super::{Error, native};

/// How products are computed; weights, moments and losses are float32 throughout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    #[default]
    Fp32,
    /// Factors rounded to 10 bits of mantissa on CUDA's tensor cores; float32 on the CPU.
    Tf32,
    /// Products in bfloat16, as libtorch's autocast chooses them.
    Bf16,
}

impl FromStr for Precision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "fp32" => Ok(Self::Fp32),
            "tf32" => Ok(Self::Tf32),
            "bf16" => Ok(Self::Bf16),
            _ => Err(Error::PrecisionName {
                found: text.to_owned(),
            }),
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fp32 => "fp32",
            Self::Tf32 => "tf32",
            Self::Bf16 => "bf16",
        })
    }
}

impl Precision {
    /// The precision of everything until the guard is dropped.
    pub fn enter(self, device: Device) -> Result<Guard, Error> {
        native::allow_tf32(self == Self::Tf32)?;
        let autocast = self == Self::Bf16;
        if autocast {
            native::autocast_bf16(device, true)?;
        }
        Ok(Guard { device, autocast })
    }
}

/// Ends a precision.
#[derive(Debug)]
pub struct Guard {
    device: Device,
    autocast: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        // It switched on, so it switches off.
        if self.autocast
            && let Err(error) = native::autocast_bf16(self.device, false)
        {
            tracing::error!("bfloat16 stays on: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use tch::{Kind, Tensor};

    use super::*;

    #[test]
    fn names_round_trip() {
        for name in ["fp32", "tf32", "bf16"] {
            assert_eq!(name.parse::<Precision>().unwrap().to_string(), name);
        }
        assert!("fp16".parse::<Precision>().is_err());
    }

    #[test]
    fn only_bf16_changes_what_a_cpu_computes() {
        let x = Tensor::ones([3, 3], (Kind::Float, Device::Cpu));
        for (precision, kind) in [
            (Precision::Fp32, Kind::Float),
            (Precision::Tf32, Kind::Float),
            (Precision::Bf16, Kind::BFloat16),
        ] {
            let _guard = precision.enter(Device::Cpu).unwrap();
            assert_eq!(x.matmul(&x).kind(), kind);
        }
        assert_eq!(x.matmul(&x).kind(), Kind::Float);
    }
}
