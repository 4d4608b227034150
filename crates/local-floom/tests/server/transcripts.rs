//! Exchanges recorded from Floom's own server, asked again here, in their order: the answers are the same.

use std::collections::HashMap;

use serde_json::Value;

use crate::harness::Floom;

const RECORDED: &str = include_str!("transcripts/oss.md");

/// Where Local Floom answers otherwise on purpose: the number, the status, the code.
const OTHERWISE: [(u32, u16, &str); 4] = [
    // Floom stores a token's scope and does not look at it; here it counts.
    (116, 403, "forbidden_scope"),
    (117, 403, "forbidden_scope"),
    (118, 403, "forbidden_scope"),
    (129, 403, "forbidden_scope"),
];

/// Fields whose content is another on each server: only whether there is one is compared.
const VARIES: [&str; 8] =
    ["updated_at", "created_at", "last_used_at", "id", "prefix", "raw_token", "retryAfter", "deploy_enabled"];

#[derive(Debug)]
struct Exchange {
    number: u32,
    title: String,
    method: String,
    path: String,
    token: Option<String>,
    body: String,
    status: u16,
    headers: HashMap<String, String>,
    answer: String,
}

fn exchanges() -> Vec<Exchange> {
    let mut parts = RECORDED.split("```");
    let mut exchanges = Vec::new();
    while let (Some(before), Some(text)) = (parts.next(), parts.next()) {
        let title = before.trim().rsplit("**").nth(1).expect("a title").to_owned();
        let number = title.split('.').next().and_then(|number| number.parse().ok()).expect("a number");
        let (asked, answered) = text.trim().split_once("--> ").expect("an arrow");
        let mut asked = asked.lines();
        let (method, path) = asked.next().and_then(|line| line.split_once(' ')).expect("a request");
        let mut token = None;
        let mut body = Vec::new();
        for line in asked {
            match line.split_once(": ") {
                Some(("Authorization", value)) => token = value.strip_prefix("Bearer ").map(str::to_owned),
                Some(("Cookie", _)) => {}
                _ => body.push(line),
            }
        }
        let mut answered = answered.lines();
        let status = answered.next().and_then(|line| line.trim().parse().ok()).expect("a status");
        let mut headers = HashMap::new();
        let mut answer = Vec::new();
        for line in answered {
            match line.split_once(": ") {
                Some((name, value)) if !line.starts_with(['{', '[']) => {
                    headers.insert(name.to_owned(), value.to_owned());
                }
                _ => answer.push(line),
            }
        }
        exchanges.push(Exchange {
            number,
            method: method.to_owned(),
            path: path.to_owned(),
            token,
            body: whole(&body.join("\n")),
            status,
            headers,
            answer: answer.join("\n").replace("(empty body)", ""),
            title,
        });
    }
    exchanges
}

/// `@TEXT*N` written out.
fn whole(body: &str) -> String {
    let Some((before, rest)) = body.split_once("\"@") else { return body.to_owned() };
    let (text, rest) = rest.split_once('*').expect("a count");
    let (count, after) = rest.split_once('"').expect("its end");
    format!("{before}\"{}\"{after}", text.repeat(count.parse().expect("a number")))
}

/// What is compared of an answer.
fn comparable(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(comparable),
        Value::Object(fields) => {
            for (name, field) in fields {
                match VARIES.contains(&name.as_str()) && !field.is_null() && *field != "local" {
                    true => *field = "something".into(),
                    false => comparable(field),
                }
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn what_floom_answered_is_answered_here() {
    let floom = Floom::start().await;
    // Tokens and their ids, as they were recorded and as they are here.
    let mut known: Vec<(String, String)> = Vec::new();
    let exchanges = exchanges();
    assert!(exchanges.len() > 95, "all of the recording is read: {}", exchanges.len());
    for exchange in exchanges {
        let ours = |text: &str| known.iter().fold(text.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours));
        let token = exchange.token.as_deref().map_or_else(|| floom.bearer(), ours);
        let answer = floom.ask_as(Some(&token), &exchange.method, &ours(&exchange.path), &exchange.body).await;
        let what = format!("{} ({} {})", exchange.title, exchange.method, exchange.path);
        if let Some((_, status, code)) = OTHERWISE.iter().find(|(number, ..)| *number == exchange.number) {
            assert_eq!((answer.status, answer.json()["code"].as_str()), (*status, Some(*code)), "{what}: otherwise");
            continue;
        }
        assert_eq!(answer.status, exchange.status, "{what}: {}", answer.body);
        match serde_json::from_str::<Value>(&exchange.answer) {
            Ok(mut theirs) => {
                let mut here = answer.json();
                for field in ["raw_token", "id"] {
                    if let (Some(theirs), Some(here)) = (theirs[field].as_str(), here[field].as_str()) {
                        known.push((theirs.to_owned(), here.to_owned()));
                    }
                }
                comparable(&mut theirs);
                comparable(&mut here);
                assert_eq!(here, theirs, "{what}");
            }
            Err(_) => assert_eq!(answer.body, exchange.answer, "{what}"),
        }
        for (name, value) in &exchange.headers {
            if !name.starts_with("x-ratelimit") && name != "retry-after" {
                continue;
            }
            assert!(answer.headers.contains(&format!("{name}: ")), "{what}: it has the header {name}: {}", answer.head);
            if value == "agent_token" {
                let scope = answer.headers.contains("x-ratelimit-scope: agent_token");
                assert!(scope, "{what}: a token's own budget is spent");
            }
        }
    }
}
