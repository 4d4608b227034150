//! What was refused: what happened, what was kept, what to do, and the code.

use floom_protocol::Failure;
use yew::prelude::*;

use super::icon::icon;
use crate::desk::Desk;
use crate::state::Msg;
use crate::words;

/// The last refusal, over everything, until it is put away.
pub(super) fn problem(failure: &Failure, desk: &Desk) -> Html {
    html! {
        <div class="problem" role="alert" data-testid="error" data-code={failure.code.clone()}>
            {icon("x", "bad")}
            <div class="grow">
                <p><b>{&failure.message}</b></p>
                <p class="muted">{format!("{} {}", failure.kept, failure.next)}</p>
                <p class="problem-code"><code>{&failure.code}</code></p>
            </div>
            <button class="icon-btn" aria-label={words::DISMISS} onclick={desk.on_tell(|| Msg::PutAwayProblem)}>{icon("x", "")}</button>
        </div>
    }
}
