//! The vault is opened with a recovery kit.

use floom_protocol::view::VaultView;
use floom_secret::SecretValue;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::file_field::FileField;
use super::icon::icon;
use super::passphrase_sheet::{PassphraseFields, Refusal, take_twice};
use super::sheet::Sheet;
use crate::act::Act;
use crate::backend::FileDialog;
use crate::desk::Desk;
use crate::state::Msg;
use crate::words;

/// Whether the kit's file is asked for beside its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KitFile {
    /// No vault can be read here.
    Needed,
    /// Whether a vault is here cannot be told.
    Maybe,
    /// The vault is here, and only its key is gone.
    Unneeded,
}

impl KitFile {
    /// What `vault` calls for.
    pub(super) fn of(vault: &VaultView) -> Self {
        match vault {
            VaultView::Stopped { failure } => match failure.code.as_str() {
                "vault_file_missing" | "vault_damaged" => Self::Needed,
                code if code.starts_with("vault_") => Self::Unneeded,
                _ => Self::Maybe,
            },
            VaultView::Fresh => Self::Needed,
            VaultView::Open | VaultView::Locked { .. } => Self::Unneeded,
        }
    }
}

/// The whole code as it was typed. It stays in its field, to be compared with the copy when it is refused.
pub(super) fn typed_code(field: &NodeRef) -> Option<SecretValue> {
    let typed = SecretValue::new(field.cast::<HtmlInputElement>()?.value());
    (!typed.expose().trim().is_empty()).then_some(typed)
}

#[derive(Properties, PartialEq)]
pub(super) struct CodeFieldProps {
    pub(super) field: NodeRef,
}

/// The whole code, in sight: it is compared with paper, group by group.
#[component]
pub(super) fn CodeField(props: &CodeFieldProps) -> Html {
    html! {
        <div class="span">
            <label class="lab" for="kit-code">{words::RECOVERY_CODE}</label>
            <input
                class="field code-field"
                id="kit-code"
                autocomplete="off"
                autocapitalize="characters"
                spellcheck="false"
                data-first=""
                data-testid="code"
                ref={props.field.clone()}
            />
            <p class="hint">{words::CODE_HINT}</p>
        </div>
    }
}

#[derive(Properties, PartialEq)]
pub(super) struct RestoreSheetProps {
    pub(super) desk: Desk,
    pub(super) file: KitFile,
    /// Whether no keychain can keep the new key, so that a passphrase has to give it.
    pub(super) passphrase: bool,
    pub(super) chosen: Option<(u32, String)>,
    pub(super) busy: bool,
    pub(super) choosing: bool,
}

/// The kit's file where it is needed, the code, and a passphrase where there is no keychain.
#[component]
pub(super) fn RestoreSheet(props: &RestoreSheetProps) -> Html {
    let path = use_state(String::new);
    let (code, field, again) = (use_node_ref(), use_node_ref(), use_node_ref());
    let refusal = use_state(|| None::<Refusal>);
    let (with_passphrase, file) = (props.passphrase, props.file);
    let can = !props.busy && (file != KitFile::Needed || !path.is_empty());
    let onsubmit = {
        let (desk, path, refusal) = (props.desk.clone(), path.clone(), refusal.clone());
        let (code, field, again) = (code.clone(), field.clone(), again.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(code) = typed_code(&code).filter(|_| can) else { return };
            let passphrase = match with_passphrase {
                true => take_twice(&field, &again),
                false => Ok(None),
            };
            match passphrase {
                Ok(passphrase) => {
                    refusal.set(None);
                    let kit = Some((*path).clone()).filter(|path| !path.is_empty());
                    desk.act(Act::RestoreVault { kit, code, passphrase });
                }
                Err(why) => refusal.set(Some(why)),
            }
        })
    };
    let on_path = Callback::from(move |chosen| path.set(chosen));
    let says = html! { <p>{words::restore_says(file == KitFile::Needed)}</p> };
    html! {
        <Sheet desk={&props.desk} title={words::USE_THE_KIT} {says} narrow={true} testid="restore-sheet">
            <form class="aff" id="restore-form" {onsubmit}>
                if file != KitFile::Unneeded {
                    <FileField
                        desk={&props.desk}
                        label={words::KIT_FILE}
                        hint={if file == KitFile::Maybe { words::FILE_IF_GONE } else { "" }}
                        dialog={FileDialog::Kit}
                        chosen={props.chosen.clone()}
                        busy={props.choosing}
                        first={file == KitFile::Needed}
                        {on_path}
                    />
                }
                <CodeField field={code} />
                if with_passphrase { <PassphraseFields {field} {again} refusal={*refusal} /> }
            </form>
            <div class="sheet-foot">
                <p class="grow muted foot-say">{words::RESTORE_KEEPS}</p>
                <button class="btn" onclick={props.desk.on_tell(|| Msg::CloseLayer)}>{words::CANCEL}</button>
                <button class="btn btn-primary" type="submit" form="restore-form" data-testid="restore-submit" aria-disabled={(!can).then_some("true")}>
                    if props.busy { {icon("arc", "spin ic-14")} }
                    {words::OPEN_VAULT}
                </button>
            </div>
        </Sheet>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn the_file_is_asked_for_where_no_vault_is_here() {
        let stopped = |code| KitFile::of(&VaultView::Stopped { failure: sample::failure(code) });
        assert_eq!(KitFile::of(&VaultView::Fresh), KitFile::Needed, "there is no vault at all");
        assert_eq!(stopped("vault_file_missing"), KitFile::Needed, "its file is gone");
        assert_eq!(stopped("vault_key_missing"), KitFile::Unneeded, "its file is here");
        assert_eq!(stopped("keychain_no_service"), KitFile::Maybe, "nobody can tell");
    }
}
