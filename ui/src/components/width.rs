//! How much room there is: the stylesheet's own bounds.

/// Whether Activity has room beside the page.
pub(crate) fn is_wide() -> bool {
    matches("(min-width: 1280px)")
}

/// Whether the page is one of cards, with the add form in a sheet.
pub(super) fn is_narrow() -> bool {
    matches("(max-width: 719px)")
}

fn matches(query: &str) -> bool {
    web_sys::window().and_then(|window| window.match_media(query).ok().flatten()).is_some_and(|media| media.matches())
}
