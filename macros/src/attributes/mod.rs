//! What is written in `#[event(…)]`, option by option, each with its place.
//!
//! It knows the grammar and reports what is against it. It must never judge meaning: whether a
//! field exists or a rate makes sense is decided in `check`.

mod keyword;
mod reader;
pub(crate) mod value;

use proc_macro2::Ident;
use syn::{Attribute, Data, DeriveInput, Field, LitInt, LitStr, Member, Meta, Path, Type};

pub(crate) use reader::fill;
pub(crate) use value::RoomValue;

use self::reader::Reader;
use crate::diagnostics::{Diagnostics, mistake};

/// One example of the whole attribute, for the messages of those who have none.
const EXAMPLE: &str = "#[event(\"lobby:join\")]";

/// The options of one event. A mistake in one of them is reported by the time they are read.
#[derive(Default)]
pub(crate) struct Attributes {
    /// The name, if it is a string.
    pub(crate) name: Option<LitStr>,
    /// `reply = Type`
    pub(crate) reply: Option<Given<Type>>,
    /// `room = Type(field)`
    pub(crate) room: Option<Given<RoomValue>>,
    /// `join`
    pub(crate) join: Option<Given<()>>,
    /// `member`
    pub(crate) member: Option<Given<()>>,
    /// `anyone`
    pub(crate) anyone: Option<Given<()>>,
    /// `auth`
    pub(crate) auth: Option<Given<()>>,
    /// `permit = "play"`
    pub(crate) permit: Option<Given<LitStr>>,
    /// `guard = NotMuted`, as often as there are guards.
    pub(crate) guards: Vec<Given<Type>>,
    /// `refuses = NoSeat`
    pub(crate) refuses: Option<Given<Type>>,
    /// `rate = "5/s"`
    pub(crate) rate: Option<Given<LitStr>>,
    /// `once = field`
    pub(crate) once: Option<Given<Member>>,
    /// `volatile`
    pub(crate) volatile: Option<Given<()>>,
    /// `latest`, or `latest = field`
    pub(crate) latest: Option<Given<Option<Member>>>,
    /// `drop = oldest`, or `drop = newest`
    pub(crate) drop: Option<Given<Ident>>,
    /// `queue = 64`
    pub(crate) queue: Option<Given<LitInt>>,
    /// `throttle = "100ms"`
    pub(crate) throttle: Option<Given<LitStr>>,
    /// `overflow = close`
    pub(crate) overflow: Option<Given<Ident>>,
    /// `acked = "10s"`
    pub(crate) acked: Option<Given<LitStr>>,
    /// `crate = path`
    pub(crate) salon: Option<Given<Path>>,
}

/// An option of an attribute, as its messages show it.
pub(crate) trait Word: Copy {
    /// The option as it is written.
    fn name(self) -> &'static str;
    /// The option as it is right.
    fn example(self) -> &'static str;
}

/// An option that is there, whether its value is right or not: that it was meant keeps one mistake
/// from being reported as a second one elsewhere.
pub(crate) struct Given<T> {
    /// The name of the option, at its place.
    pub(crate) keyword: Ident,
    /// The option as it was written.
    pub(crate) text: String,
    /// Its value, unless it was wrong.
    pub(crate) value: Option<T>,
}

impl Attributes {
    /// Reads the one `#[event(…)]` of a type.
    pub(crate) fn read(input: &DeriveInput, diagnostics: &mut Diagnostics) -> Self {
        refuse_on_parts(&input.data, diagnostics);
        let mut attributes = events(&input.attrs);
        let Some(attribute) = attributes.next() else {
            diagnostics.report(mistake(
                &input.ident,
                format_args!("the event `{}` has no name", input.ident),
                format_args!("name it as clients do, above the type: `{EXAMPLE}`"),
            ));
            return Self::default();
        };
        for second in attributes {
            diagnostics.report(mistake(
                second,
                "an event has one `#[event(…)]`",
                "move these options into the first, with commas between them",
            ));
        }
        read_one(attribute, diagnostics)
    }
}

fn read_one(attribute: &Attribute, diagnostics: &mut Diagnostics) -> Attributes {
    match &attribute.meta {
        Meta::List(list) => {
            let mut reader = Reader::new(diagnostics);
            // The reader reports by itself; what comes back is only a failure to get at a token.
            let outcome =
                list.parse_args_with(|input: syn::parse::ParseStream<'_>| reader.read(input));
            let attributes = reader.finish(attribute);
            diagnostics.accept(outcome);
            attributes
        }
        Meta::NameValue(pair) => {
            let value = &pair.value;
            diagnostics.report(mistake(
                attribute,
                "the name of an event stands in brackets",
                format_args!("write `#[event({})]`", quote::quote!(#value)),
            ));
            Attributes::default()
        }
        Meta::Path(_) => {
            diagnostics.report(mistake(
                attribute,
                "`#[event]` without a name",
                format_args!("name the event as clients do: `{EXAMPLE}`"),
            ));
            Attributes::default()
        }
    }
}

/// Refuses the attribute on fields and variants, where it would have no effect.
fn refuse_on_parts(data: &Data, diagnostics: &mut Diagnostics) {
    let mut refuse = |attributes: &[Attribute], part: &str| {
        for attribute in events(attributes) {
            diagnostics.report(mistake(
                attribute,
                format_args!("`#[event(…)]` on a {part}"),
                "its options belong on the struct or enum; a field is named there, as in \
                 `room = Lobby(lobby)`",
            ));
        }
    };
    let mut refuse_on_fields = |fields: &mut dyn Iterator<Item = &Field>| {
        fields.for_each(|field| refuse(&field.attrs, "field"));
    };
    match data {
        Data::Struct(data) => refuse_on_fields(&mut data.fields.iter()),
        Data::Union(data) => refuse_on_fields(&mut data.fields.named.iter()),
        Data::Enum(data) => {
            for variant in &data.variants {
                refuse_on_fields(&mut variant.fields.iter());
            }
            for variant in &data.variants {
                refuse(&variant.attrs, "variant");
            }
        }
    }
}

fn events(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("event"))
}
