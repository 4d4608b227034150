//! Exports: sealed files and values in clear, and what opens them.

mod place;

use std::io::Write;

use age::secrecy::ExposeSecret;
use age::x25519::{Identity, Recipient};
use floom_secret::{Policy, SecretValue};
use floom_vault::{
    AppId, ConnectionKind, Export, ExportError, NewConnection, OpenedBy, SealedTo, SecretId, Source, TypedName, Vault,
    VaultError,
};
use place::{Place, at, put, value};

const MULTILINE: &str = "-----BEGIN KEY-----\n\"quoted\" \\ ü 😀\r\n-----END KEY-----\n";

/// Two connections, each with an app of the same slug.
fn populated(place: &Place) -> (Vault, AppId, SecretId) {
    let (mut vault, app) = place.with_app();
    let secret = put(&mut vault, app, "API_KEY", "the first value of all");
    vault
        .transaction(|tx| {
            tx.put_value(secret, &value(MULTILINE), &Source::File { path: "/a/.env".into(), line: 7 }, at(5))?;
            tx.set_policy(secret, Policy::Creator)?;
            let floom = tx.ensure_secret(app, "ONLY_THERE", at(1))?;
            tx.put_value(floom, &value("was here once"), &Source::Typed, at(1))?;
            tx.keep_remote_value(floom)?;
            tx.ensure_secret(app, "NEVER_SET", at(1))?;
            let gone = tx.ensure_secret(app, "GONE", at(1))?;
            tx.put_value(gone, &value("removed since"), &Source::Pasted, at(1))?;
            tx.mark_removed(gone, at(9))?;
            let new = NewConnection {
                kind: ConnectionKind::Remote,
                label: "floom.dev".into(),
                base_url: Some("https://floom.dev".into()),
                token: Some(&value("floom_agent_the-token")),
            };
            let connection = tx.add_connection(&new, at(2))?;
            let other = tx.ensure_app(connection, "flyfast", "Fly fast")?;
            let theirs = tx.ensure_secret(other, "API_KEY", at(2))?;
            tx.put_value(theirs, &value("of the other connection"), &Source::Imported, at(2))
        })
        .expect("it is stored");
    (vault, app, secret)
}

fn names(export: &Export, app: usize) -> Vec<&str> {
    export.apps[app].secrets.iter().map(|secret| secret.name.as_str()).collect()
}

fn json(text: &str, to: &Recipient) -> Vec<u8> {
    let mut sealed = Vec::new();
    let encryptor = age::Encryptor::with_recipients(std::iter::once(to as _)).expect("one recipient");
    let mut writer = encryptor.wrap_output(&mut sealed).expect("memory takes it");
    writer.write_all(text.as_bytes()).expect("memory takes it");
    writer.finish().expect("memory takes it");
    sealed
}

fn identity() -> (Identity, String, SecretValue) {
    let identity = Identity::generate();
    let recipient = identity.to_public().to_string();
    let text = SecretValue::new(identity.to_string().expose_secret().to_owned());
    (identity, recipient, text)
}

