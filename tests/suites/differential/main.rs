//! The differential suite: scripts played against the npm reference server and against Salon, over
//! every transport, whose transcripts must be equal but for the stated divergences.
//!
//! It needs node and the packages of `tests/reference`; without them it fails.

mod acknowledgements;
mod attachments;
mod bad_packets;
mod bad_requests;
mod comparison;
mod connecting;
mod cross_origin;
mod disconnecting;
mod divergence;
mod divergences;
mod events;
mod hostile_payloads;
mod peer;
mod polls;
mod record;
mod rooms;
mod script;
mod stage;
mod upgrading;

use comparison::compare;
use salon_tests::Result;

/// A test for each module of scripts.
macro_rules! compared {
    ($($name:ident => $module:ident;)+) => {
        $(#[tokio::test]
        async fn $name() -> Result<()> {
            compare($module::SCRIPTS).await
        })+
    };
}

compared! {
    acknowledgements_are_as_on_the_reference => acknowledgements;
    bad_attachments_are_answered_as_on_the_reference => attachments;
    bad_packets_are_answered_as_on_the_reference => bad_packets;
    bad_requests_are_answered_as_on_the_reference => bad_requests;
    connecting_is_as_on_the_reference => connecting;
    cross_origin_requests_are_answered_as_on_the_reference => cross_origin;
    disconnections_and_their_reasons_are_as_on_the_reference => disconnecting;
    events_are_as_on_the_reference => events;
    hostile_payloads_are_answered_as_on_the_reference => hostile_payloads;
    polls_are_answered_as_on_the_reference => polls;
    rooms_are_as_on_the_reference => rooms;
    upgrades_are_as_on_the_reference => upgrading;
}
