//! Who may ask what of the window process, with the real permissions and no real window.

use floom_protocol::Failure;
use floom_secrets::{Agent, Opening, assemble, context};
use serde_json::{Value, json};
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{App, Manager, WebviewWindow, WebviewWindowBuilder};

const PAGE: &str = if cfg!(windows) { "http://tauri.localhost" } else { "tauri://localhost" };
const COMMANDS: [&str; 6] = ["call", "snapshot", "paste_preview", "choose_file", "opened_file", "window_control"];

fn no_agent() -> Opening {
    Box::pin(async { Err(Failure::new("agent_unreachable", "No agent here.", "Nothing.", "Nothing.")) })
}

#[expect(deprecated, reason = "the set-up runs in an iteration, and one is enough")]
fn started_with(file: Option<&str>) -> (App<MockRuntime>, WebviewWindow<MockRuntime>) {
    let mut app = assemble(mock_builder(), Agent::reached_by(no_agent), file.map(str::to_owned))
        .build(context())
        .expect("the configuration and the permissions are whole");
    app.run_iteration(|_, _| {});
    let window = app.get_webview_window("main").expect("the window is made at the start");
    (app, window)
}

fn ask_from(window: &WebviewWindow<MockRuntime>, url: &str, command: &str, with: Value) -> Result<Value, Value> {
    let request = InvokeRequest {
        cmd: command.to_owned(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: url.parse().expect("the test's address is one"),
        body: InvokeBody::Json(with),
        headers: tauri::http::HeaderMap::new(),
        invoke_key: INVOKE_KEY.to_owned(),
    };
    get_ipc_response(window, request).map(|body| body.deserialize().expect("answers are JSON"))
}

fn ask(window: &WebviewWindow<MockRuntime>, command: &str, with: Value) -> Result<Value, Value> {
    ask_from(window, PAGE, command, with)
}

fn denied(answer: &Result<Value, Value>) -> bool {
    answer.as_ref().is_err_and(|words| words.as_str().is_some_and(|words| words.contains("not allowed")))
}

#[test]
fn the_page_of_the_main_window_is_heard() {
    let (_app, main) = started_with(None);
    // `choose_file` and `paste_preview` need a desktop; they are heard where their arguments are looked at.
    assert!(!denied(&ask(&main, "choose_file", json!({"what": "anything"}))), "choose_file is granted");
    assert!(!denied(&ask(&main, "call", json!({}))), "call is granted");
    assert!(!denied(&ask(&main, "snapshot", json!({}))), "snapshot is granted");
    assert!(!denied(&ask(&main, "paste_preview", json!({"app": 1}))), "paste_preview is granted");
    assert!(!denied(&ask(&main, "opened_file", json!({}))), "opened_file is granted");
    assert!(!denied(&ask(&main, "window_control", json!({"what": "fly"}))), "window_control is granted");
}

#[test]
fn another_window_is_denied_everything() {
    let (app, _main) = started_with(None);
    let other = WebviewWindowBuilder::new(&app, "other", Default::default()).build().expect("a mock window opens");
    for command in COMMANDS {
        assert!(denied(&ask(&other, command, json!({}))), "{command} is denied to another window");
    }
}

#[test]
fn a_page_from_elsewhere_is_denied_everything() {
    let (_app, main) = started_with(None);
    for command in COMMANDS {
        let answer = ask_from(&main, "https://floom.dev/", command, json!({}));
        assert!(denied(&answer), "{command} is denied to a page that is not the program's own");
    }
}

#[test]
fn what_tauri_and_its_plugins_could_do_is_denied() {
    let (_app, main) = started_with(None);
    for command in [
        "plugin:window|create",
        "plugin:window|set_title",
        "plugin:webview|create_webview",
        "plugin:event|emit",
        "plugin:path|resolve_directory",
        "plugin:app|version",
    ] {
        assert!(denied(&ask(&main, command, json!({}))), "{command} is not the page's");
    }
}

#[test]
fn a_command_that_is_not_one_is_refused_without_its_words() {
    let (_app, main) = started_with(None);
    for command in [
        json!({"command": "hunter2-fly", "with": {}}),
        json!({"command": "set_value", "with": {"value": ["hunter2"]}}),
        json!("hunter2"),
    ] {
        let refused = ask(&main, "call", json!({ "command": command })).expect_err("it is not a command");
        assert_eq!(refused["code"], "command_unknown", "the page learns that by its code");
        assert!(!refused.to_string().contains("hunter2"), "what was typed is not repeated");
    }
}

#[test]
fn the_page_never_gets_all_values() {
    let (_app, main) = started_with(None);
    let all = json!({"command": {"command": "environment", "with": {"app": {"slug": "flyfast"}}}});
    let plain =
        json!({"command": {"command": "export_plain", "with": {"app": {"slug": "flyfast"}, "typed": "flyfast"}}});
    for command in [all, plain] {
        let refused = ask(&main, "call", command).expect_err("values are for a command that the creator starts");
        assert_eq!(refused["code"], "command_not_for_window", "it is refused before an agent is asked");
    }
}

#[test]
fn without_an_agent_the_page_is_told_why() {
    let (_app, main) = started_with(None);
    let look = json!({"command": {"command": "look", "with": {}}});
    for (command, with) in [("snapshot", json!({})), ("call", look)] {
        let failure = ask(&main, command, with).expect_err("no agent answers");
        assert_eq!(failure["code"], "agent_unreachable", "{command} hands the reason on");
        assert!(failure["kept"].is_string() && failure["next"].is_string(), "{command} hands on all four parts");
    }
}

#[test]
fn the_file_of_the_command_line_is_given_once() {
    let (_app, main) = started_with(Some("/a/.env"));
    assert_eq!(ask(&main, "opened_file", json!({})), Ok(json!("/a/.env")), "the page gets it");
    assert_eq!(ask(&main, "opened_file", json!({})), Ok(Value::Null), "and only once");
}
