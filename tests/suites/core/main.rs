//! The promises of the core: typed events, rooms, limits, endings.
//!
//! It must never sleep, nor wait for time: the tests run in a lab, whose clock they move themselves.
//! Those in modules called `over_real_sockets` run there as well, and wait for what they expect.

/// Tests that run in a lab for many seeds, and once over real sockets, where workers are threads.
macro_rules! both_ways {
    ($app:expr, $seeds:expr, $($test:ident)*) => {
        mod in_the_lab {
            $(#[test]
            fn $test() {
                salon::testing::for_seeds($seeds, async |seed| {
                    let lab = salon::testing::Lab::builder($app).workers(4).seed(seed);
                    super::$test(&lab.start().await).await
                });
            })*
        }

        mod over_real_sockets {
            $(#[salon::test]
            async fn $test() {
                super::$test(&salon::testing::Lab::serve($app).await?).await?;
            })*
        }
    };
}

mod anew;
mod anyone;
mod arcade;
mod blocks;
mod book;
mod build;
mod bursts;
mod calls;
mod catching_up;
mod cave;
mod closing;
mod coming_back;
mod delivery;
mod den;
mod duplicates;
mod ending;
mod forging;
mod hall;
mod heartbeats;
mod later;
mod later_rooms;
mod later_sessions;
mod left_out;
mod limits;
mod lists;
mod loading;
mod malformed;
mod named_refusals;
mod newcomers;
mod once;
mod once_bounds;
mod once_hostile;
mod opening;
mod order;
mod owners;
mod parting;
mod past;
mod patterns;
mod per_member;
mod policies;
mod rates;
mod raw;
mod reaching;
mod recovery;
mod refusals;
mod rooms;
mod sessions;
mod shop;
mod table;
mod timers;
mod timing;
mod unsendable;
mod untyped;
mod upgrading;
mod users;
