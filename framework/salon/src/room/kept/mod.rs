//! A room that outlives its life: what it did is kept in a store before anybody hears of it.
//!
//! What one turn of the room did is [staged](Durable), and becomes one batch; what the room says waits at
//! its gate until that is kept. Nothing here may call the room's code.

mod durable;
mod record;
mod recovered;

pub(in crate::room) use self::{
    durable::{Bounds, Durable, Found},
    record::{AnswerRecord, encode, state_of},
    recovered::{KeptAnswer, KeptEvent, KeptMember, KeptOrder, Recovered},
};
