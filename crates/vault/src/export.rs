//! What an export holds: apps, secrets and values, out of the vault and back as data.
//!
//! An import is not written into the vault here: it gives what was exported, and the creator
//! decides about it like about a file.

use floom_secret::{Policy, SecretValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{App, AppId, ConnectionKind, Records, Secret, Source, VaultError, VersionNumber};

/// Everything of the exported apps, decrypted. [`Export::seal`](crate::Export::seal) makes a file of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Export {
    /// When it was made.
    pub created_at: Timestamp,
    /// The apps.
    pub apps: Vec<ExportedApp>,
    /// What is not in it, for it could not be read; the file says so too.
    pub left_out: Vec<LeftOut>,
}

/// One app of an export.
#[derive(Debug, Serialize, Deserialize)]
pub struct ExportedApp {
    /// The connection that it was on.
    pub connection: ExportedConnection,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Its secrets by name; removed ones only where the history was asked for.
    pub secrets: Vec<ExportedSecret>,
}

/// The connection of an exported app. Its token is never exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedConnection {
    /// What kind of server it leads to.
    pub kind: ConnectionKind,
    /// How people call it.
    pub label: String,
    /// Where the server is.
    pub base_url: Option<String>,
}

/// One secret of an export.
#[derive(Debug, Serialize, Deserialize)]
pub struct ExportedSecret {
    /// The variable's name.
    pub name: String,
    /// Who supplies the value, as the creator decided.
    pub policy: Option<Policy>,
    /// The current value; none where only Floom has it, where it was never set, and where it is left out.
    pub current: Option<ExportedValue>,
    /// Whether only Floom has a value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_on_floom: bool,
    /// When it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    /// The other values that it has had, newest first; empty unless the history was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<ExportedValue>,
}

/// One value of an export.
#[derive(Debug, Serialize, Deserialize)]
pub struct ExportedValue {
    /// The number that it had.
    pub version: VersionNumber,
    /// When it came.
    pub created_at: Timestamp,
    /// Where it came from.
    pub source: Source,
    /// The value itself; in the file as base64 of its UTF-8.
    #[serde(with = "value")]
    pub value: SecretValue,
}

/// Something that could not be exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The app's slug.
    pub app: String,
    /// The code of the reason: `vault_value_damaged`, `vault_row_altered`, or `value_only_on_floom`.
    pub code: String,
    /// The reason in one sentence, which names the secret.
    pub message: String,
}

impl LeftOut {
    fn of(app: &str, error: &VaultError) -> Self {
        Self { app: app.to_owned(), code: error.code().to_owned(), message: error.to_string() }
    }
}

/// The live values of one app, in clear, in the order of their names.
#[derive(Debug)]
pub struct PlaintextExport {
    /// Names and values.
    pub variables: Vec<(String, SecretValue)>,
    /// What is not among them.
    pub left_out: Vec<LeftOut>,
}

/// The creator's word that the values of one app may leave the vault in clear: they typed its name.
#[derive(Debug)]
pub struct TypedName(AppId);

impl TypedName {
    /// The word for `app` where `typed`, without white space around it, is its name or its slug.
    ///
    /// # Errors
    /// [`VaultError::NameNotTyped`].
    pub fn matching(app: &App, typed: &str) -> Result<Self, VaultError> {
        match [&app.name, &app.slug].iter().any(|name| !name.is_empty() && typed.trim() == name.trim()) {
            true => Ok(Self(app.id)),
            false => Err(VaultError::NameNotTyped),
        }
    }
}

