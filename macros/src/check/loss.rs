//! What a client that is slow may miss of an event: one thing, and nothing that somebody waits for.
//!
//! It must refuse what promises two things of which one is not kept.

use syn::{DeriveInput, Ident, LitInt, Result};

use super::{field, given, keyword};
use crate::{
    attributes::Attributes,
    diagnostics::{Diagnostics, mistake},
    model::Loss,
    suggestion::did_you_mean,
};

/// How many wait, if nothing says it.
const QUEUE: u16 = 64;

/// How many may wait at most: what is further behind is worth nothing any more.
const MOST: u16 = 10_000;

/// What a client may miss, if nothing is wrong with it.
pub(super) fn check(
    input: &DeriveInput,
    attributes: &Attributes,
    diagnostics: &mut Diagnostics,
) -> Loss {
    one_alone(attributes, diagnostics);
    nothing_that_is_answered(attributes, diagnostics);
    let queue = queue(attributes, diagnostics);
    let Attributes { volatile, latest, drop, .. } = attributes;
    if volatile.is_some() {
        return Loss::Volatile;
    }
    if latest.is_some() {
        let key = given(latest.as_ref()).and_then(Option::as_ref);
        let key = key.and_then(|key| diagnostics.accept(field::find(input, key)));
        return Loss::Latest(key);
    }
    let end = given(drop.as_ref()).and_then(|end| diagnostics.accept(is_newest(end)));
    match end {
        Some(true) => Loss::DropNewest(queue),
        Some(false) => Loss::DropOldest(queue),
        None => Loss::None,
    }
}

/// Of `volatile`, `latest` and `drop` there is one at most.
fn one_alone(attributes: &Attributes, diagnostics: &mut Diagnostics) {
    let Attributes { volatile, latest, drop, .. } = attributes;
    let mut said = [
        volatile.as_ref().map(|it| (&it.keyword, "it gets none while it is not writable")),
        latest.as_ref().map(|it| (&it.keyword, "it gets the newest alone")),
        drop.as_ref().map(|it| (&it.keyword, "it misses what is too much, and is told how many")),
    ]
    .into_iter()
    .flatten();
    let Some((first, meaning)) = said.next() else { return };
    for (other, instead) in said {
        diagnostics.report(mistake(
            other,
            format_args!("`{first}` and `{other}` exclude each other"),
            format_args!(
                "of a client that is slow, keep `{first}` if {meaning}, or `{other}` if {instead}"
            ),
        ));
    }
}

/// What may be lost is not asked: nobody would know why no answer comes.
fn nothing_that_is_answered(attributes: &Attributes, diagnostics: &mut Diagnostics) {
    let Attributes { latest, drop, reply, .. } = attributes;
    let Some(reply) = reply else { return };
    let lossy = [keyword(latest.as_ref()), keyword(drop.as_ref())];
    for lossy in lossy.into_iter().flatten() {
        diagnostics.report(mistake(
            &reply.keyword,
            format_args!("an event that is `{lossy}` may be lost, and is not answered"),
            format_args!(
                "leave `reply` out; if clients send an event of this name that is answered, give it a \
                 struct of its own, without `{lossy}`"
            ),
        ));
    }
}

/// How many wait before one is dropped.
fn queue(attributes: &Attributes, diagnostics: &mut Diagnostics) -> u16 {
    let Some(option) = &attributes.queue else { return QUEUE };
    if attributes.drop.is_none() {
        diagnostics.report(mistake(
            &option.keyword,
            "`queue` needs `drop`",
            "say what goes when one too many waits, `drop = oldest` or `drop = newest`; or leave `queue` out",
        ));
    }
    let count = option.value.as_ref().map(count);
    count.and_then(|count| diagnostics.accept(count)).unwrap_or(QUEUE)
}

fn count(literal: &LitInt) -> Result<u16> {
    let digits = literal.base10_digits();
    match literal.base10_parse() {
        Ok(0) => Err(mistake(
            literal,
            "a queue of 0 would drop every event",
            format_args!(
                "let at least 1 wait, for example `queue = {QUEUE}`; leave `queue` out for {QUEUE}"
            ),
        )),
        Ok(count @ 1..=MOST) => Ok(count),
        _ => Err(mistake(
            literal,
            format_args!("a queue of {digits} is above {MOST}"),
            format_args!("let at most {MOST} wait, for example `queue = {QUEUE}`"),
        )),
    }
}

/// Whether what comes is dropped, and not what has waited for longest.
fn is_newest(end: &Ident) -> Result<bool> {
    let text = end.to_string();
    match text.as_str() {
        "oldest" => Ok(false),
        "newest" => Ok(true),
        _ => Err(mistake(
            end,
            format_args!("`{text}` is neither end of a queue"),
            format_args!(
                "{}write `drop = oldest` or `drop = newest`",
                did_you_mean(&text, &["oldest", "newest"])
            ),
        )),
    }
}
