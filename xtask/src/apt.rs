//! Debian and Ubuntu packages: what is there is asked first, only what is missing is installed.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use crate::job::{Outcome, read, run, say};
use crate::place::has_program;

/// Installs those of `packages` that are missing. Where there is no apt, names them and stops.
pub(crate) fn install(packages: &[&str]) -> Outcome {
    if !has_program("dpkg-query") || !has_program("apt-get") {
        return Err(format!(
            "this is not a Debian or Ubuntu system. Nothing was changed. Install what its packages {} hold, then try again",
            packages.join(", ")
        )
        .into());
    }
    let missing = missing(packages);
    if missing.is_empty() {
        return Ok(());
    }
    say("setup", format_args!("installing {} with apt", missing.join(" ")));
    run(apt_get()?.args(["update", "-qq"]))?;
    // What dpkg says of each package is of no use here; errors go to standard error.
    let install = ["install", "-qq", "-y", "--no-install-recommends"];
    run(apt_get()?.args(install).args(&missing).stdin(Stdio::null()).stdout(Stdio::null()))
}

fn missing<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    // dpkg-query fails when one of them is unknown, but has told of the others by then.
    let told = Command::new("dpkg-query")
        .args(["-W", "-f=${Package} ${db:Status-Status}\n"])
        .args(packages)
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    let there = installed(&told);
    packages.iter().copied().filter(|package| !there.contains(package)).collect()
}

fn installed(told: &str) -> BTreeSet<&str> {
    told.lines().filter_map(|line| line.strip_suffix(" installed")).collect()
}

/// `apt-get` as root, by sudo where xtask is not root itself; it never asks a question of its own.
fn apt_get() -> Outcome<Command> {
    let root = read(Command::new("id").arg("-u"))?.trim() == "0";
    if !root && !has_program("sudo") {
        return Err("packages are missing, and installing them needs root or sudo. Nothing was changed".into());
    }
    let mut command = Command::new(if root { "env" } else { "sudo" });
    if !root {
        command.arg("env");
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"]);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_installed_packages_count_as_there() {
        let told = "xvfb installed\nopenbox config-files\nlibdbus-1-dev not-installed\nfile installed\n";
        assert_eq!(installed(told), BTreeSet::from(["file", "xvfb"]), "a removed package is not there");
    }
}
