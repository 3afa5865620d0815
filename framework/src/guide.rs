//! The guide, page by page; its code is compiled with the tests.

#[doc = include_str!("../guide/first_app.md")]
pub mod first_app {}

#[doc = include_str!("../guide/events.md")]
pub mod events {}

#[doc = include_str!("../guide/rooms.md")]
pub mod rooms {}

#[doc = include_str!("../guide/untyped.md")]
pub mod untyped {}

#[doc = include_str!("../guide/architecture.md")]
pub mod architecture {}

#[doc = include_str!("../guide/protocols.md")]
pub mod protocols {}

#[doc = include_str!("../guide/limits.md")]
pub mod limits {}

/// The program on the front page.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub mod front_page {}
