//! What lines come to.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use super::*;
use crate::demo::sim::Sim;
use crate::demo::write::How;
use serde_json::json;

const T: Millis = 1_763_900_000_000;

fn shell() -> Shell {
    let mut sim = Sim::new("test", 1, T);
    for (kind, object) in [
        ("namespaces", json!({"metadata": {"name": "shop"}})),
        ("configmaps", json!({"metadata": {"name": "settings", "namespace": "shop"}, "data": {"app.yaml": "a: 1\n", "MODE": "demo"}})),
        ("secrets", json!({"metadata": {"name": "keys", "namespace": "shop"}, "data": {"password": "aHVudGVyMg=="}})),
    ] {
        sim.create(kind, object, How::by("test")).unwrap();
    }
    let pod = json!({"metadata": {"name": "web-x", "namespace": "shop"}, "spec": {
        "nodeName": "node-1",
        "volumes": [{"name": "v", "configMap": {"name": "settings"}}],
        "containers": [{"name": "app", "image": "shop/web:1", "command": ["web", "--port=80"], "volumeMounts": [{"name": "v", "mountPath": "/etc/app"}],
            "env": [
                {"name": "PLAIN", "value": "x y"},
                {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "password"}}},
            ], "envFrom": [{"configMapRef": {"name": "settings"}}]}]}});
    Shell::new(Machine::of(&sim.store, &pod, "app"))
}

/// Output, errors and code of a line.
fn told(shell: &mut Shell, line: &str, input: Option<&str>) -> (String, String, i32) {
    let done = shell.line(line, input, T);
    assert!(!done.wants_input, "{line}");
    let (mut out, mut err) = (String::new(), String::new());
    for piece in &done.pieces {
        match piece {
            Piece::Out(text) => out += text,
            Piece::Err(text) => err += text,
            _ => {}
        }
    }
    (out, err, done.code)
}

#[test]
fn lines_do_what_a_shell_does() {
    let mut shell = shell();
    for (line, out, code) in [
        ("echo hi; echo 'a  b'", "hi\na  b\n", 0),
        ("hostname", "web-x\n", 0),
        ("cat /etc/hostname | wc -l", "1\n", 0),
        ("echo $PLAIN $NODE \"$PASSWORD\" $MODE", "x y node-1 hunter2 demo\n", 0),
        ("cat /etc/app/app.yaml", "a: 1\n", 0),
        ("ls /etc/app", "MODE\napp.yaml\n", 0),
        ("cd /etc && pwd", "/etc\n", 0),
        ("ls app/../hostname", "app/../hostname\n", 0),
        ("false || echo no", "no\n", 0),
        ("false && echo no", "", 1),
        ("echo $?", "1\n", 0),
        ("echo $(hostname)!", "web-x!\n", 0),
        ("echo one > /tmp/f; echo two >> /tmp/f; cat /tmp/f", "one\ntwo\n", 0),
        ("cat < /tmp/f | head -1", "one\n", 0),
        ("env | grep NODE", "NODE=node-1\n", 0),
        ("X=1; export Y=2; echo $X$Y", "12\n", 0),
        ("sh -c 'echo in; exit 3'", "in\n", 3),
        ("cat /none 2>/dev/null", "", 1),
        ("cat /none 2>&1 | grep -c open", "1\n", 0),
        ("exit 7", "", 7),
        ("date +%Y-%m-%dT%H", "2025-11-23T12\n", 0),
        ("whoami", "root\n", 0),
    ] {
        let (got, err, got_code) = told(&mut shell, line, Some(""));
        assert_eq!((got.as_str(), got_code), (out, code), "{line}: {err}");
    }
}

#[test]
fn what_is_wrong_is_told_as_busybox_does() {
    let mut shell = shell();
    for (line, err, code) in [
        ("echo no >&2; false", "no\n", 1),
        ("vi x", "sh: vi: not found\n", 127),
        ("cat /none", "cat: can't open '/none': No such file or directory\n", 1),
        ("ls /none", "ls: /none: No such file or directory\n", 1),
        ("cd /none", "sh: cd: can't cd to /none: No such file or directory\n", 1),
        ("echo 'x", "sh: syntax error: unterminated quoted string\n", 2),
    ] {
        assert_eq!(told(&mut shell, line, Some("")), (String::new(), err.to_owned(), code), "{line}");
    }
}

#[test]
fn input_is_copied_or_asked_for() {
    let mut shell = shell();
    assert_eq!(shell.line("cat", None, T).pieces, [Piece::Copy]);
    assert!(shell.line("cat | wc -c", None, T).wants_input);
    assert!(shell.line("wc -c", None, T).wants_input);
    assert_eq!(told(&mut shell, "cat | wc -c", Some("12345")).0, "5\n");
    // Where more may come, only what reads no further can end.
    let more = &mut Shell { more: true, ..shell.clone() };
    for line in ["wc -c", "sort", "head -c 6 | wc -c", "xargs echo", "sha256sum", "tar -xf -"] {
        assert!(more.line(line, Some("12345"), T).wants_input, "{line}");
    }
    assert_eq!(told(more, "head -c 3 | wc -c", Some("12345")).0, "3\n");
    assert_eq!(told(more, "head -c 3 | xargs -0 echo", Some("12345")).0, "123\n");
    assert_eq!(
        shell.line("echo a; sleep 1.5; echo b", None, T).pieces,
        [Piece::Out("a\n".into()), Piece::Sleep(1500), Piece::Out("b\n".into())]
    );
}

#[test]
fn programs_need_no_shell_and_some_images_have_none() {
    let mut shell = shell();
    let run = |shell: &mut Shell, words: &[&str]| shell.program(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>(), Some(""), T);
    assert_eq!(run(&mut shell, &["/bin/echo", "$HOME"]).unwrap().pieces, [Piece::Out("$HOME\n".into())]);
    assert_eq!(run(&mut shell, &["sh", "-c", "exit 4"]).unwrap().code, 4);
    assert_eq!(run(&mut shell, &["nano"]), None);
    shell.machine.bare = true;
    assert_eq!(run(&mut shell, &["ls"]), None);
}
