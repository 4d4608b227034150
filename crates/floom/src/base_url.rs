//! Where a Floom is.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;

use crate::FloomError;

/// What RFC 3986 leaves as it is. `Url` itself would drop line breaks and tabs, and so name another key.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The address of one Floom: `https` anywhere, `http` on this machine only.
///
/// It has no user name, no password, no query and no fragment, and its text
/// never ends with a slash.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    url: Url,
    text: String,
}

impl BaseUrl {
    /// Reads an address such as `https://floom.dev` or `http://127.0.0.1:4300`.
    ///
    /// # Errors
    /// [`FloomError::UrlInvalid`] for text that is no such address,
    /// [`FloomError::UrlInsecure`] for `http` to another machine.
    pub fn parse(text: &str) -> Result<Self, FloomError> {
        let url = Url::parse(text.trim()).map_err(|_| FloomError::UrlInvalid)?;
        let bare = url.username().is_empty() && url.password().is_none();
        if !bare || url.query().is_some() || url.fragment().is_some() || !url.has_host() {
            return Err(FloomError::UrlInvalid);
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(FloomError::UrlInsecure),
            _ => return Err(FloomError::UrlInvalid),
        }
        let text = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { url, text })
    }

    /// The address as text, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host as people name it, with the port where it is not the usual one: `floom.dev`.
    pub fn host_label(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    pub(crate) fn is_plain_http(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// The address of one call: each of `segments` becomes one percent-encoded segment of the path.
    ///
    /// `None` where a segment cannot be one (empty, `.` or `..`, which a URL resolves away).
    pub(crate) fn call(&self, segments: &[&str]) -> Option<Url> {
        if segments.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
            return None;
        }
        let mut path = self.url.path().trim_end_matches('/').to_owned();
        for segment in segments {
            path.push('/');
            path.extend(utf8_percent_encode(segment, RESERVED));
        }
        let mut url = self.url.clone();
        url.set_path(&path);
        Some(url)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({})", self.text)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> &'static str {
        BaseUrl::parse(text).map_or_else(|error| error.code(), |_| "taken")
    }

    #[test]
    fn https_is_taken_anywhere_and_http_on_this_machine_only() {
        for text in ["https://floom.dev", "https://10.0.0.7:8443/floom/", "http://127.0.0.1:4300", "http://127.9.9.9"] {
            assert_eq!(code(text), "taken", "{text} is an address of a Floom");
        }
        for text in ["http://[::1]:4300", "http://localhost:4300", " https://floom.dev/ ", "HTTPS://FLOOM.DEV"] {
            assert_eq!(code(text), "taken", "{text} is an address of a Floom");
        }
        for text in ["http://floom.dev", "http://10.0.0.7", "http://localhost.evil.example", "http://0.0.0.0:4300"] {
            assert_eq!(code(text), "url_insecure", "{text} would send the token in the clear");
        }
    }

    #[test]
    fn what_is_no_base_address_is_refused() {
        let no_address = ["", "floom.dev", "ftp://floom.dev", "https://", "file:///etc/passwd", "unix:/run/floom"];
        let too_much =
            ["https://me:pw@floom.dev", "https://me@floom.dev", "https://floom.dev?a=1", "https://floom.dev/#x"];
        for text in no_address.iter().chain(&too_much) {
            assert_eq!(code(text), "url_invalid", "{text} is no base address");
        }
    }

    #[test]
    fn labels_and_text_are_short() {
        let base = |text: &str| BaseUrl::parse(text).expect("a base address");
        assert_eq!(base("https://floom.dev/").as_str(), "https://floom.dev", "no slash at the end");
        assert_eq!(base("https://floom.dev:443/").host_label(), "floom.dev", "the usual port is left out");
        assert_eq!(base("http://[::1]:4300").host_label(), "[::1]:4300", "another port is said");
    }

    #[test]
    fn every_segment_stays_one_segment() {
        let base = BaseUrl::parse("https://example.org/floom/").expect("a base address");
        let url = base.call(&["api", "secrets", "weird key/ü\n\t?#%2F"]).expect("a call");
        assert_eq!(
            url.as_str(),
            "https://example.org/floom/api/secrets/weird%20key%2F%C3%BC%0A%09%3F%23%252F",
            "nothing in a name leaves its segment"
        );
        for name in ["", ".", ".."] {
            assert!(base.call(&["api", name]).is_none(), "{name:?} would be resolved away");
        }
    }
}
