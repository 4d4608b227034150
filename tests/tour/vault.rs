//! The vault's own states: what stops it, what the doctor says, and the ways back.

use std::fs;
use std::time::{Duration, Instant};

use floom_tests::{Desk, Floomsec, Trouble, Window, sample};

use crate::journal::Journal;

const PASSPHRASE: &str = "six words that nobody else knows";
const NO_FILE: &[&str] = &[];

/// One line of everything that a preview has something to say about.
const FINDINGS: &str = "OPENAI_API_KEY=sk-proj-sample#with-a-hash\n\
    AMADEUS_API_KEY=amd_sample_flyfast_not_real_e82f \n\
    STRIPE_SECRET_KEY=sk_test_one_sample_not_real\n\
    STRIPE_SECRET_KEY=sk_test_two_sample_not_real\n\
    SUPABASE_SERVICE_KEY=\u{201c}smart-quotes-not-real\u{201d}\n\
    SENTRY_DSN=your-dsn-here\n\
    a line without an equals sign\n\
    TLS_KEY=\"-----BEGIN PRIVATE KEY-----\nc2FtcGxlIG5vdCByZWFs\"\n";

/// Walks through every state in which a vault can be found.
pub(crate) async fn walk(journal: &mut Journal) -> Result<(), Trouble> {
    without_keychain(journal).await?;
    findings(journal).await?;
    let desk = Desk::new()?;
    sample::write(&desk.home())?;
    Floomsec::new(&desk).run(&["vault", "init", "--yes"])?;
    Floomsec::new(&desk).run(&["app", "list"])?;
    let code = kit(journal, &desk).await?;
    silent(journal, &desk).await?;
    forbidden(journal, &desk).await?;
    locked(journal, &desk).await?;
    file_gone(journal, &desk).await?;
    damaged(journal, &desk).await?;
    doubled(journal, &desk).await?;
    key_gone(journal, &desk, &code).await
}

async fn without_keychain(journal: &mut Journal) -> Result<(), Trouble> {
    let desk = Desk::without_keychain()?;
    let window = Window::open(&desk, NO_FILE).await?;
    window.text("use-passphrase").await?;
    let started = Instant::now();
    journal.picture(&window, "no-keychain", "a desktop without a keychain", started.elapsed()).await?;
    narrow(journal, &window, "no-keychain").await?;
    window.press("use-passphrase").await?;
    window.text("passphrase-sheet").await?;
    journal.picture(&window, "passphrase", "a passphrase, in so many words", Duration::ZERO).await?;
    window.fill("passphrase-sheet/passphrase", PASSPHRASE).await?;
    window.fill("passphrase-sheet/passphrase-again", PASSPHRASE).await?;
    let started = Instant::now();
    window.press("passphrase-submit").await?;
    window.text("start-local").await?;
    journal.note("a vault that opens with a passphrase", started.elapsed());
    Floomsec::new(&desk).run(&["lock"])?;
    window.text("locked/passphrase").await?;
    journal.picture(&window, "passphrase-locked", "locked: the window asks for the passphrase", Duration::ZERO).await
}

async fn findings(journal: &mut Journal) -> Result<(), Trouble> {
    let desk = Desk::new()?;
    Floomsec::new(&desk).run(&["vault", "init", "--yes"])?;
    Floomsec::new(&desk).run(&["app", "list"])?;
    let file = sample::write(&desk.home())?;
    fs::write(&file, FINDINGS)?;
    let started = Instant::now();
    let window = Window::open(&desk, &[&file]).await?;
    window.text("import-sheet").await?;
    journal.picture(&window, "import-findings", "a file with something to say about it", started.elapsed()).await?;
    narrow(journal, &window, "import-findings").await
}

async fn kit(journal: &mut Journal, desk: &Desk) -> Result<String, Trouble> {
    let window = Window::open(desk, NO_FILE).await?;
    window.press("recovery-kit").await?;
    window.text("new-kit-sheet").await?;
    journal.picture(&window, "kit-new", "a recovery kit: first its file", Duration::ZERO).await?;
    window.fill("file-path", &desk.home().join("floom-kit.vault").display().to_string()).await?;
    let started = Instant::now();
    window.press("kit-save").await?;
    let shown = window.text("kit-code").await?;
    let groups: Vec<&str> = shown.split_whitespace().filter(|word| word.len() == 5).collect();
    journal.picture(&window, "kit-code", "then its code, shown once", started.elapsed()).await?;
    narrow(journal, &window, "kit-code").await?;
    window.press("kit-stored").await?;
    window.text("drill-sheet").await?;
    for (number, group) in (1..).zip(&groups) {
        // Two of the seven have a field.
        if window.look().await?.html.contains(&format!("data-testid=\"group-{number}\"")) {
            window.fill(&format!("group-{number}"), group).await?;
        }
    }
    journal.picture(&window, "kit-drill", "the drill: two groups from the copy", Duration::ZERO).await?;
    let started = Instant::now();
    window.press("drill-submit").await?;
    window.when("kit-standing", "proven", |standing| standing.starts_with("Proven")).await?;
    journal.picture(&window, "kit-proven", "the kit is proven", started.elapsed()).await?;
    window.press("open-doctor").await?;
    window.text("copy-report").await?;
    journal.picture(&window, "doctor-well", "the doctor, while nothing stops the vault", Duration::ZERO).await?;
    window.close().await?;
    Ok(groups.concat())
}

