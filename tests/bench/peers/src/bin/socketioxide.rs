//! The contract of `load` on socketioxide and axum, as their examples write it.
//!
//! It must never be tuned in a way that its documentation does not tell of.

use serde::Deserialize;
use serde_json::Value;
use socketioxide::{
    SocketIo,
    extract::{AckSender, Data, SocketRef},
};

#[derive(Deserialize)]
struct Publish {
    room: String,
    data: Value,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let (layer, io) = SocketIo::new_layer();
    io.ns("/", async |socket: SocketRef| {
        socket.on("echo", async |Data::<Value>(value), ack: AckSender| {
            let _ = ack.send(&value);
        });
        socket.on("join", async |socket: SocketRef, Data::<String>(room), ack: AckSender| {
            socket.join(room);
            let _ = ack.send(&());
        });
        socket.on("leave", async |socket: SocketRef, Data::<String>(room), ack: AckSender| {
            socket.leave(room);
            let _ = ack.send(&());
        });
        socket.on("pub", async |socket: SocketRef, Data::<Publish>(event), ack: AckSender| {
            let _ = socket.to(event.room).emit("msg", &event.data).await;
            let _ = ack.send(&());
        });
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("listening on {}", listener.local_addr()?.port());
    axum::serve(listener, axum::Router::new().layer(layer)).await
}
