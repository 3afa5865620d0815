//! What an outbox takes, what it refuses, and what is left in it after that.

use std::sync::atomic::AtomicUsize;

use super::*;
use crate::{
    base::{
        config::Limits,
        in_flight::InFlightLimit,
        number::MembershipNumber,
        room_id::{RoomId, RoomIds},
    },
    message::{Content, Epoch, Form, Offset, Ordered},
    outbox::Frames,
    payload::{IntoPayload, Payload},
    protocol::SocketIoCodec,
    wire::socket_io::JsonParser,
};

/// Counts how often it is told of an end.
#[derive(Default)]
struct Ends(AtomicUsize);

impl Owner for Ends {
    fn ended(&self, _: DisconnectReason) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn end_session(&self, _: SessionNumber, _: End) {}

    fn has_missed(&self) {}
}

/// Counts how often it is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl std::task::Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn outbox(limits: &Limits, owner: &Arc<Ends>) -> Outbox {
    let in_flight = Arc::new(InFlightLimit::new(1));
    let terms = Terms::new(limits, Arc::new(codec()), Arc::default(), in_flight);
    let owner: Weak<Ends> = Arc::downgrade(owner);
    Outbox::new(Arc::new(terms), TransportKind::WebSocket, owner)
}

fn codec() -> SocketIoCodec {
    SocketIoCodec::new(Arc::new(JsonParser))
}

/// A frame of so many bytes, of which five are not its name.
fn frame_of(bytes: usize) -> Publication {
    let name = "0123456789"[..bytes - 5].to_owned().into();
    Publication::event("/".into(), name, Payload::none(), None, Class::Reliable)
}

/// A frame of ten bytes.
fn frame() -> Publication {
    frame_of(10)
}

/// It, as a poll has it.
const FRAME: &str = r#"42["01234"]"#;

fn event(text: &str) -> Content {
    let payload = (text,).into_payload().unwrap();
    let (namespace, name) = ("/".into(), "said".into());
    Content::Event { namespace, name, payload, order: None, question: None }
}

fn volatile() -> Publication {
    Publication::with(event("volatile"), None, Class::Volatile)
}

/// A room with what it publishes.
#[derive(Clone, Copy)]
struct Published(RoomId);

impl Published {
    /// So many rooms.
    fn rooms<const N: usize>() -> [Self; N] {
        let ids = RoomIds::draw();
        std::array::from_fn(|_| Self(ids.next().0))
    }

    fn event(self, text: &str) -> Publication {
        Publication::of_room(event(text), self.0, Class::Reliable)
    }

    fn answer(self, id: u64) -> Publication {
        let payload = ("answer",).into_payload().unwrap();
        let answer = Content::Answer { namespace: "/".into(), id, payload, is_refusal: false };
        Publication::of_room(answer, self.0, Class::Reliable)
    }
}

/// Has a session lose a room. How many frames were queued.
fn lose(outbox: &Outbox, room: RoomId, number: usize) -> u64 {
    let (frames, answers) = outbox.suppress(room, membership(number));
    frames + outbox.refuse(room, answers)
}

fn membership(number: usize) -> MembershipNumber {
    (1..number).fold(MembershipNumber::FIRST, |number, _| number.next())
}

/// A link that takes a given number of frames at a time, and keeps them as text.
struct Taker {
    most: usize,
    taken: Vec<String>,
}

impl Taker {
    fn new(most: usize) -> Self {
        Self { most, taken: Vec::new() }
    }

    fn drain(&mut self, outbox: &Outbox) -> Poll<Drained> {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        outbox.poll_drain(&mut cx, LinkNumber::FIRST, self)
    }

    /// Drains until there is nothing more, and hands out what came.
    fn everything(mut self, outbox: &Outbox) -> Vec<String> {
        while self.drain(outbox) == Poll::Ready(Drained::Something) {}
        self.taken
    }
}

impl Sink for Taker {
    fn control(&mut self, control: Control) {
        self.taken.push(format!("{control:?}"));
    }

    fn frames(&mut self, frames: Frames<'_>) -> usize {
        let taken = frames.iter().take(self.most);
        let text = |form: &Form| String::from_utf8_lossy(&form.polling()).into_owned();
        self.taken.extend(taken.map(text));
        frames.len().min(self.most)
    }
}

