//! Whether what passes in a lab is as the app's contract says.
//!
//! It must never judge what was refused: what clients send at will need not be what they may send.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use crate::{
    connection::Core,
    contract::{Ask, Carries, Document, Down, NamespaceContract, ReplyContract, Up},
    payload::Payload,
};

/// What passes, and whose schema it is to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Passed {
    /// A client has sent it, and it was not refused.
    Accepted,
    /// It has answered a client's event.
    Replied,
    /// The server has sent it.
    Sent,
}

/// What the contract says of one namespace.
pub(super) struct Promised {
    document: Rc<Document>,
    namespace: String,
    hash: String,
}

/// A schema to check by, if there is one, and how many values it is of.
#[derive(Clone)]
struct Schema {
    carries: Carries,
    validator: Rc<Validator>,
}

thread_local! {
    /// Of contracts that a lab of this thread has had, by their hashes.
    static DOCUMENTS: RefCell<HashMap<String, Rc<Document>>> = RefCell::default();
    /// What was checked before: most labs of a test are of one app.
    static SCHEMAS: RefCell<HashMap<(String, Passed, String), Option<Schema>>> = RefCell::default();
}

impl Promised {
    /// What is promised to the clients of a namespace, if it is there.
    pub(super) fn to(core: &Core, namespace: &str) -> Option<Self> {
        let built = core.namespaces().find(namespace)?;
        let hash = built.contract()?.to_string();
        let document = DOCUMENTS.with_borrow_mut(|documents| {
            let make = || Rc::new(Document::of(core.namespaces().facts_of(built).as_slice()));
            documents.entry(hash.clone()).or_insert_with(make).clone()
        });
        let namespace = document.namespaces.keys().next()?.clone();
        Some(Self { document, namespace, hash })
    }

    /// Checks what has passed with an event of that name.
    ///
    /// # Errors
    /// In words, which value does not fit, and why.
    pub(super) fn check(
        &self,
        passed: Passed,
        event: &str,
        payload: &Payload,
    ) -> Result<(), String> {
        let key = (self.hash.clone(), passed, event.to_owned());
        let known = SCHEMAS.with_borrow(|schemas| schemas.get(&key).cloned());
        let schema = known.unwrap_or_else(|| {
            let schema = self.schema(passed, event);
            SCHEMAS.with_borrow_mut(|schemas| schemas.insert(key, schema.clone()));
            schema
        });
        let Some(Schema { carries, validator }) = schema else { return Ok(()) };
        let Some(values) = payload.inlined() else { return Ok(()) };
        let Ok(values) = serde_json::from_str::<Vec<Value>>(&format!("[{values}]")) else {
            return Ok(());
        };
        let value = match (carries, values) {
            (Carries::Several, values) => Value::Array(values),
            // Behind it may be what is of the delivery.
            (_, values) => values.into_iter().next().unwrap_or_default(),
        };
        let mistakes: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("at {:?}: {error}", error.instance_path().to_string()))
            .collect();
        if mistakes.is_empty() {
            return Ok(());
        }
        let what = match passed {
            Passed::Accepted => "the server accepts",
            Passed::Replied => "the reply to it is",
            Passed::Sent => "it carries",
        };
        Err(format!(
            "the contract is not true of {event:?}: {what} {value}, and its schema says otherwise, {}; let the \
             type's schema be what serde does with it, as by `#[schemars(with = \"…\")]` beside `#[serde(with = \
             \"…\")]`",
            mistakes.join("; ")
        ))
    }

    fn schema(&self, passed: Passed, event: &str) -> Option<Schema> {
        let NamespaceContract { up, down, ask, .. } =
            self.document.namespaces.get(&self.namespace)?;
        let of_reply = |reply: &ReplyContract| match reply {
            ReplyContract::Value(schema) => Some((Carries::One, schema.clone()?)),
            _ => None,
        };
        let (carries, schema) = match passed {
            Passed::Accepted => {
                let Up { payload, .. } = up.get(event)?;
                (payload.carries, payload.schema.clone()?)
            }
            Passed::Replied => of_reply(&up.get(event)?.reply)?,
            Passed::Sent => {
                let sent = down.get(event).map(|Down { payload, .. }| payload);
                let payload = sent.or_else(|| ask.get(event).map(|Ask { payload, .. }| payload))?;
                (payload.carries, payload.schema.clone()?)
            }
        };
        let whole = json!({ "allOf": [schema], "schemas": self.document.schemas });
        let validator = jsonschema::options().with_draft(Draft::Draft7).build(&whole);
        Some(Schema { carries, validator: Rc::new(validator.ok()?) })
    }
}
