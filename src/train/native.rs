//! Calls what tch does not bind: fused Adam, freeing of gradients, determinism, precision, memory figures.
//!
//! `native.cpp` holds the other side of every function here.

use std::ffi::{CStr, c_char, c_int};

use tch::{Device, Tensor};

use super::Error;

/// libtorch's `at::Tensor`, as tch's pointers show it.
type Handle = *const std::ffi::c_void;

unsafe extern "C" {
    fn lnln_fused_adam(
        decoupled: bool,
        count: usize,
        parameters: *const Handle,
        gradients: *const Handle,
        first: *const Handle,
        second: *const Handle,
        steps: *const Handle,
        rate: f64,
        beta1: f64,
        beta2: f64,
        decay: f64,
        eps: f64,
    ) -> *mut c_char;
    fn lnln_forget_gradients(parameters: *const Handle, count: usize) -> *mut c_char;
    fn lnln_deterministic(on: bool) -> *mut c_char;
    fn lnln_allow_tf32(on: bool) -> *mut c_char;
    fn lnln_tf32_allowed() -> bool;
    fn lnln_autocast_bf16(cuda: bool, on: bool) -> *mut c_char;
    fn lnln_cuda_memory(
        index: c_int,
        free: *mut usize,
        total: *mut usize,
        reserved: *mut usize,
        peak: *mut usize,
    ) -> *mut c_char;
    fn lnln_reset_cuda_peak(index: c_int) -> *mut c_char;
    fn lnln_release_cuda_memory() -> *mut c_char;
    fn lnln_keep_large_blocks(keep: bool);
    fn lnln_trim_heap();
    fn lnln_free(message: *mut c_char);
}

/// What a fused step reads and writes, all lists of one length and order.
pub struct Moves<'a> {
    pub parameters: &'a [&'a Tensor],
    pub gradients: &'a [&'a Tensor],
    /// First and second moments.
    pub first: &'a [&'a Tensor],
    pub second: &'a [&'a Tensor],
    /// Steps taken, this one included: float32 scalars.
    pub steps: &'a [&'a Tensor],
}

/// The numbers of one fused step.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// AdamW's decay, applied to the parameter; else Adam's, added to the gradient.
    pub decoupled: bool,
    pub rate: f64,
    pub betas: [f64; 2],
    pub decay: f64,
    pub eps: f64,
}

fn handles(tensors: &[&Tensor]) -> Vec<Handle> {
    tensors.iter().map(|t| t.as_ptr() as Handle).collect()
}

/// Frees the gradients of these parameters: they have none until the next backward pass makes new ones.
///
/// # Errors
/// libtorch's message.
pub fn forget_gradients(parameters: &[&Tensor]) -> Result<(), String> {
    let parameters = handles(parameters);
    // SAFETY: every pointer is a live tensor borrowed through `parameters`.
    check(unsafe { lnln_forget_gradients(parameters.as_ptr(), parameters.len()) })
}

/// One step of Adam or AdamW over many tensors, by libtorch's fused kernel.
///
/// # Errors
/// libtorch's message.
pub fn fused_adam(moves: &Moves<'_>, rates: Rates) -> Result<(), String> {
    let lists = [
        moves.parameters,
        moves.gradients,
        moves.first,
        moves.second,
        moves.steps,
    ]
    .map(handles);
    let count = moves.parameters.len();
    if lists.iter().any(|list| list.len() != count) {
        return Err("lists of one length are needed for a fused step".to_owned());
    }
    let [p, g, m, v, s] = lists.each_ref().map(Vec::as_ptr);
    let [beta1, beta2] = rates.betas;
    // SAFETY: every pointer is a live tensor borrowed through `moves`, and every list has `count`
    // of them.
    let message = unsafe {
        let Rates {
            decoupled,
            rate,
            decay,
            eps,
            ..
        } = rates;
        lnln_fused_adam(
            decoupled, count, p, g, m, v, s, rate, beta1, beta2, decay, eps,
        )
    };
    check(message)
}

/// Deterministic algorithms, an error where CUDA has none.
pub fn deterministic(on: bool) -> Result<(), Error> {
    // SAFETY: sets flags of libtorch's context.
    checked(unsafe { lnln_deterministic(on) })
}

/// Whether CUDA may round the factors of float32 products to 10 bits.
pub fn allow_tf32(on: bool) -> Result<(), Error> {
    // SAFETY: as above.
    checked(unsafe { lnln_allow_tf32(on) })
}