/// What is counted against the limits, which is what there is.
#[track_caller]
fn assert_counts(outbox: &Outbox, frames: usize) {
    let state = outbox.lock();
    let bytes: usize = state.frames.iter().map(|frame| outbox.terms.form(frame).cost()).sum();
    assert_eq!((state.bytes, state.frames.len()), (bytes, frames));
}

#[track_caller]
fn assert_empty(outbox: &Outbox) {
    assert_counts(outbox, 0);
    assert!(!outbox.lock().has_ping());
}

#[test]
fn one_frame_too_many_ends_the_connection_and_drops_what_waited() {
    let limits = Limits { max_outbox_frames: 3, ..Limits::default() };
    let ends = Arc::<Ends>::default();
    let outbox = outbox(&limits, &ends);
    for _ in 0..3 {
        assert_eq!(outbox.push(&frame()), Ok(()));
    }
    outbox.control(Control::Ping);
    let overflow = NotQueued::Overflow { bytes: 30, frames: 3 };
    assert_eq!(outbox.push(&frame()), Err(overflow));
    assert_empty(&outbox);
    assert_eq!(outbox.closed(), Some(DisconnectReason::OutboxOverflow));
    assert_eq!(outbox.push(&frame()), Err(NotQueued::Closed));
    outbox.control(Control::Ping);
    assert_empty(&outbox);
    outbox.close(DisconnectReason::TransportClose);
    assert_eq!(ends.0.load(Ordering::Relaxed), 1, "the end is told once");
    assert_eq!(outbox.closed(), Some(DisconnectReason::OutboxOverflow), "the first reason stands");
}

#[test]
fn an_outbox_holds_as_many_bytes_as_its_limit_says_and_not_one_more() {
    for (max_outbox_bytes, fits) in [(30, 3), (29, 2), (31, 3)] {
        let limits = Limits { max_outbox_bytes, ..Limits::default() };
        let outbox = outbox(&limits, &Arc::default());
        for _ in 0..fits {
            assert_eq!(outbox.push(&frame()), Ok(()), "{max_outbox_bytes}");
        }
        assert_counts(&outbox, fits);
        // What is taken makes room for as much, and no more.
        assert_eq!(Taker::new(1).drain(&outbox), Poll::Ready(Drained::Something));
        assert_counts(&outbox, fits - 1);
        assert_eq!(outbox.push(&frame()), Ok(()));
        let overflow = NotQueued::Overflow { bytes: 10 * fits, frames: fits };
        assert_eq!(outbox.push(&frame()), Err(overflow), "{max_outbox_bytes}");
        assert_empty(&outbox);
    }
}

/// An outbox of three frames whose link waits, and the link.
fn waiting() -> (Outbox, Taker) {
    let outbox = outbox(&Limits { max_outbox_frames: 3, ..Limits::default() }, &Arc::default());
    let mut link = Taker::new(1);
    assert_eq!(link.drain(&outbox), Poll::Pending);
    (outbox, link)
}

#[track_caller]
fn push(outbox: &Outbox, frames: usize) {
    (0..frames).for_each(|_| assert_eq!(outbox.push(&frame()), Ok(())));
}

#[track_caller]
fn assert_full(outbox: &Outbox) {
    assert!(matches!(outbox.push(&frame()), Err(NotQueued::Overflow { .. })));
    assert_empty(outbox);
}

#[test]
fn before_a_link_that_waits_has_its_turn_four_times_as_much_may_come() {
    let (outbox, _) = waiting();
    push(&outbox, 12);
    assert_full(&outbox);
}

#[test]
fn what_a_link_leaves_of_a_burst_counts_apart_and_what_comes_then_as_ever() {
    let (outbox, mut link) = waiting();
    push(&outbox, 10);
    assert_eq!(link.drain(&outbox), Poll::Ready(Drained::Something));
    assert_counts(&outbox, 9);
    push(&outbox, 3);
    // What is taken is of the burst: it makes no room for more.
    assert_eq!(link.drain(&outbox), Poll::Ready(Drained::Something));
    assert_full(&outbox);
}

#[test]
fn what_a_link_leaves_of_less_than_a_burst_counts_as_ever() {
    let (outbox, mut link) = waiting();
    push(&outbox, 3);
    assert_eq!(link.drain(&outbox), Poll::Ready(Drained::Something));
    push(&outbox, 1);
    assert_full(&outbox);
}

