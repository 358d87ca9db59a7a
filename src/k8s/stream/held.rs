//! A conversation that goes on while nobody looks on. What is written meanwhile is held, the newest of it, and comes first for whoever looks on again.
//!
//! Who takes the output has it for themselves: a person while they are in, else a task that holds it. So none of it gets anywhere while nobody is in.

use super::exec::{Ends, put};
use super::modes::Modes;
use crate::model::stream::{End, Ended};
use bytes::BytesMut;
use futures::FutureExt;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{self, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// So much of what is written is held, and so much of what is typed waits for a far side that does not take it.
const HELD: usize = 256 << 10;
/// What is left begins with a line, where one begins within so many bytes: no half of a sequence is told.
const LINE: usize = 4 << 10;
/// Bytes that are on their way at a time.
const PIECE: usize = 32 << 10;

/// Where all that can wait for a far side waits and it has taken nothing for so long, what else is typed is let go of until there is room again.
/// Whoever is only slow gets all of it.
const STUCK: Duration = Duration::from_secs(3);

/// What comes of [`LEAVE`](crate::model::stream::LEAVE), also where a program has asked for other codes, as xterm and kitty have them.
const LEAVES: [&[u8]; 3] = [b"\x1d", b"\x1b[27;5;93~", b"\x1b[93;5u"];

/// What is said to whoever comes to one that has ended.
const OVER: &str = "\r\nkconsole: it has ended; any key goes back\r\n";

/// A conversation that nobody looks on.
pub struct Held {
    input: DuplexStream,
    size: watch::Sender<(u16, u16)>,
    counted: Arc<Counted>,
    /// Whoever comes takes the output from here.
    stop: oneshot::Sender<()>,
    holding: JoinHandle<Output>,
}

/// How a look at it ended.
pub enum Visit {
    /// The person left, and it goes on. So many bytes that were typed it had not taken by then, and does not get.
    Left(Held, u64),
    /// It has ended, and all that it wrote was told. So many bytes that were typed it did not take.
    Ended(u64),
}

/// Bytes that went in and came out.
#[derive(Debug, Default)]
pub struct Counted {
    sent: AtomicU64,
    received: AtomicU64,
}

impl Counted {
    /// It was closed here.
    pub fn closed(&self) -> Ended {
        Ended { end: End::Closed, sent: self.sent.load(Relaxed), received: self.received.load(Relaxed) }
    }
}

/// What comes out of it, while nobody looks on.
struct Output {
    from: DuplexStream,
    kept: Kept,
    has_ended: bool,
}

/// What was written while nobody looked on.
#[derive(Default)]
struct Kept {
    newest: VecDeque<u8>,
    /// So much before that was let go of.
    lost: usize,
    modes: Modes,
}

impl Kept {
    fn add(&mut self, bytes: &[u8]) {
        self.modes.read(bytes);
        self.newest.extend(bytes);
        let over = self.newest.len().saturating_sub(HELD);
        if over > 0 {
            let line = self.newest.iter().skip(over).take(LINE).position(|byte| *byte == b'\n');
            let to = line.map_or(over, |at| over + at + 1);
            self.newest.drain(..to);
            self.lost += to;
        }
    }

    /// Brings a terminal to where it would be by now.
    async fn tell(&mut self, out: &mut (dyn AsyncWrite + Send + Unpin)) -> io::Result<()> {
        let lost = match std::mem::take(&mut self.lost) {
            0 => String::new(),
            lost => format!("\r\nkconsole: {lost} bytes before this were let go of\r\n"),
        };
        let newest: Vec<u8> = std::mem::take(&mut self.newest).into();
        put(out, &[self.modes.set().as_bytes(), lost.as_bytes(), &newest].concat()).await
    }
}

/// Holds what comes until somebody wants it.
async fn hold(mut from: DuplexStream, mut kept: Kept, counted: Arc<Counted>, mut stop: oneshot::Receiver<()>) -> Output {
    let mut buffer = vec![0; PIECE];
    loop {
        tokio::select! {
            biased;
            _ = &mut stop => return Output { from, kept, has_ended: false },
            read = from.read(&mut buffer) => match read {
                Ok(n @ 1..) => {
                    counted.received.fetch_add(n as u64, Relaxed);
                    kept.add(buffer.get(..n).unwrap_or_default());
                }
                Ok(0) | Err(_) => {
                    // Nobody may come any more.
                    let _ = stop.await;
                    return Output { from, kept, has_ended: true };
                }
            }
        }
    }
}

/// Another size, so that coming back is a change of size, at which programs paint anew.
fn other((columns, rows): (u16, u16)) -> (u16, u16) {
    (columns, if rows > 1 { rows - 1 } else { rows + 1 })
}

impl Held {
    /// A conversation that nobody looks on yet, for a terminal of this size; and the ends that it is held over. Needs a runtime.
    pub fn new(size: (u16, u16)) -> (Self, Ends) {
        let (input, far_input) = duplex(PIECE);
        let (far_out, from) = duplex(PIECE);
        let (size, far_size) = watch::channel(size);
        let ends = Ends { input: Box::new(far_input), out: Box::new(far_out), err: Box::new(io::sink()), size: Some(far_size) };
        (Self::holding(input, size, Arc::default(), from, Kept::default()), ends)
    }

    fn holding(input: DuplexStream, size: watch::Sender<(u16, u16)>, counted: Arc<Counted>, from: DuplexStream, kept: Kept) -> Self {
        let (stop, stopped) = oneshot::channel();
        let holding = tokio::spawn(hold(from, kept, Arc::clone(&counted), stopped));
        Self { input, size, counted, stop, holding }
    }

    /// What goes through it is counted here.
    pub fn counted(&self) -> Arc<Counted> {
        Arc::clone(&self.counted)
    }

    /// Looks on, and talks with it, until it ends or the person leaves.
    pub async fn visit(self, near: Ends) -> Visit {
        let Self { mut input, size, counted, stop, holding } = self;
        let Ends { input: mut keys, mut out, size: here, .. } = near;
        // It hands over what it has either way.
        let _ = stop.send(());
        let Ok(Output { mut from, mut kept, has_ended }) = holding.await else { return Visit::Ended(0) };
        if has_ended {
            // Where the terminal is gone, nobody is left to be told.
            let _ = kept.tell(&mut *out).await;
            let _ = put(&mut *out, OVER.as_bytes()).await;
            let _ = keys.read(&mut [0; 64]).await;
            return Visit::Ended(0);
        }
        let (leave, mut typed) = (Notify::new(), Typed::default());
        let goes_on = tokio::select! {
            goes_on = print(&mut from, &mut kept, &mut *out, &counted, &leave) => goes_on,
            never = type_in(&mut *keys, &mut input, (&counted, &mut typed), &leave) => match never {},
            never = resize(here, &size) => match never {},
        };
        let untaken = typed.waiting.len() as u64 + typed.lost;
        if !goes_on {
            return Visit::Ended(untaken);
        }
        size.send_modify(|size| *size = other(*size));
        Visit::Left(Self::holding(input, size, counted, from, kept), untaken)
    }
}

/// Puts out what was held and what comes. True once the person leaves, false once it has ended: all that was taken has been put out by then.
async fn print(
    from: &mut DuplexStream,
    kept: &mut Kept,
    out: &mut (dyn AsyncWrite + Send + Unpin),
    counted: &Counted,
    leave: &Notify,
) -> bool {
    let mut buffer = vec![0; PIECE];
    let mut written = kept.tell(out).await;
    while written.is_ok() {
        tokio::select! {
            biased;
            () = leave.notified() => return true,
            read = from.read(&mut buffer) => {
                let Ok(n @ 1..) = read else { return false };
                counted.received.fetch_add(n as u64, Relaxed);
                let bytes = buffer.get(..n).unwrap_or_default();
                kept.modes.read(bytes);
                written = put(out, bytes).await;
            }
        }
    }
    // The terminal is gone: somebody else ends the program.
    true
}

/// What was typed.
#[derive(Default)]
struct Typed {
    /// The far side has not taken this.
    waiting: BytesMut,
    /// So many bytes were let go of.
    lost: u64,
}

/// Sends what is typed, until the key that leaves. That one is heard whatever the far side does.
async fn type_in(
    keys: &mut (dyn io::AsyncRead + Send + Unpin),
    input: &mut DuplexStream,
    (counted, Typed { waiting, lost }): (&Counted, &mut Typed),
    leave: &Notify,
) -> std::convert::Infallible {
    let (mut buffer, mut is_stuck) = (vec![0; PIECE], false);
    loop {
        tokio::select! {
            read = keys.read(&mut buffer), if waiting.len() < HELD || is_stuck => {
                let all = buffer.get(..read.unwrap_or(0)).unwrap_or_default();
                let end = LEAVES.iter().filter_map(|leave| all.windows(leave.len()).position(|keys| keys == *leave)).min();
                let pressed = all.get(..end.unwrap_or(all.len())).unwrap_or_default();
                if is_stuck {
                    *lost += pressed.len() as u64;
                } else {
                    waiting.extend_from_slice(pressed);
                }
                if end.is_some() || all.is_empty() {
                    // What was typed before goes in, if there is room for it.
                    let last = input.write_buf(waiting).now_or_never().and_then(Result::ok).unwrap_or_default();
                    counted.sent.fetch_add(last as u64, Relaxed);
                    leave.notify_one();
                    return std::future::pending().await;
                }
            }
            written = input.write_buf(waiting), if !waiting.is_empty() => {
                // That nobody takes it is heard of by who listens.
                let Ok(n) = written else { return std::future::pending().await };
                counted.sent.fetch_add(n as u64, Relaxed);
                is_stuck &= waiting.len() >= HELD;
            }
            () = sleep(STUCK), if waiting.len() >= HELD && !is_stuck => is_stuck = true,
        }
    }
}

/// Tells the far side the size of the terminal, whenever it is another.
async fn resize(here: Option<watch::Receiver<(u16, u16)>>, size: &watch::Sender<(u16, u16)>) -> std::convert::Infallible {
    if let Some(mut here) = here {
        loop {
            let now = *here.borrow_and_update();
            size.send_if_modified(|known| std::mem::replace(known, now) != now);
            if here.changed().await.is_err() {
                break;
            }
        }
    }
    std::future::pending().await
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;

    /// A person at a terminal: what they type, and what they see.
    struct Person {
        hand: DuplexStream,
        eye: DuplexStream,
        near: Ends,
    }

    fn person(size: (u16, u16)) -> (Person, watch::Sender<(u16, u16)>) {
        let (hand, keys) = duplex(PIECE);
        let (out, eye) = duplex(2 * HELD);
        let (told, size) = watch::channel(size);
        let near = Ends { input: Box::new(keys), out: Box::new(out), err: Box::new(io::sink()), size: Some(size) };
        (Person { hand, eye, near }, told)
    }

    /// Waits until as much was written as this, and gives it.
    async fn seen(eye: &mut DuplexStream, wanted: &str) {
        let mut seen = vec![0; wanted.len()];
        eye.read_exact(&mut seen).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&seen), wanted);
    }

    fn left(visit: Visit) -> Held {
        match visit {
            Visit::Left(held, _) => held,
            Visit::Ended(_) => panic!("it goes on"),
        }
    }

    #[tokio::test]
    async fn it_goes_on_while_nobody_is_in_and_nothing_of_that_gets_anywhere() {
        let (held, Ends { input: mut far_in, out: mut far_out, size, .. }) = Held::new((80, 24));
        let (mut size, counted) = (size.unwrap(), held.counted());
        let (Person { mut hand, mut eye, near }, _told) = person((80, 24));
        let visit = tokio::spawn(held.visit(near));
        hand.write_all(b"ls\r").await.unwrap();
        let mut typed = [0; 3];
        far_in.read_exact(&mut typed).await.unwrap();
        far_out.write_all(b"a b\r\n\x1b[?1049h").await.unwrap();
        seen(&mut eye, "a b\r\n\x1b[?1049h").await;
        assert_eq!((typed, *size.borrow_and_update()), (*b"ls\r", (80, 24)));
        hand.write_all(b"vi\r\x1dlost").await.unwrap();
        let held = left(visit.await.unwrap());
        far_in.read_exact(&mut typed).await.unwrap();
        assert_eq!((typed, *size.borrow_and_update()), (*b"vi\r", (80, 23)), "what was typed before the key goes in");
        far_out.write_all(b"unseen").await.unwrap();
        let mut rest = Vec::new();
        eye.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"", "nobody was in");
        let (Person { hand, mut eye, near }, told) = person((100, 30));
        let visit = tokio::spawn(held.visit(near));
        seen(&mut eye, "\x1b[?1049hunseen").await;
        size.wait_for(|size| *size == (100, 30)).await.unwrap();
        told.send_replace((90, 20));
        size.wait_for(|size| *size == (90, 20)).await.unwrap();
        drop(far_out);
        assert!(matches!(visit.await.unwrap(), Visit::Ended(0)));
        let Ended { end, sent, received } = counted.closed();
        assert_eq!((end, sent, received), (End::Closed, 6, 19));
        drop(hand);
    }

    #[tokio::test]
    async fn the_newest_is_held_from_the_beginning_of_a_line_and_it_is_said_what_was_let_go_of() {
        let (held, Ends { mut out, .. }) = Held::new((80, 24));
        let lines: Vec<String> = (0..100_000).map(|n| format!("line {n}\r\n")).collect();
        let all = lines.concat();
        out.write_all(all.as_bytes()).await.unwrap();
        drop(out);
        // That it has ended is known once all was taken.
        let (Person { mut hand, mut eye, near }, _told) = person((80, 24));
        while !held.holding.is_finished() && held.counted.received.load(Relaxed) < all.len() as u64 {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
        hand.write_all(b"x").await.unwrap();
        assert!(matches!(held.visit(near).await, Visit::Ended(0)));
        let mut told = String::new();
        eye.read_to_string(&mut told).await.unwrap();
        let rest = told.strip_prefix("\r\nkconsole: ").unwrap();
        let (lost, rest) = rest.split_once(" bytes before this were let go of\r\n").unwrap();
        let rest = rest.strip_suffix(OVER).unwrap();
        assert_eq!(lost.parse::<usize>().unwrap() + rest.len(), all.len());
        assert!(rest.starts_with("line ") && all.ends_with(rest) && rest.len() > HELD - LINE && rest.len() <= HELD, "{lost}");
    }

    /// So much is on its way to a far side that takes nothing.
    const ON_ITS_WAY: usize = PIECE;

    #[tokio::test(start_paused = true)]
    async fn a_far_side_that_takes_nothing_can_be_left_by_each_code_of_the_key_however_much_was_typed() {
        let (mut held, _ends) = Held::new((80, 24));
        let mut room = ON_ITS_WAY;
        for (leave, typed) in LEAVES.iter().zip([2 * PIECE, 4 * HELD, 4 * HELD + 1]) {
            let (Person { mut hand, eye: _eye, near }, _told) = person((80, 24));
            let visit = tokio::spawn(held.visit(near));
            hand.write_all(&vec![b'x'; typed]).await.unwrap();
            hand.write_all(leave).await.unwrap();
            let Visit::Left(left, untaken) = visit.await.unwrap() else { panic!("it goes on") };
            assert_eq!(untaken, (typed - std::mem::take(&mut room)) as u64);
            held = left;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_ends_while_it_takes_nothing_tells_what_it_did_not_take() {
        let (held, Ends { input, out, .. }) = Held::new((80, 24));
        let (Person { mut hand, eye: _eye, near }, _told) = person((80, 24));
        let visit = tokio::spawn(held.visit(near));
        hand.write_all(&vec![b'x'; 4 * HELD]).await.unwrap();
        sleep(2 * STUCK).await;
        drop((input, out));
        let Visit::Ended(untaken) = visit.await.unwrap() else { panic!("it has ended") };
        assert_eq!(untaken, (4 * HELD - ON_ITS_WAY) as u64);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_typed_once_there_is_room_again_goes_in() {
        let (held, Ends { mut input, out: _out, .. }) = Held::new((80, 24));
        let (Person { mut hand, eye: _eye, near }, _told) = person((80, 24));
        let visit = tokio::spawn(held.visit(near));
        hand.write_all(&vec![b'x'; 4 * HELD]).await.unwrap();
        sleep(2 * STUCK).await;
        // It takes a little, and holds still again.
        let mut got = vec![0; 2 * PIECE];
        input.read_exact(&mut got).await.unwrap();
        sleep(STUCK / 2).await;
        hand.write_all(b"more").await.unwrap();
        sleep(STUCK / 2).await;
        while !got.ends_with(b"more") {
            let mut piece = vec![0; PIECE];
            let n = input.read(&mut piece).await.unwrap();
            got.extend_from_slice(&piece[..n]);
        }
        hand.write_all(LEAVES[0]).await.unwrap();
        let Visit::Left(_, untaken) = visit.await.unwrap() else { panic!("it goes on") };
        assert_eq!(untaken, (4 * HELD + 4 - got.len()) as u64);
        assert!(untaken > 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_far_side_that_is_slow_gets_all_that_is_typed() {
        let (held, Ends { mut input, out: _out, .. }) = Held::new((80, 24));
        let (Person { mut hand, eye: _eye, near }, _told) = person((80, 24));
        let visit = tokio::spawn(held.visit(near));
        let typed: Vec<u8> = (0..4 * HELD).map(|n| b'a' + (n % 23) as u8).collect();
        let wanted = typed.clone();
        let typing = tokio::spawn(async move {
            hand.write_all(&typed).await.unwrap();
            hand
        });
        let mut got = vec![0; wanted.len()];
        for piece in got.chunks_mut(PIECE) {
            sleep(STUCK / 2).await;
            input.read_exact(piece).await.unwrap();
        }
        assert!(got == wanted);
        typing.await.unwrap().write_all(LEAVES[0]).await.unwrap();
        assert!(matches!(visit.await.unwrap(), Visit::Left(_, 0)));
    }
}
