//! Mistakes, collected so that all of one struct are reported in one run of the compiler.
//!
//! It must never report a mistake without the way out of it: that is what [`mistake`] takes beside
//! the mistake itself.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Error;

/// The mistakes found so far, in the order in which they were found.
#[derive(Default)]
pub(crate) struct Diagnostics {
    found: Option<Error>,
}

impl Diagnostics {
    /// Adds a mistake.
    pub(crate) fn report(&mut self, mistake: Error) {
        match &mut self.found {
            Some(found) => found.combine(mistake),
            None => self.found = Some(mistake),
        }
    }

    /// Adds the mistake of a result, and gives what the result has otherwise.
    pub(crate) fn accept<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        result.map_err(|mistake| self.report(mistake)).ok()
    }

    /// Whether nothing was wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_none()
    }

    /// A `compile_error!` at the place of each mistake; nothing if there is none.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.found.map(Error::into_compile_error).unwrap_or_default()
    }
}

/// A mistake at `place`, and what to write instead.
///
/// The second line imitates the compiler's own `= help:`, which a macro cannot emit on stable.
pub(crate) fn mistake(place: impl ToTokens, what: impl Display, help: impl Display) -> Error {
    Error::new_spanned(place, format_args!("{what}\n= help: {help}"))
}

/// Names as they are listed in a message: each in backticks, with commas between them.
pub(crate) fn list(names: &[impl AsRef<str>]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_becomes_an_error_of_its_own() {
        let mut diagnostics = Diagnostics::default();
        assert!(diagnostics.is_empty());
        for place in ["one", "two"] {
            let place = proc_macro2::Ident::new(place, proc_macro2::Span::call_site());
            diagnostics.report(mistake(&place, format_args!("`{place}` is wrong"), "leave it out"));
        }
        assert!(!diagnostics.is_empty());
        let tokens = diagnostics.into_tokens().to_string();
        assert_eq!(tokens.matches("compile_error").count(), 2);
        assert!(tokens.contains("`two` is wrong\\n= help: leave it out"));
    }

    #[test]
    fn no_mistake_is_no_token() {
        assert!(Diagnostics::default().into_tokens().is_empty());
    }

    #[test]
    fn names_are_listed_in_backticks() {
        assert_eq!(list(&["lobby", "ready"]), "`lobby`, `ready`");
    }
}
