//! Rooms reached from elsewhere: from other rooms, from sessions, from the application.
//!
//! It must never depend on which worker a room is on: each lab has two.

use std::sync::Arc;

use salon::{
    Code, Count, Namespace,
    prelude::*,
    testing::{Client, Failure, Lab},
};
use serde_json::json;

use crate::table::code;

/// Goes to a port, and says who was there before, in the order of their coming.
#[derive(Serialize, Deserialize, Event)]
#[event("port:land", room = Port(port), join)]
struct Land {
    port: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Way {
    Tell,
    Broadcast,
    Ask,
    Close,
    Panic,
    Namespace,
    Unknown,
}

/// Has a port signal to another.
#[derive(Serialize, Deserialize, Event)]
#[event("port:signal", room = Port(port))]
struct Signal {
    port: String,
    to: String,
    way: Way,
}

/// Puts everybody out but its sender, and says why.
#[derive(Serialize, Deserialize, Event)]
#[event("port:clear", room = Port(port))]
struct Clear {
    port: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("flag")]
struct Flag {
    text: String,
}

/// A message from port to port.
struct Hoist(String);

/// What a port is asked: its log.
struct ReadLog;

/// What a port panics of.
struct Storm;

/// What a port closes after.
struct LowTide;

struct Port {
    log: Vec<String>,
    /// What each room has of the salon's data, and of itself.
    _kept: (Arc<()>, RoomHandle),
}

type RoomHandle = salon::RoomHandle<Port>;

impl Room for Port {
    const NAME: &'static str = "port";
    type Key = String;
    type Identity = ();
    type Events = (Land, Signal, Clear);
    type Sends = (Flag,);

    fn open(_: &String, cx: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        let own = cx.room::<Self>(cx.key());
        Ok(Self { log: Vec::new(), _kept: (cx.data::<Arc<()>>()?.clone(), own) })
    }

