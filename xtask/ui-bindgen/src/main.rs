//! `ui-bindgen IN.wasm FOLDER`: writes what the window loads, `ui.js` and `ui_bg.wasm`, into the folder.
//!
//! A program of its own, so that xtask need not wait for wasm-bindgen to compile. The library has the workspace's own
//! version of wasm-bindgen: the two must be the same, and no tool has to be installed for it.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(wasm), Some(folder), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        eprintln!("usage: ui-bindgen IN.wasm FOLDER");
        return ExitCode::from(2);
    };
    let bound = Bindgen::new().input_path(wasm).out_name("ui").web(true).and_then(|bindgen| {
        bindgen.typescript(false).remove_name_section(true).remove_producers_section(true).generate(folder)
    });
    match bound {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ui-bindgen: {error:#}");
            ExitCode::FAILURE
        }
    }
}
