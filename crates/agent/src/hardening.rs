//! What this process denies to others of the same user.

/// No core dump of this process, and no debugger on it: both would hold keys.
pub(crate) fn no_core_dumps() {
    #[cfg(unix)]
    {
        use nix::sys::resource::{Resource, setrlimit};
        // Where the system refuses, nothing else depends on it.
        let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    }
    #[cfg(target_os = "linux")]
    {
        let _ = nix::sys::prctl::set_dumpable(false);
    }
}

/// Children of this process get nothing of what its starter left open.
pub(crate) fn hand_nothing_down() {
    #[cfg(unix)]
    floom_guarded::keep_from_children();
}

/// Leaves the starter's session and terminal.
pub(crate) fn detach() {
    #[cfg(unix)]
    {
        // Fails only for a process that leads its group already.
        let _ = nix::unistd::setsid();
    }
}

/// Closes standard output: whoever started this has read what it needs.
pub(crate) fn close_output() {
    #[cfg(unix)]
    if let Ok(null) = std::fs::File::options().write(true).open("/dev/null") {
        let _ = nix::unistd::dup2_stdout(&null);
    }
}