    fn left(&mut self, who: &Member<()>, why: LeaveReason, _: &mut RoomContext<Self>) {
        self.log.push(format!("{} {why:?}", who.id().len()));
    }
}

impl On<Land> for Port {
    fn on(&mut self, _: Land, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

fn flag(text: &str) -> Flag {
    Flag { text: text.to_owned() }
}

impl On<Signal> for Port {
    fn on(&mut self, event: Signal, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        let other = cx.room::<Self>(&event.to);
        match event.way {
            Way::Tell => other.open_and_tell(Hoist(format!("from {}", cx.key())))?,
            Way::Broadcast => drop(other.broadcast(&flag("a ship"))),
            Way::Ask => {
                let log = other.ask(ReadLog);
                cx.tell_when(async move { Hoist(format!("{:?}", log.await)) });
            }
            Way::Close => drop(other.close()),
            Way::Panic => {
                other.open_and_tell(Hoist("help".to_owned()))?;
                panic!("a panic after a message was sent");
            }
            Way::Namespace => cx.namespace().emit(&flag("to all")),
            Way::Unknown => cx.room::<Nowhere>(&0).open_and_tell(Storm)?,
        }
        Ok(())
    }
}

impl On<Clear> for Port {
    fn on(&mut self, _: Clear, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        let sender = cx.sender().number();
        let others: Vec<_> = cx.members().filter(|member| member.number() != sender).collect();
        for member in others {
            let reason = Refusal::other("low_tide", "There is no water left.");
            cx.evict_because(&member, reason.with_data(json!({ "back_in_h": 6 })));
        }
        Ok(())
    }
}

impl Receive<Hoist> for Port {
    fn receive(&mut self, Hoist(text): Hoist, cx: &mut RoomContext<Self>) {
        self.log.push(text.clone());
        cx.broadcast(&Flag { text });
    }
}

impl Reply<ReadLog> for Port {
    type Output = Vec<String>;

    fn reply(&mut self, _: ReadLog, _: &mut RoomContext<Self>) -> Vec<String> {
        self.log.clone()
    }
}

impl Reply<Storm> for Port {
    type Output = ();

    fn reply(&mut self, _: Storm, _: &mut RoomContext<Self>) {
        panic!("a panic in a room's reply");
    }
}

impl Reply<LowTide> for Port {
    type Output = bool;

    fn reply(&mut self, _: LowTide, cx: &mut RoomContext<Self>) -> bool {
        cx.close();
        true
    }
}

/// A room that no Salon here has.
struct Nowhere;

impl Room for Nowhere {
    const NAME: &'static str = "nowhere";
    type Key = u32;
    type Identity = ();
    type Events = ();
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl Receive<Storm> for Nowhere {
    fn receive(&mut self, _: Storm, _: &mut RoomContext<Self>) {}
}

/// Has the session signal.
#[derive(Serialize, Deserialize, Event)]
#[event("call", reply = Vec<String>)]
struct Call {
    to: String,
    way: Way,
}

struct Caller;

impl Session for Caller {
    type Identity = ();
    type Events = (Later<Call>,);
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl OnLater<Call> for Caller {
    fn on_later(&mut self, event: Call, cx: &mut SessionContext<Self>) -> Answer<Vec<String>> {
        let port = cx.room::<Port>(&event.to);
        match event.way {
            Way::Tell => port.open_and_tell(Hoist("a call".to_owned())).expect("a worker is there"),
            Way::Namespace => cx.namespace().emit(&flag("to all")),
            Way::Unknown => drop(cx.room::<Nowhere>(&0)),
            _ => {}
        }
        let log = port.ask(ReadLog);
        Answer::later(log)
    }
}

fn salon(kept: Arc<()>) -> Salon {
    let elsewhere = Namespace::new("/elsewhere").session::<Caller>();
    let main = Salon::builder().session::<Caller>().room::<Port>();
    main.data(kept).namespace(elsewhere).build().expect("a Salon")
}

async fn lab() -> Lab {
    Lab::builder(salon(Arc::default())).workers(2).start().await
}

async fn land(lab: &Lab, port: &str) -> Result<Client, Failure> {
    let client = lab.connect(()).await?;
    client.send(Land { port: port.to_owned() }).await?;
    Ok(client)
}

/// Has port `a` signal to port `b`.
fn signal(way: Way) -> Signal {
    Signal { port: "a".to_owned(), to: "b".to_owned(), way }
}

fn port(lab: &Lab, key: &str) -> RoomHandle {
    lab.salon().room(&key.to_owned())
}

fn id(client: &Client) -> String {
    client.id().expect("it is connected")
}

#[salon::test]
async fn a_room_reaches_another_one_of_which_the_members_hear() {
    let lab = lab().await;
    let (ann, ben) = (land(&lab, "a").await?, land(&lab, "b").await?);
    ann.send(signal(Way::Tell)).await?;
    assert_eq!(ben.expect::<Flag>().await, flag("from a"));
    ann.send(signal(Way::Broadcast)).await?;
    assert_eq!(ben.expect::<Flag>().await, flag("a ship"));
    ann.send(signal(Way::Ask)).await?;
    assert_eq!(ann.expect::<Flag>().await, flag(r#"Ok(["from a"])"#));
    ann.send(signal(Way::Close)).await?;
    assert_eq!(ben.expect_named("salon:evicted").await.json()[0]["code"], "closed");
    ann.send(signal(Way::Ask)).await?;
    let refused = ann.expect::<Flag>().await.text;
    assert!(refused.contains("NotFound"), "{refused}");
    assert!(!port(&lab, "b").is_open(), "nobody opened it to ask");
    ann.send(signal(Way::Tell)).await?;
    assert!(port(&lab, "b").is_open(), "a message does");
}

#[salon::test]
async fn what_a_handler_sent_to_another_room_is_sent_though_it_panics() {
    let lab = lab().await;
    let (ann, ben) = (land(&lab, "a").await?, land(&lab, "b").await?);
    assert_eq!(code(ann.send(signal(Way::Panic)).await), Code::Internal);
    assert_eq!(ben.expect::<Flag>().await, flag("help"));
}

#[salon::test]
async fn rooms_and_sessions_emit_to_their_whole_namespace() {
    let lab = lab().await;
    let (ann, guest) = (land(&lab, "a").await?, lab.connect(()).await?);
    let stranger = lab.visitor().namespace("/elsewhere").connect().await?;
    ann.send(signal(Way::Namespace)).await?;
    for client in [&ann, &guest] {
        assert_eq!(client.expect::<Flag>().await, flag("to all"));
    }
    let call = Call { to: "a".to_owned(), way: Way::Namespace };
    assert!(stranger.send(call).await?.is_empty());
    assert_eq!(stranger.expect::<Flag>().await, flag("to all"));
    ann.expect_none().await;
    guest.expect_none().await;
}

#[salon::test]
async fn a_session_of_another_namespace_reaches_a_room() {
    let lab = lab().await;
    let ann = land(&lab, "a").await?;
    let stranger = lab.visitor().namespace("/elsewhere").connect().await?;
    let call = Call { to: "a".to_owned(), way: Way::Tell };
    assert_eq!(stranger.send(call).await?, ["a call"]);
    assert_eq!(ann.expect::<Flag>().await, flag("a call"));
}

#[salon::test]
async fn a_kind_of_room_that_was_not_added_panics_wherever_it_is_asked_for() {
    let lab = lab().await;
    let ann = land(&lab, "a").await?;
    assert_eq!(code(ann.send(signal(Way::Unknown)).await), Code::Internal);
    let call = Call { to: "a".to_owned(), way: Way::Unknown };
    assert_eq!(code(ann.send(call).await), Code::Internal);
    assert_eq!(lab.counters().get(Count::HandlerPanics), 2);
}

#[test]
#[should_panic(expected = "no room \"nowhere\" was added to this Salon")]
fn a_kind_of_room_that_was_not_added_panics_in_the_application() {
    drop(salon(Arc::default()).room::<Nowhere>(&0));
}

#[salon::test]
async fn the_application_sees_who_is_in_a_room_in_the_order_of_joining() {
    let lab = lab().await;
    let (early, late) = (lab.connect(()).await?, land(&lab, "a").await?);
    early.send(Land { port: "a".to_owned() }).await?;
    let handle = port(&lab, "a");
    let members = lab.drive(handle.members()).await;
    let ids: Vec<_> = members.iter().map(Member::id).collect();
    assert_eq!(ids, [id(&late), id(&early)]);
    assert_eq!(handle.name(), "port:a");
    assert!(handle.is_open() && !port(&lab, "b").is_open());
    assert!(lab.drive(port(&lab, "b").members()).await.is_empty());
    assert_eq!(lab.salon().open_rooms(), 1, "to look does not open a room");
}

#[salon::test]
async fn a_room_answers_the_application_unless_it_is_not_open_or_panics() {
    let lab = lab().await;
    let ann = land(&lab, "a").await?;
    port(&lab, "a").open_and_tell(Hoist("up".to_owned()))?;
    assert_eq!(lab.drive(port(&lab, "a").ask(ReadLog)).await?, ["up"]);
    assert_eq!(code(lab.drive(port(&lab, "b").ask(ReadLog)).await), Code::NotFound);
    assert_eq!(code(lab.drive(port(&lab, "a").ask(Storm)).await), Code::Internal);
    ann.expect_named("salon:restarted").await;
    assert!(lab.drive(port(&lab, "a").ask(LowTide)).await?, "answered, and closed then");
    assert_eq!(code(lab.drive(port(&lab, "a").ask(ReadLog)).await), Code::NotFound);
}

#[salon::test]
async fn the_application_evicts_by_session_and_closes_a_room() {
    let lab = lab().await;
    let (ann, ben) = (land(&lab, "a").await?, land(&lab, "a").await?);
    let (handle, reason) = (port(&lab, "a"), Refusal::other("afk", "You were away."));
    assert!(lab.drive(handle.evict_because(&id(&ann), reason)).await);
    let told = json!({ "room": "port:a", "code": "afk", "message": "You were away." });
    assert_eq!(ann.expect_named("salon:evicted").await.json(), [told]);
    assert!(!lab.drive(handle.evict(&id(&ann))).await, "it is out already");
    assert_eq!(lab.drive(handle.ask(ReadLog)).await?.len(), 1, "it has left once");
    drop(handle.evict(&id(&ben)));
    let told = json!({ "room": "port:a", "code": "evicted" });
    assert_eq!(ben.expect_named("salon:evicted").await.json(), [told], "nobody waited for it");
    ben.send(Land { port: "a".to_owned() }).await?;
    assert!(lab.drive(handle.close()).await);
    assert!(!handle.is_open());
    assert_eq!(ben.expect_named("salon:evicted").await.json()[0]["code"], "closed");
    assert!(!lab.drive(handle.close()).await, "it is closed already");
}

#[salon::test]
async fn who_is_evicted_for_a_reason_is_told_the_reason() {
    let lab = lab().await;
    let (ann, ben) = (land(&lab, "a").await?, land(&lab, "a").await?);
    ann.send(Clear { port: "a".to_owned() }).await?;
    let told = json!({
        "room": "port:a",
        "code": "low_tide",
        "message": "There is no water left.",
        "data": { "back_in_h": 6 },
    });
    assert_eq!(ben.expect_named("salon:evicted").await.json(), [told]);
    assert_eq!(code(ben.send(Clear { port: "a".to_owned() }).await), Code::NotAMember);
    let log = lab.drive(port(&lab, "a").ask(ReadLog)).await?;
    assert!(log[0].ends_with("Evicted"), "{log:?}");
    ann.expect_none().await;
}

#[test]
fn a_salon_that_is_gone_is_kept_by_nothing_and_its_handles_say_so() {
    let kept = Arc::<()>::default();
    let salon = salon(kept.clone());
    let handle = salon.room::<Port>(&"a".to_owned());
    assert!(Arc::strong_count(&kept) > 1);
    drop(salon);
    assert_eq!(Arc::strong_count(&kept), 1, "nothing of it is left");
    assert_eq!(code(handle.open_and_tell(Hoist(String::new()))), Code::Internal);
    assert!(!handle.is_open());
}

#[salon::test]
async fn rooms_that_hold_handles_to_themselves_end_when_their_members_do() {
    let kept = Arc::<()>::default();
    let lab = Lab::builder(salon(kept.clone())).workers(2).start().await;
    let (ann, _ben) = (land(&lab, "a").await?, land(&lab, "b").await?);
    let before = Arc::strong_count(&kept);
    drop(ann);
    lab.advance(2 * Port::LINGER).await;
    assert_eq!(Arc::strong_count(&kept), before - 1);
    assert!(!port(&lab, "a").is_open() && port(&lab, "b").is_open());
}
