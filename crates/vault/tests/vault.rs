//! The vault as the engine uses it.

mod place;

use std::collections::BTreeMap;
use std::rc::Rc;

use floom_secret::{Policy, SecretValue};
use floom_vault::{
    ConnectionKind, Failure, NewConnection, NewLink, NewOutboxItem, OutboxChange, Point, RemoteState, SeenKey, Source,
    Vault, VaultError,
};
use place::{Place, at, killed_at_every_point, put, queue, value};

#[test]
fn everything_comes_back_after_reopening() {
    let place = Place::new();
    let mut vault = place.create();
    let (connection, app, secret, link) = vault
        .transaction(|tx| {
            let connection = tx.add_connection(
                &NewConnection {
                    kind: ConnectionKind::Remote,
                    label: "floom.dev".into(),
                    base_url: Some("https://floom.dev".into()),
                    token: Some(&value("floom_agent_token")),
                },
                at(1),
            )?;
            let app = tx.ensure_app(connection, "flyfast", "Fly fast")?;
            let secret = tx.ensure_secret(app, "OPENAI_API_KEY", at(2))?;
            let source = Source::File { path: "/code/flyfast/.env".into(), line: 7 };
            assert_eq!(
                tx.put_value(secret, &value("sk-proj-0123456789abcdefgh8b2a"), &source, at(3))?,
                1,
                "versions begin at 1"
            );
            assert_eq!(tx.put_value(secret, &value("second"), &Source::Typed, at(4))?, 2, "and count up");
            tx.set_policy(secret, Policy::Creator)?;
            let link = tx.add_link(
                &NewLink {
                    path: "/code/flyfast/.env".into(),
                    app,
                    auto: true,
                    reader: Some("node-dotenv".into()),
                    default_policy: Policy::Creator,
                },
                at(5),
            )?;
            tx.set_setting("theme", "dark")?;
            Ok::<_, VaultError>((connection, app, secret, link))
        })
        .expect("everything is stored");
    let id = vault.id();
    drop(vault);

    let vault = place.open();
    assert_eq!(vault.id(), id, "it is the same vault");
    assert_eq!(vault.path(), place.path(), "at the same path");
    let connections = vault.connections().unwrap();
    assert_eq!(connections.len(), 1, "one connection");
    assert_eq!((connections[0].id, connections[0].created_at), (connection, at(1)), "it is the one that was made");
    assert_eq!(vault.connection_token(connection).unwrap(), Some(value("floom_agent_token")), "with its token");
    assert_eq!(vault.apps().unwrap()[0].id, app, "one app");
    let found = vault.find_secret(app, "OPENAI_API_KEY").unwrap().expect("the secret is there");
    assert_eq!((found.id, found.policy), (secret, Some(Policy::Creator)), "with its policy");
    let current = found.current.expect("it has a value");
    assert_eq!((current.version, current.created_at), (2, at(4)), "the second version is current");
    assert_eq!(current.fingerprint, vault.fingerprint(&value("second")), "a fingerprint tells equal values");
    assert_ne!(current.fingerprint, vault.fingerprint(&value("Second")), "and different ones");
    let versions = vault.versions(secret).unwrap();
    assert_eq!(versions.iter().map(|version| version.number).collect::<Vec<_>>(), [2, 1], "newest first");
    assert_eq!(versions[1].preview.as_str(), "sk-pro••••8b2a", "with its preview");
    assert_eq!(versions[1].source, Source::File { path: "/code/flyfast/.env".into(), line: 7 }, "and its source");
    assert_eq!(vault.value(secret, 1).unwrap(), value("sk-proj-0123456789abcdefgh8b2a"), "the old value is kept");
    assert_eq!(vault.value(secret, 2).unwrap(), value("second"), "and so is the new one");
    let links = vault.links().unwrap();
    assert_eq!((links[0].id, links[0].auto, links[0].reader.as_deref()), (link, true, Some("node-dotenv")), "the link");
    assert_eq!(vault.setting("theme").unwrap().as_deref(), Some("dark"), "the setting");
    assert_eq!(vault.setting("other").unwrap(), None, "what was never set is not there");
}

