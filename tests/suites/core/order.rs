//! One order for everybody, over several workers, while members come and go.

use salon_tests::{
    Result,
    in_process::InProcess,
    socket_io::{Client, Packet},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::table::{guest, salon};

/// Reads until the acknowledgement of `id`, and gives it with the numbers heard before it.
async fn hear_until(client: &mut Client, id: u64, heard: &mut Vec<u64>) -> Result<Vec<Value>> {
    loop {
        match client.next().await? {
            Packet::Ack(ack, answer) if ack == id => return Ok(answer),
            Packet::Event(name, arguments, _) if name == "table:said" => {
                heard.push(arguments[0]["number"].as_u64().ok_or("a number")?);
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_member_hears_everything_once_in_the_rooms_order_and_before_its_own_acknowledgement()
-> Result<()> {
    const TALKERS: u64 = 24;
    const TURNS: u64 = 40;
    let server = InProcess::start(&salon(), 4)?;
    let mut clients = Vec::new();
    for talker in 0..TALKERS {
        let mut client = Client::connect(server.address(), guest(&talker.to_string())).await?;
        client.ask("table:sit", json!({ "table": 1 })).await?;
        clients.push(client);
    }
    let mut talkers = JoinSet::<Result<Vec<u64>>>::new();
    for mut client in clients {
        talkers.spawn(async move {
            let mut heard = Vec::new();
            for turn in 0..TURNS {
                let say = json!({ "table": 1, "text": turn.to_string() });
                let id = client.start_asking("table:say", say).await?;
                let answer = hear_until(&mut client, id, &mut heard).await?;
                // The reply is the number of what was just broadcast: it must have been heard.
                assert_eq!(heard.last(), answer[0].as_u64().as_ref());
            }
            while heard.len() < usize::try_from(TALKERS * TURNS)? {
                let said = client.expect("table:said").await?;
                heard.push(said[0]["number"].as_u64().ok_or("a number")?);
            }
            Ok(heard)
        });
    }
    let all: Vec<u64> = (1..=TALKERS * TURNS).collect();
    while let Some(heard) = talkers.join_next().await {
        assert_eq!(heard??, all, "no gap, no double, one order");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_and_goes_hears_exactly_what_was_said_in_between() -> Result<()> {
    const VISITS: usize = 60;
    let server = InProcess::start(&salon(), 4)?;
    let address = server.address();
    let mut host = Client::connect(address, guest("host")).await?;
    host.ask("table:sit", json!({ "table": 1 })).await?;
    let mut visitors = JoinSet::<Result<()>>::new();
    for visitor in 0..6 {
        visitors.spawn(async move {
            let mut client = Client::connect(address, guest(&format!("visitor {visitor}"))).await?;
            for _ in 0..VISITS {
                client.ask("table:sit", json!({ "table": 1 })).await?;
                let mut heard = Vec::new();
                let say = json!({ "table": 1, "text": "hello" });
                let id = client.start_asking("table:say", say).await?;
                hear_until(&mut client, id, &mut heard).await?;
                let id = client.start_asking("table:stand", json!({ "table": 1 })).await?;
                hear_until(&mut client, id, &mut heard).await?;
                let gaps = heard.windows(2).filter(|pair| pair[0] + 1 != pair[1]).count();
                assert_eq!(gaps, 0, "one visit hears without a gap or a double: {heard:?}");
                let id = client.start_asking("count", Value::Null).await?;
                let mut after = Vec::new();
                hear_until(&mut client, id, &mut after).await?;
                assert_eq!(after, [0; 0], "nothing is heard after the leave was acknowledged");
            }
            Ok(())
        });
    }
    while let Some(visitor) = visitors.join_next().await {
        visitor??;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_that_closes_while_somebody_comes_loses_no_event() -> Result<()> {
    let salon = salon();
    let server = InProcess::start(&salon, 4)?;
    let address = server.address();
    let mut visitors = JoinSet::<Result<()>>::new();
    // With more of them the table would hardly ever be empty.
    for visitor in 0..2 {
        visitors.spawn(async move {
            let mut client = Client::connect(address, guest(&visitor.to_string())).await?;
            // The table lingers for no time: it closes and opens all the time.
            for _ in 0..500 {
                let sat = client.ask("table:sit", json!({ "table": 7 })).await?;
                assert!(sat[0].is_array(), "every join is answered by a table: {sat:?}");
                client.ask("table:stand", json!({ "table": 7 })).await?;
            }
            Ok(())
        });
    }
    while let Some(visitor) = visitors.join_next().await {
        visitor??;
    }
    assert!(salon.counters().get(salon::Count::RoomsOpened) > 1, "the race was never run");
    Ok(())
}
