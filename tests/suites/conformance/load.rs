//! Fixture `load`: typed events and rooms, as load generators use them.

use std::collections::VecDeque;

use salon_tests::Result;
use salon_tests::polling::{Polling, SEPARATOR, packets};
use salon_tests::websocket::{Incoming, WebSocket};

use crate::promises;
use crate::subject::Subject;

promises! { "load":
    an_echo_is_acknowledged,
    what_is_published_reaches_the_others_in_order,
    who_has_left_hears_nothing_more,
    a_client_that_reads_is_not_cut_off_by_its_own_echoes,
    what_a_client_has_gathered_may_come_in_one_post,
    what_is_posted_is_answered_to_whoever_polls_meanwhile,
}

async fn an_echo_is_acknowledged(subject: Subject) -> Result<()> {
    let mut client = subject.connected().await?;
    assert_eq!(client.ask(r#"427["echo",{"a":[1,null]}]"#).await?, r#"437[{"a":[1,null]}]"#);
    client.send(r#"451-8["echo",{"_placeholder":true,"num":0}]"#).await?;
    client.send_binary(&[7]).await?;
    assert_eq!(client.next().await?, r#"461-8[{"_placeholder":true,"num":0}]"#);
    assert_eq!(client.next_binary().await?, [7]);
    Ok(())
}

async fn what_is_published_reaches_the_others_in_order(subject: Subject) -> Result<()> {
    let mut members = Vec::new();
    for _ in 0..8 {
        let mut member = subject.connected().await?;
        assert_eq!(member.ask(r#"421["join","hall"]"#).await?, "431[]");
        members.push(member);
    }
    let mut stranger = subject.connected().await?;
    assert_eq!(stranger.ask(r#"421["join","elsewhere"]"#).await?, "431[]");

    let (publisher, others) = members.split_first_mut().ok_or("eight members")?;
    for number in 0..50 {
        publisher.send(&format!(r#"42["pub",{{"room":"hall","data":{number}}}]"#)).await?;
    }
    let last = publisher.ask(r#"429["pub",{"room":"hall","data":"last"}]"#).await?;
    assert_eq!(last, "439[]");
    for member in others {
        for number in 0..50 {
            assert_eq!(member.next().await?, format!(r#"42["msg",{number}]"#));
        }
        assert_eq!(member.next().await?, r#"42["msg","last"]"#);
    }
    assert_eq!(stranger.ask(r#"422["echo",1]"#).await?, "432[1]");
    Ok(())
}

async fn who_has_left_hears_nothing_more(subject: Subject) -> Result<()> {
    let (mut stays, mut leaves) = (subject.connected().await?, subject.connected().await?);
    for member in [&mut stays, &mut leaves] {
        assert_eq!(member.ask(r#"421["join","hall"]"#).await?, "431[]");
    }
    assert_eq!(leaves.ask(r#"422["leave","hall"]"#).await?, "432[]");
    assert_eq!(stays.ask(r#"423["pub",{"room":"hall","data":1}]"#).await?, "433[]");
    assert_eq!(leaves.ask(r#"424["echo",2]"#).await?, "434[2]");
    Ok(())
}

async fn a_client_that_reads_is_not_cut_off_by_its_own_echoes(subject: Subject) -> Result<()> {
    for (count, length) in [(200, 64_000), (8, 900_000), (5_000, 10)] {
        let mut client = WebSocket::open(subject.address, &subject.websocket_target(None)).await?;
        client.receive().await?;
        client.send("40").await?;
        client.receive().await?;
        let (mut writing, mut reading) = client.split();
        let text = "x".repeat(length);
        let said = text.clone();
        let writes = tokio::spawn(async move {
            for id in 0..count {
                writing.send(&format!(r#"42{id}["echo","{said}"]"#)).await?;
            }
            Ok::<_, salon_tests::Failure>(())
        });
        for id in 0..count {
            let echo = format!(r#"43{id}["{text}"]"#);
            assert!(reading.receive().await? == Incoming::Text(echo), "{id} of {length} bytes");
        }
        writes.await??;
    }
    Ok(())
}

/// As many events as a client has gathered while it was away.
const GATHERED: usize = 5_000;

async fn connected(subject: Subject) -> Result<Polling> {
    let session = subject.polling().await?;
    session.post("40").await?;
    assert!(session.get().await?.text().starts_with("40{"));
    Ok(session)
}

fn gathered() -> String {
    let events = (0..GATHERED).map(|id| format!(r#"42{id}["echo",{id}]"#));
    events.collect::<Vec<_>>().join(&SEPARATOR.to_string())
}

/// Polls until all of them are answered.
async fn answers(session: &Polling) -> Result<()> {
    let mut due: VecDeque<String> = (0..GATHERED).map(|id| format!("43{id}[{id}]")).collect();
    while !due.is_empty() {
        let answers = session.get().await?;
        assert_eq!(answers.status, 200, "{} are due", due.len());
        for answer in packets(&answers.text()) {
            assert_eq!(Some(answer), due.pop_front().as_deref());
        }
    }
    Ok(())
}

async fn what_a_client_has_gathered_may_come_in_one_post(subject: Subject) -> Result<()> {
    let session = connected(subject).await?;
    for _ in 0..3 {
        let posted = session.post(&gathered()).await?;
        assert_eq!((posted.status, posted.text().as_str()), (200, "ok"));
        answers(&session).await?;
    }
    // Another POST may come before all of the first is answered.
    session.post(&gathered()).await?;
    let (posted, answered) = tokio::join!(session.post("6"), answers(&session));
    answered?;
    assert_eq!(posted?.text(), "ok");
    Ok(())
}

async fn what_is_posted_is_answered_to_whoever_polls_meanwhile(subject: Subject) -> Result<()> {
    let (session, body) = (connected(subject).await?, gathered());
    let (answered, posted) = tokio::join!(answers(&session), session.post(&body));
    answered?;
    assert_eq!(posted?.text(), "ok");
    Ok(())
}
