//! Converts payload bytes to numbers.

use super::dtype::{DType, ElementKind};

/// A number type arrays convert to.
pub trait Element: Copy {
    /// The expected type, for error texts.
    const EXPECTED: &'static str;

    /// The nearest value, or `None` if the type cannot hold it.
    fn from_f64(value: f64) -> Option<Self>;

    /// As [`Self::from_f64`], for integers.
    fn from_i64(value: i64) -> Option<Self>;

    /// Appends the elements in `bytes`; the error describes the value that does not fit.
    fn convert(dtype: DType, bytes: &[u8], out: &mut Vec<Self>) -> Result<(), String> {
        let big = dtype.big_endian;
        match (dtype.kind, dtype.size) {
            (ElementKind::Float, 8) => each(bytes, big, out, |b| float(f64::from_le_bytes(b))),
            (ElementKind::Float, 4) => {
                each(bytes, big, out, |b| float(f32::from_le_bytes(b).into()))
            }
            (ElementKind::Float, 2) => {
                each(bytes, big, out, |b| float(half(u16::from_le_bytes(b))))
            }
            (ElementKind::Int, 8) => each(bytes, big, out, |b| int(i64::from_le_bytes(b))),
            (ElementKind::Int, 4) => each(bytes, big, out, |b| int(i32::from_le_bytes(b).into())),
            (ElementKind::Int, 2) => each(bytes, big, out, |b| int(i16::from_le_bytes(b).into())),
            (ElementKind::Int, 1) => each(bytes, big, out, |[b]| int((b as i8).into())),
            (ElementKind::Uint, 8) => each(bytes, big, out, |b| {
                let number = u64::from_le_bytes(b);
                let fits = i64::try_from(number).ok().and_then(Self::from_i64);
                fits.ok_or_else(|| number.to_string())
            }),
            (ElementKind::Uint, 4) => each(bytes, big, out, |b| int(u32::from_le_bytes(b).into())),
            (ElementKind::Uint, 2) => each(bytes, big, out, |b| int(u16::from_le_bytes(b).into())),
            (ElementKind::Uint | ElementKind::Bool, 1) => {
                each(bytes, big, out, |[b]| int(b.into()))
            }
            _ => Err(format!("dtype {dtype}")),
        }
    }
}

/// A float as an element; the error is the number.
fn float<T: Element>(value: f64) -> Result<T, String> {
    T::from_f64(value).ok_or_else(|| value.to_string())
}

/// An integer as an element; the error is the number.
fn int<T: Element>(value: i64) -> Result<T, String> {
    T::from_i64(value).ok_or_else(|| value.to_string())
}

/// Converts elements of `N` bytes; `value` gets them in little-endian order.
fn each<const N: usize, T>(
    bytes: &[u8],
    big_endian: bool,
    out: &mut Vec<T>,
    value: impl Fn([u8; N]) -> Result<T, String>,
) -> Result<(), String> {
    for chunk in bytes.chunks_exact(N) {
        let mut element = [0; N];
        element.copy_from_slice(chunk);
        if big_endian {
            element.reverse();
        }
        out.push(value(element)?);
    }
    Ok(())
}

impl Element for f64 {
    const EXPECTED: &'static str = "numbers";

    fn from_f64(value: f64) -> Option<Self> {
        Some(value)
    }

    fn from_i64(value: i64) -> Option<Self> {
        Some(value as f64)
    }
}

impl Element for f32 {
    const EXPECTED: &'static str = "numbers";

    /// Rounds to nearest; beyond the range of f32 the result is infinite.
    fn from_f64(value: f64) -> Option<Self> {
        Some(value as f32)
    }

    fn from_i64(value: i64) -> Option<Self> {
        Some(value as f32)
    }
}

impl Element for i64 {
    const EXPECTED: &'static str = "whole numbers";

    fn from_f64(value: f64) -> Option<Self> {
        // Up to 2^53 every whole float is exact.
        (value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0).then_some(value as i64)
    }

    fn from_i64(value: i64) -> Option<Self> {
        Some(value)
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10) & 0x1f, f64::from(bits & 0x3ff));
    match exponent {
        0 => sign * fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert<T: Element>(code: &str, bytes: &[u8]) -> Result<Vec<T>, String> {
        let mut out = Vec::new();
        T::convert(DType::parse(code, 0).unwrap(), bytes, &mut out).map(|()| out)
    }

    #[test]
    fn every_width_and_order_converts() {
        assert_eq!(convert::<f32>("f8", &1.5f64.to_le_bytes()).unwrap(), [1.5]);
        assert_eq!(convert::<f64>(">f4", &2.5f32.to_be_bytes()).unwrap(), [2.5]);
        assert_eq!(
            convert::<i64>(">i2", &(-300i16).to_be_bytes()).unwrap(),
            [-300]
        );
        assert_eq!(convert::<i64>("f4", &7f32.to_le_bytes()).unwrap(), [7]);
        assert_eq!(convert::<f32>("u1", &[255]).unwrap(), [255.0]);
        assert_eq!(convert::<i64>("b1", &[0, 1]).unwrap(), [0, 1]);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert!(convert::<i64>("f8", &0.5f64.to_le_bytes()).is_err());
        assert!(convert::<i64>("f8", &f64::NAN.to_le_bytes()).is_err());
        assert!(convert::<i64>("u8", &u64::MAX.to_le_bytes()).is_err());
        assert!(convert::<f32>("U1", &[0; 4]).is_err());
    }

    #[test]
    fn half_precision() {
        assert_eq!(half(0x3c00), 1.0);
        assert_eq!(half(0xc000), -2.0);
        assert_eq!(half(0x0001), 2f64.powi(-24));
        assert_eq!(half(0x7bff), 65504.0);
        assert_eq!(half(0xfc00), f64::NEG_INFINITY);
        assert!(half(0x7e00).is_nan());
    }
}
