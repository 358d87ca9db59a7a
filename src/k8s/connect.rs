//! From a context and its credential to a client: TLS, proxy, deadlines, headers. No retries, no redirects, no unpacking:
//! whoever sends a request sees what happened to it. Nothing is connected before the first request.

use super::credential::Credential;
use super::entry::Impersonate;
use super::kubeconfig::Context;
use super::proxy::{self, Environment};
use super::tls;
use super::wire::{Connector, dial};
use crate::model::fault::{Fault, FaultKind};
use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use kube::client::Body;
use std::sync::Arc;
use std::time::Duration;
use tower::{BoxError, ServiceBuilder};

/// How all clients connect.
#[derive(Clone, Debug)]
pub struct Settings {
    /// HTTP/2 is offered: one connection carries all watches. WebSockets need a client without.
    pub http2: bool,
    /// For the connection, and for the proxy's part in it.
    pub connect_timeout: Duration,
    /// For the TLS handshake.
    pub tls_timeout: Duration,
    /// How much a server may send ahead of us: on one stream, and on all of a connection together.
    pub windows: (u32, u32),
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
            windows: (WINDOW, WINDOWS),
            as_user: None,
            as_groups: Vec::new(),
            environment: Environment::default(),
        }
    }
}

/// A quiet HTTP/2 connection is pinged after so long, and its answer may take so long: together less than the 8 s within which a
/// connection that hangs is to be known (with 4 and 4 it was measured at 8.001 s).
const PING: Duration = Duration::from_secs(3);
const PONG: Duration = Duration::from_secs(4);

/// The defaults are so small that a long way to the server makes every list slow.
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
        .http2_initial_stream_window_size(settings.windows.0)
        .http2_initial_connection_window_size(settings.windows.1)
        .http2_keep_alive_interval(PING)
        .http2_keep_alive_timeout(PONG)
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

/// A fault of the kubeconfig.
pub(super) fn config(what: String) -> Fault {
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
    let names = tls::names(&cluster)?;
    let is_plain = server.scheme_str() == Some("http");
    // Reading the trusted certificates of the system takes a while.
    let reading =
        tokio::task::spawn_blocking(move || if is_plain { tls::unused() } else { tls::of_cluster(&cluster, identity.as_deref(), http2) });
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

#[cfg(test)]
mod tests;
