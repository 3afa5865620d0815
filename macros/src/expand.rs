//! The implementations that an event expands to.
//!
//! It must never fail, and never add a bound: the generics are the user's.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Member, spanned::Spanned};

use crate::model::{Entry, Event, Key, Rate, Room, Shape};

/// `impl Event`, and `impl RoomEvent` if a room handles it.
pub(crate) fn expand(event: &Event<'_>) -> TokenStream {
    let room = event.room.as_ref().map(|room| room_event(event, room));
    let event = implement_event(event);
    quote!(#event #room)
}

fn implement_event(event: &Event<'_>) -> TokenStream {
    let Event { ident, generics, salon, name, reply, .. } = event;
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let shape = shape(event);
    let policy = policy(event);
    let route = match &event.room {
        Some(Room { path, .. }) => quote!(#salon::room::ToRoom<#path>),
        None => quote!(#salon::connection::ToSession),
    };
    quote! {
        #[automatically_derived]
        impl #impl_generics #salon::Event for #ident #type_generics #where_clause {
            const NAME: &'static ::core::primitive::str = #name;
            const SHAPE: #salon::event::Shape = #shape;
            const POLICY: #salon::event::Policy = #policy;
            type Reply = #reply;
            type Route = #route;
        }
    }
}

fn room_event(event: &Event<'_>, room: &Room) -> TokenStream {
    let Event { ident, generics, salon, .. } = event;
    let Room { path, entry, key } = room;
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let entry = match entry {
        Entry::Join => quote!(Join),
        Entry::Member => quote!(Member),
    };
    let key_type = quote_spanned!(derived_at(path.span())=> &<#path as #salon::Room>::Key);
    let key = match key {
        Key::Field(member) => field(member),
        Key::Nowhere => quote!(::core::unreachable!()),
    };
    quote! {
        #[automatically_derived]
        impl #impl_generics #salon::room::RoomEvent for #ident #type_generics #where_clause {
            type Room = #path;
            const ENTRY: #salon::room::Entry = #salon::room::Entry::#entry;
            fn key(&self) -> #key_type {
                #key
            }
        }
    }
}

/// The borrowed field, placed where the attribute names it: if its type is not the key's, that is
/// where the mistake is shown.
fn field(member: &Member) -> TokenStream {
    let place = derived_at(member.span());
    let mut member = member.clone();
    match &mut member {
        Member::Named(ident) => ident.set_span(place),
        Member::Unnamed(index) => index.span = place,
    }
    quote_spanned!(place=> &self.#member)
}

/// Shown at `place`, but still recognized as derived, so that the user's lints leave it alone.
fn derived_at(place: Span) -> Span {
    Span::call_site().located_at(place)
}

fn shape(event: &Event<'_>) -> TokenStream {
    let salon = &event.salon;
    let shape = match event.shape {
        Shape::Single => quote!(Single),
        Shape::Positional => quote!(Positional),
        Shape::Empty => quote!(Empty),
    };
    quote!(#salon::event::Shape::#shape)
}

fn policy(event: &Event<'_>) -> TokenStream {
    let salon = &event.salon;
    let volatile = event.volatile.then(|| quote!(.volatile()));
    let rate = event.rate.map(|Rate { count, seconds, burst }| {
        let per = quote!(::core::time::Duration::from_secs(#seconds));
        quote!(.rate(#salon::event::Rate::new(#count, #per, #burst)))
    });
    quote!(#salon::event::Policy::new() #volatile #rate)
}
