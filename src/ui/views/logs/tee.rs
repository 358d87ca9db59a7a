//! Lines that are kept in a file as they come, in the order of time: what comes within a second is put in order first.

use super::LogsView;
use crate::model::log::Spot;
use crate::ui::words;

/// Bytes of lines that wait; more do not wait for the clock, or the ring would let go of them.
const WAITING: usize = 8 << 20;

/// Lines on their way into a file.
#[derive(Debug, Default)]
pub(super) struct Tee {
    /// As objects of JSON.
    json: bool,
    /// Lines that came before the clock last moved on, and since.
    due: Vec<Spot>,
    come: Vec<Spot>,
    /// Bytes of those since.
    waiting: usize,
    /// What is to be kept next.
    out: Vec<u8>,
    /// Bytes that were handed out.
    kept: u64,
    /// Lines that were gone before they could be kept.
    pub(super) lost: u64,
}

impl Tee {
    /// What the title says of it.
    pub(super) fn told(&self) -> String {
        let lost = if self.lost > 0 { format!(", {} lines lost", words::grouped(self.lost as usize)) } else { String::new() };
        format!("tee {}{lost}", words::bytes(self.kept))
    }

    /// Takes what has waited long enough, in order, with what is older than that.
    fn ripe(&mut self) -> Vec<Spot> {
        let mut ripe = std::mem::take(&mut self.due);
        let until = ripe.iter().max().copied();
        ripe.extend(self.come.extract_if(.., |spot| Some(*spot) <= until));
        self.due = std::mem::take(&mut self.come);
        self.waiting = 0;
        ripe.sort_unstable();
        ripe
    }
}

impl LogsView {
    /// Keeps what is held and what comes from now on; or (`None`) nothing more.
    pub(super) fn keep_on(&mut self, json: Option<bool>) {
        let held = (0..self.ring.len()).filter_map(|place| self.ring.spot(place));
        self.tee = json.map(|json| Tee { json, come: held.collect(), ..Tee::default() });
    }

    /// Lines have come, of so many bytes.
    pub(super) fn note(&mut self, spots: &[Spot], bytes: usize) {
        let Some(tee) = &mut self.tee else { return };
        tee.come.extend(spots);
        tee.waiting += bytes;
        if tee.waiting > WAITING {
            self.ripen();
        }
    }

    /// What came before the clock last moved on is to be kept now.
    pub(super) fn ripen(&mut self) {
        let Some(mut tee) = self.tee.take() else { return };
        let mut lost = 0;
        for spot in tee.ripe() {
            match self.ring.line(spot) {
                Some(line) => self.keep(&line, tee.json, &mut tee.out),
                None => lost += 1,
            }
        }
        if lost > 0 && !tee.json {
            tee.out.extend_from_slice(format!("--- {lost} lines were let go of before they could be kept\n").as_bytes());
        }
        tee.lost += lost;
        self.tee = Some(tee);
    }

    /// What is to be kept by now; all of it where nothing more will come.
    pub(super) fn poured(&mut self, all: bool) -> Vec<u8> {
        if all {
            // What came last is due only then.
            self.ripen();
            self.ripen();
        }
        let Some(tee) = &mut self.tee else { return Vec::new() };
        tee.kept += tee.out.len() as u64;
        std::mem::take(&mut tee.out)
    }
}