#[test]
fn everything_comes_back_from_a_file_under_a_passphrase() {
    let place = Place::new();
    let (vault, ..) = populated(&place);
    let passphrase = value("correct horse battery staple");
    let export = vault.export(None, true, at(20)).unwrap();
    assert_eq!(export.left_out, [], "all of it is readable");
    let sealed = export.seal(SealedTo::Passphrase(&passphrase)).expect("it is sealed");
    let opened = Export::open(&sealed, OpenedBy::Passphrase(&passphrase)).expect("the passphrase opens it");

    assert_eq!((opened.created_at, opened.apps.len()), (at(20), 2), "both apps");
    let labels: Vec<_> = opened.apps.iter().map(|app| (app.slug.as_str(), app.connection.label.as_str())).collect();
    assert_eq!(labels, [("flyfast", "Local Floom"), ("flyfast", "floom.dev")], "told apart by their connections");
    assert_eq!(opened.apps[1].connection.base_url.as_deref(), Some("https://floom.dev"), "with where they are");
    assert_eq!(names(&opened, 0), ["API_KEY", "GONE", "NEVER_SET", "ONLY_THERE"], "every secret");
    let [key, gone, never, there] = &opened.apps[0].secrets[..] else { panic!("four secrets") };
    let current = key.current.as_ref().expect("it has a value");
    assert_eq!(current.value, value(MULTILINE), "byte for byte");
    assert_eq!((current.version, current.created_at), (2, at(5)), "with its number and time");
    assert_eq!(current.source, Source::File { path: "/a/.env".into(), line: 7 }, "and its source");
    assert_eq!(key.policy, Some(Policy::Creator), "with its policy");
    assert_eq!(key.history.len(), 1, "with what it was before");
    assert_eq!(key.history[0].value, value("the first value of all"), "with what it was before");
    assert_eq!(gone.removed_at, Some(at(9)), "a removed one says so");
    assert!(never.current.is_none() && !never.only_on_floom, "one that was never set has none");
    assert!(there.current.is_none() && there.only_on_floom, "one that only Floom has says so");
    assert_eq!(there.history[0].value, value("was here once"), "and keeps what it was");

    let wrong = Export::open(&sealed, OpenedBy::Passphrase(&value("correct horse"))).unwrap_err();
    assert_eq!(wrong.code(), "export_wrong_passphrase", "another passphrase opens nothing");
    let mut changed = sealed.clone();
    changed[sealed.len() - 1] ^= 1;
    let damaged = Export::open(&changed, OpenedBy::Passphrase(&passphrase)).unwrap_err();
    assert_eq!(damaged.code(), "export_damaged", "the right passphrase for a damaged file is not told to be wrong");
    let (.., identity) = identity();
    let other = Export::open(&sealed, OpenedBy::Identity(&identity)).unwrap_err();
    assert_eq!(other.code(), "export_needs_passphrase", "an identity is told what is needed");
    let header = sealed.windows(4).position(|bytes| bytes == b" 18\n").expect("the work factor is in the header");
    let greedy = [&sealed[..header], b" 24\n", &sealed[header + 4..]].concat();
    let greedy = Export::open(&greedy, OpenedBy::Passphrase(&passphrase)).unwrap_err();
    assert_eq!(greedy.code(), "export_too_much_work", "a file cannot take all of the memory");
    let empty = export.seal(SealedTo::Passphrase(&value(""))).unwrap_err();
    assert_eq!(empty.code(), "export_passphrase_empty", "no passphrase is no seal");
}

#[test]
fn one_app_without_its_history_is_what_was_asked_for() {
    let place = Place::new();
    let (vault, app, _) = populated(&place);
    let (_, recipient, identity) = identity();
    let export = vault.export(Some(app), false, at(20)).unwrap();
    let sealed = export.seal(SealedTo::Recipient(&recipient)).unwrap();
    let opened = Export::open(&sealed, OpenedBy::Identity(&identity)).expect("the identity opens it");
    assert_eq!(opened.apps.len(), 1, "the other app is not in it");
    assert_eq!(names(&opened, 0), ["API_KEY", "NEVER_SET", "ONLY_THERE"], "the removed one is not in it");
    assert!(opened.apps[0].secrets.iter().all(|secret| secret.history.is_empty()), "no older value is in it");
    for text in ["API_KEY", "flyfast", "the-token", "first value"] {
        let clear = sealed.windows(text.len()).any(|bytes| bytes == text.as_bytes());
        assert!(!clear, "{text} is nowhere in the file in clear");
    }
    let needs = Export::open(&sealed, OpenedBy::Passphrase(&value("guess"))).unwrap_err();
    assert_eq!(needs.code(), "export_needs_identity", "a passphrase is told what is needed");
    let (.., another) = self::identity();
    let wrong = Export::open(&sealed, OpenedBy::Identity(&another)).unwrap_err();
    assert_eq!(wrong.code(), "export_wrong_identity", "another identity opens nothing");
    let refused = export.seal(SealedTo::Recipient("ssh-ed25519 AAAA")).unwrap_err();
    assert_eq!(refused.code(), "export_recipient_invalid", "only age's own recipients are taken");
    let refused = Export::open(&sealed, OpenedBy::Identity(&value("AGE-SECRET-KEY-1X"))).unwrap_err();
    assert_eq!(refused.code(), "export_identity_invalid", "what is no identity is said to be none");
}

