//! What the window says when something outside it refuses.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::thread;

use floom_tests::{Desk, Floomsec, Window};
use serde_json::json;

use crate::desk_with_sample;

const NO_FILE: &[&str] = &[];

#[tokio::test]
async fn a_floom_that_does_not_answer_and_a_wrong_key_are_named_and_not_added() {
    let (desk, _) = desk_with_sample();
    let floomsec = Floomsec::new(&desk);
    let local = floomsec.run(&["status"]).expect("told").json["connection"]["url"].clone();
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    window.press("connect-another").await.expect("the rail offers it");
    window.text("connect-sheet").await.expect("a sheet asks for address and key");
    let cases = [
        ("http://127.0.0.1:1", "floom_unreachable"),
        ("http://example.com", "url_insecure"),
        (local.as_str().expect("an address"), "floom_token_refused"),
    ];
    for (url, code) in cases {
        window.refill("connect-url", url).await.expect("typed");
        window.refill("connect-token", "floom_agent_that_nobody_gave_out").await.expect("typed");
        window.press("connect-submit").await.expect("pressed");
        window.when("error@data-code", code, |shown| shown == code).await.expect("the window says why");
    }
    let page = window.look().await.expect("a look");
    assert!(!page.html.contains("nobody_gave_out"), "the key is nowhere in the page after it was sent");
    assert!(!page.fields.contains("nobody_gave_out"), "nor in a field");
    assert!(page.fields.contains(cases[2].0), "and the address stays, to be mended: {}", page.fields);
    let apps = floomsec.run(&["app", "list"]).expect("told").json;
    assert_eq!(apps["apps"][0]["slug"], "flyfast", "Local Floom is still the one that is shown: {apps}");
}

#[tokio::test]
async fn a_locked_keychain_opens_the_doctor_and_an_unlock_goes_on() {
    let (desk, _) = desk_with_sample();
    desk.end_agent().expect("the agent ends");
    desk.lock_keychain().expect("locked");
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    window
        .when("doctor-code@data-code", "keychain_locked", |code| code == "keychain_locked")
        .await
        .expect("the state is named, and no vault is offered");
    desk.unlock_keychain().expect("unlocked");
    window.press("unlock").await.expect("pressed");
    window.text("row-OPENAI_API_KEY/key").await.expect("the vault is open, nothing is lost");
}

#[tokio::test]
async fn an_agent_that_is_newer_than_the_window_is_left_alone() {
    let desk = Desk::new().expect("a desk");
    let socket = desk.socket();
    std::fs::create_dir_all(socket.parent().expect("a folder")).expect("made");
    let listener = UnixListener::bind(socket).expect("bound");
    thread::spawn(move || {
        for face in listener.incoming() {
            let mut face = face.expect("a face");
            let mut length = [0; 4];
            face.read_exact(&mut length).expect("a length");
            face.read_exact(&mut vec![0; u32::from_be_bytes(length) as usize]).expect("a frame");
            let welcome = json!({ "welcome": { "protocol": 1000, "version": "99.0.0" } }).to_string().into_bytes();
            face.write_all(&u32::try_from(welcome.len()).expect("short").to_be_bytes()).expect("written");
            face.write_all(&welcome).expect("written");
        }
    });
    let window = Window::open(&desk, NO_FILE).await.expect("the window opens");
    window
        .when("doctor-code@data-code", "agent_newer", |code| code == "agent_newer")
        .await
        .expect("the window says that it is the older one");
}
