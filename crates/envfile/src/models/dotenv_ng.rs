//! Rust `dotenv-ng` 1: the plain grammar, but one line that does not fit fails the whole file.

use super::plain;
use crate::scan::scan;
use crate::view::{Sight, View};

/// What `dotenv-ng` sees in `bytes`.
pub(crate) fn view(bytes: &[u8]) -> View {
    if let Err(error) = std::str::from_utf8(bytes) {
        return View::nothing(error.valid_up_to());
    }
    let scan = scan(bytes, !bytes.contains(&0), false);
    let mut seen = Vec::with_capacity(scan.entries(bytes).len());
    let mut first_problem = scan.strays.first().map(|stray| stray.at);
    for entry in scan.entries(bytes) {
        let one = plain::see(bytes, &entry);
        if matches!(one.sight, Sight::Refused(_)) {
            let at = one.at;
            first_problem = Some(first_problem.map_or(at, |first| first.min(at)));
            break;
        }
        seen.push(one);
    }
    match first_problem {
        Some(at) => View::nothing(at),
        None => View { seen, stop: None },
    }
}
