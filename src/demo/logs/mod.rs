//! What containers log: nothing of it is stored. Which lines a second has, and what they say, follows from the seed, the run of the
//! container and the second alone, so that any part of a log can be read at any time and a follower and a late reader see the same.
//!
//! Which lines a request is about is in [`query`], how they reach a client in [`body`].

pub mod body;
mod chance;
pub(in crate::demo) mod count;
mod ends;
mod profile;
pub mod query;
mod script;
mod texts;
mod traces;
mod words;

use super::json::{Millis, instant, int, list, text};
use chance::Chance;
use count::Count;
use profile::Work;
use script::Script;
use serde_json::Value;

/// Milliseconds of log that a server has when it starts.
pub const HISTORY: Millis = 600_000;

/// Milliseconds that starting up takes: no ordinary line is older than that.
const START: Millis = 1_500;

/// Where a line was written.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Stream {
    /// `Stdout`.
    Stdout,
    /// `Stderr`.
    Stderr,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When it was written.
    pub at: Millis,
    /// Nanoseconds after `at`: what tells lines of one millisecond apart.
    pub nanos: u32,
    /// Where.
    pub stream: Stream,
    /// What, without the end of the line.
    pub text: String,
}

/// How ill something is, when, and why.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sickness {
    /// Spans from (inclusive) to (exclusive), with a level from 0 (all is well) to 1 (hardly anything works). Where spans overlap, the worst
    /// counts.
    pub spans: Vec<(Millis, Millis, f64)>,
    /// Why it does not get as far as to do anything, in its own words.
    pub cause: Option<String>,
}

impl Sickness {
    /// The level at an instant.
    pub fn at(&self, now: Millis) -> f64 {
        let levels = self.spans.iter().filter(|(from, to, _)| (*from..*to).contains(&now)).map(|(.., level)| *level);
        levels.fold(0.0, f64::max).clamp(0.0, 1.0)
    }
}

/// How a run of a container ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// When: whole seconds, as statuses have them.
    pub at: Millis,
    /// The code that the process left.
    pub code: i64,
    /// As `OOMKilled`, `Error`, `Completed`.
    pub reason: String,
}

/// One run of a container, from a start to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// When it started.
    pub started: Millis,
    /// How it ended, if it did.
    pub end: Option<End>,
}

impl Run {
    /// The run that a `ContainerState` tells of: none where it waits.
    pub fn of(state: &Value) -> Option<Self> {
        if let Some(running) = state.get("running") {
            return Some(Self { started: text(running, "/startedAt").and_then(instant)?, end: None });
        }
        let over = state.get("terminated")?;
        let at = text(over, "/finishedAt").and_then(instant)?;
        let started = text(over, "/startedAt").and_then(instant).unwrap_or(at);
        let (code, reason) = (int(over, "/exitCode").unwrap_or_default(), text(over, "/reason").unwrap_or_default().to_owned());
        Some(Self { started, end: Some(End { at, code, reason }) })
    }
}

/// What a run of a container has logged and will log.
#[derive(Clone, Debug)]
pub struct Source {
    chance: Chance,
    work: Work,
    script: Option<Script>,
    run: Run,
    kept: Millis,
    /// How ill it is: more of its lines are errors, and there are more of them.
    pub sick: Sickness,
}

impl Source {
    /// The log of a run of a pod's container, as far back as `kept`.
    pub fn new(seed: u64, pod: &Value, container: &str, run: Run, kept: Millis) -> Self {
        let uid = text(pod, "/metadata/uid").unwrap_or_default();
        let chance = Chance::new(seed).of(uid).of(container).at(run.started);
        Self { chance, work: Work::of(pod, container), script: Script::of(pod, container), run, kept, sick: Sickness::default() }
    }

    /// The run.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The oldest instant that there can be a line of.
    pub fn oldest(&self) -> Millis {
        self.kept.max(self.run.started)
    }

    /// Learns how the run ended.
    pub fn end(&mut self, end: End) {
        self.run.end = Some(end);
    }

    /// The lines from an instant (inclusive) to another (exclusive), oldest first, without the [last words](Self::last_words).
    pub fn lines(&self, from: Millis, to: Millis) -> impl Iterator<Item = Line> {
        let (from, to) = self.within(from, to);
        let step = self.step();
        (from.div_euclid(step)..=to.div_euclid(step)).flat_map(move |part| self.part(part, from, to))
    }

