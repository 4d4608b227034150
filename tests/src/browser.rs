//! A real browser (Chromium without a window), driven through WebDriver: what a visitor of a run page has.

use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use fantoccini::key::Key;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::process::{Process, bound};
use crate::{Desk, PATIENCE, Trouble, until};

/// An open browser with a profile of its own.
#[derive(Debug)]
pub struct Browser {
    page: Client,
    _driver: Process,
}

impl Browser {
    /// Opens `url` in a fresh browser, `width` by `height` pixels large.
    ///
    /// # Errors
    /// [`Trouble`] when the driver or the browser do not start.
    pub async fn open(desk: &Desk, url: &str, (width, height): (u32, u32)) -> Result<Self, Trouble> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let inherited = desk.command("chromedriver");
        let mut command = bound("chromedriver");
        command
            .arg(format!("--port={port}"))
            .env_clear()
            .envs(inherited.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .current_dir(desk.home())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let driver = Process::start(command, &desk.log("browser"))?;
        until("the browser driver's start", || TcpStream::connect(("127.0.0.1", port)).ok())?;
        let mut capabilities = Capabilities::new();
        // Root may not use Chromium's sandbox, and a container's /dev/shm is too small for it.
        let arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"];
        // A phone's width is narrower than a desktop window may be.
        let screen = json!({ "width": width, "height": height, "pixelRatio": 1.0, "mobile": false });
        let options = json!({ "args": arguments, "mobileEmulation": { "deviceMetrics": screen } });
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        capabilities.insert("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" }));
        let page = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .map_err(|error| Trouble::new(format!("the browser did not open: {error}")))?;
        page.goto(url).await?;
        Ok(Self { page, _driver: driver })
    }

    /// Opens another address.
    ///
    /// # Errors
    /// [`Trouble`] when the browser does not answer.
    pub async fn go(&self, url: &str) -> Result<(), Trouble> {
        Ok(self.page.goto(url).await?)
    }

    /// The address that is open.
    ///
    /// # Errors
    /// As [`Browser::go`].
    pub async fn address(&self) -> Result<String, Trouble> {
        Ok(self.page.current_url().await?.to_string())
    }

    /// Waits until the page's text contains `text`, and gives the whole of it.
    ///
    /// # Errors
    /// [`Trouble`] with what stood there instead.
    pub async fn until_shown(&self, text: &str) -> Result<String, Trouble> {
        let begun = Instant::now();
        loop {
            // A page that reloads has no text for a moment.
            let shown = self.page.execute("return document.body ? document.body.innerText : ''", Vec::new()).await;
            let shown = shown.ok().and_then(|shown| shown.as_str().map(str::to_owned)).unwrap_or_default();
            if shown.contains(text) {
                return Ok(shown);
            }
            if begun.elapsed() > PATIENCE {
                return Err(Trouble::new(format!("the page never showed {text:?}: {shown}")));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Types into whatever has the focus.
    ///
    /// # Errors
    /// As [`Browser::go`].
    pub async fn type_text(&self, text: &str) -> Result<(), Trouble> {
        Ok(self.page.active_element().await?.send_keys(text).await?)
    }

    /// Presses Enter on whatever has the focus.
    ///
    /// # Errors
    /// As [`Browser::go`].
    pub async fn enter(&self) -> Result<(), Trouble> {
        self.type_text(&Key::Enter).await
    }

    /// Presses Tab `times` times.
    ///
    /// # Errors
    /// As [`Browser::go`].
    pub async fn tab(&self, times: usize) -> Result<(), Trouble> {
        for _ in 0..times {
            self.type_text(&Key::Tab).await?;
        }
        Ok(())
    }

    /// What has the focus: its text, or a field's name.
    ///
    /// # Errors
    /// As [`Browser::go`].
    pub async fn focus(&self) -> Result<String, Trouble> {
        let script = "const e = document.activeElement; return e.name || e.innerText";
        let focus = self.page.execute(script, Vec::new()).await?;
        Ok(focus.as_str().unwrap_or_default().to_owned())
    }

    /// The page's source, as the browser holds it.
    ///
    /// # Errors
    /// As [`Browser::go`].
    pub async fn source(&self) -> Result<String, Trouble> {
        Ok(self.page.source().await?)
    }

    /// Whether the page is wider than what shows it.
    ///
    /// # Errors
    /// As [`Browser::go`].
    pub async fn overflows(&self) -> Result<bool, Trouble> {
        let script = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
        Ok(self.page.execute(script, Vec::new()).await? == Value::Bool(true))
    }

    /// The targets that are lower than `pixels`, by their text.
    ///
    /// # Errors
    /// As [`Browser::go`].
    pub async fn small_targets(&self, pixels: u32) -> Result<Vec<String>, Trouble> {
        let script = "return [...document.querySelectorAll('button, input, a.btn')]
            .filter(e => e.getBoundingClientRect().height < arguments[0]).map(e => e.name || e.innerText)";
        let found = self.page.execute(script, vec![json!(pixels)]).await?;
        Ok(serde_json::from_value(found)?)
    }

    /// What the page and the browser had to complain about: script errors, refused content, missing files.
    ///
    /// # Errors
    /// As [`Browser::go`].
    pub async fn complaints(&self) -> Result<Vec<String>, Trouble> {
        let entries = self.page.issue_cmd(Own { path: "se/log", body: json!({ "type": "browser" }) }).await?;
        let entries = entries.as_array().cloned().unwrap_or_default();
        Ok(entries.iter().map(|entry| entry["message"].to_string()).collect())
    }

    /// Shows pages as on a system whose theme is dark.
    ///
    /// # Errors
    /// As [`Browser::go`].
    pub async fn darken(&self) -> Result<(), Trouble> {
        let features = json!([{ "name": "prefers-color-scheme", "value": "dark" }]);
        let body = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } });
        self.page.issue_cmd(Own { path: "goog/cdp/execute", body }).await?;
        Ok(())
    }

    /// A picture of the page, as PNG.
    ///
    /// # Errors
    /// As [`Browser::go`].
    pub async fn picture(&self) -> Result<Vec<u8>, Trouble> {
        self.page.find(Locator::Css("footer")).await?;
        Ok(self.page.screenshot().await?)
    }

    /// Closes the browser; its profile, and so its cookies, go with it.
    ///
    /// # Errors
    /// As [`Browser::go`].
    pub async fn close(self) -> Result<(), Trouble> {
        Ok(self.page.close().await?)
    }
}

/// A command of Chromium's own.
#[derive(Debug)]
struct Own {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Own {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
