//! Programs that people start to try things (`echo`, `date`, small scripts of a shell, endless loops of these): they log what they print.

use crate::demo::json::{Millis, list, text};
use crate::demo::logs::count::Count;
use crate::demo::logs::spec;
use crate::demo::stream::shell::{Machine, Piece, Shell};
use serde_json::Value;

/// The least milliseconds that a turn of a loop takes.
const SHORTEST: Millis = 10;

/// What a container runs, if it is something that the toy shell knows.
#[derive(Clone, Debug)]
pub(super) struct Script {
    shell: Shell,
    words: Vec<String>,
    /// What a loop does each time, and how long that takes.
    each: Option<(String, Millis)>,
    /// It only counts: too many lines to print them at once.
    pub(super) count: Option<Count>,
}

impl Script {
    /// The script of a container; none where it runs a program of its own.
    pub(super) fn of(pod: &Value, container: &str) -> Option<Self> {
        let spec = spec(pod, container)?;
        let words = list(spec, "/command").iter().chain(list(spec, "/args")).filter_map(|w| w.as_str().map(str::to_owned));
        let words: Vec<String> = words.collect();
        let count = Count::of(&words.iter().map(String::as_str).collect::<Vec<_>>());
        let host = text(pod, "/metadata/name").unwrap_or_default().to_owned();
        let shell = Shell::new(Machine { host, root: true, ..Machine::default() });
        if count.is_some() {
            return Some(Self { shell, each: None, words: Vec::new(), count });
        }
        if !shell.has(words.first()?) {
            return None;
        }
        let line = words.iter().position(|w| w == "-c" || w == "-ec").and_then(|at| words.get(at + 1));
        let mut script = Self { shell, each: None, words: words.clone(), count };
        if let Some((before, inside)) = line.and_then(|l| l.split_once("while true; do").or_else(|| l.split_once("while :; do"))) {
            let body = inside.rsplit_once("done").map_or(inside, |(body, _)| body).trim().trim_end_matches(';').to_owned();
            let (_, took) = script.clone().print(&["sh".to_owned(), "-c".to_owned(), body.clone()], 0);
            script.each = Some((body, took.max(SHORTEST)));
            script.words = vec!["sh".to_owned(), "-c".to_owned(), before.to_owned()];
        }
        Some(script)
    }

    /// What it prints when it starts.
    pub(super) fn first(&self, at: Millis) -> Vec<String> {
        self.clone().print(&self.words, at).0
    }

    /// What a loop prints within a second, when it was started then.
    pub(super) fn within(&self, started: Millis, second: i64) -> Vec<(Millis, String)> {
        let Some((body, period)) = &self.each else { return Vec::new() };
        let begin = (second * 1000 - started).max(0);
        let times = (begin.div_euclid(*period)..).map(|k| started + k * period).take_while(|at| *at < second * 1000 + 1000);
        let lines =
            |at: Millis| self.clone().print(&["sh".to_owned(), "-c".to_owned(), body.clone()], at).0.into_iter().map(move |l| (at, l));
        times.filter(|at| at.div_euclid(1000) == second).flat_map(lines).collect()
    }

    /// The lines that words print, and the milliseconds that they take.
    fn print(mut self, words: &[String], at: Millis) -> (Vec<String>, Millis) {
        let (mut out, mut took): (String, Millis) = (String::new(), 0);
        for piece in self.shell.program(words, Some(""), at).unwrap_or_default().pieces {
            match piece {
                Piece::Out(text) | Piece::Err(text) => out += &text,
                Piece::Sleep(ms) => took = took.saturating_add(Millis::try_from(ms).unwrap_or(Millis::MAX)),
                Piece::Copy => {}
            }
        }
        (out.lines().map(str::to_owned).collect(), took)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use serde_json::json;

    const T: Millis = 1_763_900_000_000;

    fn script(words: &Value) -> Option<Script> {
        let pod = json!({"metadata": {"name": "x"}, "spec": {"containers": [{"name": "app", "args": words}]}});
        Script::of(&pod, "app")
    }

    #[test]
    fn scripts_log_what_they_print() {
        assert_eq!(script(&json!(["sh", "-c", "echo hi; sleep 3; hostname >&2; exit 2"])).unwrap().first(T), ["hi", "x"]);
        assert_eq!(script(&json!(["echo", "a b"])).unwrap().first(T), ["a b"]);
        assert!(script(&json!(["nginx"])).is_none() && script(&json!([])).is_none());
    }

    #[test]
    fn loops_go_on() {
        let script = script(&json!(["sh", "-c", "echo begin; while true; do date +%S; sleep 2; done"])).unwrap();
        assert_eq!(script.first(T), ["begin"]);
        let all: Vec<_> = (0..6).flat_map(|s| script.within(T, T / 1000 + s)).collect();
        assert_eq!(all, [(T, "20".to_owned()), (T + 2000, "22".to_owned()), (T + 4000, "24".to_owned())]);
        let fast = self::script(&json!(["sh", "-c", "while true; do seq 2; sleep 0.1; done"])).unwrap();
        assert_eq!(fast.within(T, T / 1000).len(), 20);
        assert_eq!(fast.within(T, T / 1000)[2], (T + 100, "1".to_owned()));
    }
}
