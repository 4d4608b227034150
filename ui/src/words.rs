//! Every text of the page, in one place. Fact, then consequence, then what to do.

mod said;

pub(crate) use said::*;

// The whole window
pub(crate) const PRODUCT: &str = "Floom Secrets";
pub(crate) const MINIMISE: &str = "Minimise";
pub(crate) const MAXIMISE: &str = "Maximise";
pub(crate) const CLOSE: &str = "Close";
pub(crate) const WINDOW: &str = "Window";
pub(crate) const STUDIO: &str = "studio";
pub(crate) const SECRETS: &str = "Secrets";
pub(crate) const BREADCRUMB: &str = "Breadcrumb";
pub(crate) const LIVE: &str = "LIVE";
pub(crate) const OPEN_RAIL: &str = "Open apps and sources";
pub(crate) const CLOSE_RAIL: &str = "Close apps and sources";
pub(crate) const STARTING: &str = "Starting";
pub(crate) const TRY_AGAIN: &str = "Try again";
pub(crate) const CANCEL: &str = "Cancel";
pub(crate) const DISMISS: &str = "Put this message away";

// The rail
pub(crate) const RAIL: &str = "Apps and sources";
pub(crate) const APPS: &str = "Apps";
pub(crate) const NO_APPS: &str = "No apps yet. They appear once you connect.";
pub(crate) const NO_APPS_HERE: &str = "No apps here yet. Drop a .env to make one.";
pub(crate) const WATCHED_FILES: &str = "Watched files";
pub(crate) const AUTO_SYNC: &str = "Auto-sync";
pub(crate) const NO_FILES: &str = "No files watched. Drop a .env into this window.";
pub(crate) const WATCH_A_FILE: &str = "Watch a file…";
pub(crate) const STOP_WATCHING: &str = "Stop watching";
pub(crate) const CONNECTION: &str = "Connection";
pub(crate) const CONNECT_ANOTHER: &str = "Connect to Floom…";

// The page
pub(crate) const TITLE: &str = "Environment variables";
pub(crate) const CREATOR_VAULT: &str = "Creator vault";
pub(crate) const USER_VAULT: &str = "User vault";
/// What stands before, between and after the two policies' names.
pub(crate) const LEDE: [&str; 3] = [
    "Each secret has a policy. ",
    " = you provide the key, all users share it (and your cost). ",
    " = each user provides their own (zero cost to you, more friction for them). Values are encrypted at rest with ",
];
pub(crate) const CIPHER: &str = "AES-256-GCM";
/// What stands before and after the address of the run page.
pub(crate) const RULE: [&str; 2] = [
    ". If a secret has user-vault, the ",
    " run surface shows a “Connect your API key” step on first run. \
     If creator-vault, your users don’t see anything — they just run.",
];
pub(crate) const LAST_7_DAYS: &str = " last 7d";
pub(crate) const POLICY_RULE: &str = "Policy rule";
pub(crate) const SECRET_NAME: &str = "Secret name";
pub(crate) const POLICY: &str = "Policy";
pub(crate) const LAST_USED: &str = "Last used";
pub(crate) const SYNC: &str = "Sync";
pub(crate) const ACTIONS: &str = "Actions";
pub(crate) const PER_USER: &str = "Per-user. Each user supplies their own on first run.";
pub(crate) const NOT_SET: &str = "Not set. The app declares it, so runs need it.";
pub(crate) const NOT_SET_OPTIONAL: &str = "Not set.";
pub(crate) const ONLY_FLOOM: &str = "Only Floom has this value; it cannot be shown.";
pub(crate) const SYNCED_FROM: &str = "Synced from ";
pub(crate) const NOT_REPORTED: &str = "Not reported";
pub(crate) const NEVER: &str = "Never";
pub(crate) const SAVING: &str = "Saving";
pub(crate) const SECURITY: &str = "AES-256-GCM at rest. Keys are scoped per-app and never exposed in logs, error messages, \
    or client responses. After a rotation, runs already started finish with the old value, and you can undo for 5 minutes.";
pub(crate) const VAULT_UNLOCKED: &str = "Vault unlocked";

// A row's menu
pub(crate) const HISTORY: &str = "History";
pub(crate) const NEW_VALUE: &str = "Set a new value…";
pub(crate) const REMOVE_ASKING: &str = "Remove…";

