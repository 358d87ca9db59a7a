//! The server's side of SPDY/3.1, as far as forwarding ports needs it (<https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/>).
//! Bytes in, bytes out. Flow control is not here: the client's library has none.

use super::visitor::Visitor;
use flate2::{Decompress, FlushDecompress};
use std::collections::HashMap;

/// Bytes of one frame above which a client is let go.
const FRAME: usize = 1 << 20;
/// `FLAG_FIN`: the sender sends nothing more on this stream.
const FIN: u8 = 1;
const SYN_STREAM: u16 = 1;
const SYN_REPLY: u16 = 2;
const RST_STREAM: u16 = 3;
const PING: u16 = 6;
const GOAWAY: u16 = 7;

/// The words that headers are compressed with (2.6.10.1); each stands behind its length.
const WORDS: &str = "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow \
    authorization cache-control connection content-base content-encoding content-language content-length content-location content-md5 \
    content-range content-type date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since \
    last-modified location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer \
    transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie \
    keep-alive origin";
/// And what follows them.
const TAIL: &str = "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative \
    Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 \
    Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, \
    GMTchunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=\
    gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

fn dictionary() -> Vec<u8> {
    let mut all = Vec::new();
    for word in WORDS.split(' ').map(|w| w.replace('_', " ")) {
        all.extend_from_slice(&(word.len() as u32).to_be_bytes());
        all.extend_from_slice(word.as_bytes());
    }
    all.extend_from_slice(TAIL.as_bytes());
    all
}

/// Bytes as a block of deflate that is not compressed and not the last.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len() as u16;
    let mut block = vec![0];
    block.extend_from_slice(&length.to_le_bytes());
    block.extend_from_slice(&(!length).to_le_bytes());
    block.extend_from_slice(bytes);
    block
}

/// A stream: one for the data of a connection, one for its errors, which belong together by the id of the request.
struct Stream {
    request: String,
    /// None for errors.
    visitor: Option<Visitor>,
}

/// A client's session.
pub(super) struct Session {
    pod: String,
    heard: Vec<u8>,
    streams: HashMap<u32, Stream>,
    headers: Decompress,
    /// True until the first headers have come, or gone.
    first_in: bool,
    first_out: bool,
}

impl Session {
    pub(super) fn new(pod: &str) -> Self {
        // The words are what the stream has said before: so they need no support of the library's for dictionaries.
        let mut headers = Decompress::new(false);
        let mut words = Vec::with_capacity(4096);
        let _ = headers.decompress_vec(&stored(&dictionary()), &mut words, FlushDecompress::Sync);
        Self { pod: pod.to_owned(), heard: Vec::new(), streams: HashMap::new(), headers, first_in: true, first_out: true }
    }

    /// Answers what has come; none where the client talks nonsense or says goodbye.
    pub(super) fn hear(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.heard.extend_from_slice(bytes);
        let mut out = Vec::new();
        while let Some((head, _)) = self.heard.split_first_chunk::<8>() {
            let [a, b, c, d, flags, l1, l2, l3] = *head;
            let length = u32::from_be_bytes([0, l1, l2, l3]) as usize;
            if length > FRAME {
                return None;
            }
            if self.heard.len() < 8 + length {
                break;
            }
            let frame: Vec<u8> = self.heard.drain(..8 + length).collect();
            let payload = frame.get(8..)?;
            if a & 0x80 == 0 {
                self.data(u32::from_be_bytes([a, b, c, d]), payload, flags & FIN != 0, &mut out);
                continue;
            }
            match u16::from_be_bytes([c, d]) {
                SYN_STREAM => self.open(payload, &mut out)?,
                RST_STREAM => self.drop_stream(number(payload)?, &mut out),
                PING => out.extend_from_slice(&frame),
                GOAWAY => return None,
                _ => {}
            }
        }
        Some(out)
    }

    fn open(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let id = number(payload)? & 0x7fff_ffff;
        let headers = self.inflate(payload.get(10..)?)?;
        let header = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let visitor = match (header("streamtype")?, header("port")?.parse().ok()?) {
            ("data", port) => Some(Visitor::new(&self.pod, port)),
            _ => None,
        };
        // Clients that number no requests open the stream of errors just before that of the data.
        let own = if visitor.is_some() { id.saturating_sub(2) } else { id };
        let request = header("requestid").map_or_else(|| format!("#{own}"), str::to_owned);
        self.streams.insert(id, Stream { request, visitor });
        // A reply without headers: their number, 0, in a block, and an empty one, at which Go's reader hands over what it has.
        let mut block = if std::mem::take(&mut self.first_out) { vec![0x78, 0x01] } else { Vec::new() };
        block.extend(stored(&[0; 4]));
        block.extend(stored(&[]));
        let mut reply = id.to_be_bytes().to_vec();
        reply.extend(block);
        control(SYN_REPLY, &reply, out);
        Some(())
    }

    fn data(&mut self, id: u32, bytes: &[u8], end: bool, out: &mut Vec<u8>) {
        let Some(visitor) = self.streams.get_mut(&id).and_then(|s| s.visitor.as_mut()) else { return };
        let (answer, last) = visitor.hear(bytes);
        let over = end || last;
        if over || !answer.is_empty() {
            send(id, &answer, over, out);
        }
        if over {
            self.drop_stream(id, out);
        }
    }

    /// Forgets a stream of data, and ends that of its errors, which the client waits for.
    fn drop_stream(&mut self, id: u32, out: &mut Vec<u8>) {
        let Some(gone) = self.streams.remove(&id) else { return };
        let errors = self.streams.iter().find(|(_, s)| s.request == gone.request).map(|(id, _)| *id);
        if let Some(errors) = errors {
            self.streams.remove(&errors);
            send(errors, b"", true, out);
        }
    }

