//! One request out, one bounded answer in.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use floom_secret::SecretValue;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, Url, redirect};
use zeroize::Zeroizing;

use crate::{BaseUrl, FloomError};

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const TOTAL_LIMIT: Duration = Duration::from_secs(20);
const ANSWER_LIMIT: usize = 2 * 1024 * 1024;

/// The server closes a connection that was idle for 5 s; ours go a little earlier.
const IDLE_LIMIT: Duration = Duration::from_secs(4);

/// A whole answer of at most 2 MiB.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// The connection pool to one Floom, and the token that goes with each request.
#[derive(Clone)]
pub(crate) struct Transport {
    http: reqwest::Client,
    host: String,
    authorization: Option<HeaderValue>,
}

impl Transport {
    pub(crate) fn new(base: &BaseUrl, token: Option<&SecretValue>) -> Result<Self, FloomError> {
        let mut builder = reqwest::Client::builder()
            .http1_only()
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_LIMIT)
            .timeout(TOTAL_LIMIT)
            .pool_idle_timeout(IDLE_LIMIT)
            .user_agent(concat!("floom-secrets/", env!("CARGO_PKG_VERSION")));
        if base.is_plain_http() {
            let here = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
            builder = builder.no_proxy().resolve_to_addrs("localhost", &here).tls_certs_only([]);
        }
        // A provider that somebody else installed first serves as well, so a refusal here is no error.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = builder.build().map_err(|_| FloomError::NoTls)?;
        let authorization = token.map(bearer).transpose()?;
        Ok(Self { http, host: base.host_label(), authorization })
    }

    /// Sends one request and reads its answer. `body` is wiped when the connection lets go of it.
    pub(crate) async fn send(&self, method: Method, url: Url, body: Option<Json>) -> Result<Reply, FloomError> {
        let mut request = self.http.request(method, url);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        if let Some(Json(body)) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(Bytes::from_owner(body));
        }
        let mut answer = request.send().await.map_err(|error| self.failure(&error))?;
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.failure(&error))? {
            if body.len() + chunk.len() > ANSWER_LIMIT {
                return Err(FloomError::BadAnswer { status });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, headers, body })
    }

    fn failure(&self, error: &reqwest::Error) -> FloomError {
        let host = self.host.clone();
        if error.is_connect() {
            FloomError::Unreachable { host, sent: false }
        } else if error.is_timeout() {
            FloomError::Timeout { host }
        } else {
            FloomError::Unreachable { host, sent: true }
        }
    }
}

/// The bytes of a JSON body, wiped when they are dropped.
pub(crate) struct Json(Zeroizing<Vec<u8>>);

impl Json {
    /// `{"<field>": "<text>"}`, written into one buffer that never has to grow.
    pub(crate) fn one(field: &str, text: &str) -> Option<Self> {
        let longest_escape = "\\u0000".len();
        let mut bytes = Zeroizing::new(Vec::with_capacity((field.len() + text.len()) * longest_escape + 8));
        bytes.push(b'{');
        serde_json::to_writer(&mut *bytes, field).ok()?;
        bytes.push(b':');
        serde_json::to_writer(&mut *bytes, text).ok()?;
        bytes.push(b'}');
        Some(Self(bytes))
    }

    /// Any JSON value that holds no secret.
    pub(crate) fn of(value: &serde_json::Value) -> Self {
        Self(Zeroizing::new(value.to_string().into_bytes()))
    }
}

fn bearer(token: &SecretValue) -> Result<HeaderValue, FloomError> {
    let mut text = Zeroizing::new(Vec::with_capacity("Bearer ".len() + token.len()));
    text.extend_from_slice(b"Bearer ");
    text.extend_from_slice(token.expose().as_bytes());
    let printable = !token.is_empty() && token.expose().bytes().all(|byte| byte.is_ascii_graphic());
    let value = HeaderValue::from_maybe_shared(Bytes::from_owner(text)).ok().filter(|_| printable);
    let mut value = value.ok_or(FloomError::TokenMalformed)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_exact_json_in_one_allocation() {
        let text = "line\n\"quote\" \\ \u{1} 🔑".repeat(100);
        let Json(bytes) = Json::one("value", &text).expect("a body");
        let read: serde_json::Value = serde_json::from_slice(&bytes).expect("valid JSON");
        assert_eq!(read["value"], text, "the value is kept exactly");
        assert!(bytes.len() <= (5 + text.len()) * 6 + 8, "the buffer had room for all of it from the start");
    }

    #[test]
    fn a_token_never_shows_and_a_broken_one_is_refused() {
        let header = bearer(&SecretValue::new("floom_agent_abc".into())).expect("a header");
        assert_eq!(format!("{header:?}"), "Sensitive", "debug output hides the token");
        for text in ["", "two\nlines", "with space", "ünicode"] {
            let error = bearer(&SecretValue::new(text.into())).expect_err("no token");
            assert_eq!(error.code(), "floom_token_malformed", "{text:?} is no token");
        }
    }
}
