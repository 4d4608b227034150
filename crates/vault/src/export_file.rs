//! An export as a file: JSON, sealed by age (<https://age-encryption.org/v1>).
//!
//! Whoever has the passphrase or the identity reads it with the `age` tool alone; `EXPORT.md`
//! says what is in it.

use std::io::{Read, Write};

use age::secrecy::SecretString;
use age::{DecryptError, Decryptor, Encryptor, scrypt, x25519};
use floom_secret::SecretValue;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::Export;

const FORMAT: &str = "floom-secrets-export";
const VERSION: u32 = 1;

/// scrypt's work factor of a file that is made: N = 2^18, about a second and 256 MiB, as the `age` tool has it.
const WORK: u8 = 18;
/// The highest that is accepted: 1 GiB. A file could otherwise ask for hours and all of the memory.
const MOST_WORK: u8 = 20;

/// To whom an export is sealed.
#[derive(Debug, Clone, Copy)]
pub enum SealedTo<'a> {
    /// Whoever knows the passphrase.
    Passphrase(&'a SecretValue),
    /// Whoever has the identity of this recipient (`age1…`).
    Recipient(&'a str),
}

/// What opens an export.
#[derive(Debug, Clone, Copy)]
pub enum OpenedBy<'a> {
    /// The passphrase.
    Passphrase(&'a SecretValue),
    /// An identity (`AGE-SECRET-KEY-1…`).
    Identity(&'a SecretValue),
}

/// An export that was not made or not opened. It never carries a byte of a value or a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The file is none of ours.
    #[error("This file is not an export of Floom Secrets.")]
    NotAnExport,
    /// It was made by a newer program.
    #[error("This export was made by a newer Floom Secrets.")]
    Newer,
    /// The passphrase does not open it. A file whose header was changed just there is told so too.
    #[error("The passphrase does not open this export.")]
    WrongPassphrase,
    /// It is not sealed to this identity.
    #[error("This export is not sealed to that identity.")]
    WrongIdentity,
    /// It is sealed with a passphrase, and an identity was given.
    #[error("This export is sealed with a passphrase.")]
    NeedsPassphrase,
    /// It is sealed to a recipient, and a passphrase was given.
    #[error("This export is sealed to a recipient; it opens with that one's identity.")]
    NeedsIdentity,
    /// It was changed, or its end is missing.
    #[error("The export is damaged.")]
    Damaged,
    /// Its passphrase takes more work than is accepted.
    #[error("Opening this export would take too much work.")]
    TooMuchWork,
    /// The passphrase is empty.
    #[error("The passphrase is empty.")]
    EmptyPassphrase,
    /// The recipient is not one of age.
    #[error("The recipient is not an age recipient.")]
    NoRecipient,
    /// The identity is not one of age.
    #[error("The identity is not an age identity.")]
    NoIdentity,
    /// It could not be made.
    #[error("The export could not be made.")]
    NotMade,
}

impl ExportError {
    /// The stable code of this refusal.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnExport => "export_not_one",
            Self::Newer => "export_newer",
            Self::WrongPassphrase => "export_wrong_passphrase",
            Self::WrongIdentity => "export_wrong_identity",
            Self::NeedsPassphrase => "export_needs_passphrase",
            Self::NeedsIdentity => "export_needs_identity",
            Self::Damaged => "export_damaged",
            Self::TooMuchWork => "export_too_much_work",
            Self::EmptyPassphrase => "export_passphrase_empty",
            Self::NoRecipient => "export_recipient_invalid",
            Self::NoIdentity => "export_identity_invalid",
            Self::NotMade => "export_not_made",
        }
    }

    /// What was kept, in one sentence.
    pub fn kept(self) -> &'static str {
        match self {
            Self::EmptyPassphrase | Self::NoRecipient | Self::NotMade => "Nothing was written.",
            _ => "The vault and the file are as they were.",
        }
    }

    /// What to do next, in one sentence.
    pub fn hint(self) -> &'static str {
        match self {
            Self::NotAnExport => "Choose another file.",
            Self::Newer => "Install the newer version.",
            Self::WrongPassphrase => "Try the passphrase again.",
            Self::WrongIdentity => "Give the identity that belongs to its recipient.",
            Self::NeedsPassphrase => "Give the passphrase.",
            Self::NeedsIdentity => "Give the identity.",
            Self::Damaged => "Use another copy of it.",
            Self::TooMuchWork => "Open it with the age tool if you trust where it comes from.",
            Self::EmptyPassphrase => "Give a passphrase.",
            Self::NoRecipient => "Give one that begins with age1.",
            Self::NoIdentity => "Give one that begins with AGE-SECRET-KEY-1.",
            Self::NotMade => "Try again.",
        }
    }
}

