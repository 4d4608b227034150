//! Every text of the page, in one place. Fact, then consequence, then what to do.

pub(crate) mod conflict;
mod hygiene;
mod ready;
mod said;

pub(crate) use hygiene::*;
pub(crate) use ready::*;
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
pub(crate) const NOT_LIVE: &str = "OFFLINE";
pub(crate) const WOULD_A_RUN_WORK: &str = "Would a run work now?";
pub(crate) const NOT_CHECKED: &str = "Whether a provider still accepts a key is not checked.";
pub(crate) const FAILS_UNTIL: &str = "First run will fail until set.";
pub(crate) const OPEN_RAIL: &str = "Open apps and sources";
pub(crate) const CLOSE_RAIL: &str = "Close apps and sources";
pub(crate) const STARTING: &str = "Starting";
pub(crate) const TRY_AGAIN: &str = "Try again";
pub(crate) const TRUST_KEY: &str = "Trust the new key";
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
    or client responses. ";
pub(crate) const ROTATION_OVERLAPS: &str =
    "Rotation triggers a 5-minute grace period where both old and new values work.";
pub(crate) const ROTATION_REPLACES: &str =
    "After a rotation, runs already started finish with the old value, and you can undo for 5 minutes.";
pub(crate) const VAULT_UNLOCKED: &str = "Vault unlocked";

// A row's menu
pub(crate) const HISTORY: &str = "History";
pub(crate) const NEW_VALUE: &str = "Set a new value…";
pub(crate) const REMOVE_ASKING: &str = "Remove…";

// Prompts
pub(crate) const ROTATION: &str = "Rotation";
pub(crate) const ROTATION_IN_PROGRESS: &str = "Rotation in progress";
pub(crate) const SET_ASIDE: &str = "Value set aside";
pub(crate) const EXPOSED: &str = "Value in git";
pub(crate) const EXPOSED_MEANS: &str = "Whoever has the repository has the value. ";
pub(crate) const IT_MAY: &str = "It may be there";
pub(crate) const SET_ANOTHER: &str = "Set another…";
pub(crate) const AGE: &str = "Age reminder";
pub(crate) const REMIND_LATER: &str = "Remind me in 30 days";
pub(crate) const POLICY_CHANGE: &str = "Policy change";
pub(crate) const NEW_VALUE_GROUP: &str = "New value";
pub(crate) const NOT_SENT_GROUP: &str = "Not sent";
pub(crate) const NO_OVERLAP: &str = "Runs already started finish with the old value. You can undo for 5 minutes.";
pub(crate) const OVERLAP: &str = "Both values work for 5 minutes.";
pub(crate) const OLD_RUNS: &str = "Runs already started finish with the old value.";
pub(crate) const KEEP_OLD: &str = "Keep the old one";
pub(crate) const ROTATE_NOW: &str = "Rotate now";
pub(crate) const NOT_NOW: &str = "Set it aside";
pub(crate) const USE_IT: &str = "Store and send";
pub(crate) const UNDO: &str = "Undo";
pub(crate) const STILL_SET_ASIDE: &str = "The file still has the value you set aside.";
pub(crate) const CONFLICT: &str = "Conflict";
pub(crate) const ON_FLOOM: &str = "On Floom";
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
pub(crate) const FLOOM_CLI: [&str; 2] =
    ["Floom’s command line is signed in here.", "Its key is given for a token of this program, which alone is kept."];
pub(crate) const USE_ITS_KEY: &str = "Use its key";
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
pub(crate) const REPORT: &str = "The report holds states and names, never values.";
pub(crate) const COPY_REPORT: &str = "Copy report";
pub(crate) const REPORT_COPIED: &str = "The report is on the clipboard.";
pub(crate) const DOCTOR: &str = "Doctor";
pub(crate) const ALL_WELL: &str = "Nothing stops the vault";
pub(crate) const VAULT_OPEN_BUT: &str = "The vault is open; something else needs you";
pub(crate) const WAITING_FOR_YOU: &str = "Waiting for you: your system shows a password window.";
pub(crate) const LOCKED_BY_PASSPHRASE: &str = "Type the passphrase that you chose for this vault.";

// Ways out
pub(crate) const LOOK_AGAIN: &str = "Or try again";
pub(crate) const UNLOCK_KEYCHAIN: &str = "Unlock the keychain";
pub(crate) const ANSWER_WINDOW: &str = "Answer the password window";
pub(crate) const TO_GOOD_COPY: &str = "Go back to the last good copy";
pub(crate) const GO_BACK: &str = "Go back to it";
pub(crate) const DAMAGED_KEPT: &str = "The damaged file is kept beside it. What came after the copy is not in it.";
pub(crate) const OR_USE_KIT: &str = "Or open with the recovery kit";
pub(crate) const KIT_THEN_PASSPHRASE: &str = "Without any keychain, you then choose a passphrase.";
pub(crate) const KIT_HAS_COPY: &str = "Its file is a copy of the vault; its code opens it.";
pub(crate) const KIT_GIVES_KEY: &str = "Its code opens the vault that is here; nothing is missing afterwards.";
pub(crate) const USE_KIT_ASKING: &str = "Use recovery kit…";
pub(crate) const OR_PASSPHRASE: &str = "Or make a vault that needs no keychain";
pub(crate) const ONLY_WITHOUT_VAULT: &str =
    "Only where there is no vault yet. It opens with a passphrase that you choose.";
