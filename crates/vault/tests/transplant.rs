//! Ciphertext and rows moved to where they do not belong: always refused.
//!
//! `FLOOM_SOAK=1` tries 100,000 of each.

mod place;

use floom_secret::Policy;
use floom_vault::{
    AppId, ConnectionKind, NewConnection, NewLink, NewOutboxItem, OutboxChange, SecretId, Source, Vault, VaultError,
};
use place::{Place, at, count, queue, value};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rusqlite::types::Value;
use rusqlite::{Connection, params};

/// A vault with at least two rows in every table, and a second way into its file.
struct Body {
    vault: Vault,
    outside: Connection,
    apps: Vec<AppId>,
    secrets: Vec<SecretId>,
    place: Place,
}

const VERSIONS: u32 = 3;

impl Body {
    fn new() -> Self {
        let place = Place::new();
        let mut vault = place.create();
        let (apps, secrets) = vault
            .transaction(|tx| {
                let (mut apps, mut secrets) = (Vec::new(), Vec::new());
                for label in ["one", "two", "removed"] {
                    let base_url = Some(format!("https://{label}.example"));
                    let new = NewConnection {
                        kind: ConnectionKind::Remote,
                        label: label.into(),
                        base_url,
                        token: Some(&value(label)),
                    };
                    let connection = tx.add_connection(&new, at(0))?;
                    if label == "removed" {
                        tx.remove_connection(connection)?;
                        continue;
                    }
                    for slug in ["flyfast", "other"] {
                        let app = tx.ensure_app(connection, slug, &format!("{label} {slug}"))?;
                        apps.push(app);
                        for name in ["FIRST", "SECOND"] {
                            let secret = tx.ensure_secret(app, name, at(1))?;
                            for number in 1..=VERSIONS {
                                // Values of one length, so that a swap is not found by its length.
                                let text = format!("{label} {slug} {name} {number}");
                                tx.put_value(secret, &value(&format!("{text:<40}")), &Source::Typed, at(1))?;
                            }
                            secrets.push(secret);
                        }
                    }
                }
                tx.set_policy(secrets[0], Policy::User)?;
                tx.set_policy(secrets[1], Policy::Creator)?;
                tx.mark_removed(secrets[2], at(9))?;
                for (index, (app, secret)) in [(apps[0], secrets[0]), (apps[1], secrets[2])].into_iter().enumerate() {
                    let new = NewLink {
                        path: format!("/{index}/.env").into(),
                        app,
                        auto: index == 0,
                        reader: (index == 1).then(|| "shell".into()),
                        default_policy: if index == 0 { Policy::User } else { Policy::Creator },
                    };
                    tx.add_link(&new, at(2))?;
                    let change = if index == 0 { OutboxChange::Remove } else { OutboxChange::Policy(Policy::Creator) };
                    queue(tx, &NewOutboxItem { app, secret, change }, at(3))?;
                }
                tx.set_setting("theme", "dark")?;
                tx.set_setting("shown", "one")?;
                Ok::<_, VaultError>((apps, secrets))
            })
            .expect("it is stored");
        let outside = Connection::open(place.path()).expect("the file is a database");
        outside.pragma_update(None, "synchronous", "OFF").expect("what is edited need not last");
        Self { vault, outside, apps, secrets, place }
    }

    /// Everything sealed that its file holds: a name for it, and its bytes.
    fn sealed(&self) -> Vec<(String, Vec<u8>)> {
        let all = "SELECT 'value ' || secret || ' ' || number, value FROM versions
                   UNION ALL SELECT 'details ' || secret || ' ' || number, details FROM versions
                   UNION ALL SELECT 'token ' || label, token FROM connections WHERE token IS NOT NULL
                   UNION ALL SELECT 'key ' || key, wrapped FROM keys";
        let mut statement = self.outside.prepare(all).expect("the tables are there");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("they are read");
        rows.collect::<Result<_, _>>().expect("they are read")
    }