#[test]
fn a_failed_transaction_leaves_nothing_behind() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let refused = vault.transaction(|tx| {
        let secret = tx.ensure_secret(app, "STRIPE_KEY", at(1))?;
        tx.put_value(secret, &value("never stored"), &Source::Typed, at(1))?;
        let other = tx.add_connection(&local("other"), at(1))?;
        tx.ensure_app(other, "second", "Second")?;
        Err::<(), _>(VaultError::NotFound("reason to go on"))
    });
    assert!(matches!(refused, Err(VaultError::NotFound(_))), "the work's own error comes back");
    assert_eq!(vault.find_secret(app, "STRIPE_KEY").unwrap(), None, "no secret");
    assert_eq!((vault.connections().unwrap().len(), vault.apps().unwrap().len()), (1, 1), "no connection and no app");

    // The data key of the app that was rolled back must not be used for one that is stored.
    vault
        .transaction(|tx| {
            let other = tx.add_connection(&local("other"), at(2))?;
            let app = tx.ensure_app(other, "second", "Second")?;
            let secret = tx.ensure_secret(app, "KEY", at(2))?;
            tx.put_value(secret, &value("stored"), &Source::Pasted, at(2))
        })
        .expect("the next transaction works");
    drop(vault);
    let vault = place.open();
    let second = vault.apps().unwrap().into_iter().find(|app| app.slug == "second").expect("the app is there");
    let secret = vault.find_secret(second.id, "KEY").unwrap().expect("the secret is there");
    assert_eq!(vault.value(secret.id, 1).unwrap(), value("stored"), "and its value opens");
}

#[test]
fn a_transaction_can_be_killed_anywhere() {
    let place = Rc::new(Place::new());
    let (mut vault, app) = place.with_app();
    let kept = put(&mut vault, app, "KEPT", "stored before");
    let id = vault.id();
    let killed = killed_at_every_point(&place, id, move || {
        vault
            .transaction(|tx| {
                for number in 0..20 {
                    let secret = tx.ensure_secret(app, &format!("KEY_{number}"), at(2))?;
                    tx.put_value(secret, &value("new"), &Source::Typed, at(2))?;
                }
                tx.put_value(kept, &value("replaced"), &Source::Typed, at(2))
            })
            .unwrap();
    });
    let points: Vec<Point> = killed.iter().map(|(point, _)| *point).collect();
    assert_eq!(points, [Point::Committing, Point::Committed], "it has these points");
    for (point, place) in killed {
        let vault = place.open();
        let (count, versions) = if point == Point::Committed { (21, 2) } else { (1, 1) };
        assert_eq!(vault.secrets(app).unwrap().len(), count, "{point:?}: all or nothing");
        assert_eq!(vault.versions(kept).unwrap().len(), versions, "{point:?}: of every part");
        assert_eq!(vault.value(kept, 1).unwrap(), value("stored before"), "{point:?}: what was there is there");
        assert!(vault.contents().unwrap().is_whole(), "{point:?}: and everything opens");
    }
}

#[test]
fn a_panic_in_a_transaction_leaves_nothing_behind() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        vault.transaction::<(), VaultError>(|tx| {
            tx.ensure_secret(app, "KEY", at(1))?;
            panic!("the work panicked");
        })
    }));
    assert!(panicked.is_err(), "the panic goes on to the caller");
    assert_eq!(vault.find_secret(app, "KEY").unwrap(), None, "and nothing was stored");
}