    /// Names and values of a block of headers.
    fn inflate(&mut self, block: &[u8]) -> Option<Vec<(String, String)>> {
        // The first block has the head of zlib, and names its dictionary if it uses one.
        let has_dictionary = block.get(1).is_some_and(|flags| flags & 0x20 != 0);
        let from = if !std::mem::take(&mut self.first_in) {
            0
        } else if has_dictionary {
            6
        } else {
            2
        };
        let (mut rest, mut text) = (block.get(from..)?, Vec::new());
        while !rest.is_empty() {
            text.reserve(4096);
            let before = self.headers.total_in();
            self.headers.decompress_vec(rest, &mut text, FlushDecompress::Sync).ok()?;
            let read = (self.headers.total_in() - before) as usize;
            if read == 0 && text.len() < text.capacity() || text.len() > FRAME {
                return None;
            }
            rest = rest.get(read..)?;
        }
        pairs(&text)
    }
}

fn pairs(mut block: &[u8]) -> Option<Vec<(String, String)>> {
    let text = |block: &mut &[u8]| {
        let length = number(block)? as usize;
        let (text, rest) = block.get(4..)?.split_at_checked(length)?;
        *block = rest;
        Some(String::from_utf8_lossy(text).into_owned())
    };
    let count = number(block)?;
    block = block.get(4..)?;
    (0..count.min(100)).map(|_| Some((text(&mut block)?.to_lowercase(), text(&mut block)?))).collect()
}

/// The number that bytes begin with.
fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|b| u32::from_be_bytes(*b))
}

fn control(kind: u16, payload: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&[0x80, 3]);
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&(payload.len() as u32).to_be_bytes());
    out.extend_from_slice(payload);
}

fn send(id: u32, bytes: &[u8], end: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(&id.to_be_bytes());
    let length = (bytes.len() as u32) & 0x00ff_ffff | u32::from(end) << 24;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A frame that opens a stream with these headers; the first has the head of zlib.
    fn syn(id: u32, first: bool, headers: &[(&str, &str)]) -> Vec<u8> {
        let mut block = (headers.len() as u32).to_be_bytes().to_vec();
        for text in headers.iter().flat_map(|(k, v)| [k, v]) {
            block.extend((text.len() as u32).to_be_bytes());
            block.extend(text.as_bytes());
        }
        let mut payload = id.to_be_bytes().to_vec();
        payload.extend([0; 6]);
        payload.extend(if first { vec![0x78, 0x01] } else { vec![] });
        payload.extend(stored(&block));
        let mut out = Vec::new();
        control(SYN_STREAM, &payload, &mut out);
        out
    }

    fn session() -> Vec<u8> {
        let mut all = syn(1, true, &[("streamtype", "error"), ("port", "80"), ("requestid", "0")]);
        all.extend(syn(3, false, &[("streamtype", "data"), ("port", "80"), ("requestid", "0")]));
        control(PING, &7u32.to_be_bytes(), &mut all);
        send(3, b"GET / HTTP/1.1\r\n\r\n", false, &mut all);
        send(3, b"", true, &mut all);
        all
    }

    #[test]
    fn the_words_are_those_of_the_specification() {
        let words = dictionary();
        // As zlib numbers it (Adler-32), in the head of what clients send.
        let (a, b) = words.iter().fold((1u32, 0u32), |(a, b), byte| {
            let a = (a + u32::from(*byte)) % 65_521;
            (a, (b + a) % 65_521)
        });
        assert_eq!((words.len(), b << 16 | a), (1423, 0xe3c6_a7c2));
    }

    /// What zlib makes of headers with these words.
    #[test]
    fn packed_headers_are_read() {
        let bytes = |hex: &str| (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect::<Vec<_>>();
        let mut session = Session::new("web-x");
        for (hex, kind) in [
            ("78f9e3c6a7c202253a48f95b044eea16061606409ab308125f99a074cc68004e892545a989b9d0c2863515141500000000ffff", "error"),
            ("225333a8a44a04000000ffff", "data"),
        ] {
            let headers = session.inflate(&bytes(hex)).unwrap();
            let want = [("port", "8080"), ("requestid", "0"), ("streamtype", kind)].map(|(k, v)| (k.to_owned(), v.to_owned()));
            assert_eq!(headers, want);
        }
    }

    #[test]
    fn a_connection_is_answered_and_ended() {
        let out = Session::new("web-x").hear(&session()).unwrap();
        let text = String::from_utf8_lossy(&out);
        assert!(text.contains("HTTP/1.1 200 OK") && text.contains("pod web-x, port 80"), "{text}");
        // The data's stream ends, and that of the errors after it.
        assert!(out.ends_with(&[0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0]), "{out:?}");
        assert!(out.starts_with(&[0x80, 3, 0, 2, 0, 0, 0, 20, 0, 0, 0, 1, 0x78, 1]), "{out:?}");
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_frames_are_cut(at in 0usize..160) {
            let all = session();
            let at = at.min(all.len());
            let mut cut = Session::new("web-x");
            let mut out = cut.hear(&all[..at]).unwrap();
            out.extend(cut.hear(&all[at..]).unwrap());
            prop_assert_eq!(out, Session::new("web-x").hear(&all).unwrap());
        }

        #[test]
        fn nonsense_does_no_harm(mut bytes in proptest::collection::vec(any::<u8>(), 0..64), control in any::<bool>()) {
            if control && bytes.len() > 8 {
                bytes[..6].copy_from_slice(&[0x80, 3, 0, 1, 0, 0]);
            }
            let _ = Session::new("web-x").hear(&bytes);
        }
    }
}
