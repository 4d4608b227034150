//! The native side as Tauri offers it: `window.__TAURI__`, with JSON both ways.

use floom_protocol::import::ImportPreview;
use floom_protocol::view::{AppRef, Snapshot};
use floom_protocol::{Command, Failure};
use floom_secret::SecretValue;
use js_sys::{Function, JSON, Promise, Reflect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use yew::Callback;

use super::{Answer, Backend, FileDialog, News, WindowControl, unasked, unreadable};

/// The window's own native side.
#[derive(Debug)]
pub(crate) struct Tauri;

#[derive(Serialize)]
struct CommandArguments {
    command: Command,
}

impl Backend for Tauri {
    fn command(&self, command: Command) -> Answer<String> {
        ask("call", serde_json::to_string(&CommandArguments { command }))
    }

    fn snapshot(&self) -> Answer<Snapshot> {
        invoke("snapshot", &json!({}))
    }

    fn paste_preview(&self, app: Option<AppRef>) -> Answer<ImportPreview> {
        invoke("paste_preview", &json!({ "app": app }))
    }

    fn choose_file(&self, what: FileDialog) -> Answer<Option<String>> {
        let what = match what {
            FileDialog::EnvFile => "env_file",
            FileDialog::Kit => "kit",
            FileDialog::NewKit => "new_kit",
        };
        invoke("choose_file", &json!({ "what": what }))
    }

    fn copy(&self, text: String) -> Answer<()> {
        // Asked for at once: a browser gives the clipboard only to what the creator has just pressed.
        let written = web_sys::window().map(|window| window.navigator().clipboard().write_text(&text));
        Box::pin(
            async move { JsFuture::from(written.ok_or_else(not_copied)?).await.map_err(|_| not_copied()).map(drop) },
        )
    }

    fn opened_file(&self) -> Answer<Option<String>> {
        invoke("opened_file", &json!({}))
    }

    fn window_control(&self, what: WindowControl) -> Answer<()> {
        let what = match what {
            WindowControl::Minimise => "minimise",
            WindowControl::Maximise => "maximise",
            WindowControl::Close => "close",
        };
        invoke("window_control", &json!({ "what": what }))
    }

    fn listen(&self, sink: Callback<News>) {
        on("snapshot", &sink, |snapshot| News::Snapshot(Box::new(snapshot)));
        on("agent_lost", &sink, News::AgentLost);
        on("file", &sink, News::File);
        on("drag", &sink, |Drag { over }| News::Drag(over));
        on("drop_refused", &sink, News::DropRefused);
    }
}

fn not_copied() -> Failure {
    Failure::new(
        "clipboard_unavailable",
        "The system did not take the report.",
        "The clipboard is as it was.",
        "`floomsec doctor` prints the same.",
    )
}

#[derive(serde::Deserialize)]
struct Drag {
    over: bool,
}

/// A function of `window.__TAURI__`, by its module and name.
fn function(module: &str, name: &str) -> Result<Function, JsValue> {
    let tauri = Reflect::get(&js_sys::global(), &"__TAURI__".into())?;
    Reflect::get(&Reflect::get(&tauri, &module.into())?, &name.into())?.dyn_into()
}

/// Calls a command of the native side; both ways in JSON.
fn ask(name: &'static str, arguments: serde_json::Result<String>) -> Answer<String> {
    let promise = start(name, arguments);
    Box::pin(async move {
        match JsFuture::from(promise?).await {
            Ok(answer) => text(&answer).ok_or_else(unreadable),
            Err(refusal) => Err(read(&refusal).unwrap_or_else(unasked)),
        }
    })
}

fn invoke<T: DeserializeOwned + 'static>(name: &'static str, arguments: &serde_json::Value) -> Answer<T> {
    let answer = ask(name, Ok(arguments.to_string()));
    Box::pin(async move { serde_json::from_str(&answer.await?).map_err(|_| unreadable()) })
}

fn start(name: &str, arguments: serde_json::Result<String>) -> Result<Promise, Failure> {
    // The text may hold a value: this type wipes it.
    let text = SecretValue::new(arguments.map_err(|_| unasked())?);
    let arguments = JSON::parse(text.expose()).map_err(|_| unasked())?;
    function("core", "invoke")
        .and_then(|invoke| invoke.call2(&JsValue::UNDEFINED, &name.into(), &arguments))
        .and_then(JsCast::dyn_into)
        .map_err(|_| unasked())
}

/// JSON has no word for undefined, which is how a call without an answer answers.
fn text(value: &JsValue) -> Option<String> {
    if value.is_undefined() { Some("null".to_owned()) } else { JSON::stringify(value).ok()?.as_string() }
}

fn read<T: DeserializeOwned>(value: &JsValue) -> Option<T> {
    serde_json::from_str(&text(value)?).ok()
}

fn on<T: DeserializeOwned + 'static>(name: &'static str, sink: &Callback<News>, news: impl Fn(T) -> News + 'static) {
    let sink = sink.clone();
    let heard = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
        let payload = Reflect::get(&event, &"payload".into()).unwrap_or(JsValue::NULL);
        if let Some(payload) = read(&payload) {
            sink.emit(news(payload));
        }
    });
    if let Ok(listen) = function("event", "listen") {
        // A listener that cannot be set leaves the page with the first snapshot only, which it still shows.
        let _ = listen.call2(&JsValue::UNDEFINED, &name.into(), heard.as_ref());
        heard.forget();
    }
}