impl Records {
    /// Everything of `app`, or of all apps, with the values that came before the current ones where
    /// `history` says so. What cannot be read is left out and named.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] where there is no such app, or its connection was removed; the database's.
    pub fn export(&self, app: Option<AppId>, history: bool, now: Timestamp) -> Result<Export, VaultError> {
        let listed = self.readable_apps()?;
        let mut export = Export { created_at: now, apps: Vec::new(), left_out: Vec::new() };
        let apps = match app {
            Some(id) => vec![self.app(id)?],
            None => {
                export.left_out.extend(listed.damaged.iter().map(|error| LeftOut::of("", error)));
                listed.entries
            }
        };
        let connections = self.readable_connections()?;
        for app in apps {
            let Some(on) = connections.entries.iter().find(|connection| connection.id == app.connection) else {
                if connections.damaged.is_empty() {
                    return Err(VaultError::NotFound("app"));
                }
                let error = VaultError::RowAltered { table: "connection", name: format!("that of {}", app.slug) };
                export.left_out.push(LeftOut::of(&app.slug, &error));
                continue;
            };
            let connection =
                ExportedConnection { kind: on.kind, label: on.label.clone(), base_url: on.base_url.clone() };
            let secrets = self.exported_secrets(&app, history, &mut export.left_out)?;
            export.apps.push(ExportedApp { connection, slug: app.slug, name: app.name, secrets });
        }
        Ok(export)
    }

    fn exported_secrets(
        &self,
        app: &App,
        history: bool,
        left_out: &mut Vec<LeftOut>,
    ) -> Result<Vec<ExportedSecret>, VaultError> {
        let listed = self.readable_secrets(app.id)?;
        left_out.extend(listed.damaged.iter().map(|error| LeftOut::of(&app.slug, error)));
        let mut exported = Vec::new();
        for secret in listed.entries.into_iter().filter(|secret| history || secret.removed_at.is_none()) {
            let versions = self.readable_versions(secret.id)?;
            if history {
                left_out.extend(versions.damaged.iter().map(|error| LeftOut::of(&app.slug, error)));
            }
            let current = secret.current.as_ref().map(|current| current.version);
            let (mut now, mut before) = (None, Vec::new());
            for version in versions.entries.into_iter().filter(|one| history || current == Some(one.number)) {
                match self.value(secret.id, version.number) {
                    Ok(value) => {
                        let (number, created_at, source) = (version.number, version.created_at, version.source);
                        let value = ExportedValue { version: number, created_at, source, value };
                        if current == Some(number) { now = Some(value) } else { before.push(value) }
                    }
                    Err(error) if error.is_of_one_entry() => left_out.push(LeftOut::of(&app.slug, &error)),
                    Err(error) => return Err(error),
                }
            }
            exported.push(ExportedSecret {
                only_on_floom: secret.is_remote_only(),
                name: secret.name,
                policy: secret.policy,
                current: now,
                removed_at: secret.removed_at,
                history: before,
            });
        }
        Ok(exported)
    }

    /// The live values of the app whose name was typed, in clear.
    ///
    /// # Errors
    /// The database's; what cannot be read is left out and named.
    pub fn plaintext(&self, typed: &TypedName) -> Result<PlaintextExport, VaultError> {
        let app = self.app(typed.0)?;
        let listed = self.readable_secrets(app.id)?;
        let mut left_out: Vec<LeftOut> = listed.damaged.iter().map(|error| LeftOut::of(&app.slug, error)).collect();
        let mut variables = Vec::new();
        let held =
            |secret: &Secret| secret.removed_at.is_none() && (secret.current.is_some() || secret.is_remote_only());
        for secret in listed.entries.into_iter().filter(held) {
            match self.current_value(secret.id) {
                Ok(value) => variables.push((secret.name, value)),
                Err(error @ VaultError::ValueOnlyOnFloom) => {
                    let message = format!("{}: {error}", secret.name);
                    left_out.push(LeftOut { message, ..LeftOut::of(&app.slug, &error) });
                }
                Err(error) if error.is_of_one_entry() => left_out.push(LeftOut::of(&app.slug, &error)),
                Err(error) => return Err(error),
            }
        }
        Ok(PlaintextExport { variables, left_out })
    }
}

/// A value as base64 (RFC 4648, section 4): no escapes, so that reading it leaves no copy in a reader's buffer.
mod value {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use floom_secret::SecretValue;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};
    use zeroize::Zeroizing;

    pub(super) fn serialize<S: Serializer>(value: &SecretValue, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(STANDARD.encode(value.expose())))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretValue, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        let value = STANDARD.decode(text).ok().and_then(SecretValue::from_utf8);
        value.ok_or_else(|| D::Error::custom("not a value"))
    }
}
