//! Sets the precision of a pass.

use std::sync::Once;

use tch::{Device, Tensor};

use super::tensors::SplitTensors;
use super::{Error, native};

use crate::support::host;

pub use crate::record::Precision;

/// The largest feature that bfloat16 is trusted with: beyond, its 8 bits lose what tells samples apart.
const LARGEST: f64 = 1e4;

impl Precision {
    /// The precision of everything until the guard is dropped; of a pass and its backward pass, where
    /// [`Guard::end_autocast`] comes between the two.
    pub fn enter(self, device: Device) -> Result<Guard, Error> {
        let tf32_before = native::tf32_allowed();
        native::allow_tf32(self == Self::Tf32)?;
        // From here on the guard undoes what was done, also where the next call fails.
        let mut guard = Guard {
            device,
            autocast: false,
            tf32_before,
        };
        if self == Self::Bf16 {
            native::autocast_bf16(device, true)?;
            guard.autocast = true;
        }
        Ok(guard)
    }

    /// Whether training is slower than in float32 on this device, where its CPU has AMX's instructions for bfloat16
    /// or has not.
    pub fn is_slow(self, device: Device, has_amx: bool) -> bool {
        self == Self::Bf16 && device == Device::Cpu && !has_amx
    }

    /// Warns once a process where [`Self::is_slow`].
    pub fn warn_if_slow(self, device: Device) {
        static ONCE: Once = Once::new();
        if self.is_slow(device, host::has_cpu_flag("amx_bf16")) {
            ONCE.call_once(|| {
                tracing::warn!(
                    "bf16 is slower than fp32 on this CPU, which has no AMX instructions; leave --precision out, or use a \
                     CUDA device"
                );
            });
        }
    }

    /// Whether features of this split can be computed with: CH-SIMS has some in the millions, of which
    /// bfloat16 keeps nothing.
    ///
    /// # Errors
    /// [`Error::PrecisionTooLow`], also where the largest feature is not a number.
    pub fn check_range(self, dataset: &str, split: &SplitTensors) -> Result<(), Error> {
        if self != Self::Bf16 {
            return Ok(());
        }
        for features in [&split.audio, &split.vision] {
            let largest = largest(features);
            if largest.is_nan() || largest > LARGEST {
                return Err(Error::PrecisionTooLow {
                    dataset: dataset.to_owned(),
                    largest,
                });
            }
        }
        Ok(())
    }
}

/// The largest magnitude; NaN where there is one.
fn largest(features: &Tensor) -> f64 {
    match features.numel() {
        0 => 0.0,
        _ => features.abs().max().double_value(&[]),
    }
}

/// Ends a precision.
#[derive(Debug)]
pub struct Guard {
    device: Device,
    autocast: bool,
    tf32_before: bool,
}

impl Guard {
    /// Ends what chooses kinds and leaves TF32 as it is. A backward pass wants it so: it runs in the
    /// kinds of its forward pass, but each of its products asks anew whether TF32 is allowed.
    pub fn end_autocast(&mut self) -> Result<(), Error> {
        // It switched on, so it switches off, once.
        if std::mem::take(&mut self.autocast) {
            native::autocast_bf16(self.device, false)?;
        }
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Err(error) = self.end_autocast() {
            tracing::error!("bfloat16 stays on: {error}");
        }
        if let Err(error) = native::allow_tf32(self.tf32_before) {
            tracing::error!("TF32 stays as it was: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use tch::Kind;

    use super::*;

    /// What it does to TF32, a flag of the whole process, is in `tests/precision.rs`.
    #[test]
    fn only_bf16_changes_the_kind_of_a_product() {
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

    #[test]
    fn autocast_ends_before_its_guard_and_once() {
        let x = Tensor::ones([3, 3], (Kind::Float, Device::Cpu));
        let kind = || x.matmul(&x).kind();
        let mut guard = Precision::Bf16.enter(Device::Cpu).unwrap();
        assert_eq!(kind(), Kind::BFloat16);
        guard.end_autocast().unwrap();
        assert_eq!(kind(), Kind::Float);
        // As where layers are computed again on the backward pass.
        let again = Precision::Bf16.enter(Device::Cpu).unwrap();
        drop(guard);
        assert_eq!(kind(), Kind::BFloat16, "the first has nothing left to end");
        drop(again);
        assert_eq!(kind(), Kind::Float);
    }

    #[test]
    fn bfloat16_alone_is_slow_and_on_a_cpu_without_amx_alone() {
        let devices = [Device::Cpu, Device::Cuda(0)];
        let precisions = [Precision::Fp32, Precision::Tf32, Precision::Bf16];
        for (precision, device) in precisions.into_iter().flat_map(|p| devices.map(|d| (p, d))) {
            let slow = precision == Precision::Bf16 && device == Device::Cpu;
            assert_eq!(
                precision.is_slow(device, false),
                slow,
                "{precision} {device:?}"
            );
            assert!(!precision.is_slow(device, true), "{precision} {device:?}");
        }
    }

    #[test]
    fn bfloat16_refuses_features_it_cannot_tell_apart() {
        let split = |largest: f64| {
            let features = |value: f64| Tensor::full([2, 3, 2], value, (Kind::Float, Device::Cpu));
            let length = || Tensor::ones([2], (Kind::Int64, Device::Cpu));
            SplitTensors {
                ids: vec!["a".to_owned(), "b".to_owned()],
                audio: features(1.0),
                vision: features(largest),
                labels: Tensor::zeros([2, 1], (Kind::Float, Device::Cpu)),
                lengths: [length(), length(), length()],
            }
        };
        let refused = |precision: Precision, largest| {
            let result = precision.check_range("sims", &split(largest));
            result.err().map(|error| error.to_string())
        };
        assert_eq!(refused(Precision::Bf16, 9999.0), None);
        let message = refused(Precision::Bf16, -3.5e6).unwrap();
        assert!(message.contains("--standardize"), "{message}");
        assert!(refused(Precision::Bf16, f64::NAN).is_some());
        assert_eq!(refused(Precision::Fp32, 3.5e6), None);
        assert_eq!(refused(Precision::Tf32, f64::NAN), None);
    }
}
