//! `cargo xtask bench`: what the program costs, beside its peers.
//!
//! Instructions are counted by callgrind, because they are the same from run to run on any machine.
//! Times are shown as ratios of runs in one job, and decide nothing. The programs that are measured are
//! built optimised, as they ship.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::job::{Outcome, cargo, read, run, say};
use crate::{apt, place, readers, setup, throughput};

/// Keys in the file that is read.
const KEYS: u64 = 1000;

/// Bytes of a hostile file, and of one twice as long.
const HOSTILE: [u64; 2] = [32 * 1024, 64 * 1024];

/// One benchmark, by its name.
type Part = (&'static str, fn() -> Outcome);

const PARTS: [Part; 4] =
    [("reading", reading), ("hostile", hostile), ("storing", storing), ("throughput", throughput::throughput)];

/// Every benchmark, each with a table of its own, or the one that is named.
pub(crate) fn bench(only: Option<&str>) -> Outcome {
    let chosen: Vec<_> = PARTS.into_iter().filter(|(name, _)| only.is_none_or(|only| only == *name)).collect();
    if chosen.is_empty() {
        return Err(format!("bench has the parts {}", PARTS.map(|(name, _)| name).join(", ")).into());
    }
    chosen.into_iter().try_for_each(|(_, part)| part())
}

/// The examples that are measured, optimised.
fn build_examples() -> Outcome {
    apt::install(&["valgrind"])?;
    say("bench", "building the optimised examples");
    run(&mut cargo(&["build", "--quiet", "--release", "--package", "envfile", "--examples"]))
}

/// P1: a file of 1,000 keys to entries with their spans.
fn reading() -> Outcome {
    build_examples()?;
    let readers = readers::install()?;
    let file = sample()?;
    let example = example("read_loop");
    let count = |what: &str| -> Outcome<u64> {
        let counted = |times: u64| instructions(Command::new(&example).args([what, &times.to_string()]).arg(&file));
        // The difference leaves out what starting the program takes.
        Ok((counted(15)? - counted(5)?) / 10 / KEYS)
    };
    let (dotenvy, floor) = (count("dotenvy")?, count("floor")?);
    println!("\nP1  {KEYS} keys to entries with spans, instructions per key");
    println!("    {:<34} {:>8}  {:>12}", "", "per key", "of dotenvy's");
    let line = |name: &str, figure: u64| println!("    {name:<34} {figure:>8}  {:>12}", ratio(figure, dotenvy));
    line("dotenvy 0.15, keys and values", dotenvy);
    line("each byte looked at once", floor);
    line("this crate, entries with spans", count("entries")?);
    line("this crate, and their values", count("values")?);

    let scripts = place::root().join("crates/envfile/tests/readers");
    let ours: u64 = {
        let printed = read(Command::new(&example).args(["entries", "2000"]).arg(&file))?;
        number(printed.split_whitespace().nth(1).unwrap_or_default())?
    };
    let node =
        number(read(Command::new("node").arg(scripts.join("time.mjs")).args([&readers, &file]).arg("200"))?.trim())?;
    let python =
        Command::new(readers.join("py/bin/python")).arg(scripts.join("time.py")).arg(&file).arg("5").output()?;
    let python = number(String::from_utf8_lossy(&python.stdout).trim())?;
    println!(
        "    time of one reading: {} ns per key; node dotenv fast {}, python-dotenv {}",
        ours / KEYS,
        ratio(ours, node),
        ratio(ours, python)
    );
    Ok(())
}

/// Hostile files: twice the bytes must take about twice the instructions.
fn hostile() -> Outcome {
    build_examples()?;
    let example = example("hostile");
    println!("\nHostile files, read by every reader: instructions per byte, and what twice the bytes take");
    for shape in read(&mut Command::new(&example))?.lines() {
        let counted = |size: u64| instructions(Command::new(&example).args([shape, &size.to_string()]));
        let (one, two, none) = (counted(HOSTILE[0])?, counted(HOSTILE[1])?, counted(64)?);
        let growth = (two - none) as f64 / (one - none).max(1) as f64;
        println!("    {shape:<34} {:>8}  × {growth:.2}", (two - one) / (HOSTILE[1] - HOSTILE[0]));
    }
    Ok(())
}

/// P2 and P3: values into the vault, and under new keys, by the real programs.
fn storing() -> Outcome {
    setup::setup()?;
    let readers = readers::install()?;
    say("bench", "building the optimised agent");
    run(&mut cargo(&["build", "--quiet", "--release", "--package", "floomsec", "--package", "floom-tests", "--bins"]))?;
    run(&mut cargo(&["build", "--quiet", "--release", "--package", "floom-vault", "--example", "thousand"]))?;
    run(Command::new(place::target().join("release/cost")).args([&readers, &example("thousand")]))
}

/// A made-up file of [`KEYS`] lines in the ways that people write them, with comments between.
fn sample() -> Outcome<PathBuf> {
    let mut text = String::new();
    for number in 0..KEYS {
        if number % 10 == 0 {
            text += &format!("# section {}\n", number / 10);
        }
        // Forty characters that look drawn: multiplied by a prime, written in base 36.
        let value: String = (0..40u64)
            .map(|at| char::from_digit(((number * 7919 + at * 104_729) % 36) as u32, 36).unwrap_or('x'))
            .collect();
        let key = format!("SERVICE_{number:04}_API_KEY");
        text += &match number % 5 {
            0 => format!("{key}={value}\n"),
            1 => format!("{key}=\"{value}\"\n"),
            2 => format!("{key}='{value}'\n"),
            3 => format!("{key}={value} # note\n"),
            _ => format!("export {key}={value}\n"),
        };
    }
    let file = place::target().join("bench-1000.env");
    std::fs::write(&file, text)?;
    Ok(file)
}

fn example(name: &str) -> PathBuf {
    place::target().join("release/examples").join(name)
}

/// The instructions that a program takes from its start to its end.
fn instructions(program: &Command) -> Outcome<u64> {
    let mut counted = Command::new("valgrind");
    counted.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program.get_program());
    let output = counted.args(program.get_args()).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let figure =
        said.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, figure)| figure.trim().to_owned());
    match figure {
        Some(figure) if output.status.success() => number(&figure),
        _ => Err(format!("callgrind could not count {}", Path::new(program.get_program()).display()).into()),
    }
}

fn number(text: &str) -> Outcome<u64> {
    text.parse().map_err(|_| "a measured program printed no number".into())
}

/// `part` of `whole`, as people say it: `1/12`, or `× 3.1`.
fn ratio(part: u64, whole: u64) -> String {
    let times = whole as f64 / part.max(1) as f64;
    if times >= 1.0 { format!("1/{times:.1}") } else { format!("× {:.1}", 1.0 / times) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_said_as_parts_or_multiples() {
        assert_eq!(ratio(10, 120), "1/12.0", "a part of the whole");
        assert_eq!(ratio(30, 10), "× 3.0", "more than the whole");
    }
}
