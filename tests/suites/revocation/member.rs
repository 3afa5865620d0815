//! One client of the stress test: it is in two arenas, talks, refreshes, and comes back when it is
//! out.
//!
//! It must never come back before it knows that its revocation is over: then whatever it hears
//! belongs to one membership.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use salon_tests::{
    Result,
    socket_io::{Client, Packet},
};
use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use crate::{
    common::{Common, Order, Session},
    recorder::Recorder,
    rights::Badge,
};

pub(crate) struct Member {
    common: Arc<Common>,
    badge: Badge,
    arenas: [u32; 2],
    random: fastrand::Rng,
    client: Client,
    id: String,
    recorder: Recorder,
    asked: HashMap<u64, Asked>,
    /// The entries that are not answered yet, by arena.
    entering: HashMap<u32, u64>,
    /// What came of the revocation of everything.
    resolved: Option<Vec<u64>>,
    last_words: Option<usize>,
    next_act: Instant,
    /// How much had come to anybody when it looked last, and since when no more has.
    silence: Option<(u64, Instant)>,
    /// What happened last, for whoever has to find a mistake.
    diary: VecDeque<String>,
}

enum Asked {
    Enter(u32),
    Refresh,
    LastWord,
}

/// When nobody hears anything more: however busy a machine is, something comes in that time.
const SILENCE: Duration = Duration::from_secs(30);

impl Member {
    pub(crate) async fn connect(
        common: Arc<Common>,
        name: String,
        arenas: [u32; 2],
        random: fastrand::Rng,
    ) -> Result<Self> {
        let badge = Badge { lasts: 6_000, ..Badge::of(name, 0) };
        let (client, id) = connect(common.address, &badge).await?;
        let (asked, entering) = (HashMap::new(), HashMap::new());
        let (recorder, diary) = (Recorder::default(), VecDeque::new());
        Ok(Self {
            common,
            badge,
            arenas,
            random,
            client,
            id,
            recorder,
            asked,
            entering,
            resolved: None,
            last_words: None,
            next_act: Instant::now(),
            silence: None,
            diary,
        })
    }

