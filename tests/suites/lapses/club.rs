//! A club with rooms for members, whose tokens and grants end.
//!
//! It must never read another clock than the lab's.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::{EncodingKey, Header};
use salon::auth::Identified;
use salon::{
    Builder, Code, LeaveReason, Revoked, Salon,
    auth::{
        Authority, Grant, Jwt, Question, What, Who,
        jwt::{Key, Keys},
    },
    prelude::*,
    testing::{Client, Failure, Lab},
};
use serde_json::json;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const SECRET: &[u8] = b"a secret for tests, nothing more!";

/// Read from the claims.
#[derive(Serialize, Deserialize)]
pub(crate) struct Guest {
    pub(crate) sub: String,
}

/// Enters a room, if its rule lets the guest.
#[derive(Serialize, Deserialize, Event)]
#[event("room:enter", room = Parlour(room), join, permit = "enter")]
pub(crate) struct Enter {
    pub(crate) room: u32,
}

/// Says something to everybody in the room.
#[derive(Serialize, Deserialize, Event)]
#[event("room:say", room = Parlour(room))]
pub(crate) struct Say {
    pub(crate) room: u32,
    pub(crate) text: String,
}

/// Leaves the room.
#[derive(Serialize, Deserialize, Event)]
#[event("room:leave", room = Parlour(room))]
pub(crate) struct Leave {
    pub(crate) room: u32,
}

/// Rings the bell, which takes a permission of its own.
#[derive(Serialize, Deserialize, Event)]
#[event("room:ring", room = Parlour(room), permit = "ring")]
pub(crate) struct Ring {
    pub(crate) room: u32,
}

/// Strolls in; nobody is asked.
#[derive(Serialize, Deserialize, Event)]
#[event("room:stroll", room = Parlour(room), join)]
pub(crate) struct Stroll {
    pub(crate) room: u32,
}

/// Knocks, which takes a permission, and is heard by everybody in the room.
#[derive(Serialize, Deserialize, Event)]
#[event("room:knock", room = Parlour(room), permit = "knock")]
pub(crate) struct Knock {
    pub(crate) room: u32,
}

/// Ponders for ten seconds, which takes a permission.
#[derive(Serialize, Deserialize, Event)]
#[event("room:ponder", room = Parlour(room), permit = "ponder", reply = String)]
pub(crate) struct Ponder {
    pub(crate) room: u32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("room:said")]
pub(crate) struct Said {
    pub(crate) text: String,
}

/// Somebody is out; why, as the room was told.
#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("room:left")]
pub(crate) struct Left {
    pub(crate) who: String,
    pub(crate) why: String,
}

/// What the server says of rights.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Evicted {
    pub(crate) room: String,
    pub(crate) code: String,
}

pub(crate) struct Parlour;

impl Room for Parlour {
    const NAME: &'static str = "parlour";
    type Key = u32;
    type Identity = Guest;
    type Events = (Enter, Say, Leave, Ring, Stroll, Knock, Later<Ponder>);
    type Sends = (Left, Said);

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }

    fn left(&mut self, who: &Member<Guest>, why: LeaveReason, cx: &mut RoomContext<Self>) {
        cx.broadcast(&Left { who: who.identity().sub.clone(), why: format!("{why:?}") });
    }
}

