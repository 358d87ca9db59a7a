//! A port of this machine that leads to a port of a pod, for as many connections as come. Each has a WebSocket of its own, and goes to the pod that is
//! fit when it comes: so a forward outlives pods, rollouts and API servers.

use super::super::fault;
use super::super::lanes::Lanes;
use super::super::link::Link;
use super::super::watch::escape;
use super::pod::Way;
use super::ports::{Ear, Event, PROTOCOLS, Wire};
use super::pulse::{Fate, Lost, Pulse};
use super::target::Target;
use super::{PING, Socket, holder, open};
use crate::model::call::CallId;
use crate::model::fault::{Fault, FaultKind};
use crate::model::forward::Now;
use crate::model::msg::Msg;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// So many bytes go in as one message.
const PIECE: usize = 32 << 10;
/// A connection that comes while there is no pod, or no API server, waits so long for one.
const PATIENCE: Duration = Duration::from_secs(20);
/// A pod that cannot be told that nothing more comes may be silent for so long.
const LEFT: Duration = Duration::from_secs(30);
/// Between two reports.
const TOLD: Duration = Duration::from_millis(250);
/// So many numbers are tried where any will do.
const TRIES: usize = 16;
/// Between two tries.
const AGAIN: Duration = Duration::from_millis(300);

/// A forward. [`Forward::run`] it in a task of its own.
pub struct Forward {
    /// The connection to the cluster.
    pub link: Link,
    /// Those for streams.
    pub lanes: Arc<Lanes>,
    /// Where it leads.
    pub target: Target,
    /// How it goes, for whoever wants to know.
    pub now: Arc<Tally>,
}

/// What is counted of a forward.
pub struct Tally {
    now: Mutex<Now>,
    changed: watch::Sender<()>,
}

impl Tally {
    /// Nothing yet.
    pub fn new() -> (Arc<Self>, watch::Receiver<()>) {
        let (changed, changes) = watch::channel(());
        (Arc::new(Self { now: Mutex::default(), changed }), changes)
    }

    /// How it goes.
    pub fn now(&self) -> Now {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, count: impl FnOnce(&mut Now)) {
        count(&mut self.now.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.send_replace(());
    }
}

/// Tells how a forward goes whenever that is another, but no more often than anybody can follow.
pub async fn tell(id: CallId, tally: &Tally, mut changes: watch::Receiver<()>, out: &mpsc::Sender<Msg>) {
    while changes.changed().await.is_ok() && out.send(Msg::Forward(id, tally.now())).await.is_ok() {
        sleep(TOLD).await;
    }
}

/// Both loopback addresses, or the one that this machine has.
pub struct Listeners {
    all: Vec<TcpListener>,
    /// The port.
    pub port: u16,
}

impl Listeners {
    /// Takes a port; any that is free for 0.
    ///
    /// # Errors
    /// Where it is taken: by whom, as far as that can be known.
    pub async fn bind(port: u16) -> Result<Self, Fault> {
        let tries = if port == 0 { TRIES } else { 1 };
        Self::bind_beside(tries, || TcpListener::bind((Ipv4Addr::LOCALHOST, port))).await.map_err(|error| refused(port, error))
    }

    /// Takes the other address as well. A number that is free on one may be taken on the other: then the next one is tried.
    async fn bind_beside<F: Future<Output = io::Result<TcpListener>>>(mut tries: usize, mut next: impl FnMut() -> F) -> io::Result<Self> {
        loop {
            tries = tries.saturating_sub(1);
            let four = next().await?;
            let port = four.local_addr()?.port();
            match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
                Ok(six) => return Ok(Self { all: vec![four, six], port }),
                // Many machines have no other address.
                Err(error) if error.kind() != ErrorKind::AddrInUse => return Ok(Self { all: vec![four], port }),
                Err(error) if tries == 0 => return Err(error),
                Err(_) => {}
            }
        }
    }

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let all = self.all.iter().map(|listener| Box::pin(listener.accept()));
        futures::future::select_all(all).await.0
    }
}

/// Why a port cannot be listened on.
fn refused(port: u16, error: io::Error) -> Fault {
    match (error.kind(), holder::of(port)) {
        (ErrorKind::AddrInUse, _) if port == 0 => Fault::new(FaultKind::Conflict, "no port was found that is free on 127.0.0.1 and ::1"),
        (ErrorKind::AddrInUse, Some(who)) => Fault::new(FaultKind::Conflict, format!("port {port} is taken by {who}")),
        (ErrorKind::AddrInUse, None) => Fault::new(FaultKind::Conflict, format!("port {port} is taken")),
        (ErrorKind::PermissionDenied, _) => {
            Fault::new(FaultKind::Config, format!("port {port} is for root only")).hint("take one above 1023")
        }
        _ => Fault::new(FaultKind::Config, format!("port {port} cannot be listened on: {error}")),
    }
}

