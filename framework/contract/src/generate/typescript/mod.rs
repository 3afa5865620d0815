//! The contract of one namespace as types of TypeScript, for `salon-client`.
//!
//! It must make files that TypeScript takes with every check that it has, whatever names and descriptions a
//! contract has.

mod contract;
mod declare;
mod names;
mod read;
mod types;
mod write;

use self::{names::quoted, write::Writer};
pub(in crate::generate) use self::{
    read::Reader,
    types::{Field, Type},
};
use crate::document::{Document, NamespaceContract};

/// What is made, and of what.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The namespace.
    pub namespace: String,
    /// What its contract is called; nothing: by the namespace, as `Main` for `/` and `Admin` for `/admin`.
    pub name: Option<String>,
    /// Where the client is imported from.
    pub module: String,
    /// The command that makes the file again, for its first line.
    pub command: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            namespace: "/".to_owned(),
            name: None,
            module: "salon-client".to_owned(),
            command: "contract ts".to_owned(),
        }
    }
}

/// Why there are no types.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The namespace is not in the contract.
    #[error("there is no namespace {asked:?} in the contract; it has {}", list(.known))]
    NoNamespace {
        /// The one that was asked for.
        asked: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// The name of the contract is none.
    #[error("{0:?} is no name for a type of TypeScript: let it be letters and digits, as `Chat`")]
    NoName(String),
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "none at all".to_owned();
    }
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

/// A module of TypeScript: the types of a namespace, and the value that a client is given.
///
/// ```
/// use salon_contract::{document::Document, generate::typescript::{self, Options}};
///
/// let document: Document = serde_json::from_str(r##"{
///     "salon_contract": 1, "hash": "7f3a09c1",
///     "namespaces": { "/": {
///         "up": { "count": { "payload": { "carries": "nothing" }, "reply": { "value": { "type": "integer" } } } },
///         "down": {}, "ask": {}, "rooms": {}
///     } },
///     "schemas": {}
/// }"##)?;
/// let module = typescript::module(&document, &Options::default())?;
/// assert!(module.contains(r#"up: { "count": { in: void; out: number } };"#));
/// assert!(module.contains("export const main: Described<Main> = {"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If there is no such namespace, or its contract cannot be called so.
pub fn module(document: &Document, options: &Options) -> Result<String, Error> {
    let made = make(document, options)?;
    let Made { head, types, name, constant, value, .. } = &made;
    Ok(format!(
        "{head}{types}\n/** What the client needs at run time. */\nexport const {constant}: Described<{name}> = \
         {value};\n"
    ))
}

/// For pages without a build: a module of JavaScript, and the declarations that belong to it. `file` is the
/// name of the module's file without its `.js`.
///
/// ```
/// use salon_contract::{document::Document, generate::typescript::{self, Options, Script}};
///
/// let document: Document = serde_json::from_str(
///     r#"{ "salon_contract": 1, "hash": "7f3a09c1", "schemas": {},
///          "namespaces": { "/": { "up": {}, "down": {}, "ask": {}, "rooms": {} } } }"#,
/// )?;
/// let Script { module, declarations, .. } = typescript::script(&document, &Options::default(), "chat")?;
/// assert!(module.contains("export const main = {"));
/// assert!(declarations.contains("export declare const main: Described<Main>;"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`module`].
pub fn script(document: &Document, options: &Options, file: &str) -> Result<Script, Error> {
    let made = make(document, options)?;
    let Made { head, types, name, constant, value, first } = &made;
    let client = quoted(&options.module);
    let own = quoted(&format!("./{file}.d.ts"));
    Ok(Script {
        module: format!(
            "{first}\n/**\n * What the client needs at run time.\n * @type {{import({client}).Described<import({own}).\
             {name}>}}\n */\nexport const {constant} = {value};\n"
        ),
        declarations: format!(
            "{head}{types}\n/** What the client needs at run time. */\nexport declare const {constant}: \
             Described<{name}>;\n"
        ),
    })
}

/// A module of JavaScript with its types aside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Script {
    /// What the page imports.
    pub module: String,
    /// What editors read.
    pub declarations: String,
}

/// The parts of what is made.
struct Made {
    first: String,
    head: String,
    types: String,
    name: String,
    constant: String,
    value: String,
}

