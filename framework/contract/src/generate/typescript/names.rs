//! Names that TypeScript takes.
//!
//! It must never let two schemas have one name, nor let a name be anything else than a name.

use std::collections::{BTreeMap, BTreeSet};

/// What no type of a contract can be called: words of the language, and what a module of one names itself.
const TAKEN: [&str; 72] = [
    "Array",
    "Contract",
    "Described",
    "any",
    "as",
    "asserts",
    "async",
    "await",
    "bigint",
    "boolean",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "declare",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "arguments",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "infer",
    "instanceof",
    "interface",
    "intrinsic",
    "is",
    "keyof",
    "let",
    "module",
    "namespace",
    "never",
    "new",
    "null",
    "number",
    "object",
    "package",
    "private",
    "protected",
    "public",
    "readonly",
    "return",
    "static",
    "string",
    "super",
    "switch",
    "symbol",
    "this",
    "throw",
    "true",
    "try",
    "type",
    "typeof",
    "undefined",
    "unique",
    "unknown",
    "var",
    "void",
    "while",
];

/// Words that are no name either, but stand where none of a type can.
const TAKEN_BY_VALUES: [&str; 2] = ["with", "yield"];

/// Whether it is a name for a type, and for a value.
pub(super) fn is_name(text: &str) -> bool {
    let is_first = text.chars().next().is_some_and(is_letter);
    is_first
        && text.chars().all(|it| is_letter(it) || it.is_ascii_digit())
        && !TAKEN.contains(&text)
        && !TAKEN_BY_VALUES.contains(&text)
}

/// Letters that Rust and TypeScript agree about: those that are written for no other letter's sake.
fn is_letter(it: char) -> bool {
    let is_mark = ('\u{300}'..'\u{370}').contains(&it);
    it == '_' || it == '$' || (it < '\u{590}' && it.is_alphabetic() && !is_mark)
}

/// A name for each of these, which is its own if it is one.
pub(super) fn for_all<'a>(
    names: impl Iterator<Item = &'a String> + Clone,
    others: &[&str],
) -> BTreeMap<String, String> {
    let is_free = |name: &str| is_name(name) && !others.contains(&name);
    let mut taken: BTreeSet<String> = names.clone().filter(|it| is_free(it)).cloned().collect();
    let mut found = BTreeMap::new();
    for name in names {
        let mut own = name.clone();
        if !is_free(&own) {
            own =
                name.chars().map(|it| if is_name(&format!("_{it}")) { it } else { '_' }).collect();
            if !own.chars().next().is_some_and(is_letter) {
                own.insert(0, '_');
            }
            while !is_free(&own) || taken.contains(&own) {
                own.push('_');
            }
            taken.insert(own.clone());
        }
        found.insert(name.clone(), own);
    }
    found
}

/// What the contract of a namespace is called, if nobody says: `Main` for `/`, `ChatRooms` for `/chat-rooms`.
pub(super) fn of_namespace(namespace: &str) -> String {
    let mut name = String::new();
    for word in namespace.split(|it: char| !is_letter(it) && !it.is_ascii_digit()) {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name.extend(letters);
    }
    if name.is_empty() {
        return "Main".to_owned();
    }
    if is_name(&name) { name } else { format!("Contract{name}") }
}

/// The value that goes with a type: its name in lower camel case.
pub(super) fn value(name: &str) -> String {
    let begin: Vec<char> = name.chars().collect();
    // `HTTPApi` is `httpApi`: the last capital of several begins the next word.
    let capitals = begin.iter().take_while(|it| it.is_uppercase()).count();
    let lowered = match capitals {
        0 | 1 => capitals,
        all if all == begin.len() => all,
        several if begin[several].is_alphabetic() => several - 1,
        several => several,
    };
    let lower: String = begin[..lowered]
        .iter()
        .flat_map(|it| it.to_lowercase())
        .chain(begin[lowered..].iter().copied())
        .collect();
    if lower == name || !is_name(&lower) { format!("{lower}Contract") } else { lower }
}

/// The name of a field, as it is written.
pub(in crate::generate) fn key(name: &str) -> String {
    let is_plain = |it: char| it == '_' || it == '$' || it.is_ascii_alphanumeric();
    let is_first = name.chars().next().is_some_and(|first| !first.is_ascii_digit());
    if is_first && name.chars().all(is_plain) { name.to_owned() } else { quoted(name) }
}

/// A text, as it is written.
pub(in crate::generate) fn quoted(text: &str) -> String {
    // In a comment nothing must end it; in a page of HTML, no script.
    serde_json::Value::from(text).to_string().replace("*/", r"*\/").replace("</", r"<\/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_schema_has_a_name_of_its_own_that_is_one() {
        let names = ["Join", "a b", "a-b", "string", "9", "Größe", "", "Main", "List<Join>"];
        let names: BTreeSet<String> = names.into_iter().map(str::to_owned).collect();
        let found = for_all(names.iter(), &["Main"]);
        assert_eq!(found["Join"], "Join");
        assert_eq!(found["Größe"], "Größe");
        assert_eq!(found["string"], "string_");
        assert_eq!((&*found["a b"], &*found["a-b"]), ("a_b", "a_b_"));
        assert_eq!(found["Main"], "Main_");
        let own: BTreeSet<&String> = found.values().collect();
        assert_eq!(own.len(), names.len());
        assert!(own.into_iter().all(|name| is_name(name)));
    }

    #[test]
    fn a_contract_is_called_as_its_namespace() {
        for (namespace, name, lower) in [
            ("/", "Main", "main"),
            ("/admin", "Admin", "admin"),
            ("/chat-rooms/v2", "ChatRoomsV2", "chatRoomsV2"),
            ("/HTTPApi", "HTTPApi", "httpApi"),
            ("/9", "Contract9", "contract9"),
            ("/default", "Default", "defaultContract"),
        ] {
            assert_eq!(of_namespace(namespace), name);
            assert_eq!(value(name), lower);
        }
        assert_eq!(value("chat"), "chatContract");
    }

    #[test]
    fn a_field_is_quoted_if_it_has_to_be() {
        assert_eq!(key("room"), "room");
        assert_eq!(key("chat:say"), r#""chat:say""#);
        assert_eq!(key("9"), r#""9""#);
        assert_eq!(key("*/\"</script>"), r#""*\/\"<\/script>""#);
    }
}