#[test]
fn once_a_burst_is_taken_another_may_come() {
    let (outbox, mut link) = waiting();
    for _ in 0..3 {
        push(&outbox, 12);
        while link.drain(&outbox) == Poll::Ready(Drained::Something) {}
        assert_empty(&outbox);
        assert!(outbox.lock().rare.is_none(), "it takes nothing any more");
    }
}

#[test]
fn what_many_frames_took_is_given_back_once_they_are_taken_at_once() {
    let limits = Limits { max_outbox_frames: 1_000, ..Limits::default() };
    let outbox = outbox(&limits, &Arc::new(Ends::default()));
    let spares = [20, 500].map(|frames| {
        push(&outbox, frames);
        Taker::new(usize::MAX).everything(&outbox);
        assert_empty(&outbox);
        outbox.lock().frames.capacity()
    });
    assert!(spares[0] >= 20 && spares[1] < 20, "{spares:?} places");
}

#[test]
fn a_burst_of_which_something_is_suppressed_is_still_one() {
    let [lost] = Published::rooms();
    let (outbox, mut link) = waiting();
    push(&outbox, 5);
    for _ in 0..3 {
        assert_eq!(outbox.push(&lost.event("1")), Ok(()));
    }
    assert_eq!(link.drain(&outbox), Poll::Ready(Drained::Something));
    assert_eq!(lose(&outbox, lost.0, 1), 3);
    assert_counts(&outbox, 4);
    push(&outbox, 3);
    assert_full(&outbox);
}

#[test]
fn what_came_behind_a_burst_does_not_become_one_by_a_room_that_is_lost() {
    let [lost] = Published::rooms();
    let (outbox, mut link) = waiting();
    push(&outbox, 12);
    assert_eq!(link.drain(&outbox), Poll::Ready(Drained::Something));
    push(&outbox, 3);
    lose(&outbox, lost.0, 1);
    outbox.resume(lost.0, membership(1));
    assert_full(&outbox);
}

#[test]
fn what_a_client_catches_up_on_and_what_is_left_of_a_burst_each_count_once() {
    let kept = |number| {
        let order = Some(Ordered::Kept(Offset { epoch: Epoch::draw(), number }));
        Publication::event("/".into(), "x".into(), Payload::none(), order, Class::Reliable)
    };
    for is_burst_first in [false, true] {
        let (outbox, mut link) = waiting();
        if !is_burst_first {
            outbox.catch_up();
        }
        push(&outbox, 8);
        (1..=2).for_each(|number| assert_eq!(outbox.push(&kept(number)), Ok(())));
        assert_eq!(link.drain(&outbox), Poll::Ready(Drained::Something));
        outbox.catch_up();
        push(&outbox, 3);
        (3..=4).for_each(|number| assert_eq!(outbox.push(&kept(number)), Ok(())));
        assert_full(&outbox);
    }
}

#[test]
fn a_link_that_was_called_for_a_ping_is_ready_for_a_burst() {
    let (outbox, _) = waiting();
    outbox.control(Control::Ping);
    push(&outbox, 12);
    assert_full(&outbox);
}

#[test]
fn half_full_is_more_than_half_of_either_limit() {
    let limits = Limits { max_outbox_bytes: 40, max_outbox_frames: 6, ..Limits::default() };
    for (length, fits) in [(10, 2), (5, 3)] {
        let outbox = outbox(&limits, &Arc::default());
        let frame = frame_of(length);
        for _ in 0..fits {
            assert_eq!(outbox.push(&frame), Ok(()));
            assert!(!outbox.is_half_full(), "{length}");
        }
        assert_eq!(outbox.push(&frame), Ok(()));
        assert!(outbox.is_half_full(), "{length}");
    }
}

#[test]
fn a_single_frame_over_the_limit_passes_an_empty_outbox_alone() {
    let limits = Limits { max_outbox_bytes: 5, ..Limits::default() };
    let outbox = outbox(&limits, &Arc::default());
    assert_eq!(outbox.push(&frame()), Ok(()));
    assert_eq!(Taker::new(1).drain(&outbox), Poll::Ready(Drained::Something));
    assert_eq!(outbox.push(&frame()), Ok(()), "it is empty again");
    assert!(matches!(outbox.push(&frame()), Err(NotQueued::Overflow { .. })));
}

