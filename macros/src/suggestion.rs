//! “Did you mean”: the name nearest to a misspelt one.
//!
//! It must stay silent when nothing is near: a far-fetched suggestion costs more than none.

/// The beginning of a help text: the name among `known` that `word` was probably meant to be, or
/// nothing.
pub(crate) fn did_you_mean(word: &str, known: &[impl AsRef<str>]) -> String {
    closest(word, known).map(|name| format!("did you mean `{name}`? ")).unwrap_or_default()
}

/// The nearest of `known` names, unless more than a third of the word would have to change.
pub(crate) fn closest<'a>(word: &str, known: &'a [impl AsRef<str>]) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().collect();
    let limit = (word.len() / 3).max(1);
    known
        .iter()
        .map(AsRef::as_ref)
        .map(|name| (distance(&word, &name.to_lowercase().chars().collect::<Vec<_>>()), name))
        // A word of one letter is one change away from every other.
        .filter(|&(changes, name)| changes <= limit && changes < name.chars().count())
        .min_by_key(|&(changes, _)| changes)
        .map(|(_, name)| name)
}

/// How many letters to insert, remove, replace or swap with their neighbour to get from one word
/// to the other (optimal string alignment).
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before_last = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let replaced = last[j] + usize::from(a != b);
            let mut changes = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                let swapped: &Vec<usize> = &before_last;
                changes = changes.min(swapped[j - 1] + 1);
            }
            row.push(changes);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: [&str; 4] = ["reply", "rate", "room", "volatile"];

    #[test]
    fn counts_insertions_removals_replacements_and_swaps() {
        let changes = |from: &str, to: &str| {
            distance(&from.chars().collect::<Vec<_>>(), &to.chars().collect::<Vec<_>>())
        };
        assert_eq!(changes("", "rate"), 4);
        assert_eq!(changes("rate", "rate"), 0);
        assert_eq!(changes("rat", "rate"), 1);
        assert_eq!(changes("ratee", "rate"), 1);
        assert_eq!(changes("rite", "rate"), 1);
        assert_eq!(changes("raet", "rate"), 1);
        assert_eq!(changes("kitten", "sitting"), 3);
    }

    #[test]
    fn finds_what_was_meant() {
        assert_eq!(closest("volatil", &OPTIONS), Some("volatile"));
        assert_eq!(closest("VOLATILE", &OPTIONS), Some("volatile"));
        assert_eq!(closest("rom", &OPTIONS), Some("room"));
        assert_eq!(closest("reyply", &OPTIONS), Some("reply"));
    }

    #[test]
    fn is_silent_when_nothing_is_near() {
        assert_eq!(closest("throttle", &OPTIONS), None);
        assert_eq!(closest("x", &["y"]), None);
        assert_eq!(did_you_mean("throttle", &OPTIONS), "");
    }
}
