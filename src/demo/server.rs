//! One API server: connections on a port of loopback, TLS, and HTTP/2 or HTTP/1.1 with upgrades. What is answered is `api`'s business.

use super::api;
use super::cluster::Cluster;
use super::fault::answer::About;
use super::fault::{self, Door, Faults};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// A client that has not shaken hands by then is let go.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// After an accept that failed, as without file descriptors, the next one waits.
const PAUSE: Duration = Duration::from_millis(100);
/// Requests that may run at once on a connection: `--http2-max-streams-per-connection` of the real server is 100 since 1.29, and a watch
/// counts as one.
const STREAMS: u32 = 250;

/// A server whose port is open.
pub struct Server {
    cluster: Arc<Cluster>,
    /// What it does wrong on order; `None` where it cannot be ordered, and costs nothing.
    faults: Option<Arc<Faults>>,
    acceptor: TlsAcceptor,
    address: SocketAddr,
    listener: TcpListener,
}

/// Opens a free port of 127.0.0.1.
///
/// # Errors
/// Where none is free, or no more files can be opened.
pub fn port() -> io::Result<std::net::TcpListener> {
    let port = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    port.set_nonblocking(true)?;
    Ok(port)
}

impl Server {
    /// Serves at an open [`port`]: clients that have connected are answered as soon as [`Self::run`] is polled. Needs a runtime around it,
    /// and waits for nothing.
    ///
    /// # Errors
    /// Where the system does not tell of connections.
    pub fn open(
        port: std::net::TcpListener,
        cluster: Arc<Cluster>,
        faults: Option<Arc<Faults>>,
        acceptor: TlsAcceptor,
    ) -> io::Result<Self> {
        let listener = TcpListener::from_std(port)?;
        Ok(Self { cluster, faults, acceptor, address: listener.local_addr()?, listener })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until it is dropped; then every connection ends at once.
    pub async fn run(self) {
        let Self { cluster, faults, acceptor, address, mut listener } = self;
        let Some(faults) = faults else { return listen(listener, &acceptor, &cluster, None).await };
        let mut door = faults.door.subscribe();
        loop {
            // What is dropped here takes its connections with it.
            tokio::select! {
                () = listen(listener, &acceptor, &cluster, Some(&faults)) => {}
                _ = door.wait_for(|door| *door == Door::Shut) => {}
            }
            if door.wait_for(|door| *door != Door::Shut).await.is_err() {
                return;
            }
            listener = loop {
                // Somebody else may have the port for a moment.
                match TcpListener::bind(address).await {
                    Ok(listener) => break listener,
                    Err(_) => sleep(PAUSE).await,
                }
            };
        }
    }
}

async fn listen(listener: TcpListener, acceptor: &TlsAcceptor, cluster: &Arc<Cluster>, faults: Option<&Arc<Faults>>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let connection = connect(stream, acceptor.clone(), Arc::clone(cluster), faults.cloned());
                    connections.spawn(connection);
                }
                Err(_) => sleep(PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connect(stream: TcpStream, acceptor: TlsAcceptor, cluster: Arc<Cluster>, faults: Option<Arc<Faults>>) {
    // Answers go out as they are made; a socket that cannot do that only is slower.
    let _ = stream.set_nodelay(true);
    match faults {
        None => serve(stream, acceptor, cluster, None).await,
        Some(faults) => {
            if let Some(stream) = fault::wire::enter(stream, &faults).await {
                serve(stream, acceptor, cluster, Some(faults)).await;
            }
        }
    }
}

async fn serve<S>(stream: S, acceptor: TlsAcceptor, cluster: Arc<Cluster>, faults: Option<Arc<Faults>>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Ok(Ok(stream)) = timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
    let service = service_fn(move |request| answer(Arc::clone(&cluster), faults.clone(), request));
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    builder.http1().timer(TokioTimer::new());
    // A connection that breaks is the client's matter.
    let _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
}

async fn answer(
    cluster: Arc<Cluster>,
    faults: Option<Arc<Faults>>,
    mut request: Request<Incoming>,
) -> Result<Response<api::Body>, Infallible> {
    let Some(faults) = faults else { return Ok(api::answer(cluster, request).await) };
    let about = About::of(&request);
    faults.narrow(&mut request);
    Ok(faults.answer(about, api::answer(cluster, request)).await)
}