#[test]
fn a_volatile_frame_is_queued_only_where_a_link_waits_for_it_and_leaves_nothing_else() {
    let outbox = outbox(&Limits::default(), &Arc::default());
    let mut taker = Taker::new(usize::MAX);
    assert_eq!(outbox.push(&volatile()), Err(NotQueued::NotWritable), "no link has come yet");
    assert_empty(&outbox);
    assert_eq!(taker.drain(&outbox), Poll::Pending);
    assert_eq!(outbox.push(&volatile()), Ok(()), "one waits");
    assert_eq!(outbox.push(&volatile()), Err(NotQueued::NotWritable), "it has something to do");
    assert_counts(&outbox, 1);
    assert_eq!(outbox.push(&frame()), Ok(()), "what is not volatile is queued behind it");
    assert_counts(&outbox, 2);
    assert_eq!(taker.drain(&outbox), Poll::Ready(Drained::Something));
    assert_eq!(outbox.push(&volatile()), Err(NotQueued::NotWritable), "it writes");
    assert_eq!(taker.drain(&outbox), Poll::Pending);
    outbox.park(LinkNumber::FIRST);
    assert_eq!(outbox.push(&volatile()), Err(NotQueued::NotWritable), "it waits no longer");
    assert_eq!(taker.drain(&outbox), Poll::Pending);
    outbox.attach();
    assert_eq!(outbox.push(&volatile()), Err(NotQueued::NotWritable), "another has taken over");
    assert_empty(&outbox);
    assert_eq!(taker.taken.len(), 2, "{:?}", taker.taken);
    assert_eq!(taker.drain(&outbox), Poll::Ready(Drained::Replaced));
}

#[test]
fn a_link_that_has_gone_parks_nobody_but_itself() {
    let outbox = outbox(&Limits::default(), &Arc::default());
    let link = outbox.attach();
    let mut cx = Context::from_waker(std::task::Waker::noop());
    assert_eq!(outbox.poll_drain(&mut cx, link, &mut Taker::new(1)), Poll::Pending);
    outbox.park(LinkNumber::FIRST);
    assert_eq!(outbox.push(&volatile()), Ok(()), "the new one waits still");
}

