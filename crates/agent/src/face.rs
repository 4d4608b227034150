//! One face on the socket: handshake, then commands and snapshots until it leaves.

use std::sync::Arc;

use floom_engine::Handle;
use floom_protocol::Failure;
use floom_protocol::command::Look;
use floom_protocol::frame::{First, FromAgent, Hello, PROTOCOL, Reply, Request};
use floom_protocol::socket::{FrameReader, FrameWriter, Stream, split};
use floom_protocol::view::Snapshot;
use tokio::sync::{Mutex, watch};

/// Why a face is served no longer.
pub(crate) enum Ending {
    /// It left.
    Left,
    /// It asked the agent to end, and knows that it has when this connection closes.
    Drain(FrameReader, FrameWriter),
}

/// Serves one face until it leaves.
pub(crate) async fn serve(stream: Stream, engine: &Handle) -> Ending {
    let (mut reader, mut writer) = split(stream);
    let hello = match reader.read().await {
        Ok(First::Hello(hello)) => hello,
        Ok(First::Drain {}) => {
            let _ = writer.write(&Reply::Draining {}).await;
            engine.stop().await;
            return Ending::Drain(reader, writer);
        }
        Err(_) => return Ending::Left,
    };
    let fits = hello.protocol == PROTOCOL;
    if writer.write(&welcome(&hello)).await.is_err() || !fits {
        return Ending::Left;
    }
    if let Some(address) = hello.session_bus {
        engine.session_bus(address);
    }
    let writer = Arc::new(Mutex::new(writer));
    let follower = hello.follow.then(|| tokio::spawn(follow(engine.clone(), engine.snapshots(), writer.clone())));
    answer_all(&mut reader, &writer, engine).await;
    if let Some(follower) = follower {
        follower.abort();
    }
    Ending::Left
}

fn welcome(hello: &Hello) -> Reply {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    if hello.protocol == PROTOCOL {
        return Reply::Welcome { protocol: PROTOCOL, version };
    }
    let (code, message, next) = if hello.protocol < PROTOCOL {
        ("face_older", "This program is older than the agent that runs.", "Close it and start the new one.")
    } else {
        ("agent_older", "The agent that runs is older than this program.", "It makes room when it is asked to.")
    };
    Reply::Refused {
        protocol: PROTOCOL,
        version,
        failure: Failure::new(code, message, "Nothing was changed; the agent goes on syncing.", next),
    }
}

async fn answer_all(reader: &mut FrameReader, writer: &Arc<Mutex<FrameWriter>>, engine: &Handle) {
    while let Ok(Request { id, command }) = reader.read().await {
        let (answer, writer) = (engine.submit(command), writer.clone());
        tokio::spawn(async move {
            let result = answer.await;
            let _ = writer.lock().await.write(&FromAgent::Response { id, result }).await;
        });
    }
}

async fn follow(engine: Handle, mut snapshots: watch::Receiver<Snapshot>, writer: Arc<Mutex<FrameWriter>>) {
    // The first snapshot waits until it is known where the vault stands.
    snapshots.mark_unchanged();
    let Ok(first) = engine.command(Look {}.into()).await else { return };
    let Ok(first) = serde_json::from_value::<Snapshot>(first) else { return };
    let mut next = first;
    loop {
        if writer.lock().await.write(&FromAgent::Changed(Box::new(next))).await.is_err() {
            return;
        }
        if snapshots.changed().await.is_err() {
            return;
        }
        next = snapshots.borrow_and_update().clone();
    }
}
