//! Commands about the recovery kit.

use std::path::{Path, PathBuf};

use floom_protocol::Failure;
use floom_protocol::command::{AcceptRestored, Look, NewRecoveryKit, RestoreVault, TestRecovery};
use floom_protocol::socket::Face;
use floom_protocol::view::{DrillView, VaultView};

use super::files::absolute;
use super::input;
use super::output::{Output, Said};

/// Makes a kit: its file, and its code on standard output, once.
pub(crate) async fn new(face: &mut Face, file: &Path, replace: bool, output: &Output) -> Result<Said, Failure> {
    let made = face.call(NewRecoveryKit { path: absolute(file)?, replace }).await?;
    let groups: Vec<&str> = made.groups.iter().map(|group| group.0.expose()).collect();
    let code = groups.join(" ");
    output.note("Write the code down. It is shown once and stored nowhere.");
    let said = Said::default().line(&code);
    let said = match &made.before {
        Some(before) => said.line(format!("The kit of before is kept as {before}; its own code still opens it.")),
        None => said,
    };
    Ok(said
        .line(format!("The kit's file is {}. Keep code and file apart: together they open the vault.", made.file))
        .line(format!("It counts when `floomsec recovery test {}` has proven it.", file.display()))
        .field("code", code)
        .field("file", made.file)
        .field("before", made.before))
}

/// Opens everything in a kit with its code, which is on standard input.
pub(crate) async fn test(face: &mut Face, file: &Path) -> Result<Said, Failure> {
    let path = absolute(file)?;
    let code = input::line("Recovery code")?;
    let drill = face.call(TestRecovery { path, code }).await?;
    if let Some(first) = drill.damaged.first() {
        return Err(Failure::new(
            "recovery_kit_damaged",
            format!("Not everything in the kit opens, {} do not: {first}", drill.damaged.len()),
            "The kit and the vault were left as they are; the kit is not proven.",
            "Make a new kit, then prove that one.",
        ));
    }
    let snapshot = face.call(Look {}).await?;
    let tested_at = snapshot.recovery.and_then(|kit| kit.tested_at);
    let said = opened("Everything in the kit opened", &drill);
    let said = match tested_at {
        Some(at) => said.line(format!("Proven on {}.", at.strftime("%Y-%m-%d %H:%M UTC"))),
        None => said.line("No vault is open here, so that no date is noted."),
    };
    Ok(said.field("tested_at", tested_at))
}

/// Opens a vault with a code, the first line of standard input; a new passphrase is the second.
pub(crate) async fn restore(face: &mut Face, file: Option<PathBuf>, passphrase: bool) -> Result<Said, Failure> {
    if face.call(Look {}).await?.vault == VaultView::Open {
        return Err(Failure::new(
            "vault_exists",
            "There is a vault on this computer, and it opens.",
            "It was left as it is.",
            "Nothing is needed.",
        ));
    }
    let kit = file.as_deref().map(absolute).transpose()?;
    let code = input::line("Recovery code")?;
    let passphrase = passphrase.then(|| input::chosen("Passphrase, 12 characters or more")).transpose()?;
    let from_kit = kit.is_some();
    let drill = face.call(RestoreVault { kit, code, passphrase }).await?;
    let said = opened("The vault is open again", &drill);
    let said = drill.damaged.iter().fold(said, |said, damaged| said.line(format!("! {damaged}")));
    Ok(match from_kit {
        true => said.line("Files ask and nothing is sent until you looked: then `floomsec recovery accept`."),
        false => said,
    })
}

/// After a restore: files and sending go on.
pub(crate) async fn accept(face: &mut Face) -> Result<Said, Failure> {
    face.call(AcceptRestored {}).await?;
    Ok(Said::default().line("The restored vault is accepted: files go on as they were set, what waits is sent."))
}

fn opened(what: &str, drill: &DrillView) -> Said {
    let DrillView { apps, secrets, values, receipts, damaged } = drill;
    Said::default()
        .line(format!("{what}: {apps} apps, {secrets} secrets, {values} values, {receipts} receipts."))
        .field("apps", apps)
        .field("secrets", secrets)
        .field("values", values)
        .field("receipts", receipts)
        .field("damaged", damaged)
}
