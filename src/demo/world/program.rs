//! What the programs in containers do: how soon they answer, what memory they take, when and how they end.

use super::World;
use super::image::{Reference, hash};
use crate::demo::json::{Millis, list, text};
use crate::demo::logs::count::Count;
use serde_json::Value;

/// Images whose program ends at once unless it is told what to do.
const TOOLS: &[&str] =
    &["alpine", "bash", "busybox", "centos", "debian", "golang", "hello-world", "node", "perl", "php", "python", "ruby", "ubuntu"];

/// A program.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// From its start until it answers probes.
    pub start: Millis,
    /// Bytes that it takes, where that does not follow from what it asks for.
    pub memory: Option<i64>,
    /// Bytes that it takes more each minute.
    pub leak: i64,
    /// After how long it ends by itself, and with which code.
    pub ends: Option<(Millis, i32)>,
    /// False where it never answers its readiness probe.
    pub ready: bool,
    /// The share of its requests that fail.
    pub errors: f64,
    /// Since when they do.
    pub since: Millis,
    /// The variable without which it ends as above; with it, all is well.
    pub needs: Option<&'static str>,
}

impl Program {
    /// A service without faults that answers after this time.
    pub fn service(start: Millis) -> Self {
        Self { start, memory: None, leak: 0, ends: None, ready: true, errors: 0.0, since: Millis::MIN, needs: None }
    }
}

impl World {
    /// What the program of a container of a pod does.
    pub fn program(&self, pod: &Value, container: &Value) -> Program {
        let image = text(container, "/image").unwrap_or_default();
        let chance = hash(text(pod, "/metadata/uid").unwrap_or_default());
        if let Some((_, program)) = self.programs.iter().find(|(begin, _)| image.starts_with(begin.as_str())) {
            let has = |name: &str| list(container, "/env").iter().any(|v| text(v, "/name") == Some(name));
            return if program.needs.is_some_and(has) { Program::service(600) } else { program.clone() };
        }
        let mut program = Program::service(300 + (chance % 500) as Millis);
        let repository = Reference::parse(image).map(|r| r.repository).unwrap_or_default();
        let tool = repository.strip_prefix("docker.io/library/").is_some_and(|n| TOOLS.contains(&n)) || repository.ends_with("/busybox");
        let words: Vec<&str> = ["/command", "/args"].iter().flat_map(|place| list(container, place)).filter_map(Value::as_str).collect();
        let task = text(pod, "/spec/restartPolicy").is_some_and(|p| p != "Always");
        // A shell that has a terminal waits for what is typed.
        let waits = tool && words.is_empty() && ["/stdin", "/tty"].iter().all(|at| container.pointer(at) == Some(&Value::Bool(true)));
        program.ends = match told(&words) {
            _ if waits => None,
            Told::Ends(after, code) => Some((after, code)),
            Told::Stays => None,
            Told::Nothing if tool => Some((if words.is_empty() { 50 } else { 4_000 }, 0)),
            Told::Nothing => task.then_some((4_000 + (chance % 14_000) as Millis, 0)),
        };
        program
    }
}

/// What the words of a command say of its end.
#[derive(Debug, PartialEq)]
enum Told {
    Ends(Millis, i32),
    Stays,
    Nothing,
}

/// Reads the few commands that people write when they try things: `sleep`, `exit`, `true`, `false`, loops, and shells with these.
fn told(words: &[&str]) -> Told {
    match words {
        ["sh" | "/bin/sh" | "bash" | "/bin/bash" | "ash", "-c" | "-ec" | "-exc", script, ..] => shell(script),
        ["sleep" | "/bin/sleep", time, ..] => sleep(time).map_or(Told::Stays, |t| Told::Ends(t, 0)),
        ["true" | "/bin/true" | "echo" | "date" | "env" | "ls" | "id" | "uname" | "hostname" | "cat", ..] => Told::Ends(50, 0),
        ["false" | "/bin/false", ..] => Told::Ends(50, 1),
        ["seq", ..] => Count::of(words).map_or(Told::Ends(50, 1), |count| Told::Ends(count.takes(), 0)),
        ["tail", "-f", ..] | ["sh" | "/bin/sh" | "bash"] => Told::Stays,
        _ => Told::Nothing,
    }
}

fn shell(script: &str) -> Told {
    if ["while ", "for ", "until ", "tail -f", "sleep inf", "httpd -f", "exec "].iter().any(|word| script.contains(word)) {
        return Told::Stays;
    }
    let (mut after, mut code) = (50, 0);
    for command in script.split([';', '&', '\n', '|']).map(str::trim).filter(|c| !c.is_empty()) {
        let words: Vec<&str> = command.split_whitespace().collect();
        match *words.as_slice() {
            ["exit", n] => return Told::Ends(after, n.parse().unwrap_or(2)),
            ["exit"] => break,
            _ => match told(&words) {
                Told::Ends(more, with) => (after, code) = (after.saturating_add(more), with),
                Told::Stays => return Told::Stays,
                Told::Nothing => after = after.saturating_add(500),
            },
        }
    }
    Told::Ends(after, code)
}

/// A time as `sleep` takes it; none where it never ends.
fn sleep(time: &str) -> Option<Millis> {
    let (number, unit) = match time.find(|c: char| !c.is_ascii_digit() && c != '.') {
        Some(at) => time.split_at(at),
        None => (time, "s"),
    };
    let factor = match unit {
        "s" => 1_000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    };
    number.parse::<f64>().ok().map(|n| (n * factor) as Millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn commands_say_when_they_end() {
        for (words, want) in [
            (&["sleep", "5"] as &[&str], Told::Ends(5_000, 0)),
            (&["sleep", "1d"], Told::Ends(86_400_000, 0)),
            (&["sleep", "infinity"], Told::Stays),
            (&["sh", "-c", "echo hi; sleep 2; exit 3"], Told::Ends(2_100, 3)),
            (&["sh", "-c", "while true; do date; sleep 1; done"], Told::Stays),
            (&["sh", "-c", "false"], Told::Ends(100, 1)),
            (&["false"], Told::Ends(50, 1)),
            (&["seq", "2000"], Told::Ends(23, 0)),
            (&["nginx", "-g", "daemon off;"], Told::Nothing),
        ] {
            assert_eq!(told(words), want, "{words:?}");
        }
    }

    #[test]
    fn what_a_program_needs_heals_it() {
        let mut world = World::new("a", 1);
        world.programs.push(("shop/api:".to_owned(), Program { ends: Some((10, 1)), needs: Some("KEY"), ..Program::service(100) }));
        let ends = |env: Value| world.program(&json!({}), &json!({"image": "shop/api:2", "env": env})).ends.is_some();
        assert!(ends(json!([])) && ends(json!([{"name": "OTHER", "value": "x"}])) && !ends(json!([{"name": "KEY", "value": "x"}])));
    }

    #[test]
    fn tools_end_tasks_end_and_services_stay() {
        let world = World::new("a", 1);
        let ends = |image: &str, policy: &str| {
            world.program(&json!({"metadata": {"uid": "u"}, "spec": {"restartPolicy": policy}}), &json!({"image": image})).ends.is_some()
        };
        assert!(ends("busybox", "Always") && ends("shop/mailer:1", "OnFailure"));
        assert!(!ends("nginx", "Always") && !ends("shop/mailer:1", "Always"));
        let shell = json!({"image": "busybox", "stdin": true, "tty": true});
        assert!(world.program(&json!({"spec": {"restartPolicy": "Never"}}), &shell).ends.is_none());
    }
}
