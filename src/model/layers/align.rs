//! Brings frames to the text's number of steps.

use tch::{Kind, Tensor};

/// Average pooling of (B, T, width) to (B, steps, width) over windows of equal length, as MMSA aligns
/// features: where T is no multiple of `steps`, the last frame is repeated up to the next one.
/// Returns the input itself where it has that many steps already.
pub fn align(x: &Tensor, steps: i64) -> Tensor {
    let size = x.size();
    let (samples, frames, width) = (size[0], size[1], size[2]);
    if frames == steps {
        return x.shallow_clone();
    }
    let window = (frames + steps - 1) / steps;
    let missing = window * steps - frames;
    let last = x
        .narrow(1, frames - 1, 1)
        .expand([samples, missing, width], false);
    Tensor::cat(&[x, &last], 1)
        .view([samples, steps, window, width])
        .mean_dim(2, false, None::<Kind>)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_frame_fills_the_last_window() {
        let x = Tensor::from_slice(&[1f32, 2.0, 3.0, 4.0, 6.0]).view([1, 5, 1]);
        let aligned = Vec::<f32>::try_from(align(&x, 2).flatten(0, -1)).unwrap();
        assert_eq!(aligned, [2.0, 16.0 / 3.0]);
        assert!(align(&x, 5).equal(&x));
        assert_eq!(align(&x, 8).size(), [1, 8, 1]);
    }
}
