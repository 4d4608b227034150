//! What an import would do, line by line, and the creator's answer.

use std::collections::BTreeMap;
use std::rc::Rc;

use floom_protocol::import::{Fate, ImportPreview, ImportRow, Note};
use floom_secret::Policy;
use yew::prelude::*;

use super::icon::icon;
use super::policy_toggle::PolicyToggle;
use super::sheet::Sheet;
use crate::act::Act;
use crate::desk::Desk;
use crate::state::Msg;
use crate::words;

#[derive(Properties, PartialEq)]
pub(super) struct ImportSheetProps {
    pub(super) desk: Desk,
    pub(super) preview: Rc<ImportPreview>,
    /// Whether the file is watched with Auto-sync on: importing leaves that as it is.
    pub(super) auto: bool,
    pub(super) busy: bool,
}

/// Every line of the file; nothing is ticked or removed.
#[component]
pub(super) fn ImportSheet(props: &ImportSheetProps) -> Html {
    let preview = &props.preview;
    let chosen = use_state(BTreeMap::<String, Policy>::new);
    let watch = use_state(|| preview.path.is_some());
    let imports = preview.imports;
    let doing = Doing::of(imports, preview.watched, *watch);
    let can = preview.app.is_some() && doing != Doing::Nothing && !props.busy;
    let confirm = {
        let (preview, chosen, watch) = (preview.clone(), chosen.clone(), *watch);
        let (desk, auto) = (props.desk.clone(), props.auto);
        Callback::from(move |_| {
            let stop = preview.path.clone().filter(|_| preview.watched && !watch);
            match (doing, stop) {
                _ if !can => {}
                (Doing::Unwatch, Some(path)) => desk.act(Act::Unlink { path }),
                (_, stop) => {
                    let (preview, policies) = (preview.id.clone(), (*chosen).clone());
                    desk.act(Act::Import { preview, policies, watch, auto, stop });
                }
            }
        })
    };
    let row = |row: &ImportRow| {
        let on_choose = row.key.clone().map(|key| {
            let chosen = chosen.clone();
            Callback::from(move |policy| {
                let mut policies = (*chosen).clone();
                policies.insert(key.clone(), policy);
                chosen.set(policies);
            })
        });
        let policy = row.key.as_ref().and_then(|key| chosen.get(key).copied()).or(row.policy);
        line(row, policy, on_choose, props.busy)
    };
    let says = html! {
        <>
            <p>
                <span class="mono">{&preview.file}</span>
                if let Some(app) = &preview.app { {words::TO}<b>{&app.slug}</b>{words::on(&preview.connection)} }
                {words::HIDDEN_HERE_TOO}
            </p>
            <p class="read-as">{ticked(&words::read_as(&preview.reader, preview.evidence.as_deref()))}</p>
        </>
    };
    let title = if props.busy { words::importing_keys(imports) } else { words::IMPORT_PREVIEW.to_owned() };
    let head = |word: &'static str, class: &'static str| html! { <span class={classes!("eyebrow", class)} role="columnheader">{word}</span> };
    html! {
        <Sheet desk={&props.desk} {title} {says} testid="import-sheet">
            <div class="imp-table" role="table" aria-label={words::KEYS_IN_THE_FILE}>
                <div class="imp-head" role="row">
                    {head(words::LINE, "right")}{head(words::KEY, "")}{head(words::WHAT_HAPPENS, "")}{head(words::POLICY, "")}
                </div>
                <div class="imp-list" role="rowgroup">
                    {for preview.notes.iter().map(remark)}
                    {for preview.rows.iter().map(row)}
                </div>
            </div>
            <div class="sheet-foot">
                <div class="keep grow">
                    if preview.path.is_some() {
                        <button
                            class="switch"
                            role="switch"
                            aria-checked={watch.to_string()}
                            aria-labelledby="keep-label"
                            data-testid="import-watch"
                            onclick={let watch = watch.clone(); Callback::from(move |_| watch.set(!*watch))}
                        ></button>
                    }
                    <div>
                        if preview.path.is_some() { <span id="keep-label">{words::KEEP_WATCHING}</span> }
                        <small>{words::NEVER_REMOVES}</small>
                    </div>
                </div>
                <button class="btn" data-testid="import-cancel" onclick={props.desk.on_tell(|| Msg::CloseLayer)}>{words::CANCEL}</button>
                <button
                    class="btn btn-primary"
                    data-first=""
                    data-testid="import-confirm"
                    aria-disabled={(!can).then_some("true")}
                    onclick={confirm}
                >
                    if props.busy { {icon("arc", "spin ic-14")} }
                    {doing.says()}
                </button>
            </div>
        </Sheet>
    }
}

