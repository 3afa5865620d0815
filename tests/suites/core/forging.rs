//! Whatever a client chooses stands in the log on one line, escaped and bounded.

use salon::{
    Namespace, Salon,
    prelude::*,
    testing::{Lab, Wire},
};

/// What would be a line of its own, and a colour.
const FORGED: &str = "x\n\u{1b}[31m ERROR forged\r\u{2028}\u{202e}";

#[derive(Serialize, Deserialize, Event)]
#[event("enter", room = Den(key), join)]
struct Enter {
    key: String,
    how: String,
}

#[derive(Serialize, Deserialize, Event)]
#[event("tell")]
struct Tell(String);

struct Desk;

impl Session for Desk {
    type Identity = ();
    type Events = (Tell,);
    type Sends = ();

    fn connect(_: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Tell> for Desk {
    fn on(&mut self, Tell(text): Tell, cx: &mut SessionContext<Self>) -> Result<(), Refusal> {
        // Whatever the app does with it: its causes, its own codes and words, names.
        drop(Refusal::internal(&text));
        cx.namespace().emit_named(format!("salon:{text}"), ());
        Err(Refusal::other(text.clone(), text))
    }
}

struct Den;

impl Room for Den {
    const NAME: &'static str = "den";
    type Key = String;
    type Identity = ();
    type Events = (Enter,);
    type Sends = ();

    fn open(key: &String, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        match key.starts_with("closed") {
            true => Err(Refusal::other("closed", key.clone())),
            false => Ok(Self),
        }
    }
}

impl On<Enter> for Den {
    fn on(&mut self, enter: Enter, cx: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        match &*enter.how {
            "panic" => panic!("a panic of the room"),
            "evict" => cx.evict_because(cx.sender(), Refusal::other("out", enter.key)),
            _ => {}
        }
        Ok(())
    }
}

fn salon() -> Salon {
    let halls = Namespace::pattern("/hall{name}").on_any(|_, event| {
        if event.name.contains("panic") {
            panic!("a panic of the handler");
        }
    });
    let builder = Salon::builder().session::<Desk>().room::<Den>().namespace(halls);
    builder.build().expect("a Salon")
}

#[salon::test]
async fn no_client_writes_a_line_of_its_own() {
    for wire in Wire::ALL {
        let lab = Lab::new(salon()).await;
        let long = FORGED.repeat(1_000);
        let client = lab.visitor().wire(wire).connect().await?;
        for key in [FORGED.to_owned(), format!("closed{FORGED}")] {
            for how in ["stay", "panic", "evict"] {
                let enter = Enter { key: key.clone(), how: how.to_owned() };
                // Most of them are refused.
                let _ = client.send(enter).await;
            }
        }
        for text in [FORGED, &long] {
            assert!(client.send(Tell(text.to_owned())).await.is_err());
            client.emit(Tell(text.to_owned()));
            client.emit_named(text, (1,));
        }
        let namespace = format!("/hall{FORGED}");
        let hall = lab.visitor().wire(wire).namespace(&namespace).connect().await?;
        hall.emit_named(FORGED, ());
        hall.emit_named(&format!("panic{FORGED}"), ());
        for unknown in [FORGED, "/unknown\n"] {
            let refused = lab.visitor().wire(wire).namespace(unknown).connect().await;
            assert!(refused.is_err(), "it does not exist");
        }
        lab.settle().await;
        let transcript = lab.transcript();
        let mut forged = 0;
        for line in transcript.traced() {
            let odd = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{202e}');
            assert!(!line.contains(odd), "over {wire:?}: {line:?}");
            assert!(line.len() < 8_000, "over {wire:?}: {}", line.len());
            forged += usize::from(line.contains("forged"));
        }
        assert!(forged > 10, "{forged} lines have something of it over {wire:?}");
    }
}
