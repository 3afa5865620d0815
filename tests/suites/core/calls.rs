//! Events that are called one by one, each by a request of its own: whose rates they take from.

use actix_web::http::{Method, StatusCode};
use salon::{
    Salon,
    auth::{Authenticated, Authenticator, Credentials, Handshake},
    config::ClientAddress,
    prelude::*,
    testing::{Failure, Lab},
};

/// Takes what stands in a header for who somebody is; without it nobody in particular is let in.
struct ByHeader;

impl Authenticator for ByHeader {
    type Identity = ();

    async fn authenticate(&self, credentials: Credentials) -> Result<Authenticated<()>, Refusal> {
        let guest = Authenticated::new(());
        Ok(match credentials.handshake().header("x-user") {
            Some(user) => guest.subject(user),
            None => guest,
        })
    }

    fn is_presented(&self, _: &Handshake) -> bool {
        true
    }
}

/// Three times an hour.
#[derive(Deserialize, Event)]
#[event("seldom", rate = "3/h burst 3", reply = u32)]
struct Seldom {}

#[derive(Default)]
struct Desk {
    asked: u32,
}

#[salon::session]
impl Desk {
    #[on]
    fn seldom(&mut self, _: Seldom) -> u32 {
        self.asked += 1;
        self.asked
    }
}

async fn lab() -> Result<Lab, Failure> {
    let proxied = ClientAddress::Header { name: "x-forwarded-for".to_owned(), proxies: 1 };
    let salon = Salon::builder().authenticate(ByHeader).client_address(proxied);
    Ok(Lab::new(salon.session::<Desk>().build()?).await)
}

/// How many of ten calls are answered.
async fn answered(lab: &Lab, headers: &[(&str, &str)]) -> Result<usize, Failure> {
    let mut answered = 0;
    for _ in 0..10 {
        let visitor = headers
            .iter()
            .fold(lab.visitor(), |visitor, (name, value)| visitor.header(name, value));
        let response = visitor.request(Method::POST, "/salon/call/seldom", "{}").await?;
        match response.status {
            StatusCode::OK => answered += 1,
            StatusCode::TOO_MANY_REQUESTS => {
                let seconds = response.headers.get("retry-after").ok_or("when is not said")?;
                assert!(seconds.to_str()?.parse::<u64>()? > 0);
            }
            status => return Err(format!("{status}: {}", response.text()).into()),
        }
    }
    Ok(answered)
}

#[salon::test]
async fn all_calls_of_one_user_have_the_rates_of_one_session() {
    let lab = lab().await?;
    for user in ["ada", "bob"] {
        assert_eq!(answered(&lab, &[("x-user", user)]).await?, 3, "{user}");
    }
    // Wherever they come from.
    let elsewhere = [("x-user", "ada"), ("x-forwarded-for", "192.0.2.7")];
    assert_eq!(answered(&lab, &elsewhere).await?, 0);
    assert_eq!(lab.salon().connections(), 0, "nothing is left of a call");
}

#[salon::test]
async fn calls_of_nobody_in_particular_have_the_rates_of_their_address() {
    let lab = lab().await?;
    for address in ["192.0.2.1", "192.0.2.2", "2001:db8::1"] {
        assert_eq!(answered(&lab, &[("x-forwarded-for", address)]).await?, 3, "{address}");
    }
    assert_eq!(answered(&lab, &[("x-forwarded-for", "2001:db8::2")]).await?, 0, "one subscriber's");
}
