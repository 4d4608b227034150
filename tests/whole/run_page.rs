//! The run page in a real browser, by keyboard alone.

use floom_tests::{Browser, Floomsec, sample};

use crate::{desk_with_sample, desk_with_vault};

const OWN: &str = "STRIPE_SECRET_KEY";
const VALUE: &str = "sk_live_visitors0wn0123456789abcd";

#[tokio::test]
async fn a_visitor_connects_a_key_runs_and_comes_back_to_no_question() {
    let (desk, _) = desk_with_sample();
    let floomsec = Floomsec::new(&desk);
    floomsec.run(&["policy", OWN, "user", "--app", "flyfast"]).expect("users supply this one");
    floomsec
        .status_when("the policy on Floom", |status| {
            floom_tests::secret(status, "flyfast", OWN)["policy"] == "user_vault"
        })
        .expect("it is sent");
    let link = floomsec.run(&["app", "page", "flyfast"]).expect("an address").json;
    let link = link["url"].as_str().expect("an address");

    let browser = Browser::open(&desk, link, (390, 844)).await.expect("a browser");
    let asked = browser.until_shown("Connect your API key").await.expect("the question");
    assert!(asked.contains("one key from each person"), "only one of the four is the visitor's: {asked}");
    let address = browser.address().await.expect("an address");
    assert!(!address.contains("key="), "the link's key is not left in the address: {address}");
    assert!(!browser.overflows().await.expect("a width"), "at 390 pixels nothing is cut off");
    assert_eq!(browser.small_targets(40).await.expect("targets"), [] as [&str; 0], "a finger finds every target");
    assert_eq!(browser.focus().await.expect("a focus"), OWN, "the field is ready for the key");
    browser.type_text(VALUE).await.expect("typed");
    browser.enter().await.expect("sent");

    browser.until_shown("connected").await.expect("it is stored");
    assert!(!browser.source().await.expect("a page").contains(VALUE), "and never shown again");
    assert_eq!(browser.focus().await.expect("a focus"), "Run", "the next key press runs");
    browser.enter().await.expect("a run");
    let done = browser.until_shown("Done").await.expect("the run ends");
    for key in sample::KEYS {
        assert!(done.contains(&format!("{key} is [{key}]")), "the name of {key} stands where its value was: {done}");
    }
    let source = browser.source().await.expect("a page");
    for value in sample::VALUES.iter().chain([&VALUE]) {
        assert!(!source.contains(value), "no value is on the page");
    }
    assert!(!browser.overflows().await.expect("a width"), "the output is not cut off either");

    let home = address.split("/runs/").next().expect("an address");
    browser.go(home).await.expect("the page again");
    let back = browser.until_shown("connected").await.expect("the page");
    assert!(!back.contains("Connect your API key"), "a visitor who comes back is not asked again");
    assert_eq!(
        browser.complaints().await.expect("a log"),
        [] as [&str; 0],
        "the browser had nothing to complain about"
    );

    browser.go(&format!("{home}/nothing")).await.expect("a page that is not there");
    browser.until_shown("404").await.expect("it is said");
    assert_ne!(browser.complaints().await.expect("a log"), [] as [&str; 0], "the browser's complaints are seen here");
    browser.go(home).await.expect("the page again");
    browser.until_shown("connected").await.expect("the page");

    let other = Browser::open(&desk, link, (1440, 900)).await.expect("another browser");
    other.until_shown("Connect your API key").await.expect("another browser is another visitor");
    other.close().await.expect("closed");

    browser.tab(2).await.expect("to Remove");
    assert_eq!(browser.focus().await.expect("a focus"), "Remove", "everything is reached by Tab");
    browser.enter().await.expect("pressed");
    browser.until_shown("Remove your API key?").await.expect("it asks first");
    browser.tab(1).await.expect("to Remove");
    browser.enter().await.expect("pressed");
    browser.until_shown("Connect your API key").await.expect("then it is asked for again");
    browser.close().await.expect("closed");
    let traces = desk.traces([VALUE]).expect("a search");
    assert!(traces.is_empty(), "the visitor's value is nowhere on this computer in the clear: {traces:?}");
}

#[tokio::test]
async fn several_keys_and_long_names_stay_within_a_narrow_page() {
    let (desk, _) = desk_with_vault();
    let floomsec = Floomsec::new(&desk);
    let (slug, long) = ("s".repeat(48), format!("K{}", "_LONG".repeat(25)));
    let manifest = desk.home().join("floom.yaml");
    let text = format!(
        "slug: {slug}\nname: Long\ndescription: {long}\nsecrets_needed: [OPENAI_API_KEY, {long}]\n\
         inputs:\n  - {{ name: to, label: {long} }}\ncommand: [echo, {long}]\n"
    );
    std::fs::write(&manifest, text).expect("a manifest");
    floomsec.run(&["app".as_ref(), "add".as_ref(), manifest.as_os_str()]).expect("an app");
    let link = floomsec.run(&["app", "page", &slug]).expect("an address").json;
    let browser = Browser::open(&desk, link["url"].as_str().expect("an address"), (390, 844)).await.expect("a browser");
    browser.until_shown("Connect your API keys").await.expect("the question");
    assert!(!browser.overflows().await.expect("a width"), "two fields with long names fit");
    browser.type_text("one key, long enough").await.expect("typed");
    browser.tab(2).await.expect("over the link to the second field");
    browser.type_text("another key, long enough").await.expect("typed");
    browser.enter().await.expect("sent");
    browser.until_shown("Your keys:").await.expect("both are stored");
    assert!(!browser.overflows().await.expect("a width"), "the names of both keys fit");
    browser.enter().await.expect("a run");
    browser.until_shown("Done").await.expect("it ends");
    assert!(!browser.overflows().await.expect("a width"), "and so does the output");
}
