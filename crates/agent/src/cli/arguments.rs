//! What can be typed. Values are never arguments: they come from files or standard input.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
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
    /// Import a .env file into an app
    Import {
        file: PathBuf,
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
    /// List the versions of a secret, without values
    History {
        key: String,
        #[arg(long)]
        app: String,
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
        url: String,
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
    Unlock,
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
    },
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
