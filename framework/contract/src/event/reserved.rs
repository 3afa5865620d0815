//! Names of events that are not the application's: what Socket.IO's clients emit themselves, and
//! what Salon tells them.
//!
//! It must be the only such list in the framework; the derive has its own, of the same names.

/// Names that mean something to Socket.IO itself, on either side (npm socket.io-parser,
/// `RESERVED_EVENTS`).
const OF_SOCKET_IO: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// The beginning of the names of Salon's own events.
const OF_SALON: &str = "salon:";

/// Why an event is not sent by a name. A client that got one by it would end its connection, or
/// take it for something that the server has not said.
///
/// ```
/// use salon::event::ReservedName;
///
/// assert_eq!(ReservedName::check("chat:said"), Ok(()));
/// assert_eq!(ReservedName::check("disconnect"), Err(ReservedName::SocketIo("disconnect")));
/// assert_eq!(ReservedName::check("salon:evicted"), Err(ReservedName::Salon));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReservedName {
    /// Socket.IO's clients emit this one themselves, and break on it.
    #[error("the event name {0:?} is reserved by Socket.IO; choose another, such as \"app:{0}\"")]
    SocketIo(&'static str),
    /// The name begins with `salon:`.
    #[error("event names that begin with `salon:` are reserved by Salon; choose another prefix")]
    Salon,
}

impl ReservedName {
    /// Whether an application may send an event by this name.
    ///
    /// # Errors
    ///
    /// Whose name it is.
    pub fn check(name: &str) -> Result<(), Self> {
        match of_socket_io(name) {
            Some(reserved) => Err(Self::SocketIo(reserved)),
            None if name.starts_with(OF_SALON) => Err(Self::Salon),
            None => Ok(()),
        }
    }
}

/// The name, if it is one that means something to Socket.IO itself.
#[doc(hidden)]
#[must_use]
pub fn of_socket_io(name: &str) -> Option<&'static str> {
    OF_SOCKET_IO.into_iter().find(|reserved| *reserved == name)
}
