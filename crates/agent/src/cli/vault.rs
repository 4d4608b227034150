//! Commands about the vault itself: made, opened, its keys replaced.

use floom_protocol::Failure;
use floom_protocol::command::{
    AcceptOlder, ChangePassphrase, Lock, Look, MakeVault, RestoreGoodCopy, RotateKeys, StartAnew, Unlock,
};
use floom_protocol::socket::Face;
use floom_protocol::view::VaultView;

use super::output::{Output, Said};
use super::{input, state};

/// Makes the first vault.
pub(crate) async fn init(face: &mut Face, yes: bool, passphrase: bool, output: &Output) -> Result<Said, Failure> {
    let snapshot = face.call(Look {}).await?;
    match snapshot.vault {
        VaultView::Fresh => {}
        // Without a keychain a passphrase is the way; the agent looks again whether there is a vault.
        VaultView::Stopped { .. } if passphrase => {}
        VaultView::Stopped { failure } => return Err(failure),
        VaultView::Open | VaultView::Locked { .. } => {
            return Err(Failure::new(
                "vault_exists",
                "There is a vault on this computer already.",
                "It was left as it is.",
                "Nothing is needed.",
            ));
        }
    }
    let passphrase = if passphrase {
        output.note("The passphrase opens the vault. Nobody can reset it; make a recovery kit too.");
        Some(input::chosen("Passphrase, 12 characters or more")?)
    } else {
        let keychain = snapshot.keychain.name;
        output.note(&format!("One new key goes into your {keychain}. Every value is encrypted under it."));
        output.confirm("Make a vault on this computer?", yes)?;
        None
    };
    face.call(MakeVault { passphrase }).await?;
    Ok(Said::default().line("The vault is made."))
}

/// Drops the keys.
pub(crate) async fn lock(face: &mut Face) -> Result<Said, Failure> {
    face.call(Lock {}).await?;
    Ok(Said::default().line("The vault is locked. Sync is paused until you unlock it."))
}

/// Opens the vault.
pub(crate) async fn unlock(face: &mut Face, passphrase: bool, output: &Output) -> Result<Said, Failure> {
    let snapshot = face.call(Look {}).await?;
    let by_passphrase = passphrase || snapshot.vault == VaultView::Locked { passphrase: true };
    if state::open(snapshot).is_err() {
        let passphrase = if by_passphrase {
            Some(input::line("Passphrase")?)
        } else {
            output.note("Your system may ask for your password.");
            None
        };
        face.call(Unlock { passphrase }).await?;
    }
    Ok(Said::default().line("The vault is open."))
}

/// Replaces the key in the keychain, and the data keys where that is asked for.
pub(crate) async fn rotate(face: &mut Face, data_keys: bool) -> Result<Said, Failure> {
    let done = face.call(RotateKeys { data_keys }).await?;
    let mut said = Said::default().line("The vault's keys were replaced.");
    if data_keys {
        said = said.line(format!("{} versions are sealed anew.", done.resealed));
    }
    for left in &done.left {
        said = said.line(format!("! {left} is damaged and stays under its old key."));
    }
    Ok(said.field("resealed", done.resealed).field("left", done.left))
}

/// Replaces the passphrase.
pub(crate) async fn passphrase(face: &mut Face) -> Result<Said, Failure> {
    let old = input::line("The passphrase that it has")?;
    let new = input::chosen("The new one, 12 characters or more")?;
    face.call(ChangePassphrase { old, new }).await?;
    Ok(Said::default().line("The passphrase was changed."))
}

/// Makes a new vault where the old one cannot be opened.
pub(crate) async fn start_anew(face: &mut Face, output: &Output) -> Result<Said, Failure> {
    output.note("The old vault file is kept beside the new one, its keys stay. The new vault holds nothing.");
    let typed = input::line("Type `anew` to go on")?;
    if typed.expose().trim() != "anew" {
        return Err(Failure::new(
            "needs_answer",
            "You did not confirm.",
            "Nothing was changed.",
            "Repeat it, and type `anew`, when you want it.",
        ));
    }
    let kept = face.call(StartAnew {}).await?.kept;
    let said = Said::default().line("A new vault is made.");
    let said = kept.iter().fold(said, |said, kept| said.line(format!("The old file is {kept}.")));
    Ok(said.field("kept", kept))
}

/// Puts the last good copy in the place of a damaged vault.
pub(crate) async fn use_good_copy(face: &mut Face) -> Result<Said, Failure> {
    let kept = face.call(RestoreGoodCopy {}).await?.kept;
    let said = Said::default().line("The last good copy is the vault now. What came after it is missing.");
    let said = kept.iter().fold(said, |said, kept| said.line(format!("The damaged file is {kept}.")));
    Ok(said.field("kept", kept))
}

/// Goes on with a file that is older than the keychain's note of it.
pub(crate) async fn accept_older(face: &mut Face) -> Result<Said, Failure> {
    face.call(AcceptOlder {}).await?;
    Ok(Said::default().line("The vault file is accepted as it is; sending goes on."))
}
