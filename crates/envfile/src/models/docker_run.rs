//! `docker run --env-file`: one line, one variable, and everything after `=` as it stands.
//!
//! Peculiar to it: no escapes, no comments after a value, no values of several lines; quotes go
//! only where the first and the last character of the value are the same one; a name alone is passed
//! on from the environment, which counts as not there; a space or tab in a name, a line without a
//! name, invalid UTF-8 or a line of 64 KiB fails the whole file.

use crate::space::Space;
use crate::view::View;

/// The longest line that Go's `bufio.Scanner` takes, and one byte.
const TOO_LONG: usize = 64 * 1024;

/// What `docker run` sees in `bytes`.
pub(crate) fn view(bytes: &[u8]) -> View {
    let mut view = View::default();
    let mut start = 0;
    while start < bytes.len() {
        let newline = bytes[start..].iter().position(|byte| *byte == b'\n').map(|found| start + found);
        let end = newline.unwrap_or(bytes.len());
        let line_end = if bytes[start..end].ends_with(b"\r") { end - 1 } else { end };
        if end - start >= TOO_LONG || line(bytes, start, line_end, &mut view).is_none() {
            return View::nothing(start);
        }
        start = end + 1;
    }
    view
}

fn line(bytes: &[u8], start: usize, end: usize, view: &mut View) -> Option<()> {
    std::str::from_utf8(&bytes[start..end]).ok()?;
    let marked = start == 0 && bytes.starts_with(crate::encoding::BOM);
    let first = if marked { crate::encoding::BOM.len() } else { start };
    let first = Space::Unicode.skip(&bytes[..end], first);
    if first >= end || bytes[first] == b'#' {
        return Some(());
    }
    let equals = bytes[first..end].iter().position(|byte| *byte == b'=').map(|found| first + found);
    let key = &bytes[first..equals.unwrap_or(end)];
    if key.is_empty() || key.contains(&b' ') || key.contains(&b'\t') {
        return None;
    }
    if let Some(equals) = equals {
        let value = match &bytes[equals + 1..end] {
            [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] => inner,
            whole => whole,
        };
        let value = String::from_utf8_lossy(value).into_owned();
        view.push(String::from_utf8_lossy(key).into_owned(), first, equals + 1..end, value);
    }
    Some(())
}
