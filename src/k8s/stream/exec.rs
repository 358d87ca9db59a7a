//! A command in a container: what is typed goes in, what it writes comes out, and its exit code is told. Nothing is held back here, so whoever does
//! not read holds the far side up.

use super::super::fault;
use super::super::lanes::Lanes;
use super::super::link::Link;
use super::super::watch::escape;
use super::pod::Way;
use super::pulse::{Fate, Lost, Pulse};
use super::{PING, open, pod};
use crate::kinds::decode::Status;
use crate::model::call::Call;
use crate::model::fault::{Fault, FaultKind};
use crate::model::stream::{End, Ended};
use bytes::BytesMut;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{self, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// Since 1.30 the input can be ended; before that the other one is spoken.
const PROTOCOLS: &[&str] = &[CLOSES, "v4.channel.k8s.io"];
const CLOSES: &str = "v5.channel.k8s.io";

/// The channels that a stream is divided into: the first byte of each message.
const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const STATUS: u8 = 3;
const RESIZE: u8 = 4;
/// Before the number of a channel that is ended.
const CLOSE: u8 = 255;

/// What is said of a program that is not there.
pub const NO_PROGRAM: &str = "the image has no such program";

/// So many bytes go in as one message.
const PIECE: usize = 32 << 10;
/// So many bytes are read ahead of what goes in; and with so many on their way out no more are read.
const GATHERED: usize = 256 << 10;

/// The near ends of a conversation.
pub struct Ends {
    /// What goes in.
    pub input: Box<dyn AsyncRead + Send + Unpin>,
    /// Where the output goes.
    pub out: Box<dyn AsyncWrite + Send + Unpin>,
    /// Where errors go, which a terminal does not keep apart.
    pub err: Box<dyn AsyncWrite + Send + Unpin>,
    /// Columns and rows of the terminal, where there is one.
    pub size: Option<watch::Receiver<(u16, u16)>>,
}

/// Has a command run, and talks with it until it ends or a person leaves it.
///
/// # Errors
/// Why it did not begin. What begins ends somehow: that is told, not an error.
pub async fn exec(link: &Link, lanes: &Lanes, call: &Call, ends: Ends, leave: impl Future<Output = ()>) -> Result<Ended, Fault> {
    converse(link, lanes, call, ends, leave).await
}

/// Talks with what a container runs by itself, until that ends or a person leaves it.
///
/// # Errors
/// Why it did not begin.
pub async fn attach(link: &Link, lanes: &Lanes, call: &Call, ends: Ends, leave: impl Future<Output = ()>) -> Result<Ended, Fault> {
    let ended = converse(link, lanes, call, ends, leave).await?;
    // How the program ended is not told here, only that it did.
    Ok(if ended.end == End::Exit(0) { Ended { end: End::Closed, ..ended } } else { ended })
}

async fn converse(link: &Link, lanes: &Lanes, call: &Call, ends: Ends, leave: impl Future<Output = ()>) -> Result<Ended, Fault> {
    let up = lanes.upright(&link.up().await?).await?;
    let (socket, protocol) = open(link, &up, &uri(call)?, PROTOCOLS).await?;
    let pulse = Pulse::default();
    let way = Way { link: link.clone(), up: up.clone(), path: call.path.clone() };
    let said = tokio::select! {
        said = talk(socket, protocol == CLOSES, ends, &way, &pulse) => said,
        () = leave => Said::Left,
    };
    let (sent, received) = pulse.counted();
    let ended = |end| Ended { end, sent, received };
    match said {
        Said::Exit(code) => Ok(ended(End::Exit(code))),
        Said::Failed(why) if received == 0 => Err(why),
        Said::Failed(why) => Ok(ended(End::Broken(why.what))),
        Said::Nothing(why) => Ok(ended(End::Broken(pod::fate(link, &up, &call.path).await.unwrap_or(why)))),
        Said::Unread => Ok(ended(End::Exit(UNREAD))),
        Said::Left => Ok(ended(End::Closed)),
    }
}

/// What a program ends with whose reader has gone: 128 and SIGPIPE.
pub const UNREAD: i32 = 141;

/// How the far side ended.
enum Said {
    /// The command did.
    Exit(i32),
    /// It did not begin, or its node lost it.
    Failed(Fault),
    /// It does not say: the connection ended before the command.
    Nothing(String),
    /// Nobody takes the output any more.
    Unread,
    /// A person left it.
    Left,
}

/// The path and query that open a stream: the options stand in the body of the call.
fn uri(call: &Call) -> Result<String, Fault> {
    let options: Value = serde_json::from_str(&call.body).map_err(|e| Fault::new(FaultKind::Invalid, e.to_string()))?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut query = Vec::new();
    for (name, value) in options.as_object().into_iter().flatten() {
        match value {
            Value::Array(values) => query.extend(values.iter().map(|v| format!("{name}={}", escape(&text(v))))),
            value => query.push(format!("{name}={}", escape(&text(value)))),
        }
    }
    let path: Vec<String> = call.path.split('/').map(escape).collect();
    Ok(format!("{}?{}", path.join("/"), query.join("&")))
}

/// Both directions at once, so that neither waits for the other.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(
    socket: WebSocketStream<S>,
    ends_input: bool,
    ends: Ends,
    fate: &impl Fate,
    pulse: &Pulse,
) -> Said {
    let (to, from) = socket.split();
    let Ends { input, out, err, size } = ends;
    tokio::select! {
        said = listen(from, out, err, fate, pulse) => said,
        never = speak(to, input, size, ends_input, pulse) => never,
    }
}