/// Whether it may at present.
pub fn tf32_allowed() -> bool {
    // SAFETY: reads a flag of libtorch's context.
    unsafe { lnln_tf32_allowed() }
}

/// bfloat16 in the operations that libtorch thinks safe, on this thread, until switched off.
pub fn autocast_bf16(device: Device, on: bool) -> Result<(), Error> {
    // SAFETY: sets flags of this thread.
    checked(unsafe { lnln_autocast_bf16(device.is_cuda(), on) })
}

/// Memory of a CUDA device, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct CudaMemory {
    pub free: usize,
    pub total: usize,
    /// What libtorch's allocator holds for this process, under tensors or in its cache.
    pub reserved: usize,
    /// The most that tensors of this process have held at once.
    pub peak: usize,
}

/// Memory of CUDA device `index`.
pub fn cuda_memory(index: usize) -> Result<CudaMemory, Error> {
    let mut memory = CudaMemory::default();
    let CudaMemory {
        free,
        total,
        reserved,
        peak,
    } = &mut memory;
    // SAFETY: four places to write to.
    checked(unsafe { lnln_cuda_memory(index as c_int, free, total, reserved, peak) })?;
    Ok(memory)
}

/// Starts the count of [`CudaMemory::peak`] anew, from what is held now.
pub fn reset_cuda_peak(index: usize) -> Result<(), Error> {
    // SAFETY: sets counters of libtorch's allocator.
    checked(unsafe { lnln_reset_cuda_peak(index as c_int) })
}

/// Gives unused blocks back to CUDA, where there is one.
pub fn release_cuda_memory(device: Device) -> Result<(), Error> {
    match device {
        // SAFETY: touches no block in use.
        Device::Cuda(_) => checked(unsafe { lnln_release_cuda_memory() }),
        _ => Ok(()),
    }
}

/// Lets the C heap keep large blocks from step to step: libtorch asks for the same sizes again, and
/// mapping and clearing fresh pages costs more than keeping them.
///
/// What is made while it does not keep them gets pages of its own: what lasts for a whole fit must
/// not lie among the activations of one step, where it would tear the heap.
pub fn keep_large_blocks(keep: bool) {
    // SAFETY: two calls of mallopt.
    unsafe { lnln_keep_large_blocks(keep) }
}

/// Gives the C heap's unused pages back to the machine, those that [`keep_large_blocks`] has kept too.
pub fn trim_heap() {
    // SAFETY: one call of malloc_trim.
    unsafe { lnln_trim_heap() }
}

/// The message of a call, if it left one.
fn check(message: *mut c_char) -> Result<(), String> {
    if message.is_null() {
        return Ok(());
    }
    // SAFETY: native.cpp gives null or a C string for us to free.
    let text = unsafe { CStr::from_ptr(message) }
        .to_string_lossy()
        .into_owned();
    // SAFETY: freed once, after its last use.
    unsafe { lnln_free(message) };
    Err(text)
}

fn checked(message: *mut c_char) -> Result<(), Error> {
    check(message).map_err(Error::Libtorch)
}

#[cfg(test)]
mod tests {
    use tch::Kind;

    use super::*;

    #[test]
    fn what_libtorch_refuses_is_an_error() {
        let (a, b) = (
            Tensor::zeros([2], (Kind::Float, Device::Cpu)),
            Tensor::zeros([2], (Kind::Int64, Device::Cpu)),
        );
        let moves = Moves {
            parameters: &[&b],
            gradients: &[&b],
            first: &[&a],
            second: &[&a],
            steps: &[&a],
        };
        let rates = Rates {
            decoupled: true,
            rate: 0.1,
            betas: [0.9, 0.999],
            decay: 0.0,
            eps: 1e-8,
        };
        assert!(fused_adam(&moves, rates).is_err());
    }

    #[test]
    fn autocast_works_in_bfloat16_and_ends() {
        let x = Tensor::ones([4, 4], (Kind::Float, Device::Cpu));
        autocast_bf16(Device::Cpu, true).unwrap();
        let inside = x.matmul(&x).kind();
        autocast_bf16(Device::Cpu, false).unwrap();
        assert_eq!(inside, Kind::BFloat16);
        assert_eq!(x.matmul(&x).kind(), Kind::Float);
    }
}
