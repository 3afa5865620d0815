//! From what is written to an event that makes sense.
//!
//! It reports what contradicts itself, the type, or the rules of Socket.IO and of Salon. It must
//! never stop at the first mistake.

mod acked;
mod field;
mod guard;
mod loss;
mod name;
mod once;
mod overflow;
mod permit;
mod rate;
mod reply;
mod room;
mod throttle;

use syn::{Data, DeriveInput, Fields, Ident, parse_quote};

use crate::{
    attributes::{Attributes, Given},
    diagnostics::{Diagnostics, mistake},
    model::{Event, Shape},
};

/// The event, unless something is missing that it cannot do without. It is right only if nothing
/// was reported, here or when the attributes were read.
pub(crate) fn check<'a>(
    input: &'a DeriveInput,
    attributes: &Attributes,
    diagnostics: &mut Diagnostics,
) -> Option<Event<'a>> {
    let shape = shape(input, diagnostics);
    let name = attributes.name.as_ref();
    let name = name.and_then(|name| diagnostics.accept(name::check(name)));
    let room = room::check(input, attributes, diagnostics);
    let rate = given(attributes.rate.as_ref());
    let rate = rate.and_then(|rate| diagnostics.accept(rate::check(rate)));
    let permission = given(attributes.permit.as_ref());
    let permission = permission.and_then(|name| diagnostics.accept(permit::check(name)));
    let guards = guard::check(&attributes.guards, diagnostics);
    reply::check(attributes.reply.as_ref(), diagnostics);
    let loss = loss::check(input, attributes, diagnostics);
    let throttle = throttle::check(attributes, diagnostics);
    let closes = overflow::check(attributes, diagnostics);
    let acked = acked::check(attributes, diagnostics);
    let once = once::check(input, attributes, diagnostics);
    Some(Event {
        ident: &input.ident,
        generics: &input.generics,
        salon: salon(attributes),
        name: name?,
        shape: shape?,
        loss,
        throttle,
        closes,
        acked,
        once,
        rate,
        auth: attributes.auth.is_some(),
        permission,
        guards,
        refuses: given(attributes.refuses.as_ref()).cloned(),
        reply: reply(attributes),
        room,
    })
}

/// Where the framework is found.
pub(crate) fn salon(attributes: &Attributes) -> syn::Path {
    given(attributes.salon.as_ref()).cloned().unwrap_or_else(|| parse_quote!(::salon))
}

/// What acknowledges the event: `()` unless the attribute says otherwise.
pub(crate) fn reply(attributes: &Attributes) -> syn::Type {
    given(attributes.reply.as_ref()).cloned().unwrap_or_else(|| parse_quote!(()))
}

/// The value of an option that is there and right.
fn given<T>(option: Option<&Given<T>>) -> Option<&T> {
    option?.value.as_ref()
}

/// The keyword of an option that is there.
fn keyword<T>(option: Option<&Given<T>>) -> Option<&Ident> {
    option.map(|given| &given.keyword)
}

fn shape(input: &DeriveInput, diagnostics: &mut Diagnostics) -> Option<Shape> {
    match &input.data {
        Data::Enum(_) => Some(Shape::Single),
        Data::Struct(data) => Some(match &data.fields {
            Fields::Named(_) => Shape::Single,
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => Shape::Single,
            Fields::Unnamed(_) => Shape::Positional,
            Fields::Unit => Shape::Empty,
        }),
        Data::Union(data) => {
            diagnostics.report(mistake(
                data.union_token,
                "a union cannot be an event: nothing says which of its fields is there",
                "use an enum, or a struct",
            ));
            None
        }
    }
}
