//! Lists of events that stand in lists.
//!
//! It must never need more than what each event answers: its own number.

use salon::{
    BuildError, Code,
    prelude::*,
    testing::{Lab, Wire},
};

/// Declares events that are answered with their number, by the session `Many` or the room `Hall`.
macro_rules! events {
    ($all:ident of Many: $($event:ident $name:literal $number:literal)*) => {
        const $all: [(&str, u32); [$($number),*].len()] = [$(($name, $number)),*];
        $(
            #[derive(Serialize, Deserialize, Event)]
            #[event($name, reply = u32)]
            struct $event;

            impl On<$event> for Many {
                fn on(&mut self, _: $event, _: &mut SessionContext<Self>) -> Result<u32, Refusal> {
                    Ok($number)
                }
            }
        )*
    };
    ($all:ident of Hall: $($event:ident $name:literal $number:literal)*) => {
        const $all: [(&str, u32); [$($number),*].len()] = [$(($name, $number)),*];
        $(
            #[derive(Serialize, Deserialize, Event)]
            #[event($name, room = Hall(0), reply = u32)]
            struct $event(u32);

            impl On<$event> for Hall {
                fn on(&mut self, _: $event, _: &mut EventContext<'_, Self>) -> Result<u32, Refusal> {
                    Ok($number)
                }
            }
        )*
    };
}

events! {
    OF_SESSION of Many:
    S1 "s1" 1 S2 "s2" 2 S3 "s3" 3 S4 "s4" 4 S5 "s5" 5 S6 "s6" 6 S7 "s7" 7 S8 "s8" 8 S9 "s9" 9
    S10 "s10" 10 S11 "s11" 11 S12 "s12" 12 S13 "s13" 13 S14 "s14" 14 S15 "s15" 15 S16 "s16" 16
    S17 "s17" 17 S18 "s18" 18
}
events! { OF_ROOM of Hall: R2 "r2" 2 R3 "r3" 3 R4 "r4" 4 }

struct Many;

impl Session for Many {
    type Identity = ();
    type Events = (
        (S1, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, S12, S13, S14, S15, S16),
        ((), ((S17,), Later<S19>)),
        S18,
    );
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

/// Answers later.
#[derive(Serialize, Deserialize, Event)]
#[event("s19", reply = u32)]
struct S19;

impl OnLater<S19> for Many {
    fn on_later(&mut self, _: S19, _: &mut SessionContext<Self>) -> Answer<u32> {
        Answer::later(async { Ok(19) })
    }
}

struct Hall;

impl Room for Hall {
    const NAME: &'static str = "hall";
    type Key = u32;
    type Identity = ();
    type Events = ((R1,), (((R2,), R3), (R4, Later<R5>)));
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

/// Makes its sender a member.
#[derive(Serialize, Deserialize, Event)]
#[event("r1", room = Hall(0), join, reply = u32)]
struct R1(u32);

/// Answers later.
#[derive(Serialize, Deserialize, Event)]
#[event("r5", room = Hall(0), reply = u32)]
struct R5(u32);

impl On<R1> for Hall {
    fn on(&mut self, _: R1, _: &mut EventContext<'_, Self>) -> Result<u32, Refusal> {
        Ok(1)
    }
}

impl OnLater<R5> for Hall {
    fn on_later(&mut self, _: R5, _: &mut EventContext<'_, Self>) -> Answer<u32> {
        Answer::later(async { Ok(5) })
    }
}

#[salon::test]
async fn what_is_in_a_list_within_a_list_is_handled_like_all_else() {
    let salon = Salon::builder().session::<Many>().room::<Hall>().build()?;
    let lab = Lab::builder(salon).workers(2).start().await;
    for wire in Wire::ALL {
        let client = lab.connect_over(wire, ()).await?;
        for (name, number) in OF_SESSION.into_iter().chain([(S19::NAME, 19)]) {
            assert_eq!(client.call::<u32>(name, ()).await?, number, "{name} over {wire:?}");
        }
        let outside = client.send(R3(1)).await.expect_err("it is no member yet");
        assert_eq!(*outside.code(), Code::NotAMember, "{wire:?}");
        let of_room = [(R1::NAME, 1)].into_iter().chain(OF_ROOM).chain([(R5::NAME, 5)]);
        for (name, number) in of_room {
            assert_eq!(client.call::<u32>(name, (1,)).await?, number, "{name} over {wire:?}");
        }
    }
}

/// Lists one event at two depths.
struct Twice;

impl Session for Twice {
    type Identity = ();
    type Events = (Ping, ((Ping,),));
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

#[derive(Deserialize, Event)]
#[event("ping")]
struct Ping;

impl On<Ping> for Twice {
    fn on(&mut self, _: Ping, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

#[test]
fn an_event_that_is_listed_twice_is_refused_at_whatever_depth() {
    let error = Salon::builder().session::<Twice>().build().expect_err("`ping` is there twice");
    let (namespace, event) = ("/".to_owned(), "ping".to_owned());
    assert_eq!(error, BuildError::DuplicateEvent { namespace, event });
}
