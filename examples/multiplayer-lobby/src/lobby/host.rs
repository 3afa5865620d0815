//! What only the host may do: lock the lobby, and put somebody out.

use salon::prelude::*;

use super::{Lobby, NotAllowed};
use crate::events::{Kick, Lock, News};

impl On<Lock> for Lobby {
    fn on(&mut self, event: Lock, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        self.check_host(cx)?;
        if event.locked {
            self.seats.lock();
        } else {
            self.seats.unlock();
        }
        self.changed(cx);
        Ok(())
    }
}

impl On<Kick> for Lobby {
    fn on(&mut self, event: Kick, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        self.check_host(cx)?;
        let Kick { user, reason, .. } = event;
        if self.host.as_ref() == Some(&user) {
            return Err(NotAllowed::Yourself.into());
        }
        // A spectator may be put out, and a player who is away.
        let present: Vec<_> = cx.members().filter(|it| it.identity().sub == user).collect();
        let place = self.seats.free(&user);
        let name = place.map(|place| place.name);
        let name = name.or_else(|| present.first().map(|member| member.identity().name.clone()));
        let name = name.ok_or(NotAllowed::NoPlayer)?;
        self.charter.kick(user);
        for member in &present {
            cx.evict_because(member, NotAllowed::PutOut(reason.clone()).into());
        }
        cx.broadcast(&News { text: format!("{name} was put out: {reason}.") });
        self.changed(cx);
        Ok(())
    }
}

impl Lobby {
    fn check_host(&self, cx: &EventContext<'_, Self>) -> Result<(), NotAllowed> {
        if self.host.as_ref() == Some(&cx.sender().identity().sub) {
            return Ok(());
        }
        Err(NotAllowed::NotHost)
    }
}
