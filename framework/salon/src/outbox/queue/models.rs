//! What is queued while a link takes it, another takes over, a right is lost and the end comes, in
//! every order.

use std::future::poll_fn;

use loom::{future::block_on, model, thread};

use super::*;
use crate::{
    base::{
        config::Limits,
        in_flight::InFlightLimit,
        number::MembershipNumber,
        room_id::{RoomId, RoomIds},
        sync::atomic::AtomicU32,
    },
    message::Content,
    outbox::{Frames, Room},
    payload::{IntoPayload, Payload},
    protocol::SocketIoCodec,
    wire::socket_io::JsonParser,
};

/// In what a room says, and in nothing else.
const THEIRS: &str = "theirs";

/// Counts how often it is told of an end.
struct Ends(AtomicU32);

impl Owner for Ends {
    fn ended(&self, _: DisconnectReason) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn end_session(&self, _: SessionNumber, _: End) {}

    fn has_missed(&self) {}
}

/// What a model is about.
struct Under {
    outbox: Arc<Outbox>,
    ends: Arc<Ends>,
    /// A frame for anybody.
    frame: Publication,
    room: RoomId,
    /// A frame of that room, and an answer of it that is awaited.
    of_room: Publication,
    answer: Publication,
}

/// Runs a model of an outbox that holds two frames.
fn explore(run: impl Fn(Under) + Send + Sync + 'static) {
    let limits = Limits { max_outbox_frames: 2, ..Limits::default() };
    // What is the same in every order, and too large for the stacks of a model's threads.
    let codec = Arc::new(SocketIoCodec::new(Arc::new(JsonParser)));
    let counters = Arc::default();
    let room = RoomIds::draw().next().0;
    let event = |name: &str| {
        let (namespace, payload) = ("/".into(), Payload::none());
        Content::Event { namespace, name: name.into(), payload, order: None, question: None }
    };
    let frame = Publication::new(event("hello"));
    let of_room = Publication::of_room(event(THEIRS), room, Class::Reliable);
    let payload = (THEIRS,).into_payload().unwrap();
    let answer = Content::Answer { namespace: "/".into(), id: 7, payload, is_refusal: false };
    let answer = Publication::of_room(answer, room, Class::Reliable);
    model(move || {
        let terms = Arc::new(Terms::new(
            &limits,
            codec.clone(),
            Arc::clone(&counters),
            Arc::new(InFlightLimit::new(1)),
        ));
        let ends = Arc::new(Ends(AtomicU32::new(0)));
        let owner: Weak<Ends> = Arc::downgrade(&ends);
        let outbox = Arc::new(Outbox::new(terms, TransportKind::WebSocket, owner));
        let (frame, of_room, answer) = (frame.clone(), of_room.clone(), answer.clone());
        run(Under { outbox, ends, frame, room, of_room, answer });
    });
}

/// Has a session lose a room. How many frames were queued.
fn lose(outbox: &Outbox, room: RoomId) -> u64 {
    let (frames, answers) = outbox.suppress(room, MembershipNumber::FIRST);
    frames + outbox.refuse(room, answers)
}

/// A link that takes one frame at a time.
#[derive(Default)]
struct Link {
    taken: usize,
    /// If it watches over a room: whether the right to its frames is lost.
    watches: Option<Arc<AtomicBool>>,
}

impl Sink for Link {
    const STAYS: bool = true;

    fn control(&mut self, _: Control) {}

    fn frames(&mut self, frames: Frames<'_>) -> usize {
        let Some(first) = frames.iter().next() else { return 0 };
        if let Some(is_lost) = &self.watches
            && String::from_utf8_lossy(&first.polling()).contains(THEIRS)
        {
            assert!(!is_lost.load(Ordering::SeqCst), "nothing of a room comes after its loss");
        }
        self.taken += 1;
        1
    }
}

impl Link {
    /// Takes what comes, as a writer does, until this is over for it.
    fn run(mut self, outbox: &Outbox, number: LinkNumber) -> (usize, Drained) {
        let end = block_on(poll_fn(|cx| {
            loop {
                match outbox.poll_drain(cx, number, &mut self) {
                    Poll::Ready(Drained::Something) => {}
                    // It is woken when there is more.
                    Poll::Ready(Drained::Everything) | Poll::Pending => return Poll::Pending,
                    Poll::Ready(end) => return Poll::Ready(end),
                }
            }
        }));
        (self.taken, end)
    }
}

