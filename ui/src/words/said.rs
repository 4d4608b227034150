//! Texts that are made of what they are about: names, numbers, states.

use floom_protocol::Failure;
use floom_protocol::import::{Fate, ImportReport};
use floom_protocol::view::{ConnectionState, DoctorView, DrillView, KeptFile, LinkState, Prompt, SyncView};
use floom_secret::{Policy, Preview};

use super::*;

/// "Creator vault" or "User vault".
pub(crate) fn policy(policy: Policy) -> &'static str {
    match policy {
        Policy::Creator => CREATOR_VAULT,
        Policy::User => USER_VAULT,
    }
}

/// "1 key", "3 keys".
pub(crate) fn count(number: u32, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// The name of a group of choices: "Policy for OPENAI_API_KEY".
pub(crate) fn policy_for(key: &str) -> String {
    format!("Policy for {key}")
}

/// How a preview is read aloud: what it ends in, nothing else.
pub(crate) fn preview_aloud(preview: &Preview) -> String {
    match preview.as_str().rsplit('•').next().unwrap_or_default() {
        "" => "hidden".to_owned(),
        end => format!("hidden, ends in {end}"),
    }
}

/// The icon, the class and the word of a sync state.
pub(crate) fn sync(sync: &SyncView) -> (&'static str, &'static str, &'static str) {
    match sync {
        SyncView::Synced => ("check", "sync-synced", "Synced"),
        SyncView::Waiting => ("clock", "", "Waiting"),
        SyncView::Syncing => ("arc", "sync-syncing", "Syncing"),
        SyncView::Conflict => ("conflict", "sync-conflict", "Conflict"),
        SyncView::LocalOnly => ("local", "", "Local only"),
        SyncView::FloomOnly => ("cloud", "", "Floom only"),
        SyncView::Missing => ("warn", "sync-warn", "Missing"),
        SyncView::NotSent { .. } => ("x", "sync-conflict", "Not sent"),
    }
}

/// The icon, the class and the words of a watched file's state.
pub(crate) fn link(state: &LinkState) -> (&'static str, &'static str, String) {
    match state {
        LinkState::InSync { keys } => ("check", "ok", format!("In sync · {}", count(*keys, "key", "keys"))),
        LinkState::Waiting { changes } => {
            ("clock", "warn", format!("{} waiting", count(*changes, "change", "changes")))
        }
        LinkState::Asks { changes: 1 } => ("clock", "warn", "1 change waits for you".to_owned()),
        LinkState::Asks { changes } => ("clock", "warn", format!("{changes} changes wait for you")),
        LinkState::Paused { short, .. } => ("pause", "warn", format!("Paused · {short}")),
        LinkState::SetAside { values } => ("undo", "", format!("{} set aside", count(*values, "value", "values"))),
        LinkState::CannotRead { .. } => ("x", "bad", "Cannot read".to_owned()),
        LinkState::Gone => ("x", "bad", "Gone".to_owned()),
        LinkState::Locked => ("lock", "", "Paused · vault locked".to_owned()),
    }
}

/// The icon, the class and the word of a connection's state.
pub(crate) fn connection(state: &ConnectionState, local: bool) -> (Option<(&'static str, &'static str)>, &'static str) {
    match state {
        ConnectionState::NotRunning if local => (None, "Not running"),
        ConnectionState::NotRunning => (None, "Not connected"),
        ConnectionState::Connecting if local => (None, "Starting"),
        ConnectionState::Connecting => (None, "Connecting"),
        ConnectionState::Connected if local => (Some(("check", "ok")), "Running"),
        ConnectionState::Connected => (Some(("check", "ok")), "Connected"),
        ConnectionState::Offline { .. } => (Some(("cloud-off", "warn")), "Offline"),
        ConnectionState::Refused { .. } => (Some(("x", "bad")), "Refused"),
    }
}

/// The icon and the class of what happens to a line of an import.
pub(crate) fn fate(fate: Fate) -> (&'static str, &'static str) {
    match fate {
        Fate::New => ("plus", "new"),
        Fate::Changed => ("rotate", "rot"),
        Fate::Unchanged => ("same", "same"),
        Fate::SetAside => ("undo", "out"),
        Fate::Overruled => ("skip", "out"),
        Fate::Undeclared => ("undeclared", "out"),
        Fate::UserVault => ("users", "out"),
        Fate::Gone | Fate::Skipped => ("skip", "out"),
    }
}

/// The icon and the class of a line of the activity list, by its receipt's code.
pub(crate) fn activity(what: &str) -> (&'static str, &'static str) {
    const KNOWN: [(&str, (&str, &str)); 23] = [
        ("fail", ("x", "bad")),
        ("refused", ("x", "bad")),
        ("not_taken", ("x", "bad")),
        ("missing", ("warn", "warn")),
        ("exposure_found", ("warn", "warn")),
        ("never_sent", ("skip", "")),
        ("reminder", ("bell", "")),
        ("paused", ("pause", "warn")),
        ("offline", ("cloud-off", "warn")),
        ("lost", ("cloud-off", "warn")),
        ("undone", ("undo", "go")),
        ("restored", ("undo", "go")),
        ("set_aside", ("undo", "")),
        ("rotated", ("rotate", "go")),
        ("policy", ("key", "")),
        ("removed", ("trash", "")),
        ("local_only", ("local", "")),
        ("import", ("file-in", "")),
        ("unlocked", ("unlock", "")),
        ("locked", ("lock", "")),
        ("connect", ("cloud", "")),
        ("link", ("file", "")),
        ("file", ("file", "")),
    ];
    KNOWN.iter().find(|(part, _)| what.contains(part)).map_or(("check", ""), |(_, look)| *look)
}

/// "4 configured · 0 missing": the first half.
pub(crate) fn configured(number: u32) -> String {
    format!("{number} configured")
}

/// "4 configured · 0 missing": the second half.
pub(crate) fn missing(number: usize) -> String {
    format!("{number} missing")
}

/// What the missing bar says after the name, or of several.
pub(crate) fn missing_bar(number: usize) -> String {
    match number {
        1 => " is missing. First run will fail until set.".to_owned(),
        _ => format!("{number} secrets are missing. First run will fail until set."),
    }
}

/// The count beside an app, read aloud.
pub(crate) fn missing_aloud(number: usize) -> String {
    if number == 1 { " secret missing".to_owned() } else { " secrets missing".to_owned() }
}

/// A watched file is not there any more.
pub(crate) fn gone(file: &str) -> String {
    format!("{file} is gone.")
}

/// A watched file cannot be read.
pub(crate) fn cannot_read(file: &str) -> String {
    format!("Cannot read {file}.")
}

/// When it could be.
pub(crate) fn last_read(at: &str) -> String {
    format!(" Last read {at}.")
}

/// What the offline bar says after "Offline.".
pub(crate) fn offline(waiting: u32, retry_in: Option<u64>) -> String {
    let retry = retry_in.map(|seconds| format!("retry in {seconds} s"));
    let changes = (waiting > 0).then(|| format!("{} waiting", count(waiting, "change", "changes")));
    let kept = match waiting {
        0 => " Nothing waits to be sent.",
        1 => " It stays encrypted on this computer until then.",
        _ => " They stay encrypted on this computer until then.",
    };
    let facts = [changes, retry].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let mut letters = facts.chars();
    let facts = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
    format!("{}{kept}", facts.map(|facts| format!(" {facts}.")).unwrap_or_default())
}

/// The question of a row whose file changed: before and after the key.
pub(crate) fn changed(file: &str, replaces: bool) -> (String, &'static str) {
    if replaces {
        (format!("The value in {file} changed. Rotate "), "?")
    } else {
        (format!("{file} has a value for "), " now. Store and send it?")
    }
}

/// The first line of a rotation that can be undone.
pub(crate) fn rotated(overlap: bool, until: &str) -> String {
    if overlap {
        format!("Rotated. Both values work; old value retires {until}.")
    } else {
        format!("Rotated. You can undo until {until}.")
    }
}

/// What a ring says to those who do not see it.
pub(crate) fn left_aloud(seconds: u64) -> String {
    let part = |number: u64, one: &str| if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") };
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{} left", part(seconds, "second")),
        (minutes, 0) => format!("{} left", part(minutes, "minute")),
        (minutes, seconds) => format!("{} {} left", part(minutes, "minute"), part(seconds, "second")),
    }
}

