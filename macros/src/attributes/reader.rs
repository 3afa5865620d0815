//! Reads the inside of `#[event(…)]`.
//!
//! It must never stop at a mistake: it goes on behind the next comma, so that all mistakes of one
//! attribute are seen at once.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{
    Attribute, Lit, LitStr, Result, Token,
    ext::IdentExt,
    parse::{ParseBuffer, ParseStream},
};

use super::{Attributes, EXAMPLE, Given, Word, keyword::Keyword, value};
use crate::{
    diagnostics::{Diagnostics, list, mistake},
    suggestion::{closest, did_you_mean},
};

/// The state of reading one attribute.
pub(super) struct Reader<'a> {
    attributes: Attributes,
    /// Whether a name was there, right or wrong.
    named: bool,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Reader<'a> {
    /// A reader that has read nothing yet.
    pub(super) fn new(diagnostics: &'a mut Diagnostics) -> Self {
        Self { attributes: Attributes::default(), named: false, diagnostics }
    }

    /// Reads all items, and the commas between them.
    pub(super) fn read(&mut self, input: ParseStream<'_>) -> Result<()> {
        let mut first = true;
        while !input.is_empty() {
            self.item(input, first)?;
            first = false;
            if !input.is_empty() && !input.peek(Token![,]) {
                self.missing_comma(input)?;
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    }

    /// What was read.
    pub(super) fn finish(self, attribute: &Attribute) -> Attributes {
        if !self.named {
            self.diagnostics.report(mistake(
                attribute,
                "the event has no name",
                format_args!("name it first, as clients do: `{EXAMPLE}`"),
            ));
        }
        self.attributes
    }

    fn item(&mut self, input: ParseStream<'_>, first: bool) -> Result<()> {
        if input.peek(LitStr) {
            let literal = input.parse()?;
            self.name(literal, first);
        } else if input.peek(Lit) && !self.named {
            self.unquoted_name(input)?;
        } else if input.peek(Ident::peek_any) {
            self.word(input, first)?;
        } else if input.peek(Token![,]) {
            let comma: TokenTree = input.fork().parse()?;
            self.diagnostics.report(mistake(
                comma,
                "there is nothing before this comma",
                format_args!("remove it, or write what is missing: {}", options()),
            ));
        } else {
            let tokens = value::item(input)?;
            self.diagnostics.report(mistake(tokens, "this is not an option", options()));
        }
        Ok(())
    }

    fn name(&mut self, literal: LitStr, first: bool) {
        if self.named {
            self.diagnostics.report(match &self.attributes.name {
                Some(name) => mistake(
                    &literal,
                    format_args!("the event is already named `{}`", name.value()),
                    "an event has one name; remove the other",
                ),
                None => mistake(&literal, "an event has one name", "name it first, and only there"),
            });
            return;
        }
        self.named = true;
        if !first {
            self.diagnostics.report(mistake(
                &literal,
                "the name of an event comes first",
                format_args!("move it to the front: `#[event(\"{}\", …)]`", literal.value()),
            ));
        }
        self.attributes.name = Some(literal);
    }

    /// Something other than a string in the place of the name.
    fn unquoted_name(&mut self, input: ParseStream<'_>) -> Result<()> {
        self.named = true;
        let tokens = value::item(input)?;
        self.diagnostics.report(mistake(
            tokens,
            "the name of an event is a string, and comes first",
            format_args!("write it in quotes: `{EXAMPLE}`"),
        ));
        Ok(())
    }

    fn word(&mut self, input: ParseStream<'_>, first: bool) -> Result<()> {
        let ahead = input.fork();
        let word = ahead.call(Ident::parse_any)?;
        let text = word.to_string();
        let like_a_name = first && !ahead.peek(Token![=]);
        if let Some(option) = Keyword::named(&text) {
            return self.option(option, input);
        } else if text == "name" && !self.named {
            return self.name_as_option(input);
        } else if like_a_name && closest(&text, &Keyword::names()).is_none() {
            return self.unquoted_name(input);
        } else {
            self.diagnostics.report(mistake(
                &word,
                format_args!("there is no option `{text}`"),
                format_args!("{}{}", did_you_mean(&text, &Keyword::names()), options()),
            ));
        }
        value::item(input).map(drop)
    }

    fn name_as_option(&mut self, input: ParseStream<'_>) -> Result<()> {
        self.named = true;
        let word = input.call(Ident::parse_any)?;
        let literal = input.parse::<Token![=]>().and_then(|_| input.parse::<LitStr>());
        let help = match literal {
            Ok(name) => {
                let name = name.value();
                format!("write it first, without `name =`: `#[event({name:?}, …)]`")
            }
            Err(_) => format!("write it first, in quotes: `{EXAMPLE}`"),
        };
        self.diagnostics.report(mistake(word, "the name of an event is not an option", help));
        value::item(input).map(drop)
    }

    fn option(&mut self, option: Keyword, input: ParseStream<'_>) -> Result<()> {
        let Self { attributes, diagnostics, .. } = self;
        match option {
            Keyword::Reply => fill(&mut attributes.reply, option, value::ty, input, diagnostics),
            Keyword::Room => fill(&mut attributes.room, option, value::room, input, diagnostics),
            Keyword::Join => fill(&mut attributes.join, option, value::none, input, diagnostics),
            Keyword::Member => {
                fill(&mut attributes.member, option, value::none, input, diagnostics)
            }
            Keyword::Anyone => {
                fill(&mut attributes.anyone, option, value::none, input, diagnostics)
            }
            Keyword::Auth => fill(&mut attributes.auth, option, value::none, input, diagnostics),
            Keyword::Permit => {
                fill(&mut attributes.permit, option, value::string, input, diagnostics)
            }
            Keyword::Guard => {
                let mut guard = None;
                fill(&mut guard, option, value::ty, input, diagnostics)?;
                attributes.guards.extend(guard);
                Ok(())
            }
            Keyword::Refuses => {
                fill(&mut attributes.refuses, option, value::ty, input, diagnostics)
            }
            Keyword::Rate => fill(&mut attributes.rate, option, value::string, input, diagnostics),
            Keyword::Once => fill(&mut attributes.once, option, value::field, input, diagnostics),
            Keyword::Volatile => {
                fill(&mut attributes.volatile, option, value::none, input, diagnostics)
            }
            Keyword::Latest => {
                fill(&mut attributes.latest, option, value::field_or_none, input, diagnostics)
            }
            Keyword::Drop => fill(&mut attributes.drop, option, value::word, input, diagnostics),
            Keyword::Queue => {
                fill(&mut attributes.queue, option, value::number, input, diagnostics)
            }
            Keyword::Throttle => {
                fill(&mut attributes.throttle, option, value::string, input, diagnostics)
            }
            Keyword::Overflow => {
                fill(&mut attributes.overflow, option, value::word, input, diagnostics)
            }
            Keyword::Acked => {
                fill(&mut attributes.acked, option, value::string, input, diagnostics)
            }
            Keyword::Crate => fill(&mut attributes.salon, option, value::path, input, diagnostics),
        }
    }

    fn missing_comma(&mut self, input: ParseStream<'_>) -> Result<()> {
        let place: TokenTree = input.fork().parse()?;
        self.diagnostics.report(mistake(
            &place,
            format_args!("a comma is missing before `{place}`"),
            "separate the name and the options by commas",
        ));
        // What can begin an item is read as one; anything else would only be reported again.
        if !input.peek(Ident::peek_any) && !input.peek(LitStr) {
            value::item(input)?;
        }
        Ok(())
    }
}

/// How the value of an option is parsed.
pub(crate) type Parser<K, T> = fn(K, &Ident, ParseStream<'_>) -> Result<T>;

/// Reads one option into its slot. If the slot is taken, the first one stays.
pub(crate) fn fill<K: Word, T>(
    slot: &mut Option<Given<T>>,
    option: K,
    parser: Parser<K, T>,
    input: ParseStream<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<()> {
    let begin = input.fork();
    let keyword = input.call(Ident::parse_any)?;
    let value = parser(option, &keyword, input);
    if let Some(first) = slot {
        diagnostics.report(mistake(
            &keyword,
            format_args!("`{keyword}` is given twice, first as `{}`", first.text),
            "remove one of the two",
        ));
        return Ok(());
    }
    let text = between(&begin, input)?.to_string();
    *slot = Some(Given { keyword, text, value: diagnostics.accept(value) });
    Ok(())
}

/// The tokens from one position to a later one.
fn between(begin: &ParseBuffer<'_>, end: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while begin.cursor() != end.cursor() {
        tokens.extend([begin.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

fn options() -> String {
    format!("the options are {}", list(&Keyword::examples()))
}
