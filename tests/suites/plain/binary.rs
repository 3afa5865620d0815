//! Bytes where there are no attachments: base64, both ways.

use salon::{Binary, testing::Wire};
use serde_json::json;

use crate::{
    parlour::{Turn, Turned},
    plain::{Plain, body, call, lab},
};

#[salon::test]
async fn bytes_come_and_go_as_base64_text() {
    let lab = lab().await?;
    let client = Plain::come(&lab, "token-ada").await?;
    client.says(&json!([1, "turn", { "bytes": "AQL/" }]));
    assert_eq!(client.hears().await, json!(["turned", { "bytes": "/wIB" }]));
    assert_eq!(client.hears().await, json!([-1, "/wIB"]));
    client.says(&json!([2, "turn", { "bytes": "" }]));
    assert_eq!(client.hears().await, json!(["turned", { "bytes": "" }]));
    assert_eq!(client.hears().await, json!([-2, ""]));
    for wrong in [json!("no!"), json!("_-8="), json!(7), json!({ "_placeholder": true, "num": 0 })]
    {
        client.says(&json!([3, "turn", { "bytes": wrong }]));
        assert_eq!(client.hears().await[2]["code"], "invalid_payload", "{wrong}");
    }
    client.says(&json!([4, "turn", { "bytes": [1, 2] }]));
    assert_eq!(client.is_answered(4).await, json!([-4, "AgE="]));
}

#[salon::test]
async fn one_event_by_one_request_has_them_so_as_well() {
    let lab = lab().await?;
    let response = call(&lab, "turn", &json!({ "bytes": "AQL/" })).await?;
    assert_eq!((response.status.as_u16(), body(&response)), (200, json!("/wIB")));
}

#[salon::test]
async fn the_same_event_has_its_bytes_over_every_wire() {
    let lab = lab().await?;
    for wire in Wire::ALL {
        let visitor = lab.visitor().wire(wire).auth(json!({ "token": "token-ada" }));
        let client = visitor.connect().await?;
        let bytes = Binary::from((0..=255).collect::<Vec<u8>>());
        let turned: Vec<u8> = (0..=255).rev().collect();
        let sent = client.send(Turn { bytes });
        assert_eq!(*client.expect::<Turned>().await.bytes, *turned, "{wire:?}");
        assert_eq!(*sent.await?, *turned, "{wire:?}");
    }
}