// Prompts
pub(crate) const ROTATION: &str = "Rotation";
pub(crate) const ROTATION_IN_PROGRESS: &str = "Rotation in progress";
pub(crate) const SET_ASIDE: &str = "Value set aside";
pub(crate) const POLICY_CHANGE: &str = "Policy change";
pub(crate) const NEW_VALUE_GROUP: &str = "New value";
pub(crate) const NOT_SENT_GROUP: &str = "Not sent";
pub(crate) const NO_OVERLAP: &str = "Runs already started finish with the old value. You can undo for 5 minutes.";
pub(crate) const OLD_RUNS: &str = "Runs already started finish with the old value.";
pub(crate) const KEEP_OLD: &str = "Keep the old one";
pub(crate) const ROTATE_NOW: &str = "Rotate now";
pub(crate) const NOT_NOW: &str = "Set it aside";
pub(crate) const USE_IT: &str = "Store and send";
pub(crate) const UNDO: &str = "Undo";
pub(crate) const STILL_SET_ASIDE: &str = "The file still has the value you set aside.";
pub(crate) const USE_FILES: &str = "Use the file’s";
pub(crate) const SWITCH: &str = "Switch";
pub(crate) const SET_VALUE: &str = "Set value";
pub(crate) const NEEDS_KEY: &str = "Creator vault needs your key.";
pub(crate) const FAILS_UNTIL_SET: &str = "Runs fail until you set it.";
/// What stands before and after the key.
pub(crate) const TO_CREATOR: [&str; 2] = ["Switch ", " to Creator vault?"];
/// What stands before and after the key.
pub(crate) const ROTATE: [&str; 2] = ["Rotate ", "?"];
pub(crate) const TO_USER: &str = "Switch to User vault?";
pub(crate) const TO_USER_EFFECT: &str = "Users supply their own key on their next run. Yours stays stored, unused.";
pub(crate) const TO_CREATOR_EFFECTS: [&str; 4] = [
    "Users who connected a key use yours after the switch, at your cost.",
    "Their keys stay stored, unused. Switching back uses them again.",
    "New users no longer see “Connect your API key”; they just run.",
    "Runs already started finish with the key they have.",
];

// Add and paste
pub(crate) const ADD_TITLE: &str = "Add a secret · New env var";
pub(crate) const ADD_A_SECRET: &str = "Add a secret";
pub(crate) const NAME: &str = "Name";
pub(crate) const NAME_EXAMPLE: &str = "SECRET_NAME";
pub(crate) const VALUE: &str = "Value";
pub(crate) const ADD: &str = "Add";
pub(crate) const THE_NEW_SECRET: &str = "the new secret";
pub(crate) const NAME_RULE: &str = "Use A–Z, 0–9 and _, starting with a letter.";
pub(crate) const PASTE_TITLE: &str = "Paste .env · bulk import";
pub(crate) const PASTE_HERE: &str = "Paste a .env here";
pub(crate) const CHOOSE_FILE: &str = "Choose file…";
pub(crate) const PASTE: &str = "Paste .env";
pub(crate) const CTRL_V: &str = "Ctrl V";

// Import
pub(crate) const IMPORT_PREVIEW: &str = "Import preview";
pub(crate) const TO: &str = " to ";
pub(crate) const HIDDEN_HERE_TOO: &str = ". Values stay hidden here too.";
pub(crate) const LINE: &str = "Line";
pub(crate) const KEY: &str = "Key";
pub(crate) const WHAT_HAPPENS: &str = "What happens";
pub(crate) const KEYS_IN_THE_FILE: &str = "Keys in the file";
pub(crate) const KEEP_WATCHING: &str = "Keep watching this file";
pub(crate) const NEVER_REMOVES: &str = "Importing adds and rotates. It never removes a secret.";
pub(crate) const STAYS_HERE: &str = "Stays on this computer";
pub(crate) const NO_POLICY: &str = "No policy";
pub(crate) const NOTHING_TO_IMPORT: &str = "Nothing to import";
pub(crate) const WATCH_THIS_FILE: &str = "Watch this file";

// An app from a file
pub(crate) const NO_APP_DECLARES: &str = "No app declares these keys";
pub(crate) const ADDRESS: &str = "Address";
pub(crate) const ADDRESS_LABEL: &str = "Address, after /p/";
pub(crate) const COMMAND: &str = "Command";
pub(crate) const COMMAND_HINT: &str = "A run starts it with exactly these variables and a minimal environment.";
pub(crate) const WILL_DECLARE: &str = "The app will declare";
pub(crate) const THEN_PREVIEW: &str = "Then you see the import preview.";
pub(crate) const NOTHING_LEAVES: &str = "Nothing leaves this computer.";
pub(crate) const MAKE_APP: &str = "Make app";

