//! Binds what tch does not: fused Adam, freed gradients, determinism, precision, memory figures.
//!
//! `native.cpp` implements every function declared here.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use tch::{Device, Tensor};

use super::Error;

/// libtorch's `at::Tensor`, as tch's pointers give it.
type Handle = *const c_void;

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
        broken: Handle,
    ) -> *mut c_char;
    fn lnln_find_broken(tensors: *const Handle, count: usize, broken: Handle) -> *mut c_char;
    fn lnln_keep_copies(keep: bool) -> *mut c_char;
    fn lnln_refresh_copies(count: *mut usize) -> *mut c_char;
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
    fn lnln_watch_memory(cuda: bool, out: *mut *mut c_void) -> *mut c_char;
    fn lnln_watched(watch: *const c_void, held: *mut *const i64) -> usize;
    fn lnln_end_watch(watch: *mut c_void);
    fn lnln_random_state(cuda: bool, index: c_int, out: *mut *mut c_void) -> *mut c_char;
    fn lnln_restore_random_state(cuda: bool, index: c_int, state: *mut c_void) -> *mut c_char;
    fn lnln_keep_large_blocks(keep: bool);
    fn lnln_trim_heap();
    fn lnln_free(message: *mut c_char);
}

/// Tensors that a fused step reads and writes: lists of one length and order.
pub struct Moves<'a> {
    pub parameters: &'a [&'a Tensor],
    pub gradients: &'a [&'a Tensor],
    /// First and second moments.
    pub first: &'a [&'a Tensor],
    pub second: &'a [&'a Tensor],
    /// Steps taken, this one included: float32 scalars.
    pub steps: &'a [&'a Tensor],
    /// As [`find_broken`] left it: where it is 1, nothing moves.
    pub broken: &'a Tensor,
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

/// Frees the gradients of these parameters; the next backward pass makes new ones.
///
/// # Errors
/// libtorch's message.
pub fn forget_gradients(parameters: &[&Tensor]) -> Result<(), String> {
    let parameters = handles(parameters);
    // SAFETY: every pointer is a live tensor borrowed through `parameters`.
    result(unsafe { lnln_forget_gradients(parameters.as_ptr(), parameters.len()) })
}

/// Sets `broken`, a float32 scalar, to 1 where one of the tensors of its device is not finite, and leaves it as it is
/// otherwise. The host waits for nothing.
///
/// # Errors
/// libtorch's message.
pub fn find_broken(tensors: &[&Tensor], broken: &Tensor) -> Result<(), String> {
    let tensors = handles(tensors);
    // SAFETY: every pointer is a live tensor, borrowed through the arguments.
    result(unsafe { lnln_find_broken(tensors.as_ptr(), tensors.len(), broken.as_ptr() as Handle) })
}

/// bfloat16 copies of the parameters of linear layers, kept from step to step for passes under autocast on this thread,
/// until it is dropped. Without them every pass makes its own.
#[derive(Debug)]
pub struct KeptCopies(());

impl KeptCopies {
    /// Keeps copies from here on; each is made when it is first used.
    ///
    /// # Errors
    /// [`Error::Libtorch`].
    pub fn start() -> Result<Self, Error> {
        // SAFETY: sets a state of this thread.
        checked(unsafe { lnln_keep_copies(true) })?;
        Ok(Self(()))
    }

    /// Makes the copies of parameters that have changed again, in one call for all; gives how many. A copy that is
    /// used before then is made again by itself.
    ///
    /// # Errors
    /// [`Error::Libtorch`].
    pub fn refresh(&self) -> Result<usize, Error> {
        let mut count = 0;
        // SAFETY: writes a number, and to tensors that the native side alone holds.
        checked(unsafe { lnln_refresh_copies(&raw mut count) })?;
        Ok(count)
    }
}

