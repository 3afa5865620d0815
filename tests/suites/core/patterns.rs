//! Which names a namespace has by a pattern, as clients see it.

use salon::{
    BuildError, Namespace, Salon,
    testing::{Lab, Wire},
};

use crate::table::{next_text, text};

#[salon::test]
async fn a_pattern_lets_in_the_names_that_its_counterpart_in_javascript_lets_in() {
    let salon = Salon::builder()
        .namespace(Namespace::pattern(r"/number-{number:\d+}"))
        .namespace(Namespace::pattern(r"/word-{word:\w+}"))
        .namespace(Namespace::pattern(r"/any-{any:.}"))
        .build()?;
    let lab = Lab::new(salon).await;
    for wire in [Wire::WebSocket, Wire::Polling] {
        let client = lab.visitor().wire(wire).open().await?;
        for (name, is_there) in [
            ("/number-7", true),
            ("/number-0123456789", true),
            ("/number-٣", false),
            ("/number-７", false),
            ("/number-7१", false),
            ("/number-", false),
            ("/number-7/x", false),
            ("/word-aZ_09", true),
            ("/word-é", false),
            ("/word-ж", false),
            ("/any-é", true),
            ("/any-\n", false),
            ("/any-\r", false),
        ] {
            client.send_raw(text(format!("0{name},")));
            let answer = next_text(&client).await;
            let wanted = if is_there { "0" } else { "4" };
            assert!(answer.starts_with(&format!("{wanted}{name},")), "{wire:?} {name:?}: {answer}");
        }
    }
}

#[salon::test]
async fn who_asks_for_a_namespace_that_is_not_there_is_told_as_the_official_server_tells_it() {
    let salon = Salon::builder().namespace(
        Namespace::new("/full")
            .admit(|_| async { Err(salon::Refusal::other("full", "come back later")) }),
    );
    let lab = Lab::new(salon.build()?).await;
    for wire in Wire::SOCKET_IO {
        for (name, told) in [
            ("/nowhere", r#"{"message":"Invalid namespace"}"#),
            ("/full", r#"{"message":"come back later","data":{"code":"full"}}"#),
        ] {
            let client = lab.visitor().wire(wire).open().await?;
            client.send_raw(text(format!("0{name},")));
            assert_eq!(next_text(&client).await, format!("4{name},{told}"), "{wire:?}");
        }
    }
}

#[test]
fn what_is_no_pattern_is_an_error_of_the_build() {
    for pattern in ["/a-{number", "/a-{number:[}", "/a-*", "/a-{tail:x}*"] {
        let built = Salon::builder().namespace(Namespace::pattern(pattern)).build();
        let found = match built {
            Err(BuildError::Pattern { pattern, .. }) => pattern,
            other => panic!("{pattern}: {other:?}"),
        };
        assert_eq!(found, pattern);
    }
}
