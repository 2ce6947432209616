//! The masks of one field at many rates, a bit a position.

use std::fmt;

use memmap2::MmapMut;
use rayon::prelude::*;

use super::compare::{BLOCK, above_into};

/// Masks of one shape: row-major without gaps, in a byte the first position lowest.
pub struct Planes {
    /// Mapped as a whole, in pages as large as the kernel has: handing out small ones would cost a
    /// fifth of all the time that drawing masks takes.
    memory: MmapMut,
    bytes: usize,
    count: usize,
}

impl Planes {
    /// Which numbers lie above each floor below `floors`, at most 255, in one pass over the numbers on
    /// all threads.
    pub(super) fn above_each(data: &[u8], floors: usize) -> Self {
        let bytes = data.len().div_ceil(8);
        let mut planes = Self {
            memory: zeroed(bytes * floors),
            bytes,
            count: floors,
        };
        let mut rest: Vec<_> = planes.memory[..bytes * floors]
            .chunks_mut(bytes.max(1))
            .map(|bits| bits.chunks_mut(BLOCK / 8))
            .collect();
        let mut next = || rest.iter_mut().filter_map(Iterator::next).collect();
        let tasks: Vec<(&[u8], Vec<&mut [u8]>)> =
            data.chunks(BLOCK).map(|part| (part, next())).collect();
        tasks.into_par_iter().for_each(|(part, planes)| {
            for (floor, bits) in (0..=u8::MAX).zip(planes) {
                above_into(part, floor, bits);
            }
        });
        planes
    }

    /// The mask at one rate, by the rate's place in the list.
    pub fn get(&self, place: usize) -> Option<&[u8]> {
        let start = place * self.bytes;
        (place < self.count).then(|| &self.memory[start..start + self.bytes])
    }

    /// The masks in the order of their rates.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.count).filter_map(|place| self.get(place))
    }
}

impl PartialEq for Planes {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Planes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} masks of {} bytes", self.count, self.bytes)
    }
}

#[expect(
    clippy::expect_used,
    reason = "the heap ends a program without memory in the same way"
)]
fn zeroed(bytes: usize) -> MmapMut {
    let memory = MmapMut::map_anon(bytes.max(1)).expect("memory for masks");
    // Where the kernel has no large pages, small ones do.
    #[cfg(target_os = "linux")]
    let _ = memory.advise(memmap2::Advice::HugePage);
    memory
}

#[cfg(test)]
mod tests {
    use super::super::packing::above;
    use super::*;

    #[test]
    fn every_byte_is_compared_with_every_floor() {
        // Beside every neighbour, since a carry would show there; not a multiple of eight.
        let data: Vec<u8> = (0..=255)
            .chain((0..=255).rev())
            .chain([7, 9, 255])
            .collect();
        let planes = Planes::above_each(&data, 255);
        for (floor, bits) in (0..255).zip(planes.iter()) {
            let expected = data.iter().map(|n| *n > floor);
            let found = (0..data.len()).map(|k| bits[k / 8] >> (k % 8) & 1 == 1);
            assert!(found.eq(expected), "{floor}");
            assert_eq!(bits, above(&data, floor));
        }
        assert_eq!(planes.iter().count(), 255);
        assert_eq!(planes.get(255), None);
    }

    #[test]
    fn parts_for_threads_join() {
        let many: Vec<u8> = (0..100_003u32).map(|i| (i * i % 12) as u8).collect();
        let planes = Planes::above_each(&many, 11);
        let one_by_one = (0..11).map(|floor| above(&many, floor));
        assert!(planes.iter().eq(one_by_one));
        assert_eq!(planes, Planes::above_each(&many, 11));
        assert_ne!(planes, Planes::above_each(&many[1..], 11));
        assert!(Planes::above_each(&[], 2).iter().all(<[u8]>::is_empty));
    }
}
