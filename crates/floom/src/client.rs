//! The calls.

use std::fmt;
use std::sync::Arc;

use floom_secret::{Policy, SecretValue};
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::answer::{self, About};
use crate::pace::Pace;
use crate::transport::{Json, Transport};
use crate::wire::{
    DetailAnswer, Done, MineAnswer, Minted, PoliciesAnswer, Registered, Removed, RunPageLink, SessionAnswer,
    SharingAnswer, Started,
};
use crate::{AgentTokenEntry, AppDetail, AppSummary, BaseUrl, FloomError, Health, PolicyEntry, Run, Session};

/// A client of one Floom with one identity. Clones share connections, pacing and the one-write-at-a-time rule.
#[derive(Clone)]
pub struct Client {
    base: BaseUrl,
    transport: Transport,
    budgeted_token: bool,
    budgets: Arc<Budgets>,
}

/// Floom counts changes and run starts apart. The lock of one is held for the whole of a request.
#[derive(Default)]
struct Budgets {
    writes: Mutex<Pace>,
    runs: Mutex<Pace>,
}

impl Client {
    /// A client for the Floom at `base`, acting with `token`, or without one where the server wants none.
    ///
    /// # Errors
    /// [`FloomError::TokenMalformed`]; [`FloomError::NoTls`] where this computer has no CA certificates.
    pub fn new(base: BaseUrl, token: Option<SecretValue>) -> Result<Self, FloomError> {
        let transport = Transport::new(&base, token.as_ref())?;
        let is_api_key =
            |token: &SecretValue| token.expose().starts_with("floom_") && !token.expose().starts_with("floom_agent_");
        let budgeted_token = token.as_ref().is_some_and(is_api_key);
        Ok(Self { base, transport, budgeted_token, budgets: Arc::default() })
    }

    /// The address of this Floom.
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// Which version answers there, and with which extensions.
    ///
    /// # Errors
    /// Any [`FloomError`] of the connection; [`FloomError::BadAnswer`] where no Floom answers.
    pub async fn health(&self) -> Result<Health, FloomError> {
        self.get(&["api", "health"], About::default()).await
    }

    /// Who the server takes us for.
    ///
    /// # Errors
    /// [`FloomError::TokenRefused`], and any of the connection.
    pub async fn session(&self) -> Result<Session, FloomError> {
        let answer: SessionAnswer = self.get(&["api", "session", "me"], self.about("", "")).await?;
        Ok(answer.into())
    }

    /// The apps that this account made. Empty for a guest: look at [`Session::signed_in`] first.
    ///
    /// # Errors
    /// [`FloomError::TokenRefused`], and any of the connection.
    pub async fn my_apps(&self) -> Result<Vec<AppSummary>, FloomError> {
        let answer: MineAnswer = self.get(&["api", "hub", "mine"], self.about("", "")).await?;
        Ok(answer.apps)
    }

    /// One app.
    ///
    /// # Errors
    /// [`FloomError::AppNotFound`], and any of the connection.
    pub async fn app(&self, slug: &str) -> Result<AppDetail, FloomError> {
        let answer: DetailAnswer = self.get_shared(&["api", "hub", slug], slug).await?;
        Ok(answer.into())
    }

    /// Every declared key of one app with its policy, in the manifest's order.
    ///
    /// # Errors
    /// [`FloomError::AppNotFound`], [`FloomError::NotOwner`], and any of the connection.
    pub async fn policies(&self, slug: &str) -> Result<Vec<PolicyEntry>, FloomError> {
        let answer: PoliciesAnswer = self.get_shared(&["api", "me", "apps", slug, "secret-policies"], slug).await?;
        Ok(answer.policies)
    }

    /// Sets who supplies the value of `key`. A stored value is kept either way.
    ///
    /// # Errors
    /// [`FloomError::KeyUnknown`], [`FloomError::NotOwner`], [`FloomError::RateLimited`], and any of the connection.
    pub async fn set_policy(&self, slug: &str, key: &str, policy: Policy) -> Result<(), FloomError> {
        let path = ["api", "me", "apps", slug, "secret-policies", key];
        let body = Json::one("policy", policy.wire());
        let done: Done = self.write(Method::PUT, &path, body, self.about(slug, key)).await?;
        confirm(&done)
    }

    /// Stores the creator's value of `key`; its policy must be [`Policy::Creator`]. What was stored before is gone.
    ///
    /// # Errors
    /// [`FloomError::Value`] before anything is sent; [`FloomError::PolicyMismatch`], [`FloomError::KeyUnknown`],
    /// [`FloomError::MasterKeyChanged`], [`FloomError::RateLimited`], and any of the connection.
    pub async fn set_value(&self, slug: &str, key: &str, value: &SecretValue) -> Result<(), FloomError> {
        value.check()?;
        let path = ["api", "me", "apps", slug, "creator-secrets", key];
        let body = Json::one("value", value.expose());
        let done: Done = self.write(Method::PUT, &path, body, self.about(slug, key)).await?;
        confirm(&done)
    }

    /// Removes the creator's value of `key`, under either policy. `false` if there was none.
    ///
    /// # Errors
    /// [`FloomError::AppNotFound`], [`FloomError::NotOwner`], [`FloomError::RateLimited`], and any of the connection.
    pub async fn remove_value(&self, slug: &str, key: &str) -> Result<bool, FloomError> {
        let path = ["api", "me", "apps", slug, "creator-secrets", key];
        let answer: Removed = self.write(Method::DELETE, &path, None, self.about(slug, key)).await?;
        Ok(answer.removed)
    }

    /// Whether it acts with one of Floom's API keys (`floom_…`), whose requests are counted, and which look like a guest
    /// once they are used up. An agent token is what a program should keep: [`Client::mint_agent_token`].
    pub fn has_api_key(&self) -> bool {
        self.budgeted_token
    }

