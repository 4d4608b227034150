//! The main job through `floomsec` alone.

use floom_tests::{Floomsec, Save, Serving, sample, secret};
use serde_json::{Value, json};

use crate::{desk_with_sample, desk_with_vault, text};

#[test]
fn a_plan_says_what_an_import_would_do_and_changes_nothing() {
    let (desk, file) = desk_with_vault();
    let floomsec = Floomsec::new(&desk);
    let plan = floomsec.run(&["plan", text(&file), "--app", "flyfast"]).expect("a plan").json;
    let rows = plan["rows"].as_array().expect("rows");
    for (key, line) in sample::KEYS.iter().zip([3, 5, 7, 9]) {
        let row = rows.iter().find(|row| row["key"] == **key).unwrap_or(&Value::Null);
        assert_eq!((&row["line"], &row["fate"]), (&json!(line), &json!("new")), "{key} is new, and its line is named");
    }
    let status = floomsec.run(&["status"]).expect("a status").json;
    for key in sample::KEYS {
        assert_eq!(secret(&status, "flyfast", key)["version"], 0, "{key} was planned, not stored");
    }
}

#[test]
fn an_import_reaches_floom_and_a_run_gets_the_values() {
    let (desk, file) = desk_with_vault();
    let floomsec = Floomsec::new(&desk);
    let import = floomsec.run(&["import", text(&file), "--app", "flyfast", "--yes"]).expect("imported").json;
    assert_eq!(import["added"], json!(sample::KEYS), "every key of the file was added");
    assert_eq!((&import["waiting"], &import["failed"]), (&json!(0), &json!(0)), "nothing is left to send");

    let status = floomsec.run(&["status"]).expect("a status").json;
    for (key, value) in sample::KEYS.iter().zip(sample::VALUES) {
        let state = secret(&status, "flyfast", key);
        assert_eq!((&state["sync"], &state["version"]), (&json!("synced"), &json!(1)), "Floom acknowledged {key}");
        let preview = state["preview"].as_str().unwrap_or_default();
        assert!(
            preview.ends_with(&value[value.len() - 4..]),
            "the preview of {key} shows the end of its value: {preview}"
        );
    }
    let run = floomsec.run(&["run-app", "flyfast"]).expect("a run").json;
    assert_eq!(run["run"]["status"], "success", "a run with every value set succeeds");
    for value in sample::VALUES {
        let end = &value[value.len() - 4..];
        assert!(
            run["run"]["outputs"].to_string().contains(end),
            "the run was given the value that ends in {end}: {run}"
        );
    }
    let used = |status: &Value| {
        secret(status, "flyfast", sample::KEYS[0])["last_used"].as_str().is_some_and(|at| at != "never")
    };
    floomsec.status_when("the run's use of its first key", used).expect("Local Floom tells when it was");
    let again = floomsec.run(&["import", text(&file), "--app", "flyfast", "--yes"]).expect("imported again").json;
    assert_eq!(again["unchanged"], json!(sample::KEYS), "an import that is repeated changes nothing");
}

#[test]
fn an_edit_of_a_watched_file_reaches_floom_however_it_is_saved() {
    let (desk, file) = desk_with_sample();
    let floomsec = Floomsec::new(&desk);
    let mut old = sample::VALUES[1];
    for (save, new) in Save::ALL.into_iter().zip(sample::EDITS) {
        save.replace(&file, old, new).expect("saved");
        let what = format!("an edit saved {}", save.words());
        let (status, _) = floomsec
            .status_when(&what, |status| {
                let state = secret(status, "flyfast", "AMADEUS_API_KEY");
                state["sync"] == "synced"
                    && state["preview"].as_str().is_some_and(|shown| shown.ends_with(&new[new.len() - 4..]))
            })
            .expect("the edit arrives");
        for key in ["OPENAI_API_KEY", "STRIPE_SECRET_KEY", "SUPABASE_SERVICE_KEY"] {
            assert_eq!(secret(&status, "flyfast", key)["version"], 1, "{what} changed one value and not {key}");
        }
        old = new;
    }
    let history = floomsec.run(&["history", "AMADEUS_API_KEY", "--app", "flyfast"]).expect("a history").json;
    let versions: Vec<_> =
        history["versions"].as_array().into_iter().flatten().map(|one| one["version"].clone()).collect();
    assert_eq!(versions, [4, 3, 2, 1], "every value that was ever current is kept, the newest first");
}

#[test]
fn without_auto_sync_an_edit_waits_for_the_creator() {
    let (desk, file) = desk_with_vault();
    let floomsec = Floomsec::new(&desk);
    floomsec.run(&["import", text(&file), "--app", "flyfast", "--yes", "--watch"]).expect("imported and watched");
    Save::Rename.replace(&file, sample::VALUES[0], "sk-proj-sample-flyfast-asked-about-77fe").expect("saved");
    let (status, _) = floomsec
        .status_when("the question", |status| status["links"][0]["state"] == "asks")
        .expect("the file's state says that a change waits");
    assert_eq!(secret(&status, "flyfast", "OPENAI_API_KEY")["version"], 1, "nothing was stored without an answer");
}

