//! Folders in which other computers write: the system tells of its own changes there, and not of theirs.

use std::path::Path;

/// Whether `folder` is on a network, or belongs to another system (a mounted share, Windows seen from WSL).
#[cfg(target_os = "linux")]
pub(crate) fn is_far(folder: &Path) -> bool {
    // linux/magic.h; FUSE is mostly sshfs and its kind, 9p is how WSL shows the disks of Windows.
    const FAR: [i64; 9] =
        [0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x6573_5546, 0x0102_1997, 0x5346_414F, 0x00C3_6400, 0x786F_4256];
    nix::sys::statfs::statfs(folder).is_ok_and(|found| FAR.contains(&found.filesystem_type().0))
}

/// The same on macOS.
#[cfg(target_os = "macos")]
pub(crate) fn is_far(folder: &Path) -> bool {
    use nix::mount::MntFlags;
    nix::sys::statfs::statfs(folder).is_ok_and(|found| !found.flags().contains(MntFlags::MNT_LOCAL))
}

/// The same on Windows: a share, or a folder of WSL.
#[cfg(windows)]
pub(crate) fn is_far(folder: &Path) -> bool {
    use std::path::{Component, Prefix};
    let first = folder.components().next();
    matches!(first, Some(Component::Prefix(prefix)) if matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..)))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_local_folder_is_not_far() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_far(folder.path()), "the system tells of every change there");
        assert!(!is_far(&folder.path().join("missing")), "nothing is said of a folder that is not there");
    }
}
