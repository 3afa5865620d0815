//! UTF-8 that comes in parts, refused as soon as no continuation could make it valid.
//!
//! It must never keep the text: three bytes of an unfinished character are all it holds.

use std::str;

/// Checks a text part by part.
#[derive(Clone, Debug, Default)]
pub(super) struct Utf8Checker {
    /// The beginning of a character whose end has not come.
    unfinished: [u8; 4],
    length: usize,
}

impl Utf8Checker {
    /// Takes the next part; false if the text can no longer become valid.
    pub(super) fn push(&mut self, mut part: &[u8]) -> bool {
        while self.length > 0 {
            let Some((&byte, rest)) = part.split_first() else { return true };
            part = rest;
            self.unfinished[self.length] = byte;
            self.length += 1;
            match str::from_utf8(&self.unfinished[..self.length]) {
                Ok(_) => self.length = 0,
                // Four bytes are never an unfinished character, so `length` stays below the array's.
                Err(error) if error.error_len().is_some() => return false,
                Err(_) => {}
            }
        }
        match str::from_utf8(part) {
            Ok(_) => true,
            Err(error) if error.error_len().is_some() => false,
            Err(error) => {
                let tail = &part[error.valid_up_to()..];
                self.unfinished[..tail.len()].copy_from_slice(tail);
                self.length = tail.len();
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Utf8Checker;

    #[test]
    fn a_valid_text_may_be_cut_anywhere() {
        let text = "κόσμε €𐍈".as_bytes();
        for cut in 0..=text.len() {
            for second in cut..=text.len() {
                let mut checker = Utf8Checker::default();
                assert!(checker.push(&text[..cut]));
                assert!(checker.push(&text[cut..second]));
                assert!(checker.push(&text[second..]));
                assert_eq!(checker.length, 0);
            }
        }
    }

    #[test]
    fn an_impossible_byte_is_refused_at_once() {
        // A surrogate, a code point beyond the last, and an overlong form.
        for (good, bad) in [([0xed], 0xa0), ([0xf4], 0x90), ([0xe0], 0x80)] {
            let mut checker = Utf8Checker::default();
            assert!(checker.push(&good));
            assert!(!checker.push(&[bad]));
        }
    }
}