impl Drop for KeptCopies {
    fn drop(&mut self) {
        // SAFETY: as above.
        if let Err(error) = checked(unsafe { lnln_keep_copies(false) }) {
            tracing::error!("bfloat16 copies of parameters stay: {error}");
        }
    }
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
    let broken = moves.broken.as_ptr() as Handle;
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
            decoupled, count, p, g, m, v, s, rate, beta1, beta2, decay, eps, broken,
        )
    };
    result(message)
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

/// Whether it may now.
pub fn tf32_allowed() -> bool {
    // SAFETY: reads a flag of libtorch's context.
    unsafe { lnln_tf32_allowed() }
}

/// Switches libtorch's autocast to bfloat16 on this thread on or off.
pub fn autocast_bf16(device: Device, on: bool) -> Result<(), Error> {
    // SAFETY: sets flags of this thread.
    checked(unsafe { lnln_autocast_bf16(device.is_cuda(), on) })
}

/// Memory of a CUDA device, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct CudaMemory {
    pub free: usize,
    pub total: usize,
    /// Bytes that libtorch's allocator holds for this process, for tensors or in its cache.
    pub reserved: usize,
    /// The most that tensors of this process held at once.
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
    // SAFETY: four pointers to write to.
    checked(unsafe { lnln_cuda_memory(index as c_int, free, total, reserved, peak) })?;
    Ok(memory)
}

/// Resets [`CudaMemory::peak`] to what is held now.
pub fn reset_cuda_peak(index: usize) -> Result<(), Error> {
    // SAFETY: sets counters of libtorch's allocator.
    checked(unsafe { lnln_reset_cuda_peak(index as c_int) })
}

/// Returns unused blocks to CUDA; no effect on a CPU.
pub fn release_cuda_memory(device: Device) -> Result<(), Error> {
    match device {
        // SAFETY: touches no block in use.
        Device::Cuda(_) => checked(unsafe { lnln_release_cuda_memory() }),
        _ => Ok(()),
    }
}

/// Follows the memory of the tensors that this thread and its backward passes make and free.
///
/// A tensor made by libtorch's worker threads inside one operation is not seen.
#[derive(Debug)]
pub struct MemoryWatch {
    /// Ended on the thread that it was started on: a raw pointer is not `Send`.
    watch: *mut c_void,
}

impl MemoryWatch {
    /// Watches the memory of a device from here on.
    ///
    /// # Errors
    /// [`Error::Libtorch`].
    pub fn start(device: Device) -> Result<Self, Error> {
        let mut watch = ptr::null_mut();
        // SAFETY: a call without a message has stored a pointer, which this takes over.
        checked(unsafe { lnln_watch_memory(device.is_cuda(), &raw mut watch) })?;
        Ok(Self { watch })
    }

    /// Bytes held of tensors made since the start, after each allocation and each release of one.
    pub fn held(&self) -> &[i64] {
        let mut held = ptr::null();
        // SAFETY: the watch lives as long as `self`.
        let count = unsafe { lnln_watched(self.watch, &raw mut held) };
        if count == 0 {
            return &[];
        }
        // SAFETY: `held` points to `count` numbers, and nothing is added while no operation runs.
        unsafe { std::slice::from_raw_parts(held, count) }
    }
}

impl Drop for MemoryWatch {
    fn drop(&mut self) {
        // SAFETY: freed once, on the thread that started it.
        unsafe { lnln_end_watch(self.watch) }
    }
}

/// The states of the generators of random numbers that passes on a device draw from.
#[derive(Debug)]
pub struct RandomState {
    states: Vec<(Device, *mut c_void)>,
}

impl RandomState {
    /// Copies the states of the CPU's generator and of the device's own.
    ///
    /// # Errors
    /// [`Error::Libtorch`].
    pub fn save(device: Device) -> Result<Self, Error> {
        let mut states = Vec::new();
        let others = Some(device).filter(|device| device.is_cuda());
        for device in std::iter::once(Device::Cpu).chain(others) {
            let mut state = ptr::null_mut();
            let (cuda, index) = generator(device);
            // SAFETY: a call without a message has stored a pointer, which this takes over.
            checked(unsafe { lnln_random_state(cuda, index, &raw mut state) })?;
            states.push((device, state));
        }
        Ok(Self { states })
    }

