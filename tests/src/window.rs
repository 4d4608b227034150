//! The real window, driven through WebDriver.

use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::page::{self, Look, Place};
use crate::process::{Process, bound};
use crate::{Desk, PATIENCE, Programs, Trouble, until};

/// The size at which the design is drawn.
const SIZE: (u32, u32) = (1440, 900);

/// An open window. What it shows is found by its `data-testid` marks, see [`Window::text`].
#[derive(Debug)]
pub struct Window<'d> {
    desk: &'d Desk,
    page: Client,
    looks: std::cell::Cell<u32>,
    _driver: Process,
}

impl<'d> Window<'d> {
    /// Opens `floom-secrets ARGUMENTS` on the desk's display and waits until its page is there.
    ///
    /// # Errors
    /// [`Trouble`] when the driver or the window do not start.
    pub async fn open<A: AsRef<OsStr>>(desk: &'d Desk, arguments: &[A]) -> Result<Self, Trouble> {
        let arguments: Vec<_> = arguments.iter().map(|argument| argument.as_ref().to_string_lossy()).collect();
        Self::drive(desk, &Programs::find()?.window(), json!(arguments)).await
    }

    async fn drive(desk: &'d Desk, program: &Path, arguments: Value) -> Result<Self, Trouble> {
        desk.display()?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let inherited = desk.command("WebKitWebDriver");
        let mut command = bound("WebKitWebDriver");
        command
            .arg(format!("--port={port}"))
            .env_clear()
            .envs(inherited.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .current_dir(desk.home())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let driver = Process::start(command, &desk.log("window"))?;
        until("the WebDriver's start", || std::net::TcpStream::connect(("127.0.0.1", port)).ok())?;

        let mut capabilities = Capabilities::new();
        capabilities.insert("webkitgtk:browserOptions".to_owned(), json!({ "binary": program, "args": arguments }));
        let address = format!("http://127.0.0.1:{port}");
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let opening = builder.capabilities(capabilities).connect(&address);
        // A WebDriver waits for ever for a program that ended.
        let page = tokio::time::timeout(2 * PATIENCE, opening)
            .await
            .map_err(|_| Trouble::new("the window did not open"))?
            .map_err(|error| Trouble::new(format!("the window did not open: {error}")))?;
        let window = Self { desk, page, looks: std::cell::Cell::new(0), _driver: driver };
        window.page.set_window_size(SIZE.0, SIZE.1).await?;
        Ok(window)
    }

    /// Hands a file to the open window as the system does when a file is opened with Floom Secrets: the program is
    /// started once more, and gives what it was called with to the one that runs.
    ///
    /// # Errors
    /// [`Trouble`] when the second program does not end well.
    pub fn hand_over(&self, file: &Path) -> Result<(), Trouble> {
        let status = self
            .desk
            .command(Programs::find()?.window())
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if status.success() { Ok(()) } else { Err(Trouble::new(format!("the second start ended with {status}"))) }
    }

    /// The text at `place`, once it is there: `row-OPENAI_API_KEY/sync` is the element marked `sync` inside the one
    /// marked `row-OPENAI_API_KEY`, `bar@data-code` the attribute of an element. A field's text is what stands in it.
    ///
    /// # Errors
    /// [`Trouble`] when nothing appears there in time.
    pub async fn text(&self, place: &str) -> Result<String, Trouble> {
        Ok(self.when(place, "there", |_| true).await?.0)
    }

    /// Waits until the text at `place` satisfies `test`; gives it and how long that took.
    ///
    /// # Errors
    /// [`Trouble`] with what stood there instead.
    pub async fn when(
        &self,
        place: &str,
        what: &str,
        test: impl Fn(&str) -> bool,
    ) -> Result<(String, Duration), Trouble> {
        let found = self.watch(place, |text| text.is_some_and(&test)).await;
        match found {
            Ok((text, took)) => Ok((text.unwrap_or_default(), took)),
            Err(last) => Err(self.missed(place, what, last.as_deref()).await),
        }
    }

    /// Waits until there is nothing at `place`.
    ///
    /// # Errors
    /// [`Trouble`] when it stays.
    pub async fn gone(&self, place: &str) -> Result<(), Trouble> {
        match self.watch(place, |text| text.is_none()).await {
            Ok(_) => Ok(()),
            Err(last) => Err(self.missed(place, "gone", last.as_deref()).await),
        }
    }

    /// Presses what is at `place`, once it is there and can be pressed.
    ///
    /// # Errors
    /// [`Trouble`] when that does not come to be.
    pub async fn press(&self, place: &str) -> Result<(), Trouble> {
        // Buttons that cannot be pressed now say so to screen readers, and keep the focus.
        self.when(&format!("{place}@aria-disabled"), "ready to be pressed", |disabled| disabled != "true").await?;
        let element = self.page.find(Locator::Css(&Place::new(place).selector)).await?;
        element.click().await.map_err(|error| Trouble::new(format!("`{place}` could not be pressed: {error}")))
    }

    /// Types `text` into the field at `place`.
    ///
    /// # Errors
    /// [`Trouble`] when there is no such field.
    pub async fn fill(&self, place: &str, text: &str) -> Result<(), Trouble> {
        self.text(place).await?;
        let selector = Place::new(place).selector;
        self.page.find(Locator::Css(&selector)).await?.send_keys(text).await?;
        Ok(())
    }

    /// Types `text` into the field at `place`, in place of what stands in it.
    ///
    /// # Errors
    /// As [`Window::text`].
    pub async fn refill(&self, place: &str, text: &str) -> Result<(), Trouble> {
        self.text(place).await?;
        let selector = Place::new(place).selector;
        self.page.find(Locator::Css(&selector)).await?.clear().await?;
        self.fill(place, text).await
    }

    /// What the page shows and holds. It is kept in the desk's logs, too, so that a search for values covers it.
    ///
    /// # Errors
    /// [`Trouble`] when the window does not answer.
    pub async fn look(&self) -> Result<Look, Trouble> {
        let look = Look::from_json(&self.page.execute(page::LOOK, Vec::new()).await?)?;
        let number = self.looks.get() + 1;
        self.looks.set(number);
        let whole = format!("{}\n{}\n{}\n{}\n", look.title, look.text, look.html, look.fields);
        fs::write(self.desk.log(&format!("page-{number:02}")), whole)?;
        Ok(look)
    }

    /// Makes the window `width` by `height` pixels large.
    ///
    /// # Errors
    /// As [`Window::look`].
    pub async fn resize(&self, width: u32, height: u32) -> Result<(), Trouble> {
        Ok(self.page.set_window_size(width, height).await?)
    }

    /// A picture of the page, as PNG.
    ///
    /// # Errors
    /// As [`Window::look`].
    pub async fn picture(&self) -> Result<Vec<u8>, Trouble> {
        self.page.execute_async(page::WHEN_STILL, Vec::new()).await?;
        Ok(self.page.screenshot().await?)
    }

    /// Closes the window, as its owner does, and waits until its process is gone: one that is started before
    /// hands over to it and ends, and a WebDriver waits for that one for ever.
    ///
    /// # Errors
    /// As [`Window::look`].
    pub async fn close(self) -> Result<(), Trouble> {
        let Self { desk, page, _driver: driver, .. } = self;
        page.close().await?;
        drop(driver);
        until("the window's end", || desk.window().is_none().then_some(())).map(drop)
    }

    /// Follows the text at `place` until `test` holds; else gives the last text.
    async fn watch(
        &self,
        place: &str,
        test: impl Fn(Option<&str>) -> bool,
    ) -> Result<(Option<String>, Duration), Option<String>> {
        let started = Instant::now();
        let place = Place::new(place);
        // A text that no element has, so that the first look answers at once.
        let mut last = Some("\u{0}".to_owned());
        loop {
            let left = PATIENCE.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Err(last);
            }
            let arguments = place.arguments(last.as_deref(), left.as_millis());
            match self.page.execute_async(page::WHEN_CHANGED, arguments).await {
                Ok(now) => {
                    last = now.as_str().map(str::to_owned);
                    if test(last.as_deref()) {
                        return Ok((last, started.elapsed()));
                    }
                }
                // The page is being loaded; it will answer when it is there.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// What to say when something was waited for in vain: what was there, and all that the window showed.
    async fn missed(&self, place: &str, what: &str, last: Option<&str>) -> Trouble {
        let there = last.map_or_else(|| "nothing is there".to_owned(), |text| format!("\"{text}\" is there"));
        let shown = self.look().await.map(|look| look.text).unwrap_or_default();
        Trouble::new(format!(
            "`{place}` is not {what} after {} s: {there}. The window shows:\n{shown}",
            PATIENCE.as_secs()
        ))
    }
}
