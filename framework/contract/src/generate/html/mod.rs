//! A contract as a page to read.
//!
//! It must be one file that needs nothing else: no script, no font, no other host. Whatever it shows is
//! escaped.

mod escape;
mod events;
mod types;

use std::fmt::Write;

use self::{
    escape::{anchor, text},
    events::{code, size, span},
    types::Types,
};
use crate::document::{Document, NamespaceContract, RoomContract};

/// The page. What is in `extra_head` and `extra_body` stands at the end of each as it is: it is for what
/// comes with the page, such as a playground, and nothing that anybody else has written.
///
/// Each event is an `<article>` with `data-kind` (`up`, `down`, `ask`), `data-namespace` and `data-event`.
///
/// ```
/// use salon_contract::{document::Document, generate::html};
///
/// let document: Document = serde_json::from_str(r#"{
///     "salon_contract": 1, "hash": "7f3a09c1", "schemas": {},
///     "namespaces": { "/": { "ask": {}, "rooms": {}, "down": {}, "up": {
///         "<count>": { "payload": { "carries": "nothing" }, "reply": { "value": { "type": "integer" } } }
///     } } }
/// }"#)?;
/// let page = html::page(&document, "", "<script>playground()</script>");
/// assert!(page.contains("&lt;count&gt;") && !page.contains("<count>"));
/// assert!(page.ends_with("<script>playground()</script></body>\n</html>\n"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn page(document: &Document, extra_head: &str, extra_body: &str) -> String {
    let mut types = Types::new(document);
    let mut main = String::new();
    for (name, namespace) in &document.namespaces {
        main += &section(&mut types, name, namespace);
    }
    main += &all_types(&mut types);
    let hash = text(&document.hash);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>Contract {hash}</title>\n\
         <style>\n{}</style>\n{extra_head}</head>\n<body>\n<header>\n<h1>Contract</h1>\n\
         <p><code>{hash}</code></p>\n</header>\n<div class=\"sides\">\n{}<main>\n{main}</main>\n</div>\n\
         {extra_body}</body>\n</html>\n",
        include_str!("page.css"),
        contents(document),
    )
}

/// The list of everything.
fn contents(document: &Document) -> String {
    let mut made = "<nav aria-label=\"Contents\">\n".to_owned();
    let mut group = |title: &str, kind: &str, namespace: &str, names: Vec<&String>| {
        if names.is_empty() {
            return;
        }
        let items = names.into_iter().map(|name| {
            let anchor = anchor(&[kind, namespace, name]);
            format!("<li><a href=\"#{anchor}\">{}</a></li>\n", text(name))
        });
        let items: String = items.collect();
        // To write to a text cannot fail.
        let _ = writeln!(made, "<h3>{title}</h3>\n<ul>\n{items}</ul>");
    };
    for (name, of) in &document.namespaces {
        let title =
            if document.namespaces.len() > 1 { format!(", {}", code(name)) } else { String::new() };
        group(&format!("Rooms{title}"), "room", name, of.rooms.keys().collect());
        group(&format!("Clients send{title}"), "up", name, sent(of));
        group(&format!("The server sends{title}"), "down", name, of.down.keys().collect());
        group(&format!("The server asks{title}"), "ask", name, of.ask.keys().collect());
    }
    if !document.schemas.is_empty() {
        let items = document.schemas.keys().map(|name| {
            format!("<li><a href=\"#{}\">{}</a></li>\n", anchor(&["type", name]), text(name))
        });
        let items: String = items.collect();
        let _ =
            writeln!(made, "<details>\n<summary>Types</summary>\n<ul>\n{items}</ul>\n</details>");
    }
    made + "</nav>\n"
}

/// The names of what clients send, typed or not.
fn sent(namespace: &NamespaceContract) -> Vec<&String> {
    let untyped = namespace.untyped.iter().filter(|name| !namespace.up.contains_key(*name));
    let mut names: Vec<&String> = namespace.up.keys().chain(untyped).collect();
    names.sort();
    names.dedup();
    names
}

