//! Text that people type.
//!
//! It must never hold what nobody could read on a page: nothing, too much, control characters, or
//! what turns round or hides the text beside it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// One line of 1 to `MAX` characters, without space around it.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String")]
#[schemars(inline)]
pub struct Text<const MAX: usize>(String);

/// What players and lobbies are called.
pub type Name = Text<24>;

/// Makes one picture of two, as of a woman and a rocket; alone it cannot be seen.
const JOINER: char = '\u{200d}';

/// Letters and a symbol that look like a space.
const BLANKS: [char; 5] = ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}'];

impl<const MAX: usize> Text<MAX> {
    /// The first so many characters, as they are to stand within another text.
    #[must_use]
    pub fn shortened(&self, characters: usize) -> String {
        let start: String = self.0.chars().take(characters).collect();
        start.trim_end_matches(JOINER).trim_end().to_owned()
    }
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim();
        let fits = (1..=MAX).contains(&text.chars().count());
        if fits && text.contains(is_visible) && all_are_allowed(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("write 1 to {MAX} characters on one line, all of which can be seen"))
        }
    }
}

fn is_visible(character: char) -> bool {
    use GeneralCategoryGroup::{Letter, Number, Punctuation, Symbol};
    let group = character.general_category_group();
    matches!(group, Letter | Number | Punctuation | Symbol) && !BLANKS.contains(&character)
}

fn all_are_allowed(text: &str) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let is_allowed = match character.general_category() {
            Control | LineSeparator | ParagraphSeparator => false,
            Format if character == JOINER => {
                before.is_some_and(ends_picture) && characters.peek().is_some_and(begins_picture)
            }
            Format => false,
            _ => true,
        };
        if !is_allowed {
            return false;
        }
        before = Some(character);
    }
    true
}

/// A picture, its colour of skin, or the wish to see it as a picture.
fn ends_picture(character: char) -> bool {
    begins_picture(&character) || matches!(character, '\u{1f3fb}'..='\u{1f3ff}' | '\u{fe0f}')
}

fn begins_picture(character: &char) -> bool {
    character.general_category() == GeneralCategory::OtherSymbol
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
