//! Agent tokens: what another program of the owner's shows, with a scope. Only their SHA-256 is kept.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, params};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{BASE62, Store, digest, random_letters};
use crate::LocalError;

/// What every agent token begins with.
pub(crate) const PREFIX: &str = "floom_agent_";
const LETTERS: usize = 32;
/// How much of a token its owner recognises it by.
const SHOWN_LETTERS: usize = 8;
/// `last_used_at` is written at most once in this time.
const USE_NOTED_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Read,
    ReadWrite,
    PublishOnly,
}

impl Scope {
    /// Every scope, as the wire names them.
    pub(crate) const WIRE: [&str; 3] = ["read", "read-write", "publish-only"];

    pub(crate) fn from_wire(wire: &str) -> Option<Self> {
        [Self::Read, Self::ReadWrite, Self::PublishOnly].into_iter().find(|scope| scope.wire() == wire)
    }

    pub(crate) fn wire(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::ReadWrite => "read-write",
            Self::PublishOnly => "publish-only",
        }
    }
}

/// A token without the token.
#[derive(Debug, Clone)]
pub(crate) struct AgentToken {
    pub(crate) id: String,
    pub(crate) prefix: String,
    pub(crate) label: String,
    pub(crate) scope: Scope,
    pub(crate) per_minute: u64,
    pub(crate) created_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
    pub(crate) revoked: bool,
}

const SELECT: &str = "SELECT id, prefix, label, scope, per_minute, created_at, last_used_at, revoked FROM agent_tokens";

impl Store {
    /// A new token; it is given this once.
    pub(crate) fn mint(
        &self,
        label: &str,
        scope: Scope,
        per_minute: u64,
    ) -> Result<(AgentToken, Zeroizing<String>), LocalError> {
        let letters = Zeroizing::new(random_letters(LETTERS, BASE62)?);
        let raw = Zeroizing::new(format!("{PREFIX}{}", letters.as_str()));
        let token = AgentToken {
            id: format!("agtok_{}", Uuid::new_v4()),
            prefix: format!("{PREFIX}{}", &letters[..SHOWN_LETTERS]),
            label: label.to_owned(),
            scope,
            per_minute,
            created_at: self.now(),
            last_used_at: None,
            revoked: false,
        };
        let insert = "INSERT INTO agent_tokens (id, token, prefix, label, scope, per_minute, created_at)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let row = params![
            token.id,
            digest(&raw),
            token.prefix,
            token.label,
            scope.wire(),
            i64::try_from(per_minute).unwrap_or(i64::MAX),
            token.created_at.as_millisecond()
        ];
        self.commit(|db| Ok::<_, LocalError>(db.execute(insert, row)?))?;
        Ok((token, raw))
    }

    /// Every token, the newest first.
    pub(crate) fn agent_tokens(&self) -> Result<Vec<AgentToken>, LocalError> {
        let database = self.reading();
        let mut statement = database.prepare_cached(&format!("{SELECT} ORDER BY number DESC"))?;
        let tokens = statement.query_map([], read)?.collect::<Result<_, _>>()?;
        Ok(tokens)
    }

    /// The token that `raw` is, unless it is revoked; its use is noted.
    pub(crate) fn agent_token(&self, raw: &str) -> Result<Option<AgentToken>, LocalError> {
        let now = self.now();
        let token = self
            .reading()
            .prepare_cached(&format!("{SELECT} WHERE token = ?1 AND revoked = 0"))?
            .query_row([digest(raw)], read)
            .optional()?;
        if let Some(token) = &token
            && token.last_used_at.is_none_or(|used| now.duration_since(used) >= USE_NOTED_EVERY)
        {
            let noted = "UPDATE agent_tokens SET last_used_at = ?1 WHERE id = ?2";
            self.commit(|db| Ok::<_, LocalError>(db.execute(noted, params![now.as_millisecond(), token.id])?))?;
        }
        Ok(token)
    }

    /// Takes a token's power away, for good. One that is not there has none.
    pub(crate) fn revoke(&self, id: &str) -> Result<(), LocalError> {
        self.commit(|db| Ok(db.execute("UPDATE agent_tokens SET revoked = 1 WHERE id = ?1", [id]).map(drop)?))
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<AgentToken> {
    let time = |at: i64| Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    let scope: String = row.get(3)?;
    Ok(AgentToken {
        id: row.get(0)?,
        prefix: row.get(1)?,
        label: row.get(2)?,
        // The table takes nothing else.
        scope: Scope::from_wire(&scope).unwrap_or(Scope::PublishOnly),
        per_minute: row.get::<_, i64>(4)?.unsigned_abs(),
        created_at: time(row.get(5)?),
        last_used_at: row.get::<_, Option<i64>>(6)?.map(time),
        revoked: row.get(7)?,
    })
}
