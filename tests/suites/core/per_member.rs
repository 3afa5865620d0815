//! Values for each member: they come and go with the membership, by whatever way it ends, and outlive a
//! state that panics.
//!
//! It must never ask what nobody in the room could see: everything comes from the room's own replies.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use salon::{
    auth::{What, Who},
    prelude::*,
    testing::{Client, Failure, Lab, Wire, for_seeds},
};
use salon_tests::guests::{ByName, Guest, guest};

#[derive(Serialize, Deserialize, Event)]
#[event("choir:join", room = Choir(choir), join, reply = Vec<String>)]
struct Join {
    choir: u8,
    voice: String,
    refused: bool,
}

/// Who sings, by the voices and by the counts of songs.
#[derive(Serialize, Deserialize, Event)]
#[event("choir:list", room = Choir(choir), reply = (Vec<String>, Vec<u32>))]
struct List {
    choir: u8,
}

/// The sender's own voice, after one more song.
#[derive(Serialize, Deserialize, Event)]
#[event("choir:sing", room = Choir(choir), reply = Option<(String, u32)>)]
struct Sing {
    choir: u8,
}

#[derive(Serialize, Deserialize, Event)]
#[event("choir:part", room = Choir(choir), reply = Option<String>)]
struct Part {
    choir: u8,
    how: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Way {
    Leave,
    Evict,
    Panic,
    Silence,
    /// All voices go, and everybody has sung ten songs more.
    Rest,
}

/// What `left` found of one who has left, and who was still there.
#[derive(Debug, PartialEq, Serialize, Deserialize, Event)]
#[event("choir:left")]
struct Left {
    voice: Option<String>,
    others: Vec<String>,
}

/// Counts how many there are.
struct Voice {
    name: String,
    alive: Arc<AtomicUsize>,
}

impl Drop for Voice {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Clone, Default)]
struct Alive(Arc<AtomicUsize>);

#[derive(Default)]
struct Choir {
    voices: PerMember<Voice>,
    songs: PerMember<u32>,
    opened_with: Vec<String>,
}

impl Choir {
    fn names(&self) -> Vec<String> {
        self.voices.values().map(|voice| voice.name.clone()).collect()
    }
}

#[salon::room(key = u8, identity = Guest, sends = (Left,))]
impl Choir {
    #[hook]
    fn open(_: &u8, cx: &mut RoomContext<Self>) -> Self {
        let mut choir = Self::default();
        choir.opened_with = choir.names();
        assert_eq!(choir.opened_with.len(), cx.len(), "each member that stayed has its voice");
        choir
    }

    /// The songs are counted from before the sender is in.
    #[hook]
    fn admit(&mut self, who: &Member<Guest>) {
        assert_eq!(self.songs.set(who, 0), None);
        assert!(self.voices.get(who).is_none(), "of an earlier membership nothing is found");
        assert_eq!(self.songs[who], 0);
        assert_eq!(self.songs.len(), self.voices.len(), "it is not shown before it is in");
    }

    #[on]
    fn join(
        &mut self,
        join: Join,
        cx: &mut EventContext<'_, Self>,
    ) -> Result<Vec<String>, Refusal> {
        let Alive(alive) = cx.data::<Alive>()?;
        alive.fetch_add(1, Ordering::Relaxed);
        let voice = Voice { name: join.voice, alive: alive.clone() };
        self.voices.set(cx.sender(), voice);
        if join.refused {
            return Err(Refusal::forbidden("Out of tune."));
        }
        Ok(self.names())
    }

    #[on]
    fn list(&mut self, _: List) -> (Vec<String>, Vec<u32>) {
        (self.names(), self.songs.values().copied().collect())
    }

    #[on]
    fn sing(&mut self, _: Sing, cx: &mut EventContext<'_, Self>) -> Option<(String, u32)> {
        let who = cx.sender();
        self.songs[who] += 1;
        Some((self.voices.get(who)?.name.clone(), *self.songs.get(who)?))
    }

    #[on]
    fn part(&mut self, part: Part, cx: &mut EventContext<'_, Self>) -> Option<String> {
        match part.how {
            Way::Leave => cx.leave(cx.sender()),
            Way::Evict => cx.evict(cx.sender()),
            Way::Panic => panic!("a panic that was ordered"),
            Way::Silence => return self.voices.remove(cx.sender()).map(|voice| voice.name.clone()),
            Way::Rest => {
                self.voices.clear();
                self.songs.values_mut().for_each(|songs| *songs += 10);
            }
        }
        None
    }

    #[hook]
    fn left(&mut self, who: &Member<Guest>, _: LeaveReason, cx: &mut RoomContext<Self>) {
        let voice = self.voices.get(who).map(|voice| voice.name.clone());
        cx.broadcast(&Left { voice, others: self.names() });
    }
}

