//! The newest value of each key of a room's events that are `latest`: for who joins, and for those that may
//! not be sent yet.
//!
//! It must never keep more than a client can have sent it to keep: the oldest goes.

use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use crate::{
    base::{
        clock::{self, Instant},
        deadlines::Deadlines,
        timers::Timer,
    },
    message::{Publication, Reader, Topic},
    session::{handle::SessionHandle, session_id::SessionId},
};

/// What a room has of them: one word while it has none, as there is one for each room.
#[derive(Default)]
pub(in crate::room) struct Newest(Cell<Option<Box<Values>>>);

/// How much a room keeps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    pub(super) keys: usize,
    /// Of what the values say, as they are published.
    pub(super) bytes: usize,
}

/// One that goes to the members, but for one of them.
#[derive(Clone)]
pub(in crate::room) struct Outgoing {
    pub(in crate::room) publication: Publication,
    pub(super) left_out: Option<LeftOut>,
}

/// Who does not get it: a session, and whoever joins later and is the same to the room.
#[derive(Clone)]
pub(super) struct LeftOut {
    session: SessionId,
    reader: Reader,
}

impl LeftOut {
    pub(super) fn new(handle: &SessionHandle) -> Self {
        Self { session: handle.id, reader: handle.reader() }
    }
}

impl Outgoing {
    /// To which session of those that are members it does not go.
    pub(super) fn except(&self) -> Option<SessionId> {
        self.left_out.as_ref().map(|left_out| left_out.session)
    }

    /// Whether it is for somebody who comes later.
    fn is_for(&self, reader: &Reader) -> bool {
        self.left_out.as_ref().is_none_or(|left_out| !left_out.reader.is_same(reader))
    }
}

#[derive(Default)]
struct Values {
    /// From the one that was sent first.
    values: BTreeMap<u64, Value>,
    by_topic: HashMap<Topic, u64>,
    next: u64,
    bytes: usize,
    /// When those may be sent that are held back.
    held: Deadlines<u64>,
    /// What wakes the room for the first of them.
    waking: Option<(Instant, Timer)>,
}

/// The newest value of one key.
struct Value {
    topic: Topic,
    sent: Outgoing,
    throttled: Option<Throttled>,
}

/// Until when no other is sent.
struct Throttled {
    interval: Duration,
    until: Instant,
    /// The newest that came meanwhile.
    held: Option<Outgoing>,
}

impl Newest {
    /// A value of that topic comes, of which at most one is sent in an interval, if there is one: what is to
    /// be sent now, in that order.
    pub(super) fn come(
        &self,
        outgoing: Outgoing,
        topic: Topic,
        throttle: Option<Duration>,
        most: Most,
    ) -> Vec<Outgoing> {
        self.with(|values| {
            let values = values.get_or_insert_default();
            if values.holds_back(&outgoing, &topic) {
                return values.shrink(most);
            }
            let throttled = throttle.map(|interval| Throttled {
                interval,
                until: clock::after(interval),
                held: None,
            });
            values.put(Value { topic, sent: outgoing.clone(), throttled });
            let mut due = values.shrink(most);
            due.push(outgoing);
            due
        })
    }

    /// What is there for one that has joined: not what it was left out of.
    pub(in crate::room) fn shown_to(&self, handle: &SessionHandle) -> Vec<Publication> {
        self.with(|values| {
            let Some(values) = values else { return Vec::new() };
            let (values, reader) = (values.values.values(), handle.reader());
            let shown = values.filter(|value| value.sent.is_for(&reader));
            shown.map(|value| value.sent.publication.clone()).collect()
        })
    }

    /// What may be sent that was held back.
    pub(super) fn due(&self) -> Vec<Outgoing> {
        self.with(|values| {
            let Some(values) = values else { return Vec::new() };
            values.waking = None;
            let now = clock::now();
            let mut due = Vec::new();
            while let Some(id) = values.held.take(now) {
                due.extend(values.send_held(id));
            }
            due
        })
    }

