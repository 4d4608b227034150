//! What cargo and the test harness print, counted.

use std::fmt;

/// The results of one run of `cargo test`, suite by suite, in the order they ran.
#[derive(Default)]
pub(crate) struct Tally {
    suites: Vec<Suite>,
}

#[derive(Default)]
struct Suite {
    name: String,
    passed: u32,
    failed: u32,
    ignored: u32,
    seconds: f64,
}

impl Tally {
    /// Takes in one line of the output.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(name) = suite_name(line) {
            self.suites.push(Suite { name, ..Suite::default() });
        } else if let (Some(result), Some(suite)) = (line.strip_prefix("test result: "), self.suites.last_mut()) {
            for part in result.split([';', '.']).map(str::trim) {
                match part.split_once(' ') {
                    Some((count, "passed")) => suite.passed += count.parse().unwrap_or(0),
                    Some((count, "failed")) => suite.failed += count.parse().unwrap_or(0),
                    Some((count, "ignored")) => suite.ignored += count.parse().unwrap_or(0),
                    _ => {}
                }
            }
            let seconds =
                result.rsplit_once("finished in ").and_then(|(_, time)| time.strip_suffix('s')?.parse::<f64>().ok());
            suite.seconds += seconds.unwrap_or(0.0);
        }
    }
}

/// The head of a suite: `Running unittests src/lib.rs (target/debug/deps/floom_secret-0123)`, `Doc-tests floom_secret`.
fn suite_name(line: &str) -> Option<String> {
    if let Some(name) = line.strip_prefix("Doc-tests ") {
        return Some(format!("{name} (documentation)"));
    }
    let (what, program) = line.strip_prefix("Running ")?.strip_suffix(')')?.rsplit_once(" (")?;
    let file = program.rsplit(['/', '\\']).next()?;
    let name = file.rsplit_once('-').map_or(file, |(name, _)| name);
    Some(if what.starts_with("unittests") { name.to_owned() } else { format!("{name} ({what})") })
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ran: Vec<&Suite> =
            self.suites.iter().filter(|suite| suite.passed + suite.failed + suite.ignored > 0).collect();
        let width = ran.iter().map(|suite| suite.name.chars().count()).max().unwrap_or(0);
        for suite in &ran {
            let trouble = if suite.failed > 0 { format!("  {} FAILED", suite.failed) } else { String::new() };
            writeln!(out, "  {:width$}  {:>5} passed  {:>7.1} s{trouble}", suite.name, suite.passed, suite.seconds)?;
        }
        let sum = |count: fn(&Suite) -> u32| ran.iter().map(|suite| count(suite)).sum::<u32>();
        write!(
            out,
            "test: {} passed, {} failed, {} left out",
            sum(|suite| suite.passed),
            sum(|suite| suite.failed),
            sum(|suite| suite.ignored)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted_for_the_suite_that_was_announced() {
        let mut tally = Tally::default();
        for line in [
            "     Running unittests src/lib.rs (target/debug/deps/floom_secret-04e1d2)",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.25s",
            "     Running whole/main.rs (/tmp/t/debug/deps/whole-9f)",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 61.50s",
            "   Doc-tests floom_secret",
            "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ] {
            tally.read(line);
        }
        let shown = tally.to_string();
        assert!(shown.contains("floom_secret") && shown.contains("0.2 s"), "a suite shows its name and time: {shown}");
        assert!(shown.contains("whole (whole/main.rs)") && shown.contains("2 FAILED"), "failures are named: {shown}");
        assert!(!shown.contains("documentation"), "an empty suite is not worth a line: {shown}");
        assert!(shown.ends_with("test: 15 passed, 2 failed, 1 left out"), "the sum closes the table: {shown}");
    }
}
