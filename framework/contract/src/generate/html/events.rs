//! Events in a page.
//!
//! It must say of each what whoever sends it or waits for it has to know, and no more.

use super::{
    escape::{anchor, paragraphs, text},
    types::Types,
};
use crate::document::{
    Ask, Carries, Down, LossContract, PayloadContract, RateContract, ReplyContract, SentBy, Up,
};

/// What clients send.
pub(super) fn up(types: &mut Types<'_>, namespace: &str, name: &str, up: &Up) -> String {
    let mut marks = Vec::new();
    if let Some(room) = &up.room {
        let room = code(room);
        marks.push(match up.by {
            Some(SentBy::Join) => format!("joins the room {room}"),
            Some(SentBy::Anyone) => format!("to the room {room}, by anyone"),
            _ => format!("to the room {room}, by members"),
        });
    }
    marks.extend(up.key.as_ref().map(|key| format!("the room’s key is {}", code(key))));
    match &up.permission {
        Some(permission) => marks.push(format!("needs the permission {}", code(permission))),
        None if up.auth => marks.push("needs an identity".to_owned()),
        None => {}
    }
    marks.extend(up.rate.map(rate));
    marks.extend(up.once.as_ref().map(|once| format!("handled once for each {}", code(once))));
    let mut body = marked(&marks)
        + &carried(types, up.description.as_deref(), &up.payload)
        + &replied(types, "Reply", &up.reply);
    if let Some(codes) = up.refusals.as_ref().filter(|codes| !codes.is_empty()) {
        let codes = codes.iter().map(|refusal| code(refusal)).collect::<Vec<_>>().join(", ");
        body += &format!(
            "<p class=\"refusals\"><b>Refused as</b> {codes}, or by a code of Salon’s own</p>\n"
        );
    }
    article(("up", namespace, name), &body)
}

/// What has a handler without types.
pub(super) fn untyped(namespace: &str, name: &str) -> String {
    article(("up", namespace, name), "<p>Anything may be sent and answered: it has no types.</p>\n")
}

/// What the server sends.
pub(super) fn down(types: &mut Types<'_>, namespace: &str, name: &str, down: &Down) -> String {
    let mut marks: Vec<String> =
        down.rooms.iter().map(|room| format!("from the room {}", code(room))).collect();
    if down.session {
        marks.push("to one session".to_owned());
    }
    marks.extend(match down.loss {
        LossContract::Nothing => None,
        LossContract::Volatile => Some("may be missed by slow clients".to_owned()),
        LossContract::Latest => Some("slow clients get the newest".to_owned()),
        LossContract::Oldest(most) => {
            Some(format!("slow clients miss the oldest of more than {most}"))
        }
        LossContract::Newest(most) => {
            Some(format!("slow clients miss the newest of more than {most}"))
        }
    });
    marks.extend(down.throttle_ms.map(|time| format!("once in {} at most", span(time))));
    marks.extend(
        down.acked_ms
            .map(|time| format!("sent again after {}, until it is acknowledged", span(time))),
    );
    let body = marked(&marks) + &carried(types, down.description.as_deref(), &down.payload);
    article(("down", namespace, name), &body)
}

/// What the server asks.
pub(super) fn ask(types: &mut Types<'_>, namespace: &str, name: &str, ask: &Ask) -> String {
    let body = carried(types, ask.description.as_deref(), &ask.payload)
        + &replied(types, "Answer", &ask.reply);
    article(("ask", namespace, name), &body)
}

fn article((kind, namespace, name): (&str, &str, &str), body: &str) -> String {
    let anchor = anchor(&[kind, namespace, name]);
    format!(
        "<article id=\"{anchor}\" data-kind=\"{kind}\" data-namespace=\"{}\" data-event=\"{}\">\n\
         <h4><a href=\"#{anchor}\">{}</a></h4>\n{body}</article>\n",
        text(namespace),
        text(name),
        text(name),
    )
}

/// What it carries, with the words of the event; if it has none, with those of what it carries.
fn carried(types: &mut Types<'_>, description: Option<&str>, payload: &PayloadContract) -> String {
    let words = description.map(paragraphs);
    let body = match (payload.carries, &payload.schema, &words) {
        (Carries::Nothing, ..) => "<p class=\"type\">Carries nothing.</p>\n".to_owned(),
        (_, None, _) => "<p class=\"type\">What it carries is not known.</p>\n".to_owned(),
        (_, Some(schema), Some(_)) => types.body(schema),
        (_, Some(schema), None) => types.whole(schema),
    };
    words.unwrap_or_default() + &body
}

fn replied(types: &mut Types<'_>, what: &str, reply: &ReplyContract) -> String {
    match reply {
        ReplyContract::Nothing => String::new(),
        ReplyContract::Value(schema) => {
            format!("<p class=\"reply\"><b>{what}</b> {}</p>\n", types.line(schema.as_ref()))
        }
    }
}

fn marked(marks: &[String]) -> String {
    if marks.is_empty() {
        return String::new();
    }
    let marks: String = marks.iter().map(|mark| format!("<li>{mark}</li>")).collect();
    format!("<ul class=\"marks\">{marks}</ul>\n")
}

fn rate(rate: RateContract) -> String {
    let per = match rate.per_ms {
        1_000 => "second".to_owned(),
        60_000 => "minute".to_owned(),
        3_600_000 => "hour".to_owned(),
        other => span(other),
    };
    let burst =
        if rate.burst == rate.count { String::new() } else { format!(", {} at once", rate.burst) };
    format!("{} in each {per}{burst}", rate.count)
}

/// A time as people say it.
pub(super) fn span(ms: u64) -> String {
    let units = [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second")];
    let whole = units.into_iter().find(|(unit, _)| ms >= *unit && ms.is_multiple_of(*unit));
    match whole.map(|(unit, name)| (ms / unit, name)) {
        Some((1, name)) => format!("1 {name}"),
        Some((count, name)) => format!("{count} {name}s"),
        None => format!("{ms} ms"),
    }
}

/// A size as people say it.
pub(super) fn size(bytes: usize) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{} {name}", bytes / unit),
        None => format!("{bytes} bytes"),
    }
}

/// A name.
pub(super) fn code(name: &str) -> String {
    format!("<code>{}</code>", text(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_said_as_people_do() {
        let spans = [1, 1_000, 90_000, 3_600_000, 172_800_000].map(span);
        assert_eq!(spans, ["1 ms", "1 second", "90 seconds", "1 hour", "2 days"]);
        assert_eq!([12, 2048, 1 << 20].map(size), ["12 bytes", "2 KiB", "1 MiB"]);
        let limit = |count, per_ms, burst| rate(RateContract { count, per_ms, burst });
        assert_eq!(limit(5, 1_000, 5), "5 in each second");
        assert_eq!(limit(5, 2_000, 9), "5 in each 2 seconds, 9 at once");
    }
}
