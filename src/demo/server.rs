//! One API server: connections on a port of loopback, TLS, and HTTP/2 or HTTP/1.1 with upgrades. What is answered is `api`'s business.

use super::api;
use super::cluster::Cluster;
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
    /// What it serves.
    pub cluster: Arc<Cluster>,
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Server {
    /// Opens a free port of 127.0.0.1: clients may connect from now on, and are answered as soon as [`Self::run`] is polled. Needs a runtime.
    ///
    /// # Errors
    /// Where no port is free.
    pub async fn open(cluster: Arc<Cluster>, acceptor: TlsAcceptor) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Ok(Self { cluster, listener, acceptor })
    }

    /// Where it is.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until it is dropped; then every connection ends at once.
    pub async fn run(self) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) => drop(connections.spawn(serve(stream, self.acceptor.clone(), Arc::clone(&self.cluster)))),
                    Err(_) => sleep(PAUSE).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, cluster: Arc<Cluster>) {
    // Answers go out as they are made; a socket that cannot do that only is slower.
    let _ = stream.set_nodelay(true);
    let Ok(Ok(stream)) = timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
    let service = service_fn(move |request| answer(Arc::clone(&cluster), request));
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    builder.http1().timer(TokioTimer::new());
    // A connection that breaks is the client's matter.
    let _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
}

async fn answer(cluster: Arc<Cluster>, request: Request<Incoming>) -> Result<Response<api::Body>, Infallible> {
    Ok(api::answer(cluster, request).await)
}
