//! A server that says exactly what a test wants.

use std::sync::{Arc, Mutex};

use floom_client::{BaseUrl, Client};
use floom_secret::SecretValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server that gives one scripted answer per request and keeps what it was asked.
pub(crate) struct Script {
    /// Where it listens.
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Script {
    /// One that gives `answers` and then listens no more.
    pub(crate) async fn of(answers: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let kept = asked.clone();
        tokio::spawn(async move {
            for answer in answers {
                let (mut socket, _) = listener.accept().await.expect("a connection");
                let mut request = Vec::new();
                let mut chunk = [0; 4096];
                while !is_whole(&request) {
                    match socket.read(&mut chunk).await.expect("bytes") {
                        0 => break,
                        count => request.extend_from_slice(&chunk[..count]),
                    }
                }
                kept.lock().expect("a lock").push(String::from_utf8_lossy(&request).into_owned());
                // The client may close first where an answer is too large.
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        Self { port, asked }
    }

    /// A client of it with `token`.
    pub(crate) fn client(&self, token: Option<&str>) -> Client {
        let base = BaseUrl::parse(&format!("http://127.0.0.1:{}", self.port)).expect("a base address");
        Client::new(base, token.map(|token| SecretValue::new(token.into()))).expect("a client")
    }

    /// Every request that it got, as it came.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("a lock").clone()
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
    body.len() >= length.unwrap_or(0)
}

/// One answer.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}
