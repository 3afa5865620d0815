//! Whether what passes in a lab is as the app's contract says.
//!
//! It must never judge what was refused: what clients send at will need not be what they may send.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

use jsonschema::{Draft, Validator};
use salon_contract::document::{
    Ask, Carries, Document, Down, NamespaceContract, ReplyContract, Up,
};
use serde_json::{Value, json};

use crate::{connection::Core, message::ToldRefusal, payload::Payload};

/// What is promised to one client, and what it waits for.
pub(super) struct Promised {
    /// The contract of its namespace, if there is one of that name.
    contract: Option<Contract>,
    /// What waits for an answer: if it is not refused, it is what the server accepts.
    asked: RefCell<BTreeMap<u64, (String, Payload)>>,
}

struct Contract {
    document: Rc<Document>,
    hash: String,
}

/// What passes, and whose schema it is to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Passed {
    /// A client has sent it, and it was not refused.
    Accepted,
    /// It has answered a client's event.
    Replied,
    /// The server has sent it.
    Sent,
}

/// A schema to check by, and how many values it is of.
#[derive(Clone)]
struct Schema {
    carries: Carries,
    validator: Rc<Validator>,
}

/// What is checked: the contract's hash, what passes, and the event's name.
type Checked = (String, Passed, String);

thread_local! {
    /// The contracts of the labs that this thread has had, by their hashes: most are of one app.
    static DOCUMENTS: RefCell<HashMap<String, Rc<Document>>> = RefCell::default();
    /// What was checked before, if there is a schema of it.
    static SCHEMAS: RefCell<HashMap<Checked, Option<Schema>>> = RefCell::default();
}

impl Promised {
    pub(super) fn to(core: &Core, namespace: &str) -> Self {
        Self { contract: Contract::of(core, namespace), asked: RefCell::default() }
    }

    /// The client has sent an event, and awaits its answer.
    pub(super) fn asks(&self, id: u64, event: &str, payload: &Payload) {
        if self.contract.is_some() {
            self.asked.borrow_mut().insert(id, (event.to_owned(), payload.clone()));
        }
    }

    /// What waits is not answered any more.
    pub(super) fn forget(&self) {
        self.asked.borrow_mut().clear();
    }

    /// An answer has come.
    ///
    /// # Errors
    /// In words, what is not as the contract says.
    pub(super) fn is_answered(&self, id: u64, reply: &Payload) -> Result<(), String> {
        let asked = self.asked.borrow_mut().remove(&id);
        let (Some((event, payload)), Some(contract)) = (asked, &self.contract) else {
            return Ok(());
        };
        if ToldRefusal::in_acknowledgement(reply).is_some() {
            return Ok(());
        }
        contract.check(Passed::Accepted, &event, &payload)?;
        contract.check(Passed::Replied, &event, reply)
    }

    /// An event has come.
    ///
    /// # Errors
    /// As [`is_answered`](Self::is_answered).
    pub(super) fn is_sent(&self, event: &str, payload: &Payload) -> Result<(), String> {
        match &self.contract {
            Some(contract) => contract.check(Passed::Sent, event, payload),
            None => Ok(()),
        }
    }
}

impl Contract {
    fn of(core: &Core, namespace: &str) -> Option<Self> {
        let built = core.namespaces().find_unasked(namespace)?;
        let hash = built.contract()?.to_string();
        let document = DOCUMENTS.with_borrow_mut(|documents| {
            let make = || Rc::new(Document::of(core.namespaces().facts_of(built).as_slice()));
            documents.entry(hash.clone()).or_insert_with(make).clone()
        });
        Some(Self { document, hash })
    }

    fn check(&self, passed: Passed, event: &str, payload: &Payload) -> Result<(), String> {
        let key = (self.hash.clone(), passed, event.to_owned());
        let known = SCHEMAS.with_borrow(|schemas| schemas.get(&key).cloned());
        let schema = known.unwrap_or_else(|| {
            let schema = self.schema(passed, event);
            SCHEMAS.with_borrow_mut(|schemas| schemas.insert(key, schema.clone()));
            schema
        });
        let Some(Schema { carries, validator }) = schema else { return Ok(()) };
        let values = payload.inlined().map(|values| format!("[{values}]"));
        let values = values.and_then(|values| serde_json::from_str::<Vec<Value>>(&values).ok());
        let Some(values) = values else { return Ok(()) };
        let value = match carries {
            Carries::Several => Value::Array(values),
            // Behind it may be what is of the delivery.
            _ => values.into_iter().next().unwrap_or_default(),
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
        let NamespaceContract { up, down, ask, .. } = self.document.namespaces.values().next()?;
        let (carries, schema) = match passed {
            Passed::Accepted => {
                let Up { payload, .. } = up.get(event)?;
                (payload.carries, payload.schema.as_ref()?)
            }
            Passed::Replied => match &up.get(event)?.reply {
                ReplyContract::Value(schema) => (Carries::One, schema.as_ref()?),
                _ => return None,
            },
            Passed::Sent => {
                let sent = down.get(event).map(|Down { payload, .. }| payload);
                let payload = sent.or_else(|| ask.get(event).map(|Ask { payload, .. }| payload))?;
                (payload.carries, payload.schema.as_ref()?)
            }
        };
        let whole = json!({ "allOf": [schema], "schemas": self.document.schemas });
        let validator = jsonschema::options().with_draft(Draft::Draft7).build(&whole);
        Some(Schema { carries, validator: Rc::new(validator.ok()?) })
    }
}
