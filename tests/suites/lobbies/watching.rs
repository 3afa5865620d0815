//! Lists of rooms that are watched, by sessions for their clients, and by the application.
//!
//! It must never look at the list itself where it is to see what a watcher is told.

use std::{
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Wake, Waker},
    time::Duration,
};

use salon::{
    Changes, Listing, Watch, Watching,
    prelude::*,
    testing::{self, Client, Failure, Lab},
};

use crate::app::{
    Again, Hide, Join, LINGER, Line, Lobby, LookAround, LookAway, News, Note, Panic, Stumble, come,
    line, listed, lobbies, salon,
};

/// A lab of two workers, with Ada, who plays, and Eve, who looks at the empty list.
async fn ada_and_eve() -> Result<(Lab, Client, Client), Failure> {
    let lab = Lab::builder(salon()).workers(2).start().await;
    let (ada, eve) = (come(&lab, "ada").await?, come(&lab, "eve").await?);
    eve.send(LookAround { free: false }).await?;
    assert_eq!(eve.expect::<News>().await, News::default(), "all there is, and it is nothing");
    Ok((lab, ada, eve))
}

fn added(lobby: u64, free: usize) -> News {
    News { added: vec![(lobby, line(free, 0))], ..News::default() }
}

fn changed(lobby: u64, free: usize, note: u64) -> News {
    News { changed: vec![(lobby, line(free, note))], ..News::default() }
}

fn removed(lobby: u64) -> News {
    News { removed: vec![lobby], ..News::default() }
}

/// What a watch has to say at this moment, if anything.
async fn now(lab: &Lab, watch: &mut Watch<Lobby>) -> Option<Changes<Lobby>> {
    lab.settle().await;
    futures_util::FutureExt::now_or_never(watch.changed()).flatten()
}

#[salon::test]
async fn a_client_is_told_of_every_change_as_it_happens() {
    let (lab, ada, eve) = ada_and_eve().await?;
    ada.send(Join { lobby: 2 }).await?;
    assert_eq!(eve.expect::<News>().await, added(2, 1));
    ada.send(Note { lobby: 2, times: 1 }).await?;
    assert_eq!(eve.expect::<News>().await, changed(2, 1, 1));
    ada.send(Hide { lobby: 2 }).await?;
    assert_eq!(eve.expect::<News>().await, removed(2));
    ada.send(Again { lobby: 2 }).await?;
    eve.expect::<News>().await;
    drop(ada);
    assert_eq!(eve.expect::<News>().await, changed(2, 2, 1));
    eve.expect_none().await;
    lab.advance(LINGER).await;
    assert_eq!(eve.expect::<News>().await, removed(2));
}

#[salon::test]
async fn what_is_said_again_and_what_a_panic_undoes_is_no_news() {
    let (_lab, ada, eve) = ada_and_eve().await?;
    ada.send(Join { lobby: 2 }).await?;
    assert_eq!(eve.expect::<News>().await, added(2, 1));
    for _ in 0..3 {
        ada.send(Again { lobby: 2 }).await?;
    }
    eve.expect_none().await;
    ada.send(Panic { lobby: 2 }).await.expect_err("it panics");
    assert_eq!(eve.expect::<News>().await, removed(2));
    eve.expect_none().await;
}

