//! From a context and its credential to a client: TLS, proxy, deadlines, headers. No retries, no redirects, no unpacking:
//! whoever sends a request sees what happened to it. Nothing is connected before the first request.

use super::credential::{Credential, Identity};
use super::entry::{ClusterEntry, Impersonate};
use super::fault::{Stalled, ThroughProxy};
use super::kubeconfig::Context;
use super::proxy::{self, Environment, Proxy, Scheme};
use crate::model::fault::{Fault, FaultKind};
use futures::future::{BoxFuture, Ready, ready};
use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use hyper_rustls::{DefaultServerNameResolver, FixedServerNameResolver, HttpsConnector, MaybeHttpsStream, ResolveServerName};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use kube::client::{Body, ConfigExt};
use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use std::future::Future;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::net::TcpStream;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};

/// How all clients connect.
#[derive(Clone, Debug)]
pub struct Settings {
    /// HTTP/2 is offered: one connection carries all watches. WebSockets need a client without.
    pub http2: bool,
    /// For the connection, and for the proxy's part in it.
    pub connect_timeout: Duration,
    /// For the TLS handshake.
    pub tls_timeout: Duration,
    /// `--as`: goes before the kubeconfig's.
    pub as_user: Option<String>,
    /// `--as-group`: goes before the kubeconfig's, if there is one.
    pub as_groups: Vec<String>,
    /// What the environment says on proxies.
    pub environment: Environment,
}

impl Default for Settings {
    fn default() -> Self {
        let five = Duration::from_secs(5);
        Self {
            http2: true,
            connect_timeout: five,
            tls_timeout: five,
            as_user: None,
            as_groups: Vec::new(),
            environment: Environment::default(),
        }
    }
}

/// A ping on an HTTP/2 connection is due after so long, and so long may its answer take: a connection that hangs is known after 8 s.
const PING: Duration = Duration::from_secs(4);

/// How much a server may send ahead of us: on one stream, and on all of a connection together. The defaults are so small that a
/// long way to the server makes every list slow.
const WINDOW: u32 = 4 << 20;
const WINDOWS: u32 = 16 << 20;

/// A client for the context. Needs a runtime.
///
/// # Errors
/// Of kind Config: what is wrong with the certificates, names or addresses of the kubeconfig.
pub async fn connect(context: &Context, credential: &Credential, settings: &Settings) -> Result<kube::Client, Fault> {
    if let Some(fault) = &context.broken {
        return Err(fault.clone());
    }
    let server: Uri = context.cluster.server.parse().map_err(|error| config(format!("server {:?}: {error}", context.cluster.server)))?;
    let headers = headers(context, credential, settings)?;
    let connector = connector(context, credential, settings, &server).await?;
    let client: legacy::Client<Connector, Body> = legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(4)
        .http2_initial_stream_window_size(WINDOW)
        .http2_initial_connection_window_size(WINDOWS)
        .http2_keep_alive_interval(PING)
        .http2_keep_alive_timeout(PING)
        .http2_keep_alive_while_idle(true)
        .build(connector);
    let base = kube::client::middleware::BaseUriLayer::new(server.clone());
    let service = ServiceBuilder::new()
        .layer(base)
        .map_request(move |request| with_headers(request, &server, &headers))
        .map_err(BoxError::from)
        .service(client);
    let namespace = context.namespace.clone().unwrap_or_else(|| "default".to_owned());
    Ok(kube::Client::new(service, namespace))
}

fn config(what: String) -> Fault {
    Fault::new(FaultKind::Config, what)
}

/// Adds our headers, and only to what goes to our server.
fn with_headers(mut request: Request<Body>, server: &Uri, headers: &HeaderMap) -> Request<Body> {
    if request.uri().scheme() == server.scheme() && request.uri().authority() == server.authority() {
        for (name, value) in headers {
            request.headers_mut().append(name, value.clone());
        }
    }
    request
}

/// The headers of every request: who we are and whom we act as.
fn headers(context: &Context, credential: &Credential, settings: &Settings) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("kconsole/", env!("CARGO_PKG_VERSION"))));
    if let Some(authorization) = &credential.authorization {
        headers.insert(AUTHORIZATION, authorization.clone());
    }
    let Impersonate { user, uid, groups, extra } = &context.user.impersonate;
    let user = settings.as_user.as_ref().or(user.as_ref());
    let groups = if settings.as_groups.is_empty() { groups } else { &settings.as_groups };
    let plain = [("impersonate-user", user), ("impersonate-uid", uid.as_ref())];
    let plain = plain.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let groups = groups.iter().map(|group| ("impersonate-group".to_owned(), group));
    let extra = extra.iter().map(|(key, value)| (format!("impersonate-extra-{}", escape(key)), value));
    for (name, value) in plain.chain(groups).chain(extra) {
        let bad = |_| config(format!("context {:?}: cannot act as {value:?}: a header cannot hold it ({name})", context.name));
        let value = HeaderValue::from_str(value).map_err(|e| bad(e.to_string()))?;
        headers.append(HeaderName::try_from(&name).map_err(|e| bad(e.to_string()))?, value);
    }
    Ok(headers)
}