    fn set_sealed(&self, place: &str, bytes: &[u8]) {
        let (kind, which) = place.split_once(' ').expect("a kind and a place");
        let changed = match (kind, which.split_once(' ')) {
            ("value" | "details", Some((secret, number))) => self.outside.execute(
                &format!("UPDATE versions SET {kind} = ?1 WHERE secret = ?2 AND number = ?3"),
                params![bytes, secret.parse::<i64>().expect("a number"), number.parse::<i64>().expect("a number")],
            ),
            ("token", _) => {
                self.outside.execute("UPDATE connections SET token = ?1 WHERE label = ?2", params![bytes, which])
            }
            _ => self.outside.execute(
                "UPDATE keys SET wrapped = ?1 WHERE key = ?2",
                params![bytes, which.parse::<i64>().expect("a number")],
            ),
        };
        assert_eq!(changed.expect("the edit is made"), 1, "{place} is one place");
    }

    /// Every value of the vault, and the first error on the way to one.
    fn read_values(&self) -> (usize, Option<VaultError>) {
        let (mut right, mut refused) = (0, None);
        for (index, secret) in self.secrets.iter().enumerate() {
            for number in 1..=VERSIONS {
                match self.vault.value(*secret, number) {
                    Ok(value) => {
                        let expected = format!("{:<40}", format!("{} {number}", self.says(index)));
                        assert_eq!(value.expose(), expected, "a value is right or refused");
                        right += 1;
                    }
                    Err(error) => drop(refused.get_or_insert(error)),
                }
            }
            if let Err(error) = self.vault.versions(*secret) {
                refused.get_or_insert(error);
            }
        }
        (right, refused)
    }

    fn says(&self, secret: usize) -> String {
        let label = ["one", "two"][secret / 4];
        format!("{label} {} {}", ["flyfast", "other"][secret / 2 % 2], ["FIRST", "SECOND"][secret % 2])
    }

    /// Every row with a MAC.
    fn read_rows(&self) -> Result<(), VaultError> {
        for connection in self.vault.connections()? {
            self.vault.connection_token(connection.id)?;
        }
        self.vault.apps()?;
        for app in &self.apps {
            self.vault.app(*app)?;
            self.vault.secrets(*app)?;
        }
        self.vault.links()?;
        self.vault.outbox()?;
        for name in ["theme", "shown"] {
            self.vault.setting(name)?;
        }
        Ok(())
    }
}

fn runner(normally: u32) -> TestRunner {
    let cases = count(normally, 100_000);
    TestRunner::new(Config { cases, failure_persistence: None, max_global_rejects: cases * 20, ..Config::default() })
}

