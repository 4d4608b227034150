//! The window as it is drawn, without a browser: names, roles, and what must not be there.

use std::rc::Rc;

use floom_protocol::import::Fate;
use floom_protocol::readiness::Verdict;
use floom_protocol::view::{
    Check, ConnectionState, DoctorView, LastUsed, LinkState, Prompt, RecoveryView, Snapshot, SyncView, VaultView,
};
use floom_secret::Policy;
use yew::prelude::*;

use crate::backend::fake::Fake;
use crate::components::window::window;
use crate::desk::Desk;
use crate::sample;
use crate::state::{Ask, Layer, State};

#[derive(Properties, PartialEq)]
struct StageProps {
    state: State,
}

/// The window of one state, on a desk whose acts nobody carries out.
#[component]
fn Stage(props: &StageProps) -> Html {
    let state = props.state.clone();
    let handle = use_reducer(move || state);
    let desk = Desk::new(Rc::new(Fake::default()), handle.dispatcher());
    window(&handle, true, &desk)
}

async fn drawn(state: State) -> String {
    // The state is not Send: it is made where it is drawn.
    yew::LocalServerRenderer::<Stage>::with_props(StageProps { state }).hydratable(false).render().await
}

fn showing(snapshot: Snapshot) -> State {
    State { snapshot: Some(Rc::new(snapshot)), ..State::default() }
}