/// The key of an extra as part of a header's name: what is not allowed there becomes %41, as API servers expect it.
fn escape(key: &str) -> String {
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(b);
    key.bytes().map(|b| if allowed(&b) { char::from(b).to_ascii_lowercase().to_string() } else { format!("%{b:02X}") }).collect()
}

async fn connector(context: &Context, credential: &Credential, settings: &Settings, server: &Uri) -> Result<Connector, Fault> {
    let (cluster, identity, http2) = (Arc::clone(&context.cluster), credential.client_identity.clone(), settings.http2);
    let proxy = proxy::for_server(server, cluster.proxy_url.as_deref(), &settings.environment)?;
    let names = names(&cluster)?;
    let is_plain = server.scheme_str() == Some("http");
    // Reading the trusted certificates of the system takes a while.
    let reading = tokio::task::spawn_blocking(move || if is_plain { system_tls() } else { tls(&cluster, identity.as_deref(), http2) });
    let tls = reading.await.map_err(|error| config(format!("TLS cannot be set up: {error}")))??;
    let dial = dial(settings, proxy.as_ref())?;
    Ok(Connector {
        dial,
        proxy: proxy.map(|proxy| proxy.to_string()),
        tls: Arc::new(tls),
        names,
        connect_timeout: settings.connect_timeout,
        tls_timeout: settings.tls_timeout,
    })
}

/// The name to ask for and to look for in the certificate.
fn names(cluster: &ClusterEntry) -> Result<Arc<dyn ResolveServerName + Send + Sync>, Fault> {
    let Some(name) = &cluster.tls_server_name else { return Ok(Arc::new(DefaultServerNameResolver::default())) };
    let fixed = ServerName::try_from(name.clone()).map_err(|error| config(format!("tls-server-name {name:?}: {error}")))?;
    Ok(Arc::new(FixedServerNameResolver::new(fixed)))
}

/// TLS that trusts what the system trusts.
fn system_tls() -> Result<ClientConfig, Fault> {
    trusting(kube::Config::new(Uri::from_static("https://proxy")))
}

fn trusting(trust: kube::Config) -> Result<ClientConfig, Fault> {
    // Fails where it has been done before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    trust.rustls_client_config().map_err(|error| match error {
        kube::Error::RustlsTls(error) => config(format!("TLS: {error}")),
        error => config(format!("TLS: {error}")),
    })
}

/// TLS as the kubeconfig wants it.
fn tls(cluster: &ClusterEntry, identity: Option<&Identity>, http2: bool) -> Result<ClientConfig, Fault> {
    let mut trust = kube::Config::new(Uri::from_static("https://cluster"));
    trust.accept_invalid_certs = cluster.insecure_skip_tls_verify;
    if let Some(ca) = &cluster.ca {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&ca.current()).collect();
        let certificates = certificates.map_err(|error| config(format!("certificate-authority: {error}")))?;
        trust.root_cert = Some(certificates.into_iter().map(|der| der.to_vec()).collect());
    }
    let mut tls = trusting(trust)?;
    if let Some(identity) = identity {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&identity.certificate).collect();
        let chain = chain.map_err(|error| config(format!("client-certificate: {error}")))?;
        let key = PrivateKeyDer::from_pem_slice(&identity.key).map_err(|error| config(format!("client-key: {error}")))?;
        let own = CertifiedKey::from_der(chain, key, tls.crypto_provider()).map_err(|error| match super::fault::of_transport(&error) {
            fault if fault.kind == FaultKind::Config => fault,
            _ => config(format!("client-certificate and client-key: {error}")),
        })?;
        tls.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(own));
    }
    if http2 {
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    Ok(tls)
}

fn dial(settings: &Settings, proxy: Option<&Proxy>) -> Result<Dial, Fault> {
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
            let tls = if proxy.scheme == Scheme::Https { system_tls()? } else { untrusting()? };
            let tunnel = Tunnel::new(uri, HttpsConnector::from((http, tls)));
            let auth = proxy.auth.as_ref().and_then(|(name, password)| super::credential::basic(name, password));
            Dial::Tunnel(match auth {
                Some(auth) => tunnel.with_auth(auth),
                None => tunnel,
            })
        }
    })
}

/// TLS that nothing uses: the connector wants one also where the proxy speaks plain HTTP.
fn untrusting() -> Result<ClientConfig, Fault> {
    let mut trust = kube::Config::new(Uri::from_static("https://proxy"));
    trust.root_cert = Some(Vec::new());
    trusting(trust)
}

/// The way to the server, before TLS with the server itself.
#[derive(Clone)]
enum Dial {
    Direct(HttpConnector),
    Tunnel(Tunnel<HttpsConnector<HttpConnector>>),
    Socks(SocksV5<HttpConnector>),
}

/// A connection to the server; the inner TLS, if any, is the proxy's.
type Wire = MaybeHttpsStream<TokioIo<TcpStream>>;

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
struct Connector {
    dial: Dial,
    proxy: Option<String>,
    tls: Arc<ClientConfig>,
    names: Arc<dyn ResolveServerName + Send + Sync>,
    connect_timeout: Duration,
    tls_timeout: Duration,
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

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), BoxError>> {
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

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), BoxError>> {
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

#[cfg(test)]
mod tests;