#[test]
fn a_policy_flips_there_and_back_and_undo_brings_the_old_value() {
    let (desk, file) = desk_with_sample();
    let floomsec = Floomsec::new(&desk);
    for (word, policy) in [("user", "user_vault"), ("creator", "creator_override")] {
        floomsec.run(&["policy", "STRIPE_SECRET_KEY", word, "--app", "flyfast"]).expect("the policy is set");
        let (status, _) = floomsec
            .status_when("the policy's way to Floom", |status| {
                secret(status, "flyfast", "STRIPE_SECRET_KEY")["sync"] == "synced"
            })
            .expect("acknowledged");
        let state = secret(&status, "flyfast", "STRIPE_SECRET_KEY");
        assert_eq!(state["policy"], policy, "`policy … {word}` is what Floom has now");
        assert_eq!(state["version"], 1, "a policy is no new value");
    }
    Save::Truncate.replace(&file, sample::VALUES[1], sample::EDITS[0]).expect("saved");
    floomsec
        .status_when("the edit", |status| secret(status, "flyfast", "AMADEUS_API_KEY")["version"] == 2)
        .expect("the edit arrives");
    floomsec.run(&["undo", "AMADEUS_API_KEY", "--app", "flyfast"]).expect("undone");
    let (status, _) = floomsec
        .status_when("the undo", |status| {
            let state = secret(status, "flyfast", "AMADEUS_API_KEY");
            state["sync"] == "synced" && state["version"] == 3
        })
        .expect("Undo makes a new version");
    let preview = secret(&status, "flyfast", "AMADEUS_API_KEY")["preview"].as_str().unwrap_or_default().to_owned();
    assert!(preview.ends_with("e82f"), "the value before the edit is current again: {preview}");
    assert_eq!(status["links"][0]["state"], "set_aside", "the value that is still in the file is not taken once more");
}

#[test]
fn a_lock_stops_and_an_unlock_catches_up() {
    let (desk, file) = desk_with_sample();
    let floomsec = Floomsec::new(&desk);
    floomsec.run(&["lock"]).expect("locked");
    let refused = floomsec
        .ask_with(&["set", "OPENAI_API_KEY", "--app", "flyfast"], "a value that is not stored")
        .expect("an answer");
    assert_eq!((refused.exit, refused.code()), (4, "vault_locked"), "nothing is taken while locked");
    Save::InPlace.replace(&file, sample::VALUES[1], sample::EDITS[0]).expect("saved while locked");
    floomsec.run(&["unlock"]).expect("unlocked: the keychain is open");
    floomsec
        .status_when("catching up", |status| {
            let state = secret(status, "flyfast", "AMADEUS_API_KEY");
            state["sync"] == "synced" && state["version"] == 2
        })
        .expect("what was saved while locked is stored and sent");
}

#[test]
fn an_app_of_the_creators_own_is_registered_from_its_manifest() {
    let (desk, _) = desk_with_vault();
    let floomsec = Floomsec::new(&desk);
    let manifest = desk.home().join("floom.yaml");
    let text_of_it = "slug: ferry-bot\nname: Ferry bot\ndescription: Books ferries\nsecrets_needed: [FERRY_TOKEN]\ncommand: [\"true\"]\n";
    std::fs::write(&manifest, text_of_it).expect("written");
    floomsec.run(&["app", "add", text(&manifest)]).expect("registered");
    let apps = floomsec.run(&["app", "list"]).expect("a list").json["apps"].clone();
    let ours =
        apps.as_array().into_iter().flatten().find(|app| app["slug"] == "ferry-bot").cloned().unwrap_or_default();
    assert_eq!(ours["missing"], json!(["FERRY_TOKEN"]), "the app is there, and what it needs is missing: {apps}");
    let set = floomsec
        .ask_with(&["set", "FERRY_TOKEN", "--app", "ferry-bot"], "a token of 24 characters")
        .expect("an answer");
    assert_eq!(set.exit, 0, "a value from standard input is stored: {}", set.json);
}

#[test]
fn the_key_of_flooms_own_command_line_is_taken_over_and_its_file_left_as_it_is() {
    let (desk, _) = desk_with_vault();
    let floomsec = Floomsec::new(&desk);
    let import = ["connect", "--from-floom-cli"];
    assert_eq!(floomsec.ask(&import).expect("an answer").code(), "floom_cli_missing", "nothing is there");
    let folder = desk.home().join(".floom");
    std::fs::create_dir(&folder).expect("a folder");
    let file = folder.join("config.json");
    for broken in ["", "{", r#"{"api_url":"http://127.0.0.1:1"}"#, r#"{"api_key":""}"#, r#"{"api_key":7}"#] {
        std::fs::write(&file, broken).expect("a file");
        let answer = floomsec.ask(&import).expect("an answer");
        assert_eq!(answer.code(), "floom_cli_unreadable", "{broken:?} has no key");
        assert_eq!(std::fs::read_to_string(&file).expect("the file"), broken, "the file is left as it is");
    }

    let serving = Serving::start(&desk).expect("a Floom of its own");
    let config = json!({ "api_key": serving.token, "api_url": serving.url }).to_string();
    std::fs::write(&file, &config).expect("a file");
    let connected = floomsec.run(&import).expect("it connects").json;
    assert_eq!(connected["connection"]["url"], json!(serving.url), "to the Floom that the file names: {connected}");
    let status = floomsec.run(&["status"]).expect("a status").json;
    assert_eq!(status["connection"]["state"], "connected", "and is what is shown: {status}");
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), config, "the file is left as it is");
    let traces = desk.traces([serving.token.as_str()]).expect("a search");
    let own = |place: &std::path::Path| place == file || place.to_string_lossy().starts_with("process");
    let places: Vec<_> = traces.iter().filter(|trace| !own(&trace.place)).collect();
    assert!(places.is_empty(), "the key itself is kept nowhere: {places:?}");
}