async fn locked(journal: &mut Journal, desk: &Desk) -> Result<(), Trouble> {
    desk.end_agent()?;
    desk.lock_keychain()?;
    let window = Window::open(desk, NO_FILE).await?;
    stopped(journal, &window, "keychain_locked", "the keychain is locked").await?;
    let prompter = desk.open_prompter()?;
    window.press("unlock").await?;
    stopped(journal, &window, "keychain_waiting", "the system shows its password window").await?;
    window.press("cancel-unlock").await?;
    stopped(journal, &window, "keychain_dismissed", "the password window was taken back").await?;
    drop(prompter);
    window.close().await?;
    desk.end_agent()?;
    desk.unlock_keychain()
}

async fn silent(journal: &mut Journal, desk: &Desk) -> Result<(), Trouble> {
    desk.end_agent()?;
    desk.hang_keychain()?;
    let window = Window::open(desk, NO_FILE).await?;
    stopped(journal, &window, "keychain_timed_out", "the keychain's service hangs").await?;
    desk.wake_keychain()?;
    window.press("try-again").await?;
    window.text("row-OPENAI_API_KEY/key").await?;
    window.close().await?;
    desk.end_agent()
}

async fn forbidden(journal: &mut Journal, desk: &Desk) -> Result<(), Trouble> {
    desk.forbid_keychain()?;
    let window = Window::open(desk, NO_FILE).await?;
    stopped(journal, &window, "keychain_denied", "a rule of the bus keeps programs from the keychain").await?;
    desk.allow_keychain()?;
    window.press("try-again").await?;
    window.text("row-OPENAI_API_KEY/key").await?;
    window.close().await?;
    desk.end_agent()
}

async fn doubled(journal: &mut Journal, desk: &Desk) -> Result<(), Trouble> {
    desk.double_keychain_entries()?;
    let window = Window::open(desk, NO_FILE).await?;
    stopped(journal, &window, "keychain_foreign", "the keychain has two entries of our name").await?;
    window.close().await?;
    desk.end_agent()
}

async fn file_gone(journal: &mut Journal, desk: &Desk) -> Result<(), Trouble> {
    let (vault, aside) = (desk.data(), desk.data().with_extension("aside"));
    fs::rename(&vault, &aside)?;
    let window = Window::open(desk, NO_FILE).await?;
    stopped(journal, &window, "vault_file_missing", "the vault's file was moved away").await?;
    window.close().await?;
    desk.end_agent()?;
    if vault.exists() {
        fs::remove_dir_all(&vault)?;
    }
    Ok(fs::rename(&aside, &vault)?)
}

async fn damaged(journal: &mut Journal, desk: &Desk) -> Result<(), Trouble> {
    let vault = desk.data().join("vault.sqlite");
    let whole = fs::read(&vault)?;
    fs::write(&vault, vec![7; whole.len()])?;
    let window = Window::open(desk, NO_FILE).await?;
    stopped(journal, &window, "vault_damaged", "the vault's file was overwritten").await?;
    window.close().await?;
    desk.end_agent()?;
    Ok(fs::write(&vault, whole)?)
}

async fn key_gone(journal: &mut Journal, desk: &Desk, code: &str) -> Result<(), Trouble> {
    desk.delete_keychain_entries()?;
    let window = Window::open(desk, NO_FILE).await?;
    stopped(journal, &window, "vault_key_missing", "the key was deleted from the keychain").await?;
    narrow(journal, &window, "vault-key-missing").await?;
    window.press("start-anew").await?;
    window.text("anew-sheet").await?;
    journal.picture(&window, "start-anew", "a new vault is asked about", Duration::ZERO).await?;
    window.press("anew-sheet/sheet-close").await?;
    window.press("use-kit").await?;
    window.fill("code", code).await?;
    journal.picture(&window, "restore", "the recovery kit's code", Duration::ZERO).await?;
    let started = Instant::now();
    window.press("restore-submit").await?;
    window.text("row-OPENAI_API_KEY/key").await?;
    journal.picture(&window, "restored", "the vault is open again", started.elapsed()).await
}

/// A picture of the doctor with this code.
async fn stopped(journal: &mut Journal, window: &Window<'_>, code: &str, what: &str) -> Result<(), Trouble> {
    let started = Instant::now();
    window.when("doctor-code@data-code", code, |shown| shown == code).await?;
    window.text("copy-report").await?;
    let name = format!("doctor-{}", code.replace('_', "-"));
    journal.picture(window, &name, &format!("{what}: {code}"), started.elapsed()).await
}

/// The same as it is drawn in a small window.
async fn narrow(journal: &mut Journal, window: &Window<'_>, name: &str) -> Result<(), Trouble> {
    window.resize(390, 844).await?;
    journal.picture(window, &format!("{name}-390"), "the same in a small window", Duration::ZERO).await?;
    window.resize(1440, 900).await
}
