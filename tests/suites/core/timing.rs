//! Rooms and sessions do the same things later, by closures and by messages: once, again and again, when a
//! future is done, and when a list has changed.
//!
//! It must never tell the two apart: what is asked of one is asked of the other.

use std::time::Duration;

use salon::{
    Listing, Watching,
    prelude::*,
    testing::{Client, Lab, for_seeds},
};

const SECOND: Duration = Duration::from_secs(1);

/// Has a room begin everything.
#[derive(Serialize, Deserialize, Event)]
#[event("tower:begin", room = Tower(tower), join)]
struct BeginThere {
    tower: u8,
}

/// Has a session begin everything.
#[derive(Serialize, Deserialize, Event)]
#[event("begin")]
struct Begin;

/// Puts a room on the list.
#[derive(Serialize, Deserialize, Event)]
#[event("stall:open", room = Stall(stall), join)]
struct OpenStall {
    stall: u8,
}

/// The room is opened anew: what it has begun is void.
#[derive(Serialize, Deserialize, Event)]
#[event("tower:burn", room = Tower(tower))]
struct Burn {
    tower: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("rang")]
struct Rang {
    what: String,
}

fn rang(what: impl Into<String>) -> Rang {
    Rang { what: what.into() }
}

/// A message, as is whatever a future yields.
#[derive(Clone)]
struct Bell(&'static str);

#[derive(Default)]
struct Stall;

#[salon::room(key = u8)]
impl Stall {
    #[on]
    fn open_it(&mut self, _: OpenStall, cx: &mut EventContext<'_, Self>) {
        cx.list(1);
    }
}

impl Listing for Stall {
    type Entry = u8;
}

/// Begins everything, whatever the context is of.
macro_rules! begin {
    ($cx:ident, $send:ident) => {{
        $cx.after(SECOND, |_, cx| cx.$send(&rang("after")));
        $cx.tell_after(2 * SECOND, Bell("tell_after"));
        let every = $cx.every(3 * SECOND, |_, cx| cx.$send(&rang("every")));
        $cx.after(4 * SECOND, move |_, cx| assert!(cx.cancel(every)));
        let told = $cx.tell_every(5 * SECOND, Bell("tell_every"));
        $cx.after(6 * SECOND, move |_, cx| assert!(cx.cancel(told)));
        let later = tokio::time::sleep(7 * SECOND);
        $cx.spawn(later, |_, (), cx| cx.$send(&rang("spawn")));
        $cx.tell_when(async {
            tokio::time::sleep(8 * SECOND).await;
            Bell("tell_when")
        });
        let stalls = $cx.rooms::<Stall>().watch();
        $cx.watch(stalls, |_, changes, cx| {
            for (stall, _) in changes.added {
                cx.$send(&rang(format!("stall {stall}")));
            }
        })
    }};
}

#[derive(Default)]
struct Tower {
    watching: Option<Watching>,
}

#[salon::room(key = u8, sends = (Rang,))]
impl Tower {
    #[on]
    fn begin(&mut self, _: BeginThere, cx: &mut EventContext<'_, Self>) {
        self.watching = Some(begin!(cx, broadcast));
    }

    #[on]
    fn burn(&mut self, _: Burn) {
        panic!("it burns");
    }
}

impl Receive<Bell> for Tower {
    fn receive(&mut self, Bell(what): Bell, cx: &mut RoomContext<Self>) {
        cx.broadcast(&rang(what));
    }
}

#[derive(Default)]
struct Guest {
    watching: Option<Watching>,
}

#[salon::session(sends = (Rang,))]
impl Guest {
    #[on]
    fn begin(&mut self, _: Begin, cx: &mut SessionContext<Self>) {
        self.watching = Some(begin!(cx, emit));
    }
}

impl Receive<Bell, SessionContext<Self>> for Guest {
    fn receive(&mut self, Bell(what): Bell, cx: &mut SessionContext<Self>) {
        cx.emit(&rang(what));
    }
}

async fn lab(seed: u64) -> Lab {
    let salon = Salon::builder().session::<Guest>().room::<Tower>().room::<Stall>();
    Lab::builder(salon.build().expect("the parts fit")).workers(2).seed(seed).start().await
}

/// What rings within so many seconds.
async fn rings(lab: &Lab, client: &Client, seconds: u32) -> Vec<String> {
    lab.advance(SECOND * seconds).await;
    let rang = client.events().await.into_iter().filter(|event| event.name == "rang");
    rang.map(|event| event.json()[0]["what"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_room_and_a_session_have_the_same_timers_futures_and_watches() {
    for_seeds(0..4, async |seed| {
        for of_room in [true, false] {
            let lab = lab(seed).await;
            let (client, other) = (lab.connect(()).await?, lab.connect(()).await?);
            match of_room {
                true => client.send(BeginThere { tower: 1 }).await?,
                false => client.send(Begin).await?,
            }
            other.send(OpenStall { stall: 3 }).await?;
            let expected =
                ["stall 3", "after", "tell_after", "every", "tell_every", "spawn", "tell_when"];
            assert_eq!(rings(&lab, &client, 20).await, expected, "of a room: {of_room}");
            other.send(OpenStall { stall: 4 }).await?;
            assert_eq!(rings(&lab, &client, 1).await, ["stall 4"], "it goes on");
        }
        Ok(())
    });
}

#[test]
fn what_a_room_has_begun_is_void_when_it_is_opened_anew() {
    for_seeds(0..4, async |seed| {
        let lab = lab(seed).await;
        let (client, other) = (lab.connect(()).await?, lab.connect(()).await?);
        client.send(BeginThere { tower: 1 }).await?;
        assert!(client.send(Burn { tower: 1 }).await.is_err());
        other.send(OpenStall { stall: 3 }).await?;
        assert!(rings(&lab, &client, 20).await.is_empty());
        Ok(())
    });
}
