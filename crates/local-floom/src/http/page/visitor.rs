//! Who looks at a page: told by a cookie, which a link's key gives once.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use floom_secret::{Policy, SecretValue};
use zeroize::Zeroizing;

use super::super::Shared;
use super::{Page, Problem, home};
use crate::store::{App, User};

const COOKIE: &str = "floom_visitor";
/// 400 days: browsers keep none for longer (RFC 6265bis, section 5.5).
const COOKIE_SECONDS: u32 = 400 * 24 * 60 * 60;

/// A request's cookie, not looked at yet.
pub(in super::super) struct Visit(Option<Zeroizing<String>>);

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let pairs = parts.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = pairs.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
        Ok(Self(pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| Zeroizing::new(value.to_owned()))))
    }
}

/// A known visitor of one app.
#[derive(Debug, Clone)]
pub(super) struct Visitor(User);

impl Visitor {
    pub(super) fn user(&self) -> &User {
        &self.0
    }

    pub(super) fn id(&self) -> &str {
        self.0.visitor().unwrap_or_default()
    }
}

impl Visit {
    /// The app and its visitor. An app that is not there and a cookie that is not its visitor's are answered alike.
    pub(super) fn at(self, server: &Shared, slug: &str) -> Result<(App, Visitor), Problem> {
        let cookie = self.0.ok_or(Problem::NoLink)?;
        let found = server.read(|store| {
            let Some(app) = store.app(slug)? else { return Ok(None) };
            Ok(store.visitor(&app, &cookie)?.map(|user| (app, Visitor(user))))
        });
        found?.ok_or(Problem::NoLink)
    }
}

/// Takes a link's key for a cookie; a browser that has one already keeps it.
pub(super) async fn enter(server: &Shared, slug: String, key: String, visit: &Visit) -> Page {
    let key = SecretValue::new(key);
    let cookie = visit.0.clone();
    let entered = server.stored(move |store| {
        let Some(app) = store.app(&slug)? else { return Ok(None) };
        if store.link_key(&app)? != key {
            return Ok(None);
        }
        let is_known = match cookie {
            Some(cookie) => store.visitor(&app, &cookie)?.is_some(),
            None => false,
        };
        let fresh = if is_known { None } else { Some(store.welcome(&app)?) };
        Ok(Some((app, fresh)))
    });
    let (app, fresh) = entered.await?.ok_or(Problem::NoLink)?;
    let mut response: Response = home(&app)?;
    if let Some(token) = fresh {
        // One cookie per app: no other app's page, and no other path, is sent it.
        let path = format!("/p/{}", app.manifest.slug);
        let cookie = Zeroizing::new(format!(
            "{COOKIE}={}; Path={path}; Max-Age={COOKIE_SECONDS}; HttpOnly; SameSite=Lax",
            token.as_str()
        ));
        let value = HeaderValue::from_str(&cookie).map_err(|_| Problem::Internal)?;
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// The keys that an app asks of each visitor, in the manifest's order.
pub(super) struct OwnKeys {
    pub(super) connected: Vec<String>,
    pub(super) lacking: Vec<String>,
}

impl OwnKeys {
    pub(super) fn all(&self) -> impl Iterator<Item = &String> {
        self.connected.iter().chain(&self.lacking)
    }
}

pub(super) fn own_keys(server: &Shared, app: &App, visitor: &Visitor) -> Result<OwnKeys, Problem> {
    let keys = server.read(|store| {
        let stored = store.connected(visitor.id())?;
        let own = store.policies(app)?.into_iter().filter(|row| row.policy == Policy::User).map(|row| row.key);
        let (connected, lacking) = own.partition(|key| stored.contains(key));
        Ok(OwnKeys { connected, lacking })
    });
    Ok(keys?)
}

/// Whether a pasted value is one that an app can be given; else why not, in words without a piece of it.
pub(super) fn usable(value: &SecretValue) -> Result<(), String> {
    let text = value.expose();
    if text.trim() != text {
        return Err("It begins or ends with a space. It was not stored; paste the key alone.".into());
    }
    if text.contains('\0') {
        return Err("It contains a NUL character, which no program can be given. It was not stored.".into());
    }
    value.check().map_err(|error| format!("{error} It was not stored."))
}