#[test]
fn the_same_slug_on_two_connections_is_two_apps() {
    let place = Place::new();
    let (mut vault, first) = place.with_app();
    let second = vault
        .transaction(|tx| {
            let other = tx.add_connection(&local("other"), at(1))?;
            tx.ensure_app(other, "flyfast", "Fly fast")
        })
        .unwrap();
    assert_ne!(first, second, "two identities");
    let put = |vault: &mut Vault, app, text: &str| {
        vault
            .transaction(|tx| {
                let secret = tx.ensure_secret(app, "KEY", at(2))?;
                tx.put_value(secret, &value(text), &Source::Typed, at(2)).map(|_| secret)
            })
            .unwrap()
    };
    let (one, other) = (put(&mut vault, first, "first"), put(&mut vault, second, "second"));
    assert_eq!(vault.value(one, 1).unwrap(), value("first"), "each has its own value");
    assert_eq!(vault.value(other, 1).unwrap(), value("second"), "each has its own value");
}

#[test]
fn apps_and_secrets_are_made_once() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let connection = vault.connections().unwrap()[0].id;
    vault
        .transaction(|tx| {
            assert_eq!(tx.ensure_app(connection, "flyfast", "Renamed")?, app, "the same app");
            tx.set_app_seen(app, true)?;
            let secret = tx.ensure_secret(app, "KEY", at(1))?;
            assert_eq!(tx.ensure_secret(app, "KEY", at(2))?, secret, "the same secret");
            Ok::<_, VaultError>(())
        })
        .unwrap();
    let apps = vault.apps().unwrap();
    assert_eq!((apps.len(), apps[0].name.as_str(), apps[0].gone), (1, "Renamed", true), "one app, brought up to date");
    assert_eq!(vault.secrets(app).unwrap().len(), 1, "one secret");
}

#[test]
fn a_removed_secret_keeps_its_history_and_a_new_value_brings_it_back() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let secret = vault
        .transaction(|tx| {
            let secret = tx.ensure_secret(app, "KEY", at(1))?;
            tx.put_value(secret, &value("one"), &Source::Typed, at(1))?;
            tx.mark_removed(secret, at(2))?;
            Ok::<_, VaultError>(secret)
        })
        .unwrap();
    assert_eq!(vault.secrets(app).unwrap()[0].removed_at, Some(at(2)), "it is marked");
    assert_eq!(vault.value(secret, 1).unwrap(), value("one"), "and nothing is lost");
    let version =
        vault.transaction(|tx| tx.put_value(secret, &value("two"), &Source::Restored { from: 1 }, at(3))).unwrap();
    assert_eq!(version, 2, "numbers are never reused");
    assert_eq!(vault.secrets(app).unwrap()[0].removed_at, None, "it is back");
}

#[test]
fn what_floom_holds_is_kept_as_it_was_told() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let remote = RemoteState {
        declared: true,
        policy: Some(Policy::User),
        policy_set_at: Some(at(5)),
        has_value: Some(true),
        acknowledged: Some(3),
        acknowledged_at: Some(at(6)),
        previous: Some(2),
        rotated_at: Some(at(6)),
        base: Some(7),
        elsewhere: Some(8),
    };
    let secret = vault.transaction(|tx| tx.ensure_secret(app, "KEY", at(1))).unwrap();
    assert_eq!(vault.secrets(app).unwrap()[0].remote, RemoteState::default(), "nothing is known at first");
    vault.transaction(|tx| tx.set_remote(secret, &remote)).unwrap();
    assert_eq!(vault.secrets(app).unwrap()[0].remote, remote, "all of it comes back");
    assert_eq!(vault.secrets(app).unwrap()[0].current, None, "only Floom has the value");
}

#[test]
fn a_link_keeps_what_was_seen_and_what_was_set_aside() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let new = NewLink { path: "/a/ü .env".into(), app, auto: false, reader: None, default_policy: Policy::User };
    let id = vault.transaction(|tx| tx.add_link(&new, at(1))).unwrap();
    let mut link = vault.links().unwrap().remove(0);
    assert_eq!((link.id, link.auto, link.default_policy), (id, false, Policy::User), "as it was made");
    link.auto = true;
    link.paused = Some(r#"{"brake":"empty"}"#.into());
    link.set_aside = BTreeMap::from([("KEY".into(), vault.fingerprint(&value("old")))]);
    link.seen = BTreeMap::from([("KEY".into(), SeenKey { line: 3, fingerprint: vault.fingerprint(&value("new")) })]);
    vault.transaction(|tx| tx.update_link(&link)).unwrap();
    drop(vault);
    let mut vault = place.open();
    assert_eq!(vault.links().unwrap(), [link], "all of it comes back");
    vault.transaction(|tx| tx.remove_link(id)).unwrap();
    assert!(vault.links().unwrap().is_empty(), "a removed link is gone");
    let again = vault.transaction(|tx| tx.remove_link(id));
    assert_eq!(again.unwrap_err().code(), "vault_not_found", "removing it twice is refused");
}

