//! The guide: pages to be read, without code of their own.
//!
//! It must never hold anything but documentation; the code in it is compiled by its tests.
//!
//! 1. [A first app](first_app): from nothing to two clients.
//! 2. [Events](events): the derive, what clients send, binary, answers, refusals, identities.
//! 3. [Rooms](rooms): members, order, time, panics.
//! 4. [What arrives](what_arrives): history, coming back, what is promised.
//! 5. [Slow clients](slow_clients): what one may miss of each event, and what it is told.
//! 6. [Effectively once](once): events that may be sent again.
//! 7. [Durable rooms](durable): what outlives a room, its panics and its process.
//! 8. [Lobbies and matchmaking](lobbies): rooms that are found, seats, reservations, join or create.
//! 9. [Who may do what, and until when](permissions): identities, the order of checks, permissions,
//!    guards, lapses, revocation.
//! 10. [Moving over from Socket.IO](untyped): the Node server's API, and where it is here.
//! 11. [Architecture](architecture): the way of the data, the nouns, the invariants.
//! 12. [Wire protocols](protocols): what is spoken, and where it differs from the reference.
//! 13. [The plain protocol](plain_protocol): the same events by WebSocket, `EventSource` and curl.
//! 14. [A typed browser client](browser_client): the npm package `salon-client`, which keeps rooms by itself.
#![cfg_attr(
    feature = "contract",
    doc = "15. [The contract](contract): schemas, types for TypeScript, a page to try it, a check that nothing breaks."
)]
//! 16. [Limits and settings](limits): every value, what reaches it, and what is not done yet.
//! 17. [Speed and memory](measuring): how the bytes travel, what it costs, how to measure it.
//! 18. [Glossary](glossary): each word, and what the same is called elsewhere.
#![cfg_attr(
    feature = "testing",
    doc = "19. [Testing your app](testing_your_app): a lab, its clock, its faults, its seeds."
)]

/// One page. Its links are to other files where the sources are read, and to other pages here: of
/// two definitions of a link the first counts.
macro_rules! page {
    ($name:ident, $file:literal) => {
        pub mod $name {
            #![doc = "[events]: crate::guide::events"]
            #![doc = "[rooms]: crate::guide::rooms"]
            #![doc = "[lobbies]: crate::guide::lobbies"]
            #![doc = "[permissions]: crate::guide::permissions"]
            #![doc = "[once]: crate::guide::once"]
            #![doc = "[durable]: crate::guide::durable"]
            #![doc = "[untyped]: crate::guide::untyped"]
            #![doc = "[protocols]: crate::guide::protocols"]
            #![doc = "[limits]: crate::guide::limits"]
            #![doc = "[slow_clients]: crate::guide::slow_clients"]
            #![doc = "[what_arrives]: crate::guide::what_arrives"]
            #![doc = "[browser_client]: crate::guide::browser_client"]
            #![cfg_attr(feature = "contract", doc = "[contract]: crate::guide::contract")]
            #![doc = "[architecture]: crate::guide::architecture"]
            #![cfg_attr(
                feature = "testing",
                doc = "[testing_your_app]: crate::guide::testing_your_app"
            )]
            #![doc = ""]
            #![doc = include_str!(concat!("../guide/", $file))]
        }
    };
}

page!(first_app, "first_app.md");
page!(events, "events.md");
page!(rooms, "rooms.md");
page!(what_arrives, "what_arrives.md");
page!(slow_clients, "slow_clients.md");
page!(once, "once.md");
page!(durable, "durable.md");
page!(lobbies, "lobbies.md");
page!(permissions, "permissions.md");
page!(untyped, "untyped.md");
page!(architecture, "architecture.md");
page!(protocols, "protocols.md");
page!(plain_protocol, "plain_protocol.md");
page!(browser_client, "browser_client.md");
#[cfg(feature = "contract")]
page!(contract, "contract.md");
page!(limits, "limits.md");
page!(measuring, "measuring.md");
page!(glossary, "glossary.md");
#[cfg(feature = "testing")]
page!(testing_your_app, "testing_your_app.md");

/// The README's code compiles as well.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
