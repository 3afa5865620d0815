//! The implementations that an impl block of a room or a session expands to.
//!
//! It must never fail, and never add a bound: the generics are the user's.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
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

fn implement_handler(block: &Block, handler: &Handler) -> TokenStream {
    let Block { kind, salon, item, .. } = block;
    let Handler { method, event, context, output, answer } = handler;
    let (impl_generics, _, where_clause) = item.generics.split_for_impl();
    let ty = &item.self_ty;
    let place = at(event.span());
    let context_type = match kind {
        Kind::Room => quote_spanned!(place=> #salon::EventContext<'_, Self>),
        Kind::Session => quote_spanned!(place=> #salon::SessionContext<Self>),
    };
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
            let call = quote_spanned!(at(*output)=> #salon::event::IntoReply::into_reply(#call));
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
    let events = block.handlers.iter().map(|Handler { event, answer, .. }| match answer {
        Some(_) => quote_spanned!(at(event.span())=> #salon::Later<#event>),
        None => quote!(#event),
    });
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
            type Events = (#(#events,)*);
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
    let salon = &block.salon;
    let names = hook.parameters();
    let arguments = names.iter().zip(parameters).map(|(name, place)| Ident::new(name, at(*place)));
    let unused = names.iter().skip(parameters.len()).map(|name| format_ident!("{name}"));
    let unused = quote!(#(let _ = #unused;)*);
    let receiver = (!hook.makes_the_state()).then(|| quote!(self,));
    let call = quote_spanned!(at(*output)=> Self::#method(#receiver #(#arguments),*));
    let call = match hook {
        Hook::Open | Hook::Connect | Hook::Admit => {
            quote_spanned!(at(*output)=> #salon::event::IntoReply::into_reply(#call))
        }
        _ => call,
    };
    let checks = hook.makes_the_state().then(|| check_sends(block));
    signed(block, *hook, &quote!(#checks #unused #call))
}

/// What makes the state where nothing says how.
fn make_state(block: &Block, hook: Hook) -> TokenStream {
    let Block { salon, item, is_broken, .. } = block;
    let place = at(item.self_ty.span());
    let made = match is_broken {
        // It never runs.
        true => quote!(::core::unreachable!()),
        false => quote_spanned!(place=> #salon::expanded::made_by_default::<Self>()),
    };
    let unused = hook.parameters().iter().map(|name| format_ident!("{name}"));
    let checks = check_sends(block);
    signed(block, hook, &quote!(#checks #(let _ = #unused;)* ::core::result::Result::Ok(#made)))
}

/// That each type that is said to be sent can be.
fn check_sends(block: &Block) -> TokenStream {
    let salon = &block.salon;
    let check = |ty: &Type| quote_spanned!(at(ty.span())=> #salon::expanded::sends::<#ty>(););
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