#[test]
fn the_outbox_keeps_its_order_and_its_failures() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let (secret, first, second) = vault
        .transaction(|tx| {
            let secret = tx.ensure_secret(app, "KEY", at(1))?;
            let version = tx.put_value(secret, &value("one"), &Source::Typed, at(1))?;
            let policy = Policy::Creator;
            let first = queue(tx, &NewOutboxItem { app, secret, change: OutboxChange::Policy(policy) }, at(2))?;
            let change = OutboxChange::Value { version, policy };
            let second = queue(tx, &NewOutboxItem { app, secret, change }, at(2))?;
            Ok::<_, VaultError>((secret, first, second))
        })
        .unwrap();
    vault.transaction(|tx| tx.outbox_failed(first, "floom_500", "Floom answered 500.", Some(at(9)))).unwrap();
    let waiting = vault.outbox().unwrap();
    assert_eq!([waiting[0].id, waiting[1].id], [first, second], "oldest first");
    assert_eq!((waiting[0].attempts, waiting[0].next_try), (1, Some(at(9))), "the try is counted");
    let failure = Failure { code: "floom_500".into(), message: "Floom answered 500.".into() };
    assert_eq!(waiting[0].failure, Some(failure), "and its failure kept");
    assert_eq!(waiting[1].change, OutboxChange::Value { version: 1, policy: Policy::Creator }, "the change is whole");

    let connection = vault.connections().unwrap()[0].id;
    let refused = vault.transaction(|tx| tx.remove_connection(connection)).unwrap_err();
    assert_eq!(refused.code(), "connection_in_use", "a connection that something waits for stays");
    vault
        .transaction(|tx| {
            tx.outbox_done(first)?;
            tx.outbox_done(second)?;
            let change = OutboxChange::Remove;
            let third = queue(tx, &NewOutboxItem { app, secret, change }, at(3))?;
            assert!(third > second, "numbers are not used again");
            tx.outbox_done(third)?;
            tx.remove_connection(connection)
        })
        .unwrap();
    assert!(vault.outbox().unwrap().is_empty(), "nothing waits");
    assert!(vault.connections().unwrap().is_empty() && vault.apps().unwrap().is_empty(), "the connection is gone");
    assert_eq!(vault.connection_token(connection).unwrap_err().code(), "vault_not_found", "and so is its token");
    assert_eq!(vault.value(secret, 1).unwrap(), value("one"), "its values are not lost");
}

#[test]
fn values_of_any_text_come_back_byte_for_byte() {
    let place = Place::new();
    let (mut vault, app) = place.with_app();
    let texts = ["", "\0", "ü😀\r\n\t", "a'b\"c\\", &"x".repeat(65_536)];
    let secret = vault.transaction(|tx| tx.ensure_secret(app, "KEY", at(1))).unwrap();
    for text in texts {
        vault.transaction(|tx| tx.put_value(secret, &value(text), &Source::Typed, at(1))).unwrap();
    }
    drop(vault);
    let vault = place.open();
    for (index, text) in texts.iter().enumerate() {
        let number = u32::try_from(index + 1).unwrap();
        assert_eq!(vault.value(secret, number).unwrap(), value(text), "version {number} is as it was put");
    }
}

fn local(label: &str) -> NewConnection<'static> {
    NewConnection { kind: ConnectionKind::Local, label: label.into(), base_url: None, token: None::<&SecretValue> }
}
