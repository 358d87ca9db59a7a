//! How one connection to a port of a pod goes through a WebSocket: as two streams of SPDY in it, which servers understand since 1.31 and which know
//! half-closed connections; or divided into channels, as before. Bytes in, bytes out: nothing awaits here.
//!
//! Of SPDY/3.1 this is what the far side's library reads and writes: no flow control, no header that would be looked at.

/// SPDY in a WebSocket.
pub(super) const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";
/// What is asked for, the best first.
pub(super) const PROTOCOLS: &[&str] = &[TUNNEL, "v4.channel.k8s.io"];

/// The stream of errors, and that of the data: clients have odd numbers.
const ERRORS: u32 = 1;
const DATA: u32 = 3;
/// `FLAG_FIN`: nothing more is sent on this stream.
const FIN: u8 = 1;
const SYN_STREAM: u16 = 1;
const RST_STREAM: u16 = 3;
const PING: u16 = 6;
const GOAWAY: u16 = 7;
/// Bytes of a frame above which the far side does not speak SPDY.
const FRAME: usize = 1 << 24;

/// What comes from the pod.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Bytes.
    Data(Vec<u8>),
    /// It writes nothing more.
    End,
    /// Why there is no connection, in the kubelet's words.
    Error(String),
    /// It is over.
    Over,
    /// To be sent back.
    Answer(Vec<u8>),
}

/// How a connection is put into messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    /// As SPDY.
    Tunnel,
    /// As channels.
    Channels,
}

impl Wire {
    pub(super) fn of(protocol: &str) -> Self {
        if protocol == TUNNEL { Self::Tunnel } else { Self::Channels }
    }

    /// What is sent first.
    pub(super) fn open(self, port: u16) -> Option<Vec<u8>> {
        // Errors come only the other way.
        (self == Self::Tunnel).then(|| [syn(ERRORS, "error", port), data(ERRORS, b"", true), syn(DATA, "data", port)].concat())
    }

    /// Bytes for the pod.
    pub(super) fn data(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Tunnel => data(DATA, bytes, false),
            Self::Channels => [&[0], bytes].concat(),
        }
    }

    /// Nothing more comes for the pod; channels cannot say so.
    pub(super) fn end(self) -> Option<Vec<u8>> {
        (self == Self::Tunnel).then(|| data(DATA, b"", true))
    }
}

/// What messages of the pod come to.
pub(super) struct Ear {
    wire: Wire,
    /// What has come of a frame that is not whole yet.
    heard: Vec<u8>,
    /// What has come of the text of an error.
    error: Vec<u8>,
    /// The channels that have told the port that they are for, which comes first on each.
    begun: [bool; 2],
}

impl Ear {
    pub(super) fn new(wire: Wire) -> Self {
        Self { wire, heard: Vec::new(), error: Vec::new(), begun: [false; 2] }
    }

    /// How the connection is put into messages.
    pub(super) fn wire(&self) -> Wire {
        self.wire
    }

    /// Takes in a message. Nothing where it cannot be understood.
    pub(super) fn hear(&mut self, message: &[u8]) -> Option<Vec<Event>> {
        let mut events = Vec::new();
        match self.wire {
            Wire::Tunnel => {
                self.heard.extend_from_slice(message);
                while let Some(frame) = frame(&mut self.heard)? {
                    events.extend(event(&frame, &mut self.error)?);
                }
            }
            Wire::Channels => {
                let (channel, bytes) = message.split_first()?;
                let begun = self.begun.get_mut(usize::from(*channel))?;
                let bytes = if std::mem::replace(begun, true) { bytes } else { bytes.get(2..)? };
                match channel {
                    _ if bytes.is_empty() => {}
                    0 => events.push(Event::Data(bytes.to_vec())),
                    _ => events.push(Event::Error(String::from_utf8_lossy(bytes).into_owned())),
                }
            }
        }
        Some(events)
    }
}

/// Takes the first frame, once it is whole; `None` where there can be none.
fn frame(heard: &mut Vec<u8>) -> Option<Option<Vec<u8>>> {
    let Some([.., l1, l2, l3]) = heard.first_chunk::<8>() else { return Some(None) };
    let length = 8 + u32::from_be_bytes([0, *l1, *l2, *l3]) as usize;
    if length > FRAME {
        return None;
    }
    Some((heard.len() >= length).then(|| heard.drain(..length).collect()))
}

