//! The vault is open and there is no app yet.

use floom_protocol::view::ConnectionState;
use yew::prelude::*;

use super::icon::icon;
use crate::act::{Act, Task};
use crate::desk::Desk;
use crate::state::{Layer, Msg, State};
use crate::words;

/// Two ways to begin, and a place to drop a file.
pub(super) fn first_run(state: &State, keychain: &str, desk: &Desk) -> Html {
    let busy = state.is_busy(&Task::Connection);
    let starting = state.connection().is_some_and(|connection| connection.state == ConnectionState::Connecting);
    html! {
        <main class="main main-start" id="main">
            <div class="start"><div class="start-in">
                <p class="eyebrow">{words::NEW_VAULT}</p>
                <h1>{words::CONNECT_THEN_DROP}</h1>
                <p class="lede">{words::first_run_says(keychain)}</p>
                <div class="ways">
                    <div class="card way">
                        {icon("cloud", "ic-20")}
                        <h2>{words::FLOOM_HOST}</h2>
                        <p>{words::FLOOM_IS_FOR}</p>
                        <button
                            class="btn btn-lg btn-primary"
                            data-testid="connect-floom"
                            aria-haspopup="dialog"
                            onclick={desk.on_tell(|| Msg::Open(Layer::Connect))}
                        >
                            {words::CONNECT_TITLE}
                        </button>
                    </div>
                    <div class="card way">
                        {icon("node", "ic-20")}
                        <h2>{words::LOCAL_FLOOM}</h2>
                        <p>{words::LOCAL_IS_FOR}</p>
                        <button
                            class="btn btn-lg"
                            data-testid="start-local"
                            aria-disabled={(busy || starting).then_some("true")}
                            onclick={desk.on_act(|| Act::StartLocal)}
                        >
                            {words::START_LOCAL}
                        </button>
                    </div>
                </div>
                <div class="dropbox">
                    {icon("file-in", "ic-24 muted")}
                    <div class="grow"><h2 class="dropbox-h">{words::DROP_A_FILE}</h2><p class="muted">{words::PREVIEW_FIRST}</p></div>
                    <button
                        class="btn"
                        data-testid="choose-file"
                        aria-disabled={state.is_busy(&Task::Preview).then_some("true")}
                        onclick={desk.on_act(|| Act::ChooseFile { app: None })}
                    >
                        {words::CHOOSE_FILE}
                    </button>
                </div>
                <div class="start-foot">{icon("lock", "")}<p>{words::key_was_made(keychain)}</p></div>
            </div></div>
        </main>
    }
}
