//! `#[salon::room]` and `#[salon::session]`: an impl block says what a room or a session does, and
//! becomes the traits that say it as well.
//!
//! It must never do what the traits cannot: whoever writes them by hand has all of it.

mod expand;
mod hook;
mod kind;
mod methods;
mod model;
mod options;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Item, ItemImpl, LitStr, Type, parse_quote};

pub(crate) use kind::Kind;

use self::{
    methods::Methods,
    model::Block,
    options::{Constant, Options},
};
use crate::{
    attributes::Given,
    diagnostics::{Diagnostics, mistake},
};

/// The block and its traits, or what keeps it from having them.
pub(crate) fn expand(kind: Kind, arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let item = match syn::parse2::<Item>(item.clone()) {
        Ok(item) => item,
        Err(error) => {
            let mistake = error.into_compile_error();
            return quote!(#mistake #item);
        }
    };
    let mut diagnostics = Diagnostics::default();
    let options = Options::read(kind, arguments, &mut diagnostics);
    match item {
        Item::Impl(item) if item.trait_.is_none() => {
            let block = check(kind, options, item, &mut diagnostics);
            let mistakes = diagnostics.into_tokens();
            let block = expand::expand(&block);
            quote!(#mistakes #block)
        }
        other => {
            diagnostics.report(misplaced(kind, &other));
            let mistakes = diagnostics.into_tokens();
            quote!(#mistakes #other)
        }
    }
}

/// The attribute is on something else than a type's own block.
fn misplaced(kind: Kind, item: &Item) -> syn::Error {
    let (noun, example) = (kind.noun(), kind.example());
    match item {
        Item::Impl(ItemImpl { trait_: Some(of), .. }) => mistake(
            &of.0,
            format_args!("`{example}` is on the block of a trait"),
            format_args!(
                "put it on a block of the {noun} itself, `impl Chat {{ … }}`; what is a trait's by \
                 hand needs no attribute"
            ),
        ),
        other => mistake(
            other,
            format_args!("`{example}` is on no impl block"),
            format_args!("put it on the block with the {noun}'s handlers: `impl Chat {{ … }}`"),
        ),
    }
}

fn check(kind: Kind, options: Options, item: ItemImpl, diagnostics: &mut Diagnostics) -> Block {
    let Options { key, name, identity, sends, constants, salon } = options;
    if kind == Kind::Room && key.is_none() {
        diagnostics.report(mistake(
            &item.self_ty,
            "what tells these rooms apart? The type of their key is missing",
            "say it in the attribute: `#[salon::room(key = String)]`",
        ));
    }
    let name = match given(name) {
        Some(name) => check_name(&name, diagnostics),
        None => name_of(&item.self_ty),
    };
    let sends = given(sends).map(each).unwrap_or_default();
    check_sends(&sends, diagnostics);
    let constants = Constant::ALL.into_iter().zip(constants);
    let constants = constants.filter_map(|(constant, value)| Some((constant, given(value)?)));
    let Methods { item, handlers, hooks, unmarked } = methods::read(kind, item, diagnostics);
    Block {
        kind,
        salon: given(salon).unwrap_or_else(|| parse_quote!(::salon)),
        item,
        name,
        key: given(key).unwrap_or_else(|| parse_quote!(::std::string::String)),
        identity: given(identity).unwrap_or_else(|| parse_quote!(())),
        constants: constants.collect(),
        sends,
        handlers,
        hooks,
        unmarked,
        is_broken: !diagnostics.is_empty(),
    }
}

/// The value of an option that is there and right.
fn given<T>(option: Option<Given<T>>) -> Option<T> {
    option?.value
}

/// The types of a list, whether it is written as one or is one alone.
fn each(list: Type) -> Vec<Type> {
    match list {
        Type::Tuple(tuple) => tuple.elems.into_iter().collect(),
        Type::Paren(one) => vec![*one.elem],
        one => vec![one],
    }
}

/// What is listed twice could not be found: the compiler would not know which of the two is meant.
fn check_sends(sends: &[Type], diagnostics: &mut Diagnostics) {
    let mut before = Vec::new();
    for event in sends {
        let name = event.to_token_stream().to_string();
        if before.contains(&name) {
            diagnostics.report(mistake(
                event,
                format_args!("`{name}` is in the list of what is sent twice"),
                "remove one of the two",
            ));
        }
        before.push(name);
    }
}

fn check_name(literal: &LitStr, diagnostics: &mut Diagnostics) -> String {
    let name = literal.value();
    if name.is_empty() || name.contains(':') {
        diagnostics.report(mistake(
            literal,
            format_args!("a kind of room is not called {name:?}: a room is called by its kind and key, with `:` between"),
            "name the kind in a word: `name = \"chat\"`",
        ));
    }
    name
}

/// What a kind of room is called if nothing is said: as its type, in small letters.
fn name_of(ty: &Type) -> String {
    let Type::Path(path) = ty else { return String::from("room") };
    let ident = path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    let ident = ident.trim_start_matches("r#");
    let mut name = String::new();
    for letter in ident.chars() {
        if letter.is_uppercase() && !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_room_is_called_as_its_type() {
        let name = |ty: &str| name_of(&syn::parse_str(ty).expect("it is a type"));
        assert_eq!(name("Chat"), "chat");
        assert_eq!(name("BoardGame"), "board_game");
        assert_eq!(name("games::Table<T>"), "table");
        assert_eq!(name("r#Box"), "box");
    }

    #[test]
    fn a_list_of_one_may_be_written_without_its_comma() {
        let names = |ty: &str| each(syn::parse_str(ty).expect("it is a type")).len();
        assert_eq!([names("()"), names("Said"), names("(Said)"), names("(Said,)")], [0, 1, 1, 1]);
        assert_eq!(names("(Said, Left)"), 2);
    }
}
