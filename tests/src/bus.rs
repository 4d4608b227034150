//! A session bus of its own, on which nothing is started by being called.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zbus::blocking::connection;

use crate::Trouble;
use crate::process::{Process, bound};

/// A running `dbus-daemon`.
#[derive(Debug)]
pub(crate) struct Bus {
    address: String,
    settings: PathBuf,
    _daemon: Process,
}

impl Bus {
    /// Starts the bus with its socket in `runtime`; `prepare` gives the command its environment.
    pub(crate) fn start(runtime: &Path, log: &Path, prepare: impl Fn(&mut Command)) -> Result<Self, Trouble> {
        let socket = runtime.join("bus");
        let address = format!("unix:path={}", socket.display());
        let settings = runtime.join("bus.conf");
        fs::write(&settings, configuration(&address, ""))?;
        let mut command = bound("dbus-daemon");
        command.arg(format!("--config-file={}", settings.display())).args([
            "--nofork",
            "--nopidfile",
            "--print-address=1",
        ]);
        prepare(&mut command);
        let mut daemon = Process::start(
            {
                command.stdout(Stdio::piped());
                command
            },
            log,
        )?;
        let output = daemon.child().stdout.take().ok_or_else(|| Trouble::new("dbus-daemon has no output"))?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        if line.is_empty() {
            return Err(Trouble::new(format!("dbus-daemon ended at once; see {}", log.display())));
        }
        Ok(Self { settings, address, _daemon: daemon })
    }

    /// Where clients find it.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Lets nobody speak to the program called `name` from now on, as a sandbox's rule does; with `None` everybody again.
    pub(crate) fn forbid(&self, name: Option<&str>) -> Result<(), Trouble> {
        let rule = name.map(|name| format!("<deny send_destination=\"{name}\"/>")).unwrap_or_default();
        fs::write(&self.settings, configuration(&self.address, &rule))?;
        let bus = connection::Builder::address(self.address.as_str())?.build()?;
        let me = "org.freedesktop.DBus";
        bus.call_method(Some(me), "/org/freedesktop/DBus", Some(me), "ReloadConfig", &())?;
        Ok(())
    }
}

/// No folder of services: a keychain that is called and not there stays absent.
fn configuration(address: &str, rule: &str) -> String {
    format!(
        "<busconfig><type>session</type><listen>{address}</listen><auth>EXTERNAL</auth>\
         <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
         <allow eavesdrop=\"true\"/><allow own=\"*\"/>{rule}</policy></busconfig>"
    )
}