/// What a frame says.
fn event(frame: &[u8], error: &mut Vec<u8>) -> Option<Vec<Event>> {
    let ([a, b, c, d, flags, ..], payload) = frame.split_first_chunk::<8>()?;
    let number = |bytes: &[u8]| bytes.first_chunk().map(|n| u32::from_be_bytes(*n) & 0x7fff_ffff);
    if a & 0x80 != 0 {
        return Some(match u16::from_be_bytes([*c, *d]) {
            PING => vec![Event::Answer(frame.to_vec())],
            RST_STREAM if number(payload)? == DATA => vec![Event::Error("the pod broke the connection off".to_owned()), Event::Over],
            GOAWAY => vec![Event::Over],
            _ => Vec::new(),
        });
    }
    let is_last = flags & FIN != 0;
    Some(match u32::from_be_bytes([*a, *b, *c, *d]) {
        DATA => {
            [(!payload.is_empty()).then(|| Event::Data(payload.to_vec())), is_last.then_some(Event::End)].into_iter().flatten().collect()
        }
        ERRORS => {
            error.extend_from_slice(payload);
            let told = (is_last && !error.is_empty()).then(|| Event::Error(String::from_utf8_lossy(error).into_owned()));
            told.into_iter().chain(is_last.then_some(Event::Over)).collect()
        }
        _ => Vec::new(),
    })
}

/// A frame that opens a stream. Its headers are one stream of zlib over the whole session, in blocks that are not compressed; an empty block behind
/// them makes Go's reader hand over what it has.
fn syn(stream: u32, kind: &str, port: u16) -> Vec<u8> {
    let port = port.to_string();
    let headers = [("streamtype", kind), ("port", port.as_str()), ("requestid", "0")];
    let mut block = (headers.len() as u32).to_be_bytes().to_vec();
    for text in headers.into_iter().flat_map(|(name, value)| [name, value]) {
        block.extend((text.len() as u32).to_be_bytes());
        block.extend(text.as_bytes());
    }
    let mut payload = stream.to_be_bytes().to_vec();
    // No stream that it belongs to, no priority.
    payload.extend([0; 6]);
    if stream == ERRORS {
        payload.extend([0x78, 0x01]);
    }
    payload.extend(stored(&block));
    payload.extend(stored(&[]));
    let mut out = vec![0x80, 3];
    out.extend(SYN_STREAM.to_be_bytes());
    out.extend((payload.len() as u32).to_be_bytes());
    out.extend(payload);
    out
}

/// Bytes as a block of deflate that is not compressed and not the last.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len() as u16;
    [&[0], length.to_le_bytes().as_slice(), (!length).to_le_bytes().as_slice(), bytes].concat()
}

/// A frame of data.
fn data(stream: u32, bytes: &[u8], is_last: bool) -> Vec<u8> {
    let length = (bytes.len() as u32) & 0x00ff_ffff | if is_last { u32::from(FIN) << 24 } else { 0 };
    [stream.to_be_bytes().as_slice(), length.to_be_bytes().as_slice(), bytes].concat()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heard(protocol: &str, messages: &[&[u8]]) -> Vec<Event> {
        let mut ear = Ear::new(Wire::of(protocol));
        messages.iter().flat_map(|message| ear.hear(message).unwrap()).collect()
    }

    #[test]
    fn channels_begin_with_their_port() {
        let events = heard("v4.channel.k8s.io", &[&[0, 80, 0], &[1, 80, 0], &[0, b'h', b'i'], &[1, b'n', b'o']]);
        assert_eq!(events, [Event::Data(b"hi".to_vec()), Event::Error("no".to_owned())]);
        let wire = Wire::of("v4.channel.k8s.io");
        assert_eq!((wire.open(80), wire.data(b"hi"), wire.end()), (None, b"\x00hi".to_vec(), None));
    }

    /// What a pod says: some bytes, the end of them, and that of the errors.
    fn session(error: &str) -> Vec<u8> {
        let mut all = vec![0x80, 3, 0, 2, 0, 0, 0, 4, 0, 0, 0, 1];
        all.extend(
            [data(DATA, b"hello", false), data(DATA, b"", true), data(ERRORS, error.as_bytes(), false), data(ERRORS, b"", true)].concat(),
        );
        all
    }

    #[test]
    fn a_tunnel_tells_each_end_apart() {
        assert_eq!(heard(TUNNEL, &[&session("")]), [Event::Data(b"hello".to_vec()), Event::End, Event::Over]);
        let refused = "connection refused";
        let wanted = [Event::Data(b"hello".to_vec()), Event::End, Event::Error(refused.to_owned()), Event::Over];
        assert_eq!(heard(TUNNEL, &[&session(refused)]), wanted);
        assert_eq!(Ear::new(Wire::Tunnel).hear(&[0, 0, 0, 3, 0, 0xff, 0xff, 0xff]), None, "that is no frame");
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_frames_are_cut(at in 0usize..80) {
            let all = session("x");
            let (one, two) = all.split_at(at.min(all.len()));
            prop_assert_eq!(heard(TUNNEL, &[one, two]), heard(TUNNEL, &[&all]));
        }

        #[test]
        fn nonsense_does_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..64), tunnel in any::<bool>()) {
            let _ = Ear::new(if tunnel { Wire::Tunnel } else { Wire::Channels }).hear(&bytes);
        }
    }
}
