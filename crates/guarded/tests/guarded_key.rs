//! A key in protected memory, seen from outside.

use std::convert::Infallible;

use floom_guarded::{GuardedKey, LENGTH, Protection};

fn key(byte: u8) -> GuardedKey {
    let Ok(key) = GuardedKey::fill_with(|bytes| {
        bytes.fill(byte);
        Ok::<_, Infallible>(())
    });
    key
}

#[test]
fn a_key_is_what_was_filled_in() {
    let key = key(9);
    assert_eq!(key.bytes(), &[9; LENGTH], "its bytes are those of the closure");
    let shown = format!("{key:?}");
    assert_eq!(shown, format!("GuardedKey([hidden], {:?})", key.protection()), "debug says nothing of them");
}

#[test]
fn a_fill_that_fails_or_panics_gives_no_key_and_the_next_starts_empty() {
    let failed = GuardedKey::fill_with(|bytes| {
        bytes.fill(3);
        Err("no randomness")
    });
    assert_eq!(failed.map(drop), Err("no randomness"), "the closure's own error comes back");
    let panicked = std::panic::catch_unwind(|| {
        GuardedKey::fill_with(|bytes| -> Result<(), Infallible> {
            bytes.fill(4);
            panic!("in the middle of it")
        })
    });
    assert!(panicked.is_err(), "the panic is not swallowed");
    let looked = GuardedKey::fill_with(|bytes| if *bytes == [0; LENGTH] { Ok(()) } else { Err("not empty") });
    assert!(looked.is_ok(), "what had been written before was wiped");
}

#[test]
fn many_threads_have_many_keys() {
    std::thread::scope(|scope| {
        for thread in 0..8_u8 {
            scope.spawn(move || {
                for round in 0..200_u8 {
                    let keys: Vec<GuardedKey> = (0..round % 40).map(|n| key(thread ^ round ^ n)).collect();
                    for (n, key) in keys.iter().enumerate() {
                        assert_eq!(key.bytes(), &[thread ^ round ^ n as u8; LENGTH], "no thread writes into another's");
                    }
                }
            });
        }
    });
    let key = key(5);
    let there = std::thread::spawn(move || *key.bytes()).join().expect("the thread ends");
    assert_eq!(there, [5; LENGTH], "a key goes from one thread to another");
}

/// Run by the test below in a process that may lock no memory.
#[test]
#[ignore = "it needs a process without locked memory"]
fn without_locked_memory_a_key_is_plain() {
    let key = key(6);
    assert_eq!(key.protection(), Protection::Plain, "it says how far it is out of reach");
    assert_eq!(key.bytes(), &[6; LENGTH], "and it works");
}

#[cfg(target_os = "linux")]
#[test]
fn where_no_memory_can_be_locked_a_key_degrades_and_says_so() {
    let this = std::env::current_exe().expect("a test knows its program");
    // Root may lock without limit, but for this capability.
    let script =
        "ulimit -l 0; if [ \"$(id -u)\" = 0 ]; then exec setpriv --bounding-set=-ipc_lock \"$@\"; fi; exec \"$@\"";
    let child = std::process::Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(this)
        .args(["--ignored", "--exact", "without_locked_memory_a_key_is_plain"])
        .output()
        .expect("a shell is installed");
    let told = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && told.contains("1 passed"), "the child's own assertions hold: {told}");
}