    /// All that is held back, whether it is time or not: the room closes.
    pub(in crate::room) fn take_held(&self) -> Vec<Outgoing> {
        let values = self.0.take().map(|values| *values).unwrap_or_default();
        let held = values.values.into_values().filter_map(|value| value.throttled?.held);
        held.collect()
    }

    /// The state that they are of is gone.
    pub(in crate::room) fn clear(&self) {
        drop(self.0.take());
    }

    /// When the room is to be woken for what is held back, if nothing wakes it then, and what did so before.
    pub(super) fn to_be_woken(&self) -> Option<(Instant, Option<Timer>)> {
        self.with(|values| {
            let values = values.as_mut()?;
            let at = values.held.next()?;
            match values.waking {
                Some((waking, _)) if waking <= at => None,
                later => Some((at, later.map(|(_, timer)| timer))),
            }
        })
    }

    /// That wakes the room then.
    pub(super) fn woken_by(&self, at: Instant, timer: Timer) {
        self.with(|values| values.iter_mut().for_each(|it| it.waking = Some((at, timer))));
    }

    fn with<T>(&self, act: impl FnOnce(&mut Option<Box<Values>>) -> T) -> T {
        let mut values = self.0.take();
        let done = act(&mut values);
        self.0.set(values);
        done
    }
}

impl Values {
    /// Holds a value back, if it is not time for it.
    fn holds_back(&mut self, outgoing: &Outgoing, topic: &Topic) -> bool {
        let Some(id) = self.by_topic.get(topic).copied() else { return false };
        let throttled = self.values.get_mut(&id).and_then(|value| value.throttled.as_mut());
        let Some(throttled) = throttled.filter(|it| clock::now() < it.until) else { return false };
        let (until, older) = (throttled.until, throttled.held.replace(outgoing.clone()));
        self.bytes += outgoing.publication.size();
        match older {
            Some(older) => self.bytes -= older.publication.size(),
            None => self.held.add(until, id, |id| self.values.contains_key(id)),
        }
        true
    }

    /// The newest of its topic.
    fn put(&mut self, value: Value) {
        if let Some(id) = self.by_topic.insert(value.topic.clone(), self.next) {
            self.take(id);
        }
        self.bytes += value.size();
        self.values.insert(self.next, value);
        self.next += 1;
    }

    /// What was held back of one, if it is time.
    fn send_held(&mut self, id: u64) -> Option<Outgoing> {
        let throttled = self.values.get(&id)?.throttled.as_ref()?;
        throttled.held.as_ref()?;
        let mut value = self.take(id)?;
        let throttled = value.throttled.as_mut()?;
        let held = throttled.held.take()?;
        throttled.until = clock::after(throttled.interval);
        value.sent = held.clone();
        self.put(value);
        Some(held)
    }

    /// The oldest go while there are too many. What is held back of them is sent now: it is the last.
    fn shrink(&mut self, most: Most) -> Vec<Outgoing> {
        let mut due = Vec::new();
        // A single one is kept however large it is.
        while self.values.len() > most.keys || self.values.len() > 1 && self.bytes > most.bytes {
            let Some(oldest) = self.values.keys().next().copied() else { break };
            let Some(value) = self.take(oldest) else { break };
            self.by_topic.remove(&value.topic);
            due.extend(value.throttled.and_then(|throttled| throttled.held));
        }
        due
    }

    fn take(&mut self, id: u64) -> Option<Value> {
        let value = self.values.remove(&id)?;
        self.bytes -= value.size();
        Some(value)
    }
}

impl Value {
    fn size(&self) -> usize {
        let held = self.throttled.as_ref().and_then(|throttled| throttled.held.as_ref());
        self.sent.publication.size() + held.map_or(0, |held| held.publication.size())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        message::{Class, Content},
        payload::IntoPayload,
    };

    const INTERVAL: Duration = Duration::from_millis(100);
    const MANY: Most = Most { keys: 100, bytes: 10_000 };

