//! The namespaces of a Salon in use: found by name, never changed.
//!
//! It must refuse at build what could only fail when a client comes.

use std::{any::TypeId, collections::HashMap, sync::Arc};

use bytestring::ByteString;

use super::{
    BuildError, Namespace, SessionRoute,
    namespace::{Admit, Name},
    session::MakeSession,
    untyped::Untyped,
};
use crate::{
    auth::AnyAuthenticator,
    data::Data,
    room::{AnyDirectory, Broadcaster, RoomRoute},
};

/// What handles an event.
pub(crate) enum TypedRoute {
    Session(SessionRoute),
    Room(RoomRoute),
}

/// A namespace in use.
pub(crate) struct BuiltNamespace {
    name: Name,
    pub(super) authenticate: AnyAuthenticator,
    pub(super) admit: Vec<Admit>,
    pub(super) make_session: MakeSession,
    pub(super) routes: HashMap<&'static str, TypedRoute>,
    pub(super) untyped: Untyped,
}

/// All namespaces, and the rooms in them.
#[derive(Default)]
pub(crate) struct Namespaces {
    fixed: HashMap<ByteString, Arc<BuiltNamespace>>,
    others: Vec<Arc<BuiltNamespace>>,
    pub(super) directories: HashMap<TypeId, Arc<dyn AnyDirectory>>,
}

impl Namespaces {
    /// Checks and takes in a namespace.
    pub(crate) fn add(
        &mut self,
        namespace: Namespace,
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
        namespace.check_identities(&name)?;
        let mut routes = HashMap::new();
        let mut add_route = |event: &'static str, route| match routes.insert(event, route) {
            None => Ok(()),
            Some(_) => {
                Err(BuildError::DuplicateEvent { namespace: name.clone(), event: event.to_owned() })
            }
        };
        for route in namespace.session_routes {
            add_route(route.name, TypedRoute::Session(route))?;
        }
        for room in namespace.rooms {
            let Name::Fixed(fixed) = &namespace.name else {
                return Err(BuildError::RoomInPattern { room: room.name, namespace: name });
            };
            let (directory, room_routes) =
                (room.add)(fixed.clone(), broadcaster.clone(), data.clone());
            if self.directories.insert(room.kind, directory).is_some() {
                return Err(BuildError::DuplicateRoom(room.name));
            }
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
            authenticate: namespace.authenticate,
            admit: namespace.admit,
            make_session: namespace.make_session,
            routes,
            untyped: namespace.untyped,
        };
        let built = Arc::new(built);
        match &built.name {
            Name::Fixed(name) => drop(self.fixed.insert(name.clone(), built.clone())),
            Name::Pattern(_) | Name::Predicate(_) => self.others.push(built),
        }
        Ok(())
    }

    /// The namespace of that name: one with a fixed name first, then the first that accepts it.
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<BuiltNamespace>> {
        self.fixed.get(name).or_else(|| self.others.iter().find(|other| other.accepts(name)))
    }
}

impl BuiltNamespace {
    fn accepts(&self, name: &str) -> bool {
        match &self.name {
            Name::Fixed(fixed) => fixed == name,
            Name::Pattern(pattern) => pattern.is_match(name),
            Name::Predicate(accepts) => accepts(name),
        }
    }
}
