//! What one client heard, held against what it should have heard.
//!
//! It must never let anything of an arena pass that came behind the end of a membership, nor a gap,
//! a double or a wrong order before it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::app::{Marker, Said, Taken, Welcome};

/// What is wrong with what came.
pub(crate) type Mistake = String;

/// What one client knows of its arenas.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    arenas: BTreeMap<u32, View>,
    /// The revocation that is under way, and its marker once that came.
    revocation: Option<Revocation>,
    lapsed: bool,
    pub(crate) frames: u64,
    pub(crate) evictions: u64,
}

#[derive(Debug)]
struct Revocation {
    taken: Taken,
    marker: Option<Marker>,
    evicted: usize,
}

/// One arena, as a client sees it.
#[derive(Debug, Default)]
struct View {
    /// The next number, while it is a member.
    next: Option<u64>,
    /// The last number that it heard, or that its snapshot had.
    last: u64,
    /// How many frames came behind the marker of a revocation that may mean this arena.
    behind: u64,
}

impl Recorder {
    /// Something is about to be revoked from this client.
    pub(crate) fn expect(&mut self, taken: Taken) {
        self.arenas.values_mut().for_each(|view| view.behind = 0);
        self.revocation = Some(Revocation { taken, marker: None, evicted: 0 });
    }

    /// Whether the last revocation is over, as far as it concerns this client.
    pub(crate) fn is_settled(&self) -> bool {
        self.revocation.is_none()
    }

    /// Whether the session was told that it has ended.
    pub(crate) fn has_lapsed(&self) -> bool {
        self.lapsed
    }

    /// Whether it is a member.
    pub(crate) fn is_in(&self, arena: u32) -> bool {
        self.arenas.get(&arena).is_some_and(|view| view.next.is_some())
    }

    /// The last number that it heard.
    pub(crate) fn last(&self, arena: u32) -> u64 {
        self.arenas.get(&arena).map_or(0, |view| view.last)
    }

    /// The session has ended: whatever it heard was published before `last`.
    pub(crate) fn end(&mut self, last: &[u64]) -> Result<(), Mistake> {
        for (arena, view) in std::mem::take(&mut self.arenas) {
            view.check_last(arena, last)?;
        }
        (self.revocation, self.lapsed) = (None, false);
        Ok(())
    }

    /// One event that came.
    pub(crate) fn hear(&mut self, name: &str, argument: &Value) -> Result<(), Mistake> {
        if self.lapsed {
            return Err(format!("{name} {argument} came behind the farewell"));
        }
        match name {
            "arena:welcome" => self.welcome(&read(argument)?),
            "arena:said" => self.said(&read(argument)?),
            "marker" => self.marker(read(argument)?),
            "salon:evicted" => self.evicted(argument),
            "salon:lapsed" => {
                self.lapsed = true;
                Ok(())
            }
            // Who says something in an arena that it has just lost is refused.
            "salon:refused" if argument["error"]["code"] == "not_a_member" => Ok(()),
            "salon:joined" | "salon:lapsing" => Ok(()),
            other => Err(format!("{other} {argument} came, which nobody sent")),
        }
    }

    fn welcome(&mut self, &Welcome { arena, next }: &Welcome) -> Result<(), Mistake> {
        let view = self.arenas.entry(arena).or_default();
        if view.next.is_some() {
            return Err(format!("a second welcome to arena {arena}"));
        }
        *view = View { next: Some(next), last: next - 1, behind: 0 };
        Ok(())
    }

    fn said(&mut self, &Said { arena, number }: &Said) -> Result<(), Mistake> {
        self.frames += 1;
        let awaits = self.awaits_eviction(arena);
        let view = self.arenas.entry(arena).or_default();
        match view.next {
            None => return Err(format!("number {number} of arena {arena}, and it is no member")),
            Some(next) if next != number => {
                return Err(format!("number {number} of arena {arena} came instead of {next}"));
            }
            Some(_) => (view.next, view.last) = (Some(number + 1), number),
        }
        view.behind += u64::from(awaits);
        Ok(())
    }

    /// Whether the marker came of a revocation that may have taken this arena, whose eviction has
    /// not come yet.
    fn awaits_eviction(&self, arena: u32) -> bool {
        self.revocation
            .as_ref()
            .is_some_and(|revocation| revocation.means(arena) && revocation.marker.is_some())
    }