#[test]
fn ciphertext_opens_nowhere_but_in_its_place() {
    let (body, stranger) = (Body::new(), Body::new());
    let own = body.sealed();
    let targets: Vec<&(String, Vec<u8>)> = own.iter().filter(|(place, _)| !place.starts_with("key")).collect();
    let foreign: Vec<(String, Vec<u8>)> =
        stranger.sealed().into_iter().map(|(place, bytes)| (format!("{place} of another vault"), bytes)).collect();
    let sources: Vec<&(String, Vec<u8>)> = own.iter().chain(&foreign).collect();
    let total = body.secrets.len() * usize::try_from(VERSIONS).unwrap();
    assert_eq!(body.read_values().0, total, "as it was written, all of it opens");
    let cases = (0..sources.len(), 0..targets.len());
    let tried = runner(250).run(&cases, |(source, target)| {
        let ((from, bytes), (to, original)) = (sources[source], targets[target]);
        prop_assume!(bytes != original);
        body.set_sealed(to, bytes);
        let (right, refused) = body.read_values();
        let error = if to.starts_with("token") { body.read_rows().err() } else { refused };
        body.set_sealed(to, original);
        let expected = if to.starts_with("token") { "vault_row_altered" } else { "vault_value_damaged" };
        prop_assert_eq!(error.map(|error| error.code()), Some(expected), "{} in the place of {}", from, to);
        prop_assert_eq!(right, total - usize::from(to.starts_with("value")), "all the others open");
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_wrapped_key_opens_nowhere_but_in_its_place() {
    let (body, stranger) = (Body::new(), Body::new());
    let keys = |body: &Body| -> Vec<(String, Vec<u8>)> {
        body.sealed().into_iter().filter(|(place, _)| place.starts_with("key")).collect()
    };
    let (own, foreign) = (keys(&body), keys(&stranger));
    // The last is that of the removed connection, whose token is gone: it seals nothing any more.
    for (to, original) in &own[..own.len() - 1] {
        for (from, bytes) in own.iter().chain(&foreign).filter(|(_, bytes)| bytes != original) {
            body.set_sealed(to, bytes);
            let (path, keychain) = (body.place.path(), &body.place.keychain);
            // The open vault has its keys in memory; a fresh one has to unwrap them.
            match Vault::open(path, keychain) {
                Err(error) => assert_eq!(error.code(), "vault_damaged", "{from} in the place of {to}"),
                Ok(vault) => {
                    let damage = vault.damage().expect("the file can be walked");
                    assert!(!damage.is_none(), "{from} in the place of {to}: what it sealed does not open");
                    let right = body.secrets.iter().filter_map(|secret| vault.value(*secret, 1).ok());
                    let known = right.filter(|value| value.expose().trim_end().ends_with('1')).count();
                    assert!(
                        known >= body.secrets.len() - 2,
                        "{from} in the place of {to}: the other apps' values open"
                    );
                }
            }
            body.set_sealed(to, original);
        }
    }
}

/// The tables whose rows have a MAC, what tells a row of them, and their columns.
const TABLES: &[(&str, &str, &[&str])] = &[
    (
        "secrets",
        "secret",
        &["app", "name", "policy", "current", "last_version", "remote", "created_at", "removed_at", "mac"],
    ),
    ("apps", "app", &["connection", "slug", "name", "gone", "mac"]),
    ("connections", "id", &["kind", "label", "base_url", "token", "created_at", "removed", "mac"]),
    (
        "links",
        "id",
        &["path", "app", "auto", "reader", "default_policy", "paused", "set_aside", "seen", "created_at", "mac"],
    ),
    ("outbox", "id", &["secret", "change", "created_at", "attempts", "failure", "next_try", "mac"]),
    ("settings", "name", &["value", "mac"]),
];

#[test]
fn no_part_of_a_row_can_be_that_of_another() {
    let body = Body::new();
    body.read_rows().expect("as it was written, all of it is read");
    let cases = (0..TABLES.len(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1..1_u32 << 10);
    let tried = runner(250).run(&cases, |(table, from, to, which)| {
        let (table, id, columns) = TABLES[table];
        let ids: Vec<Value> = body
            .outside
            .prepare(&format!("SELECT {id} FROM {table}"))
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let (from, to) = (&ids[from.index(ids.len())], &ids[to.index(ids.len())]);
        let chosen: Vec<&str> =
            columns.iter().enumerate().filter(|(bit, _)| which >> bit & 1 == 1).map(|(_, column)| *column).collect();
        prop_assume!(from != to && !chosen.is_empty());
        let list = chosen.join(", ");
        let read = |which: &Value| -> Vec<Value> {
            let sql = format!("SELECT {list} FROM {table} WHERE {id} = ?1");
            let read = body.outside.query_row(&sql, [which], |row| (0..chosen.len()).map(|at| row.get(at)).collect());
            read.unwrap()
        };
        let (new, original) = (read(from), read(to));
        prop_assume!(new != original);
        let write = |values: &[Value]| {
            let set: Vec<String> =
                chosen.iter().enumerate().map(|(at, column)| format!("{column} = ?{}", at + 2)).collect();
            let sql = format!("UPDATE {table} SET {} WHERE {id} = ?1", set.join(", "));
            body.outside.execute(&sql, rusqlite::params_from_iter(std::iter::once(to).chain(values)))
        };
        // What the tables themselves refuse (a name twice in one app) needs no MAC.
        prop_assume!(write(&new).is_ok());
        let read = body.read_rows();
        write(&original).unwrap();
        let code = read.err().map(|error| error.code());
        prop_assert_eq!(code, Some("vault_row_altered"), "{} of a row of {} in another", list, table);
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}
