//! P7: authorised reads and durable writes of Local Floom under load, beside etcd and a bare axum and SQLite server.
//!
//! The three are loaded in turn, round after round, and the medians of the rounds are compared. Each holds one value on
//! the same disk, and answers a write once it is durable.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::job::{Outcome, cargo, read, run, say};
use crate::{apt, place};

const ROUNDS: usize = 5;
const SECONDS: &str = "3s";
const CONNECTIONS: &str = "16";

/// The port that etcd gets for its clients; one more for its peers, who do not come.
const ETCD: u16 = 23_790;

/// One server under load.
struct Loaded {
    name: &'static str,
    process: Child,
    reading: PathBuf,
    writing: PathBuf,
    url: String,
    reads: Vec<f64>,
    writes: Vec<f64>,
}

impl Drop for Loaded {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Prints the table.
pub(crate) fn throughput() -> Outcome {
    apt::install(&["wrk", "etcd-server"])?;
    say("bench", "building the optimised servers");
    run(&mut cargo(&["build", "--quiet", "--release", "--package", "floom-local", "--examples"]))?;
    let folder = place::target().join("tmp/throughput");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let mut servers = [ours(&folder)?, etcd(&folder)?, floor(&folder)?];
    for _ in 0..ROUNDS {
        for server in &mut servers {
            let reads = wrk(&server.url, &server.reading)?;
            let writes = wrk(&server.url, &server.writing)?;
            server.reads.push(reads);
            server.writes.push(writes);
        }
    }
    let medians: Vec<(f64, f64)> =
        servers.iter_mut().map(|server| (median(&mut server.reads), median(&mut server.writes))).collect();
    let etcd = medians[1];
    println!("\nP7  one value, {CONNECTIONS} connections, {ROUNDS} rounds in turn: medians per second, and of etcd's");
    println!("    {:<30} {:>10} {:>8}  {:>14} {:>8}  {:>8}", "", "reads", "", "durable writes", "", "RSS");
    for (server, (reads, writes)) in servers.iter().zip(&medians) {
        let memory = resident(server.process.id())?;
        println!(
            "    {:<30} {reads:>10.0} × {:>6.2}  {writes:>14.0} × {:>6.2}  {memory:>4.0} MiB",
            server.name,
            reads / etcd.0,
            writes / etcd.1
        );
    }
    Ok(())
}

fn ours(folder: &Path) -> Outcome<Loaded> {
    let (process, url, token) = said(folder, "serve")?;
    let secret = "/api/me/apps/bench";
    let header = format!("Authorization: Bearer {token}");
    let flip = format!("{url}{secret}/secret-policies/API_KEY");
    let policy = r#"{"policy":"creator_override"}"#;
    run(Command::new("curl").args(["-sfo", "/dev/null", "-X", "PUT", "-H", &header, "-d", policy, &flip]))?;
    let reading = script(folder, "ours-read", "GET", &format!("{secret}/secrets"), Some(&token), "")?;
    let put = format!("{secret}/creator-secrets/API_KEY");
    let writing = script(folder, "ours-write", "PUT", &put, Some(&token), VALUE)?;
    Ok(loaded("Local Floom", process, url, reading, writing))
}

fn floor(folder: &Path) -> Outcome<Loaded> {
    let (process, url, token) = said(folder, "floor")?;
    let reading = script(folder, "floor-read", "GET", "/read", Some(&token), "")?;
    let writing = script(folder, "floor-write", "PUT", "/write", Some(&token), VALUE)?;
    Ok(loaded("bare axum and SQLite", process, url, reading, writing))
}

fn etcd(folder: &Path) -> Outcome<Loaded> {
    let (client, peer) = (format!("http://127.0.0.1:{ETCD}"), format!("http://127.0.0.1:{}", ETCD + 1));
    let mut command = Command::new("etcd");
    command.arg("--data-dir").arg(folder.join("etcd"));
    command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
    command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
    command.args(["--initial-cluster", &format!("default={peer}"), "--log-level", "error"]);
    let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    // "API_KEY" and a value, in base64, as its HTTP face wants them.
    let reading = script(folder, "etcd-read", "POST", "/v3/kv/range", None, r#"{"key":"QVBJX0tFWQ=="}"#)?;
    let put = r#"{"key":"QVBJX0tFWQ==","value":"c2stMDEyMzQ1Njc4OWFiY2RlZg=="}"#;
    let writing = script(folder, "etcd-write", "POST", "/v3/kv/put", None, put)?;
    let etcd = loaded("etcd, its HTTP face", process, client.clone(), reading, writing);
    let patience = Instant::now() + Duration::from_secs(20);
    while !Command::new("curl").args(["-sfo", "/dev/null", &format!("{client}/health")]).status()?.success() {
        if Instant::now() > patience {
            return Err("etcd did not start".into());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(etcd)
}

const VALUE: &str = r#"{"value":"sk-0123456789abcdef"}"#;

fn loaded(name: &'static str, process: Child, url: String, reading: PathBuf, writing: PathBuf) -> Loaded {
    Loaded { name, process, reading, writing, url, reads: Vec::new(), writes: Vec::new() }
}

/// Starts one of the examples, which says where it listens and which token it takes.
fn said(folder: &Path, example: &str) -> Outcome<(Child, String, String)> {
    let program = place::target().join("release/examples").join(example);
    let mut process = Command::new(program).arg(folder.join(example)).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    if let Some(output) = process.stdout.take() {
        BufReader::new(output).read_line(&mut line)?;
    }
    match line.trim().split_once(' ') {
        Some((url, token)) => Ok((process, url.to_owned(), token.to_owned())),
        None => Err(format!("the server {example} did not start").into()),
    }
}

/// What wrk sends, in its own language (Lua). Anything but a success ends the run with its status.
fn script(folder: &Path, name: &str, method: &str, path: &str, token: Option<&str>, body: &str) -> Outcome<PathBuf> {
    let place = folder.join(format!("{name}.lua"));
    let mut text = format!("wrk.method = '{method}'\nwrk.path = '{path}'\nwrk.body = '{body}'\n");
    text += "wrk.headers['Content-Type'] = 'application/json'\n";
    if let Some(token) = token {
        text += &format!("wrk.headers['Authorization'] = 'Bearer {token}'\n");
    }
    std::fs::write(&place, text)?;
    Ok(place)
}

/// Answers per second. A run in which one answer was not a success counts for nothing.
fn wrk(url: &str, script: &Path) -> Outcome<f64> {
    let printed = read(
        Command::new("wrk")
            .args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{SECONDS}"), "-s"])
            .arg(script)
            .arg(url),
    )?;
    if let Some(line) = printed.lines().find(|line| line.contains("Non-2xx") || line.contains("Socket errors")) {
        return Err(format!("{}: {}", script.display(), line.trim()).into());
    }
    let figure = printed.lines().find_map(|line| line.strip_prefix("Requests/sec:")).map(str::trim);
    figure.and_then(|figure| figure.parse().ok()).ok_or_else(|| "wrk printed no figure".into())
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The memory that a process has now, in MiB.
fn resident(process: u32) -> Outcome<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
    Ok(kib.ok_or("a server's memory could not be read")? / 1024.0)
}
