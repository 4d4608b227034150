//! The program in the page: it listens, keeps the state, and draws the window.

use std::rc::Rc;

use floom_protocol::view::VaultView;
use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use yew::prelude::*;

use crate::act::Act;
use crate::backend::{Backend, News};
use crate::components::focus::focus_if_nowhere;
use crate::components::width::is_wide;
use crate::components::window::window;
use crate::desk::Desk;
use crate::state::{Msg, State};

/// The app's only input: the native side.
#[derive(Properties)]
pub(crate) struct AppProps {
    pub(crate) backend: Rc<dyn Backend>,
}

impl PartialEq for AppProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.backend, &other.backend)
    }
}

/// The window's content.
#[component]
pub(crate) fn App(props: &AppProps) -> Html {
    let state = use_reducer(State::default);
    let desk = {
        let (backend, dispatcher) = (props.backend.clone(), state.dispatcher());
        use_memo((), move |()| Desk::new(backend, dispatcher))
    };
    // What the listeners look at when something happens; they are set once.
    let latest = use_mut_ref(|| None::<UseReducerHandle<State>>);
    latest.replace(Some(state.clone()));
    {
        let (backend, desk, latest) = (props.backend.clone(), desk.clone(), latest.clone());
        use_effect_with((), move |()| {
            let heard = desk.clone();
            backend.listen(Callback::from(move |news: News| {
                let file = if let News::File(path) = &news { Some(path.clone()) } else { None };
                heard.tell(Msg::News(news));
                if let Some(path) = file {
                    let app = latest.borrow().as_ref().and_then(|state| state.app_ref());
                    heard.act(Act::PreviewFile { path, app });
                }
            }));
            desk.act(Act::Refresh);
        });
    }
    {
        let desk = desk.clone();
        use_effect_with((), move |()| {
            let options = EventListenerOptions::enable_prevent_default();
            let target = web_sys::window().map(|window| {
                EventListener::new_with_options(&window, "keydown", options, move |event| {
                    if let (Some(event), Some(state)) = (event.dyn_ref::<KeyboardEvent>(), &*latest.borrow()) {
                        pressed(event, state, &desk);
                    }
                })
            });
            move || drop(target)
        });
    }
    let open = state.snapshot.as_ref().is_some_and(|snapshot| snapshot.vault == VaultView::Open);
    {
        // A file that came with the start waits until the vault can take it.
        let desk = desk.clone();
        use_effect_with(open, move |open| {
            if *open {
                desk.act(Act::PreviewOpened);
            }
        });
    }
    use_effect_with(open && state.app().is_some(), |table| {
        if *table {
            focus_if_nowhere(".seg-opt[tabindex=\"0\"]");
        }
    });
    window(&state, is_wide(), &desk)
}

fn pressed(event: &KeyboardEvent, state: &State, desk: &Desk) {
    if event.key() == "Escape" {
        desk.tell(Msg::Escape);
        return;
    }
    let field = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlElement>().ok())
        .is_some_and(|target| matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA"));
    if !(event.ctrl_key() || event.meta_key()) || event.alt_key() || event.shift_key() {
        return;
    }
    let Some(shortcut) = shortcut(&event.key(), field, state) else { return };
    event.prevent_default();
    match shortcut {
        Shortcut::Act(act) => desk.act(act),
        Shortcut::Tell(msg) => desk.tell(msg),
        Shortcut::Activity => desk.tell(Msg::ToggleActivity { wide: is_wide() }),
        Shortcut::Nothing => {}
    }
}

/// What a key does together with Ctrl (Command on macOS).
#[derive(Debug)]
enum Shortcut {
    Act(Act),
    Tell(Msg),
    Activity,
    /// The page has no use for it now, and the browser's own would hurt.
    Nothing,
}

fn shortcut(key: &str, in_field: bool, state: &State) -> Option<Shortcut> {
    let open = state.snapshot.as_ref().is_some_and(|snapshot| snapshot.vault == VaultView::Open);
    let app = state.app_ref();
    let shortcut = match key {
        "r" | "R" if open => Shortcut::Act(Act::Sync),
        "r" | "R" => Shortcut::Nothing,
        _ if !open => return None,
        "l" | "L" => Shortcut::Act(Act::Lock),
        "j" | "J" if app.is_some() => Shortcut::Activity,
        _ if state.layer.is_some() => return None,
        "v" | "V" if !in_field => Shortcut::Act(Act::Paste { app }),
        "o" | "O" => Shortcut::Act(Act::ChooseFile { app }),
        "n" | "N" if app.is_some() => Shortcut::Tell(Msg::Prefill(String::new())),
        digit => {
            let number: usize = digit.parse().ok().filter(|number| (1..=9).contains(number))?;
            let app = state.snapshot.as_ref()?.apps.get(number - 1)?;
            Shortcut::Tell(Msg::Show { connection: app.connection.clone(), slug: app.slug.clone() })
        }
    };
    Some(shortcut)
}
