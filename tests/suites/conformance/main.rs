//! The conformance suite: the sentences of the conformance page, each a test against the spawned
//! server, on one worker and on four, and without the hook that lets it take WebSockets over.
//!
//! It needs nothing beside Rust. It must never know how Salon works inside.

mod bad_packets;
mod client;
mod echo;
mod engine;
mod engine_client;
mod handshakes;
mod load;
mod load_numbered;
mod socket;
mod subject;

use subject::Subject;

/// Tests of one fixture: async functions of the module that take a [`Subject`].
macro_rules! promises {
    ($fixture:literal: $($name:ident),+ $(,)?) => {
        mod on_one_worker {
            $(#[tokio::test]
            async fn $name() -> salon_tests::Result<()> {
                crate::Subject::holds($fixture, &["--workers", "1"], super::$name).await
            })+
        }
        mod on_four_workers {
            $(#[tokio::test]
            async fn $name() -> salon_tests::Result<()> {
                crate::Subject::holds($fixture, &["--workers", "4"], super::$name).await
            })+
        }
        mod without_the_hook {
            $(#[tokio::test]
            async fn $name() -> salon_tests::Result<()> {
                crate::Subject::holds($fixture, &["--without-hook"], super::$name).await
            })+
        }
    };
}
pub(crate) use promises;
