//! `floor DIR`: the least that a durable server of sealed values can do, for the benchmark: axum, one SQLite connection,
//! AES-256-GCM. `GET /read` checks the token, reads one row and opens it; `PUT /write` seals one and commits it.

use std::error::Error;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use aes_gcm::aead::Aead;
use aes_gcm::{Aes256Gcm, KeyInit};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, put};
use rusqlite::{Connection, params};
use tokio::net::TcpListener;

const TOKEN: &str = "Bearer floor";

struct Floor {
    database: Mutex<Connection>,
    cipher: Aes256Gcm,
}

type Shared = Arc<Floor>;
type Answer = Result<String, StatusCode>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir: PathBuf = std::env::args_os().nth(1).ok_or("usage: floor DIR")?.into();
    std::fs::create_dir_all(&dir)?;
    let database = Connection::open(dir.join("floor.db"))?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.pragma_update(None, "synchronous", "FULL")?;
    database.execute_batch("CREATE TABLE value (key TEXT PRIMARY KEY, nonce BLOB, sealed BLOB) STRICT")?;
    let mut key = [0; 32];
    getrandom::fill(&mut key)?;
    let floor = Arc::new(Floor { database: Mutex::new(database), cipher: Aes256Gcm::new(&key.into()) });
    store(&floor, b"{\"value\":\"sk-0123456789\"}").map_err(|status| status.to_string())?;
    let router = Router::new().route("/read", get(read)).route("/write", put(write)).with_state(floor);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{} floor", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

async fn read(State(floor): State<Shared>, headers: HeaderMap) -> Answer {
    allowed(&headers)?;
    beside(move || {
        let row = {
            let database = floor.database.lock().unwrap_or_else(PoisonError::into_inner);
            let mut statement = database
                .prepare_cached("SELECT nonce, sealed FROM value WHERE key = 'API_KEY'")
                .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
            statement
                .query_row([], |row| Ok((row.get::<_, [u8; 12]>(0)?, row.get::<_, Vec<u8>>(1)?)))
                .map_err(|_| StatusCode::NOT_FOUND)?
        };
        let (nonce, sealed) = row;
        let plain = floor.cipher.decrypt(&nonce.into(), sealed.as_slice());
        let plain = plain.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
        Ok(format!("{{\"length\":{}}}", plain.len()))
    })
    .await
}

async fn write(State(floor): State<Shared>, headers: HeaderMap, body: Bytes) -> Answer {
    allowed(&headers)?;
    beside(move || store(&floor, &body).map(|()| "{\"ok\":true}".to_owned())).await
}

fn store(floor: &Floor, value: &[u8]) -> Result<(), StatusCode> {
    let mut nonce = [0; 12];
    getrandom::fill(&mut nonce).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let sealed = floor.cipher.encrypt(&nonce.into(), value).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let database = floor.database.lock().unwrap_or_else(PoisonError::into_inner);
    let put = "INSERT OR REPLACE INTO value VALUES ('API_KEY', ?1, ?2)";
    let mut statement = database.prepare_cached(put).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    statement.execute(params![nonce, sealed]).map(drop).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

async fn beside(work: impl FnOnce() -> Answer + Send + 'static) -> Answer {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(StatusCode::INTERNAL_SERVER_ERROR))
}

fn allowed(headers: &HeaderMap) -> Result<(), StatusCode> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given == Some(TOKEN) { Ok(()) } else { Err(StatusCode::UNAUTHORIZED) }
}
