//! Reads one hostile shape as every reader does, for counting instructions: `hostile SHAPE SIZE`.
//!
//! Without arguments it lists the shapes. With a third argument, only the reader of that name reads.

use std::process::ExitCode;

use envfile::{Document, Reader};

#[path = "../tests/hostile/shapes.rs"]
mod shapes;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(shape) = arguments.first() else {
        shapes::all(64).iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    };
    let size = arguments.get(1).and_then(|size| size.parse().ok()).unwrap_or(1024);
    let Some((_, file)) = shapes::all(size).into_iter().find(|(name, _)| name == shape) else {
        eprintln!("there is no shape {shape}");
        return ExitCode::from(2);
    };
    let document = Document::read(file.into_bytes());
    let only = arguments.get(2).and_then(|name| Reader::from_name(name));
    let readers = Reader::all().filter(|reader| only.is_none_or(|only| only == *reader));
    println!("{}", readers.map(|reader| document.read_as(reader).len()).sum::<usize>());
    ExitCode::SUCCESS
}
