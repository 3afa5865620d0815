//! What is written in `#[salon::room(…)]` and `#[salon::session(…)]`, option by option.
//!
//! It must never stop at a mistake: it goes on behind the next comma, so that all mistakes of one
//! attribute are seen at once.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{
    Expr, Lit, LitStr, Path, Result, Token, Type,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

use super::kind::Kind;
use crate::{
    attributes::{Given, Word, fill, value},
    diagnostics::{Diagnostics, list, mistake},
    suggestion::did_you_mean,
};

/// An option of an impl block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keyword {
    /// What tells the rooms of one kind apart.
    Key,
    /// The room's kind.
    Name,
    /// What the authenticator yields.
    Identity,
    /// What it sends.
    Sends,
    /// A constant of the trait.
    Constant(Constant),
    /// Where the framework is found.
    Crate,
}

/// A constant of `Room`, as an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Constant {
    Linger,
    MaxOpen,
    Restart,
    Sequenced,
    History,
    Window,
    Presence,
}

/// The options of one block. A mistake in one of them is reported by the time they are read.
#[derive(Default)]
pub(super) struct Options {
    /// `key = Type`
    pub(super) key: Option<Given<Type>>,
    /// `name = "chat"`
    pub(super) name: Option<Given<LitStr>>,
    /// `identity = Type`
    pub(super) identity: Option<Given<Type>>,
    /// `sends = (Said, Left)`
    pub(super) sends: Option<Given<Type>>,
    /// `linger = expression` and the like, in the order of [`Constant::ALL`].
    pub(super) constants: [Option<Given<Expr>>; 7],
    /// `crate = path`
    pub(super) salon: Option<Given<Path>>,
}

impl Constant {
    pub(super) const ALL: [Self; 7] = [
        Self::Linger,
        Self::MaxOpen,
        Self::Restart,
        Self::Sequenced,
        Self::History,
        Self::Window,
        Self::Presence,
    ];

    /// The constant as the trait names it.
    pub(super) fn of_trait(self) -> &'static str {
        match self {
            Self::Linger => "LINGER",
            Self::MaxOpen => "MAX_OPEN",
            Self::Restart => "RESTART",
            Self::Sequenced => "SEQUENCED",
            Self::History => "HISTORY",
            Self::Window => "WINDOW",
            Self::Presence => "PRESENCE",
        }
    }
}

impl Keyword {
    fn of(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Room => &[
                Self::Key,
                Self::Name,
                Self::Identity,
                Self::Sends,
                Self::Constant(Constant::Linger),
                Self::Constant(Constant::MaxOpen),
                Self::Constant(Constant::Restart),
                Self::Constant(Constant::Sequenced),
                Self::Constant(Constant::History),
                Self::Constant(Constant::Window),
                Self::Constant(Constant::Presence),
                Self::Crate,
            ],
            Kind::Session => &[Self::Identity, Self::Sends, Self::Crate],
        }
    }
}

impl Word for Keyword {
    fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Name => "name",
            Self::Identity => "identity",
            Self::Sends => "sends",
            Self::Constant(Constant::Linger) => "linger",
            Self::Constant(Constant::MaxOpen) => "max_open",
            Self::Constant(Constant::Restart) => "restart",
            Self::Constant(Constant::Sequenced) => "sequenced",
            Self::Constant(Constant::History) => "history",
            Self::Constant(Constant::Window) => "window",
            Self::Constant(Constant::Presence) => "presence",
            Self::Crate => "crate",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Key => "key = String",
            Self::Name => "name = \"chat\"",
            Self::Identity => "identity = Player",
            Self::Sends => "sends = (Said,)",
            Self::Constant(Constant::Linger) => "linger = Duration::from_secs(60)",
            Self::Constant(Constant::MaxOpen) => "max_open = 1_000",
            Self::Constant(Constant::Restart) => "restart = Restart::Never",
            Self::Constant(Constant::Sequenced) => "sequenced = false",
            Self::Constant(Constant::History) => "history = History::keep(1_000)",
            Self::Constant(Constant::Window) => "window = Duration::from_millis(50)",
            Self::Constant(Constant::Presence) => "presence = Presence::on()",
            Self::Crate => "crate = my_crate::salon",
        }
    }
}

