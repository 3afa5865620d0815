//! Fixture `load-numbered`: as `load`, and each event of a hall says its place.

use salon::Position;
use salon_tests::Result;

use crate::promises;
use crate::subject::Subject;

promises! { "load-numbered":
    what_is_published_says_its_place_behind_the_data,
}

async fn what_is_published_says_its_place_behind_the_data(subject: Subject) -> Result<()> {
    let (mut speaks, mut hears) = (subject.connected().await?, subject.connected().await?);
    for member in [&mut speaks, &mut hears] {
        // Where it comes in, before the answer: load generators need not wait for it.
        let joined = member.ask(r#"421["join","red"]"#).await?;
        assert!(joined.starts_with(r#"42["salon:joined",{"room":"hall:red""#), "{joined}");
        assert_eq!(member.next().await?, "431[]");
    }
    for number in 1..=3 {
        let publish = format!(r#"42{number}["pub",{{"room":"red","data":"x"}}]"#);
        assert_eq!(speaks.ask(&publish).await?, format!("43{number}[]"));
        let heard = hears.next().await?;
        let arguments = heard.strip_prefix("42").ok_or("an event")?;
        let (name, data, place): (String, String, Position) = serde_json::from_str(arguments)?;
        assert_eq!((name.as_str(), data.as_str(), place.room.as_str()), ("msg", "x", "hall:red"));
        assert_eq!(place.at, salon::At::Seq(number));
    }
    Ok(())
}