/// Counts how often a watcher is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[salon::test]
async fn an_entry_like_the_one_before_wakes_nobody_and_a_thousand_others_wake_once() {
    let (lab, ada, _eve) = ada_and_eve().await?;
    ada.send(Join { lobby: 2 }).await?;
    let mut watch = lobbies(&lab).watch();
    assert!(watch.changed().await.is_some());
    let woken = Arc::<Woken>::default();
    let waker = Waker::from(woken.clone());
    let mut changed = pin!(watch.changed());
    assert!(changed.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    ada.send(Again { lobby: 2 }).await?;
    lab.settle().await;
    assert_eq!(woken.0.load(Ordering::Relaxed), 0);
    ada.send(Note { lobby: 2, times: 1_000 }).await?;
    lab.settle().await;
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
}

#[salon::test]
async fn who_comes_late_is_told_all_there_is_in_the_order_of_listing() {
    let (lab, ada, _eve) = ada_and_eve().await?;
    for lobby in [6, 2, 4] {
        ada.send(Join { lobby }).await?;
    }
    ada.send(Note { lobby: 6, times: 1 }).await?;
    let late = come(&lab, "late").await?;
    late.send(LookAround { free: false }).await?;
    let all = [(6, line(1, 1)), (2, line(1, 0)), (4, line(1, 0))];
    assert_eq!(late.expect::<News>().await, News { added: all.to_vec(), ..News::default() });
    late.expect_none().await;
}

#[salon::test]
async fn for_one_who_filters_rooms_come_and_go_as_they_match() {
    let (lab, ada, _eve) = ada_and_eve().await?;
    let (bob, picky) = (come(&lab, "bob").await?, come(&lab, "picky").await?);
    picky.send(LookAround { free: true }).await?;
    assert_eq!(picky.expect::<News>().await, News::default());
    ada.send(Join { lobby: 2 }).await?;
    assert_eq!(picky.expect::<News>().await, added(2, 1));
    bob.send(Join { lobby: 2 }).await?;
    assert_eq!(picky.expect::<News>().await, removed(2));
    bob.send(Note { lobby: 2, times: 5 }).await?;
    picky.expect_none().await;
    drop(ada);
    assert_eq!(picky.expect::<News>().await.added, [(2, line(1, 5))]);
}

#[salon::test]
async fn a_filter_is_asked_once_about_each_change_and_about_nothing_else() {
    let (lab, ada, _eve) = ada_and_eve().await?;
    let asked = Arc::<Mutex<Vec<u64>>>::default();
    let counting = asked.clone();
    let mut watch = lobbies(&lab).watch_only(move |lobby, _| {
        counting.lock().expect("no panic").push(*lobby);
        *lobby != 4
    });
    let take = || std::mem::take(&mut *asked.lock().expect("no panic"));
    for lobby in [2, 4, 6] {
        ada.send(Join { lobby }).await?;
    }
    assert!(now(&lab, &mut watch).await.is_some());
    assert_eq!(take(), [2, 4, 6]);
    assert!(now(&lab, &mut watch).await.is_none());
    assert_eq!(take(), [0; 0]);
    for lobby in [4, 2] {
        ada.send(Note { lobby, times: 3 }).await?;
        assert_eq!(now(&lab, &mut watch).await.is_some(), lobby == 2);
        assert_eq!(take(), [lobby], "about this one alone");
    }
}

#[salon::test]
async fn a_thousand_changes_while_a_watcher_waits_are_one_with_the_newest() {
    let (lab, ada, eve) = ada_and_eve().await?;
    let mut watch = lobbies(&lab).watch();
    assert!(watch.changed().await.is_some_and(|all| all.is_empty()));
    ada.send(Join { lobby: 2 }).await?;
    assert_eq!(eve.expect::<News>().await, added(2, 1));
    ada.send(Note { lobby: 2, times: 1_000 }).await?;
    assert_eq!(eve.expect::<News>().await, changed(2, 1, 1_000), "all in one turn of its room");
    eve.expect_none().await;
    let changes = now(&lab, &mut watch).await.ok_or("it has changed")?;
    assert_eq!(News::from(changes), News { added: vec![(2, line(1, 1_000))], ..News::default() });
    assert!(now(&lab, &mut watch).await.is_none());
}

#[salon::test]
async fn what_changed_back_or_came_and_went_unseen_is_no_news() {
    let (lab, ada, _eve) = ada_and_eve().await?;
    ada.send(Join { lobby: 2 }).await?;
    let mut watch = lobbies(&lab).watch();
    assert!(watch.changed().await.is_some());
    let bob = come(&lab, "bob").await?;
    bob.send(Join { lobby: 2 }).await?;
    bob.send(Join { lobby: 4 }).await?;
    drop(bob);
    lab.advance(LINGER).await;
    assert_eq!(listed(&lab), [2]);
    assert!(now(&lab, &mut watch).await.is_none());
    ada.send(Hide { lobby: 2 }).await?;
    ada.send(Again { lobby: 2 }).await?;
    let changes = now(&lab, &mut watch).await.map(News::from);
    let moved = News { added: vec![(2, line(1, 0))], changed: Vec::new(), removed: vec![2] };
    assert_eq!(changes, Some(moved), "it has another place");
}

/// A watcher that is behind by more removals than are remembered compares what it knows.
#[salon::test]
async fn who_has_missed_any_number_of_removals_is_told_what_is_gone() {
    let (lab, ada, _eve) = ada_and_eve().await?;
    for lobby in [2, 4, 6] {
        ada.send(Join { lobby }).await?;
    }
    let mut watch = lobbies(&lab).watch();
    assert!(watch.changed().await.is_some());
    ada.send(Hide { lobby: 4 }).await?;
    for _ in 0..100 {
        ada.send(Hide { lobby: 6 }).await?;
        ada.send(Again { lobby: 6 }).await?;
    }
    let changes = now(&lab, &mut watch).await.map(News::from);
    let added = vec![(6, line(1, 0))];
    assert_eq!(changes, Some(News { added, changed: Vec::new(), removed: vec![4, 6] }));
}

#[salon::test]
async fn a_list_is_told_no_more_once_its_session_looks_away_and_only_once_if_it_looks_twice() {
    let (_lab, ada, eve) = ada_and_eve().await?;
    eve.send(LookAround { free: false }).await?;
    assert_eq!(eve.expect::<News>().await, News::default());
    ada.send(Join { lobby: 2 }).await?;
    assert_eq!(eve.expect::<News>().await, added(2, 1));
    eve.expect_none().await;
    eve.send(LookAway).await?;
    ada.send(Note { lobby: 2, times: 1 }).await?;
    eve.expect_none().await;
}

#[salon::test]
async fn a_panic_at_news_is_the_end_of_those_news_alone() {
    let (_lab, ada, eve) = ada_and_eve().await?;
    eve.send(Stumble).await?;
    ada.send(Join { lobby: 2 }).await?;
    eve.expect_none().await;
    ada.send(Note { lobby: 2, times: 1 }).await?;
    assert_eq!(eve.expect::<News>().await, changed(2, 1, 1));
}

/// A session that watches, and lets others keep that going.
struct Watcher;

/// Shared with what a [`Watcher`] watches by.
#[derive(Default)]
struct Shared {
    kept: Mutex<Vec<Watching>>,
    alive: Arc<()>,
}

impl Session for Watcher {
    type Identity = ();
    type Events = ();
    type Sends = (News,);

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }

    fn connected(&mut self, cx: &mut SessionContext<Self>) {
        let shared = cx.data::<Arc<Shared>>().expect("it was given").clone();
        let alive = shared.alive.clone();
        let watch = cx.rooms::<Bench>().watch_only(move |_, ()| Arc::strong_count(&alive) > 0);
        let watching = cx.watch(watch, |_, _, cx| {
            cx.emit(&News::default());
        });
        shared.kept.lock().expect("no panic").push(watching);
    }
}