impl Options {
    /// Reads the inside of the attribute.
    pub(super) fn read(kind: Kind, tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let mut options = Self::default();
        // What comes back is only a failure to get at a token: the rest is reported.
        let outcome =
            (|input: ParseStream<'_>| options.items(kind, input, diagnostics)).parse2(tokens);
        diagnostics.accept(outcome);
        options
    }

    fn items(
        &mut self,
        kind: Kind,
        input: ParseStream<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<()> {
        while !input.is_empty() {
            self.item(kind, input, diagnostics)?;
            if !input.is_empty() && !input.peek(Token![,]) {
                let place: TokenTree = input.fork().parse()?;
                diagnostics.report(mistake(
                    &place,
                    format_args!("a comma is missing before `{place}`"),
                    "separate the options by commas",
                ));
                if !input.peek(Ident::peek_any) {
                    value::item(input)?;
                }
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    }

    fn item(
        &mut self,
        kind: Kind,
        input: ParseStream<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<()> {
        if input.peek(Lit) && kind == Kind::Room {
            let literal: Lit = input.parse()?;
            diagnostics.report(mistake(
                &literal,
                "the name of a kind of room is an option",
                "write `name = \"chat\"`, or leave it out: then it is the name of the type",
            ));
            return Ok(());
        }
        if input.peek(Token![,]) {
            let comma: TokenTree = input.fork().parse()?;
            diagnostics.report(mistake(
                comma,
                "there is nothing before this comma",
                format_args!("remove it, or write what is missing: {}", all(kind)),
            ));
            return Ok(());
        }
        if !input.peek(Ident::peek_any) {
            let tokens = value::item(input)?;
            diagnostics.report(mistake(tokens, "this is not an option", all(kind)));
            return Ok(());
        }
        let word = input.fork().call(Ident::parse_any)?;
        let known = Keyword::of(kind);
        match known.iter().find(|keyword| word == keyword.name()) {
            Some(keyword) => self.option(*keyword, input, diagnostics),
            None => {
                let names: Vec<_> = known.iter().map(|keyword| keyword.name()).collect();
                let meant = did_you_mean(&word.to_string(), &names);
                diagnostics.report(mistake(
                    &word,
                    format_args!("there is no option `{word}`"),
                    format_args!("{meant}{}", all(kind)),
                ));
                value::item(input).map(drop)
            }
        }
    }

    fn option(
        &mut self,
        option: Keyword,
        input: ParseStream<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<()> {
        match option {
            Keyword::Key => fill(&mut self.key, option, value::ty, input, diagnostics),
            Keyword::Name => fill(&mut self.name, option, value::string, input, diagnostics),
            Keyword::Identity => fill(&mut self.identity, option, value::ty, input, diagnostics),
            Keyword::Sends => fill(&mut self.sends, option, value::ty, input, diagnostics),
            Keyword::Constant(constant) => {
                let slot = &mut self.constants[constant as usize];
                fill(slot, option, value::expression, input, diagnostics)
            }
            Keyword::Crate => fill(&mut self.salon, option, value::path, input, diagnostics),
        }
    }
}

fn all(kind: Kind) -> String {
    let examples: Vec<_> = Keyword::of(kind).iter().map(|keyword| keyword.example()).collect();
    format!("the options are {}", list(&examples))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_shown_by_its_name() {
        for keyword in [Kind::Room, Kind::Session].into_iter().flat_map(Keyword::of) {
            assert!(keyword.example().starts_with(keyword.name()), "{keyword:?}");
        }
    }

    #[test]
    fn every_constant_has_a_slot_of_its_own() {
        for (slot, constant) in Constant::ALL.into_iter().enumerate() {
            assert_eq!(constant as usize, slot);
            assert_eq!(Keyword::Constant(constant).name(), constant.of_trait().to_lowercase());
        }
    }
}
