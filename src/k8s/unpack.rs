//! Unpacks what servers send packed because we asked for it, piece by piece and with a limit on what may come of little.
//!
//! Only lists on slow links are asked for packed: on a fast one packing costs the server more time than the wire does.

use crate::model::fault::{Fault, FaultKind};
use flate2::write::MultiGzDecoder;
use http::{HeaderMap, header};
use std::io::Write;

/// Lists of Kubernetes shrink to a tenth or a fortieth. What grows a hundredfold is no list.
const RATIO: usize = 100;
/// Below this nobody counts.
const HARMLESS: usize = 1 << 20;
/// Packed bytes that are unpacked at a time, which bounds what one of them can become (deflate reaches 1032:1) to some megabytes.
const PIECE: usize = 4 << 10;

/// A body on its way in.
pub struct Unpack {
    gzip: Option<MultiGzDecoder<Vec<u8>>>,
    packed: usize,
    plain: usize,
}

impl Unpack {
    /// For an answer with these headers.
    ///
    /// # Errors
    /// An encoding that nobody asked for.
    pub fn new(headers: &HeaderMap) -> Result<Self, Fault> {
        let gzip = match headers.get(header::CONTENT_ENCODING).map(|encoding| encoding.as_bytes()) {
            None | Some(b"identity" | b"") => None,
            Some(b"gzip" | b"x-gzip") => Some(MultiGzDecoder::new(Vec::new())),
            Some(other) => {
                let what = format!("the answer is packed as {}, which nobody asked for", String::from_utf8_lossy(other));
                return Err(Fault::new(FaultKind::Garbled, what));
            }
        };
        Ok(Self { gzip, packed: 0, plain: 0 })
    }

    /// Hands on what the next bytes of the body hold, in one or more pieces, and returns the last thing that was said of them.
    pub fn feed<T>(&mut self, data: &[u8], mut each: impl FnMut(&[u8]) -> Result<Option<T>, Fault>) -> Result<Option<T>, Fault> {
        let Some(gzip) = &mut self.gzip else { return each(data) };
        let mut said = None;
        for piece in data.chunks(PIECE) {
            // Without the flush a member that is complete keeps its last bytes back.
            gzip.write_all(piece).and_then(|()| gzip.flush()).map_err(|error| broken(&error))?;
            self.packed += piece.len();
            self.plain += gzip.get_ref().len();
            if self.plain > HARMLESS && self.plain / RATIO > self.packed {
                return Err(Fault::new(FaultKind::Garbled, "the answer unpacks to more than a hundred times its size"));
            }
            said = each(gzip.get_ref())?.or(said);
            gzip.get_mut().clear();
        }
        Ok(said)
    }

    /// The body has ended: was it whole?
    pub fn end(&mut self) -> Result<(), Fault> {
        self.gzip.as_mut().map_or(Ok(()), |gzip| gzip.try_finish().map_err(|error| broken(&error)))
    }
}

fn broken(error: &std::io::Error) -> Fault {
    Fault::new(FaultKind::Garbled, format!("the packed answer is damaged: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(plain).unwrap();
        gzip.finish().unwrap()
    }

    fn unpack(encoding: &str, chunks: &[&[u8]]) -> Result<Vec<u8>, Fault> {
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, encoding.parse().unwrap())]);
        let (mut unpack, mut plain) = (Unpack::new(&headers)?, Vec::new());
        for chunk in chunks {
            unpack.feed(chunk, |piece| {
                plain.extend_from_slice(piece);
                Ok(None::<()>)
            })?;
        }
        unpack.end().map(|()| plain)
    }

    proptest! {
        #[test]
        fn any_number_of_members_cut_anywhere(members in prop::collection::vec("[a-c]{0,90}", 1..4), mut cuts in prop::collection::vec(0usize..200, 0..5)) {
            let all: Vec<u8> = members.iter().flat_map(|m| packed(m.as_bytes())).collect();
            cuts.push(all.len());
            cuts.sort_unstable();
            let mut from = 0;
            let chunks: Vec<&[u8]> = cuts.iter().map(|&to| { let to = to.clamp(from, all.len()); let c = &all[from..to]; from = to; c }).collect();
            prop_assert_eq!(unpack("gzip", &chunks).unwrap(), members.concat().into_bytes());
        }
    }

    /// FN19: a wrong checksum, an end too soon, and something that is no gzip at all.
    #[test]
    fn fn19_a_damaged_body_is_a_fault_and_never_a_shorter_list() {
        let good = packed(b"{\"kind\":\"PodList\"}");
        let mut wrong = good.clone();
        let checksum = wrong.len() - 6;
        wrong[checksum] ^= 1;
        for bad in [&wrong[..], &good[..good.len() - 1], &good[..good.len() / 2], b"<html>"] {
            assert_eq!(unpack("gzip", &[bad]).unwrap_err().kind, FaultKind::Garbled);
        }
        assert_eq!(unpack("br", &[&good]).unwrap_err().kind, FaultKind::Garbled);
        assert_eq!(unpack("identity", &[b"as ", b"it is"]).unwrap(), b"as it is");
    }

    #[test]
    fn a_bomb_is_defused() {
        let bomb = packed(&vec![b' '; 64 << 20]);
        let mut most = 0;
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, "gzip".parse().unwrap())]);
        let fault = Unpack::new(&headers).unwrap().feed(&bomb, |piece| {
            most += piece.len();
            Ok(None::<()>)
        });
        assert_eq!(fault.unwrap_err().kind, FaultKind::Garbled);
        assert!(most < 8 << 20, "{most}");
    }
}
