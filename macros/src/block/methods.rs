//! The marked methods of an impl block: `#[on]` for handlers, `#[hook]` for the rest.
//!
//! It must leave to the compiler what only types can tell: that an event is one, and goes here.

use proc_macro2::Span;
use quote::ToTokens;
use syn::{
    Attribute, FnArg, GenericArgument, GenericParam, ImplItem, ImplItemFn, ItemImpl, Meta,
    PathArguments, ReceiverKind, ReturnType, Signature, Type, ext::IdentExt, parse_quote,
    spanned::Spanned,
};

use super::{
    hook::Hook,
    kind::Kind,
    model::{Handler, HookMethod, Unmarked},
};
use crate::{
    diagnostics::{Diagnostics, list, mistake},
    suggestion::did_you_mean,
};

const MARKS: [&str; 2] = ["on", "hook"];

/// The methods of a block.
pub(super) struct Methods {
    /// The block without the marks.
    pub(super) item: ItemImpl,
    /// Those that are right.
    pub(super) handlers: Vec<Handler>,
    /// Those that are right.
    pub(super) hooks: Vec<HookMethod>,
    /// Those that look like handlers, and have no mark.
    pub(super) unmarked: Vec<Unmarked>,
}

/// The handlers and the hooks that are right, and the block without their marks.
pub(super) fn read(kind: Kind, mut item: ItemImpl, diagnostics: &mut Diagnostics) -> Methods {
    let (mut handlers, mut hooks) = (Vec::<Handler>::new(), Vec::new());
    let mut forgotten = Vec::new();
    for method in &mut item.items {
        let ImplItem::Fn(method) = method else { continue };
        let marks: Vec<_> = method.attrs.extract_if(.., |attribute| is_mark(attribute)).collect();
        let [mark, others @ ..] = &*marks else {
            unmarked(kind, method, diagnostics);
            forgotten.extend(like_a_handler(kind, &method.sig));
            continue;
        };
        for other in others {
            diagnostics.report(mistake(
                other,
                format_args!("`{}` is marked twice", method.sig.ident),
                "a method is one handler, by `#[on]`, or one hook, by `#[hook]`",
            ));
        }
        if !matches!(mark.meta, Meta::Path(_)) {
            diagnostics.report(mistake(
                &mark.meta,
                "a mark takes no options",
                "write `#[on]` alone: the event is the type of the method's argument; or `#[hook]`: \
                 which one is the method's name",
            ));
        }
        let stays = refuse_cfg(method, diagnostics);
        if !stays {
            continue;
        }
        let (is_async, mut may_wait) = (method.sig.asyncness.is_some(), false);
        if mark.path().is_ident("on") {
            let handler = handler(kind, &method.sig, diagnostics);
            let handler = handler.filter(|handler| is_first(handler, &handlers, diagnostics));
            handlers.extend(handler);
        } else {
            let hook = hook(kind, &method.sig, diagnostics);
            may_wait = hook.as_ref().is_some_and(|it| it.hook.async_example().is_ok());
            hooks.extend(hook);
        }
        if is_async && !may_wait {
            stand_in(method);
        }
        method.attrs.push(parse_quote! {
            #[allow(
                clippy::needless_pass_by_value,
                clippy::unnecessary_wraps,
                clippy::unused_self,
                reason = "what it takes and returns is the framework's to say"
            )]
        });
    }
    Methods { item, handlers, hooks, unmarked: forgotten }
}

/// What is reported to be async stands there as if it were not, without its body: of the lifetimes that
/// only async methods may not leave out, and of what is awaited in it, nothing more is to be said.
fn stand_in(method: &mut ImplItemFn) {
    method.sig.asyncness = None;
    method.block = parse_quote!({ ::core::unreachable!() });
    method.attrs.push(parse_quote! {
        #[allow(unused_variables, unused_mut, dead_code, reason = "its body is left out")]
    });
}

fn is_mark(attribute: &Attribute) -> bool {
    MARKS.iter().any(|mark| attribute.path().is_ident(mark))
}

/// A method that is called as a hook is, and is none.
fn unmarked(kind: Kind, method: &ImplItemFn, diagnostics: &mut Diagnostics) {
    let name = method.sig.ident.unraw().to_string();
    if let Some(hook) = Hook::of(kind).iter().find(|hook| hook.name() == name) {
        diagnostics.report(mistake(
            &method.sig.ident,
            format_args!("`{name}` is the name of a hook, and nobody calls this method"),
            format_args!("mark it: `{}`; or give it another name", hook.example()),
        ));
    }
}

