//! What a person does in the dialog of a change.
//!
//! Nothing is confirmed that was not seen: before its preview was drawn, and for a moment after it changed, no key confirms. Nor does a burst of
//! keys, which is a paste.

use super::{Change, Phase};
use crate::model::line::{Edit, Typed};
use crate::model::world::World;
use crate::safety::guard::{Demand, Guard};
use crate::safety::item::{End, Item, Stage};
use std::time::Duration;

/// A person needs about a quarter of a second to react to what has just changed under the finger.
const SEEN: Duration = Duration::from_millis(300);
/// No two keys of a hand come closer than this; those of a paste do.
const BURST: Duration = Duration::from_millis(25);

/// What has the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// A field of the form, by its place.
    Field(usize),
    /// The reason.
    Reason,
    /// The confirmation.
    Confirm,
}

/// A key, as the dialog takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// It edits a line.
    Edit(Edit),
    /// enter.
    Enter,
    /// The next field.
    Next,
    /// The previous field.
    Previous,
    /// Up: one more, or the choice before.
    Up,
    /// Down.
    Down,
    /// So many lines further down in what the dialog says, or up.
    Scroll(isize),
}

impl Change {
    /// The preview as it is now is on the screen, at this time of a clock that never goes back.
    pub fn drawn(&mut self, at: Duration) {
        if self.drawn.is_none() && self.is_previewed() {
            self.drawn = Some(at);
        }
    }

    /// A key was pressed at this time of the same clock. True where the change is confirmed by it.
    pub fn press(&mut self, press: Press, at: Duration, world: &World, guard: &Guard) -> bool {
        let burst = self.pressed.replace(at).is_some_and(|before| at.saturating_sub(before) < BURST);
        let lines = match press {
            Press::Scroll(lines) => lines,
            Press::Up if self.phase != Phase::Asking => -1,
            Press::Down if self.phase != Phase::Asking => 1,
            _ => 0,
        };
        if lines != 0 {
            self.scroll = self.scroll.saturating_add_signed(lines);
            return false;
        }
        self.told = None;
        if self.phase != Phase::Asking {
            if press == Press::Edit(Edit::Type('s')) {
                self.stop();
            }
            return false;
        }
        match (press, self.focus) {
            (Press::Next, _) => self.turn(1),
            (Press::Previous, _) => self.turn(-1),
            (Press::Up | Press::Down, Focus::Field(n)) => {
                let stepped = self.form.as_mut().and_then(|f| f.fields.get_mut(n)).is_some_and(|f| f.step(press == Press::Up));
                self.changed(stepped);
            }
            (Press::Up | Press::Down, _) => self.turn(if press == Press::Up { -1 } else { 1 }),
            (Press::Edit(edit), Focus::Field(n)) if self.takes(n, edit) => {
                let edited = self.form.as_mut().is_some_and(|f| f.edit(n, edit));
                self.changed(edited);
            }
            (Press::Edit(edit), Focus::Reason) => drop(self.reason.edit(edit)),
            (Press::Enter, Focus::Field(_) | Focus::Reason) if self.demand() != Some(Demand::Enter) || !self.is_last() => self.turn(1),
            (press, _) => {
                // A name may have anything in it: the rest of it is written there as well.
                if self.demand() == Some(Demand::Name) {
                    self.focus = Focus::Confirm;
                }
                return self.confirm(press, burst, at, world, guard);
            }
        }
        false
    }

    fn takes(&self, field: usize, edit: Edit) -> bool {
        self.form.as_ref().and_then(|form| form.fields.get(field)).is_none_or(|field| field.takes(edit))
    }

    fn changed(&mut self, changed: bool) {
        // Before everything was read there is no plan yet.
        if changed && self.round > 0 {
            self.replan();
        }
    }

    fn demand(&self) -> Option<Demand> {
        self.ruling.as_ref().map(|r| r.demand)
    }

    /// What has the keys is the last thing to fill in.
    fn is_last(&self) -> bool {
        let all = self.stops();
        all.iter().position(|f| *f == self.focus).is_some_and(|at| at + 2 >= all.len())
    }

    /// Everything that can have the keys, in order.
    fn stops(&self) -> Vec<Focus> {
        let fields = self.form.as_ref().map_or(0, |f| f.fields.len());
        let reason = self.ruling.as_ref().is_some_and(|r| r.reason).then_some(Focus::Reason);
        (0..fields).map(Focus::Field).chain(reason).chain([Focus::Confirm]).collect()
    }

    fn turn(&mut self, by: isize) {
        let all = self.stops();
        let at = all.iter().position(|f| *f == self.focus).unwrap_or(0) as isize;
        let to = (at + by).rem_euclid(all.len() as isize) as usize;
        self.focus = all.get(to).copied().unwrap_or(Focus::Confirm);
    }

