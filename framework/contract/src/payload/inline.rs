//! Bytes within JSON, as base64 text, in the places of those that stand for attachments.
//!
//! It must never be asked where there are none: then the text is the form already.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Payload, Value};

impl Payload {
    /// What it carries as JSON, in which its attachments are base64 text (RFC 4648, section 4); nothing
    /// if it is no JSON, or a placeholder in it stands for none of them.
    ///
    /// ```
    /// use salon::Payload;
    ///
    /// let values = r#"{"image":{"_placeholder":true,"num":0}},[7]"#;
    /// let payload = Payload::from_parts(values.into(), vec![vec![1, 2, 3].into()]);
    /// assert_eq!(payload.inlined().as_deref(), Some(r#"{"image":"AQID"},[7]"#));
    /// ```
    #[must_use]
    pub fn inlined(&self) -> Option<String> {
        let mut json = String::with_capacity(self.json().len());
        for (index, value) in self.values().ok()?.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            write(value, &mut json)?;
        }
        Some(json)
    }
}

fn write(value: &Value, json: &mut String) -> Option<()> {
    match value {
        Value::Binary(bytes) => {
            json.push('"');
            STANDARD.encode_string(&**bytes, json);
            json.push('"');
        }
        Value::Array(values) => {
            json.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                write(value, json)?;
            }
            json.push(']');
        }
        Value::Object(entries) => {
            json.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                json.push_str(&serde_json::to_string(key).ok()?);
                json.push(':');
                write(value, json)?;
            }
            json.push('}');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            json.push_str(&serde_json::to_string(value).ok()?);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn inline(json: &str) -> Option<String> {
        let attachments = vec![Bytes::from_static(&[1, 2, 3]), Bytes::new()];
        Payload::from_parts(json.to_owned().into(), attachments).inlined()
    }

    #[test]
    fn placeholders_become_text_and_all_else_stays() {
        let same = r#"null,true,-7,18446744073709551615,1.5,"a\"\\","é",[],{},[{"num":0}]"#;
        assert_eq!(inline(same).as_deref(), Some(same));
        let image = r#"{"_placeholder":true,"num":0}"#;
        let listed = format!(r#"{image},[{{"b": {image} }},{{"num":1,"_placeholder":true}}]"#);
        assert_eq!(inline(&listed).as_deref(), Some(r#""AQID",[{"b":"AQID"},""]"#));
    }

    #[test]
    fn an_object_that_stands_for_nothing_stays_and_one_that_should_has_no_form() {
        let stays = r#"{"_placeholder":false,"num":0}"#;
        assert_eq!(inline(stays).as_deref(), Some(stays));
        for wrong in [
            r#"{"_placeholder":true,"num":2}"#,
            r#"{"_placeholder":true,"num":"0"}"#,
            r#"{"_placeholder":true}"#,
        ] {
            assert_eq!(inline(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_json_has_no_form() {
        for json in ["[", "nul", "\"\u{1}\""] {
            assert_eq!(inline(json), None, "{json}");
        }
        assert_eq!(inline("").as_deref(), Some(""));
    }
}
