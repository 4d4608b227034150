//! The run page of an app on Local Floom, in a browser.

use std::fs;
use std::time::{Duration, Instant};

use floom_tests::{Browser, Desk, Floomsec, Trouble};

use crate::journal::Journal;

const WIDE: (u32, u32) = (1440, 900);
const NARROW: (u32, u32) = (390, 844);

/// The app of the design's pictures.
const MANIFEST: &str = r#"slug: weekend
name: Weekend
description: Finds the cheapest weekend flights to a city.
secrets_needed: [STRIPE_SECRET_KEY]
inputs:
  - { name: to, label: Where to?, required: true }
command:
  - sh
  - -c
  - |
    echo 'Looking for flights to Lisbon'
    echo '3 weekends, 6 airports near you'
    echo '42 offers found'
    sleep 3
    echo 'Comparing prices'
    echo "Price hold with key $STRIPE_SECRET_KEY"
    echo 'Fri 4 Dec 18:05 to Sun 6 Dec 20:40, 84 EUR, direct'
"#;

const SEVERAL: &str = r#"slug: several
name: Several
description: Asks for two keys and two inputs.
secrets_needed: [OPENAI_API_KEY, AMADEUS_API_KEY]
inputs:
  - { name: from, label: From, required: true }
  - { name: to, label: To, required: true }
command: [sh, -c, "echo Looking; exit 3"]
"#;

/// From a visitor's first look to a run, and what an app without its creator's key says.
pub(crate) async fn walk(journal: &mut Journal) -> Result<(), Trouble> {
    let desk = Desk::new()?;
    let floomsec = Floomsec::new(&desk);
    floomsec.run(&["vault", "init", "--yes"])?;
    let manifest = desk.home().join("floom.yaml");
    fs::write(&manifest, MANIFEST)?;
    floomsec.run(&["app".as_ref(), "add".as_ref(), manifest.as_os_str()])?;
    let page = floomsec.run(&["app", "page", "weekend"])?;
    let link = page.json["url"].as_str().unwrap_or_default().to_owned();
    journal.note("floomsec app page weekend: the address of its run page", page.took);

    let narrow = Browser::open(&desk, &link, NARROW).await?;
    narrow.until_shown("Connect your API key").await?;
    journal.page(&narrow, "run-connect-390", "a first visitor is asked for the own key", Duration::ZERO).await?;
    narrow.close().await?;

    let browser = Browser::open(&desk, &link, WIDE).await?;
    browser.until_shown("Connect your API key").await?;
    journal.page(&browser, "run-connect", "the same on a desk", Duration::ZERO).await?;
    browser.type_text("sk_live_0123456789abcdefghij").await?;
    let started = Instant::now();
    browser.enter().await?;
    browser.until_shown("connected").await?;
    journal.page(&browser, "run-ready", "connected; the app's own input", started.elapsed()).await?;
    browser.type_text("Lisbon").await?;
    let started = Instant::now();
    browser.enter().await?;
    browser.until_shown("42 offers").await?;
    journal.page(&browser, "run-running", "output as it comes", started.elapsed()).await?;
    browser.until_shown("Done").await?;
    journal.page(&browser, "run-done", "done; a name stands where the key was", started.elapsed()).await?;
    let home = link.split('?').next().unwrap_or_default();
    browser.go(&format!("{home}/replace")).await?;
    browser.until_shown("Replace your API key").await?;
    journal.page(&browser, "run-replace", "the key is replaced, blind", Duration::ZERO).await?;
    browser.go(&format!("{home}/remove")).await?;
    browser.until_shown("Remove your API key?").await?;
    journal.page(&browser, "run-remove", "a removal asks first", Duration::ZERO).await?;
    browser.go(home).await?;
    browser.until_shown("Where to?").await?;
    browser.darken().await?;
    journal.page(&browser, "run-ready-dark", "the same in the dark", Duration::ZERO).await?;
    browser.close().await?;

    several(journal, &desk).await?;

    let set = ["set", "STRIPE_SECRET_KEY", "--app", "weekend", "--policy", "creator"];
    floomsec.ask_with(&set, "sk_live_of_the_creator")?.expect_done()?;
    floomsec.status_when("the value on Floom", |status| {
        floom_tests::secret(status, "weekend", "STRIPE_SECRET_KEY")["sync"] == "synced"
    })?;
    floomsec.run(&["remove", "STRIPE_SECRET_KEY", "--app", "weekend"])?;
    let browser = Browser::open(&desk, &link, WIDE).await?;
    browser.until_shown("Where to?").await?;
    browser.type_text("Lisbon").await?;
    browser.enter().await?;
    browser.until_shown("This app is missing a secret.").await?;
    journal.page(&browser, "run-missing", "what the creator has to set", Duration::ZERO).await?;
    browser.close().await
}

/// An app that asks for two keys and two inputs, and fails.
async fn several(journal: &mut Journal, desk: &Desk) -> Result<(), Trouble> {
    let floomsec = Floomsec::new(desk);
    let manifest = desk.home().join("several.yaml");
    fs::write(&manifest, SEVERAL)?;
    floomsec.run(&["app".as_ref(), "add".as_ref(), manifest.as_os_str()])?;
    let page = floomsec.run(&["app", "page", "several"])?;
    let link = page.json["url"].as_str().unwrap_or_default().to_owned();
    let browser = Browser::open(desk, &link, NARROW).await?;
    browser.until_shown("Connect your API keys").await?;
    browser.type_text(" sk-with-a-space").await?;
    browser.tab(2).await?;
    browser.type_text("another key, long enough").await?;
    browser.enter().await?;
    browser.until_shown("begins or ends with a space").await?;
    journal
        .page(&browser, "run-refused-390", "one of two keys is refused, the other is stored", Duration::ZERO)
        .await?;
    browser.type_text("sk-without-a-space").await?;
    browser.enter().await?;
    browser.until_shown("Your keys:").await?;
    browser.type_text("BER").await?;
    browser.tab(1).await?;
    browser.type_text("LIS").await?;
    browser.enter().await?;
    browser.until_shown("ended with code 3").await?;
    journal.page(&browser, "run-failed-390", "a run that failed says why", Duration::ZERO).await?;
    browser.go(link.split('?').next().unwrap_or_default().replace("several", "nothing").as_str()).await?;
    browser.until_shown("This page opens by its link.").await?;
    journal.page(&browser, "run-no-link-390", "without its link a page says nothing", Duration::ZERO).await?;
    browser.close().await
}