// Connect
pub(crate) const CONNECT_TITLE: &str = "Connect to Floom";
pub(crate) const CONNECT_SAYS: &str = "The API key is tried first. Then it is kept encrypted in your vault.";
pub(crate) const FLOOM_ADDRESS: &str = "Floom’s address";
pub(crate) const FLOOM_DEV: &str = "https://floom.dev";
pub(crate) const API_KEY: &str = "API key";
pub(crate) const API_KEY_HINT: &str = "From your Floom account. Leave it empty for a Floom that asks for none.";
pub(crate) const CONNECT: &str = "Connect";

// First vault, first run
pub(crate) const FIRST_VAULT: &str = "Make a vault on this computer";
pub(crate) const MAKE_VAULT: &str = "Make vault";
pub(crate) const NOTHING_FOUND: &str = "No vault file and no key were found. Nothing has been written.";
pub(crate) const NEW_VAULT: &str = "New vault";
pub(crate) const CONNECT_THEN_DROP: &str = "Connect, then drop a .env";
pub(crate) const FLOOM_HOST: &str = "floom.dev";
pub(crate) const FLOOM_IS_FOR: &str = "For apps you have published. Uses an API key from your Floom account.";
pub(crate) const LOCAL_FLOOM: &str = "Local Floom";
pub(crate) const LOCAL_IS_FOR: &str = "For trying it out. Runs on this computer; no account, and nothing leaves it.";
pub(crate) const START_LOCAL: &str = "Start with Local Floom";
pub(crate) const DROP_A_FILE: &str = "Drop a .env";
pub(crate) const PREVIEW_FIRST: &str = "You see a preview first. Nothing is sent until you confirm.";

// Locked, doctor
pub(crate) const VAULT_LOCKED: &str = "Vault locked";
pub(crate) const UNLOCK: &str = "Unlock";
pub(crate) const WHAT_WAS_FOUND: &str = "What was found";
pub(crate) const WHAT_TO_DO: &str = "What to do";
pub(crate) const REPORT: &str = "Names and states only, never values.";

// Activity, history
pub(crate) const ACTIVITY: &str = "Activity";
pub(crate) const HIDE_ACTIVITY: &str = "Hide activity";
pub(crate) const SYNC_EVENTS: &str = "Sync events";
pub(crate) const NOTHING_YET: &str = "Nothing yet. Reads, syncs and rotations show here.";
pub(crate) const NAMES_ONLY: &str = "Names and times only. A value is never written here.";
pub(crate) const CURRENT: &str = "CURRENT";
pub(crate) const CLOSE_HISTORY: &str = "Close history";
pub(crate) const LOADING: &str = "Reading the versions";
pub(crate) const NO_VERSIONS: &str = "No value was stored so far.";
pub(crate) const KEPT_HERE: &str = "Here every value stays encrypted for 90 days.";

// Bars, drop, remove
pub(crate) const SET_IT_BELOW: &str = "Set it below";
pub(crate) const SHOW: &str = "Show";
pub(crate) const RESUME: &str = "Resume";
pub(crate) const LOOK: &str = "Look at the changes";
pub(crate) const OFFLINE: &str = "Offline.";
pub(crate) const RETRY: &str = "Retry now";
pub(crate) const ANOTHER_KEY: &str = "Use another key";
pub(crate) const PAUSED_RULE: &str = " Nothing was sent. The file is paused; its keys stay on Floom.";
pub(crate) const KEYS_STAY: &str = " Its keys stay on Floom.";
pub(crate) const CHOOSE_AGAIN: &str = "Choose again";
pub(crate) const NOTHING_SENT_YET: &str = "Nothing is sent until you confirm.";
pub(crate) const DROP_TARGET: &str = "Drop target";
pub(crate) const REMOVE: &str = "Remove";

/// The name of the button that locks.
pub(crate) const LOCK_TITLE: &str = "Lock the vault (Ctrl+L)";

pub(crate) const ADD_ONE_BELOW: &str = "Add one below, or drop a .env into this window.";

pub(crate) const NEXT_BAR: &str = "Show the next notice";
