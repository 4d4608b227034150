//! What an app says about itself: `floom.yaml`, or the same as JSON.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

const LONGEST_SLUG: usize = 48;
const LONGEST_NAME: usize = 120;
const LONGEST_DESCRIPTION: usize = 5_000;
const LONGEST_KEY: usize = 128;
const MOST_KEYS: usize = 500;
const MOST_INPUTS: usize = 100;
const LONGEST_RUN: u64 = 3_600;

/// One app: its names, the keys that it needs, and the command that runs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its name in addresses: lower-case letters, digits and `-`, at most 48, unique.
    pub slug: String,
    /// Its name, 1 to 120 characters.
    pub name: String,
    /// What it does, at most 5,000 characters.
    #[serde(default)]
    pub description: String,
    /// The environment variables that a run gets, in the order in which they are shown.
    #[serde(default)]
    pub secrets_needed: Vec<String>,
    /// What a run is asked for; it reaches the command as one JSON object on standard input.
    #[serde(default)]
    pub inputs: Vec<Input>,
    /// The program and its arguments; no shell is involved.
    pub command: Vec<String>,
    /// After how many seconds a run is stopped, 1 to 3,600.
    #[serde(default = "default_timeout")]
    pub timeout_seconds: u64,
}

/// One input of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its key in the JSON object.
    pub name: String,
    /// What the page calls it; the name where this is left out.
    #[serde(default)]
    pub label: Option<String>,
    /// Its kind, as Floom names them: `text` where this is left out.
    #[serde(default = "default_kind", rename = "type")]
    pub kind: String,
    /// Whether a run without it is refused.
    #[serde(default)]
    pub required: bool,
}

/// Which field of a manifest cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The manifest's {field} cannot be used: {reason}.")]
pub struct ManifestError {
    /// The field, or `manifest` for all of it.
    pub field: &'static str,
    /// What is wrong with it, as the end of a sentence.
    pub reason: String,
}

impl Manifest {
    /// Reads a `floom.yaml`.
    ///
    /// # Errors
    /// [`ManifestError`] with the field.
    pub fn from_yaml(text: &str) -> Result<Self, ManifestError> {
        let value: Value = serde_saphyr::from_str(text)
            .map_err(|error| refuse("manifest", format!("it is not YAML ({})", first_line(&error.to_string()))))?;
        Self::from_json(value)
    }

    /// Reads a manifest field by field, so that a refusal can name the field, and checks it.
    ///
    /// # Errors
    /// [`ManifestError`] with the field.
    pub fn from_json(value: Value) -> Result<Self, ManifestError> {
        let Value::Object(mut fields) = value else {
            return Err(refuse("manifest", "it is not a list of fields and values".into()));
        };
        let manifest = Self {
            slug: required(&mut fields, "slug", "it has to be a text")?,
            name: required(&mut fields, "name", "it has to be a text")?,
            description: optional(&mut fields, "description", "it has to be a text")?.unwrap_or_default(),
            secrets_needed: optional(&mut fields, "secrets_needed", "it has to be a list of names")?
                .unwrap_or_default(),
            inputs: optional(&mut fields, "inputs", "each has a name, and may have label, type and required")?
                .unwrap_or_default(),
            command: required(&mut fields, "command", "it has to be a list: the program, then its arguments")?,
            timeout_seconds: optional(&mut fields, "timeout_seconds", "it has to be a whole number")?
                .unwrap_or_else(default_timeout),
        };
        if let Some(unknown) = fields.keys().next() {
            return Err(refuse("manifest", format!("it has no field {unknown:?}")));
        }
        manifest.check()?;
        Ok(manifest)
    }

    /// Whether every field is within its limits.
    ///
    /// # Errors
    /// [`ManifestError`] with the first field that is not.
    pub fn check(&self) -> Result<(), ManifestError> {
        let rule = |holds: bool, field, reason: &str| if holds { Ok(()) } else { Err(refuse(field, reason.into())) };
        rule(is_slug(&self.slug), "slug", "use a–z, 0–9 and -, at most 48, not starting with -")?;
        rule(is_free(&self.slug), "slug", "this name is one of Floom's own addresses")?;
        let name_length = self.name.trim().chars().count();
        rule((1..=LONGEST_NAME).contains(&name_length), "name", "it has 1 to 120 characters")?;
        let description_fits = self.description.chars().count() <= LONGEST_DESCRIPTION;
        rule(description_fits, "description", "it has at most 5,000 characters")?;
        rule(self.secrets_needed.len() <= MOST_KEYS, "secrets_needed", "at most 500 keys")?;
        for (index, key) in self.secrets_needed.iter().enumerate() {
            rule(is_key(key), "secrets_needed", "use A–Z, a–z, 0–9 and _, not starting with a digit")?;
            rule(!self.secrets_needed[..index].contains(key), "secrets_needed", "a key is there twice")?;
        }
        rule(self.inputs.len() <= MOST_INPUTS, "inputs", "at most 100 inputs")?;
        for (index, input) in self.inputs.iter().enumerate() {
            rule(is_key(&input.name), "inputs", "use A–Z, a–z, 0–9 and _, not starting with a digit")?;
            let twice = self.inputs[..index].iter().any(|earlier| earlier.name == input.name);
            rule(!twice, "inputs", "a name is there twice")?;
        }
        let program = self.command.first().is_some_and(|program| !program.is_empty());
        rule(program, "command", "it names no program")?;
        let no_nul = self.command.iter().all(|argument| !argument.contains('\0'));
        rule(no_nul, "command", "it contains a NUL character")?;
        rule((1..=LONGEST_RUN).contains(&self.timeout_seconds), "timeout_seconds", "use 1 to 3,600")
    }