#[test]
fn what_is_suppressed_is_of_that_room_alone_and_the_rest_is_counted_as_it_is() {
    let [lost, kept] = Published::rooms();
    let outbox = outbox(&Limits::default(), &Arc::default());
    let queued =
        [frame(), lost.event("1"), kept.event("2"), lost.answer(3), kept.answer(4), frame()];
    for frame in &queued {
        assert_eq!(outbox.push(frame), Ok(()));
    }
    outbox.control(Control::Ping);
    assert_eq!(lose(&outbox, lost.0, 1), 2);
    assert_counts(&outbox, 5);
    assert_eq!(lose(&outbox, lost.0, 1), 0, "there is nothing left of it");
    assert_counts(&outbox, 5);
    let lapsed =
        r#"433[{"error":{"code":"lapsed","message":"the right to be in the room has lapsed"}}]"#;
    let written = Taker::new(2).everything(&outbox);
    let due = ["Ping", FRAME, r#"42["said","2"]"#, lapsed, r#"434["answer"]"#, FRAME];
    assert_eq!(written, due, "in the order in which it was queued");
    assert_empty(&outbox);
    assert_eq!(outbox.closed(), None);
}

#[test]
fn whoever_waits_for_room_is_told_when_what_took_it_is_suppressed() {
    let [lost, kept] = Published::rooms();
    let limits = Limits { max_outbox_frames: 2, ..Limits::default() };
    let outbox = outbox(&limits, &Arc::default());
    for room in [lost, kept] {
        assert_eq!(outbox.push(&room.event("1")), Ok(()));
    }
    let mut waiting =
        std::pin::pin!(outbox.until_it_has(crate::outbox::Room { bytes: 1, frames: 1 }));
    let woken = Arc::<Woken>::default();
    let waker = std::task::Waker::from(woken.clone());
    let mut cx = Context::from_waker(&waker);
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    assert_eq!(lose(&outbox, RoomIds::draw().next().0, 1), 0);
    assert_eq!(woken.0.load(Ordering::Relaxed), 0, "nothing was suppressed");
    assert_eq!(lose(&outbox, lost.0, 1), 1);
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert!(waiting.as_mut().poll(&mut cx).is_ready());
}

#[test]
fn of_a_room_that_was_lost_nothing_is_queued_until_it_has_let_the_session_go() {
    let [lost, kept] = Published::rooms();
    let outbox = outbox(&Limits::default(), &Arc::default());
    assert_eq!(lose(&outbox, lost.0, 2), 0);
    assert_eq!(outbox.push(&lost.event("1")), Err(NotQueued::Lapsed));
    assert_empty(&outbox);
    assert_eq!(outbox.push(&kept.event("2")), Ok(()));
    assert_eq!(outbox.push(&lost.answer(3)), Err(NotQueued::Lapsed));
    assert_counts(&outbox, 2);
    // By an earlier membership it let the session go before.
    outbox.resume(lost.0, membership(1));
    outbox.resume(kept.0, membership(2));
    assert!(outbox.suppresses(lost.0, membership(2)) && !outbox.suppresses(lost.0, membership(3)));
    assert_eq!(outbox.push(&lost.event("4")), Err(NotQueued::Lapsed));
    // What is suppressed late takes nothing from one that came before it.
    assert_eq!(lose(&outbox, lost.0, 1), 0);
    outbox.resume(lost.0, membership(1));
    assert_eq!(outbox.push(&lost.event("5")), Err(NotQueued::Lapsed));
    outbox.resume(lost.0, membership(2));
    assert!(!outbox.suppresses(lost.0, membership(1)));
    assert_eq!(outbox.push(&lost.event("6")), Ok(()));
    assert_eq!(Taker::new(9).everything(&outbox).last().unwrap(), r#"42["said","6"]"#);
}

#[test]
fn nothing_is_kept_of_rooms_that_have_let_the_session_go_or_are_closed() {
    let outbox = outbox(&Limits { max_rooms: 8, ..Limits::default() }, &Arc::default());
    let rooms = Published::rooms::<1_000>();
    for room in rooms {
        lose(&outbox, room.0, 1);
    }
    assert_eq!(outbox.closed(), None, "who loses rooms is not punished for it");
    for (index, room) in rooms.into_iter().enumerate() {
        assert!(outbox.suppresses(room.0, membership(1)));
        if index % 2 == 0 {
            outbox.resume(room.0, membership(1));
        } else {
            outbox.resume_all(room.0);
        }
        assert!(!outbox.suppresses(room.0, membership(1)));
    }
    assert!(outbox.lock().rare.is_none());
}

#[test]
fn what_is_said_in_place_of_a_suppressed_answer_counts_like_everything_else() {
    let [lost] = Published::rooms();
    let limits = Limits { max_outbox_frames: 3, ..Limits::default() };
    let outbox = outbox(&limits, &Arc::default());
    lose(&outbox, lost.0, 1);
    for id in 0..3 {
        assert_eq!(outbox.push(&lost.answer(id)), Err(NotQueued::Lapsed));
    }
    assert_counts(&outbox, 3);
    assert_eq!(outbox.push(&lost.event("nothing is said in place of it")), Err(NotQueued::Lapsed));
    assert!(matches!(outbox.push(&lost.answer(4)), Err(NotQueued::Overflow { frames: 3, .. })));
    assert_empty(&outbox);
}

#[test]
fn frames_that_are_dropped_are_not_counted_and_what_comes_then_is_queued() {
    let outbox = outbox(&Limits { max_outbox_bytes: 10, ..Limits::default() }, &Arc::default());
    assert_eq!(outbox.push(&frame()), Ok(()));
    outbox.control(Control::Ping);
    outbox.drop_frames();
    assert_counts(&outbox, 0);
    assert!(outbox.has_undelivered_ping(), "control packets are no frames");
    assert_eq!(outbox.push(&frame()), Ok(()));
    assert_eq!(Taker::new(9).everything(&outbox), ["Ping", FRAME]);
}

#[test]
fn a_heartbeat_gives_back_what_some_frames_took() {
    let outbox = outbox(&Limits::default(), &Arc::default());
    let mut taker = Taker::new(usize::MAX);
    for _ in 0..20 {
        assert_eq!(outbox.push(&frame()), Ok(()));
    }
    assert_eq!(taker.drain(&outbox), Poll::Ready(Drained::Something));
    assert!(outbox.lock().frames.spilled(), "what is used again soon is kept");
    outbox.control(Control::Ping);
    assert_eq!(taker.drain(&outbox), Poll::Ready(Drained::Something));
    assert!(!outbox.lock().frames.spilled());
    assert_eq!(taker.drain(&outbox), Poll::Pending);
    assert_eq!(taker.taken.len(), 21);
}