/// What a method takes that may be an event, if it takes a handler's context beside it. Whether it is one,
/// and nothing else handles it, only its type can tell.
fn like_a_handler(kind: Kind, signature: &Signature) -> Option<Unmarked> {
    let mut inputs = signature.inputs.iter();
    let receiver = inputs.next()?;
    let (FnArg::Receiver(_), [FnArg::Typed(event), FnArg::Typed(context)]) =
        (receiver, &*inputs.collect::<Vec<_>>())
    else {
        return None;
    };
    let Type::Reference(context) = &*context.ty else { return None };
    let Type::Path(context) = &*context.elem else { return None };
    let name = &context.path.segments.last()?.ident;
    let is_event = matches!(&*event.ty, Type::Path(_));
    let has_context = *name == kind.context().trim_matches('`');
    (is_event && has_context && signature.generics.type_params().next().is_none())
        .then(|| Unmarked { method: signature.ident.clone(), event: (*event.ty).clone() })
}

/// Whether a handler is there cannot depend on anything: it is in a list.
fn refuse_cfg(method: &ImplItemFn, diagnostics: &mut Diagnostics) -> bool {
    let mut stays = true;
    for cfg in method.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")) {
        diagnostics.report(mistake(
            cfg,
            "`#[cfg]` on a marked method",
            "put it on the whole block, or on what the method does",
        ));
        stays = false;
    }
    stays
}

fn is_first(handler: &Handler, before: &[Handler], diagnostics: &mut Diagnostics) -> bool {
    let event = handler.event.to_token_stream().to_string();
    let is_taken = |other: &&Handler| other.event.to_token_stream().to_string() == event;
    let Some(first) = before.iter().find(is_taken) else { return true };
    diagnostics.report(mistake(
        &handler.event,
        format_args!("`{event}` is handled twice, first by `{}`", first.method),
        "an event has one handler; remove one of the two",
    ));
    false
}

/// The handler, if it is right.
fn handler(kind: Kind, signature: &Signature, diagnostics: &mut Diagnostics) -> Option<Handler> {
    let help = || format!("as in `{}`", kind.handler());
    let mut wrong = false;
    let mut report = |error| {
        wrong = true;
        diagnostics.report(error);
    };
    if let Some(token) = &signature.asyncness {
        report(mistake(
            token,
            "a handler is not async: no other event would be handled until it is done",
            "return an `Answer` of what takes time: `fn export(&mut self, export: Export) -> \
             Answer<File> { Answer::later(async move { … }) }`; it owns what it needs",
        ));
    }
    check_generics(signature, "handler", &mut report);
    let mut inputs = signature.inputs.iter();
    let mut first = inputs.next();
    match first {
        Some(FnArg::Receiver(receiver)) if is_borrowed(receiver) => first = inputs.next(),
        Some(FnArg::Receiver(receiver)) => {
            report(mistake(
                receiver,
                "a handler borrows the state",
                format_args!("take `&mut self`, {}", help()),
            ));
            first = inputs.next();
        }
        _ => report(mistake(
            &signature.ident,
            format_args!("a handler is a method of the {}", kind.noun()),
            format_args!("take `&mut self` first, {}", help()),
        )),
    }
    let event = match first {
        Some(FnArg::Typed(event)) => {
            if let Type::Reference(_) | Type::ImplTrait(_) | Type::Infer(_) = &*event.ty {
                report(mistake(
                    &event.ty,
                    "the event is the handler's own, and comes first",
                    format_args!("take it by its type, {}", help()),
                ));
            }
            Some((*event.ty).clone())
        }
        _ => {
            report(mistake(
                &signature.ident,
                format_args!("`{}` handles no event", signature.ident),
                format_args!("take one by its type, {}", help()),
            ));
            None
        }
    };
    let context = inputs.next().map(place);
    for extra in inputs {
        report(mistake(
            extra,
            "a handler takes the event and its context, and nothing else",
            format_args!(
                "what the app gave to the builder is in the {}: `cx.data::<Database>()?`",
                kind.context()
            ),
        ));
    }
    let answer = answer(&signature.output, &mut report);
    let output = output(signature);
    if wrong {
        return None;
    }
    Some(Handler { method: signature.ident.clone(), event: event?, context, output, answer })
}

/// The `Answer` that is returned, if it is one.
fn answer(output: &ReturnType, report: &mut impl FnMut(syn::Error)) -> Option<Type> {
    let ReturnType::Type(_, output) = output else { return None };
    if let Type::ImplTrait(future) = &**output {
        report(mistake(
            future,
            "a handler says by its type what it returns",
            "return nothing, a reply, a `Result` of it, or an `Answer`: what takes time is \
             `Answer::later(async move { … })`",
        ));
    }
    if is_answer(output) {
        return Some((**output).clone());
    }
    if let Some(inner) = first_argument(output, "Result").filter(|inner| is_answer(inner)) {
        report(mistake(
            output,
            "an `Answer` in a `Result`: it may refuse by itself",
            format_args!(
                "return `{}` alone, and refuse in its future: `Answer::later(async move {{ \
                 refused?; … }})`",
                inner.to_token_stream().to_string().replace(' ', "")
            ),
        ));
    }
    None
}

fn is_answer(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "Answer")
}