/// Puts out what comes, until the far side ends. What comes while the one before is being written goes out with the next: the far side writes in small
/// parts, and each one's way out takes its time.
async fn listen<S: AsyncRead + AsyncWrite + Unpin>(
    mut from: SplitStream<WebSocketStream<S>>,
    out: Box<dyn AsyncWrite + Send + Unpin>,
    err: Box<dyn AsyncWrite + Send + Unpin>,
    fate: &impl Fate,
    pulse: &Pulse,
) -> Said {
    let (mut gathered, mut said) = (Gathered::new(out, err), None);
    loop {
        let next = tokio::select! {
            biased;
            next = pulse.next(&mut from, said.is_some(), fate), if gathered.has_room() => next,
            written = gathered.write(), if gathered.has_more() => match written {
                Ok(()) => continue,
                Err(_) => return Said::Unread,
            },
        };
        let data = match (next, said.take()) {
            (Ok(data), before) => {
                said = before;
                data
            }
            (Err(_), _) if gathered.finish().await.is_err() => return Said::Unread,
            (Err(_), Some(said)) => return said,
            (Err(Lost::Closed), None) => return Said::Nothing("the connection was closed".to_owned()),
            (Err(Lost::Broken(why)), None) => return Said::Nothing(why),
        };
        let Some((channel, bytes)) = data.split_first() else { continue };
        let put = match *channel {
            STDOUT | STDERR => gathered.add(*channel == STDERR, bytes).await,
            STATUS => {
                said = Some(status(bytes));
                continue;
            }
            _ => continue,
        };
        pulse.receives(bytes.len());
        if put.is_err() {
            return Said::Unread;
        }
    }
}

/// What came, on its way out.
struct Gathered {
    out: Box<dyn AsyncWrite + Send + Unpin>,
    err: Box<dyn AsyncWrite + Send + Unpin>,
    waiting: BytesMut,
    /// What waits is errors.
    is_err: bool,
    is_flushed: bool,
}

impl Gathered {
    fn new(out: Box<dyn AsyncWrite + Send + Unpin>, err: Box<dyn AsyncWrite + Send + Unpin>) -> Self {
        Self { out, err, waiting: BytesMut::new(), is_err: false, is_flushed: true }
    }

    /// Takes in what comes behind the rest. What goes elsewhere is out before that: where both are one terminal, it stands there in the order in which
    /// it came.
    async fn add(&mut self, is_err: bool, bytes: &[u8]) -> io::Result<()> {
        if is_err != self.is_err {
            self.finish().await?;
            self.is_err = is_err;
        }
        self.waiting.extend_from_slice(bytes);
        self.is_flushed = false;
        Ok(())
    }

    fn has_room(&self) -> bool {
        self.waiting.len() < GATHERED
    }

    fn has_more(&self) -> bool {
        !self.is_flushed
    }

    /// One step further out. Nothing is lost where this is not waited for to its end.
    async fn write(&mut self) -> io::Result<()> {
        let to = if self.is_err { &mut self.err } else { &mut self.out };
        if self.waiting.is_empty() {
            to.flush().await?;
            self.is_flushed = true;
        } else if to.write_buf(&mut self.waiting).await? == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(())
    }

