//! The implementations that an impl block of a room or a session expands to.
//!
//! It must never fail, and never add a bound: the generics are the user's.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use super::{
    hook::Hook,
    kind::Kind,
    model::{Block, Handler, HookMethod, Unmarked},
};

/// How long a list of events may be, without others in it.
const MOST_IN_A_TUPLE: usize = 16;

/// The block itself, `impl Room` or `impl Session`, and an `impl On` or `impl OnLater` for each
/// handler.
pub(super) fn expand(block: &Block) -> TokenStream {
    let item = &block.item;
    let state = state(block);
    let handlers = block.handlers.iter().map(|handler| implement_handler(block, handler));
    quote!(#item #state #(#handlers)*)
}

/// Shown at `place`, but recognized as what a macro wrote.
fn at(place: Span) -> Span {
    Span::call_site().located_at(place)
}

/// Where what is expanded to is found, shown at `place`: what is wrong there is shown there alone.
fn salon_at(place: Span, block: &Block) -> TokenStream {
    let moved = |mut token: TokenTree| {
        token.set_span(at(place));
        token
    };
    expanded(block).into_iter().map(moved).collect()
}

/// Where the framework keeps what is expanded to.
fn expanded(block: &Block) -> TokenStream {
    let salon = &block.salon;
    quote!(#salon::expanded)
}

fn implement_handler(block: &Block, handler: &Handler) -> TokenStream {
    let Handler { method, event, context, output, answer } = handler;
    let generics = &block.item.generics;
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let ty = &block.item.self_ty;
    // All that names the event is placed where the method does: of one that is none it is said once.
    let place = at(event.span());
    let salon = salon_at(event.span(), block);
    let of_event = quote_spanned!(place=> <#event as #salon::Event>);
    // Not by its name: of an event that goes elsewhere it is enough to say that.
    let context_type =
        quote_spanned!(place=> &mut <#of_event::Route as #salon::Route>::Context<'_, Self>);
    let (parameter, argument) = match context {
        Some(place) => (quote!(cx), Some(quote_spanned!(at(*place)=> cx))),
        None => (quote!(_), None),
    };
    let call = quote_spanned!(at(*output)=> Self::#method(self, event, #argument));
    let (of, signature, body) = match answer {
        Some(answer) => (
            quote_spanned!(place=> #salon::OnLater<#event>),
            quote_spanned! {place=>
                fn on_later(&mut self, event: #event, #parameter: #context_type) -> #answer
            },
            call,
        ),
        None => {
            let salon_there = salon_at(*output, block);
            let result = quote_spanned! {place=>
                ::core::result::Result<#of_event::Reply, #salon::Refusal>
            };
            (
                quote_spanned!(place=> #salon::On<#event>),
                quote_spanned! {place=>
                    fn on(&mut self, event: #event, #parameter: #context_type) -> #result
                },
                quote_spanned! {at(*output)=>
                    #salon_there::IntoReply::<#of_event::Reply>::into_reply(#call)
                },
            )
        }
    };
    quote! {
        #[automatically_derived]
        impl #impl_generics #of for #ty #where_clause {
            #signature { #body }
        }
    }
}

/// `impl Room` or `impl Session`.
fn state(block: &Block) -> TokenStream {
    let Block { kind, item, name, key, identity, constants, .. } = block;
    let salon = expanded(block);
    let (impl_generics, _, where_clause) = item.generics.split_for_impl();
    let ty = &item.self_ty;
    let events = events(block);
    let sends = sends(block);
    let hooks = Hook::of(*kind).iter().filter_map(|hook| {
        let method = block.hooks.iter().find(|method| method.hook == *hook);
        match method {
            Some(method) => Some(implement_hook(block, method)),
            None => hook.makes_the_state().then(|| make_state(block, *hook)),
        }
    });
    let (of, own) = match kind {
        Kind::Room => {
            let constants = constants.iter().map(|(constant, value)| {
                let constant = format_ident!("{}", constant.of_trait(), span = at(value.span()));
                let ty = type_of(&constant, &salon);
                quote!(const #constant: #ty = #value;)
            });
            let own = quote! {
                const NAME: &'static ::core::primitive::str = #name;
                #(#constants)*
                type Key = #key;
            };
            (quote!(Room), own)
        }
        Kind::Session => (quote!(Session), TokenStream::new()),
    };
    quote! {
        #[automatically_derived]
        impl #impl_generics #salon::#of for #ty #where_clause {
            #own
            type Identity = #identity;
            type Events = #events;
            type Sends = #sends;
            #(#hooks)*
        }
    }
}

/// The list of events.
fn events(block: &Block) -> TokenStream {
    let event = |Handler { event, answer, .. }: &Handler| match answer {
        Some(_) => {
            let salon = salon_at(event.span(), block);
            quote_spanned!(at(event.span())=> #salon::Later<#event>)
        }
        None => quote!(#event),
    };
    let events: Vec<_> = block.handlers.iter().map(event).collect();
    tuple(at(block.item.self_ty.span()), &events)
}

/// The list of what is sent.
fn sends(block: &Block) -> TokenStream {
    let place = block.sends.first().map_or_else(|| block.item.self_ty.span(), Spanned::span);
    let events: Vec<_> = block.sends.iter().map(ToTokens::to_token_stream).collect();
    tuple(at(place), &events)
}

/// A tuple; of more than a tuple may have, tuples in one.
fn tuple(place: Span, events: &[TokenStream]) -> TokenStream {
    if events.len() <= MOST_IN_A_TUPLE {
        return quote_spanned!(place=> (#(#events,)*));
    }
    let parts = events.chunks(MOST_IN_A_TUPLE).map(|part| quote_spanned!(place=> (#(#part,)*)));
    quote_spanned!(place=> (#(#parts,)*))
}

/// The type of a constant of `Room`.
fn type_of(constant: &Ident, salon: &TokenStream) -> TokenStream {
    match constant.to_string().as_str() {
        "LINGER" | "WINDOW" => quote!(::core::time::Duration),
        "MAX_OPEN" => quote!(::core::primitive::usize),
        "RESTART" => quote!(#salon::Restart),
        "SEQUENCED" => quote!(::core::primitive::bool),
        "HISTORY" => quote!(#salon::History),
        _ => quote!(#salon::Presence<Self>),
    }
}

/// A hook of the trait, that calls the method with as much as it takes.
fn implement_hook(block: &Block, method: &HookMethod) -> TokenStream {
    let HookMethod { hook, method, waits, parameters, output } = method;
    let salon = salon_at(*output, block);
    let names = hook.parameters();
    let arguments = names.iter().zip(parameters).map(|(name, place)| Ident::new(name, at(*place)));
    if *waits {
        let open = quote_spanned!(at(*output)=> Self::#method(#(#arguments),*).await);
        // What it is given is of the future's own, which borrows nothing of the room.
        let load = quote_spanned! {at(*output)=>
            let _ = key;
            #salon::load::<Self, _>(cx, async |cx: &#salon::LoadContext<Self>| {
                let key = cx.key();
                let _ = key;
                #open
            })
        };
        return signed(block, *hook, &load);
    }
    let unused = names.iter().skip(parameters.len()).map(|name| format_ident!("{name}"));
    let unused = quote!(#(let _ = #unused;)*);
    let receiver = (!hook.makes_the_state()).then(|| quote!(self,));
    let call = quote_spanned!(at(*output)=> Self::#method(#receiver #(#arguments),*));
    let call = match hook {
        Hook::Open | Hook::Connect => {
            quote_spanned!(at(*output)=> #salon::IntoReply::<Self>::into_reply(#call))
        }
        Hook::Admit => {
            quote_spanned!(at(*output)=> #salon::IntoReply::<()>::into_reply(#call))
        }
        _ => call,
    };
    let forgotten = hook.makes_the_state().then(|| forgotten(block));
    signed(block, *hook, &quote!(#forgotten #unused #call))
}

/// What makes the state where nothing says how.
fn make_state(block: &Block, hook: Hook) -> TokenStream {
    let Block { item, is_broken, .. } = block;
    if *is_broken {
        // It never runs.
        return signed(block, hook, &quote!(::core::unreachable!()));
    }
    let place = at(item.self_ty.span());
    let salon = salon_at(place, block);
    let unused = hook.parameters().iter().map(|name| format_ident!("{name}"));
    let made = quote_spanned!(place=> #salon::made_by_default::<Self>());
    let forgotten = forgotten(block);
    signed(block, hook, &quote!(#forgotten #(let _ = #unused;)* ::core::result::Result::Ok(#made)))
}

/// Asks of each method without a mark that looks like a handler whether it takes an event that comes here
/// and that nothing handles: then it uses something deprecated, which is all that a macro can warn by.
fn forgotten(block: &Block) -> TokenStream {
    let salon = expanded(block);
    let text = |ty: &Type| ty.to_token_stream().to_string();
    let known: Vec<_> = block.handlers.iter().map(|handler| text(&handler.event)).collect();
    let sent: Vec<_> = block.sends.iter().map(text).collect();
    let is_known = |event: &Type| known.contains(&text(event)) || sent.contains(&text(event));
    let (of, look) = match block.kind {
        Kind::Room => (quote!(UnmarkedOfRoom), quote!(LooksAtRoom)),
        Kind::Session => (quote!(UnmarkedOfSession), quote!(LooksAtSession)),
    };
    let unmarked = block.unmarked.iter().filter(|unmarked| !is_known(&unmarked.event));
    let asked = unmarked.map(|Unmarked { method, event }| {
        let is_marked = Ident::new("is_marked", method.span());
        quote! {{
            use #salon::{#look as _, Unknown as _};
            (&#salon::#of::<Self, #event>::NEW).#is_marked();
        }}
    });
    quote!(#(#asked)*)
}

/// A hook as its trait has it.
fn signed(block: &Block, hook: Hook, body: &TokenStream) -> TokenStream {
    let salon = expanded(block);
    let result = quote!(::core::result::Result);
    let member = quote!(&#salon::Member<<Self as #salon::Room>::Identity>);
    let of_room = quote!(cx: &mut #salon::RoomContext<Self>);
    let of_session = quote!(cx: &mut #salon::SessionContext<Self>);
    let signature = match hook {
        Hook::Open => quote! {
            fn open(key: &<Self as #salon::Room>::Key, #of_room) -> #result<Self, #salon::Refusal>
        },
        Hook::Admit => {
            quote!(fn admit(&mut self, who: #member, #of_room) -> #result<(), #salon::Refusal>)
        }
        Hook::Left => {
            quote!(fn left(&mut self, who: #member, why: #salon::LeaveReason, #of_room))
        }
        Hook::Closing => quote!(fn closing(&mut self, #of_room)),
        Hook::Connect => quote! {
            fn connect(client: &#salon::Candidate<'_, <Self as #salon::Session>::Identity>)
                -> #result<Self, #salon::Refusal>
        },
        Hook::Connected => quote!(fn connected(&mut self, #of_session)),
        Hook::Lapsed => quote!(fn lapsed(&mut self, lapse: &#salon::Lapse, #of_session)),
        Hook::Disconnected => quote! {
            fn disconnected(&mut self, reason: #salon::DisconnectReason, #of_session)
        },
    };
    quote!(#signature { #body })
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::{format_ident, quote};

    use crate::block::{Kind, expand};

    #[track_caller]
    fn expands(kind: Kind, options: TokenStream, block: &TokenStream, expected: &TokenStream) {
        assert_eq!(expand(kind, options, block).to_string(), expected.to_string());
    }

    #[test]
    fn a_block_without_handlers_is_a_room_that_is_made_by_its_default() {
        expands(
            Kind::Room,
            quote!(key = u32, crate = my::salon, sequenced = false),
            &quote! { impl<T: Send> BoardGame<T> where T: Default {} },
            &quote! {
                impl<T: Send> BoardGame<T> where T: Default {}
                #[automatically_derived]
                impl<T: Send> my::salon::expanded::Room for BoardGame<T> where T: Default {
                    const NAME: &'static ::core::primitive::str = "board_game";
                    const SEQUENCED: ::core::primitive::bool = false;
                    type Key = u32;
                    type Identity = ();
                    type Events = ();
                    type Sends = ();
                    fn open(
                        key: &<Self as my::salon::expanded::Room>::Key,
                        cx: &mut my::salon::expanded::RoomContext<Self>
                    ) -> ::core::result::Result<Self, my::salon::expanded::Refusal> {
                        let _ = key;
                        let _ = cx;
                        ::core::result::Result::Ok(
                            my::salon::expanded::made_by_default::<Self>()
                        )
                    }
                }
            },
        );
    }

    #[test]
    fn what_a_method_takes_is_what_it_is_given() {
        let tokens = expand(
            Kind::Session,
            TokenStream::new(),
            &quote! {
                impl Counter {
                    #[on] fn count(&mut self, _: Count) -> u64 { 1 }
                    #[on] fn think(&self, _: Think, _: &mut SessionContext<Self>) -> Answer<u64> { later() }
                    #[hook] fn disconnected(&mut self, reason: DisconnectReason) {}
                    #[hook] fn connect() -> Self { Self }
                    fn own(&self) {}
                }
            },
        )
        .to_string();
        let has = |expected: TokenStream| {
            assert!(tokens.contains(&expected.to_string()), "{expected} is not in {tokens}");
        };
        has(quote! { type Events = (Count, ::salon::expanded::Later<Think>,); });
        has(quote! { (Self::count(self, event,)) });
        has(quote! { -> Answer<u64> { Self::think(self, event, cx) } });
        has(quote! { { let _ = cx; Self::disconnected(self, reason) } });
        has(quote! {
            { let _ = client; ::salon::expanded::IntoReply::<Self>::into_reply(Self::connect()) }
        });
        assert!(!tokens.contains("# [on]") && !tokens.contains("# [hook]"));
    }

    #[test]
    fn an_async_open_is_loaded_and_given_what_it_takes() {
        for (takes, given) in [
            (quote!(), quote!()),
            (quote!(_: &u32), quote!(key)),
            (quote!(_: &u32, cx: &LoadContext<Self>), quote!(key, cx)),
        ] {
            let block = quote! { impl Board { #[hook] async fn open(#takes) -> Self { Self } } };
            let tokens = expand(Kind::Room, quote!(key = u32), &block).to_string();
            let load = quote! {
                ::salon::expanded::load::<Self, _>(cx, async |cx: &::salon::expanded::LoadContext<Self>| {
                    let key = cx.key();
                    let _ = key;
                    Self::open(#given).await
                })
            };
            assert!(tokens.contains(&load.to_string()), "{load} is not in {tokens}");
        }
    }

    #[test]
    fn more_events_than_a_tuple_has_are_tuples_in_a_tuple() {
        let methods = (0..18).map(|number| {
            let (method, event) = (format_ident!("m{number}"), format_ident!("E{number}"));
            quote!(#[on] fn #method(&mut self, _: #event) {})
        });
        let block = quote! { impl Chat { #(#methods)* } };
        let tokens = expand(Kind::Room, quote!(key = u32), &block).to_string();
        let rest = quote! { (E16, E17,), };
        assert!(tokens.contains(&format!("E15 ,) , {rest})")), "{tokens}");
    }

    #[test]
    fn a_mistake_leaves_the_room_there_with_what_is_right() {
        let tokens = expand(
            Kind::Room,
            quote!(key = u32),
            &quote! {
                impl Chat {
                    #[on] fn join(&mut self, _: Join) {}
                    #[on] async fn say(&mut self, _: Say) {}
                }
            },
        )
        .to_string();
        assert_eq!(tokens.matches("compile_error").count(), 1);
        assert!(tokens.contains("Room for Chat"));
        assert!(tokens.contains("type Events = (Join ,) ;"));
        assert!(tokens.contains("unreachable"));
    }
}
