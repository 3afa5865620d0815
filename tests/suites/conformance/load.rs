//! Fixture `load`: typed events and rooms, as load generators use them.

use salon_tests::Result;

use crate::promises;
use crate::subject::Subject;

promises! { "load":
    an_echo_is_acknowledged,
    what_is_published_reaches_the_others_in_order,
    who_has_left_hears_nothing_more,
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
