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

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::*;
    use crate::model::id::{ClusterId, Uid};
    use crate::model::log::{Cutter, From, Tail};
    use crate::model::world::World;

    /// A screen that holds so many bytes, and a pod on it.
    fn view(held: usize) -> LogsView {
        let mut view = LogsView::new(&World::default(), Vec::new(), 1, held);
        view.clusters.push("eu".into());
        view.sources.push(Source { cluster: ClusterId(0), tail: 0, container: "app".into() });
        view.tails.push(Tail {
            cluster: ClusterId(0),
            namespace: "shop".into(),
            pod: "web-1".into(),
            uid: Uid::parse("web-1"),
            from: From::Start,
            follow: true,
            containers: 1,
            is_sick: false,
            created: None,
            turn: 0,
            state: 0,
        });
        view
    }

    fn write(view: &mut LogsView, numbers: std::ops::Range<usize>) {
        let mut cutter = Cutter::default();
        numbers.for_each(|n| cutter.feed(format!("2026-11-27T16:00:00.{n:09}Z line {n}\n").as_bytes()));
        view.take(0, cutter.take().unwrap_or_default());
    }

    #[test]
    fn fl1_what_the_ring_let_go_of_first_is_said_in_the_file() {
        let mut view = view(3_000);
        view.keep_on(Some(false));
        (0..20).for_each(|part| write(&mut view, part * 10..part * 10 + 10));
        let text = String::from_utf8_lossy(&view.poured(true)).into_owned();
        let (lost, kept) = (view.tee.as_ref().map_or(0, |tee| tee.lost), text.lines().filter(|line| line.starts_with("line ")).count());
        assert!(lost > 0 && kept > 0 && lost as usize + kept == 200, "{lost} {kept}");
        assert!(text.ends_with(&format!("line 199\n--- {lost} lines were let go of before they could be kept\n")), "{text}");
        assert!(view.tee.as_ref().is_some_and(|tee| tee.told().ends_with(&format!(", {lost} lines lost"))));
    }

    #[test]
    fn what_comes_fast_does_not_wait_for_the_clock() {
        let mut view = view(usize::MAX);
        view.keep_on(Some(false));
        let part = WAITING / 20_000;
        let mut kept = String::new();
        for from in (0..).step_by(part).take_while(|from| from / part < 1_000) {
            write(&mut view, from..from + part);
            kept += &String::from_utf8_lossy(&view.poured(false));
        }
        assert!(kept.lines().count() > 300 * part, "{}", kept.lines().count());
        kept += &String::from_utf8_lossy(&view.poured(true));
        assert!(kept.lines().eq((0..1_000 * part).map(|n| format!("line {n}"))));
    }
}