    /// A new agent token that may read and write, called `label` in Floom's list of them.
    ///
    /// # Errors
    /// [`FloomError::TokenRefused`] for a credential that may not make one, and any of the connection.
    pub async fn mint_agent_token(&self, label: &str) -> Result<SecretValue, FloomError> {
        let body = Json::of(&json!({ "label": label, "scope": "read-write" }));
        let minted: Minted =
            self.write(Method::POST, &["api", "me", "agent-keys"], Some(body), self.about("", "")).await?;
        Ok(minted.raw_token)
    }

    /// The agent tokens of this user, without the tokens themselves, the newest first.
    ///
    /// # Errors
    /// [`FloomError::TokenRefused`] for an agent token, and any of the connection.
    pub async fn agent_tokens(&self) -> Result<Vec<AgentTokenEntry>, FloomError> {
        self.get(&["api", "me", "agent-keys"], self.about("", "")).await
    }

    /// Starts a run of the app with `inputs` (an object) and gives the run's id.
    ///
    /// # Errors
    /// [`FloomError::AppNotFound`], [`FloomError::RateLimited`], and any of the connection.
    pub async fn start_run(&self, slug: &str, inputs: Value) -> Result<String, FloomError> {
        let about = self.about(slug, "");
        let url = self.url(&["api", slug, "run"], about)?;
        let body = Json::of(&json!({ "inputs": inputs }));
        let started: Started = self.paced(&self.budgets.runs, Method::POST, url, Some(body), about).await?;
        Ok(started.run_id)
    }

    /// Where a run stands.
    ///
    /// # Errors
    /// [`FloomError::RunNotFound`], and any of the connection.
    pub async fn run(&self, id: &str) -> Result<Run, FloomError> {
        self.get(&["api", "run", id], self.about("", "")).await
    }

    /// Registers an app on Local Floom from its manifest and gives its slug. Floom itself has no such call.
    ///
    /// # Errors
    /// [`FloomError::SlugTaken`], [`FloomError::Refused`] for a manifest that it does not take, and any of the connection.
    pub async fn register_app(&self, manifest: &Value) -> Result<String, FloomError> {
        let slug = manifest["slug"].as_str().unwrap_or_default();
        let body = Json::of(manifest);
        let answer: Registered =
            self.write(Method::POST, &["api", "local", "apps"], Some(body), self.about(slug, "")).await?;
        Ok(answer.slug)
    }

    /// The path of an app's run page on Local Floom, with the key that opens it. Floom itself has no such call.
    ///
    /// # Errors
    /// [`FloomError::AppNotFound`], and any of the connection.
    pub async fn run_page(&self, slug: &str) -> Result<Zeroizing<String>, FloomError> {
        let link: RunPageLink = self.get(&["api", "local", "apps", slug, "link"], self.about(slug, "")).await?;
        Ok(Zeroizing::new(format!("{}{}", self.base.as_str(), link.path)))
    }

    pub(crate) fn about<'a>(&self, slug: &'a str, key: &'a str) -> About<'a> {
        About { slug, key, budgeted_token: self.budgeted_token }
    }

    /// A name that cannot be in an address is one that no Floom has.
    fn url(&self, path: &[&str], about: About<'_>) -> Result<Url, FloomError> {
        let slug_fits = self.base.call(&["api", about.slug]).is_some();
        self.base.call(path).ok_or_else(|| match about {
            About { slug: "", key: "", .. } => FloomError::RunNotFound,
            About { slug, key, .. } if slug_fits => FloomError::KeyUnknown { slug: slug.into(), key: key.into() },
            About { slug, .. } => FloomError::AppNotFound { slug: slug.into() },
        })
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &[&str], about: About<'_>) -> Result<T, FloomError> {
        let url = self.url(path, about)?;
        answer::read(&self.transport.send(Method::GET, url, None).await?, about)
    }

    /// A read that the owner of a link-shared app may only do with the link's own key (floom-api, visibility).
    async fn get_shared<T: DeserializeOwned>(&self, path: &[&str], slug: &str) -> Result<T, FloomError> {
        let about = self.about(slug, "");
        let refused = match self.get(path, about).await {
            Err(refused @ FloomError::AppNotFound { .. }) => refused,
            other => return other,
        };
        let sharing: Result<SharingAnswer, _> = self.get(&["api", "me", "apps", slug, "sharing"], about).await;
        let Ok(SharingAnswer { link_share_token: Some(link_key) }) = sharing else {
            return Err(refused);
        };
        let mut url = self.url(path, about)?;
        url.query_pairs_mut().append_pair("key", &link_key);
        answer::read(&self.transport.send(Method::GET, url, None).await?, about)
    }

    pub(crate) async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: Option<Json>,
        about: About<'_>,
    ) -> Result<T, FloomError> {
        let url = self.url(path, about)?;
        self.paced(&self.budgets.writes, method, url, body, about).await
    }

    async fn paced<T: DeserializeOwned>(
        &self,
        budget: &Mutex<Pace>,
        method: Method,
        url: Url,
        body: Option<Json>,
        about: About<'_>,
    ) -> Result<T, FloomError> {
        let mut pace = budget.lock().await;
        pace.turn().await.map_err(|retry_after| FloomError::RateLimited { retry_after })?;
        let reply = self.transport.send(method, url, body).await?;
        pace.learn(&reply.headers, reply.status == 429);
        answer::read(&reply, about)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base).finish_non_exhaustive()
    }
}

fn confirm(done: &Done) -> Result<(), FloomError> {
    if done.done { Ok(()) } else { Err(FloomError::BadAnswer { status: 200 }) }
}