/// The second line of a value that was set aside.
pub(crate) fn ignored(line: u32, file: &str) -> String {
    format!("Line {line} in {file} stays as it is and is ignored until it changes.")
}

/// "218 users".
pub(crate) fn users(active: u32) -> String {
    count(active, "user", "users")
}

/// The name of a button of a row.
pub(crate) fn rotate_label(key: &str, policy: Policy, prompt: Option<&Prompt>, has_value: bool) -> (String, bool) {
    match policy {
        Policy::User => (format!("Rotate {key}: each user rotates their own"), false),
        Policy::Creator if matches!(prompt, Some(Prompt::Rotated { .. })) => (format!("Rotate {key} again"), true),
        Policy::Creator if has_value => (format!("Rotate {key}"), true),
        Policy::Creator => (format!("Rotate {key}: no value yet"), false),
    }
}

/// The name of a row's menu button.
pub(crate) fn more_for(key: &str) -> String {
    format!("More for {key}")
}

/// What the paste box promises, which depends on where the values go.
pub(crate) fn paste_says(local: bool) -> &'static str {
    if local {
        "lines starting with # ignored · values stay on this computer, encrypted"
    } else {
        "lines starting with # ignored · values encrypted on this computer and in transit"
    }
}

/// Why a name cannot be added with another policy than it has.
pub(crate) fn policy_differs(key: &str, has: Policy) -> String {
    format!("{key} is under {}. Switch it in its row first.", policy(has))
}

