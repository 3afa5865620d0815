//! What may follow an option: nothing, a type, a room, a string, an expression or a path.
//!
//! It must never consume beyond the value, and never judge what the value means: that is the
//! check's.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use syn::{
    Expr, LitInt, LitStr, Member, Path, Result, Token, Type,
    parse::{Parse, ParseStream, discouraged::Speculative},
    token,
};

use super::Word;
use crate::diagnostics::mistake;

/// The value of `room`: a type, and what was written in brackets behind it.
pub(crate) struct RoomValue {
    /// The type of the room.
    pub(crate) path: Path,
    /// The brackets with the key's field, if any, whatever is in them.
    pub(crate) key: Option<Group>,
}

/// No value at all: the option stands alone.
pub(crate) fn none(option: impl Word, _: &Ident, input: ParseStream<'_>) -> Result<()> {
    if input.peek(Token![=]) || input.peek(token::Paren) {
        let name = option.name();
        return Err(mistake(
            item(input)?,
            format_args!("`{name}` takes no value"),
            format_args!("write `{name}` alone to turn it on, and leave it out to turn it off"),
        ));
    }
    Ok(())
}

/// A type.
pub(crate) fn ty(option: impl Word, keyword: &Ident, input: ParseStream<'_>) -> Result<Type> {
    equals(option, keyword, input)?;
    unquoted(option, "a type", input)?;
    parse(option, "a type", input, Type::parse)
}

/// An expression.
pub(crate) fn expression(
    option: impl Word,
    keyword: &Ident,
    input: ParseStream<'_>,
) -> Result<Expr> {
    equals(option, keyword, input)?;
    parse(option, "an expression", input, Expr::parse)
}

/// A path.
pub(crate) fn path(option: impl Word, keyword: &Ident, input: ParseStream<'_>) -> Result<Path> {
    equals(option, keyword, input)?;
    unquoted(option, "a path", input)?;
    parse(option, "a path", input, Path::parse_mod_style)
}

/// A room's type, with the key's field in brackets.
pub(crate) fn room(
    option: impl Word,
    keyword: &Ident,
    input: ParseStream<'_>,
) -> Result<RoomValue> {
    equals(option, keyword, input)?;
    if input.peek(LitStr) {
        let literal: LitStr = input.parse()?;
        return Err(mistake(
            &literal,
            "a room is named by its type, not by a string",
            "name the type that implements `Room`, and the field with the key: \
             `room = Lobby(lobby)`",
        ));
    }
    let path = parse(option, "the type of a room", input, Path::parse)?;
    let bracketed =
        input.peek(token::Paren) || input.peek(token::Brace) || input.peek(token::Bracket);
    let key = if bracketed { Some(input.parse()?) } else { None };
    Ok(RoomValue { path, key })
}

/// A field of the event.
pub(crate) fn field(option: impl Word, keyword: &Ident, input: ParseStream<'_>) -> Result<Member> {
    equals(option, keyword, input)?;
    unquoted(option, "a field", input)?;
    parse(option, "a field", input, alone)
}

/// A field of the event, or no value at all.
pub(crate) fn field_or_none(
    option: impl Word,
    keyword: &Ident,
    input: ParseStream<'_>,
) -> Result<Option<Member>> {
    if ends(input) { Ok(None) } else { field(option, keyword, input).map(Some) }
}

/// A word.
pub(crate) fn word(option: impl Word, keyword: &Ident, input: ParseStream<'_>) -> Result<Ident> {
    equals(option, keyword, input)?;
    unquoted(option, "a word", input)?;
    parse(option, "a word", input, alone)
}

/// A whole number.
pub(crate) fn number(option: impl Word, keyword: &Ident, input: ParseStream<'_>) -> Result<LitInt> {
    equals(option, keyword, input)?;
    unquoted(option, "a number", input)?;
    parse(option, "a whole number", input, alone)
}

/// Something that the option ends with.
fn alone<T: Parse>(input: ParseStream<'_>) -> Result<T> {
    let value = input.parse()?;
    if ends(input) { Ok(value) } else { Err(input.error("something follows")) }
}

/// A string.
pub(crate) fn string(option: impl Word, keyword: &Ident, input: ParseStream<'_>) -> Result<LitStr> {
    equals(option, keyword, input)?;
    if input.peek(LitStr) {
        return input.parse();
    }
    let (name, example) = (option.name(), option.example());
    let help = match input.fork().parse::<LitInt>() {
        Ok(number) if name == "rate" => {
            format!("say in how long, in quotes: `{name} = \"{}/s\"`", number.base10_digits())
        }
        _ => format!("write it in quotes: `{example}`"),
    };
    Err(mistake(item(input)?, format_args!("`{name}` is a string"), help))
}

/// The tokens up to the next comma, consumed. A comma between `<` and `>` belongs to the value,
/// unless the `>` is what was forgotten.
pub(crate) fn item(input: ParseStream<'_>) -> Result<TokenStream> {
    let ahead = input.fork();
    let closed = up_to_comma(&ahead, true)?.1;
    Ok(up_to_comma(input, closed)?.0)
}

/// The tokens up to the next comma, and whether each `<` before it was closed.
fn up_to_comma(input: ParseStream<'_>, angles: bool) -> Result<(TokenStream, bool)> {
    let mut tokens = TokenStream::new();
    let mut depth = 0_usize;
    while !input.is_empty() && (depth > 0 || !input.peek(Token![,])) {
        if input.peek(Token![->]) || input.peek(Token![=>]) {
            tokens.extend([input.parse::<TokenTree>()?]);
        } else if input.peek(Token![<]) && angles {
            depth += 1;
        } else if input.peek(Token![>]) {
            depth = depth.saturating_sub(1);
        }
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok((tokens, depth == 0))
}

/// Whether the option ends here.
fn ends(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// The `=` before a value, and that there is something behind it.
fn equals(option: impl Word, keyword: &Ident, input: ParseStream<'_>) -> Result<()> {
    let (name, help) = (option.name(), format!("write `{}`", option.example()));
    if !ends(input) && !input.peek(Token![=]) {
        let what = format_args!("the value of `{name}` follows `=`");
        return Err(mistake(item(input)?, what, help));
    }
    if !ends(input) {
        input.parse::<Token![=]>()?;
    }
    if ends(input) {
        return Err(mistake(keyword, format_args!("`{name}` needs a value"), help));
    }
    Ok(())
}

/// Refuses a string where a type or path is wanted, by showing it without its quotes.
fn unquoted(option: impl Word, wanted: &str, input: ParseStream<'_>) -> Result<()> {
    if input.peek(LitStr) {
        let literal: LitStr = input.parse()?;
        let name = option.name();
        return Err(mistake(
            &literal,
            format_args!("`{name}` is {wanted}, not a string"),
            format_args!("write it without quotes: `{name} = {}`", literal.value()),
        ));
    }
    Ok(())
}

/// Parses a value. What the parser of Rust has to say against it is replaced: it lists all tokens
/// that may begin a type, at the place where it gave up, which may be the end of the attribute.
fn parse<T>(
    option: impl Word,
    wanted: &str,
    input: ParseStream<'_>,
    parser: fn(ParseStream<'_>) -> Result<T>,
) -> Result<T> {
    let ahead = input.fork();
    if let Ok(value) = parser(&ahead) {
        input.advance_to(&ahead);
        return Ok(value);
    }
    Err(mistake(
        item(input)?,
        format_args!("the value of `{}` is not {wanted}", option.name()),
        format_args!("write {wanted}, as in `{}`", option.example()),
    ))
}
