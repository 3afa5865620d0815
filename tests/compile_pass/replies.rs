//! A reply is any type, and `()` if none is named.

use std::collections::HashMap;

use salon::Event;

#[derive(Event)]
#[event("none")]
struct None;

#[derive(Event)]
#[event("path", reply = std::string::String)]
struct Path;

// The commas of the type are not those of the attribute.
#[derive(Event)]
#[event("generic", reply = HashMap<String, Vec<(u8, fn(u8) -> u8)>>, volatile)]
struct Generic;

#[derive(Event)]
#[event("tuple", volatile, reply = (u8, [u8; 4]))]
struct Tuple;

#[derive(Event)]
#[event("borrowed", reply = &'static str)]
struct Borrowed;

fn replies<E: Event<Reply = R>, R>() {}

fn main() {
    replies::<None, ()>();
    replies::<Path, String>();
    replies::<Generic, HashMap<String, Vec<(u8, fn(u8) -> u8)>>>();
    replies::<Tuple, (u8, [u8; 4])>();
    replies::<Borrowed, &'static str>();
}