/// "Import 3 keys".
pub(crate) fn import_keys(number: u32) -> String {
    format!("Import {}", count(number, "key", "keys"))
}

/// "Importing 3 keys".
pub(crate) fn importing_keys(number: u32) -> String {
    format!("Importing {}", count(number, "key", "keys"))
}

/// Where an import goes.
pub(crate) fn on(connection: &str) -> String {
    format!(" on {connection}")
}

/// The name of a field for the creator's own value.
pub(crate) fn your(key: &str) -> String {
    format!("Your {key}")
}

/// How the file is read, and why so.
pub(crate) fn read_as(reader: &str, evidence: Option<&str>) -> String {
    match evidence {
        Some(evidence) => format!("Read as {reader}: {evidence}."),
        None => format!("Read as {reader}."),
    }
}

/// What an import did, in one line.
pub(crate) fn imported(report: &ImportReport) -> String {
    let parts = [
        (report.added.len(), "new"),
        (report.rotated.len(), "rotated"),
        (report.unchanged.len(), "unchanged"),
        (report.kept_local.len(), "on this computer only"),
        (report.skipped as usize, "skipped"),
    ];
    let said: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
    let mut text =
        if said.is_empty() { "Nothing changed.".to_owned() } else { format!("Imported: {}.", said.join(", ")) };
    if report.watched {
        text.push_str(" The file is watched.");
    }
    text
}

/// What a sync that was asked for found.
pub(crate) fn synced(waiting: u32) -> String {
    match waiting {
        0 => "Nothing waits. Floom is up to date.".to_owned(),
        waiting => format!("Sending {}.", count(waiting, "change", "changes")),
    }
}

/// What a file without an app is asked about.
pub(crate) fn has_keys(number: usize) -> String {
    let keys = count(number as u32, "key", "keys");
    format!(" has {keys}. Make a Local Floom app from this file?")
}

/// The veil's headline.
pub(crate) fn drop_for(app: Option<&str>) -> String {
    app.map_or_else(|| "Drop to preview".to_owned(), |app| format!("Drop to preview for {app}"))
}

/// The rail's footer.
pub(crate) fn vault_unlocked(keychain: &str) -> String {
    format!("Vault unlocked · key in {keychain}")
}

/// What making a vault does.
pub(crate) fn first_vault_says(keychain: &str) -> String {
    format!("One new key goes into your {keychain}. Every value is encrypted under it, in one file on this computer.")
}

/// What the program is for.
pub(crate) fn first_run_says(keychain: &str) -> String {
    format!(
        "Floom Secrets watches your .env files, keeps every value encrypted with a key in your {keychain}, \
         and keeps the apps you publish up to date."
    )
}

/// What was done when the vault was made.
pub(crate) fn key_was_made(keychain: &str) -> String {
    format!(
        "A key was made for this vault and stored in your {keychain}. Values are encrypted at rest with AES-256-GCM."
    )
}

/// Where the key is while the vault is locked.
pub(crate) fn locked_says(keychain: &str) -> String {
    format!("The key is in your {keychain}. Your system may ask for your password or fingerprint.")
}

/// Which of the things that the vault stands on is looked at.
pub(crate) fn doctor(code: &str) -> &'static str {
    match code.split('_').next() {
        Some("keychain") => "Keychain doctor",
        Some("vault") => "Vault doctor",
        _ => "This computer",
    }
}

/// What the doctor found, as lines that can be sent to somebody: states and names.
pub(crate) fn report(failure: Option<&Failure>, found: &DoctorView) -> String {
    let mut lines = vec![format!("{PRODUCT}: {}", failure.map_or("nothing stops the vault", |failure| &failure.code))];
    for check in &found.checks {
        let mark = if check.ok { "ok" } else { "no" };
        lines.push(format!("{mark}  {}: {}", check.what, check.found));
        lines.extend([&check.cause, &check.cure].into_iter().flatten().map(|more| format!("    {more}")));
    }
    lines.join("\n") + "\n"
}

