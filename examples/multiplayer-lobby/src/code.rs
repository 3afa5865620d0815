//! What lobbies and matches are called by programs, and by friends who pass a code on.
//!
//! A code must never be easy to guess: whoever knows that of a private lobby may come in.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Letters and digits that nobody mistakes for others; as many as five bits tell apart.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// The key of a lobby: six letters and digits. What a friend types in small letters is the same.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String")]
#[schemars(inline)]
pub struct Code(String);

impl Code {
    /// A new one, one of a thousand million.
    ///
    /// # Errors
    /// If the operating system has no random bytes.
    pub fn draw() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 6];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()))
    }
}

impl TryFrom<String> for Code {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = text.trim().to_ascii_uppercase();
        if text.len() == 6 && text.bytes().all(|byte| ALPHABET.contains(&byte)) {
            Ok(Self(text))
        } else {
            Err("a code has six letters and digits, such as KXQ7PM")
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key of a match: its lobby, and which of the lobby's rounds it is, as `KXQ7PM-1`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline)]
pub struct MatchId {
    /// Whose match it is.
    pub lobby: Code,
    /// From 1.
    pub round: u32,
}

impl TryFrom<String> for MatchId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let wanted = "a match is called by its lobby's code and a number, such as KXQ7PM-1";
        let (lobby, round) = text.split_once('-').ok_or(wanted)?;
        let round = round.parse().map_err(|_| wanted)?;
        Ok(Self { lobby: lobby.to_owned().try_into()?, round })
    }
}

impl From<MatchId> for String {
    fn from(id: MatchId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for MatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.lobby, self.round)
    }
}
