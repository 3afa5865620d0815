//! The room of an event: its key is in a field that exists, and it says who may send the event.
//!
//! It must leave to the compiler what only types can tell: that the room is one, and that the
//! field has the type of its key.

use proc_macro2::{Delimiter, Group};
use syn::{Data, DeriveInput, Ident, Index, LitStr, Member, Result, ext::IdentExt, parse::Parser};

use super::{field, given};
use crate::{
    attributes::{Attributes, RoomValue},
    diagnostics::{Diagnostics, list, mistake},
    model::{Key, Room, Senders},
};

/// The room, if there is one and nothing is wrong with it.
pub(super) fn check(
    input: &DeriveInput,
    attributes: &Attributes,
    diagnostics: &mut Diagnostics,
) -> Option<Room> {
    let senders = senders(attributes, diagnostics);
    let value = given(attributes.room.as_ref())?;
    let key = diagnostics.accept(key(input, value))?;
    let called = field::called(input, &key);
    Some(Room { path: value.path.clone(), senders, key: Key::Field(key), called })
}

/// Who may send the event: members, unless the attribute says otherwise.
fn senders(attributes: &Attributes, diagnostics: &mut Diagnostics) -> Senders {
    let Attributes { room, join, member, anyone, .. } = attributes;
    let said = [(join, Senders::Join), (member, Senders::Member), (anyone, Senders::Anyone)];
    let mut said =
        said.into_iter().filter_map(|(option, senders)| Some((option.as_ref()?, senders)));
    if room.is_none() {
        for keyword in said.clone().map(|(option, _)| &option.keyword) {
            diagnostics.report(mistake(
                keyword,
                format_args!("`{keyword}` needs a room"),
                format_args!(
                    "name the room's type and the field with its key: \
                     `room = Lobby(lobby), {keyword}`; or leave `{keyword}` out"
                ),
            ));
        }
    }
    let Some((first, senders)) = said.next() else { return Senders::Member };
    for (other, instead) in said.filter(|_| room.is_some()) {
        let (first, other) = (&first.keyword, &other.keyword);
        diagnostics.report(mistake(
            other,
            format_args!("`{first}` and `{other}` exclude each other"),
            format_args!(
                "keep `{first}` if {}, or `{other}` if {}",
                meaning(senders),
                meaning(instead)
            ),
        ));
    }
    senders
}

/// When an event says so.
fn meaning(senders: Senders) -> &'static str {
    match senders {
        Senders::Join => "sending the event makes the sender a member",
        Senders::Member => "only members may send it",
        Senders::Anyone => "whoever is no member may send it as well, and becomes none by it",
    }
}

/// The field with the key, as it is declared, at the place where the attribute names it.
fn key(input: &DeriveInput, room: &RoomValue) -> Result<Member> {
    let fields = fields(input, room)?;
    let names: Vec<String> = fields.iter().map(field::name).collect();
    let room_name =
        room.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    // One field leaves no choice; of several, the first only shows where the field goes.
    let example = match names.as_slice() {
        [only] => format!("`room = {room_name}({only})`"),
        several => format!("as in `room = {room_name}({})`", several.join("` or `room = ")),
    };
    let plural = if names.len() == 1 { "" } else { "s" };
    let has = format!("`{}` has the field{plural} {}", input.ident, list(&names));
    let Some(brackets) = &room.key else {
        return Err(mistake(
            &room.path,
            format_args!("which `{room_name}`? The field with its key is missing"),
            format_args!("name it in brackets, {example}; {has}"),
        ));
    };
    field::find(input, &member(brackets, &example, &has)?)
}

/// The fields that may hold the key: at least one.
fn fields(input: &DeriveInput, room: &RoomValue) -> Result<Vec<Member>> {
    let fields = field::fields(input);
    if !fields.is_empty() {
        return Ok(fields);
    }
    let is_enum = matches!(input.data, Data::Enum(_));
    let kind = if is_enum { "it is an enum" } else { "it has no fields" };
    let ident = &input.ident;
    Err(mistake(
        &room.path,
        format_args!("`{ident}` has no field for the key of its room: {kind}"),
        format_args!(
            "make it a struct with such a field, `struct {ident} {{ lobby: LobbyId, … }}`, and name \
             the field: `room = Lobby(lobby)`"
        ),
    ))
}

/// What was written in the brackets, if it is the name or the index of one field.
fn member(brackets: &Group, example: &str, has: &str) -> Result<Member> {
    let wrong = |what: &str, help: String| Err(mistake(brackets, what, help));
    let tokens = brackets.stream();
    if brackets.delimiter() != Delimiter::Parenthesis {
        return wrong(
            "the field with the room's key stands in round brackets",
            format!("write {example}; {has}"),
        );
    }
    if tokens.is_empty() {
        return wrong(
            "the field with the room's key is missing",
            format!("name it, {example}; {has}"),
        );
    }
    if let Ok(literal) = syn::parse2::<LitStr>(tokens.clone()) {
        return wrong(
            "the field with the room's key is named without quotes",
            format!("write `({})`; {has}", literal.value()),
        );
    }
    if let Ok(index) = syn::parse2::<Index>(tokens.clone()) {
        return Ok(Member::Unnamed(index));
    }
    match Ident::parse_any.parse2(tokens) {
        Ok(ident) => Ok(Member::Named(ident)),
        Err(_) => wrong(
            "the key of a room is one field of the event, and nothing else",
            format!("name it alone, {example}; {has}; a key of several parts is a struct"),
        ),
    }
}
