//! The implementations that an impl block of a room or a session expands to.
//!
//! It must never fail, and never add a bound: the generics are the user's.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Type, spanned::Spanned};

use super::{
    hook::Hook,
    kind::Kind,
    model::{Block, Handler, HookMethod},
};

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

/// The path of the framework, shown at `place`: what is wrong there is shown there alone.
fn salon_at(place: Span, block: &Block) -> TokenStream {
    let moved = |mut token: TokenTree| {
        token.set_span(at(place));
        token
    };
    block.salon.to_token_stream().into_iter().map(moved).collect()
}

fn implement_handler(block: &Block, handler: &Handler) -> TokenStream {
    let Block { salon, item, .. } = block;
    let Handler { method, event, context, output, answer } = handler;
    let (impl_generics, _, where_clause) = item.generics.split_for_impl();
    let ty = &item.self_ty;
    let place = at(event.span());
    let salon_there = salon_at(event.span(), block);
    // Not by its name: of an event that goes elsewhere it is enough to say that.
    let route = quote_spanned!(place=> <#event as #salon_there::Event>::Route);
    let context_type =
        quote_spanned!(place=> <#route as #salon_there::event::Route>::Context<'_, Self>);
    let (parameter, argument) = match context {
        Some(place) => (quote!(cx), Some(quote_spanned!(at(*place)=> cx))),
        None => (quote!(_), None),
    };
    let call = quote_spanned!(at(*output)=> Self::#method(self, event, #argument));
    match answer {
        Some(answer) => quote! {
            #[automatically_derived]
            impl #impl_generics #salon::OnLater<#event> for #ty #where_clause {
                fn on_later(&mut self, event: #event, #parameter: &mut #context_type) -> #answer {
                    #call
                }
            }
        },
        None => {
            let call = {
                let salon = salon_at(*output, block);
                let reply = quote_spanned!(at(*output)=> <#event as #salon::Event>::Reply);
                quote_spanned!(at(*output)=> #salon::event::IntoReply::<#reply>::into_reply(#call))
            };
            quote! {
                #[automatically_derived]
                impl #impl_generics #salon::On<#event> for #ty #where_clause {
                    fn on(
                        &mut self,
                        event: #event,
                        #parameter: &mut #context_type,
                    ) -> ::core::result::Result<<#event as #salon::Event>::Reply, #salon::Refusal> {
                        #call
                    }
                }
            }
        }
    }
}

/// `impl Room` or `impl Session`.
fn state(block: &Block) -> TokenStream {
    let Block { kind, salon, item, name, key, identity, constants, .. } = block;
    let (impl_generics, _, where_clause) = item.generics.split_for_impl();
    let ty = &item.self_ty;
    let ty_place = at(ty.span());
    let events = block.handlers.iter().map(|Handler { event, answer, .. }| match answer {
        Some(_) => quote_spanned!(at(event.span())=> #salon::Later<#event>),
        None => quote!(#event),
    });
    let events = quote_spanned!(ty_place=> (#(#events,)*));
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
                let ty = type_of(&constant, salon);
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
            #(#hooks)*
        }
    }
}

/// The type of a constant of `Room`.
fn type_of(constant: &Ident, salon: &syn::Path) -> TokenStream {
    match constant.to_string().as_str() {
        "LINGER" => quote!(::core::time::Duration),
        "MAX_OPEN" => quote!(::core::primitive::usize),
        "RESTART" => quote!(#salon::Restart),
        "SEQUENCED" => quote!(::core::primitive::bool),
        _ => quote!(#salon::Presence<Self>),
    }
}

/// A hook of the trait, that calls the method with as much as it takes.
fn implement_hook(block: &Block, method: &HookMethod) -> TokenStream {
    let HookMethod { hook, method, parameters, output } = method;
    let salon = salon_at(*output, block);
    let names = hook.parameters();
    let arguments = names.iter().zip(parameters).map(|(name, place)| Ident::new(name, at(*place)));
    let unused = names.iter().skip(parameters.len()).map(|name| format_ident!("{name}"));
    let unused = quote!(#(let _ = #unused;)*);
    let receiver = (!hook.makes_the_state()).then(|| quote!(self,));
    let call = quote_spanned!(at(*output)=> Self::#method(#receiver #(#arguments),*));
    let call = match hook {
        Hook::Open | Hook::Connect => {
            quote_spanned!(at(*output)=> #salon::event::IntoReply::<Self>::into_reply(#call))
        }
        Hook::Admit => {
            quote_spanned!(at(*output)=> #salon::event::IntoReply::<()>::into_reply(#call))
        }
        _ => call,
    };
    let checks = hook.makes_the_state().then(|| check_sends(block));
    signed(block, *hook, &quote!(#checks #unused #call))
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
    let checks = check_sends(block);
    let made = quote_spanned!(place=> #salon::expanded::made_by_default::<Self>());
    signed(block, hook, &quote!(#checks #(let _ = #unused;)* ::core::result::Result::Ok(#made)))
}

/// That each type that is said to be sent can be.
fn check_sends(block: &Block) -> TokenStream {
    let check = |ty: &Type| {
        let salon = salon_at(ty.span(), block);
        quote_spanned!(at(ty.span())=> #salon::expanded::sends::<#ty>();)
    };
    block.sends.iter().map(check).collect()
}

/// A hook as its trait has it.
fn signed(block: &Block, hook: Hook, body: &TokenStream) -> TokenStream {
    let salon = &block.salon;
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
