//! TF32 is a flag of the whole process: its tests have a process of their own, and are one after another.
#![cfg(feature = "torch")]

use lnln_bench::train::{Precision, native};
use tch::Device;

#[test]
fn tf32_is_allowed_where_it_was_asked_for_and_nowhere_else() {
    assert!(!native::tf32_allowed(), "off by default");
    for (precision, allowed) in [
        (Precision::Fp32, false),
        (Precision::Tf32, true),
        (Precision::Bf16, false),
    ] {
        let guard = precision.enter(Device::Cpu).unwrap();
        assert_eq!(native::tf32_allowed(), allowed, "{precision}");
        drop(guard);
        assert!(!native::tf32_allowed(), "{precision} leaves TF32 on");
    }
    // A frozen encoder computes in float32 within whatever surrounds it.
    let outer = Precision::Tf32.enter(Device::Cpu).unwrap();
    let inner = Precision::Fp32.enter(Device::Cpu).unwrap();
    assert!(!native::tf32_allowed());
    drop(inner);
    assert!(native::tf32_allowed());
    drop(outer);
    assert!(!native::tf32_allowed());
}
