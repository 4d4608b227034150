//! Pasted text, on its way from the clipboard to the agent past the page.

use floom_protocol::Failure;
use floom_secret::SecretValue;
use tauri::async_runtime;

/// The longest text that is taken, in bytes: that of the longest file.
const LONGEST: usize = 1024 * 1024;

/// The clipboard's text.
///
/// # Errors
/// `clipboard_empty`, `file_too_large`, `clipboard_unavailable`.
pub(crate) async fn text() -> Result<SecretValue, Failure> {
    // Never on the main thread: text that was copied in this window is served by it.
    let read = async_runtime::spawn_blocking(|| arboard::Clipboard::new()?.get_text().map(SecretValue::new)).await;
    match read {
        Ok(Ok(text)) => acceptable(text),
        Ok(Err(arboard::Error::ContentNotAvailable)) => Err(empty()),
        Ok(Err(_)) | Err(_) => Err(unavailable()),
    }
}

fn acceptable(text: SecretValue) -> Result<SecretValue, Failure> {
    if text.expose().trim().is_empty() {
        return Err(empty());
    }
    if text.len() > LONGEST {
        return Err(too_large());
    }
    Ok(text)
}

fn empty() -> Failure {
    Failure::new(
        "clipboard_empty",
        "There is no text in the clipboard.",
        "Nothing was read or changed.",
        "Copy the lines of a .env file, then paste again.",
    )
}

fn too_large() -> Failure {
    Failure::new(
        "file_too_large",
        "The text in the clipboard is longer than 1 MiB.",
        "Nothing was read or changed.",
        "Copy only the lines with secrets, then paste again.",
    )
}

fn unavailable() -> Failure {
    Failure::new(
        "clipboard_unavailable",
        "The system did not give the clipboard's text.",
        "Nothing was read or changed.",
        "Copy the lines once more and paste again, or choose the file.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: String) -> Result<usize, String> {
        acceptable(SecretValue::new(text)).map(|text| text.len()).map_err(|failure| failure.code)
    }

    #[test]
    fn only_text_of_the_size_of_a_file_is_taken() {
        assert_eq!(code(String::new()), Err("clipboard_empty".into()), "nothing is not previewed");
        assert_eq!(code(" \r\n\t".into()), Err("clipboard_empty".into()), "blank lines are nothing");
        assert_eq!(code("A=1\n".into()), Ok(4), "text passes as it is");
        assert_eq!(code("x".repeat(LONGEST)), Ok(LONGEST), "1 MiB is taken");
        assert_eq!(code("x".repeat(LONGEST + 1)), Err("file_too_large".into()), "one byte more is not");
    }
}
