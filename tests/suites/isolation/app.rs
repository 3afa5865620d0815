//! What these tests share: somebody else on the same worker, who must notice nothing.

use std::time::Duration;

use salon::{
    Count,
    prelude::*,
    testing::{Client, Failure, Lab},
};

/// Longer than any room is kept, and any grace.
pub(crate) const A_WHILE: Duration = Duration::from_secs(60);

/// What panics when it is dropped, if it is live.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Bomb {
    pub(crate) live: bool,
}

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(!self.live, "a bomb was dropped");
    }
}

/// A live one.
pub(crate) fn bomb() -> Bomb {
    Bomb { live: true }
}

/// Enters a room where members hear each other.
#[derive(Serialize, Deserialize, Event)]
#[event("hall:enter", room = Hall(hall), join)]
pub(crate) struct Enter {
    pub(crate) hall: u32,
}

#[derive(Serialize, Deserialize, Event)]
#[event("hall:say", room = Hall(hall))]
pub(crate) struct Say {
    pub(crate) hall: u32,
}

#[derive(Debug, Serialize, Deserialize, Event)]
#[event("hall:said")]
pub(crate) struct Said;

pub(crate) struct Hall;

impl Room for Hall {
    const NAME: &'static str = "hall";
    type Key = u32;
    type Identity = crate::sessions::Guest;
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
    fn on(&mut self, _: Say, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        cx.broadcast(&Said);
        Ok(())
    }
}

/// Two who talk to each other, on the worker of the others.
pub(crate) struct Bystanders(Client, Client);

impl Bystanders {
    pub(crate) async fn come(lab: &Lab) -> Result<Self, Failure> {
        let (one, other) = (lab.connect(()).await?, lab.connect(()).await?);
        one.send(Enter { hall: 1 }).await?;
        other.send(Enter { hall: 1 }).await?;
        Ok(Self(one, other))
    }

    /// What one of them says, both hear.
    pub(crate) async fn talk(&self) -> Result<(), Failure> {
        self.0.send(Say { hall: 1 }).await?;
        self.0.expect::<Said>().await;
        self.1.expect::<Said>().await;
        Ok(())
    }

    /// They go, and after a while nothing is left of anybody.
    pub(crate) async fn go(self, lab: &Lab) {
        self.leave(lab).await;
        assert_eq!(lab.counters().get(Count::ActorsLost), 0);
    }

    /// As `go`, where an actor was lost.
    pub(crate) async fn leave(self, lab: &Lab) {
        self.0.disconnect();
        self.1.disconnect();
        lab.advance(A_WHILE).await;
        lab.advance(A_WHILE).await;
        assert_eq!(lab.salon().connections(), 0);
        assert_eq!(lab.salon().open_rooms(), 0);
        let counters = lab.counters();
        let (opened, closed) = (Count::ConnectionsOpened, Count::ConnectionsClosed);
        assert_eq!(counters.get(opened), counters.get(closed));
        assert_eq!(counters.get(Count::RoomsOpened), counters.get(Count::RoomsClosed));
    }
}

/// What the server has logged of panics.
pub(crate) fn logged(lab: &Lab) -> Vec<String> {
    let transcript = lab.transcript();
    transcript.traced().filter(|line| line.contains("panicked")).map(str::to_owned).collect()
}

/// Checks that so many panics were counted, and each has its line, that names what is meant.
#[track_caller]
pub(crate) fn counted(lab: &Lab, panics: u64, naming: &[&str]) {
    let lines = logged(lab);
    assert_eq!(lab.counters().get(Count::HandlerPanics), panics, "{lines:#?}");
    assert_eq!(lines.len() as u64, panics, "{lines:#?}");
    for name in naming.iter().filter(|name| !name.is_empty()) {
        assert!(lines.iter().any(|line| line.contains(name)), "{name} is not in {lines:#?}");
    }
}