/// Nobody is ever there.
struct Bench;

impl Room for Bench {
    const NAME: &'static str = "bench";
    type Key = u64;
    type Identity = ();
    type Events = ();
    type Sends = ();

    fn open(_: &u64, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl Listing for Bench {
    type Entry = ();
}

#[salon::test]
async fn a_session_that_has_ended_watches_no_more_though_its_connection_goes_on() {
    let shared = Arc::<Shared>::default();
    let builder = Salon::builder().data(shared.clone()).room::<Bench>().session::<Watcher>();
    let lab = Lab::new(builder.build()?).await;
    let client = lab.connect(()).await?;
    client.expect::<News>().await;
    assert_eq!(Arc::strong_count(&shared.alive), 2, "it watches");
    lab.salon().namespace("/").disconnect();
    lab.settle().await;
    assert_eq!(lab.salon().connections(), 1, "it goes on");
    assert_eq!(Arc::strong_count(&shared.alive), 1, "whoever keeps it");
}

#[salon::test]
async fn who_keeps_nothing_watches_nothing() {
    let shared = Arc::<Shared>::default();
    let builder = Salon::builder().data(shared.clone()).room::<Bench>().session::<Watcher>();
    let lab = Lab::new(builder.build()?).await;
    let _client = lab.connect(()).await?;
    shared.kept.lock().expect("no panic").clear();
    lab.settle().await;
    assert_eq!(Arc::strong_count(&shared.alive), 1);
}

#[salon::test]
async fn a_watch_of_the_application_ends_with_the_salon() {
    let (lab, ada, eve) = ada_and_eve().await?;
    ada.send(Join { lobby: 2 }).await?;
    let (rooms, mut watch) = (lobbies(&lab), lobbies(&lab).watch());
    assert!(watch.changed().await.is_some());
    drop((ada, eve, lab));
    let last = tokio::time::timeout(Duration::from_secs(1), watch.changed()).await?;
    assert_eq!(last.map(News::from), Some(removed(2)), "the room has ended");
    let over = tokio::time::timeout(Duration::from_secs(1), watch.changed()).await?;
    assert!(over.is_none());
    assert!(rooms.list().is_empty() && rooms.watch().changed().await.is_none());
}

/// Eight watchers, on four workers, while lobbies come, change and go: what each of them was told,
/// put together, is the list, in the same order.
#[test]
fn what_watchers_were_told_is_the_list() {
    testing::for_seeds(0..30, async |seed| {
        let lab = Lab::builder(salon()).workers(4).seed(seed).start().await;
        let mut watchers = Vec::new();
        for number in 0..4 {
            let watcher = come(&lab, &format!("watcher {number}")).await?;
            watcher.send(LookAround { free: false }).await?;
            watchers.push((watcher, Vec::<(u64, Line)>::new()));
        }
        let mut players = Vec::new();
        for number in 0..6 {
            players.push(come(&lab, &format!("player {number}")).await?);
        }
        for round in 0..12_u64 {
            for (number, player) in (0..).zip(&players) {
                let lobby = 2 * ((number + round) % 5) + 2;
                match (round + number) % 4 {
                    0 | 1 => player.emit(Join { lobby }),
                    2 => player.emit(Note { lobby, times: 2 }),
                    _ => player.emit(Hide { lobby }),
                }
            }
            if round % 3 == 0 {
                lab.drive(lab.salon().room::<Lobby>(&(round % 10)).close()).await;
            }
        }
        lab.settle().await;
        for (watcher, seen) in &mut watchers {
            for news in watcher.events().await {
                let [news] = <[_; 1]>::try_from(news.json()).map_err(|_| "one argument")?;
                let News { added, changed, removed } = serde_json::from_value(news)?;
                seen.retain(|(key, _)| !removed.contains(key));
                for (key, line) in changed {
                    let place = seen.iter_mut().find(|(seen, _)| *seen == key);
                    place.ok_or("what changed was there")?.1 = line;
                }
                seen.extend(added);
            }
            assert_eq!(*seen, lobbies(&lab).list());
        }
        Ok(())
    });
}
