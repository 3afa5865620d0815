//! Answers and refusals are told apart, and bytes are bytes, whichever format they come in.

use salon::wire::engine_io::Message;
use serde_json::json;

use crate::{asker::asking, msgpack::Packed, plain::Plain};

/// A refusal that lacks its message is one still; what asked whether must not go on.
#[salon::test]
async fn a_refusal_without_a_message_is_no_consent() {
    let lab = asking().await;
    for refusal in [json!({ "code": "no" }), json!({ "code": "no", "message": null }), json!({})] {
        let client = Plain::come(&lab, "token-ada").await?;
        client.says(&json!([1, "try", { "what": "sure" }]));
        let question = client.hears().await;
        assert_eq!(question[1], "sure", "{question}");
        let id = -question[0].as_i64().expect("an id");
        client.says(&json!([id, null, refusal]));
        let answer = client.is_answered(1).await;
        assert_ne!(answer, json!([-1, "Ok(())"]), "{refusal} was taken for consent");
    }
}

/// `[-7, …]` is the answer to 7, and `[-7,null,{…}]` the refusal.
#[salon::test]
async fn an_answer_is_no_refusal_whatever_it_looks_like() {
    let lab = asking().await;
    let client = Plain::come(&lab, "token-ada").await?;
    client.says(&json!([1, "try", { "what": "report" }]));
    let question = client.hears().await;
    let id = -question[0].as_i64().expect("an id");
    client.says(&json!([id, { "error": { "code": "e7", "message": "the disk is full" } }]));
    let answer = client.is_answered(1).await;
    assert!(answer[1].as_str().is_some_and(|it| it.starts_with("Ok(Report")), "{answer}");
}

/// Of an untyped question as of a typed one.
#[salon::test]
async fn an_untyped_question_is_refused_as_a_typed_one_is() {
    let lab = asking().await;
    let client = Plain::come(&lab, "token-ada").await?;
    client.says(&json!([1, "try", { "what": "untyped" }]));
    let question = client.hears().await;
    let id = -question[0].as_i64().expect("an id");
    client.says(&json!([id, null, { "code": "no", "message": "no" }]));
    let answer = client.is_answered(1).await;
    assert!(answer[1].as_str().is_some_and(|it| it.starts_with("Err(Refused")), "{answer}");
}

/// What a client's refusal has in it that is bytes.
#[salon::test]
async fn bytes_in_a_refusal_are_not_lost() {
    let lab = asking().await;
    let client = Packed::come(&lab, "token-ada").await?;
    client.says(&(1, "try", json!({ "what": "sure" })));
    let question = client.hears().await;
    assert_eq!(question[1], "sure", "{question}");
    let id = -question[0].as_i64().expect("an id");
    assert_eq!(id, -1);
    let mut refusal = b"\x93\xff\xc0\x83\xa4code\xa2no\xa7message\xa2no\xa4data\xc4\x02".to_vec();
    refusal.extend([1, 2]);
    client.sends(refusal);
    let answer = client.hears().await;
    let text = answer[1].as_str().expect("a text");
    assert!(!text.contains("_placeholder"), "{text}");
}

/// What is replied has a form for all, or is refused; whoever asked does not wait for good.
#[salon::test]
async fn a_reply_without_a_form_is_answered_all_the_same() {
    let lab = asking().await;
    let json = Plain::come(&lab, "token-ada").await?;
    json.says(&json!([1, "deep", { "levels": 130 }]));
    let Message::Text(text) = json.0.expect_raw().await else { panic!("a text") };
    assert!(text.starts_with("[-1,"), "{text}");
    let client = Packed::come(&lab, "token-ada").await?;
    client.says(&(1, "deep", json!({ "levels": 130 })));
    client.says(&(2, "deep", json!({ "levels": 1 })));
    let answer = client.hears().await;
    assert_eq!(answer[0], -1, "nothing was said of 1: {answer}");
}

/// An event that is sent again by another connection has one effect, whatever that speaks.
#[salon::test]
async fn what_is_sent_again_in_the_other_format_is_the_same() {
    let lab = asking().await;
    let client = Packed::come(&lab, "token-ada").await?;
    let keep = b"\x94\x01\xa4keep\x81\xa5bytes\xc4\x03\x01\x02\xff\x81\xa1$\x81\xa3key\xa1a";
    client.sends(keep.to_vec());
    let first = client.hears().await;
    let json = Plain::come(&lab, "token-ada").await?;
    json.says(&json!([1, "keep", { "bytes": "AQL/" }, { "$": { "key": "a" } }]));
    assert_eq!(json.hears().await, first);
}

#[salon::test]
async fn bytes_in_presence_are_text_in_every_format() {
    let lab = asking().await;
    let json = Plain::come(&lab, "token-ada").await?;
    json.says(&json!([1, "gallery:enter", { "gallery": 1 }]));
    let joined = json.hears_of("salon:joined").await;
    assert!(joined.to_string().contains("\"AQL/\""), "{joined}");
    let client = Packed::come(&lab, "token-ada").await?;
    client.says(&(1, "gallery:enter", json!({ "gallery": 1 })));
    let joined = client.hears_bytes().await;
    assert!(String::from_utf8_lossy(&joined).contains("thumb\u{fffd}AQL/"), "{joined:x?}");
}
