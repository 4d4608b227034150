//! The command line: each command is parsed here and is one call to the agent.

mod apps;
mod arguments;
mod export;
mod files;
mod input;
mod output;
mod recovery;
mod secrets;
mod state;
mod vault;

use std::process::ExitCode;

use clap::Parser;
use floom_protocol::socket::Face;
use floom_protocol::view::{Snapshot, VaultView};
use floom_protocol::{Failure, command};

use arguments::{AppAction, Arguments, Order, PolicyName, ReceiptsAction, RecoveryAction, VaultAction};
use files::EditKind;
use output::{Output, Said};

/// Parses the arguments and does what they say.
pub(crate) fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return output::usage(&error),
    };
    match &arguments.order {
        Order::Agent => return crate::agent::run(),
        Order::FetchKey => return floom_keychain::answer_fetch(),
        Order::SampleApp => {
            return match floom_local::sample_app(&mut std::io::stdout().lock()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            };
        }
        _ => {}
    }
    let output = Output { json: arguments.json };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure = Failure::new("no_runtime", error.to_string(), "Nothing was changed.", "Try again.");
            return output.end(Err(failure));
        }
    };
    let said = runtime.block_on(order(arguments.order, &output));
    runtime.shutdown_background();
    output.end(said)
}

async fn order(order: Order, output: &Output) -> Result<Said, Failure> {
    match order {
        Order::Agent | Order::FetchKey | Order::SampleApp => Ok(Said::default()),
        Order::Serve { port, data, supervised } => {
            let data = match data {
                Some(data) => data,
                None => floom_protocol::socket::Places::of_this_user()?.local_floom(),
            };
            crate::serve::serve(data, port, supervised).await.map(|()| Said::default())
        }
        Order::Open => apps::open(),
        Order::Import { file, from, app, dry_run, yes, watch, auto, reader } => {
            let choice = files::ImportChoice { from, dry_run, yes, watch, auto, reader };
            files::import(&mut face().await?, &file, app, choice, output).await
        }
        Order::Plan { file, app, reader } => files::plan(&mut face().await?, &file, app, reader, output).await,
        Order::Link { file, app, auto, reader } => {
            files::link(&mut face().await?, &file, app, auto, reader, output).await
        }
        Order::Unlink { file } => files::unlink(&mut face().await?, &file).await,
        Order::Edit { file, key, comment_out, remove, reader } => {
            let kind = match (comment_out, remove) {
                (true, _) => EditKind::CommentOut,
                (_, true) => EditKind::Remove,
                _ => EditKind::Set,
            };
            files::edit(&file, &key, kind, reader)
        }
        Order::Example { file } => files::example(&file),
        Order::Sync { wait } => state::sync(&mut face().await?, wait, output).await,
        Order::Status => state::status(&mut face().await?).await,
        Order::Set { key, app, policy } => {
            secrets::set(&mut face().await?, key, app, policy.map(PolicyName::policy), output).await
        }
        Order::Rotate { key, app } => secrets::rotate(&mut face().await?, key, app, output).await,
        Order::Policy { key, policy, app } => {
            secrets::policy(&mut face().await?, key, policy.policy(), app, output).await
        }
        Order::Remove { key, app } => secrets::remove(&mut face().await?, key, app, output).await,
        Order::Resolve { key, keep, app } => secrets::resolve(&mut face().await?, key, keep, app, output).await,
        Order::AcceptExposure { key, app } => secrets::accept_exposure(&mut face().await?, key, app, output).await,
        Order::Remind { key, when, app } => secrets::remind(&mut face().await?, key, when, app, output).await,
        Order::Undo { key, app } => secrets::undo(&mut face().await?, key, app, output).await,
        Order::History { key, app } => secrets::history(&mut face().await?, key, app, output).await,
        Order::Restore { key, version, app, .. } => {
            secrets::restore(&mut face().await?, key, version, app, output).await
        }
        Order::Export { app, to, recipient, passphrase: _, history, plain } => {
            let mut face = face().await?;
            match (app, recipient) {
                (Some(app), _) if plain => export::plain(&mut face, app, &to, output).await,
                (app, Some(recipient)) => {
                    export::sealed(&mut face, app, &to, export::For::Recipient(recipient), history).await
                }
                (app, None) => export::sealed(&mut face, app, &to, export::For::Passphrase, history).await,
            }
        }
        Order::Recovery { action } => {
            let mut face = face().await?;
            match action {
                RecoveryAction::New { file, replace } => recovery::new(&mut face, &file, replace, output).await,
                RecoveryAction::Test { file } => recovery::test(&mut face, &file).await,
                RecoveryAction::Restore { file, passphrase } => recovery::restore(&mut face, file, passphrase).await,
                RecoveryAction::Accept => recovery::accept(&mut face).await,
            }
        }
        Order::Run { app, command } => secrets::run(&mut face().await?, app, &command).await,
        Order::RunApp { app } => apps::run(&mut face().await?, app, output).await,
        Order::Connect { url, no_token, .. } => apps::connect(&mut face().await?, url, no_token).await,
        Order::App { action: AppAction::Add { manifest } } => apps::add(&mut face().await?, &manifest).await,
        Order::App { action: AppAction::List } => apps::list(&mut face().await?, output).await,
        Order::App { action: AppAction::Trust { app } } => apps::trust(&mut face().await?, app, output).await,
        Order::App { action: AppAction::Page { app } } => apps::page(&mut face().await?, app, output).await,
        Order::Doctor => state::doctor(&mut face().await?).await,
        Order::Lock => vault::lock(&mut face().await?).await,
        Order::Unlock { passphrase } => vault::unlock(&mut face().await?, passphrase, output).await,
        Order::Receipts { action: ReceiptsAction::Verify } => state::verify(&mut face().await?).await,
        Order::Vault { action } => {
            let mut face = face().await?;
            match action {
                VaultAction::Init { yes, passphrase } => vault::init(&mut face, yes, passphrase, output).await,
                VaultAction::Rotate { data_keys } => vault::rotate(&mut face, data_keys).await,
                VaultAction::Passphrase => vault::passphrase(&mut face).await,
                VaultAction::StartAnew => vault::start_anew(&mut face, output).await,
                VaultAction::UseGoodCopy => vault::use_good_copy(&mut face).await,
                VaultAction::AcceptOlder => vault::accept_older(&mut face).await,
            }
        }
    }
}

async fn face() -> Result<Face, Failure> {
    Face::open("command_line", false).await.map(|(face, _)| face)
}

/// The state now; with nothing connected Local Floom is started, and that is said.
async fn connected(face: &Face, output: &Output) -> Result<Snapshot, Failure> {
    let snapshot = face.call(command::Look {}).await?;
    if snapshot.vault != VaultView::Open || !snapshot.connections.is_empty() {
        return Ok(snapshot);
    }
    output.note("Nothing is connected: Local Floom is used, on this computer only.");
    face.call(command::StartLocal {}).await?;
    face.call(command::Look {}).await
}
