//! What people type: names, and lines of chat.

use multiplayer_lobby::text::{Name, Text};

fn name(text: &str) -> Result<Name, String> {
    text.to_owned().try_into()
}

#[test]
fn names_are_what_people_are_called() {
    for fits in
        ["Ada", " Ada ", "李", "Zoë", "ÄÖÜ", "👩\u{200d}🚀", "👩🏽\u{200d}🚀", "❤\u{fe0f}", "7", "?"]
    {
        assert_eq!(name(fits).expect(fits).to_string(), fits.trim());
    }
    for length in [24, 25] {
        assert_eq!(name(&"ß".repeat(length)).is_ok(), length == 24, "{length}");
    }
}

#[test]
fn what_cannot_be_seen_or_turns_round_what_is_beside_it_is_refused() {
    for hidden in [
        "",
        " ",
        "\u{200b}",
        "\u{ad}",
        "\u{feff}",
        "\u{2060}",
        "\u{3164}",
        "\u{2800}",
        "\u{301}",
        "\u{200d}",
        "A\u{200d}da",
        "👩\u{200d}",
        "\u{200d}🚀",
        "👩\u{200d}\u{200d}🚀",
        "a\u{202e}b",
        "a\u{2066}b",
        "a\u{2028}b",
        "a\u{2029}b",
        "a\nb",
        "a\u{7}b",
        "a\u{e0041}b",
    ] {
        assert!(name(hidden).is_err(), "{hidden:?}");
        assert!(Text::<280>::try_from(hidden.to_owned()).is_err(), "{hidden:?}");
    }
}
