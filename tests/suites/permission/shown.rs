//! What those who decide about a client are shown of it.

use std::sync::{Arc, Mutex};

use salon::{
    Code, Namespace, Salon,
    auth::{
        Authenticated, Authenticator, Authority, Credentials, Grant, Permissions, Question,
        ScopesInClaims,
    },
    prelude::*,
    testing::{Client, Failure, Lab, Wire},
};
use serde_json::{Value, json};

use crate::heard::code;

/// What was seen, by whom.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn note(&self, what: String) {
        self.0.lock().expect("no panic").push(what);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("no panic"))
    }
}

/// Gives everybody the permissions that it presents, and nothing else: no subject, and no end.
struct ByWord(Seen);

#[derive(Deserialize)]
struct Auth {
    #[serde(default)]
    may: String,
}

impl Authenticator for ByWord {
    type Identity = ();

    async fn authenticate(&self, who: Credentials) -> Result<Authenticated<()>, Refusal> {
        let query = who.handshake().query("from").unwrap_or_default();
        self.0.note(format!("authenticator {} {query}", who.namespace()));
        let Auth { may } = who.auth()?;
        let may = who.handshake().query("may").unwrap_or(&may);
        let may: Permissions = may.parse().map_err(Refusal::internal)?;
        Ok(Authenticated::new(()).permissions(may))
    }
}

#[derive(Serialize, Deserialize, Event)]
#[event("garden:dig", permit = "dig")]
struct Dig;

#[derive(Serialize, Deserialize, Event)]
#[event("plot:enter", room = Plot(plot), join, permit = "enter")]
struct Enter {
    plot: u32,
}

struct Gardener;

impl Session for Gardener {
    type Identity = ();
    type Events = (Dig,);
    type Sends = ();

    fn connect(client: &Candidate<'_, ()>) -> Result<Self, Refusal> {
        let auth: Value = client.auth()?;
        let query = client.handshake().query("from").unwrap_or_default();
        let seen = client.data::<Seen>()?;
        seen.note(format!("session {} {query} {}", client.namespace(), auth["may"]));
        Ok(Self)
    }
}

impl On<Dig> for Gardener {
    fn on(&mut self, _: Dig, _: &mut SessionContext<Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

struct Plot;

impl Room for Plot {
    const NAME: &'static str = "plot";
    type Key = u32;
    type Identity = ();
    type Events = (Enter,);
    type Sends = ();

    fn open(_: &u32, _: &mut RoomContext<Self>) -> Result<Self, Refusal> {
        Ok(Self)
    }
}

impl On<Enter> for Plot {
    fn on(&mut self, _: Enter, _: &mut EventContext<'_, Self>) -> Result<(), Refusal> {
        Ok(())
    }
}

/// Grants what the permissions say that the session came with.
struct ByPermissions(Seen);

impl Authority for ByPermissions {
    type Identity = ();

    async fn decide(&self, question: Question<()>) -> Result<Grant, Refusal> {
        let (permission, room) = (question.permission(), question.room());
        self.0.note(format!("authority {permission} {room:?}"));
        match question.permissions().allows(permission, room) {
            true => Ok(Grant::standing()),
            false => Err(Refusal::forbidden("it is not among yours")),
        }
    }
}

async fn come(lab: &Lab, wire: Wire, namespace: &str, may: &str) -> Result<Client, Failure> {
    let visitor = lab.visitor().wire(wire).namespace(namespace).query("from", "afar");
    Ok(visitor.auth(json!({ "may": may })).connect().await?)
}

#[salon::test]
async fn whoever_decides_about_a_client_is_shown_whom_it_is_about_and_what_it_wants() {
    for wire in Wire::ALL {
        let seen = Seen::default();
        let garden = Namespace::new("/garden")
            .authenticate(ByWord(seen.clone()))
            .authority(ByPermissions(seen.clone()))
            .session::<Gardener>()
            .room::<Plot>();
        let lab = Lab::new(Salon::builder().namespace(garden).data(seen.clone()).build()?).await;
        let ada = come(&lab, wire, "/garden", "dig plot:*:enter").await?;
        let came = ["authenticator /garden afar", r#"session /garden afar "dig plot:*:enter""#];
        assert_eq!(seen.take(), came, "{wire:?}");
        ada.send(Dig).await?;
        ada.send(Enter { plot: 7 }).await?;
        let asked = ["authority dig None", r#"authority enter Some("plot:7")"#];
        assert_eq!(seen.take(), asked, "{wire:?}");
        let ben = come(&lab, wire, "/garden", "plot:8:enter").await?;
        assert_eq!(code(ben.send(Dig).await), Code::Forbidden, "{wire:?}");
        assert_eq!(code(ben.send(Enter { plot: 7 }).await), Code::Forbidden, "{wire:?}");
        ben.send(Enter { plot: 8 }).await?;
    }
}

#[salon::test]
async fn permissions_hold_though_nothing_else_is_known_of_a_client() {
    for wire in Wire::ALL {
        let seen = Seen::default();
        let salon = Salon::builder()
            .authenticate(ByWord(seen.clone()))
            .authority(ScopesInClaims)
            .session::<Gardener>()
            .room::<Plot>()
            .data(seen.clone())
            .build()?;
        let lab = Lab::new(salon).await;
        // Who presents something is told apart by that: here nothing is.
        let ada = lab.visitor().wire(wire).query("may", "dig+plot:7:*").connect().await?;
        let ben = lab.visitor().wire(wire).connect().await?;
        ada.send(Dig).await?;
        ada.send(Enter { plot: 7 }).await?;
        assert_eq!(code(ada.send(Enter { plot: 8 }).await), Code::Forbidden, "{wire:?}");
        assert_eq!(code(ben.send(Dig).await), Code::Forbidden, "{wire:?}");
        assert_eq!(code(ben.send(Enter { plot: 7 }).await), Code::Forbidden, "{wire:?}");
    }
}
