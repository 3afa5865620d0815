//! Signing in as a guest: a name becomes a token that is good for two minutes, and can be renewed
//! until an hour after.
//!
//! It must never take a client's word for who it is: only a token that was signed here says so.

use std::{
    error::Error,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use actix_web::{HttpResponse, web};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode, errors,
};
use salon::{auth::Jwt, prelude::*};
use tokio::time::Instant;

use crate::text::Name;

/// Whom the tokens are for; Salon checks it.
const AUDIENCE: &str = "multiplayer-lobby";

/// For how long after its end a token still says who its bearer was.
const RETURN: Duration = Duration::from_secs(3_600);

/// What every session and every room knows of a client: read from the claims of its token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Player {
    /// Who it is. The same for all tokens of one tab of a browser.
    pub sub: String,
    /// What the others see. Two players may have the same.
    pub name: Name,
}

/// `POST /sign-in`
#[derive(Debug, Serialize, Deserialize)]
pub struct SignIn {
    /// What to be called.
    pub name: Name,
    /// The last token of this tab, perhaps expired, but for no longer than an hour: the new one is
    /// for the same player.
    pub token: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct SignedIn {
    /// To be presented as `auth: { token }`, or over an open connection with `salon:refresh`.
    pub token: String,
    /// How many milliseconds it is good for.
    pub expires_in_ms: u64,
}

#[derive(Serialize)]
struct Claims {
    #[serde(flatten)]
    player: Player,
    aud: &'static str,
    iat: u64,
    exp: u64,
}

/// The claims of a token that came before.
#[derive(Deserialize)]
struct Last {
    sub: String,
    exp: u64,
}

/// Issues tokens.
#[derive(Clone)]
pub struct Guests {
    secret: [u8; 32],
    life: Duration,
    /// The wall clock and a clock that tests can move, of the same moment.
    started: (SystemTime, Instant),
}

impl Guests {
    /// With tokens that are signed by `secret`, which nobody else has, and are good for `life`, in whole
    /// seconds. The next program that has the secret knows the players again.
    #[must_use]
    pub fn new(secret: [u8; 32], life: Duration) -> Self {
        #[expect(clippy::disallowed_methods, reason = "an app has to begin with the real time")]
        let wall = SystemTime::now();
        Self::at(wall, secret, life)
    }

    /// As [`new`](Self::new), where it is `wall` now: for a test.
    #[must_use]
    pub fn at(wall: SystemTime, secret: [u8; 32], life: Duration) -> Self {
        Self { secret, life, started: (wall, Instant::now()) }
    }

    /// The authenticator for the tokens that are issued here.
    #[must_use]
    pub fn tokens(&self) -> Jwt<Player> {
        Jwt::hs256(self.secret).expect("32 bytes are a key").audience(AUDIENCE)
    }

    /// Makes a token: for a new player, or for the one that the old token is about, if that has not
    /// run out more than an hour ago.
    ///
    /// So whoever comes by an old token is that player. For guests, who own nothing, that will do. A
    /// real app renews a sign-in by what can be taken back: a refresh token that is written down,
    /// good once, and crossed out when its player signs out; or the session of its own site.
    ///
    /// # Errors
    /// If it cannot be signed, or there are no random bytes for a new player's id.
    pub fn sign_in(&self, SignIn { name, token }: SignIn) -> Result<SignedIn, Box<dyn Error>> {
        let (wall, started) = self.started;
        let iat = (wall + started.elapsed()).duration_since(UNIX_EPOCH)?.as_secs();
        let last = token.and_then(|token| self.last(&token).ok());
        let sub = match last.filter(|last| iat <= last.exp.saturating_add(RETURN.as_secs())) {
            Some(last) => last.sub,
            None => format!("{:016x}", getrandom::u64()?),
        };
        let exp = iat + self.life.as_secs();
        let claims = Claims { player: Player { sub, name }, aud: AUDIENCE, iat, exp };
        let token = encode(&Header::default(), &claims, &EncodingKey::from_secret(&self.secret))?;
        Ok(SignedIn { token, expires_in_ms: self.life.as_secs() * 1_000 })
    }

    /// What a token says, if it was signed here; it may have run out.
    fn last(&self, token: &str) -> Result<Last, errors::Error> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.set_audience(&[AUDIENCE]);
        let key = DecodingKey::from_secret(&self.secret);
        Ok(decode::<Last>(token, &key, &validation)?.claims)
    }

    /// The route of the sign-in.
    pub(crate) fn routes(&self) -> impl Fn(&mut web::ServiceConfig) + use<> {
        let guests = web::Data::new(self.clone());
        move |config| {
            config.app_data(guests.clone()).route("/sign-in", web::post().to(sign_in));
        }
    }
}

async fn sign_in(
    guests: web::Data<Guests>,
    body: Result<web::Json<SignIn>, actix_web::Error>,
) -> HttpResponse {
    let Ok(web::Json(request)) = body else {
        let refusal = Refusal::unauthorized("Say who you are: a name of 1 to 24 characters.");
        return HttpResponse::BadRequest().json(refusal);
    };
    match guests.sign_in(request) {
        Ok(signed_in) => HttpResponse::Ok().json(signed_in),
        Err(error) => HttpResponse::InternalServerError().json(Refusal::internal(error)),
    }
}
