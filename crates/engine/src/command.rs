//! Every command: one call each, and its answer.

use floom_protocol::Command;
use serde::Serialize;

use crate::EngineError;
use crate::engine::{Answer, Engine, Reply};
use crate::standing;

impl Engine {
    /// Does `command`; what takes long answers later.
    pub(crate) fn command(&mut self, command: Command, reply: Reply) {
        let Some((command, reply)) = self.unless_early(command, reply) else { return };
        let answer = match command {
            Command::MakeVault(call) => return self.make_vault(call.passphrase, reply),
            Command::StartAnew(_) => return self.start_anew(reply),
            Command::Unlock(call) => return self.unlock(call.passphrase, reply),
            Command::ChangePassphrase(call) => return self.change_passphrase(call.old, call.new, reply),
            Command::RotateKeys(call) => return self.rotate_keys(call.data_keys, reply),
            Command::NewRecoveryKit(call) => return self.new_recovery_kit(call.path, call.replace, reply),
            Command::TestRecovery(call) => return self.test_recovery(call.path, call.code, reply),
            Command::RestoreVault(call) => return self.restore_vault(call, reply),
            Command::AcceptOlder(_) => return self.accept_older(reply),
            Command::RestoreGoodCopy(_) => return self.restore_good_copy(reply),
            Command::Export(call) => return self.export(call, reply),
            Command::Preview(call) => return self.preview(call, reply),
            Command::VerifyReceipts(_) => return self.verify_receipts(reply),
            Command::StartLocal(_) => return self.start_local(reply),
            Command::Connect(call) => return self.connect(&call.url, call.token, reply),
            Command::ConnectFloomCli(call) => return self.connect_floom_cli(call.path, reply),
            Command::AddApp(call) => return self.register(&call.manifest, reply),
            Command::AppFromFile(call) => return self.app_from_file(call, reply),
            Command::RunPage(call) => return self.run_page(&call.app, reply),
            Command::Run(call) => return self.run_app(&call.app, reply),
            Command::Sync(call) => return self.sync(call.wait, reply),
            Command::Look(_) => said(Ok(self.snapshot(0))),
            Command::Lock(_) => said(self.lock()),
            Command::ShowConnection(call) => said(self.show_connection(&call.connection)),
            Command::AcceptRestored(_) => said(self.accept_restored()),
            Command::ExportPlain(call) => said(self.export_plain(&call.app, &call.typed)),
            Command::Import(call) => said(self.import(call)),
            Command::AcceptExposure(call) => said(self.accept_exposure(&call.app, &call.key)),
            Command::Remind(call) => said(self.remind(&call)),
            Command::TrustSealingKey(call) => said(self.trust_sealing_key(&call.app)),
            Command::Link(call) => said(self.link(call)),
            Command::Unlink(call) => said(self.unlink(&call.path)),
            Command::SetAuto(call) => said(self.set_auto(&call.link, call.auto)),
            Command::Resume(call) => said(self.resume(&call.link)),
            Command::Answer(call) => said(self.answer(&call.app, &call.key, call.choice)),
            Command::SetPolicy(call) => said(self.set_policy(&call.app, &call.key, call.policy, call.value)),
            Command::SetValue(call) => said(self.set_value(&call.app, &call.key, &call.value, call.policy)),
            Command::Undo(call) => said(self.undo(&call.app, &call.key)),
            Command::Remove(call) => said(self.remove(&call.app, &call.key)),
            Command::RestoreVersion(call) => said(self.restore_version(&call.app, &call.key, call.version)),
            Command::RestoreRemoved(call) => said(self.restore_removed(&call.app, &call.key)),
            Command::History(call) => said(self.history(&call.app, &call.key)),
            Command::Environment(call) => said(self.environment(&call.app)),
            Command::Doctor(_) => said(Ok(standing::doctor(self))),
        };
        let _ = reply.send(answer);
    }
}

/// An answer in the shape that the command declares.
pub(crate) fn said<T: Serialize>(result: Result<T, EngineError>) -> Answer {
    let answer = result?;
    serde_json::to_value(answer).map_err(|_| {
        floom_protocol::Failure::new(
            "agent_fault",
            "The answer could not be written.",
            "What was done is done.",
            "Look at the state.",
        )
    })
}