    /// Runs until everything is over and it has heard everything; how much that was.
    pub(crate) async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>) -> Result<()> {
        let live = self.live(&mut orders).await;
        self.common.frames.fetch_add(self.recorder.frames, Ordering::Relaxed);
        live.map_err(|mistake| {
            let diary = self.diary.make_contiguous().join("\n  ");
            format!("{} (now {}): {mistake}\n  {diary}", self.badge.name, self.badge.login).into()
        })
    }

    async fn live(&mut self, orders: &mut mpsc::UnboundedReceiver<Order>) -> Result<()> {
        loop {
            self.enter_all().await?;
            if self.is_done().await? {
                return Ok(());
            }
            let next = self.next_act;
            tokio::select! {
                Some(order) = orders.recv() => self.order(order),
                packet = self.client.next() => match packet {
                    Ok(packet) => self.take(packet).await?,
                    Err(closed) => self.come_back(&closed.to_string(), orders).await?,
                },
                () = sleep_until(next) => self.act().await?,
            }
        }
    }

    fn note(&mut self, what: String) {
        if self.diary.len() == 40 {
            self.diary.pop_front();
        }
        self.diary.push_back(what);
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Expect(taken, reply) => {
                let ready = self.recorder.is_settled() && !self.recorder.has_lapsed();
                let (id, token) = (self.id.clone(), self.badge.token());
                let session = Session { id, name: self.badge.name.clone(), token };
                if reply.send(ready.then_some(session)).is_ok() && ready {
                    self.note(format!("expects to lose {taken:?}"));
                    self.recorder.expect(taken);
                }
            }
            // If it was not found it lives on, and its marker comes.
            Order::Resolved { found, last } => self.resolved = found.then_some(last),
        }
    }

    /// Enters the arenas that it is not in, as far as it knows what became of it there.
    async fn enter_all(&mut self) -> Result<()> {
        for arena in self.arenas {
            let is_out = !self.recorder.is_in(arena) && !self.entering.contains_key(&arena);
            if is_out && self.recorder.is_settled() && !self.recorder.has_lapsed() {
                self.enter(arena).await?;
            }
        }
        Ok(())
    }

    async fn enter(&mut self, arena: u32) -> Result<()> {
        let enter = json!({ "arena": arena, "slow": self.random.bool() });
        if let Some(id) = self.ask("arena:enter", enter, Asked::Enter(arena)).await? {
            self.entering.insert(arena, id);
        }
        Ok(())
    }

    /// Sends an event; nothing if the connection is gone, which the next read says.
    async fn ask(&mut self, name: &str, argument: Value, asked: Asked) -> Result<Option<u64>> {
        self.note(format!("→ {name} {argument}"));
        let Ok(id) = self.client.start_asking(name, argument).await else { return Ok(None) };
        self.asked.insert(id, asked);
        Ok(Some(id))
    }

    async fn act(&mut self) -> Result<()> {
        // A real client on a real socket: it waits a while before it does the next thing.
        self.next_act = Instant::now() + Duration::from_millis(self.random.u64(100..400));
        if self.common.over.load(Ordering::SeqCst) {
            return self.wait_for_the_last();
        }
        if self.random.u8(..6) == 0 {
            self.badge.login += 1;
            let badge = json!(self.badge);
            return self.ask("salon:refresh", badge, Asked::Refresh).await.map(drop);
        }
        let arena = self.arenas[self.random.usize(..2)];
        // What cannot be sent any more is noticed by the next read.
        let _ = self.client.emit("arena:say", json!({ "arena": arena })).await;
        Ok(())
    }

    /// Everything is over: what was published comes, or there is a mistake, which the diary shows.
    fn wait_for_the_last(&mut self) -> Result<()> {
        let heard = self.common.heard.load(Ordering::SeqCst);
        let since = match self.silence {
            Some((before, since)) if before == heard => since,
            _ => Instant::now(),
        };
        self.silence = Some((heard, since));
        // Whoever is the reason that it cannot end says so itself.
        let others_fault = self.is_quiet() && (!self.all_are_quiet() || self.has_heard_all());
        if since.elapsed() < SILENCE || others_fault {
            return Ok(());
        }
        let missing = self.arenas.map(|arena| {
            let (last, published) = (self.recorder.last(arena), self.common.published.last(arena));
            let is_in = self.recorder.is_in(arena);
            format!("arena {arena}: in it {is_in}, heard up to {last:?} of {published}")
        });
        let (settled, entering) = (self.recorder.is_settled(), &self.entering);
        Err(format!("something is missing; {missing:?}, settled {settled}, entering {entering:?}")
            .into())
    }

    async fn take(&mut self, packet: Packet) -> Result<()> {
        self.common.heard.fetch_add(1, Ordering::SeqCst);
        match packet {
            Packet::Event(name, arguments, _) => {
                let argument = arguments.first().cloned().unwrap_or_default();
                self.note(format!("← {name} {argument}"));
                Ok(self.recorder.hear(&name, &argument)?)
            }
            Packet::Ack(id, answer) => {
                self.note(format!("← #{id} {answer:?}"));
                self.answered(id, &answer).await
            }
            Packet::Disconnected if self.recorder.has_lapsed() => Ok(()),
            other => Err(format!("{other:?} came").into()),
        }
    }

    async fn answered(&mut self, id: u64, answer: &[Value]) -> Result<()> {
        let code = answer.first().and_then(|answer| answer["error"]["code"].as_str());
        let asked = self.asked.remove(&id).ok_or("an acknowledgement that nobody asked for")?;
        if self.recorder.has_lapsed() {
            return Err("an acknowledgement behind the farewell".into());
        }
        match (asked, code) {
            (Asked::Enter(arena), None | Some("lapsed" | "revoked")) => {
                if self.entering.get(&arena) == Some(&id) {
                    self.entering.remove(&arena);
                    // Something else was taken meanwhile: this one may be tried at once.
                    if code == Some("revoked") {
                        self.enter(arena).await?;
                    }
                }
                if code.is_none() {
                    self.common.joins.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            }
            (Asked::Refresh, None) => {
                self.common.refreshes.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            (Asked::Refresh, Some("rate_limited")) => Ok(()),
            // Its token was revoked on the way, and so nobody was found by it.
            (Asked::Refresh, Some("unauthorized")) => Ok(()),
            // What was about to be revoked may have been refused already.
            (Asked::Refresh, Some(_)) if !self.recorder.is_settled() => Ok(()),
            (Asked::LastWord, _) => {
                self.last_words = self.last_words.map(|missing| missing - 1);
                if self.last_words == Some(0) {
                    self.common.quiet.fetch_add(1, Ordering::SeqCst);
                }
                Ok(())
            }
            (_, code) => Err(format!("refused with {code:?}").into()),
        }
    }

    /// The server has closed the connection, which it does after a farewell only.
    async fn come_back(
        &mut self,
        closed: &str,
        orders: &mut mpsc::UnboundedReceiver<Order>,
    ) -> Result<()> {
        if !self.recorder.has_lapsed() {
            return Err(closed.into());
        }
        while self.resolved.is_none() {
            match orders.recv().await {
                Some(order) => self.order(order),
                None => return Err("the session was ended, and nobody revoked it".into()),
            }
        }
        let last = self.resolved.take().unwrap_or_default();
        self.recorder.end(&last)?;
        self.asked.clear();
        self.entering.clear();
        if self.last_words.is_some_and(|missing| missing > 0) {
            // Their answers went with the connection: they are said once more.
            self.last_words = None;
        }
        self.badge.login += 1;
        self.note("comes back".to_owned());
        (self.client, self.id) = connect(self.common.address, &self.badge).await?;
        self.common.connects.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Whether it has heard the last that there is to hear.
    async fn is_done(&mut self) -> Result<bool> {
        let over = self.common.over.load(Ordering::SeqCst);
        if !over || !self.recorder.is_settled() || !self.is_in_all() {
            return Ok(false);
        }
        if self.last_words.is_none() {
            self.last_words = Some(self.arenas.len());
            for arena in self.arenas {
                let say = json!({ "arena": arena });
                self.ask("arena:say", say, Asked::LastWord).await?;
            }
        }
        Ok(self.all_are_quiet() && self.has_heard_all())
    }

    fn is_in_all(&self) -> bool {
        self.arenas.iter().all(|arena| self.recorder.is_in(*arena))
    }

    /// Whether it has said its last words, and been answered.
    fn is_quiet(&self) -> bool {
        self.last_words == Some(0) && self.is_in_all()
    }

    fn all_are_quiet(&self) -> bool {
        self.common.quiet.load(Ordering::SeqCst) == self.common.members
    }

    fn has_heard_all(&self) -> bool {
        let published = &self.common.published;
        self.arenas.iter().all(|arena| self.recorder.last(*arena) == published.last(*arena))
    }
}

async fn connect(address: SocketAddr, badge: &Badge) -> Result<(Client, String)> {
    let mut client = Client::open(address).await?;
    client.send(&format!("40{}", json!(badge))).await?;
    match client.next().await? {
        Packet::Connected(id) => Ok((client, id)),
        other => Err(format!("{} was not let in: {other:?}", badge.name).into()),
    }
}
