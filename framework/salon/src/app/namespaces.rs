//! The namespaces of a Salon in use: found by name, never changed.
//!
//! It must refuse at build what could only fail when a client comes.

use std::{
    any::TypeId,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use bytestring::ByteString;

use super::{
    build_error::BuildError,
    middleware::GuardEvent,
    namespace::{Admit, Described, Name},
    session::{MakeSession, SessionRoute},
    untyped::Untyped,
};
use crate::{
    auth::{AnyAuthenticator, AnyAuthority},
    base::{
        contained::{Panicked, contain},
        data::Data,
        logged,
        number::NamespaceNumber,
    },
    event::{Policy, SentEvent},
    hub::Broadcaster,
    room::{AnyDirectory, RoomRoute},
};
#[cfg(feature = "contract")]
use salon_contract::document::{Document, NamespaceFacts, RoomFacts};

/// What handles an event.
pub(crate) enum TypedRoute {
    Session(SessionRoute),
    Room(RoomRoute),
}

impl TypedRoute {
    pub(crate) fn policy(&self) -> Policy {
        match self {
            Self::Session(route) => route.policy,
            Self::Room(route) => route.policy,
        }
    }
}

/// Refuses an event whose identity or permission nobody in its namespace could know.
fn check_policy(
    namespace: &str,
    event: &'static str,
    policy: Policy,
    identified: Option<bool>,
    authority: bool,
) -> Result<(), BuildError> {
    let namespace = || namespace.to_owned();
    if policy.wants_identity() && identified.is_none() {
        let option = if policy.auth { "auth" } else { "permit" };
        return Err(BuildError::NoAuthenticator { namespace: namespace(), event, option });
    }
    match policy.permission {
        Some(permission) if !authority => {
            Err(BuildError::NoAuthority { namespace: namespace(), event, permission })
        }
        _ => Ok(()),
    }
}

/// Refuses two events of one name that are sent in a namespace: a client knows them by it alone.
fn check_sends<'a>(
    namespace: &str,
    sends: impl Iterator<Item = &'a SentEvent>,
) -> Result<(), BuildError> {
    let mut first_of = HashMap::new();
    for event in sends {
        let first: &SentEvent = first_of.entry(event.name).or_insert(event);
        if first.kind != event.kind {
            return Err(BuildError::DuplicateSent {
                namespace: namespace.to_owned(),
                event: event.name,
                types: [first.type_name, event.type_name],
            });
        }
    }
    Ok(())
}

/// Refuses an event that is to be acknowledged, and that `sender` does not keep.
fn check_acked(sends: &[SentEvent], sender: impl FnOnce() -> String) -> Result<(), BuildError> {
    match sends.iter().find(|event| event.acked.is_some()) {
        Some(event) => Err(BuildError::AckedWithoutHistory { event: event.name, sender: sender() }),
        None => Ok(()),
    }
}

/// A namespace in use.
pub(crate) struct BuiltNamespace {
    name: Name,
    pub(crate) number: NamespaceNumber,
    pub(crate) authenticator: AnyAuthenticator,
    pub(crate) admit: Vec<Admit>,
    pub(crate) make_session: MakeSession,
    /// Whether an authenticator has said who each client is.
    pub(crate) identified: bool,
    pub(crate) authority: Option<AnyAuthority>,
    pub(crate) guard_events: Vec<GuardEvent>,
    /// By the event's name. Clients choose what is looked up, but not what is there: no table grows
    /// by it, and its hash need not withstand more.
    pub(crate) routes: HashMap<&'static str, TypedRoute, foldhash::fast::RandomState>,
    pub(crate) untyped: Untyped,
    #[cfg(feature = "contract")]
    contract: ByteString,
}

/// All namespaces, and the rooms in them.
#[derive(Default)]
pub(crate) struct Namespaces {
    fixed: HashMap<ByteString, Arc<BuiltNamespace>>,
    others: Vec<Arc<BuiltNamespace>>,
    pub(crate) directories: HashMap<TypeId, Arc<dyn AnyDirectory>>,
    /// What is said of them in the contract.
    #[cfg(feature = "contract")]
    pub(crate) facts: Vec<NamespaceFacts>,
}