async fn singer(lab: &Lab, name: &str, worker: usize) -> Result<Client, Failure> {
    let visitor = lab.visitor().name(name).wire(Wire::WebSocket).auth(guest(name));
    let client = visitor.worker(worker).connect().await?;
    client.send(join(name)).await?;
    Ok(client)
}

fn join(voice: &str) -> Join {
    Join { choir: 7, voice: voice.to_owned(), refused: false }
}

fn part(how: Way) -> Part {
    Part { choir: 7, how }
}

async fn listed(client: &Client) -> Result<(Vec<String>, Vec<u32>), Failure> {
    Ok(client.send(List { choir: 7 }).await?)
}

async fn choir(seed: u64) -> (Lab, Arc<AtomicUsize>) {
    let alive = Alive::default();
    let salon =
        Salon::builder().authenticate(ByName::default()).room::<Choir>().data(alive.clone());
    let salon = salon.build().expect("the parts fit");
    (Lab::builder(salon).workers(2).seed(seed).start().await, alive.0)
}

#[test]
fn a_value_goes_with_its_member_by_whatever_way() {
    for_seeds(0..8, async |seed| {
        let (lab, alive) = choir(seed).await;
        let ada = singer(&lab, "Ada", 0).await?;
        for way in ["leave", "evict", "disconnect", "lapse", "refused"] {
            let bob = singer(&lab, "Bob", 1).await?;
            assert_eq!(bob.send(Sing { choir: 7 }).await?, Some(("Bob".to_owned(), 1)));
            assert_eq!(listed(&ada).await?, (vec!["Ada".into(), "Bob".into()], vec![0, 1]));
            let left = ada.expect::<Left>();
            match way {
                "leave" => drop(bob.send(part(Way::Leave)).await?),
                "evict" => drop(bob.send(part(Way::Evict)).await?),
                "disconnect" => drop(bob),
                "lapse" => {
                    let (salon, what) = (lab.salon().clone(), What::room("choir:7"));
                    lab.drive(async move { salon.revoke(Who::user("Bob"), what).await }).await;
                }
                _ => {
                    bob.send(part(Way::Leave)).await?;
                    let again = Join { refused: true, ..join("Bobby") };
                    assert!(bob.send(again).await.is_err());
                }
            }
            let left = left.await;
            assert_eq!(left.voice.as_deref(), Some("Bob"), "{way}: `left` still finds it");
            assert_eq!(left.others, ["Ada"], "{way}: but shows it no more");
            lab.settle().await;
            assert_eq!(listed(&ada).await?, (vec!["Ada".into()], vec![0]), "{way}");
        }
        // The next that is set does away with those that are not shown any more.
        ada.send(join("Ada")).await?;
        assert_eq!(alive.load(Ordering::Relaxed), 1);
        Ok(())
    });
}

#[test]
fn who_comes_again_begins_anew_and_who_joins_twice_keeps_what_it_has() {
    for_seeds(0..4, async |seed| {
        let (lab, _) = choir(seed).await;
        let ada = singer(&lab, "Ada", 0).await?;
        ada.send(Sing { choir: 7 }).await?;
        // A member already: it is not asked in.
        assert_eq!(ada.send(join("Ada II")).await?, ["Ada II"]);
        assert_eq!(listed(&ada).await?.1, [1]);
        ada.send(part(Way::Leave)).await?;
        ada.send(join("Ada III")).await?;
        assert_eq!(listed(&ada).await?, (vec!["Ada III".into()], vec![0]));
        // Without its value it is a member all the same.
        assert_eq!(ada.send(part(Way::Silence)).await?.as_deref(), Some("Ada III"));
        assert_eq!(listed(&ada).await?, (vec![], vec![0]));
        assert_eq!(ada.send(Sing { choir: 7 }).await?, None);
        Ok(())
    });
}

#[test]
fn all_values_can_be_changed_or_taken_away_at_once() {
    for_seeds(0..4, async |seed| {
        let (lab, alive) = choir(seed).await;
        let (ada, bob) = (singer(&lab, "Ada", 0).await?, singer(&lab, "Bob", 1).await?);
        let cy = singer(&lab, "Cy", 0).await?;
        bob.send(Sing { choir: 7 }).await?;
        cy.send(part(Way::Leave)).await?;
        ada.send(part(Way::Rest)).await?;
        assert_eq!(alive.load(Ordering::Relaxed), 0, "of those who left as well");
        assert_eq!(listed(&bob).await?, (vec![], vec![10, 11]));
        ada.send(join("Ada II")).await?;
        assert_eq!(listed(&bob).await?, (vec!["Ada II".into()], vec![10, 11]));
        Ok(())
    });
}

