//! Passphrases and codes: lines of standard input, not shown where they are typed.

use std::io::{BufRead, IsTerminal, Read};

use floom_protocol::Failure;
use floom_secret::SecretValue;
use zeroize::Zeroizing;

/// The longest line that is taken, in bytes.
const LONGEST: usize = 64 * 1024;

/// The next line of standard input; on a terminal `prompt` asks for it, and what is typed is not shown.
pub(crate) fn line(prompt: &str) -> Result<SecretValue, Failure> {
    let hidden = std::io::stdin().is_terminal().then(|| {
        eprint!("{prompt}: ");
        Hidden::begin()
    });
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST));
    let read = std::io::stdin().lock().take(LONGEST as u64).read_until(b'\n', &mut bytes);
    if hidden.is_some() {
        eprintln!();
    }
    while bytes.last().is_some_and(|last| matches!(last, b'\n' | b'\r')) {
        bytes.pop();
    }
    let refused = |code: &str, message: &str, next: &str| Failure::new(code, message, "Nothing was changed.", next);
    if read.is_err() || bytes.is_empty() {
        let next = format!("Give a line on standard input: {}.", prompt.to_lowercase());
        return Err(refused("needs_answer", "Standard input holds no line for this.", &next));
    }
    SecretValue::from_utf8(std::mem::take(&mut *bytes))
        .ok_or_else(|| refused("value_not_text", "The line is no valid UTF-8.", "Give it as text."))
}

/// A passphrase that is chosen now; on a terminal it is asked for twice.
pub(crate) fn chosen(prompt: &str) -> Result<SecretValue, Failure> {
    let first = line(prompt)?;
    if std::io::stdin().is_terminal() && line("The same again")?.expose() != first.expose() {
        return Err(Failure::new(
            "passphrases_differ",
            "The two are not the same.",
            "Nothing was changed.",
            "Repeat the command.",
        ));
    }
    Ok(first)
}

/// While it lives the terminal shows nothing of what is typed.
struct Hidden {
    #[cfg(unix)]
    before: Option<nix::sys::termios::Termios>,
}

impl Hidden {
    fn begin() -> Self {
        #[cfg(unix)]
        {
            use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
            let before = tcgetattr(std::io::stdin()).ok();
            if let Some(mut quiet) = before.clone() {
                quiet.local_flags.remove(LocalFlags::ECHO);
                let _ = tcsetattr(std::io::stdin(), SetArg::TCSAFLUSH, &quiet);
            }
            Self { before }
        }
        #[cfg(not(unix))]
        Self {}
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(before) = &self.before {
            let _ = nix::sys::termios::tcsetattr(std::io::stdin(), nix::sys::termios::SetArg::TCSAFLUSH, before);
        }
    }
}
