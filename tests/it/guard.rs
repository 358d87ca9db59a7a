//! The guard and the journal from outside: what is told without a cluster, what a broken config closes, what is written down.

use crate::rig::SOON;
use crate::rig::home::{Home, NO_PROGRAMS};
use crate::rig::pty::Pty;
use kconsole::safety::journal;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

const CONFIG: &str = ".config/kconsole/config.yaml";
const JOURNAL: &str = ".local/state/kconsole/journal.jsonl";

/// Contexts of servers that nobody listens on.
const KUBECONFIG: &str = "apiVersion: v1
kind: Config
current-context: red
clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: u, user: {token: t}}]
contexts:
- {name: red, context: {cluster: c, user: u, namespace: shop}}
- {name: green, context: {cluster: c, user: u}}
- {name: blue, context: {cluster: c, user: u}}
- {name: locked, context: {cluster: c, user: u}}
";

const RULES: &str = "clusters:
- {match: green, tier: dev}
- {match: blue, tier: staging}
- {match: locked, tier: prod, readonly: true}
guard:
- {verb: delete, kind: namespaces, verdict: refuse}
- {cluster: blue, namespace: payments, verdict: type-name, reason: true}
- {cluster: green, at-most: 3, scale-at-least: 2}
";

fn home(config: &str) -> Home {
    let home = Home::new();
    home.write(".kube/config", KUBECONFIG);
    home.write(CONFIG, config);
    home
}

fn run(home: &Home, args: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kconsole"));
    command.args(args.split_whitespace()).env_clear().env("PATH", NO_PROGRAMS).envs(home.variables().iter().cloned());
    command.output().unwrap()
}

/// What was printed, and the exit code.
fn told(output: &Output) -> (String, Option<i32>) {
    let all = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (String::from_utf8(all).unwrap(), output.status.code())
}

#[test]
fn explain_tells_the_step_and_the_rule_without_any_cluster() {
    let home = home(RULES);
    for (args, step, rule) in [
        ("restart deploy web --context red", "type the cluster's name", "no tier"),
        ("restart deploy web --context green", "enter", "tier dev"),
        ("delete pod web-1 --context green", "y", "tier dev"),
        ("restart deploy web --context blue", "two keys", "tier staging"),
        ("restart deploy web --context blue -n payments", "type the cluster's name", "config.yaml:7"),
        ("restart deploy web --context locked", "unlock", "read-only cluster"),
        ("delete ns shop --context locked", "refused", "config.yaml:6"),
        ("delete ns shop --context green", "refused", "config.yaml:6"),
        ("scale deploy web --context green", "enter", "tier dev"),
        ("scale deploy web --context green --replicas 1", "refused", "config.yaml:8"),
        ("shell pods --context green --objects 4", "refused", "config.yaml:8"),
        ("restart deploy web --context green --readonly", "refused", "--readonly"),
        ("delete certificates.cert-manager.io x --context green", "y", "tier dev"),
    ] {
        let output = run(&home, &format!("guard explain {args}"));
        let (text, code) = told(&output);
        assert_eq!((code, output.stderr.as_slice()), (Some(0), b"".as_slice()), "{args}: {text}");
        let line = |key: &str| text.lines().find_map(|l| Some(l.strip_prefix(key)?.trim())).unwrap_or_default().to_owned();
        assert_eq!((line("step").as_str(), line("rule").ends_with(rule)), (step, true), "{args}: {text}");
        assert!(line("why").len() > 10, "{args}: {text}");
        assert_eq!(text.contains("\nreason  is needed\n"), args.contains("payments"), "{text}");
    }
    let (text, _) = told(&run(&home, "guard explain restart deploy web --context red,green -n x"));
    assert!(text.contains("red: restart deployments.apps web -n x\n") && text.contains("\ngreen: restart"), "{text}");
    let (text, _) = told(&run(&home, "guard explain drain no n1 --context green -n x"));
    assert!(text.starts_with("green: drain nodes n1\n"), "a node is in no namespace: {text}");
}

#[test]
fn what_makes_no_sense_is_told_with_what_was_meant() {
    let home = home(RULES);
    for (args, why) in [
        ("guard explain restrat deploy web", "unknown verb restrat; did you mean restart?"),
        ("guard explain restart deplyo web", "Kubernetes has no kind called deplyo; did you mean deploy?"),
        ("guard explain restart pods web", "restart is for deployments.apps"),
        ("guard explain restart deploy web --context rde", "the kubeconfig has no context rde; did you mean red?"),
        ("guard explain restart deploy web -n a,b", "name one namespace"),
        ("guard explain restart", "required"),
        ("guard explian restart deploy", "explain"),
        ("journal --since yesterday", "write how long ago"),
        ("journal verfiy", "verify"),
    ] {
        let (text, code) = told(&run(&home, args));
        assert!(code == Some(2) && text.contains(why), "{args}: {code:?} {text}");
    }
}

