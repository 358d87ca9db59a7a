//! The connector: TCP, a proxy where there is one, then TLS, each with a deadline of its own, so that the text can say which of
//! them hangs.

use super::connect::{Settings, config};
use super::fault::{Stalled, ThroughProxy};
use super::proxy::{Proxy, Scheme};
use super::tls;
use crate::model::fault::Fault;
use futures::future::{BoxFuture, Ready, ready};
use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream, ResolveServerName};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tower::{BoxError, Service, ServiceExt};

/// The way to the server, before TLS with the server itself.
#[derive(Clone)]
pub(super) enum Dial {
    Direct(HttpConnector),
    Tunnel(Tunnel<HttpsConnector<HttpConnector>>),
    Socks(SocksV5<HttpConnector>),
}

/// A connection to the server; the inner TLS, if any, is the proxy's.
pub(super) type Wire = MaybeHttpsStream<TokioIo<TcpStream>>;

impl Dial {
    async fn open(self, server: Uri) -> Result<Wire, BoxError> {
        Ok(match self {
            Self::Direct(connector) => Wire::Http(connector.oneshot(server).await?),
            Self::Tunnel(connector) => connector.oneshot(server).await?,
            Self::Socks(connector) => Wire::Http(connector.oneshot(server).await?),
        })
    }
}

/// Connects, first the wire and then TLS, each with a deadline of its own, so that the text can say which of them hangs.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) dial: Dial,
    pub(super) proxy: Option<String>,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) names: Arc<dyn ResolveServerName + Send + Sync>,
    pub(super) connect_timeout: Duration,
    pub(super) tls_timeout: Duration,
}

impl Connector {
    async fn open(self, server: Uri) -> Result<MaybeHttpsStream<Wire>, BoxError> {
        let host = server.authority().map(ToString::to_string).unwrap_or_default();
        let dialled = within(self.connect_timeout, format!("connection to {host}"), self.dial.open(server.clone())).await;
        let wire = match (dialled, self.proxy) {
            (Err(source), Some(proxy)) => return Err(Box::new(ThroughProxy { proxy, source })),
            (dialled, _) => dialled?,
        };
        let https = HttpsConnector::new(Dialled(Some(wire)), self.tls, false, self.names);
        within(self.tls_timeout, format!("TLS handshake with {host}"), https.oneshot(server)).await
    }
}

/// A connection that is there already, for a connector that only adds TLS.
struct Dialled(Option<Wire>);

impl Service<Uri> for Dialled {
    type Response = Wire;
    type Error = BoxError;
    type Future = Ready<Result<Wire, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or_else(|| BoxError::from("this connection is used")))
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<Wire>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        Box::pin(self.clone().open(server))
    }
}

async fn within<T>(deadline: Duration, step: String, work: impl Future<Output = Result<T, BoxError>>) -> Result<T, BoxError> {
    match tokio::time::timeout(deadline, work).await {
        Ok(done) => done,
        Err(_) => Err(Box::new(Stalled { step, within: deadline })),
    }
}

/// The way to the server, with the proxy if there is one.
pub(super) fn dial(settings: &Settings, proxy: Option<&Proxy>) -> Result<Dial, Fault> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(settings.connect_timeout));
    http.set_keepalive(Some(Duration::from_secs(20)));
    http.set_keepalive_interval(Some(Duration::from_secs(10)));
    http.set_keepalive_retries(Some(3));
    #[cfg(target_os = "linux")]
    http.set_tcp_user_timeout(Some(Duration::from_secs(20)));
    let Some(proxy) = proxy else { return Ok(Dial::Direct(http)) };
    let uri = proxy.uri().map_err(|error| config(format!("proxy {proxy}: {error}")))?;
    Ok(match proxy.scheme {
        Scheme::Socks5 => {
            let socks = SocksV5::new(uri, http);
            Dial::Socks(match &proxy.auth {
                Some((name, password)) => socks.with_auth(name.clone(), password.clone()),
                None => socks,
            })
        }
        Scheme::Http | Scheme::Https => {
            let tls = if proxy.scheme == Scheme::Https { tls::of_system()? } else { tls::unused()? };
            let tunnel = Tunnel::new(uri, HttpsConnector::from((http, tls)));
            let auth = proxy.auth.as_ref().and_then(|(name, password)| super::credential::basic(name, password));
            Dial::Tunnel(match auth {
                Some(auth) => tunnel.with_auth(auth),
                None => tunnel,
            })
        }
    })
}
