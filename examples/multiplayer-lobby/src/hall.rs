//! The hall: what a player sees before a lobby. One value per connection.

use salon::{Watching, prelude::*};

use crate::{
    code::Code,
    events::{Create, Line, Lobbies, Play, Watch},
    game::Matches,
    guests::Player,
    lobby::{Charter, Charters, Lobby, Reserve, cross_out_unused},
    text::Name,
};

/// What one client looks at.
#[derive(Debug)]
pub struct Hall {
    watching: Option<Watching>,
}

impl Session for Hall {
    type Identity = Player;
    type Events = (Watch, Later<Create>, Later<Play>);
    type Sends = (Lobbies,);

    fn connect(_: &Candidate<'_, Player>) -> Result<Self, Refusal> {
        Ok(Self { watching: None })
    }
}

impl On<Watch> for Hall {
    fn on(&mut self, filter: Watch, cx: &mut SessionContext<Self>) -> Result<(), Refusal> {
        let text = filter.text.trim().to_lowercase();
        let wanted = move |_: &Code, line: &Line| {
            let is_open = line.free > 0 && !line.locked;
            (is_open || !filter.open) && line.name.to_string().to_lowercase().contains(&text)
        };
        let watch = cx.rooms::<Lobby>().watch_only(wanted);
        // In place of the one before, if there was one.
        self.watching = Some(cx.watch(watch, |_, changes, cx| {
            let listed = changes.added.into_iter().chain(changes.changed);
            let listed = listed.map(|(_, line)| line).collect();
            cx.emit(&Lobbies { removed: changes.removed, listed });
        }));
        Ok(())
    }
}

impl OnLater<Create> for Hall {
    fn on_later(&mut self, event: Create, cx: &mut SessionContext<Self>) -> Answer<Code> {
        let founded = found(event.name, event.private, cx);
        Answer::later(async move { founded?.await })
    }
}

impl OnLater<Play> for Hall {
    fn on_later(&mut self, _: Play, cx: &mut SessionContext<Self>) -> Answer<Code> {
        let Player { sub, name } = cx.identity().clone();
        let rooms = cx.rooms::<Lobby>();
        let own = Name::try_from(format!("{}’s lobby", name.shortened(14)));
        let founded = own.map_err(Refusal::internal).and_then(|own| found(own, false, cx));
        Answer::later(async move {
            let reserve = || Reserve { user: sub.clone() };
            let open = |_: &Code, line: &Line| line.free > 0 && !line.locked && !line.playing;
            // The lobby decides, not the list: of two who want its last seat, one goes on.
            match rooms.first_to_accept(open, reserve).await {
                Some((lobby, ())) => Ok(lobby),
                None => founded?.await,
            }
        })
    }
}

/// Makes a lobby, and keeps a seat in it for its founder, when the future is awaited.
fn found(
    name: Name,
    private: bool,
    cx: &SessionContext<Hall>,
) -> Result<impl Future<Output = Result<Code, Refusal>> + use<>, Refusal> {
    let user = cx.identity().sub.clone();
    let (charters, rooms) = (cx.data::<Charters>()?.clone(), cx.rooms::<Lobby>());
    let matches = cx.data::<Matches>()?.clone();
    Ok(async move {
        cross_out_unused(&charters, &matches, &rooms);
        let charter = Charter::new(name, private);
        // Another lobby may have the same code, however seldom: then it is drawn again.
        let code = loop {
            let code = Code::draw().map_err(Refusal::internal)?;
            if charters.put_new(code.clone(), charter.clone()) {
                break code;
            }
        };
        let reserved = rooms.room(&code).open_and_ask(Reserve { user }).await;
        if reserved.is_err() {
            charters.remove(&code);
        }
        reserved?.map(|()| code)
    })
}
