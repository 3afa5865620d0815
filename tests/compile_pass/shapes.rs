//! Every kind of type that can be an event, and the shape that it gets.

use salon::{Event, expanded::Shape};

#[derive(Event)]
#[event("named")]
struct Named {
    _text: String,
}

#[derive(Event)]
#[event("named-without-fields")]
struct NamedWithoutFields {}

#[derive(Event)]
#[event("newtype")]
struct Newtype(#[allow(dead_code, reason = "its shape is what matters")] String);

#[derive(Event)]
#[event("enum")]
enum Enum {
    _One,
    _Two(u8),
    _Three { _field: u8 },
}

#[derive(Event)]
#[event("tuple")]
struct Tuple(#[allow(dead_code, reason = "its shape is what matters")] String, u8);

#[derive(Event)]
#[event("tuple-without-fields")]
struct TupleWithoutFields();

#[derive(Event)]
#[event("unit")]
struct Unit;

fn main() {
    assert_eq!(Named::NAME, "named");
    assert_eq!(Named::SHAPE, Shape::Single);
    assert_eq!(NamedWithoutFields::SHAPE, Shape::Single);
    assert_eq!(Newtype::SHAPE, Shape::Single);
    assert_eq!(Enum::SHAPE, Shape::Single);
    assert_eq!(Tuple::SHAPE, Shape::Positional);
    assert_eq!(TupleWithoutFields::SHAPE, Shape::Positional);
    assert_eq!(Unit::SHAPE, Shape::Empty);
    let Tuple(_, _second) = Tuple(String::new(), 0);
}
