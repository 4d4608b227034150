//! The run page over HTTP: who may open it, what it asks, what it never shows.

use floom_local::Manifest;
use serde_json::{Value, json};

use crate::harness::{Answer, Floom};

const OWN: &str = "STRIPE_SECRET_KEY";
const VALUE: &str = "sk_live_0123456789abcdefghij";

/// Reads its input, then says what it was given.
const SCRIPT: &str = r#"read input; echo "got $input"; echo "own $STRIPE_SECRET_KEY, creator $OPENAI_API_KEY""#;

/// A browser without a window: one cookie, as the page set it.
struct Browser<'f> {
    floom: &'f Floom,
    cookie: String,
}

impl<'f> Browser<'f> {
    async fn enter(floom: &'f Floom, slug: &str) -> Self {
        let link = floom.ask("GET", &format!("/api/local/apps/{slug}/link"), "").await.json();
        let path = link["path"].as_str().expect("a path").to_owned();
        let answer = floom.raw("GET", &path, &format!("Host: {}\r\n", floom.address), "").await;
        assert_eq!(answer.status, 303, "the key goes out of the address");
        let cookie = answer.headers.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
        for rule in ["httponly", "samesite=lax", &format!("path=/p/{slug};")] {
            assert!(cookie.contains(rule), "the cookie is kept narrow: {rule}");
        }
        let cookie = answer.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
        Self { floom, cookie: cookie.split(';').next().expect("a pair").to_owned() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.floom.raw("GET", path, &self.headers(), "").await
    }

    async fn post(&self, path: &str, form: &str) -> Answer {
        self.floom.raw("POST", path, &self.headers(), form).await
    }

    fn headers(&self) -> String {
        format!("Host: {}\r\nCookie: {}\r\n", self.floom.address, self.cookie)
    }

    /// Runs to the end and gives the page.
    async fn run(&self, slug: &str, form: &str) -> String {
        let started = self.post(&format!("/p/{slug}/run"), form).await;
        assert_eq!(started.status, 303, "a run leads to its page: {}", started.body);
        let place = started.head.lines().find_map(|line| line.strip_prefix("location: ")).expect("a place").to_owned();
        loop {
            let page = self.get(&place).await.body;
            if !page.contains("http-equiv=\"refresh\"") {
                return page;
            }
            tokio::task::yield_now().await;
        }
    }
}

fn app(slug: &str, keys: &[&str]) -> Manifest {
    let inputs = json!([{ "name": "to", "label": "Where to?", "required": true }]);
    Manifest::from_json(json!({
        "slug": slug, "name": "Any", "description": "Finds <b>flights</b>\u{202e}.", "secrets_needed": keys,
        "inputs": inputs, "command": ["sh", "-c", SCRIPT],
    }))
    .expect("a manifest")
}

async fn floom() -> Floom {
    let floom = Floom::start().await;
    floom.store.register(&app("trip", &["OPENAI_API_KEY", OWN])).expect("an app");
    floom.give("trip", "OPENAI_API_KEY", "the creator's own value").await;
    floom
}

#[tokio::test]
async fn a_page_opens_by_its_link_only_and_says_nothing_without() {
    let floom = floom().await;
    let browser = Browser::enter(&floom, "trip").await;
    let foreign = Browser::enter(&floom, "flyfast").await;
    let stranger = Browser { floom: &floom, cookie: String::new() };
    let guess = Browser { floom: &floom, cookie: "floom_visitor=guessed".into() };
    let refused = stranger.get("/p/trip").await;
    assert_eq!(refused.status, 404, "without a cookie there is no page");
    for (who, path) in [
        (&stranger, "/p/unknown"),
        (&stranger, "/p/trip?key=guessed"),
        (&stranger, "/p/unknown?key=guessed"),
        (&stranger, "/p/trip/replace"),
        (&guess, "/p/trip"),
        (&foreign, "/p/trip"),
    ] {
        let answer = who.get(path).await;
        assert_eq!((answer.status, &answer.body), (404, &refused.body), "{path}: the same answer, whatever is there");
    }
    for path in ["/p/trip/connect", "/p/trip/run", "/p/trip/remove"] {
        assert_eq!(foreign.post(path, "to=x").await.status, 404, "{path}: nothing is done for another app's visitor");
    }
    let page = browser.get("/p/trip").await;
    assert_eq!(page.status, 200, "the link's own visitor sees it");
    for rule in ["default-src 'none'", "frame-ancestors 'none'", "no-store", "nosniff"] {
        assert!(page.headers.contains(rule), "the page is shut: {rule}");
    }
    assert!(!page.body.contains("<script"), "there is no script");
    let headers = format!("{}Origin: http://evil.example\r\n", browser.headers());
    assert_eq!(floom.raw("POST", "/p/trip/remove", &headers, "").await.status, 403, "another site's form is refused");
}

#[tokio::test]
async fn a_visitor_connects_once_and_runs_with_a_value_that_is_never_shown() {
    let floom = floom().await;
    let browser = Browser::enter(&floom, "trip").await;
    let asked = browser.get("/p/trip").await.body;
    assert!(asked.contains("Connect your API key") && asked.contains(OWN), "the first page asks for the own key");
    assert!(!asked.contains("OPENAI_API_KEY"), "the creator's is not asked for");
    assert!(asked.contains("https://dashboard.stripe.com/apikeys"), "it says where to find it");
    assert!(asked.contains("Finds &#60;b&#62;flights&#60;/b&#62;\u{fffd}."), "an app's words are text: {asked}");

    for (bad, says) in
        [("+sk_live_x", "begins or ends with a space"), ("a%00b", "NUL"), (&"x".repeat(65_537), "65,536")]
    {
        let answer = browser.post("/p/trip/connect", &format!("{OWN}={bad}")).await;
        assert_eq!(answer.status, 422, "it is refused");
        assert!(answer.body.contains(says), "in words: {says}: {}", answer.body);
        assert!(!answer.body.contains("sk_live_x"), "without a piece of it");
    }
    let form = format!("{OWN}={VALUE}&OPENAI_API_KEY=overwritten&NOT_DECLARED=x");
    assert_eq!(browser.post("/p/trip/connect", &form).await.status, 303, "a good key is stored");
    let ready = browser.get("/p/trip").await.body;
    assert!(ready.contains("Where to?") && ready.contains("connected"), "then the app's own input is asked for");
    assert!(!ready.contains(VALUE), "the value is not shown again");

    let lacking = browser.post("/p/trip/run", "to=").await;
    assert_eq!(lacking.status, 422, "a required input is needed");
    assert!(lacking.body.contains("Where to? is needed."), "and is named");

    let done = browser.run("trip", "to=Lisbon+%3Cb%3E&other=ignored").await;
    assert!(done.contains(">Done<"), "the run ends well: {done}");
    assert!(done.contains("Lisbon &#60;b&#62;"), "what was typed is text");
    assert!(!done.contains("ignored"), "what the app did not ask for does not reach it");
    let chip = format!("own <span class=\"chip\">[{OWN}]</span>, creator <span class=\"chip\">[OPENAI_API_KEY]</span>");
    assert!(done.contains(&chip), "names stand where values were, the creator's unchanged: {done}");
    assert!(!done.contains(VALUE) && !done.contains("creator's own"), "no value is on the page");

    let usage = floom.client.secrets("trip").await.expect("the list");
    let own = usage.secrets.iter().find(|secret| secret.key == OWN).expect("the key");
    let users = own.users;
    assert_eq!((users.connected, users.active_7d, users.runners_7d), (1, 1, 1), "one visitor connected it and ran");

    let second = Browser::enter(&floom, "trip").await;
    assert!(second.get("/p/trip").await.body.contains("Connect your API key"), "another browser is another visitor");
    let runs = floom.ask("GET", "/api/me/runs", "").await.json();
    assert_eq!(runs, json!({ "runs": [] }), "a visitor's runs are not among the owner's own");
}

#[tokio::test]
async fn keys_are_replaced_and_removed_and_runs_are_the_visitors_own() {
    let floom = floom().await;
    let browser = Browser::enter(&floom, "trip").await;
    browser.post("/p/trip/connect", &format!("{OWN}={VALUE}")).await;
    let other = Browser::enter(&floom, "trip").await;
    other.post("/p/trip/connect", &format!("{OWN}=another value")).await;

    let started = browser.post("/p/trip/run", "to=x").await;
    let place = started.head.lines().find_map(|line| line.strip_prefix("location: ")).expect("a place").to_owned();
    let not_mine = other.get(&place).await;
    let not_there = other.get("/p/trip/runs/run_000000000000").await;
    assert_eq!((not_mine.status, not_mine.body), (404, not_there.body), "another's run is as one that is not there");
    assert_eq!(other.post(&format!("{place}/stop"), "").await.status, 404, "and cannot be stopped");
    let id = place.rsplit('/').next().expect("an id");
    assert_eq!(floom.ask("GET", &format!("/api/run/{id}"), "").await.status, 404, "nor read by the owner");

    let asked = browser.get("/p/trip/replace").await.body;
    assert!(asked.contains("Replace your API key") && !asked.contains(VALUE), "a new one is asked for, blind");
    assert_eq!(browser.post("/p/trip/connect", &format!("{OWN}=")).await.status, 303, "nothing typed changes nothing");
    assert!(browser.run("trip", "to=x").await.contains(">Done<"), "the old one still works");

    assert!(browser.get("/p/trip/remove").await.body.contains("Remove your API key?"), "a removal asks first");
    assert_eq!(browser.post("/p/trip/remove", "").await.status, 303, "then it removes");
    assert!(browser.get("/p/trip").await.body.contains("Connect your API key"), "and the next run asks again");
    assert_eq!(browser.post("/p/trip/run", "to=x").await.status, 303, "a run without it leads to the question");
    let runs_of_other = other.run("trip", "to=x").await;
    assert!(runs_of_other.contains(">Done<"), "the other visitor kept its own");

    floom.client.remove_value("trip", "OPENAI_API_KEY").await.expect("removed");
    let failed = other.run("trip", "to=x").await;
    assert!(failed.contains("This app is missing a secret."), "what the creator has to set is said");
    assert!(!failed.contains("OPENAI_API_KEY"), "without its name");
    let removed = floom.ask("DELETE", "/api/me/apps/trip", "").await;
    assert_eq!(removed.status, 200, "an app goes with its visitors");
    assert_eq!(other.get("/p/trip").await.status, 404, "and its page");
}

#[tokio::test]
async fn a_run_shows_its_lines_as_they_come_and_can_be_stopped() {
    let floom = Floom::start().await;
    let script = "echo first; echo \"key $OPENAI_API_KEY\"; cat >/dev/null; sleep 60";
    let manifest: Value = json!({
        "slug": "slow", "name": "Slow", "secrets_needed": ["OPENAI_API_KEY"], "command": ["sh", "-c", script],
    });
    floom.store.register(&Manifest::from_json(manifest).expect("a manifest")).expect("an app");
    floom.give("slow", "OPENAI_API_KEY", "a value of the creator").await;
    let browser = Browser::enter(&floom, "slow").await;
    assert!(browser.get("/p/slow").await.body.contains(">Run</button>"), "with creator vault only, it just runs");
    let started = browser.post("/p/slow/run", "").await;
    let place = started.head.lines().find_map(|line| line.strip_prefix("location: ")).expect("a place").to_owned();
    loop {
        let page = browser.get(&place).await.body;
        assert!(page.contains(">Running<"), "it is under way: {page}");
        if page.contains("first") && page.contains("<span class=\"chip\">[OPENAI_API_KEY]</span>") {
            assert!(page.contains("Stop</button>"), "and can be stopped");
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(browser.post(&format!("{place}/stop"), "").await.status, 303, "it is asked to stop");
    let page = loop {
        let page = browser.get(&place).await.body;
        if !page.contains(">Running<") {
            break page;
        }
        tokio::task::yield_now().await;
    };
    assert!(page.contains("The run was stopped.") && page.contains("first"), "what it put out stays: {page}");
    assert!(page.contains(">Try again</button>"), "and it can be tried again");
}

#[tokio::test]
async fn a_run_that_is_stopped_while_it_waits_its_turn_never_starts() {
    let floom = Floom::start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let script = "cat >/dev/null; touch \"$0/$$\"; echo begun; sleep 60";
    let manifest: Value = json!({
        "slug": "slow", "name": "Slow", "secrets_needed": [], "command": ["sh", "-c", script, folder.path()],
    });
    floom.store.register(&Manifest::from_json(manifest).expect("a manifest")).expect("an app");
    let started = || std::fs::read_dir(folder.path()).expect("the folder").count();
    let browser = Browser::enter(&floom, "slow").await;
    let mut places = Vec::new();
    for _ in 0..=8 {
        let run = browser.post("/p/slow/run", "").await;
        places.push(run.head.lines().find_map(|line| line.strip_prefix("location: ")).expect("a place").to_owned());
    }
    let waiting = loop {
        let mut waits = Vec::new();
        for place in &places {
            if !browser.get(place).await.body.contains("begun") {
                waits.push(place.clone());
            }
        }
        if waits.len() == 1 {
            break waits.remove(0);
        }
    };
    places.retain(|place| *place != waiting);
    assert_eq!(browser.post(&format!("{waiting}/stop"), "").await.status, 303, "it is asked to stop");
    let page = loop {
        let page = browser.get(&waiting).await.body;
        if !page.contains(">Running<") {
            break page;
        }
        tokio::task::yield_now().await;
    };
    assert!(page.contains("The run was stopped."), "it ends as stopped while all places are taken: {page}");
    for place in &places {
        assert!(browser.get(place).await.body.contains(">Running<"), "it did not wait for a place: {place}");
        browser.post(&format!("{place}/stop"), "").await;
    }
    for place in &places {
        while browser.get(place).await.body.contains(">Running<") {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(started(), 8, "the one that was stopped was never started");
}

#[tokio::test]
async fn a_form_that_is_too_large_is_answered_with_a_page() {
    let floom = floom().await;
    let browser = Browser::enter(&floom, "trip").await;
    let form = format!("{OWN}={}", "x".repeat(600 * 1024));
    for path in ["/p/trip/connect", "/p/trip/run"] {
        if path.ends_with("/run") {
            assert!(browser.get("/p/trip").await.body.contains("Connect"), "nothing was stored");
            assert_eq!(browser.post("/p/trip/connect", &format!("{OWN}={VALUE}")).await.status, 303, "a key fits");
        }
        let answer = browser.post(path, &form).await;
        assert_eq!(answer.status, 413, "{path} takes no more than its limit");
        assert!(answer.body.contains("<!doctype html>"), "a browser is shown a page: {}", answer.body);
        assert!(answer.body.contains("Nothing was changed"), "it says what became of it: {}", answer.body);
    }
    assert!(browser.get("/p/trip").await.body.contains(">Run</button>"), "no run was started");
}
