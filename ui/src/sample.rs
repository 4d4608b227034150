//! What the wireframe shows, as the agent would say it: for tests.

use floom_protocol::Failure;
use floom_protocol::import::{Fate, ImportPreview, ImportRow, NewApp};
use floom_protocol::readiness::{Readiness, Verdict};
use floom_protocol::view::{
    AppRef, AppView, CodeGroup, ConnectionState, ConnectionView, KeychainView, LastUsed, LinkState, LinkView,
    RecoveryCodeView, SecretView, Snapshot, SourceView, SyncView, VaultView,
};
use floom_secret::{Policy, Preview, SecretValue};
use jiff::Timestamp;

use crate::kit::Code;

/// A secret without a value.
pub(crate) fn secret(key: &str, policy: Policy) -> SecretView {
    SecretView {
        key: key.into(),
        declared: true,
        policy,
        policy_saving: false,
        preview: None,
        version: 0,
        source: None,
        last_used: LastUsed::NotReported,
        sync: SyncView::Synced,
        prompt: None,
    }
}

/// A secret whose value came from the third line of a file.
pub(crate) fn stored(key: &str, preview: &str) -> SecretView {
    SecretView {
        preview: Some(Preview::stored(preview.into())),
        version: 1,
        source: Some(SourceView {
            words: "~/code/flyfast/.env line 3".into(),
            folder: Some("~/code/flyfast/".into()),
            gone: false,
        }),
        ..secret(key, Policy::Creator)
    }
}

/// The app `slug` on Local Floom.
pub(crate) fn app(slug: &str, secrets: Vec<SecretView>) -> AppView {
    AppView {
        connection: "local".into(),
        slug: slug.into(),
        name: slug.into(),
        url: None,
        configured: secrets.len() as u32,
        missing: Vec::new(),
        secrets,
        readiness: Readiness { verdict: Verdict::Yes, reasons: Vec::new() },
    }
}

/// An open vault with `apps` on a running Local Floom and one watched file.
pub(crate) fn snapshot(apps: Vec<AppView>) -> Snapshot {
    Snapshot {
        sequence: 1,
        agent_version: "0.1.0".into(),
        now: Timestamp::UNIX_EPOCH,
        keychain: KeychainView { name: "keyring".into(), state: "ready".into() },
        vault: VaultView::Open,
        connections: vec![ConnectionView {
            id: "local".into(),
            label: "Local Floom".into(),
            local: true,
            url: None,
            state: ConnectionState::Connected,
            shown: true,
            overlap: false,
        }],
        apps,
        links: vec![LinkView {
            id: "link".into(),
            file: "~/code/flyfast/.env".into(),
            path: "/home/me/code/flyfast/.env".into(),
            app: "flyfast".into(),
            connection: "local".into(),
            auto: true,
            state: LinkState::InSync { keys: 3 },
            polled: false,
            reader: "plain".into(),
        }],
        activity: Vec::new(),
        waiting: 0,
        failed: 0,
        recovery: None,
        notices: Vec::new(),
        good_copy: None,
        floom_cli: false,
    }
}

/// The app of the wireframe.
pub(crate) fn flyfast() -> AppView {
    app(
        "flyfast",
        vec![
            stored("OPENAI_API_KEY", "sk-pro••••8b2a"),
            stored("AMADEUS_API_KEY", "amd_••••e82f"),
            secret("STRIPE_SECRET_KEY", Policy::User),
            stored("SUPABASE_SERVICE_KEY", "eyJ••••yIJ9"),
        ],
    )
}

/// A preview with one row for each of `fates`.
pub(crate) fn preview(app: Option<&str>, fates: &[Fate]) -> ImportPreview {
    let row = |(number, fate): (usize, &Fate)| ImportRow {
        line: number as u32 + 1,
        key: Some(format!("KEY_{number}")),
        fate: *fate,
        effect: format!("{fate:?}"),
        policy: Some(Policy::Creator),
        choosable: matches!(fate, Fate::New | Fate::Changed),
        notes: Vec::new(),
    };
    ImportPreview {
        id: "p1".into(),
        file: "~/code/flyfast/.env".into(),
        path: Some("/home/me/code/flyfast/.env".into()),
        app: app.map(|slug| AppRef { connection: Some("local".into()), slug: slug.into() }),
        connection: "Local Floom".into(),
        rows: fates.iter().enumerate().map(row).collect(),
        notes: Vec::new(),
        imports: fates.iter().filter(|fate| matches!(fate, Fate::New | Fate::Changed)).count() as u32,
        reader: "plain".into(),
        evidence: None,
        new_app: app.is_none().then(|| NewApp {
            name: "ferry-bot".into(),
            slug: "ferry-bot".into(),
            command: "node bot.js".into(),
            keys: vec!["KEY_0".into()],
        }),
        watched: false,
    }
}

/// A recovery code as the agent answers with it.
pub(crate) fn code() -> Code {
    let groups = ["K7QMX", "T4VK0", "H2RPN", "W6BYC", "3GZJS", "MNA5T", "E4XQ7"];
    let groups = groups.map(|group| CodeGroup(SecretValue::new(group.to_owned()))).into();
    Code::new(RecoveryCodeView { groups, file: "/home/me/floom-kit.vault".into(), before: None })
}

/// A refusal with `code`.
pub(crate) fn failure(code: &str) -> Failure {
    Failure::new(code, "It did not happen.", "Nothing was changed.", "Try again.")
}
