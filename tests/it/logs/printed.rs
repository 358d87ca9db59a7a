//! `kconsole logs`, without a terminal.

use crate::rig::demo::demo;
use serde_json::Value;
use std::process::{Command, Output};

fn logs(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kconsole"));
    command.arg("logs").args(["--kubeconfig", demo().kubeconfig().to_str().unwrap()]).args(args);
    command.output().expect("it runs")
}

#[test]
fn lines_of_several_clusters_come_in_the_order_of_time_and_end() {
    let out = logs(&["deploy/checkout", "-n", "shop", "--context", "prod-eu,prod-us", "--tail", "20", "-o", "json"]);
    let (text, err) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8_lossy(&out.stderr).into_owned());
    assert_eq!(out.status.code(), Some(0), "{err}");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"))).collect();
    assert!(!lines.is_empty(), "{err}");
    for line in &lines {
        let keys: Vec<&String> = line.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["cluster", "namespace", "pod", "container", "time", "message"]);
        assert!(line["pod"].as_str().unwrap().starts_with("checkout-"), "{line}");
    }
    for cluster in ["prod-eu", "prod-us"] {
        assert!(lines.iter().any(|line| line["cluster"] == cluster), "nothing of {cluster}: {err}");
    }
    let times: Vec<&str> = lines.iter().map(|line| line["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted() && times.iter().all(|time| time.len() == 30), "{times:?}");
}

#[test]
fn lines_are_chosen_and_raw() {
    let out = logs(&["deploy/checkout", "-n", "shop", "--context", "prod-eu", "--tail", "50", "-o", "raw", "--grep", "\"level\":"]);
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success() && !text.is_empty() && text.lines().all(|line| line.contains("\"level\":")), "{text}");
}

#[test]
fn what_cannot_be_is_told() {
    for (args, code, told) in [
        (&["service/x"][..], 2, "service have no pods of their own"),
        (&["nonsense/x"], 2, "logs know no kind called nonsense"),
        (&["--grep", "("], 2, "--grep: "),
        (&["--since", "yesterday"], 2, "--since yesterday: write how long ago"),
        (&["nobody", "-n", "shop"], 1, "no pods with a log were found"),
    ] {
        let out = logs(&[args, &["--context", "staging"]].concat());
        let err = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.code() == Some(code) && err.contains(told) && out.stdout.is_empty(), "{args:?}: {:?} {err}", out.status);
    }
}
