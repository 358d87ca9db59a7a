//! What is kept of the lines: as text, byte for byte as it was received, or as an object of JSON for each line.

use super::LogsView;
use super::targets::origin;
use crate::model::log::{Kind, Seen, Spot};
use crate::model::step::Save;
use serde_json::json;

impl LogsView {
    /// The lines that were marked, each with its time and where it is from.
    pub(super) fn marked_lines(&self) -> Vec<String> {
        let told = |spot: &Spot| {
            let line = self.ring.line(*spot)?;
            let of = origin(self.sources.get(line.source as usize)?, &self.tails, &self.clusters);
            let text = String::from_utf8_lossy(line.bytes);
            Some(format!("{} {} {}/{} {}: {text}", spot.at.rfc3339(), of.cluster, of.namespace, of.pod, of.container))
        };
        self.marked.iter().filter_map(told).collect()
    }

    /// The lines that are shown, or all that are held, as they are kept.
    pub(super) fn saved(&self, how: Save) -> Vec<u8> {
        let mut out = Vec::new();
        let places = if how.all { self.ring.len() } else { self.lens.len(&self.ring) };
        for place in 0..places {
            let spot = if how.all { self.ring.spot(place) } else { self.lens.spot(&self.ring, place) };
            if let Some(line) = spot.and_then(|spot| self.ring.line(spot)) {
                self.keep(&line, how.json, &mut out);
            }
        }
        out
    }

    /// A line as it is kept. What we say is no line of a container's, and is no object of JSON.
    pub(super) fn keep(&self, line: &Seen<'_>, json: bool, out: &mut Vec<u8>) {
        let Some(source) = self.sources.get(line.source as usize) else { return };
        let of = origin(source, &self.tails, &self.clusters);
        let cut = if line.cut > 0 { format!(" … +{} bytes were not kept", line.cut) } else { String::new() };
        match (json, line.kind) {
            (true, Kind::Written) => {
                let message = String::from_utf8_lossy(line.bytes) + &*cut;
                let object = json!({"cluster": of.cluster, "namespace": of.namespace, "pod": of.pod, "container": of.container,
                    "time": line.spot.at.rfc3339(), "message": message});
                out.extend_from_slice(object.to_string().as_bytes());
            }
            (true, _) => return,
            (false, kind) => {
                if kind != Kind::Written {
                    out.extend_from_slice(
                        format!("--- {} {}/{} {}: ", line.spot.at.rfc3339(), of.namespace, of.pod, of.container).as_bytes(),
                    );
                }
                out.extend_from_slice(line.bytes);
                out.extend_from_slice(cut.as_bytes());
            }
        }
        out.push(b'\n');
    }

    /// A name for a file of these lines.
    pub(super) fn file_name(&self, json: bool) -> String {
        let of = self.tails.first().map_or("logs", |tail| tail.pod.rsplit_once('-').map_or(&*tail.pod, |(name, _)| name));
        format!("{of}.{}", if json { "jsonl" } else { "log" })
    }
}
