//! One model per reader: bytes to [`View`], exactly as the real reader would see them.
//!
//! Each model is held against what the real reader returned for measured inputs. A model works on
//! the bytes of the file, reads no environment and runs nothing.

mod bash;
mod budget;
mod compose;
mod docker_run;
mod dotenv;
mod dotenv_ng;
mod dotenvy;
mod expand;
mod go;
mod godotenv;
mod node;
pub(crate) mod plain;
mod python;
mod squeezed;
mod template;

use crate::view::View;
use crate::{Document, Reader};

/// What `reader` sees in `document`.
pub(crate) fn view(document: &Document, reader: Reader) -> View {
    let bytes = document.bytes();
    match reader {
        Reader::Plain => plain::view(document),
        Reader::Dotenv => dotenv::view(bytes),
        Reader::DotenvExpand => expand::view_12(dotenv::raws(bytes, dotenv::Escapes::Dotenv), bytes.len()),
        Reader::DotenvExpand1000 => expand::view_1000(dotenv::raws(bytes, dotenv::Escapes::Dotenv), bytes.len()),
        Reader::Dotenvx => expand::view_dotenvx(dotenv::raws(bytes, dotenv::Escapes::Dotenvx), bytes.len()),
        Reader::Node => node::view(bytes),
        Reader::Python => python::view(bytes),
        Reader::Compose => compose::view(bytes),
        Reader::Godotenv => godotenv::view(bytes),
        Reader::Dotenvy => dotenvy::view(bytes),
        Reader::DotenvNg => dotenv_ng::view(bytes),
        Reader::DockerRun => docker_run::view(bytes),
        Reader::Bash => bash::view(bytes),
    }
}