fn make(document: &Document, options: &Options) -> Result<Made, Error> {
    let namespace = namespace(document, &options.namespace)?;
    let name = match &options.name {
        Some(name) if !names::is_name(name) => return Err(Error::NoName(name.clone())),
        Some(name) => name.clone(),
        None => names::of_namespace(&options.namespace),
    };
    let constant = names::value(&name);
    let own = names::for_all(document.schemas.keys(), &[&name, &constant]);
    let writer = Writer { names: &own };
    let mut reader = Reader::new(&document.schemas);
    let interface = contract::interface(document, namespace, &mut reader);
    let mut types = declare::all(&document.schemas, &mut reader, writer).concat();
    let words = format!("What clients of `{}` send and get.", options.namespace);
    types += &write::comment(&read::lines_of(&words), 0);
    let body = writer.interface(&interface);
    types += &format!("export interface {name} extends Contract {body}\n");
    let first = first_line(&namespace.hash, &options.command);
    let head = format!(
        "{first}\nimport type {{ Contract, Described }} from {};\n\n",
        quoted(&options.module)
    );
    let value = contract::value(namespace);
    Ok(Made { first, head, types, name, constant, value })
}

fn namespace<'a>(document: &'a Document, name: &str) -> Result<&'a NamespaceContract, Error> {
    document.namespaces.get(name).ok_or_else(|| Error::NoNamespace {
        asked: name.to_owned(),
        known: document.namespaces.keys().cloned().collect(),
    })
}

/// What a file begins with; whoever compares two leaves it out, since it has the path of one.
pub(in crate::generate) const FIRST: &str = "// generated: ";

fn first_line(hash: &str, command: &str) -> String {
    let line = format!("{FIRST}`{command}`; do not edit. Contract {hash}");
    line.replace(|it: char| it.is_control() || it == '\u{2028}' || it == '\u{2029}', " ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::generate::samples::{self, any_schema};

    #[test]
    fn a_contract_is_what_the_client_reads() {
        let options = Options { name: Some("Chat".to_owned()), ..Options::default() };
        let module = module(&samples::chat(), &options).expect("it has the namespace");
        samples::is_as_in("chat.ts", &module);
        let Script { module, declarations } =
            script(&samples::chat(), &options, "plain").expect("it has the namespace");
        samples::is_as_in("plain.js", &module);
        samples::is_as_in("plain.d.ts", &declarations);
    }

    #[test]
    fn every_shape_that_serde_gives_is_a_type() {
        let module = module(&samples::shapes(), &Options::default()).expect("it has the namespace");
        samples::is_as_in("shapes.ts", &module);
    }

    proptest! {
        #[test]
        fn any_schema_is_a_type(schema in any_schema(), named in any_schema(), name in ".{1,8}") {
            let mut document = samples::chat();
            let main = document.namespaces.get_mut("/").expect("it is there");
            let mut up = main.up["chat:say"].clone();
            up.payload.schema = Some(schema);
            main.up.insert(name, up);
            document.schemas.insert("A".to_owned(), named);
            let made = module(&document, &Options::default()).expect("it has the namespace");
            // Nothing is left open, but in texts.
            let code = without_texts(&made);
            for (begin, end) in [('{', '}'), ('[', ']'), ('(', ')')] {
                prop_assert_eq!(code.matches(begin).count(), code.matches(end).count());
            }
        }
    }

    /// Code without its texts and comments.
    fn without_texts(code: &str) -> String {
        let mut left = String::new();
        let mut rest = code;
        while let Some(at) = rest.find(['"', '/']) {
            left.push_str(&rest[..at]);
            rest = &rest[at..];
            let length = if rest.starts_with("/*") {
                rest.find("*/").expect("a comment ends") + 2
            } else if rest.starts_with("//") {
                rest.find('\n').expect("a line ends")
            } else {
                let mut is_escaped = false;
                let end = rest[1..].find(|it| {
                    let is_end = it == '"' && !is_escaped;
                    is_escaped = it == '\\' && !is_escaped;
                    is_end
                });
                end.expect("a text ends") + 2
            };
            rest = &rest[length..];
        }
        left + rest
    }

    #[test]
    fn hostile_names_are_names_and_nothing_else() {
        let document = samples::hostile();
        let options = Options { command: "a\u{2028}b\nc".to_owned(), ..Options::default() };
        let made = module(&document, &options).expect("it has the namespace");
        samples::is_as_in("hostile.ts", &made);
        for name in document.namespaces.keys() {
            let options = Options { namespace: name.clone(), ..options.clone() };
            assert!(module(&document, &options).is_ok_and(|made| made.contains("interface ")));
        }
        let Script { module, declarations } =
            script(&document, &options, "hostile_script").expect("it has the namespace");
        samples::is_as_in("hostile_script.js", &module);
        samples::is_as_in("hostile_script.d.ts", &declarations);
    }
}