/// What confirming does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Import(u32),
    Watch,
    Unwatch,
    Nothing,
}

impl Doing {
    /// Importing comes first; without it, the switch alone can be what is wanted.
    fn of(imports: u32, watched: bool, watch: bool) -> Self {
        match (imports, watched, watch) {
            (1.., ..) => Self::Import(imports),
            (0, false, true) => Self::Watch,
            (0, true, false) => Self::Unwatch,
            (0, ..) => Self::Nothing,
        }
    }

    fn says(self) -> String {
        match self {
            Self::Import(number) => words::import_keys(number),
            Self::Watch => words::WATCH_THIS_FILE.to_owned(),
            Self::Unwatch => words::STOP_WATCHING.to_owned(),
            Self::Nothing => words::NOTHING_TO_IMPORT.to_owned(),
        }
    }
}

fn line(row: &ImportRow, policy: Option<Policy>, on_choose: Option<Callback<Policy>>, busy: bool) -> Html {
    let (name, class) = words::fate(row.fate);
    let quiet = !matches!(row.fate, Fate::New | Fate::Changed);
    let number = if row.line > 0 { row.line.to_string() } else { String::new() };
    let testid =
        row.key.as_ref().map_or_else(|| format!("import-line-{}", row.line), |key| format!("import-row-{key}"));
    html! {
        <div class={classes!("imp", quiet.then_some("is-quiet"))} role="row" data-testid={testid}>
            <span class="ln" role="cell">{number}</span>
            <div role="cell">
                if let Some(key) = &row.key { <div class="name">{key}</div> }
                {for row.notes.iter().map(said)}
            </div>
            <div role="cell"><span class={classes!("fate", class)} data-testid="fate">{icon(name, "")}{&row.effect}</span></div>
            {policy_cell(row, policy, on_choose, busy)}
        </div>
    }
}

/// A word about the file, or about a line that has no row of its own.
fn remark(note: &Note) -> Html {
    html! {
        <div class="imp is-remark" role="row" data-testid={format!("import-remark-{}", note.code)}>
            <span class="ln" role="cell">{note.line}</span>
            <div role="cell">{said(note)}</div>
        </div>
    }
}

fn said(note: &Note) -> Html {
    let (name, class) = if note.warns { ("warn", Some("w")) } else { ("info", None) };
    html! { <div class={classes!("note", class)} data-code={note.code.clone()}>{icon(name, "")}<span>{ticked(&note.words)}</span></div> }
}

fn policy_cell(row: &ImportRow, policy: Option<Policy>, on_choose: Option<Callback<Policy>>, busy: bool) -> Html {
    match (policy, on_choose, &row.key) {
        (Some(policy), Some(on_choose), Some(key)) if row.choosable => html! {
            <div role="cell">
                <PolicyToggle label={words::policy_for(key)} {policy} off={busy} testid="import-policy" {on_choose} />
            </div>
        },
        _ if row.fate == Fate::Undeclared => html! { <span class="fixed" role="cell">{words::STAYS_HERE}</span> },
        (Some(policy), ..) => html! { <span class="fixed" role="cell">{words::policy(policy)}</span> },
        _ => html! { <span class="fixed" role="cell" aria-label={words::NO_POLICY}>{"—"}</span> },
    }
}

/// Words with `code` between backticks.
fn ticked(text: &str) -> Html {
    let part = |(number, part): (usize, &str)| {
        if number % 2 == 1 {
            html! { <code class="ch">{part}</code> }
        } else {
            html! { {part} }
        }
    };
    html! { <>{for text.split('`').enumerate().map(part)}</> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_button_says_what_it_does() {
        let says = |imports, watched, watch| Doing::of(imports, watched, watch).says();
        assert_eq!(says(3, true, false), "Import 3 keys", "importing comes first");
        assert_eq!(says(0, false, true), "Watch this file", "nothing to import, but to watch");
        assert_eq!(says(0, true, false), "Stop watching", "nothing to import, and watched no longer");
        assert_eq!(says(0, true, true), "Nothing to import", "it is watched and stays so");
        assert_eq!(says(0, false, false), "Nothing to import", "it is not watched and stays so");
    }
}
