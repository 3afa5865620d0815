//! Polls that come at once, and at the moment of an end.

use std::{sync::Arc, time::Duration};

use salon_tests::Result;
use serde_json::Value;

use crate::{parlour::app, polls::Stage};

const MANY: u64 = 600;

/// Polls singly and two and three at once, loses every third response, and hears everything once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_nor_doubled_between_polls_that_come_at_once() -> Result<()> {
    let stage = Arc::new(Stage::set(&app().0.build()?).await?);
    let posting = {
        let stage = stage.clone();
        tokio::spawn(async move {
            for seq in 1..=MANY {
                let body = format!("[{seq},\"count\"]");
                let posted = stage.post(seq, &body).await.expect("a response");
                assert_eq!(posted.status, 202, "{}", posted.text());
            }
        })
    };
    let (mut has, mut heard, mut turn) = (1, Vec::new(), 0_u64);
    while heard.len() < usize::try_from(MANY)? {
        turn += 1;
        let polls = 1 + turn % 3;
        let polled = (0..polls).map(|_| {
            let stage = stage.clone();
            tokio::spawn(async move { stage.poll(has).await.map_err(|it| it.to_string()) })
        });
        let polled: Vec<_> = polled.collect();
        let mut batch: Option<(u64, String)> = None;
        for polled in polled {
            let polled = polled.await??;
            match polled.status {
                200 => {
                    let number = polled.header("salon-last").ok_or("a number")?.parse()?;
                    let text = polled.text();
                    if let Some(other) = &batch {
                        assert_eq!((number, &text), (other.0, &other.1), "one number, one batch");
                    }
                    batch = Some((number, text));
                }
                204 => {}
                409 => assert!(polled.text().contains("one_at_a_time"), "{}", polled.text()),
                status => panic!("{status}: {}", polled.text()),
            }
        }
        if turn % 5 == 0 {
            continue;
        }
        if let Some((number, text)) = batch {
            assert_eq!(number, has + 1);
            has = number;
            heard.extend(text.lines().map(str::to_owned));
        }
    }
    posting.await?;
    let numbers: Vec<i64> = heard
        .iter()
        .map(|it| -serde_json::from_str::<Value>(it).expect("JSON")[0].as_i64().expect("a number"))
        .collect();
    assert_eq!(numbers, (1..=i64::try_from(MANY)?).collect::<Vec<_>>());
    Ok(())
}

/// The end races with polls: what was said before comes first, then the bye, and nothing is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_races_with_a_poll_loses_nothing() -> Result<()> {
    let salon = app().0.build()?;
    let mut stage = Stage::set(&salon).await?;
    for turn in 0..150_u64 {
        stage.secret = Stage::open(&stage.server).await?;
        let post = async {
            tokio::time::sleep(Duration::from_micros(turn * 13)).await;
            stage.post(1, "[1,\"count\"]\n[\"end\",{\"how\":\"disconnect\"}]").await
        };
        let polls = async {
            let (mut has, mut heard) = (1, Vec::new());
            loop {
                let polled = stage.poll(has).await?;
                match polled.status {
                    200 => {
                        has = polled.header("salon-last").ok_or("a number")?.parse()?;
                        heard.extend(polled.text().lines().map(str::to_owned));
                    }
                    204 => {}
                    404 => return Ok::<_, Box<dyn std::error::Error + Send + Sync>>(heard),
                    status => panic!("{status}: {}", polled.text()),
                }
            }
        };
        let (posted, heard) = tokio::join!(post, polls);
        let (posted, heard) = (posted?, heard?);
        assert_eq!(posted.status, 202);
        assert_eq!(heard.len(), 2, "{heard:?}");
        assert!(heard[0].starts_with("[-1,") && heard[1].contains("disconnected"), "{heard:?}");
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(salon.connections() <= 1, "{} are left", salon.connections());
    Ok(())
}
