//! A type of TypeScript.
//!
//! It must be simple when it is made: no union in a union, and nothing beside `unknown` or `never` that
//! they make needless.

/// A type of TypeScript.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::generate) enum Type {
    /// Anything.
    Unknown,
    /// Nothing that there is.
    Never,
    /// One of the language's own: `string`, `void`.
    Plain(&'static str),
    /// Any other text than those that are named beside it: editors go on to propose these.
    OtherText,
    /// One value, as it is written.
    Literal(String),
    /// One that is declared elsewhere, by the name of its schema.
    Reference(String),
    /// One of several.
    Union(Vec<Self>),
    /// All of several.
    Intersection(Vec<Self>),
    /// A list of any length.
    List(Box<Self>),
    /// A list with a type for each place; of the last ones some may be missing.
    Tuple {
        /// Of each place.
        places: Vec<Self>,
        /// How many of them are always there.
        least: usize,
        /// What may follow.
        rest: Option<Box<Self>>,
    },
    /// An object.
    Object {
        /// What is known of its fields.
        fields: Vec<Field>,
        /// What the others are, if there may be others.
        rest: Option<Box<Self>>,
    },
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::generate) struct Field {
    /// Its name, as it is written.
    pub(in crate::generate) key: String,
    /// Whether it may be missing.
    pub(in crate::generate) is_optional: bool,
    /// What it is.
    pub(in crate::generate) of: Type,
    /// What is to be said of it, line by line.
    pub(in crate::generate) words: Vec<String>,
}

impl Field {
    /// One that is always there.
    pub(super) fn new(key: impl Into<String>, of: Type) -> Self {
        Self { key: key.into(), is_optional: false, of, words: Vec::new() }
    }
}

impl Type {
    /// One of these.
    pub(super) fn union(of: impl IntoIterator<Item = Self>) -> Self {
        let mut types = Vec::new();
        for each in of {
            match each {
                Self::Never => {}
                Self::Union(inner) => inner.into_iter().for_each(|it| add(&mut types, it)),
                each => add(&mut types, each),
            }
        }
        if types.contains(&Self::Unknown) {
            return Self::Unknown;
        }
        // What may be nothing says so last.
        if let Some(at) = types.iter().position(|it| *it == Self::Plain("null")) {
            let null = types.remove(at);
            types.push(null);
        }
        match types.len() {
            0 => Self::Never,
            1 => types.remove(0),
            _ => Self::Union(types),
        }
    }

    /// All of these.
    pub(super) fn intersection(of: impl IntoIterator<Item = Self>) -> Self {
        let mut types = Vec::new();
        for each in of {
            match each {
                Self::Unknown => {}
                Self::Never => return Self::Never,
                Self::Intersection(inner) => inner.into_iter().for_each(|it| add(&mut types, it)),
                each => add(&mut types, each),
            }
        }
        match types.len() {
            0 => Self::Unknown,
            1 => types.remove(0),
            _ => Self::Intersection(types),
        }
    }

    /// A value as a type.
    pub(super) fn literal(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Plain("null"),
            Value::Array(list) => {
                let places: Vec<Self> = list.iter().map(Self::literal).collect();
                Self::Tuple { least: places.len(), places, rest: None }
            }
            Value::Object(object) => {
                let mut fields: Vec<Field> = object
                    .iter()
                    .map(|(key, value)| Field::new(super::names::key(key), Self::literal(value)))
                    .collect();
                fields.sort_by(|one, other| one.key.cmp(&other.key));
                Self::Object { fields, rest: None }
            }
            Value::String(text) => Self::Literal(super::names::quoted(text)),
            value => Self::Literal(value.to_string()),
        }
    }

    /// Whether it is texts that are named, one by one.
    pub(super) fn is_texts(&self) -> bool {
        match self {
            Self::Literal(text) => text.starts_with('"'),
            Self::Union(of) => of.iter().all(|it| *it == Self::Plain("null") || it.is_texts()),
            _ => false,
        }
    }
}

fn add(types: &mut Vec<Type>, one: Type) {
    if !types.contains(&one) {
        types.push(one);
    }
}
