//! `cost READERS ALONE`: what storing and rotating 1,000 values costs, beside dotenvx (folders `node_modules` and
//! `dotenvx1/node_modules` in READERS). ALONE is the vault's example `thousand`, which does the vault's own part.
//!
//! Everything is real and cold: a private desktop with its keychain, an agent that is not there yet, a durable vault.
//! What is counted is the time on the processor, of the client and the agent together.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use floom_tests::{Desk, Floomsec, Trouble};
use nix::sys::resource::{UsageWho, getrusage};

const VALUES: usize = 1000;

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [readers, alone] = arguments.as_slice() else {
        eprintln!("usage: cost READERS ALONE");
        return ExitCode::from(2);
    };
    match measure(readers, alone) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("cost: {trouble}");
            ExitCode::FAILURE
        }
    }
}

fn measure(readers: &Path, alone: &Path) -> Result<(), Trouble> {
    let desk = Desk::new()?;
    let (stored_alone, rotated_alone) = of_the_vault(&desk, alone)?;
    let floomsec = Floomsec::new(&desk);
    let file = desk.home().join("thousand.env");
    fs::write(&file, sample())?;
    floomsec.run(&["vault", "init", "--yes"])?;
    floomsec.run(&["app", "list"])?;
    desk.end_agent()?;
    let before = vault_bytes(&desk);
    let import = [Path::new("import"), &file, Path::new("--app"), Path::new("flyfast"), Path::new("--yes")];
    let ours = of_both(&desk, || floomsec.run(&import).map(drop))?;
    desk.end_agent()?;
    let bytes = (vault_bytes(&desk) - before) / VALUES as u64;
    let rotated = of_both(&desk, || floomsec.run(&["vault", "rotate", "--data-keys"]).map(drop))?;

    let encrypt = of_dotenvx(&desk, &readers.join("node_modules/.bin/dotenvx"), &file, &["encrypt", "-f"])?;
    println!("\nP2  {VALUES} values of 50 bytes stored, cold, key in the keychain, durable: time on the processor");
    println!("    dotenvx 2 encrypt      {:>10.1} ms", milliseconds(encrypt));
    println!("    floomsec import        {:>10.1} ms   {}", milliseconds(ours), ratio(ours, encrypt));
    println!("    of it the vault's part {:>10.1} ms   {}", milliseconds(stored_alone), ratio(stored_alone, encrypt));
    println!("    on the disk, per value {bytes:>10} bytes");

    let older = readers.join("dotenvx1/node_modules/.bin/dotenvx");
    of_dotenvx(&desk, &older, &file, &["encrypt", "-f"])?;
    let rotate = of_dotenvx_again(&desk, &older, &["rotate", "-f"])?;
    println!("\nP3  {VALUES} values opened and sealed under new data keys, durable: time on the processor");
    println!("    dotenvx 1.51 rotate    {:>10.1} ms", milliseconds(rotate));
    println!("    floomsec vault rotate  {:>10.1} ms   {}", milliseconds(rotated), ratio(rotated, rotate));
    println!("    of it the vault's part {:>10.1} ms   {}", milliseconds(rotated_alone), ratio(rotated_alone, rotate));
    Ok(())
}

/// The time that `work` takes on the processor, in the commands that it runs and in the agent that they start.
fn of_both(desk: &Desk, work: impl FnOnce() -> Result<(), Trouble>) -> Result<Duration, Trouble> {
    let before = of_children()?;
    work()?;
    let clients = of_children()? - before;
    let agent = desk.agent().ok_or_else(|| Trouble::new("the agent ended before it was looked at"))?;
    // Nanoseconds on the processor, of each thread: https://docs.kernel.org/scheduler/sched-stats.html
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{agent}/task"))? {
        let told = fs::read_to_string(thread?.path().join("schedstat"))?;
        nanoseconds += told.split_whitespace().next().and_then(|first| first.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(clients + Duration::from_nanos(nanoseconds))
}

/// The time that the vault alone takes on the processor, to store and to rotate.
fn of_the_vault(desk: &Desk, program: &Path) -> Result<(Duration, Duration), Trouble> {
    let output = Command::new(program).arg(desk.home()).output()?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let figure = |what: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix(what));
        line.and_then(|figure| figure.trim().parse().ok()).map(Duration::from_nanos)
    };
    figure("stored ").zip(figure("rotated ")).ok_or_else(|| {
        Trouble::new(format!("{} told nothing: {}", program.display(), String::from_utf8_lossy(&output.stderr)))
    })
}

/// The time that a dotenvx takes on the processor for a copy of `file`, in a folder of its own.
fn of_dotenvx(desk: &Desk, program: &Path, file: &Path, arguments: &[&str]) -> Result<Duration, Trouble> {
    let folder = desk.home().join("dotenvx");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder)?;
    fs::copy(file, folder.join(".env"))?;
    of_dotenvx_again(desk, program, arguments)
}

/// The same for the copy that is there.
fn of_dotenvx_again(desk: &Desk, program: &Path, arguments: &[&str]) -> Result<Duration, Trouble> {
    let before = of_children()?;
    let status = Command::new(program)
        .args(arguments)
        .arg(".env")
        .current_dir(desk.home().join("dotenvx"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if !status.success() {
        return Err(Trouble::new(format!("{} {} ended with {status}", program.display(), arguments.join(" "))));
    }
    Ok(of_children()? - before)
}

fn of_children() -> Result<Duration, Trouble> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let of = |time: nix::sys::time::TimeVal| {
        Duration::new(time.tv_sec().unsigned_abs(), u32::try_from(time.tv_usec() * 1000).unwrap_or(0))
    };
    Ok(of(usage.user_time()) + of(usage.system_time()))
}

fn vault_bytes(desk: &Desk) -> u64 {
    fs::metadata(desk.data().join("vault.sqlite")).map_or(0, |file| file.len())
}

/// Values of 50 bytes that look drawn.
fn sample() -> String {
    let value = |number: usize| -> String {
        (0..50).map(|at| char::from(b'a' + ((number * 7919 + at * at * 104_729) % 26) as u8)).collect()
    };
    (0..VALUES).map(|number| format!("SERVICE_{number:04}_KEY={}\n", value(number))).collect()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn ratio(ours: Duration, theirs: Duration) -> String {
    format!("1/{:.0}", theirs.as_secs_f64() / ours.as_secs_f64().max(1e-9))
}