#[test]
fn a_broken_guard_closes_every_cluster_and_says_where() {
    for (config, place) in [
        ("guard:\n- {verb: delte, verdict: refuse}\n", "config.yaml:2: verb: unknown verb delte"),
        ("clusters: [{match: green, tier: dev}]\nguard: [\n", "config.yaml:"),
    ] {
        let home = home(config);
        let (text, code) = told(&run(&home, "guard explain restart deploy web --context green"));
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("step    refused\nrule    broken guard\nwhy     ") && text.contains(place), "{text}");
    }
    // The same on the screen, while it is edited; mended, it is as before.
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["pods"], (140, 24), home(RULES));
    pty.wait_for("the screen", SOON, |s| s.contents().contains("4 locked") && !s.contents().contains("read-only"));
    pty.home().write(CONFIG, &RULES.replace("verdict: refuse", "verdict: deny"));
    pty.wait_for("closed", SOON, |s| {
        s.contents().contains("read-only") && s.contents().contains("config.yaml:6: verdict: unknown verdict deny")
    });
    pty.send(":unlock locked 15m because\r");
    pty.wait_for("no way in", SOON, |s| s.contents().contains("nothing can be unlocked until the config is mended"));
    pty.home().write(CONFIG, RULES);
    pty.wait_for("open again", SOON, |s| !s.contents().contains("read-only"));
    pty.send("Q");
    assert_eq!(pty.wait_exit(SOON).expect("Q ends it").0.exit_code(), 0);
}

#[test]
fn a_cluster_is_unlocked_for_a_while_and_that_is_written_down() {
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["pods"], (140, 24), home(RULES));
    let sees = |pty: &Pty, what: &str| pty.wait_for(what, SOON, |s| s.contents().contains(what));
    sees(&pty, "4 locked");
    pty.send(":unlock green 15m because\r");
    sees(&pty, "green is not read-only");
    pty.send(":unlock locked 15m rolling back\r");
    sees(&pty, "unlocked 14:");
    pty.send(":journal\r");
    sees(&pty, "Journal");
    sees(&pty, "rolling back");
    pty.send("\r");
    sees(&pty, "WHAT IT WAS");
    // Sent at once, the two keys would be one with alt.
    pty.send("\x1b");
    sees(&pty, "Journal ─ 1");
    pty.send(":lock locked\r");
    sees(&pty, "locked is read-only again");
    pty.wait_for("locked", SOON, |s| !s.contents().contains("unlocked 1"));
    sees(&pty, "lock ");
    let path = pty.home().path().join(JOURNAL);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    // The screen is told before the record of a lock is on the disk.
    let read = || journal::read(&fs::read_to_string(&path).unwrap());
    pty.wait_until(SOON, |_| read().records.len() == 2);
    let log = read();
    let verbs: Vec<&str> = log.records.iter().map(|r| r.verb.as_str()).collect();
    assert_eq!((verbs.as_slice(), log.flaws.len()), (["unlock", "lock"].as_slice(), 0));
    assert_eq!(log.records[0].reason.as_deref(), Some("rolling back"));
    // Nobody may be let in whose name is not written down.
    pty.send(":journal-to /dev/null\r");
    sees(&pty, "it is no file; the journal stays in");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    pty.send(":unlock locked 15m again\r");
    sees(&pty, "not unlocked, since it could not be written down");
    pty.send("Q");
    assert_eq!(pty.wait_exit(SOON).expect("Q ends it").0.exit_code(), 0);
}

/// Makes a journal of two changes by hand of the program.
fn two(home: &Home) -> String {
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["pods"], (140, 24), self::home(RULES));
    pty.wait_for("the screen", SOON, |s| s.contents().contains("4 locked"));
    for n in ["one", "two"] {
        pty.send(format!(":unlock locked 15m {n}\r"));
        pty.wait_for(n, SOON, |s| s.contents().contains("may be changed for 15m"));
        pty.send(":lock locked\r");
        pty.wait_for(n, SOON, |s| s.contents().contains("locked is read-only again"));
    }
    let text = {
        let path = pty.home().path().join(JOURNAL);
        pty.send("Q");
        pty.wait_exit(SOON).expect("Q ends it");
        fs::read_to_string(path).unwrap()
    };
    home.write(JOURNAL, &text);
    text
}

#[test]
fn the_journal_is_printed_and_verified() {
    let home = home(RULES);
    let (text, code) = told(&run(&home, "journal verify"));
    assert!(code == Some(0) && text.contains("whole, not there yet"), "{text}");
    assert_eq!(told(&run(&home, "journal")).1, Some(0));
    let whole = two(&home);
    let (text, code) = told(&run(&home, "journal verify"));
    assert!(code == Some(0) && text.contains("whole, 4 records"), "{text}");
    let (text, _) = told(&run(&home, "journal"));
    assert!(text.lines().count() == 5 && text.starts_with("TIME") && text.contains("unlock  cluster locked  done"), "{text}");
    let (json, _) = told(&run(&home, "journal -o json --since 1h"));
    assert!(json.lines().count() == 4 && json.lines().all(|l| serde_json::from_str::<serde_json::Value>(l).is_ok()), "{json}");
    assert_eq!(told(&run(&home, "journal -o json --since 2999-01-01")), (String::new(), Some(0)));
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    for (broken, told_, code) in [
        (whole.replacen("one", "two", 1), ":1: it was changed after it was written", 1),
        ([lines[0], lines[2], lines[3]].concat(), ":2: it does not follow the line before it", 1),
        (whole.clone() + "hello\n", ":5: it is no record of kconsole", 1),
        (whole[..whole.len() - 9].to_owned(), ":4: a record was begun and not ended", 0),
    ] {
        home.write(JOURNAL, &broken);
        let (text, is) = told(&run(&home, "journal verify"));
        assert!(is == Some(code) && text.contains(told_), "{is:?} {text}");
    }
    let elsewhere = home.write("elsewhere", &whole);
    let (text, code) = told(&run(&home, &format!("journal verify --journal {}", elsewhere.display())));
    assert!(code == Some(0) && text.contains("elsewhere: whole"), "{text}");
}
