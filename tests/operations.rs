//! Counts operations of libtorch. A count is of the whole process, so it has one of its own.
#![cfg(feature = "torch")]

use lnln_bench::train::operations::{Calls, OperationCount, sum};
use tch::{Device, Kind, Tensor};

#[test]
fn operations_are_counted_forward_and_backward_while_asked_for() {
    let weight = Tensor::ones([2, 3], (Kind::Float, Device::Cpu)).set_requires_grad(true);
    let pass = || {
        weight
            .linear(&weight, None::<Tensor>)
            .sum(Kind::Float)
            .backward()
    };
    let count = OperationCount::start().unwrap();
    pass();
    let calls = count.finish();
    assert_eq!(
        calls["aten::linear"],
        Calls {
            all: 1,
            outermost: 1
        }
    );
    assert_eq!(calls["aten::sum"].outermost, 1);
    // Those of the backward pass: two products after the one of the forward pass.
    assert_eq!(calls["aten::mm"].all, 3);
    assert!(sum(&calls).all > sum(&calls).outermost);
    pass();
    let count = OperationCount::start().unwrap();
    assert!(OperationCount::start().is_err());
    assert!(count.finish().is_empty());
}