    /// A key at the confirmation, or enter where one is enough.
    fn confirm(&mut self, press: Press, burst: bool, at: Duration, world: &World, guard: &Guard) -> bool {
        let Some(ruling) = self.ruling.clone() else { return self.wait("it is still being read") };
        if ruling.demand == Demand::Name
            && let Press::Edit(edit) = press
        {
            let full = self.typed.edit(edit) == Typed::Full;
            return full && self.wait("no more room");
        }
        let key = match press {
            Press::Edit(Edit::Type('y' | 'Y')) => 'y',
            Press::Edit(Edit::Type('a' | 'A')) => 'a',
            Press::Enter => '\n',
            _ => return false,
        };
        if ruling.demand == Demand::Refused {
            return self.wait(&ruling.why);
        }
        if let Some(why) = self.unready(burst, at) {
            return self.wait(why);
        }
        let confirmed = match (ruling.demand, key) {
            (Demand::Nothing | Demand::Enter, '\n') | (Demand::Yes, 'y') => true,
            (Demand::TwoKeys, 'y') => {
                self.once = true;
                false
            }
            (Demand::TwoKeys, 'a') => self.once,
            (Demand::Name, '\n') if self.typed.text() == self.names(world) => true,
            (Demand::Name, '\n') => return self.wait(&format!("type {} to confirm", self.names(world))),
            _ => false,
        };
        // Rules may have changed since they were asked: what counts is what they say now.
        confirmed && self.begin(world, guard)
    }

    /// Why no key confirms yet.
    fn unready(&self, burst: bool, at: Duration) -> Option<&'static str> {
        if self.asked_for().all(|i| matches!(i.plan, Some(Err(_)))) {
            return Some("it cannot be done as it stands");
        }
        if !self.is_previewed() {
            return Some("the server is still trying it");
        }
        if self.items.iter().all(Item::is_unchanged) {
            return Some("everything is as it is wished already");
        }
        if self.accepted().next().is_none() {
            return Some("nothing is left that could be changed");
        }
        if burst {
            return Some("that was pasted: press the key itself");
        }
        if self.drawn.is_none_or(|drawn| at.saturating_sub(drawn) < SEEN) {
            return Some("the preview has just changed: look again");
        }
        if self.ruling.as_ref().is_some_and(|r| r.reason) && self.reason.text().trim().is_empty() {
            return Some("a reason is needed");
        }
        None
    }

    fn wait(&mut self, why: &str) -> bool {
        self.told = Some(why.to_owned());
        false
    }

    /// The command line asked for it, and that confirms it, once it is known what would be done. True where it goes on; not while something is still
    /// being read.
    ///
    /// # Errors
    /// Why it is not done: what refuses on the screen refuses here.
    pub fn command(&mut self, world: &World, guard: &Guard) -> Result<bool, String> {
        let Some(ruling) = self.ruling.clone().filter(|_| self.is_previewed()) else { return Ok(false) };
        if ruling.demand == Demand::Refused {
            return Err(ruling.why);
        }
        if let Some(left) = self.items.iter().find(|item| !self.is_accepted(item)) {
            return Err(left_out(left));
        }
        if ruling.reason && self.reason.text().trim().is_empty() {
            return Err("a rule of the guard wants a reason: give one with --reason".to_owned());
        }
        Ok(self.begin(world, guard))
    }

    /// The names of all clusters that are about to be changed, as they have to be typed.
    pub fn names(&self, world: &World) -> String {
        let mut names: Vec<&str> = Vec::new();
        for item in self.accepted() {
            let name = world.name(item.target.cluster);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(" ")
    }

    /// The first of two keys was pressed.
    pub fn is_half_confirmed(&self) -> bool {
        self.once
    }

    fn begin(&mut self, world: &World, guard: &Guard) -> bool {
        let now = self.rule(world, guard);
        if self.ruling.as_ref() != Some(&now) {
            self.once = false;
            self.told = Some("the rules have just changed: look again".to_owned());
            self.ruling = Some(now);
            return false;
        }
        let accepted: Vec<bool> = self.items.iter().map(|i| self.is_accepted(i)).collect();
        for (item, accepted) in self.items.iter_mut().zip(accepted) {
            item.stage = match accepted {
                true => Stage::Queued,
                false if item.is_unchanged() => Stage::Ended(End::Unchanged),
                false => Stage::Ended(End::Failed(left_out(item))),
            };
        }
        (self.phase, self.since, self.scroll) = (Phase::Running, world.now, 0);
        true
    }
}

/// Why an object was left out.
fn left_out(item: &Item) -> String {
    match (&item.right, &item.plan, &item.checked) {
        (Some(Err(missing)), ..) => missing.clone(),
        (_, Some(Err(why)), _) => why.clone(),
        (_, _, Some(Err(refusal))) => refusal.why.clone(),
        _ => "what it goes along with is not done".to_owned(),
    }
}
