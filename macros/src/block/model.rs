//! An impl block as the expansion needs it: only what is right in it.
//!
//! It must never hold a mistake: where there was one, what it was made in is not here.

use proc_macro2::{Ident, Span};
use syn::{Expr, ItemImpl, Path, Type};

use super::{hook::Hook, kind::Kind, options::Constant};

/// An impl block of a room or a session, with its handlers and hooks.
pub(super) struct Block {
    pub(super) kind: Kind,
    /// Where the framework is found.
    pub(super) salon: Path,
    /// The block without its marks.
    pub(super) item: ItemImpl,
    /// The room's kind.
    pub(super) name: String,
    pub(super) key: Type,
    pub(super) identity: Type,
    pub(super) constants: Vec<(Constant, Expr)>,
    pub(super) sends: Vec<Type>,
    pub(super) handlers: Vec<Handler>,
    pub(super) hooks: Vec<HookMethod>,
    /// Methods without a mark that look like handlers.
    pub(super) unmarked: Vec<Unmarked>,
    /// Whether there is a mistake in the block: then what makes the state is not asked for.
    pub(super) is_broken: bool,
}

/// A method that handles an event.
pub(super) struct Handler {
    pub(super) method: Ident,
    pub(super) event: Type,
    /// Where its context is, if it takes one.
    pub(super) context: Option<Span>,
    /// Where it says what it returns.
    pub(super) output: Span,
    /// The `Answer` that it returns, if it takes time.
    pub(super) answer: Option<Type>,
}

/// A method without a mark that takes what may be an event, and a handler's context.
pub(super) struct Unmarked {
    pub(super) method: Ident,
    pub(super) event: Type,
}

/// A method that is a hook.
pub(super) struct HookMethod {
    pub(super) hook: Hook,
    pub(super) method: Ident,
    /// Whether it is async.
    pub(super) waits: bool,
    /// Where what it takes is, beside the state: as many as it wants, from the first.
    pub(super) parameters: Vec<Span>,
    /// Where it says what it returns.
    pub(super) output: Span,
}