#[test]
fn a_link_takes_all_that_was_queued_and_learns_of_the_end_which_comes_once() {
    explore(|Under { outbox, ends, frame, .. }| {
        let other = outbox.clone();
        let link = thread::spawn(move || Link::default().run(&other, LinkNumber::FIRST));
        let other = outbox.clone();
        let closing = thread::spawn(move || other.close(DisconnectReason::PingTimeout));
        let queued = usize::from(outbox.push(&frame).is_ok());
        outbox.close(DisconnectReason::TransportClose);
        closing.join().unwrap();
        let reason = outbox.closed().unwrap();
        assert_eq!(link.join().unwrap(), (queued, Drained::Closed(reason)));
        assert_eq!(ends.0.load(Ordering::SeqCst), 1);
        assert_eq!(outbox.push(&frame), Err(NotQueued::Closed));
    });
}

#[test]
fn nothing_of_a_room_is_handed_out_once_its_frames_are_suppressed() {
    explore(|Under { outbox, frame, room, of_room, .. }| {
        let is_lost = Arc::new(AtomicBool::new(false));
        let watches = Some(is_lost.clone());
        let other = outbox.clone();
        let link = Link { watches, ..Link::default() };
        let link = thread::spawn(move || link.run(&other, LinkNumber::FIRST));
        let other = outbox.clone();
        let saying = thread::spawn(move || other.push(&of_room).is_ok());
        let suppressed = lose(&outbox, room);
        is_lost.store(true, Ordering::SeqCst);
        outbox.push(&frame).unwrap();
        let said = saying.join().unwrap();
        outbox.close(DisconnectReason::TransportClose);
        let (taken, _) = link.join().unwrap();
        // What was said is taken or suppressed, and what is for anybody comes in any case.
        assert_eq!(taken as u64 + suppressed, 1 + u64::from(said));
    });
}

#[test]
fn whoever_awaits_an_answer_of_a_room_that_is_lost_gets_it_or_is_refused_once() {
    explore(|Under { outbox, frame, room, answer, .. }| {
        let is_lost = Arc::new(AtomicBool::new(false));
        let other = outbox.clone();
        let link = Link { watches: Some(is_lost.clone()), ..Link::default() };
        let link = thread::spawn(move || link.run(&other, LinkNumber::FIRST));
        let other = outbox.clone();
        let saying = thread::spawn(move || other.push(&answer));
        lose(&outbox, room);
        is_lost.store(true, Ordering::SeqCst);
        outbox.push(&frame).unwrap();
        assert!(matches!(saying.join().unwrap(), Ok(()) | Err(NotQueued::Lapsed)));
        outbox.close(DisconnectReason::TransportClose);
        assert_eq!(link.join().unwrap().0, 2);
    });
}

#[test]
fn a_link_that_is_replaced_is_told_and_each_frame_goes_to_one_of_the_two() {
    explore(|Under { outbox, frame, .. }| {
        let other = outbox.clone();
        let first = thread::spawn(move || Link::default().run(&other, LinkNumber::FIRST));
        let other = outbox.clone();
        let second = thread::spawn(move || {
            let number = other.attach();
            Link::default().run(&other, number)
        });
        outbox.push(&frame).unwrap();
        outbox.close(DisconnectReason::TransportClose);
        let (second, end) = second.join().unwrap();
        assert_eq!(end, Drained::Closed(DisconnectReason::TransportClose));
        let (first, _) = first.join().unwrap();
        assert_eq!(first + second, 1);
    });
}

#[test]
fn whoever_waits_for_room_is_told_when_a_link_has_taken_something() {
    explore(|Under { outbox, frame, .. }| {
        outbox.push(&frame).unwrap();
        outbox.push(&frame).unwrap();
        let other = outbox.clone();
        let link = thread::spawn(move || Link::default().run(&other, LinkNumber::FIRST));
        block_on(outbox.until_it_has(Room { bytes: 0, frames: 1 }));
        outbox.push(&frame).unwrap();
        outbox.close(DisconnectReason::TransportClose);
        assert_eq!(link.join().unwrap().0, 3);
    });
}
