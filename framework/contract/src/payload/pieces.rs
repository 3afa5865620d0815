//! Comma-separated JSON values, one at a time.
//!
//! It must never judge the JSON: given something else it yields odd pieces, whose deserialization
//! then fails.

/// The values of a list without its brackets, in order, each without the whitespace around it.
#[derive(Clone, Debug)]
pub(super) struct Pieces<'a> {
    rest: Option<&'a str>,
}

impl<'a> Pieces<'a> {
    /// The values of `json`; none if it is blank.
    pub(super) fn new(json: &'a str) -> Self {
        Self { rest: Some(json).filter(|json| !json.trim().is_empty()) }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest?;
        let piece = match end_of_first(rest) {
            Some(comma) => {
                self.rest = Some(&rest[comma + 1..]);
                &rest[..comma]
            }
            None => {
                self.rest = None;
                rest
            }
        };
        Some(piece.trim())
    }
}

/// Where the comma after the first value is.
fn end_of_first(json: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    json.bytes().position(|byte| {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => return depth == 0,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::Pieces;

    #[test]
    fn commas_within_values_do_not_separate() {
        let json = r#" 1 ,"a,\"b\\",[2,{"c":[3,4]}], {} "#;
        let pieces: Vec<_> = Pieces::new(json).collect();
        assert_eq!(pieces, ["1", r#""a,\"b\\""#, r#"[2,{"c":[3,4]}]"#, "{}"]);
        assert_eq!(Pieces::new("  ").count(), 0);
    }
}
