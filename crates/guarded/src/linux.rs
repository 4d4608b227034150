//! `memfd_secret`, else anonymous memory that is locked, left out of dumps and wiped in children.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr::{self, NonNull};

use libc::{c_int, c_void};

use crate::Protection;
use crate::region::REGION;

pub(crate) fn map(protection: Protection) -> Option<NonNull<u8>> {
    match protection {
        Protection::Secret => secret(),
        Protection::Locked => {
            let start = anonymous()?;
            // SAFETY: the range was just mapped. Locking changes nothing that a reader could see.
            if unsafe { libc::mlock(start.as_ptr().cast(), REGION) } == 0 {
                return Some(start);
            }
            // SAFETY: it was just mapped and nobody else knows of it.
            unsafe { unmap(start) };
            None
        }
        Protection::Plain => anonymous(),
    }
}

/// # Safety
/// `start` came from [`map`], is unmapped only once, and nothing in it is used any more.
pub(crate) unsafe fn unmap(start: NonNull<u8>) {
    // SAFETY: the caller's promise. It can only fail for a range that is none.
    unsafe { libc::munmap(start.as_ptr().cast(), REGION) };
}

/// Memory that the kernel cannot read either (Linux 5.14; off in some before 6.5).
/// It counts against the limit of locked memory, and is locked and out of dumps by itself.
fn secret() -> Option<NonNull<u8>> {
    // SAFETY: the call takes one number and gives a new descriptor, or -1.
    let made = unsafe { libc::syscall(libc::SYS_memfd_secret, libc::O_CLOEXEC) };
    let made = RawFd::try_from(made).ok().filter(|made| *made >= 0)?;
    // SAFETY: the descriptor is new and nobody else's. The mapping outlives it.
    let file = unsafe { OwnedFd::from_raw_fd(made) };
    // SAFETY: it takes the descriptor, which is open, and a length.
    if unsafe { libc::ftruncate(file.as_raw_fd(), REGION as libc::off_t) } != 0 {
        return None;
    }
    let start = mmap(libc::MAP_SHARED, file.as_raw_fd())?;
    // It is shared memory, so a child would see it; this one's children find nothing there.
    advise(start, libc::MADV_DONTFORK);
    Some(start)
}

fn anonymous() -> Option<NonNull<u8>> {
    let start = mmap(libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1)?;
    advise(start, libc::MADV_DONTDUMP);
    advise(start, libc::MADV_WIPEONFORK);
    Some(start)
}

fn mmap(flags: c_int, file: RawFd) -> Option<NonNull<u8>> {
    // SAFETY: a new mapping where the kernel likes it takes nothing from anybody.
    let start = unsafe { libc::mmap(ptr::null_mut(), REGION, libc::PROT_READ | libc::PROT_WRITE, flags, file, 0) };
    if start == libc::MAP_FAILED { None } else { NonNull::new(start.cast()) }
}

/// An old kernel may not know the advice; the memory is used all the same.
fn advise(start: NonNull<u8>, advice: c_int) {
    // SAFETY: the range was just mapped, and none of the advice used here changes its content in this process.
    unsafe { libc::madvise(start.as_ptr().cast::<c_void>(), REGION, advice) };
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::os::unix::fs::FileExt;

    use super::*;
    use crate::region::Region;

    /// The mapping's flags in `/proc/self/smaps`, proc(5).
    fn flags(start: NonNull<u8>) -> Vec<String> {
        let maps = fs::read_to_string("/proc/self/smaps").expect("proc is mounted");
        let address = format!("{:x}-", start.addr());
        let of_this = maps.lines().skip_while(|line| !line.starts_with(&address));
        let flags = of_this.filter_map(|line| line.strip_prefix("VmFlags:")).next().expect("the mapping is listed");
        flags.split_whitespace().map(str::to_owned).collect()
    }

    /// What another process, or this one through the kernel, reads there.
    fn read_through_the_kernel(start: NonNull<u8>) -> std::io::Result<[u8; 32]> {
        let memory = File::open("/proc/self/mem").expect("proc is mounted");
        let mut bytes = [0; 32];
        memory.read_exact_at(&mut bytes, start.addr().get() as u64).map(|()| bytes)
    }

    fn filled(region: &Region) -> NonNull<u8> {
        // SAFETY: the region is REGION bytes long and this test's own.
        unsafe { region.start().write_bytes(7, 32) };
        region.start()
    }

    /// The exit status of a forked child that runs `look`, which may only make system calls and read memory.
    fn in_child(look: impl Fn() -> c_int) -> c_int {
        // SAFETY: the child does nothing but `look` and end, so no lock of another thread is needed there.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let status = look();
            // SAFETY: it ends the child at once and runs nothing of the test's.
            unsafe { libc::_exit(status) };
        }
        let mut status = 0;
        // SAFETY: `status` is a place for the answer, and the child is this test's own.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child, "the child ended");
        assert!(libc::WIFEXITED(status), "it was not killed");
        libc::WEXITSTATUS(status)
    }

    #[test]
    fn secret_memory_is_read_by_nobody_else() {
        let Some(region) = Region::of_kind(Protection::Secret) else {
            assert!(!kernel_has_it(), "the kernel has secret memory and gave none");
            return;
        };
        let start = filled(&region);
        let read = read_through_the_kernel(start).expect_err("the kernel does not read it");
        assert!(matches!(read.raw_os_error(), Some(libc::EIO | libc::EFAULT)), "it says so: {read}");
        let flags = flags(start);
        for flag in ["lo", "dd", "dc"] {
            assert!(flags.iter().any(|is| is == flag), "locked, not dumped, not copied to children: {flags:?}");
        }
        let seen = in_child(|| {
            let mut there = 0_u8;
            // SAFETY: it only asks whether the range is mapped, and `there` is a place for the answer.
            unsafe { libc::mincore(start.as_ptr().cast(), REGION, (&raw mut there).cast()) }.abs()
        });
        assert_eq!(seen, 1, "in a child nothing is mapped there");
    }

    fn kernel_has_it() -> bool {
        // SAFETY: as in `secret`.
        let made = unsafe { libc::syscall(libc::SYS_memfd_secret, libc::O_CLOEXEC) };
        if let Ok(made) = RawFd::try_from(made)
            && made >= 0
        {
            // SAFETY: the descriptor is new and nobody else's.
            drop(unsafe { OwnedFd::from_raw_fd(made) });
            return true;
        }
        false
    }

    #[test]
    fn locked_memory_is_out_of_dumps_and_empty_in_children() {
        let Some(region) = Region::of_kind(Protection::Locked) else { return };
        let start = filled(&region);
        let read = read_through_the_kernel(start).expect("ordinary memory is readable");
        assert_eq!(read, [7; 32], "so the test above can tell the difference");
        let flags = flags(start);
        for flag in ["lo", "dd", "wf"] {
            assert!(flags.iter().any(|is| is == flag), "locked, not dumped, wiped in children: {flags:?}");
        }
        // SAFETY: the region is mapped in the child too, and its bytes are initialised.
        let seen = in_child(|| c_int::from(unsafe { start.read_volatile() }));
        assert_eq!(seen, 0, "a child sees zeros");
    }

    #[test]
    fn memory_that_cannot_be_locked_is_still_out_of_dumps() {
        let region = Region::of_kind(Protection::Plain).expect("there is memory");
        let flags = flags(filled(&region));
        assert!(!flags.iter().any(|is| is == "lo"), "it is not locked: {flags:?}");
        for flag in ["dd", "wf"] {
            assert!(flags.iter().any(|is| is == flag), "not dumped, wiped in children: {flags:?}");
        }
    }
}
