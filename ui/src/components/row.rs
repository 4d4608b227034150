//! One secret: its name, what is known of its value, and its policy.

use floom_protocol::view::{AppRef, LastUsed, SecretView, SourceView, SyncView};
use floom_secret::{Policy, Preview};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};
use yew::prelude::*;

use super::icon::icon;
use super::moments::Ago;
use super::policy_toggle::PolicyToggle;
use super::prompt::RowPrompt;
use super::row_menu::{RowCommand, RowMenu};
use crate::desk::Desk;
use crate::state::{Ask, Layer, Msg};
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct RowProps {
    pub(super) desk: Desk,
    pub(super) app: AppRef,
    pub(super) secret: SecretView,
    pub(super) ask: Option<Ask>,
    pub(super) busy: bool,
    /// Whether Floom keeps a replaced value for a grace.
    pub(super) overlap: bool,
}

/// The row and, under it, its one prompt.
#[component]
pub(super) fn Row(props: &RowProps) -> Html {
    let menu = use_state(|| false);
    let secret = &props.secret;
    let key = secret.key.as_str();
    let command = {
        let (desk, key, menu) = (props.desk.clone(), secret.key.clone(), menu.clone());
        Callback::from(move |command| {
            menu.set(false);
            desk.tell(match command {
                RowCommand::History => Msg::OpenHistory(key.clone()),
                RowCommand::NewValue => Msg::Ask(key.clone(), Ask::Value),
                RowCommand::Remove => Msg::Open(Layer::Remove(key.clone())),
            });
        })
    };
    let on_policy = {
        let (desk, key) = (props.desk.clone(), secret.key.clone());
        Callback::from(move |policy| desk.tell(Msg::Ask(key.clone(), Ask::Policy(policy))))
    };
    let (rotate_label, rotates) =
        words::rotate_label(key, secret.policy, secret.prompt.as_ref(), secret.version > 0 || secret.preview.is_some());
    let settable = secret.policy == Policy::Creator;
    let rotate = command.clone();
    html! {
        <div
            class="secret"
            role="rowgroup"
            data-testid={format!("row-{key}")}
            onkeydown={letters(command.clone(), rotates)}
        >
            <div class="row" role="row">
                <div class="c-key" role="rowheader">
                    <div class="name" data-testid="key">{key}</div>
                    {beneath(secret)}
                </div>
                <div class="c-pol" role="cell">
                    <PolicyToggle
                        label={words::policy_for(key)}
                        policy={secret.policy}
                        off={secret.policy_saving}
                        testid="policy"
                        on_choose={on_policy}
                    />
                </div>
                <div class="last c-last" role="cell" data-testid="last-used">{last_used(&secret.last_used)}</div>
                <div class="c-sync" role="cell">{sync(secret)}</div>
                <div class="acts c-acts" role="cell">
                    <button
                        class="icon-btn wide-only"
                        aria-label={rotate_label.clone()}
                        title={rotate_label}
                        aria-disabled={(!rotates).then_some("true")}
                        onclick={Callback::from(move |_| if rotates { rotate.emit(RowCommand::NewValue) })}
                    >
                        {icon("rotate", "")}
                    </button>
                    <button
                        class={classes!("icon-btn", menu.then_some("is-open"))}
                        aria-haspopup="menu"
                        aria-expanded={menu.to_string()}
                        aria-label={words::more_for(key)}
                        data-testid="more"
                        onclick={let menu = menu.clone(); Callback::from(move |_| menu.set(!*menu))}
                    >
                        {icon("dots", "")}
                    </button>
                    if *menu {
                        <RowMenu {settable} on_choose={command} on_close={Callback::from(move |()| menu.set(false))} />
                    }
                </div>
            </div>
            <RowPrompt desk={&props.desk} app={props.app.clone()} secret={secret.clone()} ask={props.ask} busy={props.busy} overlap={props.overlap} />
        </div>
    }
}

