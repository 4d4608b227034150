//! `kill -9` of the agent and of Local Floom while a changed value is on its way, at moments that a seed chooses.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use floom_tests::{Floomsec, Save, secret};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{desk_with_vault, text};

const KEY: &str = "API_KEY";

/// An app that puts out what its key's value is, in a form that is not taken for the value.
const MANIFEST: &str = "\
slug: witness
name: Witness
secrets_needed: [API_KEY]
command: [sh, -c, 'printf %s \"$API_KEY\" | sha256sum | cut -c1-64']
";

/// How often something is killed: a few times with every test, `FLOOM_KILLS` times in the soak.
fn rounds() -> u32 {
    std::env::var("FLOOM_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(6)
}

/// Numbers that look drawn and are the same in every run (SplitMix64, Steele et al. 2014).
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

fn value(round: u32) -> String {
    format!("witness_not_a_real_key_{round:06}")
}

/// What a run of the app was given, as Floom holds it.
fn witnessed(floomsec: &Floomsec<'_>) -> String {
    let run = floomsec.run(&["run-app", "witness"]).expect("a run").json;
    let output = run["run"]["outputs"].to_string();
    let hexadecimal = |text: &&str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    output.split(|sign: char| !sign.is_ascii_alphanumeric()).find(hexadecimal).unwrap_or(&output).to_owned()
}

fn digest(value: &str) -> String {
    Sha256::digest(value.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn whenever_the_agent_or_local_floom_is_killed_both_sides_end_equal_and_no_value_is_stored_twice() {
    let (desk, _) = desk_with_vault();
    let floomsec = Floomsec::new(&desk);
    let folder = desk.home().join("code/witness");
    fs::create_dir_all(&folder).expect("a folder");
    let manifest = folder.join("floom.yaml");
    fs::write(&manifest, MANIFEST).expect("written");
    floomsec.run(&["app", "add", text(&manifest)]).expect("the app is made");
    let file = folder.join(".env");
    fs::write(&file, format!("{KEY}={}\n", value(0))).expect("written");
    floomsec.run(&["import", text(&file), "--app", "witness", "--yes", "--auto"]).expect("imported");
    let mut drawn = Drawn(6);
    for round in 1..=rounds() {
        let (agent_dies, wait) = (drawn.below(2) == 0, drawn.below(160));
        let what = format!(
            "round {round}: {} killed {wait} ms after the save",
            if agent_dies { "the agent" } else { "Local Floom" }
        );
        Save::Rename.replace(&file, &value(round - 1), &value(round)).expect("saved");
        // The moment is the point of this: there is no event to wait for.
        sleep(Duration::from_millis(wait));
        if agent_dies {
            desk.kill_agent().expect("killed");
        } else {
            desk.kill_local_floom().expect("killed");
        }
        let there = |status: &Value| {
            let state = secret(status, "witness", KEY);
            state["version"] == round + 1 && state["sync"] == "synced" && status["waiting"] == 0
        };
        floomsec.status_when("both sides are equal", there).unwrap_or_else(|trouble| panic!("{what}: {trouble}"));
        assert_eq!(witnessed(&floomsec), digest(&value(round)), "{what}: a run is given the newest value");
    }
    let history = floomsec.run(&["history", KEY, "--app", "witness"]).expect("told").json;
    let versions = history["versions"].as_array().map_or(0, Vec::len);
    assert_eq!(versions, rounds() as usize + 1, "each save is one version, none lost and none twice");
    floomsec.run(&["receipts", "verify"]).expect("the chain of receipts is whole");
}
