//! What waits in the lane of what a client may miss, what goes for what, and what is told of it.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use super::*;
use crate::{
    base::{
        config::Limits,
        disconnect::DisconnectReason,
        in_flight::InFlightLimit,
        number::{MembershipNumber, SessionNumber},
        room_id::{RoomId, RoomIds},
    },
    event::Dropped,
    message::{Content, Form, Listener, Log, Reader, Stretch},
    outbox::{Control, Drained, End, Frames, Lag, LinkNumber, Owner, Sink, ToTell, TransportKind},
    payload::IntoPayload,
    protocol::SocketIoCodec,
    wire::socket_io::JsonParser,
};

/// Counts how often it hears that something was missed.
#[derive(Default)]
struct Told(AtomicUsize);

impl Owner for Told {
    fn ended(&self, _: DisconnectReason) {}

    fn end_session(&self, _: SessionNumber, _: End) {}

    fn has_missed(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// An outbox and its link, which is not ready until it drains.
struct Client {
    outbox: Outbox,
    told: Arc<Told>,
    room: RoomId,
}

/// Takes so many frames at a time, and keeps what they say.
struct Taker {
    most: usize,
    taken: Vec<String>,
}

impl Sink for Taker {
    fn control(&mut self, control: Control) {
        self.taken.push(format!("{control:?}"));
    }

    fn frames(&mut self, frames: Frames<'_>) -> usize {
        let text = |form: &Form| {
            let text = String::from_utf8_lossy(&form.polling()).into_owned();
            text.trim_start_matches("42[\"e\",\"").trim_end_matches("\"]").to_owned()
        };
        self.taken.extend(frames.iter().take(self.most).map(text));
        frames.len().min(self.most)
    }
}

impl Client {
    fn new(max_outbox_frames: usize) -> Self {
        let limits = Limits { max_outbox_frames, ..Limits::default() };
        let codec = Arc::new(SocketIoCodec::new(Arc::new(JsonParser)));
        let terms = Terms::new(&limits, codec, Arc::default(), Arc::new(InFlightLimit::new(1)));
        let told = Arc::<Told>::default();
        let owner: Weak<Told> = Arc::downgrade(&told);
        let outbox = Outbox::new(Arc::new(terms), TransportKind::WebSocket, owner);
        Self { outbox, told, room: RoomIds::draw().next().0 }
    }

    fn push(&self, text: &str, class: Class) -> Result<(), NotQueued> {
        self.outbox.push(&Publication::with(event(text), None, class))
    }

    fn push_of_room(&self, text: &str, class: Class) -> Result<(), NotQueued> {
        self.outbox.push(&Publication::of_room(event(text), self.room, class))
    }

    /// It is behind in the room by so many, each of which says its number.
    fn behind_by(&self, count: u64) {
        self.outbox.replay(self.lag(count));
    }

    fn lag(&self, count: u64) -> Lag {
        let reader = Reader { session: "s".into(), subject: None };
        let missed = Stretch { after: 0, to: count, is_listed: false };
        Lag::new(self.room, Arc::new(Numbers(self.room)), reader, missed)
    }

    /// Takes so many at a time until nothing is left.
    fn drain(&self, most: usize) -> Vec<String> {
        let mut taker = Taker { most, taken: Vec::new() };
        let mut cx = Context::from_waker(Waker::noop());
        let first = LinkNumber::FIRST;
        while self.outbox.poll_drain(&mut cx, first, &mut taker) == Poll::Ready(Drained::Something)
        {
            self.assert_counts();
        }
        taker.taken
    }

    fn count(&self, count: Count) -> u64 {
        self.outbox.counters().get(count)
    }

    fn missed(&self) -> u64 {
        match self.outbox.take_missed() {
            ToTell::Counts(counts) => counts.iter().map(|(_, count)| count).sum(),
            ToTell::Nothing | ToTell::Later => 0,
        }
    }

    /// What is counted is what there is.
    #[track_caller]
    fn assert_counts(&self) {
        let state = self.outbox.lock();
        let Some(lossy) = state.lossy() else { return };
        let bytes: usize = lossy.iter().map(|frame| self.outbox.terms.form(frame).cost()).sum();
        assert_eq!((lossy.bytes(), lossy.len()), (bytes, lossy.iter().count()));
    }
}

/// What a room keeps.
struct Numbers(RoomId);

impl Log for Numbers {
    fn read(
        &self,
        from: u64,
        to: u64,
        _: &Listener,
        most: usize,
        _: usize,
    ) -> Option<Vec<Publication>> {
        let of_room =
            |number: u64| Publication::of_room(event(&number.to_string()), self.0, Class::Reliable);
        Some((from..=to).take(most).map(of_room).collect())
    }
}

fn event(text: &str) -> Content {
    let payload = (text,).into_payload().unwrap();
    let (namespace, name) = ("/".into(), "e".into());
    Content::Event { namespace, name, payload, order: None, question: None }
}

fn latest(key: &str) -> Class {
    Class::Latest(Some(key.into()))
}

fn oldest(queue: u16) -> Class {
    Class::Drop { which: Dropped::Oldest, queue }
}

fn newest(queue: u16) -> Class {
    Class::Drop { which: Dropped::Newest, queue }
}

#[test]
fn of_each_key_one_waits_and_it_is_the_newest_in_the_place_of_the_first() {
    let client = Client::new(100);
    for number in 0..10 {
        for key in ["a", "b"] {
            client.push(&format!("{key}{number}"), latest(key)).unwrap();
        }
        client.push(&format!("-{number}"), Class::Latest(None)).unwrap();
        client.assert_counts();
    }
    assert_eq!(client.count(Count::FramesConflated), 27);
    assert_eq!(client.drain(usize::MAX), ["a9", "b9", "-9"]);
    assert_eq!(client.missed(), 0, "nobody is told: that is what it says");
}

#[test]
fn events_of_one_name_in_two_rooms_are_two() {
    let client = Client::new(100);
    client.push("nowhere", latest("a")).unwrap();
    client.push_of_room("in a room", latest("a")).unwrap();
    assert_eq!(client.drain(usize::MAX), ["nowhere", "in a room"]);
}

#[test]
fn what_is_reliable_goes_first_and_as_much_at_a_time_as_its_link_takes() {
    for most in [1, 2, 3, 100] {
        let client = Client::new(100);
        client.push("a", latest("a")).unwrap();
        client.push("b", oldest(9)).unwrap();
        for text in ["1", "2", "3"] {
            client.push(text, Class::Reliable).unwrap();
        }
        assert_eq!(client.drain(most), ["1", "2", "3", "a", "b"], "{most} at a time");
    }
}

#[test]
fn of_more_than_a_queue_holds_the_oldest_or_the_newest_go_and_all_of_them_are_counted() {
    for (class, left) in [(oldest(2), ["8", "9"]), (newest(2), ["0", "1"])] {
        let is_queued = |number| class == oldest(2) || number < 2;
        let client = Client::new(100);
        for number in 0..10 {
            let pushed = client.push(&number.to_string(), class.clone());
            let due = if is_queued(number) { Ok(()) } else { Err(NotQueued::Dropped) };
            assert_eq!(pushed, due, "{class:?}");
            client.assert_counts();
        }
        assert_eq!(client.told.0.load(Ordering::Relaxed), 1, "until it has looked");
        assert_eq!(client.count(Count::FramesDropped), 8);
        assert_eq!(client.drain(usize::MAX), left);
        assert_eq!(client.missed(), 8);
        client.push("x", class.clone()).unwrap();
        assert_eq!(client.missed(), 0);
        assert!(matches!(client.outbox.take_missed(), ToTell::Nothing));
        for _ in 0..3 {
            let _ = client.push("y", class.clone());
        }
        assert_eq!(client.told.0.load(Ordering::Relaxed), 2, "it had found nothing more");
    }
}

#[test]
fn what_was_missed_is_told_when_nothing_that_is_reliable_waits_and_not_before() {
    let client = Client::new(100);
    for _ in 0..3 {
        client.push("x", oldest(1)).unwrap();
    }
    client.push("1", Class::Reliable).unwrap();
    assert!(matches!(client.outbox.take_missed(), ToTell::Later));
    client.drain(usize::MAX);
    let ToTell::Counts(counts) = client.outbox.take_missed() else { panic!("it is told now") };
    let [(topic, 2)] = &*counts else { panic!("{counts:?}") };
    client.outbox.put_back_missed(topic.clone(), 2);
    assert_eq!(client.missed(), 2);
}

#[test]
fn what_is_reliable_has_the_place_of_what_is_not_and_overflows_by_itself_alone() {
    let client = Client::new(4);
    for number in 0..4 {
        client.push(&format!("l{number}"), latest(&number.to_string())).unwrap();
    }
    client.push("d", oldest(9)).unwrap();
    assert_eq!(client.count(Count::FramesDropped), 1, "the lane has as much place as there is");
    for text in ["1", "2", "3", "4"] {
        client.push(text, Class::Reliable).unwrap();
        client.assert_counts();
    }
    assert_eq!(client.count(Count::FramesDropped), 5);
    assert!(client.outbox.closed().is_none());
    client.push("l", latest("l")).unwrap();
    assert_eq!(client.count(Count::FramesDropped), 6, "there is no place for it at all");
    assert!(matches!(client.push("5", Class::Reliable), Err(NotQueued::Overflow { .. })));
}

#[test]
fn a_flood_of_what_may_be_missed_ends_nothing_and_what_it_drops_is_told() {
    let client = Client::new(8);
    for number in 0..1_000 {
        client.push(&number.to_string(), oldest(10_000)).unwrap();
    }
    client.outbox.control(Control::Ping);
    client.push("answer", Class::Reliable).unwrap();
    let taken = client.drain(usize::MAX);
    assert_eq!(taken[..2], ["Ping", "answer"]);
    assert_eq!(taken[2..], ["993", "994", "995", "996", "997", "998", "999"]);
    assert_eq!(client.missed(), 993);
}

#[test]
fn one_that_is_larger_than_an_outbox_is_let_through_alone() {
    let client = Client::new(4);
    // More than four times that.
    let large = "x".repeat(5 << 20);
    client.push(&large, latest("a")).unwrap();
    assert_eq!(client.drain(usize::MAX).len(), 1);
    client.push("1", Class::Reliable).unwrap();
    client.push(&large, latest("a")).unwrap();
    assert_eq!(client.drain(usize::MAX), ["1"]);
}

#[test]
fn of_a_room_that_is_lost_nothing_is_in_the_lane_and_nothing_is_told() {
    let client = Client::new(100);
    for _ in 0..3 {
        client.push_of_room("x", oldest(1)).unwrap();
    }
    client.push_of_room("y", latest("a")).unwrap();
    client.push("kept", latest("a")).unwrap();
    let (suppressed, answers) = client.outbox.suppress(client.room, MembershipNumber::FIRST);
    assert_eq!((suppressed, answers.len()), (2, 0));
    client.assert_counts();
    assert_eq!(client.push_of_room("z", latest("a")), Err(NotQueued::Lapsed));
    assert_eq!(client.drain(usize::MAX), ["kept"]);
    assert_eq!(client.missed(), 0);
    // A topic of it is as good as new.
    client.outbox.resume_all(client.room);
    client.push_of_room("again", latest("a")).unwrap();
    assert_eq!(client.drain(usize::MAX), ["again"]);
}

#[test]
fn who_has_left_a_room_is_told_nothing_of_what_was_dropped_there() {
    let client = Client::new(100);
    for _ in 0..3 {
        client.push_of_room("x", oldest(1)).unwrap();
    }
    client.outbox.resume(client.room, MembershipNumber::FIRST);
    assert_eq!(client.missed(), 0);
}

#[test]
fn what_waits_of_a_room_that_one_has_left_goes_ahead_of_what_comes_then_if_it_has_a_place() {
    let client = Client::new(4);
    for text in ["1", "2"] {
        client.push(text, Class::Reliable).unwrap();
    }
    for key in ["a", "b"] {
        client.push_of_room(&format!("last of {key}"), latest(key)).unwrap();
    }
    client.outbox.resume(client.room, MembershipNumber::FIRST);
    client.assert_counts();
    assert_eq!(client.count(Count::FramesDropped), 1, "half is left for what is reliable");
    client.push_of_room("of the next membership", latest("a")).unwrap();
    client.push("3", Class::Reliable).unwrap();
    assert_eq!(client.drain(1), ["1", "2", "last of a", "3"]);
    client.push("1", Class::Reliable).unwrap();
    client.push("kept", latest("a")).unwrap();
    client.push_of_room("last", oldest(1)).unwrap();
    client.outbox.end_of_session("/other");
    assert_eq!(client.outbox.lock().frames.len(), 1, "it is of another session");
    client.outbox.end_of_session("/");
    assert_eq!(client.drain(usize::MAX), ["1", "kept", "last"]);
}

#[test]
fn frames_that_are_dropped_are_those_of_the_lane_as_well() {
    let client = Client::new(100);
    for _ in 0..3 {
        client.push("x", oldest(2)).unwrap();
    }
    client.outbox.drop_frames();
    assert!(client.drain(usize::MAX).is_empty());
    assert_eq!(client.missed(), 0);
    assert!(client.outbox.lock().rare.is_none());
}

#[test]
fn a_heartbeat_gives_back_what_the_lane_took() {
    let client = Client::new(100);
    client.push("x", latest("a")).unwrap();
    client.outbox.control(Control::Ping);
    assert_eq!(client.drain(usize::MAX), ["Ping", "x"]);
    assert!(client.outbox.lock().rare.is_some(), "what is used again soon is kept");
    client.outbox.control(Control::Ping);
    client.drain(usize::MAX);
    assert!(client.outbox.lock().rare.is_none());
}

#[test]
fn what_is_volatile_is_for_whoever_has_nothing_in_the_lane_either() {
    let client = Client::new(100);
    client.drain(usize::MAX);
    client.push("x", latest("a")).unwrap();
    assert_eq!(client.push("y", Class::Volatile), Err(NotQueued::NotWritable));
}

#[test]
fn who_joins_gets_the_newest_values_in_their_place_or_in_the_lane_if_there_is_none() {
    let client = Client::new(2);
    let value = |text: &str, key: &str| Publication::with(event(text), None, latest(key));
    client.outbox.push_in_order(&value("a", "a")).unwrap();
    client.push("answer", Class::Reliable).unwrap();
    client.outbox.push_in_order(&value("b", "b")).unwrap();
    assert!(client.outbox.closed().is_none());
    assert_eq!(client.drain(usize::MAX), ["a", "answer"]);
}

/// The numbers up to `last`, and what follows them.
fn numbers(last: u64, rest: &[&str]) -> Vec<String> {
    let rest = rest.iter().map(|text| (*text).to_owned());
    (1..=last).map(|number| number.to_string()).chain(rest).collect()
}

#[test]
fn while_one_is_behind_half_is_the_lanes_own_and_nothing_leaves_it_before_all_is_read() {
    for most in [1, 3, 100] {
        let client = Client::new(8);
        client.behind_by(20);
        while client.outbox.lock().frames.len() < 8 {
            client.push("-", Class::Reliable).unwrap();
        }
        for key in ["a", "b", "c", "d", "e"] {
            client.push_of_room(key, latest(key)).unwrap();
            client.assert_counts();
        }
        // What is read is one more than the other half.
        assert_eq!(client.count(Count::FramesDropped), 2);
        let mut taken = client.drain(most);
        taken.retain(|text| text != "-");
        assert_eq!(taken, numbers(20, &["c", "d", "e"]), "{most} at a time");
    }
}

#[test]
fn whoever_is_let_go_while_it_is_behind_gets_nothing_that_comes_behind_what_it_has_not_read() {
    type Ends = fn(&Client);
    let ends: [Ends; 3] = [
        |it| it.outbox.resume(it.room, MembershipNumber::FIRST),
        |it| it.outbox.resume_all(it.room),
        |it| it.outbox.forget_lag(it.room),
    ];
    for end in ends {
        let client = Client::new(8);
        // As it is while a link has taken all that there was, and nothing more is read yet.
        let lag = client.lag(20);
        client.outbox.lock().rare.get_or_insert_default().lags.push(lag);
        client.push("kept", latest("a")).unwrap();
        client.push_of_room("lost", latest("a")).unwrap();
        end(&client);
        client.assert_counts();
        assert_eq!(client.drain(usize::MAX), ["kept"]);
    }
}

#[test]
fn the_newest_values_for_one_that_is_behind_follow_what_it_missed_and_leave_half_of_the_place() {
    let client = Client::new(8);
    client.behind_by(20);
    for key in ["a", "b", "c", "d", "e"] {
        let value = Publication::of_room(event(key), client.room, latest(key));
        client.outbox.push_in_order(&value).unwrap();
    }
    let answer = Publication::of_room(event("answer"), client.room, Class::Reliable);
    let reader = || Reader { session: "s".into(), subject: None };
    client.outbox.push_for(&answer, &reader).unwrap();
    assert_eq!(client.outbox.lock().lossy().map(Lossy::len), Some(1), "it has no place there");
    assert_eq!(client.drain(1), numbers(20, &["a", "b", "c", "d", "answer", "e"]));
}

#[test]
fn of_an_order_that_is_at_an_end_what_waits_is_put_in_order_or_told_as_dropped() {
    for is_behind in [false, true] {
        let client = Client::new(8);
        if is_behind {
            client.behind_by(20);
        }
        client.push_of_room("d", oldest(9)).unwrap();
        client.outbox.end_order(client.room);
        client.push("restarted", Class::Reliable).unwrap();
        let taken = client.drain(usize::MAX);
        assert_eq!(taken.contains(&"d".to_owned()), !is_behind);
        assert_eq!(client.missed(), u64::from(is_behind));
        assert_eq!(client.told.0.load(Ordering::Relaxed), usize::from(is_behind));
        if !is_behind {
            assert_eq!(taken, ["d", "restarted"]);
        }
    }
}