/// R, H and Delete, while the keyboard is in the row and not in a field.
fn letters(command: Callback<RowCommand>, rotates: bool) -> Callback<KeyboardEvent> {
    Callback::from(move |event: KeyboardEvent| {
        let in_field = event.target().is_some_and(|target| target.dyn_into::<HtmlInputElement>().is_ok());
        if in_field || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let chosen = match event.key().as_str() {
            "r" | "R" if rotates => RowCommand::NewValue,
            "h" | "H" => RowCommand::History,
            "Delete" => RowCommand::Remove,
            _ => return,
        };
        event.prevent_default();
        command.emit(chosen);
    })
}

/// A masked value; read aloud it is only "hidden, ends in …".
pub(super) fn preview(preview: &Preview) -> Html {
    let text = preview.as_str();
    let mask = |text: &str| {
        let begin = text.find('•')?;
        let end = text.rfind('•')? + '•'.len_utf8();
        Some((text[..begin].to_owned(), text[begin..end].to_owned(), text[end..].to_owned()))
    };
    let (head, mask, tail) = mask(text).unwrap_or_default();
    html! {
        <span class="mono" role="img" aria-label={words::preview_aloud(preview)} data-testid="preview">
            {head}<i class="mk">{mask}</i>{tail}
        </span>
    }
}

fn beneath(secret: &SecretView) -> Html {
    if secret.policy == Policy::User {
        return html! { <div class="subl">{words::PER_USER}</div> };
    }
    match (&secret.preview, &secret.sync) {
        (Some(shown), _) => html! { <div class="subl">{preview(shown)}{for secret.source.as_ref().map(source)}</div> },
        (None, SyncView::FloomOnly) => html! { <div class="subl">{words::ONLY_FLOOM}</div> },
        (None, _) if secret.declared => html! { <div class="subl warn-text">{words::NOT_SET}</div> },
        (None, _) => html! { <div class="subl">{words::NOT_SET_OPTIONAL}</div> },
    }
}

fn source(source: &SourceView) -> Html {
    let folder = source.folder.as_deref().unwrap_or_default();
    let rest = source.words.strip_prefix(folder).unwrap_or(&source.words).to_owned();
    let from_file = !folder.is_empty();
    html! {
        <span class={classes!("src", source.gone.then_some("gone"))} title={format!("{folder}{rest}")}>
            if from_file {
                <span class="sr">{words::SYNCED_FROM}</span>
                <span class="path-long">{folder}</span>
            }
            {rest}
        </span>
    }
}

fn last_used(last_used: &LastUsed) -> Html {
    match last_used {
        LastUsed::NotReported => html! { <span class="faint">{words::NOT_REPORTED}</span> },
        LastUsed::Never => html! { {words::NEVER} },
        LastUsed::At { at } => html! { <Ago at={*at} /> },
        LastUsed::Users { active } => html! {
            <>{words::users(*active)}<span class="wide-only">{" "}<span class="sep">{"·"}</span>{words::LAST_7_DAYS}</span></>
        },
    }
}

fn sync(secret: &SecretView) -> Html {
    let (name, class, word) =
        if secret.policy_saving { ("arc", "sync-syncing", words::SAVING) } else { words::sync(&secret.sync) };
    let spin = if name == "arc" { "spin" } else { "" };
    html! {
        <span class={classes!("sync", class)} data-testid="sync" title={word}>{icon(name, spin)}<span>{word}</span></span>
    }
}

/// Where the keyboard goes from `inside`, a row up or down; none at the ends of the table.
pub(super) fn neighbour(inside: &Element, down: bool) -> Option<Element> {
    let row = inside.closest(".secret").ok()??;
    let next = if down { row.next_element_sibling() } else { row.previous_element_sibling() }?;
    let same = if inside.closest(".acts").ok()?.is_some() {
        ".acts .icon-btn:last-of-type"
    } else {
        ".seg-opt[tabindex=\"0\"]"
    };
    next.query_selector(same).ok()?
}
