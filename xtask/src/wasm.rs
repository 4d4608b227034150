//! A compiler for wasm32: rustup's target, else Debian's toolchain, unpacked into the build folder.
//!
//! Debian's `rustc-web` conflicts with a `rustc` of the user's own, so it is downloaded and unpacked, never installed.
//! It compiles its own sources of the standard library (`-Zbuild-std`), since no package has them compiled for wasm32.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::job::{Outcome, read, run, say};
use crate::place;

/// The target of the front end.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// What a cargo command needs in its environment to compile for wasm32.
pub(crate) struct Toolchain {
    environment: Vec<(&'static str, OsString)>,
}

impl Toolchain {
    /// Lets `command` compile with this toolchain.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
    }
}

/// Finds or fetches the compiler for wasm32.
pub(crate) fn toolchain() -> Outcome<Toolchain> {
    let Some(unpacked) = for_target(TARGET)? else { return Ok(Toolchain { environment: Vec::new() }) };
    let linker = sysroot()?.join("lib/rustlib").join(host()?).join("bin/rust-lld");
    let mut toolchain = unpacked.toolchain("std,panic_abort");
    toolchain.environment.push(("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker.into()));
    Ok(toolchain)
}

/// Debian's toolchain, unpacked.
pub(crate) struct Unpacked {
    rustc: PathBuf,
}

impl Unpacked {
    /// A toolchain that compiles the crates `std` of the standard library from their sources.
    pub(crate) fn toolchain(&self, std: &str) -> Toolchain {
        Toolchain {
            environment: vec![
                ("RUSTC", self.rustc.clone().into()),
                ("RUSTC_BOOTSTRAP", "1".into()),
                ("CARGO_UNSTABLE_BUILD_STD", std.into()),
            ],
        }
    }
}

/// Finds or fetches a compiler for `target`: `None` where rustup's own has it, else Debian's.
pub(crate) fn for_target(target: &str) -> Outcome<Option<Unpacked>> {
    let sysroot = sysroot()?;
    if has_target(&sysroot, target) {
        return Ok(None);
    }
    let folder = place::target().join("wasm-toolchain");
    let rustc = folder.join("rustc");
    if !rustc.is_file() {
        say("setup", format_args!("rustup target add {target}"));
        let added = Command::new("rustup").args(["target", "add", target]).stdin(Stdio::null()).status();
        if added.is_ok_and(|status| status.success()) && has_target(&sysroot, target) {
            return Ok(None);
        }
        say("setup", "rustup could not bring it; taking Debian's own compiler, unpacked into the build folder");
        unpack(&folder).map_err(|stop| {
            format!("there is no compiler for {target}: rustup could not bring it, and {stop}. Nothing was installed")
        })?;
    }
    Ok(Some(Unpacked { rustc }))
}

fn sysroot() -> Outcome<PathBuf> {
    Ok(read(Command::new("rustc").args(["--print", "sysroot"]))?.trim().into())
}

fn has_target(sysroot: &Path, target: &str) -> bool {
    sysroot.join("lib/rustlib").join(target).join("lib").is_dir()
}

fn host() -> Outcome<String> {
    let told = read(Command::new("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not name its host".into())
}

fn unpack(folder: &Path) -> Outcome {
    let packages = packages()?;
    let downloads = folder.join("packages");
    // What an earlier attempt left would mix with newer packages.
    if folder.is_dir() {
        fs::remove_dir_all(folder)?;
    }
    let unpacked = folder.join("root");
    download(&packages, &downloads, &unpacked)?;
    fs::remove_dir_all(&downloads)?;
    let libraries = libraries(&unpacked)?;
    let wrapper = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH='{}' exec '{}' \"$@\"\n",
        libraries.display(),
        unpacked.join("usr/bin/rustc").display()
    );
    let half = folder.join("rustc.half");
    fs::write(&half, wrapper)?;
    fs::set_permissions(&half, fs::Permissions::from_mode(0o755))?;
    check_age(&read(Command::new(&half).arg("--version"))?)?;
    fs::rename(half, folder.join("rustc"))?;
    Ok(())
}

/// Downloads Debian packages into the folder `downloads` and unpacks them into `unpacked`; nothing is installed.
pub(crate) fn download(packages: &[String], downloads: &Path, unpacked: &Path) -> Outcome {
    fs::create_dir_all(downloads)?;
    say("setup", format_args!("apt-get download {}", packages.join(" ")));
    // Downloads by root go through another user, who may not write here.
    let download = ["download", "-qq", "-o", "APT::Sandbox::User=root"];
    run(Command::new("apt-get").args(download).args(packages).current_dir(downloads))?;
    for package in fs::read_dir(downloads)? {
        run(Command::new("dpkg").arg("-x").arg(package?.path()).arg(unpacked))?;
    }
    Ok(())
}

/// A compiler that is too old would fail later, and in less clear words.
fn check_age(told: &str) -> Outcome {
    let wanted = env!("CARGO_PKG_RUST_VERSION");
    match (minor(told.trim_start_matches("rustc ")), minor(wanted)) {
        (Some(is), Some(wants)) if is >= wants => Ok(()),
        _ => Err(format!(
            "Debian's compiler is {}, where {wanted} is needed (its security archive has newer ones)",
            told.trim()
        )
        .into()),
    }
}

/// The 95 of 1.95.0.
fn minor(version: &str) -> Option<u32> {
    version.split('.').nth(1)?.parse().ok()
}

/// The packages by name, versions and all, as apt knows them today: the compiler, its sources, and of what it depends
/// on the libraries of Rust and LLVM, which an ordinary system does not have.
fn packages() -> Outcome<Vec<String>> {
    let mut names = BTreeSet::from(["rustc-web".to_owned(), "rust-web-src".to_owned()]);
    let mut open = vec!["rustc-web".to_owned()];
    while let Some(package) = open.pop() {
        let told = read(Command::new("apt-cache").env("LC_ALL", "C").args(["depends", &package]))?;
        for name in needed(&told) {
            if names.insert(name.to_owned()) {
                open.push(name.to_owned());
            }
        }
    }
    Ok(names.into_iter().collect())
}

fn needed(told: &str) -> impl Iterator<Item = &str> {
    told.lines()
        .filter_map(|line| line.trim_start().strip_prefix("Depends: "))
        .filter(|name| name.starts_with("libstd-rust") || name.starts_with("libllvm"))
}

/// The folder of shared libraries: `usr/lib/<multiarch triple>`, whatever this machine's is called.
fn libraries(unpacked: &Path) -> Outcome<PathBuf> {
    for entry in fs::read_dir(unpacked.join("usr/lib"))? {
        let folder = entry?.path();
        let is_it = folder.is_dir()
            && fs::read_dir(&folder)?
                .filter_map(Result::ok)
                .any(|file| file.file_name().to_string_lossy().starts_with("librustc_driver"));
        if is_it {
            return Ok(folder);
        }
    }
    Err("the unpacked compiler lacks its libraries".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_older_than_the_workspace_is_refused() {
        assert!(check_age("rustc 1.4000.0 (built from a source tarball)").is_ok(), "a newer one will do");
        let refused = check_age("rustc 1.63.0 (built from a source tarball)").expect_err("too old").to_string();
        assert!(refused.contains("1.63.0"), "the refusal names the version that was found: {refused}");
    }

    #[test]
    fn the_compiler_s_own_libraries_are_taken_and_the_system_s_are_not() {
        let told = "libstd-rust-web-1.96\n  Depends: libc6\n  Depends: libllvm22\n  Depends: libstdc++6\n  \
                    Conflicts: <libstd-rust-1.96>\n  Replaces: libstd-rust-dev\n";
        assert_eq!(needed(told).collect::<Vec<_>>(), ["libllvm22"], "one library is not on an ordinary system");
    }
}
