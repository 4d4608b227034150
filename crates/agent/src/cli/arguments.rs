//! What can be typed. Values are never arguments: they come from files or standard input.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use floom_protocol::command::Reminder;
use floom_secret::Policy;

/// Keeps the environment secrets of Floom apps right.
#[derive(Debug, Parser)]
#[command(name = "floomsec", version, about, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// One JSON object on standard output, prose on standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) order: Order,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Order {
    /// Import a .env file, or an encrypted export (what opens it comes from standard input), into an app
    Import {
        file: PathBuf,
        /// Which app of an export that holds several
        #[arg(long)]
        from: Option<String>,
        /// The app's slug; without it, the app that declares most of the keys
        #[arg(long)]
        app: Option<String>,
        /// Say what would happen, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// Take the plan's defaults without a question
        #[arg(long)]
        yes: bool,
        /// Keep watching the file
        #[arg(long)]
        watch: bool,
        /// Watch the file, and send its changes by themselves
        #[arg(long)]
        auto: bool,
        /// How the file is read; without it, as what lies beside it says
        #[arg(long)]
        reader: Option<String>,
    },
    /// Say what importing a file would do, line by line
    Plan {
        file: PathBuf,
        #[arg(long)]
        app: Option<String>,
        #[arg(long)]
        reader: Option<String>,
    },
    /// Watch a file for an app
    Link {
        file: PathBuf,
        #[arg(long)]
        app: String,
        /// Send changes by themselves
        #[arg(long)]
        auto: bool,
        #[arg(long)]
        reader: Option<String>,
    },
    /// Stop watching a file; nothing is removed
    Unlink { file: PathBuf },
    /// Put a value (from standard input) into a .env file; a key that is not there gets a new line
    Edit {
        file: PathBuf,
        key: String,
        /// Make the key's lines comments instead
        #[arg(long, conflicts_with = "remove")]
        comment_out: bool,
        /// Take the key's lines out of the file instead
        #[arg(long)]
        remove: bool,
        #[arg(long)]
        reader: Option<String>,
    },
    /// Print a .env.example: the keys of a file without their values
    Example { file: PathBuf },
    /// Send what waits now
    Sync {
        /// End only when nothing is on its way any more
        #[arg(long)]
        wait: bool,
    },
    /// Show connection, apps, files and what waits
    Status,
    /// Store a value (from standard input) and send it
    Set {
        key: String,
        #[arg(long)]
        app: String,
        #[arg(long)]
        policy: Option<PolicyName>,
    },
    /// Replace a value by a new one (from standard input)
    Rotate {
        key: String,
        #[arg(long)]
        app: String,
    },
    /// Change who supplies a value
    Policy {
        key: String,
        policy: PolicyName,
        #[arg(long)]
        app: String,
    },
    /// Make the value before the current one current again
    Undo {
        key: String,
        #[arg(long)]
        app: String,
    },
    /// Pick a side of a secret that was changed on Floom and here
    Resolve {
        /// The secret's name
        key: String,
        /// Which side counts
        #[arg(long, value_enum)]
        keep: Side,
        /// The app's slug
        #[arg(long)]
        app: String,
    },
    /// Say that a value may stand in git, where it was found
    AcceptExposure {
        key: String,
        #[arg(long)]
        app: String,
    },
    /// Say when you want to be reminded that a value is old: `later` (30 days), `never`, or its age in days
    Remind {
        key: String,
        #[arg(value_parser = reminder)]
        when: Reminder,
        #[arg(long)]
        app: String,
    },
    /// Remove a secret here and on Floom; no file is changed, and `restore` takes it back
    Remove {
        key: String,
        #[arg(long)]
        app: String,
    },
    /// List the versions of a secret, without values
    History {
        key: String,
        #[arg(long)]
        app: String,
    },
    /// Make an older version current again, as a new one, or take a removal back
    Restore {
        key: String,
        /// The version's number, as `history` lists it
        #[arg(long, required_unless_present = "removed", conflicts_with = "removed")]
        version: Option<u32>,
        /// Take the removal back
        #[arg(long)]
        removed: bool,
        #[arg(long)]
        app: String,
    },
    /// Write an encrypted export in the age format; a passphrase comes from standard input
    Export {
        /// One app; without it, all
        #[arg(long, required_if_eq("plain", "true"))]
        app: Option<String>,
        /// Where it goes; nothing may be there
        #[arg(long)]
        to: PathBuf,
        /// For whoever has the identity of this age recipient
        #[arg(long, required_unless_present_any = ["passphrase", "plain"], conflicts_with_all = ["passphrase", "plain"])]
        recipient: Option<String>,
        /// For whoever knows the passphrase
        #[arg(long, conflicts_with = "plain")]
        passphrase: bool,
        /// Older versions and removed secrets too
        #[arg(long, conflicts_with = "plain")]
        history: bool,
        /// One app's values in clear, as a .env file; the app's name is typed on standard input
        #[arg(long)]
        plain: bool,
    },
    /// The recovery kit: a code on paper and a file that it opens
    Recovery {
        #[command(subcommand)]
        action: RecoveryAction,
    },
    /// Start a command with an app's values in its environment
    Run {
        #[arg(long)]
        app: String,
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
    /// Start a run of an app on its Floom, and wait for its end
    RunApp {
        /// The app's slug
        app: String,
    },
    /// Connect to a Floom; its token comes from standard input
    Connect {
        #[arg(required_unless_present = "from_floom_cli")]
        url: Option<String>,
        /// With the key and the Floom of Floom's own command line (~/.floom/config.json)
        #[arg(long, conflicts_with_all = ["url", "no_token"])]
        from_floom_cli: bool,
        /// A self-hosted Floom that asks for no token
        #[arg(long)]
        no_token: bool,
    },
    /// Apps of the shown connection
    App {
        #[command(subcommand)]
        action: AppAction,
    },
    /// Say how keychain, vault and files are, and what to do
    Doctor,
    /// Drop the vault's keys
    Lock,
    /// Open the vault; the system may ask for your password
    Unlock {
        /// With its passphrase, from standard input
        #[arg(long)]
        passphrase: bool,
    },
    /// The record of what was done
    Receipts {
        #[command(subcommand)]
        action: ReceiptsAction,
    },
    /// The vault on this computer
    Vault {
        #[command(subcommand)]
        action: VaultAction,
    },
    /// Run Local Floom in the foreground
    Serve {
        /// 0 for any free port
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Its folder
        #[arg(long)]
        data: Option<PathBuf>,
        /// End when standard input closes, and say the address on standard output
        #[arg(long, hide = true)]
        supervised: bool,
    },
    /// Open the window
    Open,
    /// The background process
    #[command(hide = true)]
    Agent,
    /// Fetches one key from the keychain for the agent, and ends
    #[command(hide = true)]
    FetchKey,
    /// What a run of the sample app starts
    #[command(hide = true)]
    SampleApp,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AppAction {
    /// Register an app on Local Floom from its manifest
    Add { manifest: PathBuf },
    /// List the apps of the shown connection
    List,
    /// Print the address of an app's run page on Local Floom, with the key that opens it
    Page { app: String },
    /// Trust the sealing key that an app has now, and send what was refused because it is another one
    Trust { app: String },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReceiptsAction {
    /// Walk the whole chain
    Verify,
}

#[derive(Debug, Subcommand)]
pub(crate) enum VaultAction {
    /// Make the first vault; one new key goes into your keychain
    Init {
        /// Make it without a question
        #[arg(long)]
        yes: bool,
        /// Under a passphrase, from standard input, instead of a key in the keychain
        #[arg(long)]
        passphrase: bool,
    },
    /// Replace the vault's key in the keychain
    Rotate {
        /// Seal every value anew under new data keys too
        #[arg(long)]
        data_keys: bool,
    },
    /// Change the passphrase: the old one and the new one are two lines of standard input
    Passphrase,
    /// Make a new vault where the old one cannot be opened; `anew` is typed on standard input
    StartAnew,
    /// Put the last good copy in the place of a damaged vault file, which is kept
    UseGoodCopy,
    /// Go on with a vault file that is older than the keychain's note of it
    AcceptOlder,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RecoveryAction {
    /// Make a kit: its file is written, its code is printed once
    New {
        /// Where the kit's file goes
        #[arg(long)]
        file: PathBuf,
        /// In the place of the kit that there is; the old code opens old files only
        #[arg(long)]
        replace: bool,
    },
    /// Open everything in a kit with its code (from standard input), and note that it is proven
    Test { file: PathBuf },
    /// Open a vault with a code (the first line of standard input): from a kit's file, or the one that is here
    Restore {
        file: Option<PathBuf>,
        /// Under a passphrase, the second line, instead of a key in the keychain
        #[arg(long)]
        passphrase: bool,
    },
    /// After a restore: files go on as they were set, and what waits is sent
    Accept,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum PolicyName {
    /// You provide the value, all users share it
    Creator,
    /// Each user provides their own
    User,
}

impl PolicyName {
    pub(crate) fn policy(self) -> Policy {
        match self {
            Self::Creator => Policy::Creator,
            Self::User => Policy::User,
        }
    }
}

fn reminder(text: &str) -> Result<Reminder, String> {
    match text {
        "later" => Ok(Reminder::Later),
        "never" => Ok(Reminder::Never),
        days => match days.parse() {
            Ok(days @ 1..=3650) => Ok(Reminder::Every { days }),
            _ => Err("say `later`, `never`, or 1 to 3650 days".to_owned()),
        },
    }
}

/// One of two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Side {
    /// What Floom has
    Floom,
    /// What this computer has
    Here,
}
