//! `#[salon::test]`: an async function becomes a test that runs on one thread, in an actix system.
//!
//! It must never change what the function means: its body runs once, as it stands.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Error, ItemFn, ReturnType, spanned::Spanned};

/// The test, or what keeps the function from being one.
pub(crate) fn expand(arguments: &TokenStream, function: &ItemFn) -> TokenStream {
    match check(arguments, function) {
        Ok(()) => test(function),
        Err(mistake) => {
            let mistake = mistake.into_compile_error();
            quote!(#mistake #function)
        }
    }
}

fn check(arguments: &TokenStream, function: &ItemFn) -> Result<(), Error> {
    let signature = &function.sig;
    if !arguments.is_empty() {
        return Err(Error::new(
            arguments.span(),
            "`#[salon::test]` takes no arguments; what a test needs is said of its lab, with `Lab::builder`",
        ));
    }
    if signature.asyncness.is_none() {
        let message = "a function with `#[salon::test]` is async; without a lab, `#[test]` will do";
        return Err(Error::new(signature.fn_token.span(), message));
    }
    if !signature.inputs.is_empty() {
        let message = "a test takes no parameters; start what it needs in its body";
        return Err(Error::new(signature.inputs.span(), message));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new(signature.generics.span(), "a test has no generics"));
    }
    Ok(())
}

fn test(function: &ItemFn) -> TokenStream {
    let ItemFn { attrs, vis, sig, block, .. } = function;
    let name = &sig.ident;
    let body = match &sig.output {
        // `?` works in a test that yields nothing.
        ReturnType::Default => quote! {
            async move {
                let (): () = #block;
                #[allow(unreachable_code, reason = "a test may end in a panic")]
                ::core::result::Result::Ok(())
            }
        },
        ReturnType::Type(_, output) => quote_spanned! {output.span()=>
            async move {
                let outcome: #output = async move #block.await;
                ::core::result::Result::map_err(outcome, ::core::convert::Into::into)
            }
        },
    };
    quote! {
        #(#attrs)*
        #[::core::prelude::v1::test]
        #vis fn #name() {
            ::salon::testing::run(#body)
        }
    }
}
