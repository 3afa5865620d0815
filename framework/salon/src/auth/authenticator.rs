//! How a client becomes somebody.
//!
//! It must never log what a client presents: credentials are secrets.

use std::{fmt, sync::Arc, time::SystemTime};

use bytestring::ByteString;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use super::{AnyIdentity, Authenticated, Handshake};
use crate::{
    base::{clock, meter::Tally, refusal::Refusal},
    payload::{Payload, PayloadError},
};

/// What a client presents when it connects to a namespace.
#[derive(Clone)]
pub struct Credentials {
    handshake: Arc<Handshake>,
    namespace: ByteString,
    auth: Option<ByteString>,
    /// Where a panic of what is made of it counts.
    tally: Tally,
}

impl Credentials {
    pub(crate) fn new(
        handshake: Arc<Handshake>,
        namespace: ByteString,
        auth: Option<ByteString>,
        tally: Tally,
    ) -> Self {
        Self { handshake, namespace, auth, tally }
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    /// The request that opened the connection.
    #[must_use]
    pub fn handshake(&self) -> &Handshake {
        &self.handshake
    }

    /// The time by which it is judged: what a harness simulates as well.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        clock::wall()
    }

    /// The namespace that it wants to connect to.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The `auth` object of a Socket.IO client; an empty object if it gave none.
    ///
    /// # Errors
    /// A [`PayloadError`] when it does not fit `T`: it says where, and has nothing of what it is.
    pub fn auth<T: DeserializeOwned>(&self) -> Result<T, PayloadError> {
        let json = self.auth.clone().unwrap_or_else(|| ByteString::from_static("{}"));
        Payload::from_parts(json, Vec::new()).confidential()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

/// Decides who a client is, once per connection and namespace.
///
/// ```
/// use salon::{Refusal, auth::{Authenticated, Authenticator, Credentials}};
///
/// struct ByName;
///
/// impl Authenticator for ByName {
///     type Identity = String;
///
///     async fn authenticate(
///         &self,
///         credentials: Credentials,
///     ) -> Result<Authenticated<String>, Refusal> {
///         #[derive(serde::Deserialize)]
///         struct Auth { name: String }
///         let Auth { name } = credentials.auth().map_err(|_| Refusal::unauthorized("say your name"))?;
///         Ok(name.into())
///     }
/// }
/// ```
pub trait Authenticator: Send + Sync + 'static {
    /// Who a client is: what sessions and rooms of the namespace see.
    type Identity: Send + Sync + 'static;

    /// Makes an identity out of what the client presents.
    ///
    /// # Errors
    /// A [`Refusal`] is sent as `connect_error`, with its data or else its code as `data.code`.
    fn authenticate(
        &self,
        credentials: Credentials,
    ) -> impl Future<Output = Result<Authenticated<Self::Identity>, Refusal>>;

    /// Whether it reads cookies. A browser sends them with any page's request, so that a namespace
    /// with such an authenticator is not built while [every origin](crate::config::Origins::Any)
    /// may connect. One that asks another authenticator answers as that does.
    ///
    /// ```
    /// use salon::auth::{Authenticator, jwt::{Claims, Jwt}};
    ///
    /// let tokens = Jwt::<Claims>::hs256([1; 32])?.cookie("token");
    /// assert!(tokens.reads_cookies());
    /// # Ok::<(), salon::auth::jwt::KeyError>(())
    /// ```
    fn reads_cookies(&self) -> bool {
        false
    }

    /// Whether a request has what it looks at, or need not have anything. A client of the plain protocol is
    /// asked at once then; another one is waited for, until it says who it is by its first message. An
    /// `Authorization` by default, or a cookie if it [reads](Self::reads_cookies) these. One that asks
    /// another authenticator answers as that does.
    ///
    /// ```
    /// use salon::auth::{Authenticator, Handshake, jwt::{Claims, Jwt}};
    ///
    /// let tokens = Jwt::<Claims>::hs256([1; 32])?.query("token");
    /// let request = |url, query| Handshake::new::<&str, &str>(url, [], query);
    /// assert!(tokens.is_presented(&request("/salon?token=x", vec![("token", "x")])));
    /// assert!(!tokens.is_presented(&request("/salon", vec![])));
    /// # Ok::<(), salon::auth::jwt::KeyError>(())
    /// ```
    fn is_presented(&self, handshake: &Handshake) -> bool {
        handshake.header("authorization").is_some()
            || self.reads_cookies() && handshake.header("cookie").is_some()
    }
}

/// Lets everybody in, as nobody in particular.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anyone;

impl Authenticator for Anyone {
    type Identity = ();

    async fn authenticate(&self, _: Credentials) -> Result<Authenticated<()>, Refusal> {
        Ok(().into())
    }

    fn is_presented(&self, _: &Handshake) -> bool {
        true
    }
}

/// An authenticator of a type that is not known here.
#[derive(Clone)]
pub(crate) struct AnyAuthenticator {
    /// [`Authenticator::authenticate`].
    pub(crate) authenticate: Authenticate,
    /// [`Authenticator::is_presented`].
    pub(crate) is_presented: Arc<dyn Fn(&Handshake) -> bool + Send + Sync>,
}

type Authenticate = Arc<
    dyn Fn(Credentials) -> LocalBoxFuture<'static, Result<Authenticated<AnyIdentity>, Refusal>>
        + Send
        + Sync,
>;

/// Forgets an authenticator's type.
pub(crate) fn any<A: Authenticator>(authenticator: A) -> AnyAuthenticator {
    let authenticator = Arc::new(authenticator);
    let asked = authenticator.clone();
    let is_presented = Arc::new(move |handshake: &Handshake| asked.is_presented(handshake));
    let authenticate: Authenticate = Arc::new(move |credentials| {
        let authenticator = authenticator.clone();
        Box::pin(async move {
            let tally = credentials.tally();
            let authenticated = authenticator.authenticate(credentials).await?;
            Ok(authenticated.erase(tally))
        })
    });
    AnyAuthenticator { authenticate, is_presented }
}