impl Namespaces {
    /// A namespace as it stands in a log. Of one that does not exist only its length: whatever a
    /// client wrote without a comma is in its name, credentials as well.
    pub(crate) fn shown(&self, name: &ByteString) -> String {
        // The application may be who says whether it exists.
        match contain(|| self.find(name).is_some()) {
            Ok(true) => logged::namespace(name).to_string(),
            Ok(false) | Err(Panicked) => format!("of {} bytes, unknown,", name.len()),
        }
    }

    /// Checks and takes in a namespace.
    pub(crate) fn add(
        &mut self,
        namespace: Described,
        broadcaster: &Arc<Broadcaster>,
        data: &Data,
    ) -> Result<(), BuildError> {
        let name = namespace.name.to_string();
        if let Name::Fixed(fixed) = &namespace.name {
            if !fixed.starts_with('/') {
                return Err(BuildError::NamespaceName(name));
            }
            if self.fixed.contains_key(fixed) {
                return Err(BuildError::DuplicateNamespace(name));
            }
        }
        if let Name::Pattern(pattern, Err(error)) = &namespace.name {
            let (pattern, reason) = (pattern.clone(), error.to_string());
            return Err(BuildError::Pattern { pattern, reason });
        }
        if let [first, second, ..] = namespace.sessions[..] {
            return Err(BuildError::TwoSessions { namespace: name, types: [first, second] });
        }
        let of_rooms = namespace.rooms.iter().flat_map(|room| &room.sends);
        check_sends(&name, namespace.session_sends.iter().chain(of_rooms))?;
        check_acked(&namespace.session_sends, || format!("the session of namespace {name}"))?;
        let (identified, authority) = (namespace.identified, namespace.authority.is_some());
        let mut routes = HashMap::default();
        let mut add_route = |event: &'static str, route: TypedRoute| {
            check_policy(&name, event, route.policy(), identified, authority)?;
            match routes.insert(event, route) {
                None => Ok(()),
                Some(_) => Err(BuildError::DuplicateEvent {
                    namespace: name.clone(),
                    event: event.to_owned(),
                }),
            }
        };
        #[cfg(feature = "contract")]
        let session_facts = namespace.session_routes.iter().map(|route| route.facts).collect();
        for route in namespace.session_routes {
            add_route(route.name, TypedRoute::Session(route))?;
        }
        #[cfg(feature = "contract")]
        let mut facts = NamespaceFacts {
            name: name.clone(),
            received: session_facts,
            sent: namespace.session_sends.iter().map(|event| event.facts).collect(),
            rooms: Vec::new(),
            untyped: namespace.untyped.events.keys().cloned().collect(),
        };
        let mut room_names = HashSet::new();
        for room in namespace.rooms {
            if room.name.is_empty() || room.name.contains(':') {
                return Err(BuildError::RoomName(room.name));
            }
            if room.keeps_without_numbers {
                return Err(BuildError::UnsequencedHistory(room.name));
            }
            if !room.keeps {
                check_acked(&room.sends, || format!("room {:?}", room.name))?;
            }
            if room.is_durable && broadcaster.store.is_none() {
                return Err(BuildError::NoStore(room.name));
            }
            let Name::Fixed(fixed) = &namespace.name else {
                return Err(BuildError::RoomInPattern { room: room.name, namespace: name });
            };
            let (directory, room_routes) =
                (room.add)(fixed.clone(), broadcaster.clone(), data.clone());
            if self.directories.insert(room.kind, directory).is_some() {
                return Err(BuildError::DuplicateRoom(room.name));
            }
            if !room_names.insert(room.name) {
                return Err(BuildError::DuplicateRoomName { namespace: name, room: room.name });
            }
            #[cfg(feature = "contract")]
            facts.rooms.push(RoomFacts {
                received: room_routes.iter().map(|route| route.facts).collect(),
                sent: room.sends.iter().map(|event| event.facts).collect(),
                ..room.facts
            });
            for route in room_routes {
                add_route(route.name, TypedRoute::Room(route))?;
            }
        }
        if let Some(event) =
            namespace.untyped.events.keys().find(|event| routes.contains_key(event.as_str()))
        {
            return Err(BuildError::DuplicateEvent { namespace: name, event: event.clone() });
        }
        let built = BuiltNamespace {
            name: namespace.name,
            number: NamespaceNumber(self.fixed.len() + self.others.len()),
            authenticator: namespace.authenticator,
            admit: namespace.admit,
            make_session: namespace.make_session,
            // Without an authenticator no event is listed that wants an identity.
            identified: identified.unwrap_or_default(),
            authority: namespace.authority,
            guard_events: namespace.guard_events,
            routes,
            untyped: namespace.untyped,
            #[cfg(feature = "contract")]
            contract: Document::hash_of(&facts).into(),
        };
        #[cfg(feature = "contract")]
        self.facts.push(facts);
        let built = Arc::new(built);
        match &built.name {
            Name::Fixed(name) => drop(self.fixed.insert(name.clone(), built.clone())),
            Name::Pattern(..) | Name::Predicate(_) => self.others.push(built),
        }
        Ok(())
    }

    /// The namespace of that name, unless only the app can say which that is: it is not asked.
    #[cfg(all(feature = "contract", feature = "testing"))]
    pub(crate) fn find_unasked(&self, name: &str) -> Option<&Arc<BuiltNamespace>> {
        let is_said = |other: &&Arc<BuiltNamespace>| {
            matches!(other.name, Name::Pattern(..)) && other.accepts(name)
        };
        self.fixed.get(name).or_else(|| self.others.iter().find(is_said))
    }

    /// What is said of one of them in the contract.
    #[cfg(all(feature = "contract", feature = "testing"))]
    pub(crate) fn facts_of(&self, namespace: &BuiltNamespace) -> Vec<NamespaceFacts> {
        let name = namespace.name.to_string();
        self.facts.iter().filter(|facts| facts.name == name).cloned().collect()
    }

    /// The kinds of rooms that keep a history.
    #[cfg(feature = "testing")]
    pub(crate) fn kept(&self) -> std::rc::Rc<[&'static str]> {
        self.directories.values().filter_map(|directory| directory.with_history()).collect()
    }

    /// The names of the events of rooms that may come once more.
    #[cfg(feature = "testing")]
    pub(crate) fn acked(&self) -> std::rc::Rc<[&'static str]> {
        self.directories.values().flat_map(|directory| directory.acked()).collect()
    }

    /// The names of the events of rooms that may wait for a client behind what came later.
    #[cfg(feature = "testing")]
    pub(crate) fn lossy(&self) -> std::rc::Rc<[&'static str]> {
        self.directories.values().flat_map(|directory| directory.lossy()).collect()
    }

    /// The namespace of that name: one with a fixed name first, then the first that accepts it.
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<BuiltNamespace>> {
        self.fixed.get(name).or_else(|| self.others.iter().find(|other| other.accepts(name)))
    }
}

impl BuiltNamespace {
    /// By what a client knows whether its contract is this one's, if somebody asks for contracts here.
    pub(crate) fn contract(&self) -> Option<ByteString> {
        #[cfg(feature = "contract")]
        return Some(self.contract.clone());
        #[cfg(not(feature = "contract"))]
        None
    }

    fn accepts(&self, name: &str) -> bool {
        match &self.name {
            // It is found by its name, and is not among those that are asked.
            Name::Fixed(_) => false,
            Name::Pattern(_, pattern) => {
                pattern.as_ref().is_ok_and(|pattern| pattern.is_match(name))
            }
            Name::Predicate(accepts) => accepts(name),
        }
    }
}
