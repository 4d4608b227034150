//! An agent and a face of different ages.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;

use floom_tests::{Desk, Floomsec, PATIENCE};
use serde_json::{Value, json};

use crate::{desk_with_sample, desk_with_vault};

fn write(stream: &mut UnixStream, message: &Value) {
    let bytes = message.to_string().into_bytes();
    let length = u32::try_from(bytes.len()).expect("short");
    stream.write_all(&[&length.to_be_bytes()[..], &bytes].concat()).expect("written");
}

fn read(stream: &mut UnixStream) -> Value {
    let mut length = [0; 4];
    stream.read_exact(&mut length).expect("a length");
    let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut bytes).expect("a frame");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// Where an agent would listen, with nobody there.
fn listen(desk: &Desk) -> UnixListener {
    let socket = desk.socket();
    fs::create_dir_all(socket.parent().expect("a folder")).expect("made");
    let _ = fs::remove_file(&socket);
    UnixListener::bind(socket).expect("bound")
}

#[test]
fn an_agent_that_is_newer_is_left_alone() {
    let desk = Desk::new().expect("a desk");
    let listener = listen(&desk);
    let agent = thread::spawn(move || {
        let (mut face, _) = listener.accept().expect("a face");
        let hello = read(&mut face);
        write(&mut face, &json!({ "welcome": { "protocol": 1000, "version": "99.0.0" } }));
        hello
    });
    let refused = Floomsec::new(&desk).ask(&["status"]).expect("an answer");
    assert_eq!((refused.code(), refused.exit), ("agent_newer", 1), "this program is the older one: {}", refused.json);
    let hello = agent.join().expect("it was spoken to");
    assert_eq!(hello["hello"]["face"], "command_line", "it was greeted, not asked to end: {hello}");
}

#[test]
fn an_agent_that_is_older_makes_room() {
    let (desk, _) = desk_with_vault();
    desk.end_agent().expect("the real one ends");
    let listener = listen(&desk);
    let socket = desk.socket();
    let agent = thread::spawn(move || {
        let (mut face, _) = listener.accept().expect("a face");
        read(&mut face);
        write(&mut face, &json!({ "welcome": { "protocol": 0, "version": "0.0.1" } }));
        drop(face);
        let (mut face, _) = listener.accept().expect("the face again");
        let asked = read(&mut face);
        fs::remove_file(socket).expect("its socket goes first");
        write(&mut face, &json!({ "draining": {} }));
        asked
    });
    let status = Floomsec::new(&desk).run(&["status"]).expect("an agent of this version took its place").json;
    assert_eq!(agent.join().expect("it was asked"), json!({ "drain": {} }), "the older one was asked to end");
    assert_eq!(status["vault"]["state"], "open", "the vault is the one from before: {status}");
}

#[test]
fn a_face_that_is_older_or_newer_is_told_so() {
    let (desk, _) = desk_with_sample();
    for (protocol, code) in [(0, "face_older"), (1000, "agent_older")] {
        let mut agent = UnixStream::connect(desk.socket()).expect("it listens");
        agent.set_read_timeout(Some(PATIENCE)).expect("set");
        write(&mut agent, &json!({ "hello": { "protocol": protocol, "version": "0.0.0", "face": "window" } }));
        let reply = read(&mut agent);
        assert_eq!(
            reply["refused"]["failure"]["code"], code,
            "a face of protocol {protocol} learns where it stands: {reply}"
        );
        assert!(reply["refused"]["protocol"].is_u64(), "and which protocol is spoken here: {reply}");
    }
    Floomsec::new(&desk).run(&["status"]).expect("those that fit are served as before");
}