    /// All of it.
    async fn finish(&mut self) -> io::Result<()> {
        while self.has_more() {
            self.write().await?;
        }
        Ok(())
    }
}

/// All of it, at once.
pub(super) async fn put(to: &mut (dyn AsyncWrite + Send + Unpin), bytes: &[u8]) -> io::Result<()> {
    to.write_all(bytes).await?;
    to.flush().await
}

/// What the last message says.
fn status(bytes: &[u8]) -> Said {
    let Ok(status) = serde_json::from_slice::<Status>(bytes) else {
        return Said::Failed(Fault::new(FaultKind::Garbled, "it ended, and how cannot be read"));
    };
    let causes = status.details.iter().filter_map(|d| d.causes.as_ref()).flatten();
    // Those of Windows have 32 bits, all of which are a number.
    let code = |cause: &crate::kinds::decode::StatusCause| {
        (cause.reason.as_deref() == Some("ExitCode")).then(|| cause.message.as_deref()?.parse::<i64>().ok())?
    };
    match (status.status.as_deref(), causes.into_iter().find_map(code)) {
        (_, Some(code)) => Said::Exit(i32::try_from(code).unwrap_or(i32::MAX)),
        (Some("Success"), None) => Said::Exit(0),
        _ => {
            let fault = fault::of_object(&status, None);
            let missing = ["executable file not found", "no such file or directory"].iter().any(|words| fault.what.contains(words));
            Said::Failed(if missing { fault.hint(NO_PROGRAM) } else { fault })
        }
    }
}

