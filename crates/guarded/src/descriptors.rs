//! What a child gets of this process's open files: nothing.

use libc::c_int;

/// The first descriptor that is not standard input, output or error.
const FIRST: c_int = 3;
/// How far is looked where the kernel cannot do it in one call.
const LAST: c_int = 1023;

/// Keeps every descriptor that is open now, but for the standard three, from children that this process starts.
///
/// Rust's own descriptors are kept from them anyway; this is for those that the starter of this process left open.
pub fn keep_from_children() {
    if !all_at_once() {
        for descriptor in FIRST..=LAST {
            // SAFETY: it changes a flag of a descriptor, or fails where there is none.
            unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
}

/// `close_range(2)` with `CLOSE_RANGE_CLOEXEC`, Linux 5.11.
fn all_at_once() -> bool {
    #[cfg(target_os = "linux")]
    {
        let (first, last) = (FIRST as libc::c_uint, libc::c_uint::MAX);
        // SAFETY: with this flag it closes nothing in this process; it takes three numbers.
        let answer = unsafe { libc::syscall(libc::SYS_close_range, first, last, libc::CLOSE_RANGE_CLOEXEC) };
        answer == 0
    }
    #[cfg(not(target_os = "linux"))]
    false
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_descriptor_that_was_left_open_does_not_reach_a_child() {
        let file = std::fs::File::open("/dev/null").expect("a file is opened");
        let number = std::os::fd::AsRawFd::as_raw_fd(&file);
        let child_has_it = || {
            let script = format!("test -e /dev/fd/{number}");
            Command::new("sh").args(["-c", &script]).status().expect("a shell is installed").success()
        };
        // SAFETY: it changes a flag of a descriptor of this test's own.
        unsafe { libc::fcntl(number, libc::F_SETFD, 0) };
        assert!(child_has_it(), "a descriptor without the flag is inherited");
        keep_from_children();
        assert!(!child_has_it(), "now it is not");
    }
}
