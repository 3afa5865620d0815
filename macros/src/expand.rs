//! The implementations that an event expands to.
//!
//! It must never fail, and never add a bound: the generics are the user's.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{GenericParam, Member, Type, ext::IdentExt, spanned::Spanned};

use crate::model::{Event, Key, Loss, Rate, Room, Senders, Shape};

/// `impl Event`, and `impl RoomEvent` or `impl SessionEvent` by whoever handles it.
pub(crate) fn expand(event: &Event<'_>) -> TokenStream {
    let handled = match &event.room {
        Some(room) => room_event(event, room),
        None => session_event(event),
    };
    let event = implement_event(event);
    quote!(#event #handled)
}

fn implement_event(event: &Event<'_>) -> TokenStream {
    let Event { generics, salon, name, reply, .. } = event;
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let ident = ident(event);
    let shape = shape(event);
    let policy = policy(event);
    let guards = guards(&event.guards);
    let forever = forever(event);
    let latest_key = latest_key(event);
    let once_key = once_key(event);
    let key = event.room.as_ref().map(|room| &room.called);
    let route = match &event.room {
        Some(Room { path, .. }) => {
            let place = derived_at(path.span());
            let salon = at(place, salon);
            quote_spanned!(place=> #salon::expanded::ToRoom<#path>)
        }
        None => quote!(#salon::expanded::ToSession),
    };
    quote! {
        #[automatically_derived]
        impl #impl_generics #salon::expanded::Event for #ident #type_generics #where_clause {
            const NAME: &'static ::core::primitive::str = #name;
            const SHAPE: #salon::expanded::Shape = #shape;
            const POLICY: #salon::expanded::Policy = #policy;
            type Static = #forever;
            type Reply = #reply;
            type Route = #route;
            type Guards = #guards;
            #latest_key
            #once_key
            #salon::expanded::schemas!(#key);
        }
    }
}

/// The key of an event of which the newest counts.
fn latest_key(event: &Event<'_>) -> Option<TokenStream> {
    let Loss::Latest(Some(member)) = &event.loss else { return None };
    Some(key("latest_key", member, event))
}

/// The key of an event that is handled once.
fn once_key(event: &Event<'_>) -> Option<TokenStream> {
    Some(key("once_key", event.once.as_ref()?, event))
}

/// The method that yields the key in a field.
fn key(method: &str, member: &Member, event: &Event<'_>) -> TokenStream {
    let place = derived_at(member.span());
    let (salon, field) = (at(place, &event.salon), field(member));
    // Placed where the field is named: if its type is no key, that is said there.
    let key = quote_spanned!(place=> #salon::expanded::EventKey::key(#field));
    let method = Ident::new(method, Span::mixed_site());
    quote! {
        fn #method(&self) -> ::core::option::Option<::std::borrow::Cow<'_, ::core::primitive::str>> {
            #key
        }
    }
}

/// The type with `'static` for its lifetimes. One that has type parameters as well stays as it is: they
/// would have to outlive as much, and no bound is added.
fn forever(event: &Event<'_>) -> TokenStream {
    let params = &event.generics.params;
    let is_type = |param: &GenericParam| matches!(param, GenericParam::Type(_));
    if event.generics.lifetimes().next().is_none() || params.iter().any(is_type) {
        return quote!(Self);
    }
    let ident = ident(event);
    let arguments = params.iter().map(|param| match param {
        GenericParam::Const(constant) => constant.ident.to_token_stream(),
        _ => quote!('static),
    });
    quote!(#ident<#(#arguments),*>)
}

/// The first guard and the rest, so that there may be any number.
fn guards(guards: &[Type]) -> TokenStream {
    guards.iter().rfold(quote!(()), |rest, guard| quote!((#guard, #rest)))
}

fn session_event(event: &Event<'_>) -> TokenStream {
    let Event { generics, salon, .. } = event;
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let ident = ident(event);
    quote! {
        #[automatically_derived]
        impl #impl_generics #salon::expanded::SessionEvent for #ident #type_generics #where_clause {}
    }
}

fn room_event(event: &Event<'_>, room: &Room) -> TokenStream {
    let Event { generics, salon, .. } = event;
    let Room { path, senders, key, .. } = room;
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let ident = ident(event);
    let senders = match senders {
        Senders::Join => quote!(Join),
        Senders::Member => quote!(Member),
        Senders::Anyone => quote!(Anyone),
    };
    // All of the signature is placed where the room is named: if the type is not a room, what the
    // compiler finds wrong with each part of it is said once, and there.
    let place = derived_at(path.span());
    let salon_there = at(place, salon);
    let signature =
        quote_spanned!(place=> fn key(&self) -> &<#path as #salon_there::expanded::Room>::Key);
    let key = match key {
        Key::Field(member) => field(member),
        Key::Nowhere => quote!(::core::unreachable!()),
    };
    quote! {
        #[automatically_derived]
        impl #impl_generics #salon::expanded::RoomEvent for #ident #type_generics #where_clause {
            type Room = #path;
            const SENDERS: #salon::expanded::Senders = #salon::expanded::Senders::#senders;
            #signature {
                #key
            }
        }
    }
}

/// The name of the type. Naming a deprecated type counts as its use, unless it is derived.
fn ident(event: &Event<'_>) -> Ident {
    let mut ident = event.ident.clone();
    ident.set_span(derived_at(ident.span()));
    ident
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

/// The same tokens at another place.
fn at(place: Span, tokens: &impl ToTokens) -> TokenStream {
    let moved = |mut token: TokenTree| {
        token.set_span(place);
        token
    };
    tokens.to_token_stream().into_iter().map(moved).collect()
}

fn shape(event: &Event<'_>) -> TokenStream {
    let salon = &event.salon;
    let shape = match event.shape {
        Shape::Single => quote!(Single),
        Shape::Positional => quote!(Positional),
        Shape::Empty => quote!(Empty),
    };
    quote!(#salon::expanded::Shape::#shape)
}

fn policy(event: &Event<'_>) -> TokenStream {
    let salon = &event.salon;
    let loss = match &event.loss {
        Loss::None => quote!(),
        Loss::Volatile => quote!(.volatile()),
        Loss::Latest(_) => quote!(.latest()),
        Loss::DropOldest(queue) => quote!(.drop_oldest(#queue)),
        Loss::DropNewest(queue) => quote!(.drop_newest(#queue)),
    };
    let throttle = event.throttle.map(|interval| {
        // An hour at most.
        let milliseconds = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
        quote!(.throttle(::core::time::Duration::from_millis(#milliseconds)))
    });
    let overflow = event.closes.then(|| quote!(.overflow_closes()));
    let acked = event.acked.map(|within| {
        let milliseconds = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        quote!(.acked(::core::time::Duration::from_millis(#milliseconds)))
    });
    let rate = event.rate.map(|Rate { count, seconds, burst }| {
        let per = quote!(::core::time::Duration::from_secs(#seconds));
        quote!(.rate(#salon::expanded::Rate::new(#count, #per, #burst)))
    });
    let once = event.once.as_ref().map(|member| {
        let field = match member {
            Member::Named(ident) => ident.unraw().to_string(),
            Member::Unnamed(_) if event.shape == Shape::Single => ".".to_owned(),
            Member::Unnamed(index) => format!("[{}]", index.index),
        };
        quote!(.once(#field))
    });
    let auth = event.auth.then(|| quote!(.auth()));
    let permission = event.permission.as_ref().map(|name| quote!(.permission(#name)));
    let refuses = event.refuses.as_ref().map(|refusals| {
        let salon = at(derived_at(refusals.span()), salon);
        quote_spanned!(derived_at(refusals.span())=> .refuses(<#refusals as #salon::expanded::Refusals>::CODES))
    });
    quote!(#salon::expanded::Policy::new() #loss #throttle #overflow #acked #rate #once #auth #permission #refuses)
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;
    use syn::{DeriveInput, parse_quote};

    #[track_caller]
    fn expands(input: &DeriveInput, expected: &TokenStream) {
        assert_eq!(crate::derive(input).to_string(), expected.to_string());
    }

    #[test]
    fn an_event_of_the_session_says_so() {
        expands(
            &parse_quote! {
                #[event("chat:said", volatile)]
                struct Said { text: String }
            },
            &quote! {
                #[automatically_derived]
                impl ::salon::expanded::Event for Said {
                    const NAME: &'static ::core::primitive::str = "chat:said";
                    const SHAPE: ::salon::expanded::Shape = ::salon::expanded::Shape::Single;
                    const POLICY: ::salon::expanded::Policy = ::salon::expanded::Policy::new().volatile();
                    type Static = Self;
                    type Reply = ();
                    type Route = ::salon::expanded::ToSession;
                    type Guards = ();
                    ::salon::expanded::schemas!();
                }
                #[automatically_derived]
                impl ::salon::expanded::SessionEvent for Said {}
            },
        );
    }

    #[test]
    fn an_event_of_a_room_carries_its_generics_over_into_both() {
        expands(
            &parse_quote! {
                #[event("t", crate = my::salon, room = Table<T>(1), join, reply = Vec<T>, rate = "5/m burst 9",
                    auth, guard = NotMuted, permit = "sit", guard = Alive<T>)]
                struct Sit<'a, T: Clone = u8>(&'a str, Id<T>) where T: Send;
            },
            &quote! {
                #[automatically_derived]
                impl<'a, T: Clone> my::salon::expanded::Event for Sit<'a, T> where T: Send {
                    const NAME: &'static ::core::primitive::str = "t";
                    const SHAPE: my::salon::expanded::Shape = my::salon::expanded::Shape::Positional;
                    const POLICY: my::salon::expanded::Policy = my::salon::expanded::Policy::new().rate(
                        my::salon::expanded::Rate::new(
                            5u32,
                            ::core::time::Duration::from_secs(60u64),
                            9u32
                        )
                    ).auth().permission("sit");
                    type Static = Self;
                    type Reply = Vec<T>;
                    type Route = my::salon::expanded::ToRoom<Table<T> >;
                    type Guards = (NotMuted, (Alive<T>, ()));
                    my::salon::expanded::schemas!("1");
                }
                #[automatically_derived]
                impl<'a, T: Clone> my::salon::expanded::RoomEvent for Sit<'a, T> where T: Send {
                    type Room = Table<T>;
                    const SENDERS: my::salon::expanded::Senders = my::salon::expanded::Senders::Join;
                    fn key(&self) -> &<Table<T> as my::salon::expanded::Room>::Key {
                        &self.1
                    }
                }
            },
        );
    }

    #[test]
    fn an_event_with_lifetimes_alone_is_listed_without_them() {
        let tokens = crate::derive(&parse_quote! {
            #[event("chat:said")]
            struct Said<'a, 'b: 'a, const N: usize>(&'a [&'b str; N]);
        })
        .to_string();
        let listed = quote!(
            type Static = Said<'static, 'static, N>;
        )
        .to_string();
        assert!(tokens.contains(&listed), "{tokens}");
    }

    #[test]
    fn what_a_slow_client_may_miss_is_in_the_policy_and_the_key_is_a_field() {
        let expanded = |input: &DeriveInput| crate::derive(input).to_string();
        let latest = expanded(&parse_quote! {
            #[event("moved", latest = 1, throttle = "2s")]
            struct Moved(f32, u8);
        });
        let policy = quote!(.latest().throttle(::core::time::Duration::from_millis(2000u64)));
        let key = quote!(::salon::expanded::EventKey::key(&self.1));
        for expected in [policy, key] {
            assert!(latest.contains(&expected.to_string()), "{latest}");
        }
        let dropped = expanded(&parse_quote! {
            #[event("trace", drop = newest)]
            struct Trace;
        });
        assert!(dropped.contains(&quote!(.drop_newest(64u16)).to_string()), "{dropped}");
        assert!(!dropped.contains("latest_key"));
        let acked = expanded(&parse_quote! {
            #[event("filled", acked = "10s")]
            struct Filled;
        });
        let within = quote!(.acked(::core::time::Duration::from_millis(10000u64)));
        assert!(acked.contains(&within.to_string()), "{acked}");
        let closing = expanded(&parse_quote! {
            #[event("stroke", overflow = close)]
            struct Stroke;
        });
        assert!(closing.contains(&quote!(.overflow_closes()).to_string()), "{closing}");
    }

    #[test]
    fn the_key_of_an_event_that_is_handled_once_is_a_field() {
        let tokens = crate::derive(&parse_quote! {
            #[event("order:place", once = r#type, rate = "1/s")]
            struct Place { r#type: String }
        })
        .to_string();
        let (policy, key) =
            (quote!(.once("type")), quote!(::salon::expanded::EventKey::key(&self.r#type)));
        for expected in [policy, key] {
            assert!(tokens.contains(&expected.to_string()), "{tokens}");
        }
        let positional = crate::derive(&parse_quote! {
            #[event("move", once = 1)]
            struct Move(u8, u64);
        });
        assert!(positional.to_string().contains(&quote!(.once("[1]")).to_string()));
    }

    #[test]
    fn a_mistake_leaves_both_implementations_there() {
        let tokens = crate::derive(&parse_quote! {
            #[event("lobby:join", room = Lobby, reply = Roster)]
            struct Join { lobby: u64 }
        })
        .to_string();
        assert_eq!(tokens.matches("compile_error").count(), 1);
        assert!(tokens.contains("impl :: salon :: expanded :: Event for Join"));
        assert!(tokens.contains("type Reply = Roster"));
        assert!(tokens.contains("ToRoom < Lobby >"));
        assert!(tokens.contains("impl :: salon :: expanded :: RoomEvent for Join"));
        assert!(tokens.contains("unreachable"));
    }
}
