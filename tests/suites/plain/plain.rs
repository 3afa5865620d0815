//! A client of the lab that speaks frames, and is asked which it heard.

use actix_web::http::Method;
use salon::{
    Builder,
    auth::Identified,
    testing::{Client, ConnectError, Failure, Lab, Response, Visitor, Wire},
    wire::engine_io::Message,
};
use salon_tests::guests::Guest;
use serde_json::{Value, json};

use crate::parlour::app;

/// The app on a clock of its own.
pub(crate) async fn lab() -> Result<Lab, Failure> {
    lab_with(|builder| builder).await
}

pub(crate) async fn lab_with(
    change: impl FnOnce(Builder<Identified<Guest>>) -> Builder<Identified<Guest>>,
) -> Result<Lab, Failure> {
    Ok(Lab::new(change(app().0).build()?).await)
}

/// One client.
pub(crate) struct Plain(pub(crate) Client);

impl Plain {
    /// Opens a WebSocket, and says nothing.
    pub(crate) async fn open(lab: &Lab) -> Result<Self, ConnectError> {
        Self::opened(lab.visitor()).await
    }

    pub(crate) async fn opened(visitor: Visitor<'_>) -> Result<Self, ConnectError> {
        Ok(Self(visitor.wire(Wire::Plain).open().await?))
    }

    /// Opens one, and says who it is.
    pub(crate) async fn come(lab: &Lab, token: &str) -> Result<Self, ConnectError> {
        let client = Self::open(lab).await?;
        client.connects(token);
        client.hears_of("salon:welcome").await;
        Ok(client)
    }

    /// Says who it is.
    pub(crate) fn connects(&self, token: &str) {
        self.says(&json!(["salon:connect", { "token": token }]));
    }

    /// Sends a frame.
    pub(crate) fn says(&self, frame: &Value) {
        self.sends(&frame.to_string());
    }

    /// Sends any text.
    pub(crate) fn sends(&self, text: &str) {
        self.0.send_raw(Message::Text(text.to_owned().into()));
    }

    /// The next frame.
    #[track_caller]
    pub(crate) fn hears(&self) -> impl Future<Output = Value> {
        let raw = self.0.expect_raw();
        async { frame(raw.await) }
    }

    /// The next frame, which is of that name; what it carries.
    #[track_caller]
    pub(crate) fn hears_of(&self, name: &str) -> impl Future<Output = Value> {
        let raw = self.0.expect_raw();
        async move {
            let mut frame = frame(raw.await);
            assert_eq!(frame[0], name, "{frame}");
            frame[1].take()
        }
    }

    /// What the event that it has sent with that id is answered, whatever comes before that.
    pub(crate) async fn is_answered(&self, id: i64) -> Value {
        loop {
            let heard = self.hears().await;
            if heard[0] == -id {
                return heard;
            }
        }
    }

    /// Is told why it is parted with, and sees its WebSocket closed with that code; when to come back.
    pub(crate) async fn is_parted_with(&self, code: &str, close_code: u16) -> Value {
        let mut bye = loop {
            let heard = self.hears().await;
            if heard[0] == "salon:bye" {
                break heard;
            }
        };
        assert_eq!(bye[1]["code"], code, "{bye}");
        let closed = self.0.closed().await;
        assert_eq!(closed.close_code, Some(close_code), "{closed:?}");
        assert_eq!(closed.reason.as_deref(), Some(code));
        bye[1]["retry"].take()
    }
}

pub(crate) fn frame(message: Message) -> Value {
    let Message::Text(text) = message else { panic!("{message:?} is no text") };
    assert!(!text.contains('\n'), "each frame is a message of its own: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text} is no JSON: {error}"))
}

/// Calls an event.
pub(crate) async fn call(lab: &Lab, event: &str, json: &Value) -> Result<Response, ConnectError> {
    let visitor = lab.visitor().header("authorization", "Bearer token-ada");
    visitor.request(Method::POST, &format!("/salon/call/{event}"), json.to_string()).await
}

/// The body of a response, as JSON.
pub(crate) fn body(response: &Response) -> Value {
    let text = response.text();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text:?} is no JSON: {error}"))
}
