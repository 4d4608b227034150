//! A key is fetched by a child: this program is its own child, so it has its own `main`.

use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("fetch-key") {
        return floom_keychain::answer_fetch();
    }
    #[cfg(target_os = "linux")]
    return linux::main();
    #[cfg(not(target_os = "linux"))]
    ExitCode::SUCCESS
}

#[cfg(target_os = "linux")]
#[path = "bus/mod.rs"]
mod bus;

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{self, File};
    use std::os::unix::fs::FileExt;
    use std::path::PathBuf;
    use std::process::ExitCode;
    use std::time::{Duration, Instant};

    use base64::{Engine, prelude::BASE64_STANDARD};
    use floom_guarded::GuardedKey;
    use floom_keychain::{Keychain, State};
    use libtest_mimic::{Arguments, Failed, Trial};

    use super::bus::{Bus, SERVICE, signal};

    pub(super) fn main() -> ExitCode {
        let trial = |name: &str, run: fn()| {
            Trial::test(name, move || {
                run();
                Ok::<(), Failed>(())
            })
        };
        let trials = vec![
            trial("a_key_goes_round_and_leaves_no_copy_here", a_key_goes_round_and_leaves_no_copy_here),
            trial("the_child_s_answer_is_the_keychain_s_state", the_child_s_answer_is_the_keychain_s_state),
            trial("a_child_that_hangs_or_lies_gives_no_key", a_child_that_hangs_or_lies_gives_no_key),
            trial("the_child_gets_the_bus_and_nothing_else", the_child_gets_the_bus_and_nothing_else),
        ];
        let mut arguments = Arguments::from_args();
        // The search of this process's memory wants it to itself.
        arguments.test_threads = Some(1);
        libtest_mimic::run(&arguments, trials).exit_code()
    }

    fn fetching(bus: &Bus) -> Keychain {
        bus.keychain()
            .with_fetcher(std::env::current_exe().expect("a test knows its program"), ["fetch-key".to_owned()])
    }

    /// A keychain whose child is a shell that runs `script`.
    fn scripted(bus: &Bus, limit: Duration, script: &str) -> Keychain {
        let keychain = Keychain::bounded(SERVICE, limit);
        keychain.set_bus(Some(bus.address().to_owned()));
        keychain.with_fetcher(PathBuf::from("/bin/sh"), ["-c".to_owned(), script.to_owned()])
    }

    fn random() -> GuardedKey {
        GuardedKey::fill_with(|bytes| getrandom::fill(bytes)).expect("the system has randomness")
    }

    fn a_key_goes_round_and_leaves_no_copy_here() {
        let bus = Bus::start();
        let _keyring = bus.keyring();
        let keychain = fetching(&bus);
        let key = random();
        keychain.write_key("vault/1", key.bytes()).expect("the key is written and read back");
        let kept = keychain.read_key("vault/1").expect("the keychain answers").expect("the key is there");
        assert!(kept.bytes() == key.bytes(), "what comes back is the key");
        assert_eq!(keychain.read_key("vault/2").map(|key| key.is_some()), Ok(false), "another account has none");
        assert_eq!(copies(|bytes| bytes == key.bytes(), 32, &[&key, &kept]), 0, "no copy of the key is left");
        let text = BASE64_STANDARD.encode(key.bytes());
        let text: Vec<u8> = text.into_bytes().iter().map(|byte| byte ^ 0xff).collect();
        let is_text = |bytes: &[u8]| bytes.iter().zip(&text).all(|(one, other)| one ^ 0xff == *other);
        assert_eq!(copies(is_text, 40, &[]), 0, "nor of what stands in the keychain");
        let planted = key.bytes().to_vec();
        assert_eq!(copies(|bytes| bytes == key.bytes(), 32, &[&key, &kept]), 1, "the search finds what is there");
        drop(planted);
    }

    /// How many places of this process's writable memory, but for the keys' own, hold what `is_it` knows.
    fn copies(is_it: impl Fn(&[u8]) -> bool, length: usize, keys: &[&GuardedKey]) -> usize {
        let memory = File::open("/proc/self/mem").expect("proc is mounted");
        let maps = fs::read_to_string("/proc/self/maps").expect("proc is mounted");
        let own: Vec<u64> = keys.iter().map(|key| key.bytes().as_ptr().addr() as u64).collect();
        let mut page = vec![0; 4096 + length];
        let search = page.as_ptr().addr() as u64..page.as_ptr().addr() as u64 + 8192;
        let mut found = 0;
        for map in maps.lines().filter(|map| map.contains(" rw")) {
            let (from, to) = map.split_whitespace().next().and_then(|range| range.split_once('-')).expect("a range");
            let address = |text| u64::from_str_radix(text, 16).expect("an address");
            for start in (address(from)..address(to)).step_by(4096) {
                let Ok(read) = memory.read_at(&mut page, start) else { continue };
                let places = (start..).zip(page[..read].windows(length)).take(4096);
                found += places.filter(|(at, bytes)| is_it(bytes) && !own.contains(at) && !search.contains(at)).count();
            }
        }
        found
    }

    fn the_child_s_answer_is_the_keychain_s_state() {
        let bus = Bus::start();
        let keychain = fetching(&bus);
        let state = |keychain: &Keychain| keychain.read_key("vault/1").err().map(|error| error.state);
        assert_eq!(state(&keychain), Some(State::NoService), "nobody answers");
        let keyring = bus.keyring();
        keychain.write_key("vault/1", random().bytes()).expect("the key is written");
        keychain.write("vault/2", b"no key").expect("an entry is made");
        let foreign = keychain.read_key("vault/2").err().map(|error| error.state);
        assert_eq!(foreign, Some(State::Foreign), "an entry of another length is no key");
        bus.lock();
        assert_eq!(state(&keychain), Some(State::Locked), "a locked keychain is no empty one");
        signal(&keyring, "STOP");
        let short = Keychain::bounded(SERVICE, Duration::from_millis(300));
        short.set_bus(Some(bus.address().to_owned()));
        let short = short.with_fetcher(std::env::current_exe().expect("this program"), ["fetch-key".to_owned()]);
        assert_eq!(state(&short), Some(State::TimedOut), "silence is silence");
        signal(&keyring, "CONT");
    }

    fn a_child_that_hangs_or_lies_gives_no_key() {
        let bus = Bus::start();
        let long = Duration::from_secs(20);
        let state = |keychain: Keychain| keychain.read_key("vault/1").err().map(|error| error.state);
        let started = Instant::now();
        let hanging = scripted(&bus, Duration::from_millis(200), "exec sleep 600");
        assert_eq!(state(hanging), Some(State::TimedOut), "the child is not waited for");
        assert!(started.elapsed() < long, "it was ended");
        for lie in ["exit 0", "printf '\\0short'", "printf '\\2'", "printf '\\377'"] {
            assert_eq!(state(scripted(&bus, long, lie)), Some(State::Other), "{lie} is no answer");
        }
        let missing = bus.keychain().with_fetcher("/nonexistent/program".into(), []);
        assert_eq!(state(missing), Some(State::Other), "a program that is not there is no missing key");
    }

    fn the_child_gets_the_bus_and_nothing_else() {
        let bus = Bus::start();
        let file = bus.home().join("environment");
        let opened = bus.home().join("opened-by-this-process");
        let _open = File::create(&opened).expect("a file is made");
        let script = format!("{{ env; ls -l /proc/self/fd; cat; }} > '{0}'; printf '\\1'", file.display());
        let answer = scripted(&bus, Duration::from_secs(20), &script).read_key("vault/1");
        assert_eq!(answer.map(|key| key.is_some()), Ok(false), "1 says that there is no such entry");
        let told = fs::read_to_string(&file).expect("the child wrote it down");
        assert!(told.contains(&format!("DBUS_SESSION_BUS_ADDRESS={}", bus.address())), "the bus is handed on: {told}");
        assert!(told.contains(&format!("{SERVICE}\nvault/1\n")), "it is told what to fetch: {told}");
        let allowed = ["HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "PWD", "SHLVL", "_", "OLDPWD"];
        for line in told.lines() {
            if let Some((name, _)) = line.split_once('=').filter(|(name, _)| !name.contains(' ')) {
                assert!(allowed.contains(&name), "{name} is not the child's business");
            }
        }
        assert!(told.contains("environment"), "the descriptors are listed: {told}");
        assert!(!told.contains("opened-by-this-process"), "no descriptor is inherited");
    }
}
