//! The whole way, through a server of one worker on a real socket: to a session's handler and back,
//! and to a room's and on to eight others.
//!
//! It must never count what the client allocates: it is ready-made.

use salon::{Salon, event::encode, prelude::*, wire::socket_io::Packet};

use super::{Echo, Everything, Nobody, Step, echo, packet_text, text_of};
use crate::{
    Result,
    in_process::InProcess,
    ready_made::{ReadyMadeClient, framed, masked},
};

/// Who hears a broadcast.
const OTHERS: usize = 8;

/// The same as `Echo`, with a permission whose grant is kept.
#[derive(Deserialize, Event)]
#[event("echo:permitted", permit = "echo", reply = Echo)]
struct Permitted(Echo);

/// The same, with a guard that awaits nothing.
#[derive(Deserialize, Event)]
#[event("echo:guarded", guard = Short, reply = Echo)]
struct Guarded(Echo);

struct Short;

impl Guard<Guarded> for Short {
    type Identity = ();

    async fn check(cx: Checked<'_, Guarded, ()>) -> Result<(), Refusal> {
        match cx.event().0.text.len() {
            0..=500 => Ok(()),
            bytes => Err(Refusal::other("too_long", format!("{bytes} bytes are over 500"))),
        }
    }
}

struct Echoes;

impl Session for Echoes {
    type Identity = ();
    type Events = (Echo, Permitted, Guarded);
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Echo> for Echoes {
    fn on(&mut self, event: Echo, _: &mut SessionContext<Self>) -> Result<Echo, Refusal> {
        Ok(event)
    }
}

impl On<Permitted> for Echoes {
    fn on(&mut self, event: Permitted, _: &mut SessionContext<Self>) -> Result<Echo, Refusal> {
        Ok(event.0)
    }
}

impl On<Guarded> for Echoes {
    fn on(&mut self, event: Guarded, _: &mut SessionContext<Self>) -> Result<Echo, Refusal> {
        Ok(event.0)
    }
}

/// Enter the hall.
#[derive(Deserialize, Event)]
#[event("hall:enter", room = Hall(hall), join)]
struct Enter {
    hall: u32,
}

/// Say something in the hall.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:say", room = Hall(hall))]
struct Say {
    hall: u32,
    said: Echo,
}

/// Somebody said something.
#[derive(Serialize, Event)]
#[event("hall:said")]
struct Said(Echo);

struct Hall;

impl Room for Hall {
    const NAME: &'static str = "hall";
    // Every answer has the same length, which a number that grows has not.
    const SEQUENCED: bool = false;
    type Key = u32;
    type Identity = ();
    type Events = (Enter, Say);
    type Sends = (Said,);

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Enter> for Hall {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

impl On<Say> for Hall {
    fn on(&mut self, event: Say, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.except(cx.sender()).emit(&Said(event.said));
        Ok(())
    }
}

fn serve() -> Result<InProcess> {
    let builder = Salon::builder().authenticate(Nobody).authority(Everything);
    InProcess::start(&builder.session::<Echoes>().room::<Hall>().build()?, 1)
}

/// A client is cut off and becomes a session again. One after the other, so that each is the same.
pub(super) fn reconnection(_: u32) -> Result<Step> {
    let server = serve()?;
    let mut client = ReadyMadeClient::connect(server.address())?;
    Ok(Step::new("reconnection: request → session → end", move |times| {
        let _ = &server;
        (0..times).try_for_each(|_| client.reconnect())
    }))
}

pub(super) fn session(under_way: u32) -> Result<Step> {
    echoed("session: socket → handler → socket", Echo::NAME, under_way)
}

pub(super) fn permitted(under_way: u32) -> Result<Step> {
    echoed("the same, with a permission", Permitted::NAME, under_way)
}

pub(super) fn guarded(under_way: u32) -> Result<Step> {
    echoed("the same, with a guard", Guarded::NAME, under_way)
}

/// Events with acknowledgements, so many under way at a time.
fn echoed(name: &'static str, event: &'static str, under_way: u32) -> Result<Step> {
    let server = serve()?;
    let mut client = ReadyMadeClient::connect(server.address())?;
    let batch = masked(&format!("4{}", packet_text(event))).repeat(under_way as usize);
    let arguments = encode(&echo())?;
    let answer = text_of(&Packet::Ack { namespace: "/".into(), id: 1, arguments });
    let answers = framed(&format!("4{answer}")) * under_way as usize;
    Ok(Step::new(name, move |times| {
        // The server lives as long as its step.
        let _ = &server;
        for _ in 0..times.div_ceil(under_way) {
            client.send(&batch)?;
            client.hear(answers)?;
        }
        Ok(())
    }))
}

/// One member of a room speaks, and eight others hear it.
pub(super) fn broadcast(under_way: u32) -> Result<Step> {
    let server = serve()?;
    let enter = masked(r#"421["hall:enter",{"hall":1}]"#);
    let entered = framed("431[]");
    let mut members = Vec::new();
    for _ in 0..=OTHERS {
        let mut member = ReadyMadeClient::connect(server.address())?;
        member.send(&enter)?;
        member.hear(entered)?;
        members.push(member);
    }
    let mut speaker = members.remove(0);
    let event = |name: &'static str, arguments| {
        let packet =
            Packet::Event { namespace: "/".into(), id: None, name: name.into(), arguments };
        format!("4{}", text_of(&packet))
    };
    let say = event(Say::NAME, encode(&Say { hall: 1, said: echo() })?);
    let batch = masked(&say).repeat(under_way as usize);
    let heard = framed(&event(Said::NAME, encode(&Said(echo()))?)) * under_way as usize;
    Ok(Step::new("room: socket → handler → 8 sockets", move |times| {
        let _ = &server;
        for _ in 0..times.div_ceil(under_way) {
            speaker.send(&batch)?;
            members.iter_mut().try_for_each(|member| member.hear(heard))?;
        }
        Ok(())
    }))
}
