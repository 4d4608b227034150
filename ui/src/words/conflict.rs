//! What is said of a secret that was changed on Floom and here.

use std::fmt::Write;

/// One of the two sides, and what its button does.
pub(crate) struct Side {
    /// Where it is.
    pub(crate) place: String,
    /// What is known of it; never its value.
    pub(crate) known: String,
    /// The button that picks it.
    pub(crate) pick: String,
}

/// What happened on both sides.
pub(crate) fn happened(file: Option<&str>, removed_there: bool, removes: bool) -> String {
    let mut said = String::from(if removed_there { "Removed on Floom and " } else { "Changed on Floom and " });
    match file {
        _ if removes => said.push_str("removed here"),
        Some(file) if removed_there => _ = write!(said, "changed in {file}"),
        Some(file) => _ = write!(said, "in {file}"),
        None if removed_there => said.push_str("changed here"),
        None => said.push_str("here"),
    }
    said + ". Nothing is sent until you pick one."
}

/// Floom's side.
pub(crate) fn there(removed: bool) -> Side {
    let (known, pick) = if removed {
        ("no value any more", "Keep it removed")
    } else {
        ("another value, which cannot be shown", "Keep Floom’s value")
    };
    Side { place: super::ON_FLOOM.to_owned(), known: known.to_owned(), pick: pick.to_owned() }
}

/// The side of this computer.
pub(crate) fn here(file: Option<&str>, line: u32, removes: bool, overlap: bool) -> Side {
    let place = file.map_or_else(|| "Here".to_owned(), |file| format!("In {file}"));
    let effect = if overlap { "rotates, Floom’s stays 5 minutes" } else { "replaces Floom’s at once" };
    let known = match file {
        _ if removes => "removed; its versions stay in the history".to_owned(),
        Some(_) => format!("line {line} · {effect}"),
        None => effect.to_owned(),
    };
    let pick = match file {
        _ if removes => "Remove it on Floom".to_owned(),
        Some(file) => format!("Use {file} value"),
        None => "Use the one from here".to_owned(),
    };
    Side { place, known, pick }
}
