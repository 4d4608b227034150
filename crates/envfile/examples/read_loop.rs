//! Reads one file again and again, for counting instructions: `read_loop WHAT TIMES FILE`.
//! Prints how much was found, and the nanoseconds of one reading.
//!
//! WHAT is `entries` (this crate: entries with their spans), `values` (and what the plain reading
//! makes of them), `dotenvy` (the crate, its keys and values), or `floor` (every byte looked at once).

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use envfile::{Document, Reader};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, times, path] = arguments.as_slice() else { return usage() };
    let (Ok(times), Ok(bytes)) = (times.parse::<u32>(), std::fs::read(path)) else { return usage() };
    let read: fn(Vec<u8>) -> usize = match what.as_str() {
        "entries" => |bytes| Document::read(bytes).entries().len(),
        "values" => |bytes| Document::read(bytes).read_as(Reader::Plain).len(),
        "dotenvy" => |bytes| dotenvy::from_read_iter(bytes.as_slice()).filter(Result::is_ok).count(),
        "floor" => |bytes| {
            // What any scanner has to do: tell line ends, the first `=` of a line, quotes and comments apart.
            let mut found = [0usize; 5];
            let mut in_key = true;
            for byte in &bytes {
                match byte {
                    b'\n' => (found[0], in_key) = (found[0] + 1, true),
                    b'=' if in_key => (found[1], in_key) = (found[1] + 1, false),
                    b'"' => found[2] += 1,
                    b'\'' => found[3] += 1,
                    b'#' => found[4] += 1,
                    _ => {}
                }
            }
            black_box(found)[1]
        },
        _ => return usage(),
    };
    let mut count = 0;
    let started = Instant::now();
    for _ in 0..times {
        count = black_box(read(black_box(bytes.clone())));
    }
    println!("{count} {}", started.elapsed().as_nanos() / u128::from(times.max(1)));
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("usage: read_loop entries|values|dotenvy|floor TIMES FILE");
    ExitCode::from(2)
}
