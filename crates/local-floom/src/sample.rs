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
        description: "A sample app: each run says which of its four values it was given.".into(),
        secrets_needed: KEYS.map(str::to_owned).into(),
        inputs: Vec::new(),
        command,
        timeout_seconds: 60,
    }
}

/// The body of the sample's program: one line of JSON on `out`,
/// `{"values": [{"key", "set", "preview"}, …]}`, from the four environment variables.
///
/// # Errors
/// Those of `out`.
pub fn sample_app(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", report(|key| std::env::var(key).ok().map(SecretValue::new)))
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