    /// The declared inputs of `given`; all of them where the manifest declares none.
    ///
    /// # Errors
    /// The first required input that is not there.
    pub(crate) fn take_inputs(&self, given: &Map<String, Value>) -> Result<Map<String, Value>, &Input> {
        if self.inputs.is_empty() {
            return Ok(given.clone());
        }
        let mut taken = Map::new();
        for input in &self.inputs {
            match given.get(&input.name).filter(|value| !value.is_null() && *value != "") {
                Some(value) => drop(taken.insert(input.name.clone(), value.clone())),
                None if input.required => return Err(input),
                None => {}
            }
        }
        Ok(taken)
    }

    /// Whether the manifest lists `key`; case matters.
    pub(crate) fn declares(&self, key: &str) -> bool {
        self.secrets_needed.iter().any(|declared| declared == key)
    }
}

fn default_timeout() -> u64 {
    60
}

fn default_kind() -> String {
    "text".into()
}

fn refuse(field: &'static str, reason: String) -> ManifestError {
    ManifestError { field, reason }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn required<T: DeserializeOwned>(
    fields: &mut Map<String, Value>,
    field: &'static str,
    shape: &str,
) -> Result<T, ManifestError> {
    optional(fields, field, shape)?.ok_or_else(|| refuse(field, "it is missing".into()))
}

fn optional<T: DeserializeOwned>(
    fields: &mut Map<String, Value>,
    field: &'static str,
    shape: &str,
) -> Result<Option<T>, ManifestError> {
    match fields.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => serde_json::from_value(value).map(Some).map_err(|_| refuse(field, shape.into())),
    }
}

fn is_slug(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= LONGEST_SLUG && !text.starts_with('-') && text.bytes().all(allowed)
}

/// `/api/:slug/run` shares its first segment with Floom's own routes.
fn is_free(slug: &str) -> bool {
    !matches!(slug, "health" | "session" | "hub" | "me" | "mine" | "secrets" | "run" | "local")
}

fn is_key(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let starts = text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    starts && text.len() <= LONGEST_KEY && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn field(value: Value) -> &'static str {
        Manifest::from_json(value).map_or_else(|error| error.field, |_| "taken")
    }

    fn with(field: &str, value: Value) -> Value {
        let mut manifest = json!({ "slug": "flyfast", "name": "FlyFast", "command": ["true"] });
        manifest[field] = value;
        manifest
    }

    #[test]
    fn a_yaml_manifest_is_read_whole() {
        let text = "slug: flyfast\nname: FlyFast\ndescription: |\n  Finds flights.\nsecrets_needed:\n  - OPENAI_API_KEY\n\
                    inputs:\n  - name: prompt\n    required: true\ncommand: [node, index.js]\n";
        let manifest = Manifest::from_yaml(text).expect("a manifest");
        assert_eq!(manifest.secrets_needed, ["OPENAI_API_KEY"], "keys are kept in order");
        assert_eq!(manifest.command, ["node", "index.js"], "the command is a list of words");
        assert_eq!(manifest.inputs[0].kind, "text", "an input is text unless it says otherwise");
        assert_eq!(manifest.timeout_seconds, 60, "a run has a minute unless the manifest says otherwise");
    }

    #[test]
    fn a_refusal_names_the_field() {
        assert_eq!(field(with("name", json!("Other"))), "taken", "the base is a good manifest");
        for slug in ["", "Fly", "-fly", "fly fast", "../x", "me", "run", &"a".repeat(49)] {
            assert_eq!(field(with("slug", json!(slug))), "slug", "{slug:?} is no slug");
        }
        for keys in
            [json!("A"), json!(["A", "A"]), json!(["1A"]), json!(["A-B"]), json!(["A=B"]), json!([""]), json!([1])]
        {
            assert_eq!(field(with("secrets_needed", keys.clone())), "secrets_needed", "{keys} are no keys");
        }
        for command in [json!([]), json!(""), json!([""]), json!(["a\0b"]), json!("node index.js"), Value::Null] {
            assert_eq!(field(with("command", command.clone())), "command", "{command} is no command");
        }
        for inputs in
            [json!([{ "label": "x" }]), json!([{ "name": "a" }, { "name": "a" }]), json!([{ "name": "a", "x": 1 }])]
        {
            assert_eq!(field(with("inputs", inputs.clone())), "inputs", "{inputs} are no inputs");
        }
        assert_eq!(field(with("timeout_seconds", json!(0))), "timeout_seconds", "a run needs time");
        assert_eq!(field(with("name", json!("  "))), "name", "a name has to be seen");
        assert_eq!(field(with("secret_needed", json!([]))), "manifest", "a misspelled field is not passed over");
        assert_eq!(field(json!(["slug"])), "manifest", "a list is no manifest");
        assert_eq!(Manifest::from_yaml("a: [").map_err(|error| error.field), Err("manifest"), "broken YAML is refused");
    }
}
