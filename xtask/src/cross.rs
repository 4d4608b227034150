//! The crates without C in them, type-checked for Windows and macOS: that much can be said on Linux.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use crate::job::{Outcome, cargo, run, say, spoken};
use crate::place;
use crate::wasm::{download, for_target};

/// The targets, and what else compiling their standard library from its sources takes.
const TARGETS: [Target; 2] = [
    Target { name: "x86_64-pc-windows-gnu", needs: Some(DLLTOOL) },
    Target { name: "aarch64-apple-darwin", needs: None },
];

struct Target {
    name: &'static str,
    needs: Option<Tool>,
}

/// A program of a Debian package, and the variable that hands it to the compiler.
struct Tool {
    package: &'static str,
    program: &'static str,
    variable: &'static str,
    flag: &'static str,
}

/// The compiler runs it to make import libraries.
const DLLTOOL: Tool = Tool {
    package: "binutils-mingw-w64-x86-64",
    program: "usr/bin/x86_64-w64-mingw32-dlltool",
    variable: "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS",
    flag: "-Cdlltool=",
};

/// The crates without C in them that differ by system, and what they stand on.
const CRATES: [&str; 6] =
    ["floom-secret", "floom-guarded", "floom-keychain", "floom-protocol", "floom-seal", "envfile"];

/// Features without which the part that differs by system is not compiled.
const FEATURES: &str = "floom-protocol/socket";

/// Type-checks every crate of [`CRATES`] for every target of [`TARGETS`].
pub(crate) fn check() -> Outcome {
    for target in TARGETS {
        let started = Instant::now();
        let mut check = cargo(&["check", "--quiet", "--target", target.name, "--features", FEATURES, "--target-dir"]);
        check.arg(place::target().join("cross"));
        check.args(CRATES.iter().flat_map(|name| ["--package", name]));
        if let Some(unpacked) = for_target(target.name)? {
            unpacked.toolchain("std,panic_unwind").apply(&mut check);
            if let Some(tool) = target.needs {
                check.env(tool.variable, format!("{}{}", tool.flag, tool.bring()?.display()));
            }
        }
        run(&mut check)?;
        say("check", format_args!("types for {} ({})", target.name, spoken(started.elapsed())));
    }
    Ok(())
}

impl Tool {
    /// Finds the program in the build folder, or brings it there.
    fn bring(&self) -> Outcome<PathBuf> {
        let folder = place::target().join("tools").join(self.package);
        let program = folder.join(self.program);
        if !program.is_file() {
            let downloads = folder.join("packages");
            download(&[self.package.to_owned()], &downloads, &folder)?;
            fs::remove_dir_all(&downloads)?;
        }
        Ok(program)
    }
}