impl On<Enter> for Parlour {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<Say> for Parlour {
    fn on(&mut self, say: Say, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.broadcast(&Said { text: say.text });
        Ok(())
    }
}

impl On<Leave> for Parlour {
    fn on(&mut self, _: Leave, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.leave(cx.sender());
        Ok(())
    }
}

impl On<Ring> for Parlour {
    fn on(&mut self, _: Ring, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<Stroll> for Parlour {
    fn on(&mut self, _: Stroll, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<Knock> for Parlour {
    fn on(&mut self, _: Knock, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.broadcast(&Said { text: "knock".to_owned() });
        Ok(())
    }
}

impl OnLater<Ponder> for Parlour {
    fn on_later(&mut self, _: Ponder, _: &mut EventContext<'_, Self>) -> Answer<String> {
        Answer::later(async {
            tokio::time::sleep(10 * SECOND).await;
            Ok("a thought".to_owned())
        })
    }
}

/// What the authority does when it is asked; what no rule is about is granted for good.
#[derive(Clone, Default)]
pub(crate) struct Rules(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    rules: HashMap<(String, String), Rule>,
    asked: usize,
}

#[derive(Clone, Copy)]
pub(crate) enum Rule {
    /// Granted for so long from when it is asked.
    For(Duration),
    Never,
    /// Granted for good, after so long.
    Slow(Duration),
    /// It does not answer.
    Silent,
    /// It answers that it cannot say.
    Broken,
}

impl Rules {
    /// Sets the rule about a guest and a permission.
    pub(crate) fn set(&self, guest: &str, permission: &str, rule: Rule) {
        let mut state = self.0.lock().expect("no rule panics");
        state.rules.insert((guest.to_owned(), permission.to_owned()), rule);
    }

    /// How often the authority was asked.
    pub(crate) fn asked(&self) -> usize {
        self.0.lock().expect("no rule panics").asked
    }
}

impl Authority for Rules {
    type Identity = Guest;

    async fn decide(&self, question: Question<Guest>) -> Result<Grant, Refusal> {
        let rule = {
            let mut state = self.0.lock().expect("no rule panics");
            state.asked += 1;
            let key = (question.identity().sub.clone(), question.permission().to_owned());
            state.rules.get(&key).copied()
        };
        match rule {
            None => Ok(Grant::standing()),
            Some(Rule::For(span)) => Ok(Grant::until(question.now() + span)),
            Some(Rule::Slow(span)) => {
                tokio::time::sleep(span).await;
                Ok(Grant::standing())
            }
            Some(Rule::Never) => Err(Refusal::forbidden("not any more")),
            Some(Rule::Silent) => std::future::pending().await,
            Some(Rule::Broken) => Err(Refusal::internal("the rules cannot be read")),
        }
    }
}

/// The club, its rules, and its keys.
pub(crate) struct Club {
    pub(crate) lab: Lab,
    pub(crate) rules: Rules,
    pub(crate) keys: Keys,
}

/// A Salon that is described, but for what one test wants of it.
pub(crate) type Known = Builder<Identified<Guest>>;

impl Club {
    pub(crate) async fn open() -> Result<Self, Failure> {
        Self::open_with(1, |builder| builder).await
    }

    pub(crate) async fn open_with(
        workers: usize,
        change: impl FnOnce(Known) -> Known,
    ) -> Result<Self, Failure> {
        Self::open_for(workers, Duration::ZERO, change).await
    }

    /// A club whose tokens are issued by a clock that may be off by so much.
    pub(crate) async fn open_for(
        workers: usize,
        leeway: Duration,
        change: impl FnOnce(Known) -> Known,
    ) -> Result<Self, Failure> {
        let (rules, keys) = (Rules::default(), Keys::new());
        keys.add("one", Key::hs256(SECRET)?);
        let builder = Salon::builder()
            .authenticate(Jwt::<Guest>::with_keys(keys.clone()).leeway(leeway))
            .authority(rules.clone())
            .room::<Parlour>();
        let salon = change(builder).build()?;
        // A whole second, as tokens have it: then an end is exactly when it is said to be.
        let noon = UNIX_EPOCH + 1_800_000_000 * SECOND;
        let lab = Lab::builder(salon).workers(workers).wall(noon).start().await;
        Ok(Self { lab, rules, keys })
    }

    /// A token for a guest, that lasts so long.
    pub(crate) fn token(&self, guest: &str, lasts: Duration) -> String {
        self.token_of(guest, lasts, "one", SECRET)
    }

    pub(crate) fn token_of(
        &self,
        guest: &str,
        lasts: Duration,
        kid: &str,
        secret: &[u8],
    ) -> String {
        let now = self.lab.wall();
        let claims = json!({
            "sub": guest,
            "jti": format!("{guest}-{}", self.lab.elapsed().as_millis()),
            "iat": seconds(now),
            "exp": seconds(now + lasts),
        });
        Self::sign(&claims, kid, secret)
    }

    /// An hour's token for a guest, of an issuer whose clock is ahead by so much.
    pub(crate) fn token_ahead(&self, guest: &str, ahead: Duration) -> String {
        let now = self.lab.wall();
        let claims = json!({
            "sub": guest, "iat": seconds(now + ahead), "exp": seconds(now + 3600 * SECOND),
        });
        Self::sign(&claims, "one", SECRET)
    }

    fn sign(claims: &serde_json::Value, kid: &str, secret: &[u8]) -> String {
        let header = Header { kid: Some(kid.to_owned()), ..Header::default() };
        let key = EncodingKey::from_secret(secret);
        jsonwebtoken::encode(&header, claims, &key).expect("a token")
    }

    /// A guest with an hour's token.
    pub(crate) async fn guest(&self, name: &str) -> Result<Client, Failure> {
        self.guest_for(name, 3600 * SECOND).await
    }

    pub(crate) async fn guest_for(&self, name: &str, lasts: Duration) -> Result<Client, Failure> {
        let auth = json!({ "token": self.token(name, lasts) });
        Ok(self.lab.visitor().name(name).auth(auth).connect().await?)
    }

    /// Guests in room 1.
    pub(crate) async fn guests_in_1(&self, names: &[&str]) -> Result<Vec<Client>, Failure> {
        let mut guests = Vec::new();
        for name in names {
            let guest = self.guest(name).await?;
            guest.send(Enter { room: 1 }).await?;
            guests.push(guest);
        }
        Ok(guests)
    }
}

fn seconds(moment: SystemTime) -> u64 {
    moment.duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

/// Takes something from somebody in a lab.
pub(crate) async fn revoke(lab: &Lab, who: Who, what: What) -> Revoked {
    let salon = lab.salon().clone();
    lab.drive(async move { salon.revoke(who, what).await }).await
}

/// The code of what was refused.
pub(crate) fn code<T: std::fmt::Debug>(answer: Result<T, Refusal>) -> Code {
    answer.expect_err("it is to be refused").code().clone()
}

pub(crate) fn say(text: &str) -> Say {
    Say { room: 1, text: text.to_owned() }
}

/// What a guest is told that is out of a room.
pub(crate) async fn evicted(guest: &Client) -> Evicted {
    let notice = guest.expect_named("salon:evicted").await;
    notice.payload.single().expect("a room and a code")
}

/// What a room is told of a guest that lost its right.
pub(crate) fn lapsed(who: &str) -> Left {
    Left { who: who.to_owned(), why: "Lapsed".to_owned() }
}