/// `T` of a `Name<T, …>`.
fn first_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The hook, if it is right.
fn hook(kind: Kind, signature: &Signature, diagnostics: &mut Diagnostics) -> Option<HookMethod> {
    let name = signature.ident.unraw().to_string();
    let Some(&hook) = Hook::of(kind).iter().find(|hook| hook.name() == name) else {
        let names: Vec<_> = Hook::of(kind).iter().map(|hook| hook.name()).collect();
        diagnostics.report(mistake(
            &signature.ident,
            format_args!("a {} has no hook `{name}`", kind.noun()),
            format_args!(
                "{}the hooks are {}; what handles an event is marked `#[on]`",
                did_you_mean(&name, &names),
                list(&names)
            ),
        ));
        return None;
    };
    let mut wrong = false;
    let mut report = |error| {
        wrong = true;
        diagnostics.report(error);
    };
    let help =
        format!("it is `{}`; what it does not need at the end may be left out", hook.example());
    let waits = signature.asyncness.is_some();
    match (&signature.asyncness, hook.async_example()) {
        (Some(token), Err(instead)) => report(mistake(
            token,
            format_args!("the hook `{name}` is not async"),
            format_args!("{help}; {instead}"),
        )),
        (_, Ok(example)) => check_context(signature, example, &mut report),
        (None, Err(_)) => {}
    }
    check_generics(signature, "hook", &mut report);
    let mut inputs = signature.inputs.iter().peekable();
    let receiver = inputs.next_if(|input| matches!(input, FnArg::Receiver(_)));
    match receiver {
        Some(FnArg::Receiver(receiver)) if hook.makes_the_state() => report(mistake(
            receiver,
            format_args!("`{name}` makes the state: there is none before"),
            &help,
        )),
        Some(FnArg::Receiver(receiver)) if !is_borrowed(receiver) => {
            report(mistake(receiver, format_args!("`{name}` borrows the state"), &help));
        }
        None if !hook.makes_the_state() => report(mistake(
            &signature.ident,
            format_args!("`{name}` is about a {}: it takes `&mut self`", kind.noun()),
            &help,
        )),
        _ => {}
    }
    let mut parameters: Vec<_> = inputs.collect();
    for extra in parameters.drain(hook.parameters().len().min(parameters.len())..) {
        report(mistake(extra, format_args!("`{name}` is given nothing more"), &help));
    }
    let parameters = parameters.into_iter().map(place).collect();
    let (method, output) = (signature.ident.clone(), output(signature));
    (!wrong).then_some(HookMethod { hook, method, waits, parameters, output })
}

/// While it waits there is no room, and nothing of it to be had.
fn check_context(signature: &Signature, example: &str, report: &mut impl FnMut(syn::Error)) {
    for input in &signature.inputs {
        let FnArg::Typed(typed) = input else { continue };
        match (signature.asyncness, called(&typed.ty).as_deref()) {
            (Some(_), Some("RoomContext")) => report(mistake(
                &typed.ty,
                "an async `open` has no room in hand while it waits",
                format_args!(
                    "it is `{example}`; what needs the room's context, such as a timer, is for a \
                     `fn open` that returns `cx.load_then(future, |value, cx| …)`"
                ),
            )),
            (None, Some("LoadContext")) => report(mistake(
                &typed.ty,
                "an `open` that does not wait has the room's own context",
                format_args!("take `cx: &mut RoomContext<Self>`; or make it async: `{example}`"),
            )),
            _ => {}
        }
    }
}

/// What a type is called that is borrowed.
fn called(ty: &Type) -> Option<String> {
    let Type::Reference(reference) = ty else { return None };
    let Type::Path(path) = &*reference.elem else { return None };
    path.path.segments.last().map(|last| last.ident.to_string())
}

/// Nobody could say what the parameters of a method are that the framework calls.
fn check_generics(signature: &Signature, what: &str, report: &mut impl FnMut(syn::Error)) {
    for parameter in &signature.generics.params {
        if !matches!(parameter, GenericParam::Lifetime(_)) {
            report(mistake(
                parameter,
                format_args!("a {what} has no generics of its own: nobody says what they are"),
                "put them on the block, `impl<T> Table<T>`, or write one method for each type",
            ));
        }
    }
}

fn is_borrowed(receiver: &syn::Receiver) -> bool {
    match &receiver.kind {
        ReceiverKind::Reference(..) => true,
        ReceiverKind::Typed(_, ty) => matches!(**ty, Type::Reference(_)),
        _ => false,
    }
}

/// Where a parameter is, by its type.
fn place(input: &FnArg) -> Span {
    match input {
        FnArg::Typed(typed) => typed.ty.span(),
        FnArg::Receiver(receiver) => receiver.span(),
    }
}

/// Where a method says what it returns; its name, if it says nothing.
fn output(signature: &Signature) -> Span {
    match &signature.output {
        ReturnType::Default => signature.ident.span(),
        ReturnType::Type(_, output) => output.span(),
    }
}
