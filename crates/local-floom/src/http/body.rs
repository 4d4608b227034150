//! Bodies, and what Floom's server says of a wrong one.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use floom_secret::SecretValue;
use serde_json::{Map, Value, json};
use zeroize::Zeroize;

use super::answer::Refusal;

/// Room for the longest value with every character escaped as `\u0000`.
const BODY_LIMIT: usize = 512 * 1024;

/// The bytes of a body, not read as JSON yet: Floom looks at the app, the key and the policy first.
pub(super) struct RawBody(Vec<u8>);

impl<S: Sync> FromRequest<S> for RawBody {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let too_large = |_| {
            let error = "Request body is too large";
            Refusal::coded(StatusCode::PAYLOAD_TOO_LARGE, "request_body_too_large", error)
        };
        let bytes = to_bytes(request.into_body(), BODY_LIMIT).await.map_err(too_large)?;
        let kept = bytes.to_vec();
        if let Ok(mut bytes) = bytes.try_into_mut() {
            bytes.as_mut().zeroize();
        }
        Ok(Self(kept))
    }
}

impl Drop for RawBody {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl RawBody {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields of a form (`application/x-www-form-urlencoded`), in order; `None` where it is no text.
    pub(super) fn form(&self) -> Option<Vec<(String, SecretValue)>> {
        let text = std::str::from_utf8(&self.0).ok()?;
        let fields = form_urlencoded::parse(text.as_bytes());
        Some(fields.map(|(name, value)| (name.into_owned(), SecretValue::new(value.into_owned()))).collect())
    }

    /// Any JSON.
    pub(super) fn json(&self) -> Result<Value, Refusal> {
        let not_json = |_| Refusal::coded(StatusCode::BAD_REQUEST, "invalid_body", "Body must be JSON");
        serde_json::from_slice(&self.0).map_err(not_json)
    }

    /// A JSON object.
    pub(super) fn object(&self) -> Result<Fields, Refusal> {
        match self.json()? {
            Value::Object(fields) => Ok(Fields { fields, errors: Map::new() }),
            other => Err(Refusal::shape(&[&format!("Expected object, received {}", kind(&other))], json!({}))),
        }
    }
}

/// The fields of an object, with every complaint collected before one refusal is made of them.
pub(super) struct Fields {
    fields: Map<String, Value>,
    errors: Map<String, Value>,
}

impl Fields {
    /// The text `name` of `1..=longest` UTF-16 code units; unknown fields beside it are ignored.
    pub(super) fn text(&mut self, name: &str, longest: usize) -> SecretValue {
        let text = match self.fields.remove(name) {
            None => return self.complain(name, "Required".into()),
            Some(Value::String(text)) => SecretValue::new(text),
            Some(other) => return self.complain(name, format!("Expected string, received {}", kind(&other))),
        };
        let length = text.expose().encode_utf16().count();
        if length == 0 {
            return self.complain(name, "String must contain at least 1 character(s)".into());
        }
        if length > longest {
            return self.complain(name, format!("String must contain at most {longest} character(s)"));
        }
        text
    }

    /// [`Fields::text`] of a field that may be left out.
    pub(super) fn optional_text(&mut self, name: &str, longest: usize) -> Option<SecretValue> {
        self.fields.contains_key(name).then(|| self.text(name, longest))
    }

    /// A whole number of `1..=most` that may be left out.
    pub(super) fn whole(&mut self, name: &str, most: u64) -> Option<u64> {
        let given = self.fields.remove(name)?;
        let number = given.as_u64().filter(|number| (1..=most).contains(number));
        if number.is_none() {
            self.complain(name, format!("Expected a whole number of 1 to {most}"));
        }
        number
    }

    /// One of `words`.
    pub(super) fn one_of(&mut self, name: &str, words: &[&'static str]) -> &'static str {
        let quoted: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
        let expected = quoted.join(" | ");
        let complaint = match self.fields.remove(name) {
            None => "Required".into(),
            Some(Value::String(text)) => match words.iter().find(|word| **word == text) {
                Some(word) => return word,
                None => format!("Invalid enum value. Expected {expected}, received '{text}'"),
            },
            Some(other) => format!("Expected {expected}, received {}", kind(&other)),
        };
        self.complain(name, complaint);
        words.first().copied().unwrap_or_default()
    }

    /// The refusal, if there was any complaint.
    pub(super) fn done(self) -> Result<(), Refusal> {
        if self.errors.is_empty() { Ok(()) } else { Err(Refusal::shape(&[], self.errors.into())) }
    }

    fn complain(&mut self, name: &str, complaint: String) -> SecretValue {
        self.errors.insert(name.to_owned(), json!([complaint]));
        SecretValue::new(String::new())
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