#[test]
fn a_token_is_never_exported() {
    let place = Place::new();
    let (vault, ..) = populated(&place);
    let shown = serde_json::to_string(&vault.export(None, true, at(20)).unwrap()).unwrap();
    assert!(!shown.contains("the-token") && !shown.contains("token"), "a connection comes without its token");
}

#[test]
fn every_changed_byte_and_every_cut_is_found() {
    let place = Place::new();
    let (vault, app, _) = populated(&place);
    let (_, recipient, identity) = identity();
    let sealed = vault.export(Some(app), false, at(20)).unwrap().seal(SealedTo::Recipient(&recipient)).unwrap();
    let known = ["export_damaged", "export_wrong_identity", "export_not_one"];
    for position in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[position] ^= 1 << (position % 8);
        let refused = Export::open(&changed, OpenedBy::Identity(&identity)).map(drop).expect_err("a change is found");
        assert!(known.contains(&refused.code()), "byte {position}: {refused:?}");
    }
    for length in 0..sealed.len() {
        let refused = Export::open(&sealed[..length], OpenedBy::Identity(&identity)).map(drop);
        let code = refused.expect_err("a cut is found").code();
        assert!(["export_damaged", "export_not_one"].contains(&code), "cut to {length}: {code}");
    }
}

#[test]
fn what_is_no_export_is_told_apart_from_a_damaged_one() {
    let (identity, _, text) = identity();
    let to = identity.to_public();
    let open = |bytes: &[u8]| Export::open(bytes, OpenedBy::Identity(&text)).map(drop).unwrap_err();
    for bytes in [&b""[..], b"KEY=value\n", b"PK\x03\x04", b"age-encryption.org/v9\n"] {
        assert_eq!(open(bytes), ExportError::NotAnExport, "{bytes:?} is none");
    }
    for content in ["", "KEY=value\n", "{}", r#"{"format":"another","version":1}"#] {
        assert_eq!(open(&json(content, &to)), ExportError::NotAnExport, "{content} is none, though age opens it");
    }
    let newer = r#"{"format":"floom-secrets-export","version":2,"anything":[]}"#;
    assert_eq!(open(&json(newer, &to)), ExportError::Newer, "a newer one is not guessed at");
    for content in [
        r#"{"format":"floom-secrets-export","version":1}"#,
        r#"{"format":"floom-secrets-export","version":1,"created_at":"2026-01-01T00:00:00Z","left_out":[],"apps":[{
            "connection":{"kind":"local","label":"","base_url":null},"slug":"a","name":"a","secrets":[{"name":"K",
            "policy":null,"current":{"version":1,"created_at":"2026-01-01T00:00:00Z","source":"typed","value":"*"}}]}]}"#,
    ] {
        assert_eq!(open(&json(content, &to)), ExportError::Damaged, "what does not fit is not guessed at");
    }
}

