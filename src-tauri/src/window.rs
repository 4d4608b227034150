//! The one window: how it looks before the page is there, and where it may not go.

use tauri::webview::NewWindowResponse;
use tauri::window::Color;
use tauri::{App, Manager, Runtime, Theme, Url, WebviewWindowBuilder, Window, WindowEvent};

/// Its name, to which `src-tauri/capabilities/main.json` grants its commands.
pub(crate) const LABEL: &str = "main";

/// The page's own address: the embedded front end, and nothing on a network.
const PAGE: &str = if cfg!(windows) { "http://tauri.localhost" } else { "tauri://localhost" };

const LIGHT: Color = Color(0xfa, 0xfa, 0xf8, 0xff);
const DARK: Color = Color(0x15, 0x14, 0x12, 0xff);

/// Opens the window that `tauri.conf.json` describes.
pub(crate) fn open<R: Runtime>(app: &App<R>) -> tauri::Result<()> {
    let mut described = app.config().app.windows.iter();
    let described = described.find(|window| window.label == LABEL).ok_or(tauri::Error::WindowNotFound)?;
    let window = WebviewWindowBuilder::from_config(app, described)?
        // The title bar is the page's; macOS draws its buttons over it.
        .decorations(cfg!(target_os = "macos"))
        .incognito(!is_automated())
        .on_navigation(is_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    let theme = if desktop_is_dark() { Theme::Dark } else { window.theme()? };
    window.set_background_color(Some(background(theme)))?;
    window.show()
}

/// Follows the system from light to dark and back.
pub(crate) fn on_window_event<R: Runtime>(window: &Window<R>, event: &WindowEvent) {
    if let WindowEvent::ThemeChanged(theme) = event
        && let Some(window) = window.get_webview_window(LABEL)
    {
        let _ = window.set_background_color(Some(background(*theme)));
    }
}

/// What WebKit stores stays in memory. It cannot be driven by a test that way, so
/// that under WebDriver (by the variable that Tauri itself reads) it may use its folder.
fn is_automated() -> bool {
    std::env::var("TAURI_WEBVIEW_AUTOMATION").as_deref() == Ok("true")
}

fn is_page(url: &Url) -> bool {
    Url::parse(PAGE).is_ok_and(|page| {
        url.scheme() == page.scheme() && url.host_str() == page.host_str() && url.port() == page.port()
    })
}

/// What WebKit tells the page where the desktop has no portal; Tauri asks only the portal.
#[cfg(target_os = "linux")]
fn desktop_is_dark() -> bool {
    use gtk::prelude::GtkSettingsExt;
    let settings = gtk::is_initialized_main_thread().then(gtk::Settings::default).flatten();
    settings.is_some_and(|settings| {
        settings.is_gtk_application_prefer_dark_theme()
            || settings.gtk_theme_name().is_some_and(|name| name.to_lowercase().ends_with("-dark"))
    })
}

#[cfg(not(target_os = "linux"))]
fn desktop_is_dark() -> bool {
    false
}

fn background(theme: Theme) -> Color {
    if theme == Theme::Dark { DARK } else { LIGHT }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_shows_its_own_page_and_nothing_else() {
        let allowed = |url: &str| is_page(&url.parse().expect("the test's address is one"));
        assert!(allowed(&format!("{PAGE}/index.html")), "its own page is shown");
        assert!(allowed(&format!("{PAGE}/#/settings")), "a place in the page is shown");
        for elsewhere in [
            "https://floom.dev/",
            "http://localhost:8080/",
            "https://tauri.localhost/",
            "tauri://elsewhere/",
            "file:///etc/passwd",
            "data:text/html,x",
            "about:blank",
        ] {
            assert!(!allowed(elsewhere), "{elsewhere} is not shown");
        }
    }
}