    /// The last lines of a span, at most so many, oldest first.
    pub fn tail(&self, from: Millis, to: Millis, at_most: usize) -> Vec<Line> {
        let (from, to) = self.within(from, to);
        let step = self.step();
        let mut backwards = (from.div_euclid(step)..=to.div_euclid(step)).rev();
        let mut parts = Vec::new();
        let mut found = 0;
        while let Some(part) = backwards.next().filter(|_| found < at_most) {
            let lines = self.part(part, from, to);
            found += lines.len();
            parts.push(lines);
        }
        parts.into_iter().rev().flatten().skip(found.saturating_sub(at_most)).collect()
    }

    /// What it said when it ended; nothing while it runs, and where it ended before what is kept.
    pub fn last_words(&self) -> Vec<Line> {
        let Some(end) = self.run.end.as_ref().filter(|e| e.at >= self.kept && self.script.is_none()) else { return Vec::new() };
        let words = ends::last(&self.work, end, self.sick.cause.as_deref(), self.chance.at(end.at));
        let stream = if end.code == 0 { Stream::Stdout } else { Stream::Stderr };
        words.into_iter().zip(0..).map(|(text, i)| Line { at: end.at, nanos: 1_041 + 7_919 * i, stream, text }).collect()
    }

    fn within(&self, from: Millis, to: Millis) -> (Millis, Millis) {
        let from = from.max(self.oldest());
        // Ends are told in whole seconds. What a script prints comes before its end even if both are in the same one.
        let more = if self.script.is_some() { 999 } else { 0 };
        (from, self.run.end.as_ref().map_or(to, |e| to.min(e.at + more)).max(from))
    }

    /// Milliseconds of which the lines are made at a time.
    pub fn step(&self) -> Millis {
        if self.count().is_some() { 1 } else { 1000 }
    }

    fn count(&self) -> Option<&Count> {
        self.script.as_ref()?.count.as_ref()
    }

    fn part(&self, part: i64, from: Millis, to: Millis) -> Vec<Line> {
        match self.count() {
            Some(count) => count.within(self.run.started, from.max(part), to.min(part + 1)),
            None => self.second(part, from, to),
        }
    }

    fn second(&self, second: i64, from: Millis, to: Millis) -> Vec<Line> {
        let mut lines = if second * 1000 <= self.run.started + START { self.start_up() } else { Vec::new() };
        lines.retain(|l| l.at.div_euclid(1000) == second);
        lines.extend(self.ordinary(second));
        lines.retain(|l| (from..to).contains(&l.at));
        lines
    }

    fn start_up(&self) -> Vec<Line> {
        let (mut words, took) = match &self.script {
            Some(script) => (script.first(self.run.started), 300),
            None => (ends::first(&self.work, self.run.started, self.chance), START),
        };
        if self.sick.cause.is_some() {
            words.truncate(1);
        }
        let step = took / (words.len() as Millis + 1);
        let line = |(i, text)| Line { at: self.run.started + 20 + step * i, nanos: 3_613 + i as u32, stream: Stream::Stdout, text };
        (0..).zip(words).map(line).collect()
    }

    fn ordinary(&self, second: i64) -> Vec<Line> {
        if let Some(script) = &self.script {
            let lines = script.within(self.run.started + START, second);
            return (0..).zip(lines).map(|(i, (at, text))| Line { at, nanos: 5_003 + 1_300 * i, stream: Stream::Stdout, text }).collect();
        }
        if self.sick.cause.is_some() {
            return Vec::new();
        }
        let level = self.sick.at(second * 1000);
        let mut chance = self.chance.at(second);
        // Load comes in waves of half a minute, and errors bring retries.
        let wave = 0.6 + 0.8 * self.chance.at(second.div_euclid(30) ^ i64::MIN).share();
        let entries = (self.work.profile.rate() * wave * (1.0 + 1.5 * level) + chance.share()) as u64;
        let mut times: Vec<i64> = (0..entries).map(|_| chance.below(1000) as i64).collect();
        times.sort_unstable();
        times.dedup();
        let after = self.run.started + START;
        let mut lines = Vec::new();
        for at in times.into_iter().map(|ms| second * 1000 + ms).filter(|at| *at >= after) {
            let wrong = chance.share() < 0.003 + 0.45 * level;
            let nanos = chance.below(400_000) as u32;
            let entry = texts::entry(&self.work, at, wrong, &mut chance);
            lines.extend((0..).zip(entry).map(|(i, (stream, text))| Line { at, nanos: nanos + 1_300 * i, stream, text }));
        }
        lines
    }
}

/// The container of this name, of whatever sort.
pub(in crate::demo) fn spec<'p>(pod: &'p Value, container: &str) -> Option<&'p Value> {
    let kinds = ["/spec/containers", "/spec/initContainers", "/spec/ephemeralContainers"];
    kinds.iter().flat_map(|k| list(pod, k)).find(|c| text(c, "/name") == Some(container))
}

#[cfg(test)]
mod tests;