    fn marker(&mut self, marker: Marker) -> Result<(), Mistake> {
        let Some(revocation) = &mut self.revocation else {
            return Err("a marker came, and nothing was revoked".to_owned());
        };
        if revocation.evicted > marker.lost {
            return Err(format!("{} evictions for {} lost", revocation.evicted, marker.lost));
        }
        for (arena, view) in &self.arenas {
            if revocation.means(*arena) && view.next.is_none() {
                view.check_last(*arena, &marker.last)?;
            }
        }
        revocation.marker = Some(marker);
        self.settle();
        Ok(())
    }

    fn evicted(&mut self, notice: &Value) -> Result<(), Mistake> {
        let name = notice["room"].as_str().and_then(|room| room.strip_prefix("arena:"));
        let Some(arena) = name.and_then(|arena| arena.parse().ok()) else {
            return Err(format!("an eviction from {notice}"));
        };
        self.evictions += 1;
        let view = self.arenas.entry(arena).or_default();
        // It may not have been welcomed: then it was admitted, and revoked before it knew.
        view.next = None;
        let Some(revocation) = &mut self.revocation else {
            return Err(format!("evicted from arena {arena}, and nothing was revoked: {notice}"));
        };
        if !revocation.means(arena) || notice["code"] != "revoked" {
            let taken = &revocation.taken;
            return Err(format!("evicted by {notice}, and {taken:?} was revoked"));
        }
        revocation.evicted += 1;
        if view.behind > 0 {
            return Err(format!("{} frames of arena {arena} behind the marker", view.behind));
        }
        if let Some(marker) = &revocation.marker {
            view.check_last(arena, &marker.last)?;
        }
        self.settle();
        Ok(())
    }

    fn settle(&mut self) {
        let over = self.revocation.as_ref().is_some_and(|revocation| {
            revocation.marker.as_ref().is_some_and(|marker| marker.lost == revocation.evicted)
        });
        if over {
            self.revocation = None;
        }
    }
}

impl Revocation {
    fn means(&self, arena: u32) -> bool {
        match self.taken {
            Taken::Arena(taken) => taken == arena,
            Taken::Permission | Taken::Everything => true,
        }
    }
}

impl View {
    fn check_last(&self, arena: u32, last: &[u64]) -> Result<(), Mistake> {
        let published = last[arena as usize];
        if self.last > published {
            let heard = self.last;
            return Err(format!(
                "number {heard} of arena {arena} came, which was published behind the revocation: \
                 at its end the last was {published}"
            ));
        }
        Ok(())
    }
}

fn read<T: serde::de::DeserializeOwned>(argument: &Value) -> Result<T, Mistake> {
    T::deserialize(argument).map_err(|error| format!("{argument}: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(number: u64) -> (&'static str, Value) {
        ("arena:said", json!({ "arena": 0, "number": number }))
    }

    fn mistake(heard: &[(&'static str, Value)]) -> Option<Mistake> {
        let mut recorder = Recorder::default();
        let welcome = json!({ "arena": 0, "next": 1 });
        recorder.hear("arena:welcome", &welcome).expect("it is the first");
        recorder.expect(Taken::Arena(0));
        heard.iter().find_map(|(name, argument)| recorder.hear(name, argument).err())
    }

    #[test]
    fn a_recorder_finds_each_mistake() {
        let marker = |last: u64| ("marker", json!({ "lost": 1, "last": [last] }));
        let evicted = ("salon:evicted", json!({ "room": "arena:0", "code": "revoked" }));
        let lapsed = ("salon:lapsed", json!({ "code": "revoked" }));
        let fine: [&[_]; 3] = [
            &[said(1), said(2), evicted.clone(), marker(2)],
            &[said(1), marker(1), evicted.clone()],
            &[said(1), lapsed.clone()],
        ];
        for heard in fine {
            assert_eq!(mistake(heard), None, "{heard:?}");
        }
        let wrong: [&[_]; 7] = [
            &[said(2)],
            &[said(1), said(1)],
            &[said(1), said(3)],
            &[said(1), evicted.clone(), said(2)],
            &[said(1), marker(2), said(2), evicted.clone()],
            &[said(1), said(2), evicted, marker(1)],
            &[lapsed, said(1)],
        ];
        for heard in wrong {
            assert!(mistake(heard).is_some(), "{heard:?}");
        }
    }
}
