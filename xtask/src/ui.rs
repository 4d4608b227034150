//! The front end: cargo for wasm32, wasm-bindgen as a library, the static files beside it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::job::{Outcome, cargo, run, say, spoken};
use crate::place;
use crate::wasm::{TARGET, Toolchain};

/// The profile of the root manifest that makes it small.
const PROFILE: &str = "ui";

/// Builds `ui/dist`. Files that would be the same are left alone, so that nothing that embeds them is built again.
pub(crate) fn build(toolchain: &Toolchain) -> Outcome {
    let started = Instant::now();
    let root = place::root();
    let dist = root.join("ui/dist");
    let own_target = place::target().join("ui");
    // A target folder of its own: it never waits for another cargo's lock on the main one.
    let mut compile =
        cargo(&["build", "--package", "floom-ui", "--target", TARGET, "--profile", PROFILE, "--target-dir"]);
    compile.arg(&own_target);
    toolchain.apply(&mut compile);
    say("ui", "compiling the front end for wasm32");
    run(&mut compile)?;

    let wasm = own_target.join(TARGET).join(PROFILE).join("floom-ui.wasm");
    let bound = own_target.join("bound");
    // A new version of wasm-bindgen compiles into other bytes too, so that these alone tell whether to bind again.
    let bound_from = own_target.join("bound-from.wasm");
    if fs::read(&wasm)? != fs::read(&bound_from).unwrap_or_default() {
        say("ui", "making its JavaScript side");
        bind(&wasm, &bound, &own_target)?;
        fs::copy(&wasm, &bound_from)?;
    }
    let mut files = BTreeMap::new();
    collect(&root.join("ui/static"), Path::new(""), &mut files)?;
    collect(&bound, Path::new(""), &mut files)?;
    mirror(&files, &dist)?;
    let size = fs::metadata(dist.join("ui_bg.wasm"))?.len();
    say("ui", format_args!("ui/dist is ready, ui_bg.wasm {} kB ({})", size / 1000, spoken(started.elapsed())));
    Ok(())
}

fn bind(wasm: &Path, bound: &Path, own_target: &Path) -> Outcome {
    if bound.is_dir() {
        fs::remove_dir_all(bound)?;
    }
    fs::create_dir_all(bound)?;
    run(cargo(&["run", "--quiet", "--package", "ui-bindgen", "--target-dir"])
        .arg(own_target)
        .arg("--")
        .arg(wasm)
        .arg(bound))
}

fn collect(folder: &Path, inside: &Path, files: &mut BTreeMap<PathBuf, PathBuf>) -> Outcome {
    for entry in fs::read_dir(folder).map_err(|error| format!("{} cannot be read: {error}", folder.display()))? {
        let entry = entry?;
        let name = inside.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &name, files)?;
        } else {
            files.insert(name, entry.path());
        }
    }
    Ok(())
}

/// Makes `dist` hold exactly `files` (name inside it, source), writing only what differs.
fn mirror(files: &BTreeMap<PathBuf, PathBuf>, dist: &Path) -> Outcome {
    let mut old = BTreeMap::new();
    fs::create_dir_all(dist)?;
    collect(dist, Path::new(""), &mut old)?;
    for (name, path) in &old {
        if !files.contains_key(name) {
            fs::remove_file(path)?;
        }
    }
    for (name, source) in files {
        let wanted = fs::read(source)?;
        let path = dist.join(name);
        if fs::read(&path).ok().as_ref() != Some(&wanted) {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(path, wanted)?;
        }
    }
    Ok(())
}