/// Sends what is typed, and what size the terminal has; pings. Never ends: what goes wrong here is heard of by who listens.
async fn speak<S: AsyncRead + AsyncWrite + Unpin>(
    mut to: SplitSink<WebSocketStream<S>, Message>,
    input: Box<dyn AsyncRead + Send + Unpin>,
    mut size: Option<watch::Receiver<(u16, u16)>>,
    ends_input: bool,
    pulse: &Pulse,
) -> Said {
    let mut pings = interval_at(Instant::now() + PING, PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Each read of standard input is one of a thread elsewhere.
    let mut input = BufReader::with_capacity(GATHERED, input);
    let mut buffer = vec![0; PIECE];
    let mut open = true;
    if let Some(size) = &mut size {
        size.mark_changed();
    }
    loop {
        let message = tokio::select! {
            read = input.read(&mut buffer), if open => match read {
                Ok(0) | Err(_) => {
                    open = false;
                    if !ends_input {
                        continue;
                    }
                    Message::binary(vec![CLOSE, STDIN])
                }
                Ok(n) => {
                    pulse.sends(n);
                    Message::binary([&[STDIN], buffer.get(..n).unwrap_or_default()].concat())
                }
            },
            resized = resized(&mut size) => Message::binary([&[RESIZE], resized.to_string().as_bytes()].concat()),
            _ = pings.tick() => pulse.ping(),
        };
        if to.send(message).await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// The size of the terminal, whenever it is another.
async fn resized(size: &mut Option<watch::Receiver<(u16, u16)>>) -> Value {
    let Some(size) = size else { return std::future::pending().await };
    if size.changed().await.is_err() {
        return std::future::pending().await;
    }
    let (columns, rows) = *size.borrow_and_update();
    json!({"Width": columns, "Height": rows})
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use crate::model::call::Method;
    use crate::model::id::ClusterId;
    use std::time::Duration;
    use tokio::io::{DuplexStream, duplex};
    use tokio::time::{sleep, timeout};
    use tokio_tungstenite::tungstenite::protocol::Role;

    /// Bytes that are on the way at a time.
    const WIRE: usize = 64 << 10;

    /// The far side.
    type Far = WebSocketStream<DuplexStream>;

    impl Fate for Option<&'static str> {
        async fn over(&self) -> Option<String> {
            self.map(str::to_owned)
        }
    }

    /// A conversation, while the far side does what it does; what it said, what was put out, and what was counted.
    async fn talked<F: Future<Output = ()> + Send + 'static>(ends: Ends, far: impl FnOnce(Far) -> F) -> (Said, Pulse) {
        let (near, other) = duplex(WIRE);
        let near = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
        tokio::spawn(far(WebSocketStream::from_raw_socket(other, Role::Server, None).await));
        let pulse = Pulse::default();
        (talk(near, true, ends, &None, &pulse).await, pulse)
    }

    /// Ends where nothing is typed and nothing shown.
    fn ends(input: impl AsyncRead + Send + Unpin + 'static) -> Ends {
        Ends { input: Box::new(input), out: Box::new(io::sink()), err: Box::new(io::sink()), size: None }
    }

    /// A person who types nothing.
    fn nobody() -> (impl AsyncRead + Send + Unpin, DuplexStream) {
        duplex(1)
    }

    async fn exit(mut far: Far, code: i32) {
        let status = json!({"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]}});
        far.send(Message::binary([&[STATUS], status.to_string().as_bytes()].concat())).await.unwrap();
        far.close(None).await.unwrap();
    }

    fn told((said, _): &(Said, Pulse)) -> String {
        match said {
            Said::Exit(code) => format!("exit {code}"),
            Said::Failed(fault) => fault.to_string(),
            Said::Nothing(why) => why.clone(),
            Said::Unread => "unread".to_owned(),
            Said::Left => "left".to_owned(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn fl8_a_far_side_that_says_nothing_ends_it_within_15_s() {
        let (input, _person) = nobody();
        let began = Instant::now();
        let ended = talked(ends(input), |far| async move {
            let _held = far;
            std::future::pending().await
        })
        .await;
        assert_eq!(told(&ended), "nothing was heard of it for 10 s");
        assert!(began.elapsed() <= Duration::from_secs(15), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn fl8_a_connection_that_is_cut_ends_it_at_once() {
        let (input, _person) = nobody();
        let ended = talked(ends(input), |far| async move { drop(far) }).await;
        assert!(told(&ended).starts_with("the connection was c"), "{}", told(&ended));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_quiet_and_hears_pings_goes_on() {
        let (input, _person) = nobody();
        let ended = talked(ends(input), |mut far| async move {
            // Whoever reads answers pings.
            let _ = timeout(Duration::from_secs(3_600), async { while far.next().await.is_some() {} }).await;
            exit(far, 7).await;
        })
        .await;
        assert_eq!(told(&ended), "exit 7");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_does_not_read_holds_the_far_side_up_and_loses_nothing() {
        let (input, _person) = nobody();
        let (out, mut reader) = duplex(1_024);
        let talking = talked(Ends { out: Box::new(out), ..ends(input) }, |mut far| async move {
            for n in 0..200u8 {
                far.send(Message::binary([vec![STDOUT], vec![n; 4_096]].concat())).await.unwrap();
            }
            exit(far, 0).await;
        });
        let reading = async {
            sleep(Duration::from_secs(120)).await;
            let mut all = Vec::new();
            reader.read_to_end(&mut all).await.unwrap();
            all
        };
        let (ended, all) = tokio::join!(talking, reading);
        assert_eq!((told(&ended).as_str(), all.len()), ("exit 0", 200 * 4_096));
        assert!(all.chunks(4_096).zip(0..).all(|(piece, n)| piece.iter().all(|b| *b == n)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_paste_that_nobody_takes_for_a_minute_arrives_whole_and_then_ends() {
        let pasted: Vec<u8> = (0..1u32 << 20).map(|n| (n % 251) as u8).collect();
        let (got, wanted) = (tokio::sync::oneshot::channel(), pasted.clone());
        let tell = got.0;
        let ended = talked(ends(std::io::Cursor::new(pasted)), |mut far| async move {
            sleep(Duration::from_secs(60)).await;
            let mut all = Vec::new();
            while let Some(Ok(message)) = far.next().await {
                let Message::Binary(data) = message else { continue };
                match data.split_first() {
                    Some((&STDIN, bytes)) => all.extend_from_slice(bytes),
                    Some((&CLOSE, rest)) => {
                        assert_eq!(rest, [STDIN]);
                        break;
                    }
                    _ => {}
                }
            }
            tell.send(all).unwrap();
            exit(far, 0).await;
        })
        .await;
        assert_eq!((told(&ended).as_str(), ended.1.counted().0), ("exit 0", 1 << 20));
        assert!(got.1.await.unwrap() == wanted);
    }

    /// What it writes meanwhile does not say that it has taken what goes in.
    #[tokio::test(start_paused = true)]
    async fn a_program_that_speaks_and_then_works_for_a_minute_is_not_cut_off() {
        let ended = talked(ends(io::repeat(b'x').take(1 << 20)), |mut far| async move {
            sleep(Duration::from_secs(5)).await;
            far.send(Message::binary(b"\x01loading".to_vec())).await.unwrap();
            sleep(Duration::from_secs(60)).await;
            while far.next().await.is_some_and(|m| m.is_ok_and(|m| m.into_data().first() != Some(&CLOSE))) {}
            exit(far, 0).await;
        })
        .await;
        assert_eq!(told(&ended), "exit 0");
    }

    /// FL8: where a full pipe explains the silence, what became of the pod is asked instead.
    #[tokio::test(start_paused = true)]
    async fn fl8_a_pod_that_goes_while_nothing_is_taken_ends_it_within_15_s() {
        let (near, _far) = duplex(WIRE);
        let near = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
        let began = Instant::now();
        let pulse = Pulse::default();
        let said = talk(near, true, ends(io::repeat(b'x')), &Some("the pod is gone"), &pulse).await;
        assert!(matches!(said, Said::Nothing(why) if why == "the pod is gone"));
        assert!(began.elapsed() <= Duration::from_secs(15), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn the_size_is_told_at_first_and_whenever_it_is_another() {
        let (input, _person) = nobody();
        let (resize, size) = watch::channel((80, 24));
        let (heard, told_to) = (tokio::sync::oneshot::channel(), resize.clone());
        let tell = heard.0;
        let ended = talked(Ends { size: Some(size), ..ends(input) }, |mut far| async move {
            let mut sizes = Vec::new();
            while let Some(Ok(message)) = far.next().await {
                if let Some((&RESIZE, size)) = message.into_data().split_first() {
                    sizes.push(String::from_utf8_lossy(size).into_owned());
                    told_to.send_replace((132, 50));
                }
                if sizes.len() == 2 {
                    break;
                }
            }
            tell.send(sizes).unwrap();
            exit(far, 0).await;
        })
        .await;
        assert_eq!(told(&ended), "exit 0");
        assert_eq!(heard.1.await.unwrap(), [r#"{"Width":80,"Height":24}"#, r#"{"Width":132,"Height":50}"#]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_takes_any_more_ends_it_as_a_pipe_does() {
        let (input, _person) = nobody();
        let (out, reader) = duplex(16);
        drop(reader);
        let ended = talked(Ends { out: Box::new(out), ..ends(input) }, |mut far| async move {
            let _ = far.send(Message::binary(b"\x01more".to_vec())).await;
            while far.next().await.is_some() {}
        })
        .await;
        assert_eq!(told(&ended), "unread");
    }

    #[test]
    fn options_go_into_the_query() {
        let body = json!({"container": "web", "command": ["sh", "-c", "echo a&b"], "stdin": true, "tty": false}).to_string();
        let path = "/api/v1/namespaces/shop/pods/web-1/exec".to_owned();
        let call = Call { cluster: ClusterId(0), method: Method::Connect, path: path.clone(), query: Vec::new(), body };
        let wanted = format!("{path}?container=web&command=sh&command=-c&command=echo%20a%26b&stdin=true&tty=false");
        assert_eq!(uri(&call).unwrap(), wanted);
    }

    #[test]
    fn a_status_is_an_exit_code_or_why_there_is_none() {
        for (text, code, why) in [
            (r#"{"metadata":{},"status":"Success"}"#, Some(0), ""),
            (r#"{"status":"Failure"}"#, None, ""),
            (r#"{"status":"Failure","details":{"causes":[{"reason":"ExitCode","message":"3221225477"}]}}"#, Some(i32::MAX), ""),
            ("{}", None, ""),
            (
                r#"{"status":"Failure","message":"command terminated with exit code 3","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}"#,
                Some(3),
                "",
            ),
            (
                r#"{"status":"Failure","message":"Internal error occurred: exec: \"x\": executable file not found in $PATH","reason":"InternalError","code":500}"#,
                None,
                "executable file not found",
            ),
            ("nonsense", None, "cannot be read"),
        ] {
            match status(text.as_bytes()) {
                Said::Exit(exit) => assert_eq!(Some(exit), code, "{text}"),
                Said::Failed(fault) => assert!(code.is_none() && fault.what.contains(why), "{text}: {fault}"),
                Said::Nothing(_) | Said::Unread | Said::Left => panic!("{text}"),
            }
        }
    }
}
