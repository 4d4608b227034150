//! Why a keychain is in its state, and what mends it, in words for the desktop at hand.
//!
//! Nothing is asked here: the state was found by [`Keychain::state`](crate::Keychain::state), and the desktop is
//! told from facts that the caller looked up.

use crate::State;

/// The system of keychains that the creator has before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Desktop {
    /// GNOME Keyring: GNOME and the desktops that ship it.
    Gnome,
    /// KWallet.
    Kde,
    /// KeePassXC as the Secret Service.
    KeePassXc,
    /// Linux without a desktop, or seen through SSH.
    Headless,
    /// A container.
    Container,
    /// Linux inside Windows.
    Wsl,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
    /// A Linux desktop that is none of these.
    Other,
}

/// What is known about the place where the program runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// `std::env::consts::OS`.
    pub system: String,
    /// `XDG_CURRENT_DESKTOP`, in the freedesktop menu specification's names with colons between.
    pub desktop: String,
    /// The program that has the name `org.freedesktop.secrets` on the bus, where it is known.
    pub service: String,
    /// Whether there is a display.
    pub display: bool,
    /// Whether this is an SSH session.
    pub ssh: bool,
    /// Whether this is a container.
    pub container: bool,
    /// Whether this is WSL.
    pub wsl: bool,
}

/// Why, and what to do: whole sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// Why the keychain is in this state.
    pub cause: &'static str,
    /// What the creator can do about it.
    pub cure: &'static str,
}

impl Facts {
    /// The facts that environment variables and marker files tell.
    pub fn look(system: &str, variable: impl Fn(&str) -> Option<String>, exists: impl Fn(&str) -> bool) -> Self {
        let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        Self {
            system: system.to_owned(),
            desktop: variable("XDG_CURRENT_DESKTOP").unwrap_or_default(),
            service: String::new(),
            display: set("WAYLAND_DISPLAY") || set("DISPLAY"),
            ssh: set("SSH_CONNECTION"),
            container: set("container") || exists("/.dockerenv") || exists("/run/.containerenv"),
            wsl: set("WSL_DISTRO_NAME") || exists("/proc/sys/fs/binfmt_misc/WSLInterop"),
        }
    }

    /// Which of the systems of keychains this is: the service that answers says it best.
    pub fn desktop(&self) -> Desktop {
        let serves = |name: &str| self.service.contains(name);
        let is = |names: &[&str]| self.desktop.split(':').any(|name| names.contains(&name));
        match self.system.as_str() {
            "macos" => Desktop::MacOs,
            "windows" => Desktop::Windows,
            _ if serves("keepassxc") => Desktop::KeePassXc,
            _ if serves("kwallet") || serves("ksecret") => Desktop::Kde,
            _ if serves("gnome-keyring") => Desktop::Gnome,
            _ if self.wsl => Desktop::Wsl,
            _ if self.container => Desktop::Container,
            _ if self.ssh => Desktop::Headless,
            _ if is(&["KDE"]) => Desktop::Kde,
            _ if is(&["GNOME", "Unity", "X-Cinnamon", "XFCE", "MATE", "Budgie", "Pantheon", "LXQt", "LXDE"]) => {
                Desktop::Gnome
            }
            _ if self.display => Desktop::Other,
            _ => Desktop::Headless,
        }
    }
}

impl Advice {
    /// The cause and the cure of `state` on `desktop`.
    pub fn of(state: State, desktop: Desktop) -> Self {
        Self { cause: cause(state, desktop), cure: cure(state, desktop) }
    }
}

fn cause(state: State, desktop: Desktop) -> &'static str {
    use Desktop::{Container, Headless, MacOs, Windows, Wsl};
    match (state, desktop) {
        (State::Ready, _) => "It answers and is unlocked.",
        (State::Absent, MacOs) => "This account has no default Keychain.",
        (State::Absent, _) => "The service runs, and this account has no default keyring yet.",
        (State::Locked, Headless) => {
            "Nobody typed the keyring's password: a login without a desktop does not unlock it."
        }
        (State::Locked, MacOs) => "The login Keychain was locked, by you or after a while.",
        (State::Locked, _) => {
            "The keyring was locked, by you or after a while, or its password is not that of your login."
        }
        (State::Waiting, _) => "Your system shows a password window; everything waits for your answer.",
        (State::Dismissed, _) => "The window was cancelled, by you or because nothing on this desktop can show it.",
        (State::Denied, MacOs) => "The system refused: Floom Secrets is not on the entry's list of programs.",
        (State::Denied, Container) => "The sandbox or the bus's policy does not let this program speak to the keyring.",
        (State::Denied, _) => "The keyring service, or the bus between, does not let this program in.",
        (State::TimedOut, MacOs) => "The Keychain did not answer in 5 s; the security service may hang.",
        (State::TimedOut, Windows) => "The Credential Manager did not answer in 5 s; its service may hang.",
        (State::TimedOut, _) => "The keyring service runs and did not answer in 5 s.",
        (State::NoService, Headless) => {
            "There is no session bus, or no keyring service on it: both come with a desktop's login."
        }
        (State::NoService, Container) => "A container has neither a session bus nor a keyring of its own.",
        (State::NoService, Wsl) => "WSL starts no keyring service.",
        (State::NoService, MacOs) => "The Keychain is not available: this login has no security session.",
        (State::NoService, Windows) => {
            "There is no logon session with a Credential Manager, as in a service or an SSH login."
        }
        (State::NoService, _) => "Nothing on this desktop answers as org.freedesktop.secrets.",
        (State::Foreign, _) => {
            "An entry under our name is not what this vault wrote, or there are two. Both were left as they are."
        }
        (State::Other, _) => "It answered in a way that fits no known state.",
    }
}