impl Forward {
    /// Takes connections until it is dropped.
    pub async fn run(self, listeners: Listeners) {
        self.now.count(|now| now.local = listeners.port);
        let this = Arc::new(self);
        // That it leads somewhere is seen before anybody comes.
        let first = Arc::clone(&this);
        let mut connections = JoinSet::new();
        connections.spawn(async move { first.look().await });
        loop {
            tokio::select! {
                accepted = listeners.accept() => match accepted {
                    Ok((near, _)) => drop(connections.spawn(Arc::clone(&this).carry(near))),
                    // No file for one more, or the caller has gone again: the next one may fare better.
                    Err(_) => sleep(AGAIN).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    /// Finds a pod, and tells of it.
    async fn look(&self) {
        match self.target.pod(&self.link).await {
            Ok(pod) => self.now.count(|now| now.pod = Some(pod)),
            Err(why) => self.now.count(|now| now.why = Some(why.to_string())),
        }
    }

    /// One connection, from its beginning to its end.
    async fn carry(self: Arc<Self>, near: TcpStream) {
        self.now.count(|now| (now.open, now.all) = (now.open + 1, now.all + 1));
        let carried = self.connected(near).await;
        self.now.count(|now| {
            now.open -= 1;
            match carried {
                Ok(()) => now.why = None,
                Err(why) => (now.failed, now.why) = (now.failed + 1, Some(why)),
            }
        });
    }

    async fn connected(&self, near: TcpStream) -> Result<(), String> {
        // A key that is pressed is not to wait for the next one.
        let _ = near.set_nodelay(true);
        let Opened { socket, wire, way } = self.open().await.map_err(|fault| fault.to_string())?;
        self.now.count(|now| now.why = None);
        carry(near, socket, wire, &self.now, &way).await
    }

    /// A stream to the pod that is fit now, however long that takes within reason.
    async fn open(&self) -> Result<Opened, Fault> {
        let until = Instant::now() + PATIENCE;
        loop {
            let tried = timeout_at(until, self.try_open()).await;
            let late = |_| Fault::new(FaultKind::Unreachable, format!("there was no way to a pod for {} s", PATIENCE.as_secs()));
            match tried.map_err(late)? {
                // What cannot get better is told at once.
                Err(why)
                    if matches!(why.kind, FaultKind::Forbidden | FaultKind::Unauthorised | FaultKind::Invalid)
                        || Instant::now() + AGAIN >= until =>
                {
                    return Err(why);
                }
                Err(why) => {
                    self.now.count(|now| now.why = Some(why.to_string()));
                    sleep(AGAIN).await;
                }
                opened => return opened,
            }
        }
    }

    async fn try_open(&self) -> Result<Opened, Fault> {
        let (pod, port) = self.target.pod(&self.link).await?;
        self.now.count(|now| now.pod = Some((pod.clone(), port)));
        let up = self.lanes.upright(&self.link.up().await?).await?;
        let path = format!("/api/v1/namespaces/{}/pods/{pod}/portforward", self.target.namespace);
        let uri = format!("/api/v1/namespaces/{}/pods/{}/portforward?ports={port}", escape(&self.target.namespace), escape(&pod));
        let (mut socket, protocol) = match open(&self.link, &up, &uri, PROTOCOLS).await {
            Err(why) => {
                self.target.doubt();
                return Err(why);
            }
            opened => opened?,
        };
        let wire = Wire::of(protocol);
        if let Some(first) = wire.open(port) {
            socket.send(Message::binary(first)).await.map_err(|e| fault::of_transport(&e))?;
        }
        Ok(Opened { socket, wire, way: Way { link: self.link.clone(), up, path } })
    }
}

/// A stream to a pod.
struct Opened {
    socket: Socket,
    wire: Wire,
    way: Way,
}

/// Carries bytes both ways until both ends have ended.
async fn carry<S: AsyncRead + AsyncWrite + Unpin>(
    near: TcpStream,
    socket: WebSocketStream<S>,
    wire: Wire,
    tally: &Tally,
    fate: &impl Fate,
) -> Result<(), String> {
    let (mut from_near, mut to_near) = near.into_split();
    let (to_far, from_far) = socket.split();
    let (pulse, (answers, answer)) = (Pulse::default(), mpsc::channel(4));
    let ended = tokio::select! {
        ended = listen(from_far, &mut to_near, Ear::new(wire), (&pulse, tally, answers), fate) => ended,
        gone = speak(&mut from_near, to_far, wire, (&pulse, tally, answer)) => gone,
    };
    if ended.is_err() {
        // Whoever connected is not to take what has come for all there is. It may have gone already.
        let _ = to_near.as_ref().set_zero_linger();
    }
    ended
}

/// Puts out what comes from the pod, until that is over.
async fn listen<S: AsyncRead + AsyncWrite + Unpin>(
    mut from: SplitStream<WebSocketStream<S>>,
    to: &mut OwnedWriteHalf,
    mut ear: Ear,
    (pulse, tally, answers): (&Pulse, &Tally, mpsc::Sender<Vec<u8>>),
    fate: &impl Fate,
) -> Result<(), String> {
    let mut error = None;
    loop {
        let message = match pulse.next(&mut from, false, fate).await {
            Ok(message) => message,
            // Channels say in no other way that it is over.
            Err(Lost::Closed) if ear.wire() == Wire::Channels => return error.map_or(Ok(()), Err),
            Err(Lost::Closed) => return Err(error.unwrap_or_else(|| "the connection was closed before its end".to_owned())),
            Err(Lost::Broken(why)) => return Err(error.unwrap_or(why)),
        };
        for event in ear.hear(&message).ok_or("the server speaks another protocol than it said")? {
            match event {
                Event::Data(bytes) => {
                    tally.count(|now| now.received += bytes.len() as u64);
                    pulse.receives(bytes.len());
                    // Whoever connected has gone, as they may.
                    if to.write_all(&bytes).await.is_err() {
                        return Ok(());
                    }
                }
                // It may have gone already.
                Event::End => drop(to.shutdown().await),
                Event::Error(why) => error = Some(why),
                Event::Over => return error.map_or(Ok(()), Err),
                // Whoever does not read what we send gets no answers either.
                Event::Answer(frame) => drop(answers.try_send(frame)),
            }
        }
    }
}

/// Sends what whoever connected sends, and pings. Ends only where that one breaks off: what goes wrong with the pod is heard of by who listens.
async fn speak<S: AsyncRead + AsyncWrite + Unpin>(
    from: &mut OwnedReadHalf,
    mut to: SplitSink<WebSocketStream<S>, Message>,
    wire: Wire,
    (pulse, tally, mut answers): (&Pulse, &Tally, mpsc::Receiver<Vec<u8>>),
) -> Result<(), String> {
    let mut pings = interval_at(Instant::now() + PING, PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut buffer = vec![0; PIECE];
    // Since when nothing more goes in, and what had come out by when.
    let mut left: Option<(Instant, u64)> = None;
    loop {
        let message = tokio::select! {
            read = from.read(&mut buffer), if left.is_none() => match read {
                Ok(0) => {
                    left = Some((Instant::now(), pulse.counted().1));
                    let Some(end) = wire.end() else { continue };
                    Message::binary(end)
                }
                Err(_) => return Ok(()),
                Ok(n) => {
                    pulse.sends(n);
                    tally.count(|now| now.sent += n as u64);
                    Message::binary(wire.data(buffer.get(..n).unwrap_or_default()))
                }
            },
            () = sleep_until(left.map_or_else(Instant::now, |(since, _)| since + LEFT)), if left.is_some() && wire.end().is_none() => {
                let received = pulse.counted().1;
                if left.is_some_and(|(_, before)| before == received) {
                    return Err(format!("the pod cannot be told that nothing more comes, and said nothing for {} s", LEFT.as_secs()));
                }
                left = Some((Instant::now(), received));
                continue;
            }
            Some(frame) = answers.recv() => Message::binary(frame),
            _ = pings.tick() => pulse.ping(),
        };
        if to.send(message).await.is_err() {
            return std::future::pending().await;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn where_any_port_will_do_one_that_is_taken_on_the_other_address_is_passed_over() {
        // A number that is taken on ::1 and free on the other one; a machine without ::1 takes one address, at the first try.
        let six = loop {
            let Ok(six) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await else { break None };
            if TcpListener::bind((Ipv4Addr::LOCALHOST, six.local_addr().unwrap().port())).await.is_ok() {
                break Some(six);
            }
        };
        let taken = six.as_ref().map_or(0, |six| six.local_addr().unwrap().port());
        let tried = std::cell::Cell::new(0);
        let next = |free_after: usize| {
            tried.set(tried.get() + 1);
            TcpListener::bind((Ipv4Addr::LOCALHOST, if tried.get() > free_after { 0 } else { taken }))
        };
        let found = Listeners::bind_beside(TRIES, || next(2)).await.unwrap();
        let (tries, addresses) = if six.is_some() { (3, 2) } else { (1, 1) };
        assert_eq!((tried.replace(0), found.all.len(), found.port == taken), (tries, addresses, false));
        assert_eq!(found.all[0].local_addr().unwrap().port(), found.port);
        if six.is_some() {
            let why = Listeners::bind_beside(2, || next(9)).await.err().unwrap();
            assert_eq!((tried.get(), why.kind()), (2, ErrorKind::AddrInUse));
        } else {
            eprintln!("not tried: this machine has no ::1");
        }
    }
}