    fn value(key: &str, text: &str) -> (Outgoing, Topic) {
        let payload = (text,).into_payload().unwrap();
        let (namespace, name) = ("/".into(), "e".into());
        let content = Content::Event { namespace, name, payload, order: None, question: None };
        let publication = Publication::with(content, None, Class::Latest(Some(key.into())));
        let topic = publication.topic().unwrap();
        (Outgoing { publication, left_out: None }, topic)
    }

    /// What is sent when it comes, by its sizes: each value has another.
    fn come(
        newest: &Newest,
        key: &str,
        text: &str,
        throttle: Option<Duration>,
        most: Most,
    ) -> Vec<usize> {
        let (outgoing, topic) = value(key, text);
        sizes(&newest.come(outgoing, topic, throttle, most))
    }

    fn sizes(outgoing: &[Outgoing]) -> Vec<usize> {
        outgoing.iter().map(|it| it.publication.size()).collect()
    }

    fn size(text: &str) -> usize {
        value("a", text).0.publication.size()
    }

    fn kept(newest: &Newest) -> Vec<usize> {
        newest.with(|values| {
            let values = values.iter().flat_map(|values| values.values.values());
            values.map(|value| value.sent.publication.size()).collect()
        })
    }

    #[tokio::test(start_paused = true)]
    async fn of_too_many_the_one_that_was_sent_first_goes_and_what_it_holds_back_is_sent() {
        let (newest, most) = (Newest::default(), Most { keys: 2, ..MANY });
        assert_eq!(come(&newest, "a", "1", Some(INTERVAL), most), [size("1")]);
        assert!(come(&newest, "a", "22", Some(INTERVAL), most).is_empty());
        assert_eq!(come(&newest, "b", "333", Some(INTERVAL), most), [size("333")]);
        let sent = come(&newest, "c", "4444", Some(INTERVAL), most);
        assert_eq!(sent, [size("22"), size("4444")]);
        assert_eq!(kept(&newest), [size("333"), size("4444")]);
        tokio::time::advance(INTERVAL).await;
        assert!(newest.due().is_empty(), "it is sent once");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_and_held_back_is_bounded_in_bytes_but_for_one_alone() {
        let (newest, most) = (Newest::default(), Most { bytes: 2 * size("1234"), ..MANY });
        for key in ["a", "b", "c"] {
            assert_eq!(come(&newest, key, "1234", Some(INTERVAL), most), [size("1234")]);
        }
        assert_eq!(kept(&newest).len(), 2);
        // Held back it counts as well: the other one goes for it.
        assert!(come(&newest, "c", "12345", Some(INTERVAL), most).is_empty());
        assert_eq!(kept(&newest), [size("1234")]);
        let large = "x".repeat(10_000);
        come(&newest, "d", &large, None, most);
        assert_eq!(kept(&newest), [size(&large)]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_that_is_held_back_is_sent_when_it_is_time_and_begins_an_interval() {
        let newest = Newest::default();
        come(&newest, "a", "1", Some(INTERVAL), MANY);
        assert!(newest.to_be_woken().is_none(), "nothing is held back");
        for text in ["22", "333"] {
            assert!(come(&newest, "a", text, Some(INTERVAL), MANY).is_empty());
        }
        let (at, None) = newest.to_be_woken().unwrap() else { panic!("nothing wakes it yet") };
        assert_eq!(at, clock::after(INTERVAL));
        tokio::time::advance(INTERVAL).await;
        assert_eq!(sizes(&newest.due()), [size("333")]);
        assert!(come(&newest, "a", "4444", Some(INTERVAL), MANY).is_empty());
        tokio::time::advance(INTERVAL / 2).await;
        assert!(newest.due().is_empty());
        assert_eq!(sizes(&newest.take_held()), [size("4444")]);
        assert!(kept(&newest).is_empty());
    }

    #[test]
    fn a_value_that_is_not_throttled_is_sent_whenever_it_comes() {
        let newest = Newest::default();
        for text in ["1", "22", "333"] {
            assert_eq!(come(&newest, "a", text, None, MANY), [size(text)]);
        }
        assert_eq!(kept(&newest), [size("333")]);
    }
}
