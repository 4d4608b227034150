//! Keys share regions: memory that may be locked is scarce (64 KiB on many systems), and a page holds 128 keys.

use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroize;

use crate::region::{REGION, Region};
use crate::{LENGTH, Protection};

const SLOTS: u32 = (REGION / LENGTH) as u32;
const _: () = assert!(SLOTS == u128::BITS, "a region's slots are the bits of one number");

/// Regions of which at least one slot is taken.
pub(crate) struct Pool(Mutex<Vec<Shared>>);

struct Shared {
    region: Region,
    /// Bit n is set while slot n is taken.
    taken: u128,
}

/// Room for one key, that nobody else has until it is given back.
pub(crate) struct Slot {
    place: NonNull<[u8; LENGTH]>,
    protection: Protection,
}

// SAFETY: a slot is memory of its own, reached through `&self` only to be read.
unsafe impl Send for Slot {}
// SAFETY: as above; writing takes `&mut self`.
unsafe impl Sync for Slot {}

impl Slot {
    pub(crate) fn bytes(&self) -> &[u8; LENGTH] {
        // SAFETY: the pool handed out `place` for this slot alone, inside a region that stays mapped
        // until the slot is given back, and arrays of bytes have no alignment and no invalid values.
        unsafe { self.place.as_ref() }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8; LENGTH] {
        // SAFETY: as in `bytes`, and `&mut self` shows that nobody reads meanwhile.
        unsafe { self.place.as_mut() }
    }

    pub(crate) fn protection(&self) -> Protection {
        self.protection
    }
}

impl Pool {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// A slot of zeros.
    pub(crate) fn take(&self) -> Slot {
        let mut shared = self.shared();
        let found = shared.iter().position(|shared| shared.taken != u128::MAX).unwrap_or_else(|| {
            shared.push(Shared { region: Region::new(), taken: 0 });
            shared.len() - 1
        });
        shared[found].take()
    }

    /// Wipes the slot and makes its room free; it must not be used any more.
    pub(crate) fn give(&self, slot: &mut Slot) {
        slot.bytes_mut().zeroize();
        let mut shared = self.shared();
        let home = shared.iter().position(|shared| shared.number_of(slot).is_some());
        if let Some(home) = home
            && let Some(number) = shared[home].number_of(slot)
        {
            shared[home].taken &= !(1 << number);
            if shared[home].taken == 0 {
                shared.swap_remove(home);
            }
        }
    }

    fn shared(&self) -> MutexGuard<'_, Vec<Shared>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// The first free slot; there has to be one.
    fn take(&mut self) -> Slot {
        let number = self.taken.trailing_ones();
        self.taken |= 1 << number;
        // SAFETY: a free bit's number is below SLOTS, so this stays inside the region.
        let place = unsafe { self.region.start().add(number as usize * LENGTH) };
        Slot { place: place.cast(), protection: self.region.protection() }
    }

    fn number_of(&self, slot: &Slot) -> Option<usize> {
        let offset = slot.place.addr().get().checked_sub(self.region.start().addr().get())?;
        (offset < REGION).then_some(offset / LENGTH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_that_was_given_back_is_wiped_and_used_again() {
        let pool = Pool::new();
        let mut neighbour = pool.take();
        neighbour.bytes_mut().fill(1);
        let mut slot = pool.take();
        slot.bytes_mut().fill(2);
        let place = slot.place;
        pool.give(&mut slot);
        // SAFETY: the neighbour keeps the region mapped, and nobody has the slot now.
        let left = unsafe { place.read_volatile() };
        assert_eq!(left, [0; LENGTH], "nothing is left of the key");
        assert_eq!(neighbour.bytes(), &[1; LENGTH], "its neighbour is whole");
        let mut again = pool.take();
        assert_eq!(again.place, place, "the room is used again");
        pool.give(&mut again);
        pool.give(&mut neighbour);
    }

    #[test]
    fn a_region_is_given_back_with_its_last_key_and_never_before() {
        let pool = Pool::new();
        let mut slots: Vec<Slot> = (0..SLOTS + 1).map(|_| pool.take()).collect();
        assert_eq!(pool.shared().len(), 2, "one key more than fits takes a second region");
        for (number, slot) in slots.iter_mut().enumerate() {
            slot.bytes_mut().fill(number as u8);
        }
        for (number, slot) in slots.iter().enumerate() {
            assert_eq!(slot.bytes(), &[number as u8; LENGTH], "no two keys overlap");
        }
        let mut last = slots.pop().expect("there are many");
        pool.give(&mut last);
        assert_eq!(pool.shared().len(), 1, "the second region went with its only key");
        let mut kept = slots.swap_remove(70);
        slots.iter_mut().for_each(|slot| pool.give(slot));
        assert_eq!(kept.bytes(), &[70; LENGTH], "a key that is still there keeps its region");
        pool.give(&mut kept);
        assert_eq!(pool.shared().len(), 0, "the last key takes the region with it");
    }
}
