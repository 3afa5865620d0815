//! The events of two contracts, compared.
//!
//! It must look at each from the side of clients that exist: what they send, what they are sent, what they
//! are asked.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use super::{
    Change, Reader,
    both::Both,
    comparing, policies,
    values::{Seen, Values},
};
use crate::document::{Carries, Document, NamespaceContract, PayloadContract, ReplyContract};

/// Compares everything.
pub(super) fn compare(old: &Document, new: &Document, changes: &mut Vec<Change>) {
    let mut both = Both { old, new, namespace: "", changes };
    for (name, old, new) in pairs(&old.namespaces, &new.namespaces) {
        both.namespace = name;
        let at = format!("the namespace {name:?}");
        match (old, new) {
            (Some(old), Some(new)) => both.namespaces(old, new),
            (Some(_), None) => both.push(true, &at, "is gone: clients that exist connect to it"),
            (None, _) => both.push(false, &at, "is new"),
        }
    }
}

/// What two maps have by each name.
fn pairs<'a, T>(
    old: &'a BTreeMap<String, T>,
    new: &'a BTreeMap<String, T>,
) -> impl Iterator<Item = (&'a str, Option<&'a T>, Option<&'a T>)> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names.into_iter().map(|name| (&**name, old.get(name), new.get(name)))
}

impl<'a> Both<'a, '_> {
    fn namespaces(&mut self, old: &'a NamespaceContract, new: &'a NamespaceContract) {
        self.ups(old, new);
        for (name, old, new) in pairs(&old.down, &new.down) {
            let at = format!("{}, which the server sends", self.named(name));
            match (old, new) {
                (Some(old), Some(new)) => {
                    self.payloads(&at, Reader::Clients, (&old.payload, &new.payload));
                    policies::downs(self, &at, old, new);
                }
                (Some(_), None) => {
                    self.push(true, &at, "it is gone: clients that exist wait for it");
                }
                (None, _) => self.push(false, &at, "it is new"),
            }
        }
        for (name, old, new) in pairs(&old.ask, &new.ask) {
            let at = format!("{}, which the server asks", self.named(name));
            match (old, new) {
                (Some(old), Some(new)) => {
                    self.payloads(&at, Reader::Clients, (&old.payload, &new.payload));
                    let at = format!("the answer to {}", self.named(name));
                    self.replies(&at, Reader::Server, (&old.reply, &new.reply));
                }
                (Some(_), None) => self.push(false, &at, "it is gone: nobody is asked any more"),
                (None, _) => self.push(true, &at, "it is new: clients that exist do not answer it"),
            }
        }
        for (name, old, new) in pairs(&old.rooms, &new.rooms) {
            let at = format!("the room {}", self.named(name));
            match (old, new) {
                (Some(old), Some(new)) => {
                    policies::rooms(self, &at, old, new);
                    if let (Some(old), Some(new)) = (&old.presence, &new.presence) {
                        let at = format!("what is seen of members of {}", self.named(name));
                        self.schemas(&at, Reader::Clients, (old.meta.as_ref(), new.meta.as_ref()));
                    }
                }
                (Some(_), None) => self.push(true, &at, "it is gone: clients that exist join it"),
                (None, _) => self.push(false, &at, "it is new"),
            }
        }
    }

    fn ups(&mut self, old: &'a NamespaceContract, new: &'a NamespaceContract) {
        for (name, was, is) in pairs(&old.up, &new.up) {
            let at = format!("{}, which clients send", self.named(name));
            let is_untyped =
                |it: &NamespaceContract| it.untyped.iter().any(|untyped| untyped == name);
            match (was, is) {
                (Some(old), Some(new)) => {
                    self.payloads(&at, Reader::Server, (&old.payload, &new.payload));
                    let answer = format!("the reply to {}", self.named(name));
                    self.replies(&answer, Reader::Clients, (&old.reply, &new.reply));
                    policies::ups(self, &at, old, new);
                }
                (Some(_), None) if is_untyped(new) => {
                    self.push(true, &at, "its types are gone: nobody can say what it takes");
                }
                (Some(_), None) => self.push(true, &at, "it is gone: clients that exist send it"),
                (None, _) if is_untyped(old) => {
                    self.push(false, &at, "it has types now; before nothing was known of it");
                }
                (None, _) => self.push(false, &at, "it is new"),
            }
        }
        let untyped = old.untyped.iter().chain(&new.untyped).collect::<BTreeSet<_>>();
        for name in untyped {
            let at = format!("{}, which clients send", self.named(name));
            match (old.untyped.contains(name), new.untyped.contains(name)) {
                (true, false) if !new.up.contains_key(name) => {
                    self.push(true, &at, "it is gone: clients that exist send it");
                }
                (false, true) if !old.up.contains_key(name) => {
                    self.push(false, &at, "it is new, and has no types");
                }
                _ => {}
            }
        }
    }

    fn payloads(
        &mut self,
        at: &str,
        reader: Reader,
        (old, new): (&'a PayloadContract, &'a PayloadContract),
    ) {
        match (old.carries, new.carries) {
            (Carries::Nothing, Carries::Nothing) => {}
            (was, is) if was == is => {
                self.schemas(at, reader, (old.schema.as_ref(), new.schema.as_ref()));
            }
            (Carries::Nothing, _) if reader == Reader::Clients => {
                self.push(false, at, "it carries something now");
            }
            (was, is) => {
                let count = |carries| match carries {
                    Carries::Nothing => "nothing",
                    Carries::One => "one value",
                    Carries::Several => "several values",
                };
                let why = match reader {
                    Reader::Server => "clients that exist send what it was",
                    Reader::Clients => "clients that exist expect what it was",
                };
                let words =
                    format!("it carries {} now, and carried {}: {why}", count(is), count(was));
                self.push(true, at, &words);
            }
        }
    }

    fn replies(
        &mut self,
        at: &str,
        reader: Reader,
        (old, new): (&'a ReplyContract, &'a ReplyContract),
    ) {
        match (old, new) {
            (ReplyContract::Nothing, ReplyContract::Nothing) => {}
            (ReplyContract::Value(old), ReplyContract::Value(new)) => {
                self.schemas(at, reader, (old.as_ref(), new.as_ref()));
            }
            (ReplyContract::Nothing, ReplyContract::Value(_)) => {
                let breaks = reader == Reader::Server;
                let why = if breaks { ": clients that exist answer with nothing" } else { "" };
                self.push(breaks, at, &format!("it carries something now{why}"));
            }
            (ReplyContract::Value(_), ReplyContract::Nothing) => {
                let breaks = reader == Reader::Clients;
                let why = if breaks { ": clients that exist read it" } else { "" };
                self.push(breaks, at, &format!("it carries nothing now{why}"));
            }
        }
    }

    fn schemas(
        &mut self,
        at: &str,
        reader: Reader,
        schemas: (Option<&'a Value>, Option<&'a Value>),
    ) {
        match schemas {
            (Some(old), Some(new)) => {
                let values = Values {
                    old: self.old,
                    new: self.new,
                    reader,
                    at: at.to_owned(),
                    changes: self.changes,
                    seen: Seen::default(),
                    next: VecDeque::new(),
                };
                comparing::compare(values, old, new);
            }
            (None, Some(_)) => self.push(false, at, "it has a schema now; before nothing was known of it"),
            (Some(_), None) => self.push(
                true,
                at,
                "its schema is gone, so that nobody can say whether it is the same: derive `JsonSchema` again",
            ),
            (None, None) => {}
        }
    }
}
