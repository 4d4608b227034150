//! Connecting to a Floom.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::sheet::Sheet;
use super::value_form::take_value;
use crate::act::Act;
use crate::desk::Desk;
use crate::state::Msg;
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct ConnectSheetProps {
    pub(super) desk: Desk,
    /// The address to begin with.
    pub(super) url: AttrValue,
    pub(super) busy: bool,
    /// Whether Floom's own command line has a key here.
    pub(super) floom_cli: bool,
}

/// The address and the API key. The key is taken out of its field when it is sent.
#[component]
pub(super) fn ConnectSheet(props: &ConnectSheetProps) -> Html {
    let token = use_node_ref();
    // The address is kept here: a field that is drawn again takes the text that it is drawn with.
    let url = use_state(|| props.url.clone());
    let busy = props.busy;
    let oninput = {
        let url = url.clone();
        Callback::from(move |event: InputEvent| {
            url.set(event.target_unchecked_into::<HtmlInputElement>().value().into());
        })
    };
    let onsubmit = {
        let (desk, url, token) = (props.desk.clone(), url.clone(), token.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let address = url.trim().to_owned();
            if !busy && !address.is_empty() {
                desk.act(Act::Connect { url: address, token: take_value(&token) });
            }
        })
    };
    let says = html! { <p>{words::CONNECT_SAYS}</p> };
    html! {
        <Sheet desk={&props.desk} title={words::CONNECT_TITLE} {says} narrow={true} testid="connect-sheet">
            if props.floom_cli {
                <div class="offer" data-testid="floom-cli">
                    <p class="grow">{words::FLOOM_CLI[0]}<small>{words::FLOOM_CLI[1]}</small></p>
                    <button class="btn" data-testid="connect-floom-cli" aria-disabled={busy.then_some("true")} onclick={props.desk.on_act(|| Act::ConnectFloomCli)}>
                        {words::USE_ITS_KEY}
                    </button>
                </div>
            }
            <form class="aff" id="connect-form" {onsubmit}>
                <div class="span">
                    <label class="lab" for="con-u">{words::FLOOM_ADDRESS}</label>
                    <input class="field" id="con-u" type="url" value={(*url).clone()} autocomplete="off" spellcheck="false" data-testid="connect-url" {oninput} />
                </div>
                <div class="span">
                    <label class="lab" for="con-t">{words::API_KEY}</label>
                    <input class="field" id="con-t" type="password" autocomplete="off" spellcheck="false" data-first="" data-testid="connect-token" ref={token} />
                    <p class="hint">{words::API_KEY_HINT}</p>
                </div>
            </form>
            <div class="sheet-foot">
                <span class="grow"></span>
                <button class="btn" onclick={props.desk.on_tell(|| Msg::CloseLayer)}>{words::CANCEL}</button>
                <button class="btn btn-primary" type="submit" form="connect-form" data-testid="connect-submit" aria-disabled={busy.then_some("true")}>
                    {words::CONNECT}
                </button>
            </div>
        </Sheet>
    }
}