#[test]
fn the_values_of_those_who_stay_outlive_a_state_that_panics() {
    for_seeds(0..8, async |seed| {
        let (lab, alive) = choir(seed).await;
        let ada = singer(&lab, "Ada", 0).await?;
        let bob = singer(&lab, "Bob", 1).await?;
        let cy = singer(&lab, "Cy", 0).await?;
        bob.send(Sing { choir: 7 }).await?;
        // On its way out when the state goes: nobody calls `left`, and its voice goes all the same.
        cy.emit(part(Way::Leave));
        assert!(ada.send(part(Way::Panic)).await.is_err());
        lab.settle().await;
        assert_eq!(listed(&ada).await?, (vec!["Ada".into(), "Bob".into()], vec![0, 1]));
        assert_eq!(bob.send(Sing { choir: 7 }).await?, Some(("Bob".to_owned(), 2)));
        // Once more, and with one who disconnects meanwhile.
        drop(bob);
        assert!(ada.send(part(Way::Panic)).await.is_err());
        lab.settle().await;
        assert_eq!(listed(&ada).await?, (vec!["Ada".into()], vec![0]));
        ada.send(join("Ada")).await?;
        assert_eq!(alive.load(Ordering::Relaxed), 1);
        // Panics too often: it closes, and the next begins with nobody.
        for _ in 0..2 {
            let _ = ada.send(part(Way::Panic)).await;
        }
        lab.settle().await;
        assert_eq!(alive.load(Ordering::Relaxed), 0, "nothing is kept of a room that is closed");
        assert_eq!(ada.send(join("Ada")).await?, ["Ada"]);
        Ok(())
    });
}

#[test]
fn values_are_in_the_order_of_the_members_and_of_a_closed_room_none_is_left() {
    for_seeds(0..4, async |seed| {
        let (lab, alive) = choir(seed).await;
        let mut singers = Vec::new();
        for name in ["Zoe", "Ada", "Mia", "Bob"] {
            singers.push(singer(&lab, name, singers.len() % 2).await?);
        }
        singers[1].send(join("Ada")).await?;
        assert_eq!(listed(&singers[3]).await?.0, ["Zoe", "Ada", "Mia", "Bob"]);
        let salon = lab.salon().clone();
        lab.drive(async move { salon.room::<Choir>(&7).close().await }).await;
        lab.settle().await;
        assert_eq!(alive.load(Ordering::Relaxed), 0);
        Ok(())
    });
}

#[salon::test]
async fn one_that_was_made_by_no_room_says_so() {
    #[derive(Serialize, Deserialize, Event)]
    #[event("late:come", room = Late(late), join)]
    struct Come {
        late: u8,
    }

    #[derive(Default)]
    struct Late {
        names: Option<PerMember<u8>>,
    }

    #[salon::room(key = u8)]
    impl Late {
        #[on]
        fn come(&mut self, _: Come, cx: &mut EventContext<'_, Self>) {
            self.names.get_or_insert_default().set(cx.sender(), 1);
        }
    }

    let lab = Lab::new(Salon::builder().room::<Late>().build()?).await;
    let client = lab.connect(()).await?;
    let refused = client.send(Come { late: 1 }).await.expect_err("it panics");
    assert_eq!(*refused.code(), salon::Code::Internal);
}

#[derive(Serialize, Deserialize, Event)]
#[event("slow:count", room = Slow(slow), join, reply = (u32, u32))]
struct CountIn {
    slow: u8,
    panics: bool,
}

/// Made in two parts, with a wait between them.
struct Slow {
    before: PerMember<u32>,
    after: PerMember<u32>,
}

#[salon::room(key = u8)]
impl Slow {
    #[hook]
    async fn open(_: &u8) -> Self {
        let before = PerMember::new();
        tokio::task::yield_now().await;
        Self { before, after: PerMember::new() }
    }

    #[on]
    fn count_in(&mut self, count: CountIn, cx: &mut EventContext<'_, Self>) -> (u32, u32) {
        let who = cx.sender();
        let (before, after) = (self.before.get(who).copied(), self.after.get(who).copied());
        self.before.set(who, before.unwrap_or_default() + 1);
        self.after.set(who, after.unwrap_or(10) + 1);
        assert!(!count.panics, "a panic that was ordered");
        (self.before[who], self.after[who])
    }
}

#[test]
fn a_room_that_loads_itself_keeps_them_as_well() {
    for_seeds(0..4, async |seed| {
        let salon = Salon::builder().room::<Slow>().build().expect("the parts fit");
        let lab = Lab::builder(salon).workers(2).seed(seed).start().await;
        let (ada, bob) = (lab.connect(()).await?, lab.connect(()).await?);
        let count = |panics| CountIn { slow: 1, panics };
        assert_eq!(ada.send(count(false)).await?, (1, 11));
        assert_eq!(bob.send(count(false)).await?, (1, 11));
        assert!(ada.send(count(true)).await.is_err());
        assert_eq!(ada.send(count(false)).await?, (3, 13), "as the panic left it");
        assert_eq!(bob.send(count(false)).await?, (2, 12));
        Ok(())
    });
}