/// When a kit was proven, beside its entry.
pub(crate) fn proven_on(date: &str) -> String {
    format!("Proven {date}")
}

/// When a kit was proven, in its sheet.
pub(crate) fn last_proven(date: &str) -> String {
    format!("Last proven {date}")
}

/// When a kit was made.
pub(crate) fn kit_made(date: &str) -> String {
    format!("Made {date}. Neither its code nor its file is kept here.")
}

/// What a kit is for.
pub(crate) fn kit_opens(keychain: &str) -> String {
    format!("Opens the vault when the {keychain} cannot.")
}

/// What a new kit's code is for.
pub(crate) fn new_kit_says(keychain: &str) -> String {
    format!("This code opens the kit file when the {keychain} cannot. It is shown once and never stored.")
}

/// Which groups the drill asks for, counted from 0.
pub(crate) fn drill_says([first, second]: [usize; 2]) -> String {
    format!("Type groups {} and {} from your copy. Then the kit file is opened as in a restore.", first + 1, second + 1)
}

/// The drill's first step.
pub(crate) fn compared([first, second]: [usize; 2]) -> String {
    format!("Groups {} and {} are compared with the code", first + 1, second + 1)
}

/// The name of a group's field, counted from 0.
pub(crate) fn group(number: usize) -> String {
    format!("Group {}", number + 1)
}

/// A group was typed otherwise than it is.
pub(crate) fn group_wrong(number: usize) -> String {
    format!("Group {} does not fit. Nothing was changed.", number + 1)
}

/// What a restore asks for.
pub(crate) fn restore_says(file: bool) -> &'static str {
    if file {
        "Choose the kit’s file and type the code that was made with it."
    } else {
        "Type the code that was made with your recovery kit."
    }
}

/// What a drill opened.
pub(crate) fn proven(drill: &DrillView) -> String {
    match drill.damaged.as_slice() {
        [] => format!("The kit is proven: {} opened.", opened(drill)),
        damaged => format!("The kit opens, but not all of it: {}.", damaged.join(", ")),
    }
}

/// What a restore brought back.
pub(crate) fn restored(drill: &DrillView) -> String {
    match drill.damaged.as_slice() {
        [] => format!("The vault is open: {} restored.", opened(drill)),
        damaged => format!("The vault is open. Damaged and kept as they are: {}.", damaged.join(", ")),
    }
}

fn opened(drill: &DrillView) -> String {
    let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    format!("{} of {}", count(number(drill.values), "value", "values"), count(number(drill.apps), "app", "apps"))
}

/// Where the old file is.
pub(crate) fn kept_at(file: &KeptFile) -> String {
    match &file.kept {
        Some(path) => format!("Done. The old file is kept: {path}"),
        None => "Done. There was no old file.".to_owned(),
    }
}

/// What a locked vault means for the watched files.
pub(crate) fn sync_paused(files: usize) -> String {
    match files {
        0 => "Nothing is decrypted while locked.".to_owned(),
        files => format!(
            "Sync is paused for {}. Nothing is decrypted while locked.",
            count(files as u32, "watched file", "watched files")
        ),
    }
}

/// The name of a watched file's switch.
pub(crate) fn auto_sync_of(file: &str) -> String {
    format!("{AUTO_SYNC} {file}")
}

/// The name of the button that previews a watched file.
pub(crate) fn look_at(file: &str) -> String {
    format!("Preview {file}")
}

/// "Creator vault · 6 versions".
pub(crate) fn history_head(held: Policy, versions: usize) -> String {
    format!("{} · {}", policy(held), count(versions as u32, "version", "versions"))
}

/// The name of the button that makes an older version current.
pub(crate) fn restore_version(version: u32) -> String {
    format!("Restore version {version}")
}

/// The title of the question before a removal.
pub(crate) fn remove_title(key: &str) -> String {
    format!("Remove {key}?")
}

/// What a removal does.
pub(crate) fn remove_says(app: &str, declared: bool) -> String {
    let effect = if declared {
        format!("{app} still declares it, so its next run will fail.")
    } else {
        format!("{app} does not declare it; its runs do not need it.")
    };
    format!("{effect} The line in a watched file stays, and so do the versions here.")
}

/// An app without a secret.
pub(crate) fn declares_none(app: &str) -> String {
    format!("{app} declares no secrets")
}

/// The name of the table.
pub(crate) fn secrets_of(app: &str) -> String {
    format!("Secrets of {app}")
}

