//! The document of the extension names the routes that there are, and no others.

use std::collections::BTreeSet;

use floom_local::{ROUTES, Store, StoreKey};
use serde_json::Value;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

const DOCUMENT: &str = include_str!("../OPENAPI.yaml");

#[test]
fn the_document_has_every_route_of_the_extension_and_no_other() {
    let document: Value = serde_saphyr::from_str(DOCUMENT).expect("YAML");
    let paths = document["paths"].as_object().expect("paths");
    let methods = |(path, item): (&String, &Value)| -> Vec<(String, String)> {
        let item = item.as_object().expect("a path's methods").clone();
        item.into_iter()
            .filter(|(name, _)| name != "parameters")
            .map(|(method, operation)| {
                let summary = operation["summary"].as_str().unwrap_or_default();
                assert!(!summary.is_empty(), "{method} {path} says what it does");
                assert!(operation["responses"]["401"].is_object(), "{method} {path} says that it wants a bearer");
                (method.to_uppercase(), path.clone())
            })
            .collect()
    };
    let documented: BTreeSet<_> = paths.iter().flat_map(methods).collect();
    let extension = ROUTES.iter().filter(|route| route.extension);
    let offered: BTreeSet<_> = extension.map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
    assert_eq!(documented, offered, "the document and the table of routes are one");
}

/// Asks a real server everything that schemathesis can think of; `FLOOM_SCHEMATHESIS` is its program.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs schemathesis: `cargo xtask soak openapi`"]
async fn the_server_keeps_to_its_document() {
    let program = std::env::var("FLOOM_SCHEMATHESIS").expect("the program's path");
    let folder = tempfile::tempdir().expect("a folder");
    let key = StoreKey::new(Zeroizing::new([9; 32]));
    let store = Store::open(folder.path(), key).expect("a store");
    store.ensure_sample(vec!["true".into()]).expect("the sample");
    let token = store.bearer().expect("a token").0;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(floom_local::serve(listener, store, std::future::pending()));
    // Names that it makes up are no app's and no key's: with the sample's it gets further than 404.
    let names = "[parameters]\nslug = \"flyfast\"\nkey = \"OPENAI_API_KEY\"\n";
    std::fs::write(folder.path().join("schemathesis.toml"), names).expect("its settings");
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/OPENAPI.yaml");
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
    let status = tokio::process::Command::new(program)
        .args(["run", document, "--url", &url, "--checks", checks, "--max-examples", "200", "--header"])
        .arg(format!("Authorization: Bearer {}", token.expose()))
        .current_dir(folder.path())
        .status()
        .await
        .expect("schemathesis");
    assert!(status.success(), "every answer is one that the document names");
}
