//! A client of Engine.IO over WebSocket, which says what a test says.
//!
//! It must never repair what it receives: only heartbeats are answered on its behalf.

use crate::{
    Result,
    websocket::{Incoming, WebSocket},
};

/// A client over WebSocket.
#[derive(Debug)]
pub struct Client(WebSocket);

impl From<WebSocket> for Client {
    fn from(socket: WebSocket) -> Self {
        Self(socket)
    }
}

impl Client {
    /// Sends a text.
    pub async fn send(&mut self, text: &str) -> Result<()> {
        self.0.send(text).await
    }

    /// Sends bytes.
    pub async fn send_binary(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.send_binary(bytes).await
    }

    /// The next message; pings are answered.
    pub async fn incoming(&mut self) -> Result<Incoming> {
        loop {
            match self.0.receive().await? {
                Incoming::Text(text) if text == "2" => self.0.send("3").await?,
                incoming => return Ok(incoming),
            }
        }
    }

    /// The next text; pings are answered.
    pub async fn next(&mut self) -> Result<String> {
        match self.incoming().await? {
            Incoming::Text(text) => Ok(text),
            other => Err(format!("{other:?} where a text is due").into()),
        }
    }

    /// The next bytes; pings are answered.
    pub async fn next_binary(&mut self) -> Result<Vec<u8>> {
        match self.incoming().await? {
            Incoming::Binary(bytes) => Ok(bytes),
            other => Err(format!("{other:?} where bytes are due").into()),
        }
    }

    /// Sends a text and gives what comes next.
    pub async fn ask(&mut self, text: &str) -> Result<String> {
        self.send(text).await?;
        self.next().await
    }

    /// Waits for the end, whatever comes before it.
    pub async fn closed(&mut self) -> Result<Option<(u16, String)>> {
        loop {
            if let Incoming::Closed(close) = self.incoming().await? {
                return Ok(close);
            }
        }
    }

    /// The next message, even a ping.
    pub async fn raw(&mut self) -> Result<Incoming> {
        self.0.receive().await
    }
}
