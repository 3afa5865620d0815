//! `#[derive(Refusals)]`: an enum of an application's refusals becomes a type that knows their codes.
//!
//! It must never judge what is refused, only how it is said.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Attribute, Data, DataEnum, DeriveInput, Fields, LitStr, Path, Result, Token, Variant,
    parse::ParseStream, parse_quote,
};

use crate::diagnostics::{Diagnostics, mistake};

/// The longest code.
const MAX: usize = 64;

const EXAMPLE: &str = "#[refusal(\"table_full\", \"All {seats} seats are taken.\")]";

/// A variant with what it is called and what it says.
struct Said<'a> {
    variant: &'a Variant,
    code: LitStr,
    /// Without one, what the enum displays.
    message: Option<LitStr>,
}

/// The implementations, or what keeps the enum from having them.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let variants = match &input.data {
        Data::Enum(data) => read(data, &mut diagnostics),
        Data::Struct(_) | Data::Union(_) => {
            diagnostics.report(mistake(
                &input.ident,
                "refusals are an enum",
                format_args!("make each a variant of one, with its code and words: `{EXAMPLE}`"),
            ));
            Vec::new()
        }
    };
    let salon = match &input.data {
        Data::Enum(_) => where_salon_is(&input.attrs, &mut diagnostics),
        Data::Struct(_) | Data::Union(_) => parse_quote!(::salon),
    };
    let is_broken = !diagnostics.is_empty();
    let mistakes = diagnostics.into_tokens();
    let traits = implement(input, &salon, &variants, is_broken);
    quote!(#mistakes #traits)
}

/// Where the framework is found: `#[refusal(crate = path)]` on the enum.
fn where_salon_is(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Path {
    let mut salon = parse_quote!(::salon);
    for attribute in refusals(attributes) {
        let read = attribute.parse_args_with(|input: ParseStream<'_>| {
            if !input.peek(Token![crate]) {
                return Err(mistake(
                    attribute,
                    "`#[refusal(…)]` on the enum",
                    format_args!("each of its variants has its own: `{EXAMPLE}`"),
                ));
            }
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            input.call(Path::parse_mod_style)
        });
        if let Some(path) = diagnostics.accept(read) {
            salon = path;
        }
    }
    salon
}

fn refusals(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("refusal"))
}

fn read<'a>(data: &'a DataEnum, diagnostics: &mut Diagnostics) -> Vec<Said<'a>> {
    let mut variants = Vec::new();
    for variant in &data.variants {
        let mut attributes = refusals(&variant.attrs);
        let Some(attribute) = attributes.next() else {
            diagnostics.report(mistake(
                &variant.ident,
                format_args!("the refusal `{}` has no code", variant.ident),
                format_args!("say what clients are told: `{EXAMPLE}`"),
            ));
            continue;
        };
        for second in attributes {
            diagnostics.report(mistake(
                second,
                "a refusal has one `#[refusal(…)]`",
                "remove one of the two",
            ));
        }
        let said = attribute.parse_args_with(|input: ParseStream<'_>| {
            let code = string(input, "the code of a refusal is a string, and comes first")?;
            input.parse::<Option<Token![,]>>()?;
            let message = match input.is_empty() {
                true => None,
                false => Some(string(input, "the message of a refusal is a string")?),
            };
            input.parse::<Option<Token![,]>>()?;
            match input.is_empty() {
                true => Ok((code, message)),
                false => Err(mistake(
                    input.parse::<TokenStream>()?,
                    "a refusal has a code and a message, and nothing else",
                    format_args!("as in `{EXAMPLE}`"),
                )),
            }
        });
        let said = diagnostics.accept(said);
        let checked = said.and_then(|(code, message)| {
            diagnostics.accept(check(&code))?;
            if let Some(message) = &message {
                diagnostics.accept(check_positions(message, &variant.fields))?;
            }
            Some(Said { variant, code, message })
        });
        variants.extend(checked);
    }
    variants
}

fn string(input: ParseStream<'_>, what: &str) -> Result<LitStr> {
    if input.peek(LitStr) {
        return input.parse();
    }
    let rest: TokenStream = input.parse()?;
    Err(match rest.is_empty() {
        true => input.error(format_args!("{what}\n= help: as in `{EXAMPLE}`")),
        false => mistake(rest, what, format_args!("as in `{EXAMPLE}`")),
    })
}

fn check(code: &LitStr) -> Result<()> {
    let text = code.value();
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !text.is_empty() && text.len() <= MAX && text.bytes().all(is_word) {
        return Ok(());
    }
    Err(mistake(
        code,
        format_args!("{text:?} is no code: clients branch on it"),
        format_args!(
            "write a word of up to {MAX} small letters, digits and `_`, such as `\"table_full\"`; \
             what people read comes behind it"
        ),
    ))
}

/// Whether the variant has the fields that the message names by number or by their order.
fn check_positions(message: &LitStr, fields: &Fields) -> Result<()> {
    let (_, wanted) = named(message);
    let (there, help) = match fields {
        Fields::Unit => {
            (0, "the variant has no fields; to say a brace write it twice, `{{}}`".to_owned())
        }
        Fields::Named(fields) => {
            let field = fields.named.first().and_then(|field| field.ident.as_ref());
            let named = field.map_or_else(|| "field".to_owned(), ToString::to_string);
            (0, format!("its fields have names: write `{{{named}}}`"))
        }
        Fields::Unnamed(fields) => match fields.unnamed.len() {
            1 => (1, "it has one: `{0}`".to_owned()),
            count => (count, format!("it has {count}: `{{0}}` to `{{{}}}`", count - 1)),
        },
    };
    if wanted <= there {
        return Ok(());
    }
    let what = format_args!("the message names a field `{}` that the variant has not", wanted - 1);
    Err(mistake(message, what, help))
}

