//! Checks the window's configuration and permissions, and has a page to embed
//! even before the front end was built.

use std::{fs, io, path::Path};

const PLACEHOLDER: &str = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Floom Secrets</title>\n\
    <p>The front end is not built yet. Run <code>cargo xtask ui</code>.</p>\n";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for watched in ["ui/dist", "src-tauri/capabilities", "src-tauri/permissions", "icons"] {
        println!("cargo:rerun-if-changed={watched}");
    }
    place_page(Path::new("ui/dist"))?;
    let commands = tauri_build::AppManifest::new().permissions_path_pattern("./src-tauri/permissions/**/*.toml");
    tauri_build::try_build(
        tauri_build::Attributes::new()
            .capabilities_path_pattern("./src-tauri/capabilities/**/*")
            .app_manifest(commands),
    )?;
    Ok(())
}

/// `generate_context!` embeds this folder and cannot do without it.
fn place_page(dist: &Path) -> io::Result<()> {
    let page = dist.join("index.html");
    if page.exists() {
        return Ok(());
    }
    fs::create_dir_all(dist)?;
    fs::write(page, PLACEHOLDER)
}