fn cure(state: State, desktop: Desktop) -> &'static str {
    use Desktop::{Container, Gnome, Headless, Kde, KeePassXc, MacOs, Other, Windows, Wsl};
    match (state, desktop) {
        (State::Ready, _) => "There is nothing to do.",
        (State::Absent, KeePassXc) => {
            "In KeePassXC, open a database and expose one of its groups: Settings, Secret Service Integration."
        }
        (State::Absent, MacOs) => "Make a login Keychain in Keychain Access, then try again.",
        (State::Absent, _) => "Unlock it; your system asks for a password and makes one.",
        (State::Locked, Gnome) => "Unlock it; your system asks for its password. Passwords and Keys shows it as Login.",
        (State::Locked, Kde) => "Unlock it; KWallet asks for its password.",
        (State::Locked, KeePassXc) => "Unlock the database in KeePassXC.",
        (State::Locked, Headless) => "Run `gnome-keyring-daemon --unlock`, type the password, and end it with Ctrl+D.",
        (State::Locked, MacOs) => "Unlock it; macOS asks for your password. Over SSH, run `security unlock-keychain`.",
        (State::Locked, Container | Wsl | Windows | Other) => "Unlock it; your system asks for your password.",
        (State::Waiting, _) => "Answer the password window, or cancel it.",
        (State::Dismissed, Headless) => {
            "Run `gnome-keyring-daemon --unlock`, type the password, and end it with Ctrl+D; then try again."
        }
        (State::Dismissed, _) => "Try again, and type the password when your system asks.",
        (State::Denied, KeePassXc) => "Allow Floom Secrets when KeePassXC asks, then try again.",
        (State::Denied, MacOs) => {
            "In Keychain Access, open the entry dev.floom.secrets, add Floom Secrets under Access Control, then try again."
        }
        (State::Denied, Container) => "Let the sandbox speak to org.freedesktop.secrets, then try again.",
        (State::Denied, _) => "Look which rule keeps Floom Secrets from org.freedesktop.secrets, then try again.",
        (State::TimedOut, Gnome) => "If it stays silent, run `systemctl --user restart gnome-keyring-daemon`.",
        (State::TimedOut, Kde) => "If it stays silent, end kwalletd in the system monitor: it starts by itself.",
        (State::TimedOut, KeePassXc) => "Look whether KeePassXC shows a question; if not, start it again.",
        (State::TimedOut, MacOs | Windows) => "If it stays silent, log out and in.",
        (State::TimedOut, Headless | Container | Wsl | Other) => "If it stays silent, restart the keyring service.",
        (State::NoService, Gnome) => {
            "Run `systemctl --user start gnome-keyring-daemon`, or install gnome-keyring and log in again."
        }
        (State::NoService, Kde) => {
            "Turn on KWallet in System Settings, with its Secret Service interface, then try again."
        }
        (State::NoService, KeePassXc) => {
            "Start KeePassXC, and turn on Secret Service Integration in its settings; then try again."
        }
        (State::NoService, Headless) => {
            "Install gnome-keyring and start floomsec inside `dbus-run-session`; without any keychain, a passphrase can open the vault."
        }
        (State::NoService, Container) => {
            "Run floomsec outside the container; without any keychain, a passphrase can open the vault."
        }
        (State::NoService, Wsl) => {
            "Install gnome-keyring and turn on systemd in /etc/wsl.conf; without any keychain, a passphrase can open the vault."
        }
        (State::NoService, MacOs) => "Log in at the screen once, then try again.",
        (State::NoService, Windows) => "Start Floom Secrets from your own desktop session.",
        (State::NoService, Other) => {
            "Start GNOME Keyring, KWallet, or KeePassXC with its Secret Service on, then try again."
        }
        (State::Foreign, Gnome) => {
            "Look at dev.floom.secrets in Passwords and Keys and remove the entry that is not ours; or open with the recovery kit."
        }
        (State::Foreign, Kde) => {
            "Look at dev.floom.secrets in KWalletManager and remove the entry that is not ours; or open with the recovery kit."
        }
        (State::Foreign, MacOs) => {
            "Look at dev.floom.secrets in Keychain Access and remove the entry that is not ours; or open with the recovery kit."
        }
        (State::Foreign, Windows) => {
            "Look at dev.floom.secrets in the Credential Manager and remove the entry that is not ours; or open with the recovery kit."
        }
        (State::Foreign, KeePassXc | Headless | Container | Wsl | Other) => {
            "Look at the entries called dev.floom.secrets and remove the one that is not ours; or open with the recovery kit."
        }
        (State::Other, _) => "Try again; if it stays so, restart the keychain service, or log out and in.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 10] = [
        State::Ready,
        State::Absent,
        State::Locked,
        State::Waiting,
        State::Dismissed,
        State::Denied,
        State::TimedOut,
        State::NoService,
        State::Foreign,
        State::Other,
    ];
    const DESKTOPS: [Desktop; 9] = [
        Desktop::Gnome,
        Desktop::Kde,
        Desktop::KeePassXc,
        Desktop::Headless,
        Desktop::Container,
        Desktop::Wsl,
        Desktop::MacOs,
        Desktop::Windows,
        Desktop::Other,
    ];

    fn facts(variables: &[(&str, &str)], files: &[&str]) -> Facts {
        let variable = |name: &str| variables.iter().find(|(is, _)| *is == name).map(|(_, value)| (*value).to_owned());
        Facts::look("linux", variable, |path| files.contains(&path))
    }

    #[test]
    fn every_state_has_a_cause_and_a_cure_on_every_desktop() {
        for state in STATES {
            for desktop in DESKTOPS {
                let advice = Advice::of(state, desktop);
                for words in [advice.cause, advice.cure] {
                    assert!(words.ends_with('.'), "{state:?} on {desktop:?} is told in whole sentences: {words}");
                    for unwanted in ["please", "sorry", "!", "  "] {
                        assert!(!words.to_lowercase().contains(unwanted), "{words} says {unwanted}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_missing_service_is_started_in_another_way_on_each_desktop() {
        let mut cures: Vec<&str> = DESKTOPS.iter().map(|desktop| cure(State::NoService, *desktop)).collect();
        cures.sort_unstable();
        cures.dedup();
        assert_eq!(cures.len(), DESKTOPS.len(), "no two desktops share a cure");
    }

    #[test]
    fn desktops_are_told_apart() {
        let x11 = ("DISPLAY", ":0");
        let of = |variables: &[(&str, &str)]| facts(variables, &[]).desktop();
        assert_eq!(of(&[("XDG_CURRENT_DESKTOP", "ubuntu:GNOME"), x11]), Desktop::Gnome, "one of several names");
        assert_eq!(of(&[("XDG_CURRENT_DESKTOP", "KDE"), ("WAYLAND_DISPLAY", "wayland-0")]), Desktop::Kde, "Plasma");
        assert_eq!(of(&[("XDG_CURRENT_DESKTOP", "sway"), x11]), Desktop::Other, "a desktop without a keyring");
        assert_eq!(of(&[]), Desktop::Headless, "no display at all");
        assert_eq!(
            of(&[("SSH_CONNECTION", "::1 1 ::1 22"), x11]),
            Desktop::Headless,
            "a forwarded display is no desktop"
        );
        assert_eq!(of(&[("WSL_DISTRO_NAME", "Debian"), x11]), Desktop::Wsl, "WSL has a display too");
        assert_eq!(facts(&[], &["/.dockerenv"]).desktop(), Desktop::Container, "Docker leaves a file");
        assert_eq!(facts(&[("container", "podman")], &[]).desktop(), Desktop::Container, "others set a variable");
        let mut known = facts(&[("XDG_CURRENT_DESKTOP", "KDE"), x11], &[]);
        known.service = "/usr/bin/keepassxc".into();
        assert_eq!(known.desktop(), Desktop::KeePassXc, "who answers says more than the desktop's name");
        assert_eq!(Facts { system: "macos".into(), ..Facts::default() }.desktop(), Desktop::MacOs, "by the system");
        assert_eq!(Facts { system: "windows".into(), ..Facts::default() }.desktop(), Desktop::Windows, "by the system");
    }
}