fn implement(
    input: &DeriveInput,
    salon: &Path,
    variants: &[Said<'_>],
    is_broken: bool,
) -> TokenStream {
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let mut codes: Vec<&LitStr> = Vec::new();
    for said in variants {
        if !codes.iter().any(|code| code.value() == said.code.value()) {
            codes.push(&said.code);
        }
    }
    let arms = variants.iter().map(|said| arm(said, ident, salon));
    // What is missing here is said already.
    let rest = is_broken.then(|| quote!(_ => ::core::unreachable!(),));
    quote! {
        #[automatically_derived]
        impl #impl_generics #salon::expanded::Refusals for #ident #type_generics #where_clause {
            const CODES: &'static [&'static ::core::primitive::str] = &[#(#codes),*];
        }

        #[automatically_derived]
        impl #impl_generics ::core::convert::From<#ident #type_generics>
            for #salon::expanded::Refusal #where_clause
        {
            #[allow(unused_variables, unreachable_patterns, reason = "a message need not have all that a variant has")]
            fn from(refusal: #ident #type_generics) -> Self {
                match refusal {
                    #(#arms)*
                    #rest
                }
            }
        }
    }
}

/// What a variant becomes.
fn arm(said: &Said<'_>, of: &Ident, salon: &Path) -> TokenStream {
    let Said { variant: Variant { ident, fields, .. }, code, message } = said;
    let Some(message) = message else {
        let place = Span::call_site().located_at(code.span());
        let words = quote_spanned!(place=> #salon::expanded::worded(&refusal));
        return quote!(refusal @ #of::#ident { .. } => #salon::expanded::refused(#code, #words),);
    };
    let pattern = match fields {
        Fields::Unit => quote!(),
        Fields::Named(fields) => {
            let names = fields.named.iter().map(|field| &field.ident);
            quote!({ #(#names),* })
        }
        Fields::Unnamed(fields) => {
            let names = (0..fields.unnamed.len()).map(|number| format_ident!("_{number}"));
            quote!((#(#names),*))
        }
    };
    let message = match message.value().contains(['{', '}']) {
        true => {
            let (message, _) = named(message);
            quote!(::std::format!(#message))
        }
        false => quote!(#message),
    };
    quote!(#of::#ident #pattern => #salon::expanded::refused(#code, #message),)
}

/// The message with `{_0}` for `{0}` and for `{}`: as the fields of a tuple are called here; and how many
/// of them there have to be.
fn named(message: &LitStr) -> (LitStr, usize) {
    let text = message.value();
    let mut named = String::with_capacity(text.len());
    let (mut rest, mut next, mut wanted) = (text.as_str(), 0_usize, 0);
    while let Some(at) = rest.find('{') {
        let (before, after) = rest.split_at(at + 1);
        named.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('{') {
            named.push('{');
            rest = after;
        } else if rest.starts_with(['}', ':']) {
            named.push_str(&format!("_{next}"));
            next += 1;
            wanted = wanted.max(next);
        } else if rest.starts_with(|first: char| first.is_ascii_digit()) {
            named.push('_');
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let number = rest[..digits].parse::<usize>().unwrap_or(usize::MAX - 1);
            wanted = wanted.max(number + 1);
        }
    }
    named.push_str(rest);
    (LitStr::new(&named, message.span()), wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_tuple_are_found_by_number_or_by_their_order() {
        let named = |text: &str| {
            let (message, wanted) = named(&LitStr::new(text, Span::call_site()));
            (message.value(), wanted)
        };
        assert_eq!(named("{0} of {1:?}"), ("{_0} of {_1:?}".to_owned(), 2));
        assert_eq!(named("{} of {:>3}"), ("{_0} of {_1:>3}".to_owned(), 2));
        assert_eq!(named("{{0}} {seats} }}"), ("{{0}} {seats} }}".to_owned(), 0));
    }

    #[test]
    fn a_code_is_listed_once() {
        let tokens = derive(&parse_quote! {
            enum No {
                #[refusal("taken", "Yours.")] Own,
                #[refusal("taken", "Somebody's.")] Others,
                #[refusal("far", "{0} away.")] Far(u8),
            }
        })
        .to_string();
        let codes = quote!(= &["taken", "far"];).to_string();
        assert!(tokens.contains(&codes), "{tokens}");
    }

    #[test]
    fn every_mistake_is_reported_and_the_traits_are_there() {
        let tokens = derive(&parse_quote! {
            enum No {
                Codeless,
                #[refusal("Not A Code")] Bad,
                #[refusal(7)] Number,
                #[refusal("fine", "Fine.", "more")] More,
                #[refusal("right", "Right.")] Right,
            }
        })
        .to_string();
        assert_eq!(tokens.matches("compile_error").count(), 4, "{tokens}");
        assert!(tokens.contains("Refusals for No") && tokens.contains("unreachable"));
    }
}
