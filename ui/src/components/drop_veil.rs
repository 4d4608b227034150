//! The whole window as a drop target, from the moment a file is held over it.

use yew::prelude::*;

use super::icon::icon;
use crate::words;

/// The veil, with the app that the file would be previewed for.
pub(super) fn drop_veil(app: Option<&str>) -> Html {
    html! {
        <div class="drop" role="region" aria-label={words::DROP_TARGET} aria-live="polite" data-testid="drop-veil">
            <div class="drop-in"><div class="plate">
                <span class="glyph go">{icon("file-in", "ic-24")}</span>
                <p class="big">{words::drop_for(app)}</p>
                <p class="muted">{words::NOTHING_SENT_YET}</p>
            </div></div>
        </div>
    }
}
