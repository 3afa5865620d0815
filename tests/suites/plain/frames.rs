//! What frames mean, and what becomes of whoever sends something else.

use salon::wire::engine_io::Message;
use serde_json::{Value, json};

use crate::{
    parlour::app,
    plain::{Plain, lab, lab_with},
};
use salon::testing::Lab;

#[salon::test]
async fn what_is_no_frame_ends_the_connection_with_a_bye() {
    let lab = lab().await?;
    for wrong in [
        "{}",
        "null",
        "7",
        "\"count\"",
        "[null]",
        "[0,\"count\"]",
        "[1.5,\"count\"]",
        "[1e2,\"count\"]",
        "[07,\"count\",1]",
        "[18446744073709551616,\"count\"]",
        "[7]",
        "[-0]",
        "[\"count\"",
        "[\"count\",]",
        "[\"count\",1]]",
        "[\"count\",1],[2]",
        "[\"count\"] x",
        "[\"count\",{]}",
        "[\"count\",\"\u{1}\"]",
        "[\"salon:welcome\",{}]",
        "[\"salon:nonsense\"]",
        "[\"salon:connect\",7]",
        "[\"salon:connect\",null,{\"$\":{\"heartbeat\":\"smoke\"}}]",
    ] {
        let client = Plain::come(&lab, "token-ada").await?;
        client.sends(wrong);
        client.says(&json!([1, "count"]));
        let bye = client.hears().await;
        assert_eq!(bye, json!(["salon:bye", { "code": "bad_frame", "retry": "never" }]), "{wrong}");
        let closed = client.0.closed().await;
        assert_eq!((closed.close_code, closed.reason.as_deref()), (Some(4400), Some("bad_frame")));
    }
    let client = Plain::come(&lab, "token-ada").await?;
    client.0.send_raw(Message::Binary(vec![1].into()));
    assert_eq!(client.is_parted_with("bad_frame", 4400).await, "never");
}

#[salon::test]
async fn frames_may_have_blanks_anywhere_and_stand_together_in_a_message() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "token-ada").await?;
    client.sends("\r\n [ 1 , \"greet\" , { \"name\" : \"Ada\" } ] \r\n\n[2,\"count\"]\n\n");
    assert_eq!(client.hears().await, json!([-1, "Hello, Ada"]));
    assert_eq!(client.hears().await, json!([-2, 1]));
    client.sends("");
    client.sends("\n \n");
    client.sends("[3,\"\\u0063ount\"]");
    assert_eq!(client.hears().await, json!([-3, 2]));
    client.sends("[18446744073709551615,\"count\",null]");
    let answer = client.0.expect_raw().await;
    assert_eq!(answer, Message::Text("[-18446744073709551615,3]".into()));
}

#[salon::test]
async fn more_frames_in_a_message_than_may_be_are_handled_up_to_the_limit() {
    let (builder, runs, _) = app();
    let lab = Lab::new(builder.build()?).await;
    let client = Plain::come(&lab, "token-ada").await?;
    client.sends(&vec!["[\"count\"]"; 4_096].join("\n"));
    lab.settle().await;
    assert_eq!(runs.count(), 4_096);
    client.0.expect_none().await;
    client.sends(&vec!["[\"count\"]"; 4_097].join("\n"));
    assert_eq!(client.is_parted_with("bad_frame", 4400).await, "never");
    assert_eq!(runs.count(), 2 * 4_096);
}

#[salon::test]
async fn heartbeats_count_as_frames_of_a_message_as_well() {
    let lab = lab_with(|it| it.limits(|limits| limits.max_frames_per_message = 3)).await?;
    let client = Plain::come(&lab, "token-ada").await?;
    client.sends("[]\n[]\n[1,\"count\"]");
    assert_eq!(client.is_answered(1).await, json!([-1, 1]));
    client.sends("[]\n[]\n[]\n[2,\"count\"]");
    client.is_parted_with("bad_frame", 4400).await;
}

#[salon::test]
async fn what_is_said_of_a_delivery_and_not_known_is_ignored() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "token-ada").await?;
    let trace = json!({ "$": { "trace": "00-4bf9", "contract": 7, "x": [{}] } });
    client.says(&json!([1, "greet", { "name": "Ada" }, trace]));
    assert_eq!(client.hears().await, json!([-1, "Hello, Ada"]));
}

#[salon::test]
async fn a_delivery_in_the_place_of_a_payload_is_no_payload() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "token-ada").await?;
    client.says(&json!([1, "greet", { "$": { "x": 1 } }]));
    let refused = client.hears().await;
    assert_eq!(refused[2]["code"], "invalid_payload", "{refused}");
    client.says(&json!([2, "greet", { "name": 7 }]));
    let refused = client.hears().await;
    assert_eq!(refused[2]["code"], "invalid_payload", "{refused}");
    assert_eq!(refused[1], Value::Null);
    let deep = format!("[3,\"greet\",{}{}]", "[".repeat(5_000), "]".repeat(5_000));
    client.sends(&deep);
    assert_eq!(client.hears().await[2]["code"], "invalid_payload");
}

#[salon::test]
async fn an_answer_that_nobody_awaits_is_ignored() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "token-ada").await?;
    client.sends(
        "[-1,\"green\"]\n[-18446744073709551615]\n[-2,null,{\"code\":\"a\",\"message\":\"b\"}]",
    );
    client.says(&json!([1, "count"]));
    assert_eq!(client.hears().await, json!([-1, 1]));
}

#[salon::test]
async fn the_server_asks_and_is_answered_or_refused() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "token-ada").await?;
    client.says(&json!([1, "consult"]));
    assert_eq!(client.hears().await, json!([1, "favourite", { "of": "colours" }]));
    client.sends("[-1,\"green\"]");
    assert_eq!(client.hears().await, json!([-1, "green"]));
    client.says(&json!([2, "consult"]));
    assert_eq!(client.hears().await, json!([2, "favourite", { "of": "colours" }]));
    client.sends("[-2,null,{\"code\":\"busy\",\"message\":\"later\"}]");
    let refused = client.hears().await;
    assert_eq!((&refused[0], &refused[2]["code"]), (&json!(-2), &json!("refused")), "{refused}");
}

#[salon::test]
async fn an_event_without_an_answer_is_told_if_it_is_refused_and_else_not() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "token-ada").await?;
    client.says(&json!(["greet", { "name": "Ada" }]));
    client.says(&json!(["greet", { "name": "" }]));
    let error = json!({ "code": "no_name", "message": "say who you are" });
    let refused = json!(["salon:refused", { "event": "greet", "error": error }]);
    assert_eq!(client.hears().await, refused);
    client.says(&json!(["nothing"]));
    assert_eq!(client.hears_of("salon:refused").await["error"]["code"], "unknown_event");
    client.says(&json!([1, "nothing"]));
    assert_eq!(client.hears().await[2]["code"], "unknown_event");
}
