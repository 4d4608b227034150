//! Files made to take long: 1 MiB each, read whole by every reader.
//!
//! A scan that looks at the rest of the file for every byte would take hours here. How many
//! instructions a byte takes, and that it stays the same for twice the bytes, is a benchmark.

use envfile::{Document, FileRefusal, Reader};

#[path = "hostile/shapes.rs"]
mod shapes;

#[test]
fn a_hostile_file_of_a_mebibyte_is_read_by_every_reader() {
    for (name, file) in shapes::all(1024 * 1024) {
        let document = Document::read(file.clone().into_bytes());
        assert_eq!(document.bytes(), file.as_bytes(), "{name}: every byte is kept");
        let end = document.pieces().last().map_or(0, |(_, range)| range.end);
        assert_eq!(end, document.text().len(), "{name}: the pieces reach to the end");
        for reader in Reader::all() {
            let readings = document.read_as(reader);
            let lines = readings.iter().map(|reading| reading.line as usize).max().unwrap_or(1);
            assert!(lines <= file.len() + 1, "{name}: {} names lines of the file only", reader.name());
        }
    }
}

#[test]
fn a_byte_too_many_is_refused() {
    let at_most = Document::read(vec![b'#'; 1024 * 1024]);
    assert_eq!(at_most.refusal(), None, "1 MiB is read");
    let too_many = Document::read(vec![b'#'; 1024 * 1024 + 1]);
    assert_eq!(too_many.refusal(), Some(FileRefusal::TooLarge), "one byte more is not");
}
