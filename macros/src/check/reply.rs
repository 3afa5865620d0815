//! What acknowledges an event.
//!
//! It must leave every type alone that may be a reply: what is refused is refused by its name.

use syn::{GenericArgument, PathArguments, Type};

use crate::{
    attributes::Given,
    diagnostics::{Diagnostics, mistake},
};

/// Reports a `Result`: a client would be sent it as it is, its error as if all were well.
pub(super) fn check(given: Option<&Given<Type>>, diagnostics: &mut Diagnostics) {
    let Some(Type::Path(path)) = given.and_then(|option| option.value.as_ref()) else { return };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Result") else {
        return;
    };
    let inner = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.first(),
        PathArguments::None | PathArguments::Parenthesized(_) => None,
    };
    let help = match inner {
        Some(GenericArgument::Type(inner)) => {
            let inner = quote::quote!(#inner);
            format!(
                "write `reply = {inner}`: a handler may refuse any event by returning a `Result`"
            )
        }
        _ => "write what the handler yields if all is well: it may return a `Result` of that"
            .to_owned(),
    };
    diagnostics.report(mistake(
        path,
        "a `Result` is no reply: its error would be sent as if nothing were wrong",
        help,
    ));
}