fn assert_has(html: &str, parts: &[&str], what: &str) {
    for part in parts {
        assert!(html.contains(part), "{what}: {part} is missing in {html}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn the_table_names_what_it_shows() {
    let html = drawn(showing(sample::snapshot(vec![sample::flyfast()]))).await;
    assert_has(
        &html,
        &[
            "role=\"table\" aria-label=\"Secrets of flyfast\"",
            "data-testid=\"row-OPENAI_API_KEY\"",
            "aria-label=\"Policy for OPENAI_API_KEY\"",
            "data-testid=\"policy-creator\"",
            "aria-label=\"hidden, ends in 8b2a\"",
            "Not reported",
            "Per-user. Each user supplies their own on first run.",
            "aria-label=\"Rotate STRIPE_SECRET_KEY: each user rotates their own\"",
            "aria-label=\"Auto-sync ~/code/flyfast/.env\"",
            "data-testid=\"counts\"",
            "4 configured",
            "data-testid=\"connection-local\"",
            "Vault unlocked · key in keyring",
        ],
        "the table",
    );
    assert!(!html.contains("style=\""), "the policy forbids style attributes");
    assert!(!html.contains("data-testid=\"bar\""), "nothing stands in the way");
}

#[tokio::test(flavor = "current_thread")]
async fn one_option_of_a_toggle_is_in_the_tab_order() {
    let html = drawn(showing(sample::snapshot(vec![sample::app("one", vec![sample::stored("A_KEY", "••••")])]))).await;
    let row =
        html.split("data-testid=\"row-A_KEY\"").nth(1).and_then(|rest| rest.split("c-last").next()).expect("the row");
    assert_eq!(row.matches("tabindex=\"0\"").count(), 1, "the chosen option");
    assert_eq!(row.matches("tabindex=\"-1\"").count(), 1, "and not the other");
}

#[tokio::test(flavor = "current_thread")]
async fn the_gravest_notice_comes_first_and_the_others_can_be_reached() {
    let mut app = sample::flyfast();
    app.missing = vec!["OPENAI_API_KEY".into()];
    let mut snapshot = sample::snapshot(vec![app]);
    snapshot.links[0].state = LinkState::Paused {
        brake: "keys_gone".into(),
        short: "3 of 4 keys gone".into(),
        long: ".env lost 3 of 4 keys at once.".into(),
    };
    let html = drawn(showing(snapshot.clone())).await;
    assert_has(&html, &["data-code=\"secret_missing\"", "First run will fail until set.", "1 more"], "missing first");
    assert!(!html.contains("lost 3 of 4"), "one bar at a time");
    snapshot.apps[0].missing.clear();
    let html = drawn(showing(snapshot)).await;
    assert_has(
        &html,
        &["data-code=\"keys_gone\"", ".env lost 3 of 4 keys at once.", "Resume", "Look at the changes"],
        "the brake",
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_conflict_shows_two_sides_and_proposes_none() {
    let mut app = sample::flyfast();
    app.secrets[0].sync = SyncView::Conflict;
    let conflict = |removes: bool| Prompt::Conflict {
        file: Some(".env".to_owned()).filter(|_| !removes),
        line: 7,
        removed_there: removes,
        removes,
    };
    app.secrets[0].prompt = Some(conflict(false));
    let html = drawn(showing(sample::snapshot(vec![app.clone()]))).await;
    let both = ["Changed on Floom and in .env.", "Keep Floom’s value", "line 7", "Use .env value", "one-side"];
    assert_has(&html, &both, "both sides of a change");
    let prompt = html.split("prompt-two").nth(1).and_then(|rest| rest.split("row-").next()).unwrap_or_default();
    assert!(!prompt.contains("btn-primary"), "neither side is proposed: {prompt}");
    app.secrets[0].prompt = Some(conflict(true));
    let html = drawn(showing(sample::snapshot(vec![app]))).await;
    assert_has(&html, &["Removed on Floom and removed here.", "Keep it removed", "Remove it on Floom"], "removals");
}

#[tokio::test(flavor = "current_thread")]
async fn a_changed_value_is_asked_about_without_a_claim_of_overlap() {
    let mut app = sample::flyfast();
    app.secrets[0].prompt = Some(Prompt::Changed { file: ".env".into(), line: 3, replaces: true });
    let html = drawn(showing(sample::snapshot(vec![app]))).await;
    assert_has(
        &html,
        &[
            "data-testid=\"prompt-OPENAI_API_KEY\"",
            "The value in .env changed.",
            "Keep the old one",
            "Rotate now",
            "undo for 5 minutes",
        ],
        "the question",
    );
    assert!(!html.contains("Both values"), "the server does not hold both");
}

#[tokio::test(flavor = "current_thread")]
async fn an_overlap_is_told_where_the_floom_has_one() {
    let mut app = sample::flyfast();
    app.secrets[0].prompt = Some(Prompt::Changed { file: ".env".into(), line: 3, replaces: true });
    let mut snapshot = sample::snapshot(vec![app]);
    snapshot.connections[0].overlap = true;
    let html = drawn(showing(snapshot)).await;
    assert_has(
        &html,
        &["Both values work for 5 minutes.", "5-minute grace period where both old"],
        "question and foot",
    );
    assert!(!html.contains("undo for 5 minutes"), "and not as on a Floom without one");
}

#[tokio::test(flavor = "current_thread")]
async fn a_rotation_offers_undo_until_its_end() {
    let prompt = |until| Some(Prompt::Rotated { at: jiff::Timestamp::UNIX_EPOCH, until, overlap: true });
    let mut app = sample::flyfast();
    app.secrets[0].prompt =
        prompt(jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() + 200).expect("a time"));
    let html = drawn(showing(sample::snapshot(vec![app.clone()]))).await;
    assert_has(&html, &["role=\"timer\"", "data-testid=\"undo\"", "Both values work"], "while it can be undone");
    app.secrets[0].prompt = prompt(jiff::Timestamp::UNIX_EPOCH);
    let html = drawn(showing(sample::snapshot(vec![app]))).await;
    assert!(!html.contains("data-testid=\"undo\""), "after the end nothing is offered");
}

#[tokio::test(flavor = "current_thread")]
async fn a_switch_to_creator_vault_needs_a_key_and_keeps_the_old_choice() {
    let mut state = showing(sample::snapshot(vec![sample::flyfast()]));
    state.asks.insert("STRIPE_SECRET_KEY".into(), Ask::Policy(Policy::Creator));
    let html = drawn(state).await;
    assert_has(
        &html,
        &[
            "aria-label=\"Your STRIPE_SECRET_KEY\"",
            "type=\"password\"",
            "Creator vault needs your key.",
            "at your cost.",
        ],
        "the question",
    );
    let confirm = html.split("data-testid=\"prompt-confirm\"").nth(1).and_then(|rest| rest.split('>').next());
    assert!(confirm.is_some_and(|rest| rest.contains("aria-disabled=\"true\"")), "Switch waits for the key");
    let row = html.split("data-testid=\"row-STRIPE_SECRET_KEY\"").nth(1).expect("the row");
    let user = row.split("data-testid=\"policy-user\"").next().and_then(|before| before.rsplit("<button").next());
    assert!(user.is_some_and(|option| option.contains("aria-checked=\"true\"")), "the toggle still shows User vault");
}

#[tokio::test(flavor = "current_thread")]
async fn every_line_of_a_preview_is_shown_and_the_window_behind_is_out_of_reach() {
    let mut state = showing(sample::snapshot(vec![sample::flyfast()]));
    let fates = [Fate::New, Fate::Changed, Fate::Unchanged, Fate::Undeclared];
    state.layer = Some(Layer::Import(Rc::new(sample::preview(Some("flyfast"), &fates))));
    let html = drawn(state).await;
    assert_has(
        &html,
        &[
            "aria-modal=\"true\"",
            "data-testid=\"import-sheet\"",
            "Import 2 keys",
            "Stays on this computer",
            "data-testid=\"import-watch\"",
            "inert",
        ],
        "the sheet",
    );
    assert_eq!(html.matches("data-testid=\"fate\"").count(), 4, "one fate for each line");
    assert_eq!(
        html.matches("data-testid=\"import-policy-creator\"").count(),
        2,
        "a choice for new and changed keys only"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn the_vault_decides_what_is_seen() {
    let with = |vault| showing(Snapshot { vault, ..sample::snapshot(vec![sample::flyfast()]) });
    let fresh = drawn(with(VaultView::Fresh)).await;
    assert_has(&fresh, &["data-testid=\"make-vault\"", "Nothing has been written."], "no vault");
    let locked = drawn(with(VaultView::Locked { passphrase: false })).await;
    assert_has(&locked, &["data-testid=\"unlock\"", "Sync is paused for 1 watched file."], "a locked vault");
    assert!(!locked.contains("OPENAI_API_KEY"), "a locked vault shows no names");
    let stopped = drawn(with(VaultView::Stopped { failure: sample::failure("keychain_no_service") })).await;
    assert_has(
        &stopped,
        &["data-code=\"keychain_no_service\"", "Nothing was changed.", "Try again"],
        "a vault that cannot open",
    );
}

#[tokio::test(flavor = "current_thread")]
async fn without_an_app_there_are_two_ways_to_begin() {
    let mut snapshot = sample::snapshot(vec![]);
    snapshot.connections[0].state = ConnectionState::NotRunning;
    let html = drawn(showing(snapshot)).await;
    assert_has(&html, &["data-testid=\"start-local\"", "Connect to Floom", "Not running", "Choose file…"], "first run");
}

#[tokio::test(flavor = "current_thread")]
async fn an_agent_that_is_gone_leaves_what_was_known_in_sight() {
    let lost = Some(sample::failure("agent_unreachable"));
    let html = drawn(State { lost: lost.clone(), ..showing(sample::snapshot(vec![sample::flyfast()])) }).await;
    assert_has(
        &html,
        &["data-testid=\"bar\"", "data-code=\"agent_unreachable\"", "OPENAI_API_KEY", "Try again"],
        "with a table",
    );
    let html = drawn(State { lost, ..State::default() }).await;
    assert_has(&html, &["data-testid=\"doctor\"", "data-code=\"agent_unreachable\"", "Try again"], "from the start");
}

#[tokio::test(flavor = "current_thread")]
async fn a_refusal_says_what_was_kept_and_carries_its_code() {
    let state =
        State { problem: Some(sample::failure("floom_refused")), ..showing(sample::snapshot(vec![sample::flyfast()])) };
    let html = drawn(state).await;
    assert_has(
        &html,
        &[
            "role=\"alert\"",
            "data-testid=\"error\"",
            "data-code=\"floom_refused\"",
            "It did not happen.",
            "Nothing was changed. Try again.",
        ],
        "the refusal",
    );
}

#[tokio::test(flavor = "current_thread")]
async fn states_are_said_in_words_and_not_by_colour_alone() {
    let mut app = sample::flyfast();
    app.secrets[0].sync = SyncView::NotSent { failure: sample::failure("floom_500"), retry_at: None };
    app.secrets[1].sync = SyncView::LocalOnly;
    app.secrets[2].last_used = LastUsed::Users { active: 218 };
    app.secrets[3].sync = SyncView::FloomOnly;
    app.secrets[3].preview = None;
    let html = drawn(showing(sample::snapshot(vec![app]))).await;
    assert_has(
        &html,
        &[
            "Not sent",
            "data-code=\"floom_500\"",
            "Local only",
            "Floom only",
            "218 users",
            "Only Floom has this value; it cannot be shown.",
        ],
        "the words",
    );
}

/// The window of a vault that `vault` says, on a computer whose keychain is in `keychain`.
fn with_vault(vault: VaultView, keychain: &str) -> State {
    let mut snapshot = Snapshot { vault, ..sample::snapshot(vec![sample::flyfast()]) };
    snapshot.keychain.state = keychain.into();
    showing(snapshot)
}

fn stopped(code: &str) -> VaultView {
    VaultView::Stopped { failure: sample::failure(code) }
}

#[tokio::test(flavor = "current_thread")]
async fn a_passphrase_is_offered_only_where_no_keychain_answers() {
    let with = drawn(with_vault(VaultView::Fresh, "ready")).await;
    assert!(!with.contains("passphrase"), "a keychain is there: {with}");
    assert_has(&with, &["data-testid=\"use-kit\""], "a first vault can come from a kit");
    let without = drawn(with_vault(VaultView::Fresh, "no_service")).await;
    assert_has(&without, &["data-testid=\"use-passphrase\"", "No keychain answers", "Make vault"], "without one");
    let mut state = with_vault(VaultView::Fresh, "no_service");
    state.layer = Some(Layer::Passphrase);
    let asked = drawn(state).await;
    assert_has(
        &asked,
        &["Nobody can recover it.", "At least 12 characters", "data-testid=\"passphrase-again\"", "inert"],
        "in so many words",
    );
    assert_eq!(asked.matches("type=\"password\"").count(), 2, "typed twice, unseen");
}

#[tokio::test(flavor = "current_thread")]
async fn a_vault_with_a_passphrase_asks_for_it() {
    let html = drawn(with_vault(VaultView::Locked { passphrase: true }, "no_service")).await;
    assert_has(
        &html,
        &["data-testid=\"passphrase\"", "type=\"password\"", "data-testid=\"unlock\"", "data-testid=\"use-kit\""],
        "a field, and the way out",
    );
    assert!(!html.contains("keyring"), "the keychain has no part in it");
}

#[tokio::test(flavor = "current_thread")]
async fn an_unlocking_that_waits_can_be_taken_back() {
    let html = drawn(with_vault(VaultView::Locked { passphrase: false }, "waiting")).await;
    assert_has(&html, &["Waiting for you", "data-testid=\"cancel-unlock\""], "the system's window is open");
    assert!(!html.contains("data-testid=\"unlock\""), "it is not asked for twice");
}

#[tokio::test(flavor = "current_thread")]
async fn the_doctor_says_what_the_agent_found_and_offers_what_fits() {
    let cases: [(&str, &[&str]); 9] = [
        ("keychain_no_service", &["try-again", "use-kit", "use-passphrase"]),
        ("keychain_locked", &["unlock"]),
        ("keychain_waiting", &["cancel-unlock"]),
        ("keychain_dismissed", &["try-again", "use-kit"]),
        ("keychain_denied", &["try-again", "use-kit"]),
        ("keychain_foreign", &["use-kit", "start-anew"]),
        ("vault_key_missing", &["use-kit", "start-anew"]),
        ("vault_file_missing", &["try-again", "use-kit", "start-anew"]),
        ("vault_damaged", &["good-copy", "use-kit", "start-anew"]),
    ];
    for (code, ways) in cases {
        let mut state = with_vault(stopped(code), "other");
        state.snapshot = state.snapshot.map(|snapshot| {
            let good_copy = Some(snapshot.now);
            Rc::new(Snapshot { good_copy, ..(*snapshot).clone() })
        });
        let cause = Some("This is the cause.".to_owned());
        let check =
            Check { cause, cure: Some("This is the cure.".into()), ..Check::new("keyring", "Not well.", false) };
        state.doctor = Some(DoctorView { checks: vec![Check::new("Agent", "runs", true), check], failure: None });
        let html = drawn(state).await;
        let code_is = format!("data-code=\"{code}\"");
        // Which copy is the last good one is known where the vault's state is told.
        let cure = if code == "vault_damaged" { "Try again." } else { "This is the cure." };
        assert_has(
            &html,
            &[&code_is, "This is the cause. Nothing was changed.", cure, "Not well.", "copy-report"],
            code,
        );
        let offered = |way: &str| html.contains(&format!("data-testid=\"{way}\""));
        for way in ["try-again", "unlock", "good-copy", "use-kit", "use-passphrase", "start-anew"] {
            let wanted = ways.contains(&way)
                || (way == "try-again" && code == "vault_key_missing")
                || (way == "try-again" && code == "keychain_foreign");
            assert_eq!(offered(way), wanted, "{code}: {way}");
        }
        // Taking the system's window back is never proposed.
        let proposed = usize::from(code != "keychain_waiting");
        assert_eq!(html.matches("btn-primary").count(), proposed, "{code}: one way is proposed");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_good_copy_is_offered_only_where_there_is_one() {
    let html = drawn(with_vault(stopped("vault_damaged"), "ready")).await;
    assert!(!html.contains("data-testid=\"good-copy\""), "there is nothing to go back to");
    assert_has(&html, &["data-testid=\"use-kit\"", "data-testid=\"start-anew\""], "the other ways are there");
}

#[tokio::test(flavor = "current_thread")]
async fn what_the_doctor_says_is_not_said_twice() {
    let mut state = with_vault(stopped("keychain_denied"), "denied");
    state.problem = Some(sample::failure("keychain_denied"));
    let same = drawn(state.clone()).await;
    assert!(!same.contains("role=\"alert\""), "the page is about it already");
    state.problem = Some(sample::failure("recovery_code_wrong"));
    assert_has(&drawn(state).await, &["role=\"alert\"", "recovery_code_wrong"], "another refusal");
}

#[tokio::test(flavor = "current_thread")]
async fn a_new_vault_is_asked_about_and_the_old_one_is_kept() {
    let mut state = with_vault(stopped("vault_key_missing"), "ready");
    state.layer = Some(Layer::StartAnew);
    let html = drawn(state).await;
    assert_has(
        &html,
        &["The old file and its keychain entries are kept; nothing is deleted.", "data-testid=\"anew-confirm\""],
        "the question",
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_code_stands_in_its_sheet_and_nowhere_else() {
    let code = sample::code();
    let mut state = showing(sample::snapshot(vec![sample::flyfast()]));
    state.layer = Some(Layer::NewKit(Some(code.clone())));
    let shown = drawn(state.clone()).await;
    for group in code.groups() {
        assert!(shown.contains(group), "{group} is shown");
    }
    assert_has(&shown, &["<span class=\"sr\">K 7 Q M X</span>", "/home/me/floom-kit.vault"], "and spelled");
    state.layer = Some(Layer::Drill { code: code.clone(), asked: [1, 4] });
    let drill = drawn(state.clone()).await;
    assert_has(&drill, &["Type groups 2 and 5", "aria-label=\"Group 2\"", "aria-label=\"Group 5\""], "the drill");
    state.layer = None;
    let closed = drawn(state).await;
    for group in code.groups() {
        assert!(!drill.contains(group) && !closed.contains(group), "{group} left the page with its sheet");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn the_rail_says_how_the_kit_stands() {
    let with = |recovery| showing(Snapshot { recovery, ..sample::snapshot(vec![sample::flyfast()]) });
    let none = drawn(with(None)).await;
    assert_has(&none, &["data-testid=\"recovery-kit\"", "None yet", "data-testid=\"open-doctor\""], "no kit");
    let made = RecoveryView { made_at: jiff::Timestamp::UNIX_EPOCH, tested_at: None };
    assert_has(&drawn(with(Some(made.clone()))).await, &["Not proven yet"], "a kit that nobody tried");
    let proven = RecoveryView { tested_at: Some(jiff::Timestamp::UNIX_EPOCH), ..made };
    assert_has(&drawn(with(Some(proven))).await, &["Proven "], "a kit that was tried");
}

#[tokio::test(flavor = "current_thread")]
async fn what_happened_to_the_vault_is_answered_in_its_bar() {
    let cases = [
        ("vault_rolled_back", Some("Accept this file")),
        ("vault_restored", Some("Go on syncing")),
        ("vault_value_damaged", None),
    ];
    for (code, answer) in cases {
        let notices = vec![sample::failure(code)];
        let html = drawn(showing(Snapshot { notices, ..sample::snapshot(vec![sample::flyfast()]) })).await;
        assert_has(&html, &[&format!("data-code=\"{code}\""), "Nothing was changed. Try again."], code);
        assert_eq!(html.contains("data-testid=\"notice-accept\""), answer.is_some(), "{code} is answered or only told");
        assert!(answer.is_none_or(|answer| html.contains(answer)), "{code}: {answer:?}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn only_a_changed_sealing_key_can_be_trusted() {
    let of = |code: &str| {
        let mut app = sample::flyfast();
        app.secrets[0].sync = SyncView::NotSent { failure: sample::failure(code), retry_at: None };
        showing(sample::snapshot(vec![app]))
    };
    let asked = drawn(of("sealing_key_changed")).await;
    assert_has(&asked, &["data-testid=\"prompt-trust\"", "Trust the new key"], "the creator's word");
    let other = drawn(of("floom_not_owner")).await;
    assert!(!other.contains("prompt-trust"), "nothing else is made good by trusting a key");
}

#[tokio::test(flavor = "current_thread")]
async fn an_old_value_is_said_with_where_a_new_one_is_made() {
    let mut app = sample::flyfast();
    let page = Some("https://developers.amadeus.com/my-apps".to_owned());
    app.secrets[0].prompt = Some(Prompt::Old { days: 94, page });
    app.secrets[1].prompt = Some(Prompt::Old { days: 1, page: None });
    let html = drawn(showing(sample::snapshot(vec![app]))).await;
    let says = [" is 94 days old.", "Make a new one at developers.amadeus.com, then", "Remind me in 30 days"];
    assert_has(&html, &says, "the provider's page is named");
    assert_has(&html, &[" is 1 day old.", "Make a new one where you got it, then"], "an unknown one is not guessed");
}

#[tokio::test(flavor = "current_thread")]
async fn a_value_in_git_is_said_with_its_place_and_what_helps() {
    let mut app = sample::flyfast();
    let (file, commit) = ("src/client.py".to_owned(), Some("1a2b3c4".to_owned()));
    app.secrets[0].prompt = Some(Prompt::Exposed { file: file.clone(), commit, page: None });
    app.secrets[1].prompt = Some(Prompt::Exposed { file, commit: None, page: None });
    let html = drawn(showing(sample::snapshot(vec![app]))).await;
    let says = [
        "This value is in git: src/client.py, commit 1a2b3c4.",
        "This value is in src/client.py, which git tracks.",
        "Whoever has the repository has the value.",
        "It may be there",
        "Set another…",
    ];
    assert_has(&html, &says, "the words");
}

#[tokio::test(flavor = "current_thread")]
async fn the_badge_is_there_whether_floom_answers_or_not() {
    let mut app = sample::flyfast();
    let html = drawn(showing(sample::snapshot(vec![app.clone()]))).await;
    assert_has(&html, &["badge-live", "LIVE: would a run work now?", "aria-haspopup=\"dialog\""], "it opens reasons");
    app.readiness.verdict = Verdict::NotKnown { heard_at: None };
    let html = drawn(showing(sample::snapshot(vec![app]))).await;
    assert_has(&html, &["OFFLINE", "Offline: would a run work now?"], "it does not say that what is not known is live");
}

#[tokio::test(flavor = "current_thread")]
async fn the_key_of_flooms_command_line_is_offered_where_there_is_one() {
    let mut snapshot = sample::snapshot(vec![sample::flyfast()]);
    let opened = |snapshot: &Snapshot| {
        let mut state = showing(snapshot.clone());
        state.layer = Some(Layer::Connect);
        state
    };
    assert!(!drawn(opened(&snapshot)).await.contains("connect-floom-cli"), "what is not there is not offered");
    snapshot.floom_cli = true;
    let html = drawn(opened(&snapshot)).await;
    assert_has(&html, &["data-testid=\"connect-floom-cli\"", "Use its key"], "what is there is");
}
