//! Reads an untrusted pickle in every way: opens every stream, walks it, hashes, describes and converts
//! every array, and reads every text.
//!
//! libFuzzer reports panics, sanitizer errors, inputs that take more than `-timeout` seconds, and more
//! memory than `-rss_limit_mb`, for inputs of at most `-max_len` bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lnln_bench_fuzz::pickle::{ArrayRef, Error, Leaf, Limits, Pickle, Shared, Walk};

/// Streams read from one input.
const STREAMS: usize = 8;

fuzz_target!(|data: &[u8]| {
    let mut next = Some(Pickle::from_bytes(data.to_vec(), Limits::default()));
    for _ in 0..STREAMS {
        match next.take() {
            Some(Ok(pickle)) => {
                read(&pickle);
                next = pickle.following();
            }
            Some(Err(error)) => {
                assert!(!error.to_string().is_empty());
                return;
            }
            None => return,
        }
    }
});

fn read(pickle: &Pickle) {
    assert!(!pickle.stream().is_empty());
    let mut shared = Shared::new(pickle);
    for leaf in Walk::new(pickle) {
        match leaf {
            Ok((path, Leaf::Array(array))) => {
                assert!(path.starts_with('$'));
                // Too much work is an error too.
                let _ = shared.get(array, |array| Ok(describe(array)));
            }
            Ok((_, Leaf::Scalar(scalar))) => {
                let (dtype, bytes) = scalar.scalar().expect("a leaf that the walk calls a scalar is one");
                assert_eq!(dtype.size, bytes.len());
                let _ = (scalar.as_i64(), scalar.as_f64());
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

fn describe(array: ArrayRef<'_>) {
    let mut bytes = 0;
    let read = array.for_each_block_bytes(1000, |block| {
        bytes += block.len();
        Ok::<_, Error>(())
    });
    if read.is_ok() && !array.dtype().to_string().is_empty() {
        let unbuilt = bytes == 0;
        assert!(unbuilt || bytes == array.len() * array.dtype().size);
    }
    let _ = (array.sha256(), array.to_vec::<f64>(), array.to_vec::<i64>());
    let _ = (array.to_strings(), array.objects().len());
}