    /// Sets the generators back to these states.
    ///
    /// # Errors
    /// [`Error::Libtorch`].
    pub fn restore(self) -> Result<(), Error> {
        for (device, state) in self.states {
            let (cuda, index) = generator(device);
            // SAFETY: `state` is a copy that `save` made; each is given back once.
            checked(unsafe { lnln_restore_random_state(cuda, index, state) })?;
        }
        Ok(())
    }
}

/// A device as native.cpp names its generator.
fn generator(device: Device) -> (bool, c_int) {
    match device {
        Device::Cuda(index) => (true, index as c_int),
        _ => (false, 0),
    }
}

/// Lets the C heap keep large blocks from step to step: libtorch allocates the same sizes again, and
/// mapping and clearing new pages costs more than keeping them.
///
/// While it does not keep them, large tensors get pages of their own: tensors that last for a whole fit
/// would fragment the heap if they were among the activations of one step.
pub fn keep_large_blocks(keep: bool) {
    // SAFETY: two calls of mallopt.
    unsafe { lnln_keep_large_blocks(keep) }
}

/// Returns the C heap's unused pages to the system, including those that [`keep_large_blocks`] kept.
pub fn trim_heap() {
    // SAFETY: one call of malloc_trim.
    unsafe { lnln_trim_heap() }
}

/// The message of a call, if it left one.
fn result(message: *mut c_char) -> Result<(), String> {
    if message.is_null() {
        return Ok(());
    }
    // SAFETY: native.cpp gives null or a C string to be freed here.
    let text = unsafe { CStr::from_ptr(message) }
        .to_string_lossy()
        .into_owned();
    // SAFETY: freed once, after its last use.
    unsafe { lnln_free(message) };
    Err(text)
}

/// Frees a text of the native side.
///
/// # Safety
/// The text is one that the native side gave over, and is used no more.
pub(super) unsafe fn free(text: *mut c_char) {
    // SAFETY: as promised by the caller.
    unsafe { lnln_free(text) }
}

/// libtorch's message as an error; none where the call went well.
pub(super) fn checked(message: *mut c_char) -> Result<(), Error> {
    result(message).map_err(Error::Libtorch)
}

#[cfg(test)]
mod tests {
    use tch::Kind;

    use super::*;

    #[test]
    fn a_refusal_of_libtorch_is_an_error() {
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
            broken: &a,
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
    fn a_watch_sees_tensors_made_and_freed() {
        let make = || Tensor::zeros([256], (Kind::Float, Device::Cpu));
        let before = make();
        let watch = MemoryWatch::start(Device::Cpu).unwrap();
        let first = make();
        let second = make();
        drop((first, before));
        assert_eq!(watch.held(), [1024, 2048, 1024]);
        drop((second, watch));
        let later = make();
        let watch = MemoryWatch::start(Device::Cpu).unwrap();
        assert!(watch.held().is_empty());
        drop(later);
    }

    #[test]
    fn a_watch_counts_no_tensor_made_where_another_watch_s_stood() {
        let make = || Tensor::zeros([256], (Kind::Float, Device::Cpu));
        // So many that the memory of some is used again.
        let many = || (0..100).map(|_| make()).collect::<Vec<Tensor>>();
        let watch = MemoryWatch::start(Device::Cpu).unwrap();
        let watched = many();
        drop(watch);
        drop(watched);
        let unwatched = many();
        let watch = MemoryWatch::start(Device::Cpu).unwrap();
        drop(unwatched);
        assert!(watch.held().is_empty(), "{:?}", watch.held());
    }

    #[test]
    fn random_numbers_are_drawn_again_after_a_restored_state() {
        let _rng = crate::model::rng::seeded(3);
        let state = RandomState::save(Device::Cpu).unwrap();
        let draw = || Tensor::rand([5], (Kind::Float, Device::Cpu));
        let first = draw();
        tch::manual_seed(99);
        state.restore().unwrap();
        assert!(draw().equal(&first));
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
