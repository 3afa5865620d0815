//! Behind nginx and haproxy as Debian has them, with the very blocks that the guide's page on the plain protocol
//! shows; each case is played without a proxy as well.
//!
//! They need nginx, haproxy, curl, openssl, node, Chromium and the packages that `tests/peers.sh` installs;
//! without them they fail.

mod app;
mod buffers;
mod guide;
mod many;
mod page;
mod proxy;
mod requests;
mod scratch;
mod silence;
mod socket_io;
mod stage;
mod streams;
mod web_sockets;

/// A test of each case for each way to the app.
macro_rules! each_way {
    ($($case:ident),+ $(,)?) => {
        each_way! { @directly Directly: $($case),+ }
        each_way! { @through_nginx Nginx: $($case),+ }
        each_way! { @through_haproxy Haproxy: $($case),+ }
    };
    (@$module:ident $way:ident: $($case:ident),+) => {
        mod $module {
            $(#[tokio::test]
            async fn $case() -> salon_tests::Result<()> {
                super::$case(crate::stage::Way::$way).await
            })+
        }
    };
}
use each_way;