/// The head of the JSON.
#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    version: u32,
}

#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    head: Head,
    #[serde(flatten)]
    export: &'a Export,
}

impl Export {
    /// The bytes of a file that holds it, sealed. With a passphrase this takes about a second.
    ///
    /// # Errors
    /// [`ExportError::EmptyPassphrase`], [`ExportError::NoRecipient`], [`ExportError::NotMade`].
    pub fn seal(&self, to: SealedTo<'_>) -> Result<Vec<u8>, ExportError> {
        let encryptor = match to {
            SealedTo::Passphrase(passphrase) if passphrase.is_empty() => return Err(ExportError::EmptyPassphrase),
            SealedTo::Passphrase(passphrase) => {
                let mut recipient = scrypt::Recipient::new(secret(passphrase));
                recipient.set_work_factor(WORK);
                Encryptor::with_recipients(std::iter::once(&recipient as _))
            }
            SealedTo::Recipient(text) => {
                let recipient: x25519::Recipient = text.trim().parse().map_err(|_| ExportError::NoRecipient)?;
                Encryptor::with_recipients(std::iter::once(&recipient as _))
            }
        };
        let encryptor = encryptor.map_err(|_| ExportError::NotMade)?;
        let plaintext = self.to_json().map_err(|_| ExportError::NotMade)?;
        let mut sealed = Vec::with_capacity(plaintext.len() + 1024);
        let mut writer = encryptor.wrap_output(&mut sealed).map_err(|_| ExportError::NotMade)?;
        writer.write_all(&plaintext).and_then(|()| writer.finish()).map_err(|_| ExportError::NotMade)?;
        Ok(sealed)
    }

    /// What the file `sealed` holds.
    ///
    /// # Errors
    /// [`ExportError`] says whether it is none of ours, damaged, or opened by something else.
    pub fn open(sealed: &[u8], by: OpenedBy<'_>) -> Result<Self, ExportError> {
        if !sealed.starts_with(b"age-encryption.org/") {
            return Err(ExportError::NotAnExport);
        }
        let decryptor = Decryptor::new_buffered(sealed).map_err(|error| match error {
            DecryptError::UnknownFormat => ExportError::NotAnExport,
            _ => ExportError::Damaged,
        })?;
        let opened = match by {
            OpenedBy::Passphrase(_) if !decryptor.is_scrypt() => return Err(ExportError::NeedsIdentity),
            OpenedBy::Identity(_) if decryptor.is_scrypt() => return Err(ExportError::NeedsPassphrase),
            OpenedBy::Passphrase(passphrase) => {
                let mut identity = scrypt::Identity::new(secret(passphrase));
                identity.set_max_work_factor(MOST_WORK);
                decryptor.decrypt(std::iter::once(&identity as _))
            }
            OpenedBy::Identity(text) => {
                let identity: x25519::Identity = text.expose().trim().parse().map_err(|_| ExportError::NoIdentity)?;
                decryptor.decrypt(std::iter::once(&identity as _))
            }
        };
        let mut reader = opened.map_err(|error| match (error, by) {
            (DecryptError::ExcessiveWork { .. }, _) => ExportError::TooMuchWork,
            (DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed, OpenedBy::Passphrase(_)) => {
                ExportError::WrongPassphrase
            }
            (DecryptError::NoMatchingKeys, OpenedBy::Identity(_)) => ExportError::WrongIdentity,
            _ => ExportError::Damaged,
        })?;
        // The plaintext is shorter than the file, so that this never grows and leaves no copy.
        let mut plaintext = Zeroizing::new(Vec::with_capacity(sealed.len()));
        reader.read_to_end(&mut plaintext).map_err(|_| ExportError::Damaged)?;
        Self::of_json(&plaintext)
    }

    fn to_json(&self) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        let written = || Written { head: Head { format: FORMAT.to_owned(), version: VERSION }, export: self };
        let mut length = Length(0);
        serde_json::to_writer(&mut length, &written())?;
        let mut json = Zeroizing::new(Vec::with_capacity(length.0));
        serde_json::to_writer(&mut *json, &written())?;
        Ok(json)
    }

    fn of_json(json: &[u8]) -> Result<Self, ExportError> {
        let head: Head = serde_json::from_slice(json).map_err(|_| ExportError::NotAnExport)?;
        match head {
            Head { format, .. } if format != FORMAT => Err(ExportError::NotAnExport),
            Head { version, .. } if version > VERSION => Err(ExportError::Newer),
            _ => serde_json::from_slice(json).map_err(|_| ExportError::Damaged),
        }
    }
}

/// Counts what is written to it.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn secret(value: &SecretValue) -> SecretString {
    SecretString::from(value.expose())
}