#[test]
fn what_is_damaged_is_left_out_and_named() {
    let place = Place::new();
    let (vault, app, _) = populated(&place);
    place.edit("UPDATE versions SET value = zeroblob(60) WHERE number = 2");
    place.edit("UPDATE secrets SET policy = 'user_vault' WHERE name = 'NEVER_SET'");
    let export = vault.export(Some(app), true, at(20)).unwrap();
    let codes: Vec<_> = export.left_out.iter().map(|left| (left.app.as_str(), left.code.as_str())).collect();
    assert_eq!(codes, [("flyfast", "vault_row_altered"), ("flyfast", "vault_value_damaged")], "both, by their codes");
    assert!(export.left_out[0].message.contains("NEVER_SET"), "with the name of the row");
    assert!(export.left_out[1].message.contains("API_KEY (version 2)"), "with the name of the value");
    let key = &export.apps[0].secrets[0];
    assert!(key.current.is_none(), "a damaged value is never guessed");
    assert_eq!(key.history[0].value, value("the first value of all"), "the one before it is there");
}

#[test]
fn an_app_whose_connection_was_removed_or_altered_is_not_passed_off_as_empty() {
    let place = Place::new();
    let (mut vault, app, _) = populated(&place);
    place.edit("UPDATE connections SET label = 'other' WHERE kind = 'local'");
    let export = vault.export(None, false, at(20)).unwrap();
    assert_eq!(export.apps.len(), 1, "the other connection's app is there");
    assert_eq!(export.left_out.len(), 1, "the one whose connection cannot be trusted is named");
    assert_eq!(
        (export.left_out[0].app.as_str(), export.left_out[0].code.as_str()),
        ("flyfast", "vault_row_altered"),
        "by its code"
    );
    place.edit("UPDATE connections SET label = 'Local Floom' WHERE kind = 'local'");
    let connection = vault.app(app).unwrap().connection;
    vault.transaction(|tx| tx.remove_connection(connection)).unwrap();
    assert_eq!(vault.export(Some(app), false, at(20)).unwrap_err().code(), "vault_not_found", "it was removed");
}

#[test]
fn values_in_clear_take_the_app_s_typed_name() {
    let place = Place::new();
    let (vault, app, _) = populated(&place);
    let app = vault.app(app).unwrap();
    for typed in ["", " ", "FLYFAST", "flyfas", "fly", "flyfast x"] {
        let refused = TypedName::matching(&app, typed).unwrap_err();
        assert_eq!(refused.code(), "app_name_not_typed", "{typed:?} is not its name");
    }
    TypedName::matching(&app, "Fly fast").expect("its name for people is its name too");
    let typed = TypedName::matching(&app, " flyfast\n").expect("white space around it is not typed on purpose");
    let plaintext = vault.plaintext(&typed).unwrap();
    let variables: Vec<_> = plaintext.variables.iter().map(|(key, value)| (key.as_str(), value.expose())).collect();
    assert_eq!(variables, [("API_KEY", MULTILINE)], "what is live and here, and of this app only");
    let left: Vec<_> = plaintext.left_out.iter().map(|left| (left.code.as_str(), left.message.as_str())).collect();
    let words = "ONLY_THERE: Only Floom has this value; it cannot be shown.";
    assert_eq!(left, [("value_only_on_floom", words)], "and what is not here is said");
    let shown = format!("{plaintext:?}");
    assert!(!shown.contains("BEGIN"), "debug output shows no value");
}

#[test]
fn every_refusal_says_what_was_kept_and_what_to_do() {
    for error in [
        ExportError::NotAnExport,
        ExportError::Newer,
        ExportError::WrongPassphrase,
        ExportError::WrongIdentity,
        ExportError::NeedsPassphrase,
        ExportError::NeedsIdentity,
        ExportError::Damaged,
        ExportError::TooMuchWork,
        ExportError::EmptyPassphrase,
        ExportError::NoRecipient,
        ExportError::NoIdentity,
        ExportError::NotMade,
    ] {
        for sentence in [error.to_string().as_str(), error.kept(), error.hint()] {
            assert!(sentence.ends_with('.'), "{error:?}: {sentence} is a whole sentence");
        }
        assert_eq!(VaultError::from(error).code(), error.code(), "it keeps its code on the way up");
    }
}
