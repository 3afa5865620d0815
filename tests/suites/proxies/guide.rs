//! What the guide tells people to set, out of its page.
//!
//! It must never have a text of its own: what is tested is what is shown.

use salon_tests::Result;

const PAGE: &str = include_str!("../../../framework/salon/guide/plain_protocol.md");

/// The section on proxies: its block of that language.
pub(crate) fn block(language: &str) -> Result<&'static str> {
    let (_, section) = PAGE.split_once("\n## Behind a proxy\n").ok_or("the guide's section")?;
    let (section, _) = section.split_once("\n## ").unwrap_or((section, ""));
    let start = format!("\n```{language}\n");
    let (_, block) = section.split_once(&start).ok_or_else(|| format!("a block of {language}"))?;
    Ok(block.split_once("```").ok_or("the end of a block")?.0)
}

/// The text with each of these replaced; each has to be in it.
pub(crate) fn filled_in(text: &str, replaced: &[(&str, &str)]) -> Result<String> {
    replaced.iter().try_fold(text.to_owned(), |text, (shown, used)| {
        if text.contains(shown) {
            Ok(text.replace(shown, used))
        } else {
            Err(format!("the guide does not say `{shown}` any more: {text}").into())
        }
    })
}
