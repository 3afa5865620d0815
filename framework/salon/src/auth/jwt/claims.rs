//! All claims of a token, for an application without a type of its own for them.
//!
//! It must never show their values in a log.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, MapAccess, Visitor},
};
use serde_json::{Map, Value};

use crate::base::excerpt::excerpt;

/// All claims of a token, by their names.
///
/// ```
/// use salon::auth::jwt::Claims;
///
/// let claims: Claims = serde_json::from_str(r#"{ "sub": "user-7", "level": 3 }"#)?;
/// assert_eq!(claims.text("sub"), Some("user-7"));
/// assert_eq!(claims.get::<u32>("level"), Some(3));
/// assert_eq!(claims.get::<u32>("sub"), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// A claim, if it is there and fits `T`.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.0.get(name)?).ok()
    }

    /// A claim, if it is there and a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

/// Each name once (RFC 7519, section 4): of two claims `sub`, two programs may believe one each.
pub(super) struct Listed {
    pub(super) claims: Claims,
    /// A name that is there twice.
    pub(super) duplicate: Option<String>,
}

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;

        impl<'de> Visitor<'de> for Names {
            type Value = Listed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of claims")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Listed, A::Error> {
                let mut listed = Listed { claims: Claims::default(), duplicate: None };
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    let shown = excerpt(&name);
                    if listed.claims.0.insert(name, value).is_some() {
                        listed.duplicate = Some(shown);
                    }
                }
                Ok(listed)
            }
        }

        deserializer.deserialize_map(Names)
    }
}

impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Listed { claims, duplicate } = Listed::deserialize(deserializer)?;
        match duplicate {
            None => Ok(claims),
            Some(name) => Err(D::Error::custom(format_args!("there are two claims {name:?}"))),
        }
    }
}

/// Without their values.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Claims").field(&self.0.keys().collect::<Vec<_>>()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_that_is_there_twice_is_refused() {
        let error = serde_json::from_str::<Claims>(r#"{"sub":"a","sub":"a"}"#).unwrap_err();
        assert!(error.to_string().contains(r#"two claims "sub""#), "{error}");
    }

    #[test]
    fn values_are_not_shown() {
        let claims: Claims = serde_json::from_str(r#"{"mail":"ada@example.com"}"#).unwrap();
        assert_eq!(format!("{claims:?}"), r#"Claims(["mail"])"#);
    }
}
