//! What real programs do to a watched file: every save is one version, whole, and no half of one is ever taken.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use floom_protocol::command::{History, Link, Resume};
use floom_protocol::view::{LinkState, Snapshot, SyncView};

use crate::bench::{Bench, SAMPLE, of, preview_of};

const KEY: &str = "OPENAI_API_KEY";

fn changed(end: &str) -> String {
    SAMPLE.replace("8b2a", end)
}

fn arrived(snapshot: &Snapshot, end: &str) -> bool {
    preview_of(snapshot, KEY).ends_with(end) && of(snapshot, KEY).sync == SyncView::Synced
}

/// Runs a program of the system until it ends.
fn run(folder: &Path, program: &str, arguments: &[&str]) {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    command.env("HOME", folder).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    let status = command.status().unwrap_or_else(|error| panic!("{program} is there: {error}"));
    assert!(status.success(), "{program} {arguments:?} did what it was asked");
}

async fn versions(bench: &Bench) -> usize {
    bench.call(History { app: bench.app(), key: KEY.into() }).await.expect("a history").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn editors_and_tools_save_in_their_ways_and_each_save_is_one_version() {
    let bench = Bench::new().await;
    let (path, _) = bench.import_sample(true).await;
    let folder = path.parent().expect("a folder").to_owned();
    let steps: [(&str, &[&str], &str); 5] = [
        ("vim.tiny", &["-es", "-u", "NONE", "-c", "%s/8b2a/1111/", "-c", "wq", ".env"], "1111"),
        ("sed", &["-i", "s/1111/2222/", ".env"], "2222"),
        ("sh", &["-c", "text=$(sed s/2222/3333/ .env); printf '%s\\n' \"$text\" > .env"], "3333"),
        ("sh", &["-c", "sed s/3333/4444/ .env > .env.new && mv .env.new .env"], "4444"),
        (
            "vim.tiny",
            &["-es", "-u", "NONE", "--cmd", "set backup backupcopy=no", "-c", "%s/4444/5555/", "-c", "wq", ".env"],
            "5555",
        ),
    ];
    for (number, (program, arguments, end)) in steps.into_iter().enumerate() {
        run(&folder, program, arguments);
        bench.until(program, |snapshot| arrived(snapshot, end)).await;
        assert_eq!(versions(&bench).await, number + 2, "{program} {arguments:?} made one version");
    }
    let snapshot = bench.look().await;
    assert!(matches!(snapshot.links[0].state, LinkState::InSync { keys: 4 }), "nothing is left to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_pauses_in_the_middle_of_a_value_is_waited_for() {
    let bench = Bench::new().await;
    let (path, _) = bench.import_sample(true).await;
    let folder = path.parent().expect("a folder").to_owned();
    // The last line is cut, so that what is there meanwhile has every key.
    let text = SAMPLE.replace("yIJ9", "7777");
    let cut = text.find("7777").expect("the value") - 6;
    let script = "import sys, time\n\
                  text, cut = sys.argv[1], int(sys.argv[2])\n\
                  with open('.env', 'w', newline='') as file:\n\
                  \x20   file.write(text[:cut]); file.flush(); time.sleep(0.4)\n\
                  \x20   file.write(text[cut:]); file.flush()\n";
    run(&folder, "python3", &["-c", script, &text, &cut.to_string()]);
    let last = "SUPABASE_SERVICE_KEY";
    bench.until("the whole value", |snapshot| preview_of(snapshot, last).ends_with("7777")).await;
    let history = bench.call(History { app: bench.app(), key: last.into() }).await.expect("a history");
    assert_eq!(history.len(), 2, "the half of a value that was there for a while was never taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_renamed_or_deleted_and_comes_back_is_watched_again() {
    let bench = Bench::new().await;
    let folder = bench.folder.path().join("code/flyfast");
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join(".env");
    fs::write(&path, SAMPLE).expect("written");
    let link = Link { path: path.display().to_string(), app: bench.app(), auto: true, reader: None };
    bench.call(link).await.expect("watched");
    bench.until("the first value", |snapshot| arrived(snapshot, "8b2a")).await;
    let gone = |snapshot: &Snapshot| snapshot.links[0].state == LinkState::Gone;

    let away = bench.folder.path().join("code/away");
    fs::rename(&folder, &away).expect("renamed");
    bench.until("the file is gone", gone).await;
    fs::write(away.join(".env"), changed("1111")).expect("written elsewhere");
    fs::rename(&away, &folder).expect("renamed back");
    bench.until("the value of the folder that came back", |snapshot| arrived(snapshot, "1111")).await;
    fs::write(&path, changed("2222")).expect("written");
    bench.until("a save in it", |snapshot| arrived(snapshot, "2222")).await;

    fs::remove_dir_all(bench.folder.path().join("code")).expect("deleted with what is above it");
    let snapshot = bench.until("the file is gone again", gone).await;
    assert!(arrived(&snapshot, "2222"), "nothing was removed for that");
    fs::create_dir_all(&folder).expect("made anew");
    fs::write(&path, changed("3333")).expect("written");
    bench.until("the value of the new folder", |snapshot| arrived(snapshot, "3333")).await;
    fs::write(&path, changed("4444")).expect("written");
    bench.until("a save in the new folder", |snapshot| arrived(snapshot, "4444")).await;
    assert_eq!(versions(&bench).await, 5, "each save once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_symbolic_link_is_followed_where_it_points_now() {
    let bench = Bench::new().await;
    let (first, second) = (bench.folder.path().join("first"), bench.folder.path().join("second"));
    for (folder, text) in [(&first, SAMPLE.to_owned()), (&second, changed("1111"))] {
        fs::create_dir_all(folder).expect("a folder");
        fs::write(folder.join("app.env"), text).expect("written");
    }
    let path = bench.folder.path().join(".env");
    symlink(first.join("app.env"), &path).expect("linked");
    let link = Link { path: path.display().to_string(), app: bench.app(), auto: true, reader: None };
    bench.call(link).await.expect("watched");
    bench.until("the first target's value", |snapshot| arrived(snapshot, "8b2a")).await;
    let beside = bench.folder.path().join(".env.new");
    symlink(second.join("app.env"), &beside).expect("linked");
    fs::rename(&beside, &path).expect("swapped");
    bench.until("the second target's value", |snapshot| arrived(snapshot, "1111")).await;
    fs::write(second.join("app.env"), changed("2222")).expect("written");
    bench.until("a save of the second target", |snapshot| arrived(snapshot, "2222")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_switch_sends_nothing_until_the_creator_takes_it_and_a_switch_back_asks_nothing() {
    let bench = Bench::new().await;
    let (path, _) = bench.import_sample(true).await;
    let folder = path.parent().expect("a folder").to_owned();
    let git = |arguments: &[&str]| {
        let who = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "core.hooksPath=/dev/null"];
        run(&folder, "git", &[&who, arguments].concat());
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", ".env"]);
    git(&["commit", "-q", "-m", "one"]);
    git(&["checkout", "-q", "-b", "other"]);
    fs::write(&path, changed("1111")).expect("written");
    bench.until("the edit", |snapshot| arrived(snapshot, "1111")).await;
    git(&["commit", "-q", "-a", "-m", "two"]);
    let paused = |snapshot: &Snapshot| match &snapshot.links[0].state {
        LinkState::Paused { brake, .. } => brake == "branch_switched",
        _ => false,
    };
    git(&["checkout", "-q", "main"]);
    let snapshot = bench.until("it is paused", paused).await;
    assert!(arrived(&snapshot, "1111"), "the other branch's value is not sent");
    let LinkState::Paused { long, .. } = &snapshot.links[0].state else { panic!("it is paused") };
    assert_eq!(long, ".env has another value on branch main.", "and it is said which branch that is");
    let bench = bench.restarted().await;
    bench.until("it is paused after a restart too", |snapshot| !snapshot.links.is_empty() && paused(snapshot)).await;
    git(&["checkout", "-q", "other"]);
    let whole = |snapshot: &Snapshot| matches!(snapshot.links[0].state, LinkState::InSync { keys: 4 });
    bench.until("switched back, it goes on by itself", whole).await;
    assert_eq!(versions(&bench).await, 2, "and nothing was stored for that");

    git(&["checkout", "-q", "main"]);
    let snapshot = bench.until("it is paused", paused).await;
    bench.call(Resume { link: snapshot.links[0].id.clone() }).await.expect("taken as it is");
    bench.until("the creator's word has its value sent", |snapshot| arrived(snapshot, "8b2a")).await;
    fs::write(&path, changed("2222")).expect("written");
    bench.until("and a save on this branch is a save", |snapshot| arrived(snapshot, "2222")).await;
    git(&["commit", "-q", "-a", "-m", "three"]);
    git(&["rm", "-q", ".env"]);
    git(&["commit", "-q", "-m", "four"]);
    let snapshot = bench.until("the file is gone", |snapshot| snapshot.links[0].state == LinkState::Gone).await;
    assert!(arrived(&snapshot, "2222"), "its values stay, here and on Floom");
}

/// Files of one app: 100 with every test, `FLOOM_FILES` where more are wanted.
fn files() -> usize {
    std::env::var("FLOOM_FILES").ok().and_then(|text| text.parse().ok()).unwrap_or(100)
}

#[tokio::test(flavor = "multi_thread")]
async fn many_files_that_are_all_saved_at_once_all_arrive() {
    let bench = Bench::new().await;
    let folder = bench.folder.path().join("many");
    let write = |number: usize, end: &str| {
        let folder = folder.join(format!("{number}"));
        fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join(".env");
        fs::write(&path, format!("KEY_{number}=value-{number}-{end}\n")).expect("written");
        path
    };
    for number in 0..files() {
        let path = write(number, "first-0123456789");
        let link = Link { path: path.display().to_string(), app: bench.app(), auto: true, reader: None };
        bench.call(link).await.expect("watched");
    }
    let at = |snapshot: &Snapshot, version: u32| {
        let keys = snapshot.apps[0].secrets.iter().filter(|secret| secret.key.starts_with("KEY_"));
        keys.filter(|secret| secret.version == version).count() == files()
    };
    bench.until("all first values", |snapshot| at(snapshot, 1)).await;
    for number in 0..files() {
        write(number, "second-0123456789");
    }
    bench.until("all second values", |snapshot| at(snapshot, 2)).await;
}