fn section(types: &mut Types<'_>, name: &str, namespace: &NamespaceContract) -> String {
    let mut made = format!(
        "<section id=\"{}\">\n<h2>Namespace {}</h2>\n",
        anchor(&["namespace", name]),
        code(name)
    );
    let mut group = |title: &str, articles: Vec<String>| {
        if !articles.is_empty() {
            let _ = writeln!(made, "<h3>{title}</h3>\n{}", articles.concat());
        }
    };
    let rooms = namespace.rooms.iter().map(|(kind, it)| room(types, name, kind, it));
    group("Rooms", rooms.collect());
    let ups = sent(namespace).into_iter().map(|event| match namespace.up.get(event) {
        Some(up) => events::up(types, name, event, up),
        None => events::untyped(name, event),
    });
    group("Clients send", ups.collect());
    let downs = namespace.down.iter().map(|(event, it)| events::down(types, name, event, it));
    group("The server sends", downs.collect());
    let asks = namespace.ask.iter().map(|(event, it)| events::ask(types, name, event, it));
    group("The server asks", asks.collect());
    made + "</section>\n"
}

fn room(types: &mut Types<'_>, namespace: &str, name: &str, room: &RoomContract) -> String {
    let anchor = anchor(&["room", namespace, name]);
    let mut made =
        format!("<article id=\"{anchor}\">\n<h4><a href=\"#{anchor}\">{}</a></h4>\n", text(name));
    if let Some(presence) = &room.presence {
        let _ = writeln!(
            made,
            "<p><b>Members see</b> of each other {}</p>",
            types.line(presence.meta.as_ref())
        );
    }
    match room.history {
        Some(history) => {
            let age = history.age_ms.map(|age| format!(", none older than {}", span(age)));
            let durable = if room.durable { ", also when the server starts again" } else { "" };
            let _ = writeln!(
                made,
                "<p><b>Keeps</b> the last {} events, of {} in all{}{durable}</p>",
                history.events,
                size(history.bytes),
                age.unwrap_or_default()
            );
        }
        None => made += "<p><b>Keeps</b> nothing: what is missed is gone</p>\n",
    }
    made + "</article>\n"
}

fn all_types(types: &mut Types<'_>) -> String {
    let document = types.document;
    if document.schemas.is_empty() {
        return String::new();
    }
    let mut made = "<section id=\"types\">\n<h2>Types</h2>\n".to_owned();
    for (name, schema) in &document.schemas {
        let anchor = anchor(&["type", name]);
        let _ = writeln!(
            made,
            "<article id=\"{anchor}\">\n<h4><a href=\"#{anchor}\">{}</a></h4>\n{}</article>",
            text(name),
            types.whole(schema)
        );
    }
    made + "</section>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::samples;

    #[test]
    fn a_contract_can_be_read() {
        samples::is_as_in("chat.html", &page(&samples::chat(), "", ""));
    }

    #[test]
    fn every_link_leads_to_one_place() {
        for document in [samples::chat(), samples::shapes(), samples::hostile()] {
            let page = page(&document, "", "");
            for link in page.split("href=\"#").skip(1) {
                let (place, _) = link.split_once('"').expect("it is in quotes");
                let places = page.matches(&format!("id=\"{place}\"")).count();
                assert_eq!(places, 1, "{place} is not there once");
            }
        }
    }

    #[test]
    fn nothing_in_a_contract_is_more_than_text() {
        let page = page(&samples::hostile(), "", "");
        // The only tags are those of the page itself.
        let known = [
            "!DOCTYPE", "a", "article", "b", "body", "code", "details", "div", "h1", "h2", "h3",
            "h4", "head", "header", "html", "i", "li", "main", "meta", "nav", "p", "section",
            "style", "summary", "table", "tbody", "td", "th", "thead", "title", "tr", "ul",
        ];
        for tag in page.split('<').skip(1) {
            let name = tag.trim_start_matches('/').split([' ', '>']).next().unwrap_or_default();
            assert!(known.contains(&name), "<{tag}");
        }
    }
}
