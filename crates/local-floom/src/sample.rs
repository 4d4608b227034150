//! The sample app `flyfast`: it shows which values a run was given, without showing them.

use std::io::{self, Write};

use floom_secret::{Preview, SecretValue};
use serde_json::{Value, json};

use crate::Manifest;

/// The sample's slug.
pub(crate) const SLUG: &str = "flyfast";

const KEYS: [&str; 4] = ["OPENAI_API_KEY", "AMADEUS_API_KEY", "STRIPE_SECRET_KEY", "SUPABASE_SERVICE_KEY"];

/// The sample's manifest, run by `command`.
pub(crate) fn manifest(command: Vec<String>) -> Manifest {
    Manifest {
        slug: SLUG.into(),
        name: SLUG.into(),
        description: "A sample app: each run says which of its four values it was given, and prints them to show that none gets out.".into(),
        secrets_needed: KEYS.map(str::to_owned).into(),
        inputs: Vec::new(),
        command,
        timeout_seconds: 60,
    }
}

/// The body of the sample's program: a line per variable on `out`, then one line of JSON,
/// `{"values": [{"key", "set", "preview"}, …]}`.
///
/// The lines hold the values as a careless app's would, so that it can be seen what Local Floom makes of them. It knows
/// values of 8 characters and more; shorter ones are left out here.
///
/// # Errors
/// Those of `out`.
pub fn sample_app(out: &mut dyn Write) -> io::Result<()> {
    let value_of = |key: &str| std::env::var(key).ok().map(SecretValue::new);
    for key in KEYS {
        match value_of(key) {
            Some(value) if value.expose().chars().count() >= 8 => writeln!(out, "{key} is {}", value.expose())?,
            Some(_) => writeln!(out, "{key} is set")?,
            None => writeln!(out, "{key} is not set")?,
        }
    }
    writeln!(out, "{}", report(value_of))
}

fn report(value_of: impl Fn(&str) -> Option<SecretValue>) -> Value {
    let line = |key: &str| {
        let preview = value_of(key).map(|value| Preview::of(&value));
        json!({ "key": key, "set": preview.is_some(), "preview": preview })
    };
    json!({ "values": KEYS.map(line) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_shows_previews_only() {
        let value = "sk-proj-0123456789abcdefgh8b2a";
        let report = report(|key| (key == KEYS[0]).then(|| SecretValue::new(value.into())));
        assert_eq!(report["values"][0]["preview"], "sk-pro••••8b2a", "a value is shown as its preview");
        assert_eq!(report["values"][1], json!({ "key": KEYS[1], "set": false, "preview": null }), "a gap is said");
        assert!(!report.to_string().contains(value), "the value itself is not there");
    }

    #[test]
    fn the_sample_is_a_good_manifest() {
        assert_eq!(manifest(vec!["floomsec".into()]).check(), Ok(()), "the sample passes its own check");
    }
}
