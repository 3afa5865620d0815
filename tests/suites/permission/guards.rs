//! Guards: what they see, and what becomes of their panics.
//!
//! It must never let a guard wait; that is for the tests in `waiting`.

use salon::{Code, Count, testing::Lab};
use serde_json::json;

use crate::{
    clerk::reader,
    heard::{code, refusal},
    library::{List, Read, Whisper, enter, library},
};

fn whisper(word: &str) -> Whisper {
    Whisper(word.to_owned())
}

#[salon::test]
async fn a_guard_sees_who_sent_what_where_and_the_first_that_refuses_answers() {
    let lab = Lab::new(library(|builder| builder).0).await;
    let ada = lab.connect(reader(&json!({ "enter": "Standing", "read": "Standing" }))).await?;
    let eve = lab.connect(json!({ "name": "eve", "rights": {} })).await?;
    let muted = refusal(ada.send(whisper("muted")).await);
    assert_eq!((muted.code().as_str(), muted.message()), ("muted", "ada is muted in no room"));
    ada.send(enter(7)).await?;
    let muted = refusal(ada.send(Read { shelf: 7, aloud: "muted".to_owned() }).await);
    assert_eq!((muted.code().as_str(), muted.message()), ("muted", "ada is muted in shelf:7"));
    assert_eq!(code(eve.send(whisper("muted")).await).as_str(), "muted");
    let eve = refusal(eve.send(whisper("psst")).await);
    assert_eq!((eve.code().as_str(), eve.message()), ("eve", "whisper is not for eve"));
    assert_eq!(lab.counters().get(Count::EventsRefused), 4);
}

#[salon::test]
async fn a_panic_in_a_check_is_an_internal_refusal_and_harms_nobody() {
    let lab = Lab::new(library(|builder| builder).0).await;
    let rights = reader(&json!({ "list": "Panic" }));
    let (ada, bob) = (lab.connect(&rights).await?, lab.connect(&rights).await?);
    assert_eq!(code(ada.send(List).await), Code::Internal);
    assert_eq!(lab.counters().get(Count::HandlerPanics), 1);
    assert_eq!(code(ada.send(whisper("panic")).await), Code::Internal);
    assert_eq!(lab.counters().get(Count::HandlerPanics), 2);
    let (transcript, id) = (lab.transcript(), ada.id().ok_or("no id")?);
    let lines = transcript.traced().filter(|line| line.contains("panicked"));
    let named = lines.filter(|line| line.contains(&format!("session={id:?}")));
    assert_eq!(named.count(), 2, "the log says whose: {transcript:#?}");
    for client in [&ada, &bob] {
        assert_eq!(client.send(whisper("psst")).await?, 1, "no handler has run before");
    }
}