/// Under the narrow page: where it is connected.
pub(crate) fn strip(label: &str, state: &ConnectionState) -> String {
    match state {
        ConnectionState::Connected => format!("Connected to {label}"),
        ConnectionState::Offline { .. } => "Offline".to_owned(),
        ConnectionState::Refused { .. } => format!("{label} refused the key"),
        ConnectionState::Connecting => format!("Connecting to {label}"),
        ConnectionState::NotRunning => format!("{label} is not running"),
    }
}

/// When something is tried again.
pub(crate) fn next_try(seconds: u64) -> String {
    format!("Next try in {seconds} s.")
}

/// More bars wait behind the one that is shown.
pub(crate) fn more_bars(number: usize) -> String {
    format!("{number} more")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!(import_keys(1), "Import 1 key", "one key");
        assert_eq!(import_keys(3), "Import 3 keys", "several keys");
        assert_eq!(link(&LinkState::Asks { changes: 1 }).2, "1 change waits for you", "one change waits");
        assert_eq!(link(&LinkState::Asks { changes: 2 }).2, "2 changes wait for you", "several wait");
    }

    #[test]
    fn a_preview_is_read_by_its_end_only() {
        let said = |text: &str| preview_aloud(&Preview::stored(text.to_owned()));
        assert_eq!(said("sk-pro••••8b2a"), "hidden, ends in 8b2a", "the prefix is not read");
        assert_eq!(said("••••"), "hidden", "a short value has nothing to read");
    }

    #[test]
    fn the_offline_bar_says_only_what_is_known() {
        let full = " 3 changes waiting, retry in 8 s. They stay encrypted on this computer until then.";
        assert_eq!(offline(3, Some(8)), full, "changes and the next try");
        assert_eq!(offline(0, Some(8)), " Retry in 8 s. Nothing waits to be sent.", "nothing waits");
        assert_eq!(
            offline(1, None),
            " 1 change waiting. It stays encrypted on this computer until then.",
            "no next try"
        );
        assert_eq!(offline(0, None), " Nothing waits to be sent.", "nothing is known");
    }

    #[test]
    fn both_values_are_claimed_only_where_floom_holds_both() {
        assert!(rotated(true, "14:32:10").contains("Both values work"), "with an overlap both work");
        assert!(!rotated(false, "14:32:10").contains("Both values"), "without one only the new one does");
        assert!(
            !NO_OVERLAP.contains("Both") && !ROTATION_REPLACES.contains("both"),
            "the standing texts claim nothing more"
        );
    }

    #[test]
    fn a_ring_is_read_in_whole_words() {
        assert_eq!(left_aloud(277), "4 minutes 37 seconds left", "minutes and seconds");
        assert_eq!(left_aloud(60), "1 minute left", "a whole minute");
        assert_eq!(left_aloud(1), "1 second left", "the last second");
    }

    #[test]
    fn a_report_has_every_check_and_the_code() {
        use floom_protocol::view::Check;
        let cure = Some("Start GNOME Keyring.".to_owned());
        let found = DoctorView {
            checks: vec![
                Check::new("Agent", "runs", true),
                Check { cure, ..Check::new("keyring", "No keychain service is running.", false) },
            ],
            failure: None,
        };
        let failure = Failure::new("keychain_no_service", "", "", "");
        let expected = "Floom Secrets: keychain_no_service\nok  Agent: runs\n\
            no  keyring: No keychain service is running.\n    Start GNOME Keyring.\n";
        assert_eq!(report(Some(&failure), &found), expected, "in lines that can be sent to somebody");
    }

    #[test]
    fn a_drill_that_did_not_open_everything_is_not_called_proven() {
        let drill = DrillView { apps: 1, secrets: 2, values: 3, receipts: 9, damaged: vec![] };
        assert_eq!(proven(&drill), "The kit is proven: 3 values of 1 app opened.", "all of it opened");
        let damaged = DrillView { damaged: vec!["A_KEY, version 2".into()], ..drill };
        assert!(!proven(&damaged).contains("proven"), "a damaged kit is not proven: {}", proven(&damaged));
    }

    #[test]
    fn an_import_is_told_without_zeros() {
        let report = ImportReport {
            app: floom_protocol::view::AppRef { connection: None, slug: "flyfast".into() },
            added: vec!["A".into()],
            rotated: vec![],
            kept_local: vec!["B".into(), "C".into()],
            unchanged: vec![],
            skipped: 0,
            watched: true,
        };
        assert_eq!(
            imported(&report),
            "Imported: 1 new, 2 on this computer only. The file is watched.",
            "only what happened"
        );
    }
}