pub(crate) const CHOOSE_PASSPHRASE: &str = "Choose a passphrase…";
pub(crate) const OR_ANEW: &str = "Or start with an empty vault";
pub(crate) const OLD_KEPT: &str = "The old file and the old entries are kept.";
pub(crate) const START_ANEW_ASKING: &str = "Start anew…";
pub(crate) const START_ANEW: &str = "Start anew";
pub(crate) const ANEW_TITLE: &str = "Start a new vault?";
pub(crate) const ANEW_SAYS: &str = "The new vault is empty. Values that only the old one has stay closed in it.";
pub(crate) const ANEW_EFFECTS: [&str; 3] = [
    "The old file and its keychain entries are kept; nothing is deleted.",
    "If its key or the recovery kit turns up, the old vault can be opened again.",
    "Floom keeps every value that it has; runs go on.",
];

// A passphrase
pub(crate) const NO_KEYCHAIN_HERE: &str = "No keychain answers on this computer. Start one and the vault’s key goes into it; \
    without one, a vault can open with a passphrase.";
pub(crate) const NO_VAULT_NO_KEYCHAIN: &str =
    "No vault file was found, and no keychain answered. Nothing has been written.";
pub(crate) const USE_PASSPHRASE_ASKING: &str = "Use a passphrase instead…";
pub(crate) const PASSPHRASE_TITLE: &str = "Use a passphrase instead of a keychain";
pub(crate) const PASSPHRASE_SAYS: &str = "No key is stored anywhere: your passphrase makes it, each time you unlock.";
pub(crate) const PASSPHRASE_EFFECTS: [&str; 3] = [
    "Nobody can recover it. Without the passphrase, only a recovery kit opens the vault.",
    "Whoever gets the vault’s file can try passphrases as long as they like; a long one holds.",
    "You type it after every start and every lock; sync waits until then.",
];
pub(crate) const PASSPHRASE: &str = "Passphrase";
pub(crate) const PASSPHRASE_AGAIN: &str = "The same again";
pub(crate) const PASSPHRASE_RULE: &str = "At least 12 characters; five or six words are good.";
pub(crate) const PASSPHRASE_SHORT: &str = "A passphrase needs at least 12 characters.";
pub(crate) const PASSPHRASES_DIFFER: &str = "The two are not the same.";

// The recovery kit
pub(crate) const VAULT: &str = "Vault";
pub(crate) const RECOVERY_KIT: &str = "Recovery kit";
pub(crate) const NO_KIT: &str = "None yet";
pub(crate) const NOT_PROVEN: &str = "Not proven yet";
pub(crate) const NOT_PROVEN_YET: &str = "Not proven yet";
pub(crate) const PROVE_IT: &str = "Prove it…";
pub(crate) const ANOTHER_KIT: &str = "Make another kit";
pub(crate) const REPLACES_KIT: &str = "The old code then opens old files only.";
pub(crate) const NEW_KIT_ASKING: &str = "New kit…";
pub(crate) const NEW_KIT: &str = "New recovery kit";
pub(crate) const SAVE_KIT: &str = "Save the kit file";
pub(crate) const KIT_FILE_IS: &str = "A copy of the vault, still encrypted. Keep it apart from the code.";
pub(crate) const CHOOSE: &str = "Choose…";
pub(crate) const SAVE_FILE: &str = "Save file";
pub(crate) const NEXT_THE_CODE: &str = "Next: the code is shown, once.";
pub(crate) const NEXT_A_DRILL: &str = "Next: a drill proves that the kit opens.";
pub(crate) const CODE_LABEL: &str = "Recovery code, 7 groups";
pub(crate) const CODE_ASKED: &str = "Recovery code, 7 groups, 2 asked";
pub(crate) const CODE_TO_COME: &str = "Recovery code, 7 groups, not made yet";
pub(crate) const HIDDEN_GROUP: &str = "•••••";
pub(crate) const HIDDEN: &str = "hidden";
pub(crate) const WRITE_THE_CODE: &str = "Write the code down";
pub(crate) const CODE_OUTLIVES: &str = "Keep it on paper. It outlives every change of the vault’s key.";
pub(crate) const KIT_SAVED: &str = "The kit file is saved";
pub(crate) const STORED: &str = "I have stored it";
pub(crate) const PROVE_THE_KIT: &str = "Prove the kit";
pub(crate) const PROVE_KIT: &str = "Prove kit";
pub(crate) const PROVE_SAYS: &str =
    "Choose the kit’s file and type the code from your copy. The file is opened as in a restore.";
pub(crate) const OPENED_IN_MEMORY: &str = " is opened with it, in memory";
pub(crate) const VALUES_CHECKED: &str = "Its values are checked; the vault in use is not touched";
pub(crate) const PROVEN_ONLY_AFTER: &str = "A kit counts as proven only after this.";
pub(crate) const BACK: &str = "Back";
pub(crate) const USE_THE_KIT: &str = "Use the recovery kit";
pub(crate) const KIT_FILE: &str = "Kit file";
pub(crate) const FILE_IF_GONE: &str = "Only if the vault’s own file is not on this computer.";
pub(crate) const RECOVERY_CODE: &str = "Recovery code";
pub(crate) const CODE_HINT: &str = "7 groups of 5. Spaces and small letters are fine.";
pub(crate) const RESTORE_KEEPS: &str = "The code is not stored.";
pub(crate) const OPEN_VAULT: &str = "Open vault";
pub(crate) const RESTORE_VERSION: &str = "Restore";

// What the creator must know about the vault
pub(crate) const ACCEPT_OLDER: &str = "Accept this file";
pub(crate) const ACCEPT_RESTORED: &str = "Go on syncing";

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
