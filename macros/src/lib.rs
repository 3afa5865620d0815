//! The derive of the `salon` crate.

mod attributes;
mod check;
mod diagnostics;
mod expand;
mod fallback;
mod model;
mod suggestion;

use proc_macro::TokenStream;
use quote::quote;
use syn::{DeriveInput, parse_macro_input};

use crate::{attributes::Attributes, diagnostics::Diagnostics};

/// Makes a struct or enum a named event.
#[proc_macro_derive(Event, attributes(event))]
pub fn event(input: TokenStream) -> TokenStream {
    derive(&parse_macro_input!(input)).into()
}

fn derive(input: &DeriveInput) -> proc_macro2::TokenStream {
    let mut diagnostics = Diagnostics::default();
    let attributes = Attributes::read(input, &mut diagnostics);
    let event = check::check(input, &attributes, &mut diagnostics);
    match event {
        Some(event) if diagnostics.is_empty() => expand::expand(&event),
        _ => {
            let fallback = expand::expand(&fallback::event(input, &attributes));
            let mistakes = diagnostics.into_tokens();
            quote!(#mistakes #fallback)
        }
    }
}
