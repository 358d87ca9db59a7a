//! A log is a function: of any cut the same, ill where it should be, with a beginning and an end.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

use super::*;
use proptest::prelude::*;
use serde_json::json;

const T: Millis = 1_763_900_000_000;

fn pod(image: &str) -> Value {
    json!({"metadata": {"name": "web-x", "namespace": "shop", "uid": "u1"}, "spec": {"containers": [{"name": "app", "image": image}]}})
}

fn source(image: &str, started: Millis) -> Source {
    Source::new(7, &pod(image), "app", Run { started, end: None }, T)
}

const IMAGES: [&str; 10] = [
    "nginx:1.29",
    "shop/checkout:1",
    "prometheus:3",
    "shop/orders:4.2",
    "shop/worker:1",
    "shop/storefront:9",
    "kube-proxy:v1.33",
    "postgres:17",
    "redis:8",
    "busybox",
];

proptest! {
    #[test]
    fn any_cut_gives_the_same_log(image in 0..IMAGES.len(), a in 0i64..120_000, b in 0i64..120_000, started in -200_000i64..60_000, n in 0usize..40) {
        let source = source(IMAGES[image], T + started);
        let (cut, end) = (T + a.min(b), T + a.max(b));
        let whole: Vec<Line> = source.lines(T, end).collect();
        let parts: Vec<Line> = source.lines(T, cut).chain(source.lines(cut, end)).collect();
        prop_assert_eq!(&parts, &whole);
        prop_assert!(whole.is_sorted_by_key(|l| (l.at, l.nanos)));
        prop_assert!(whole.iter().all(|l| (T.max(T + started)..end).contains(&l.at) && l.nanos < 1_000_000 && !l.text.contains('\n')));
        prop_assert_eq!(source.tail(T, end, n), whole[whole.len().saturating_sub(n)..].to_vec());
    }
}

#[test]
fn sickness_brings_a_burst_of_errors() {
    for image in IMAGES {
        let mut source = source(image, T - 1);
        let count = |s: &Source| s.lines(T + 10_000, T + 3_600_000).filter(|l| wrong(&l.text)).count() as f64;
        let well = count(&source);
        source.sick.spans = vec![(T, T + 7_200_000, 0.2), (T, T + 7_200_000, 0.8)];
        let ill = count(&source);
        assert!(ill > 10.0 * (well + 0.2), "{image}: {well} well, {ill} ill");
    }
}

#[test]
fn who_cannot_start_says_why_and_nothing_else() {
    for image in IMAGES {
        let mut source = source(image, T);
        source.end(End { at: T + 4_000, code: 1, reason: "Error".to_owned() });
        source.sick.cause = Some("KEY is not set".to_owned());
        assert_eq!(source.lines(T, T + 60_000).count(), 1, "{image}");
        assert!(source.last_words().iter().any(|l| l.text.contains("KEY is not set")), "{image}");
    }
}

fn wrong(text: &str) -> bool {
    ["rror", "ERROR", "warning", " 50", "E1123", "disk is busy", "Exception"].iter().any(|w| text.contains(w))
}

#[test]
fn runs_begin_and_end_with_words() {
    let end = End { at: T + 60_000, code: 1, reason: "Error".into() };
    for image in IMAGES {
        let source = Source::new(7, &pod(image), "app", Run { started: T, end: Some(end.clone()) }, T);
        let lines: Vec<Line> = source.lines(0, i64::MAX - 1000).collect();
        assert!(lines[0].at < T + 1000, "{image}: {lines:?}");
        assert!(lines.iter().all(|l| l.at < end.at), "{image}");
        assert!(source.last_words().iter().all(|l| l.at == end.at && l.stream == Stream::Stderr), "{image}");
        assert!(!source.last_words().is_empty());
    }
}

#[test]
fn a_script_that_ends_at_once_has_said_something() {
    let mut pod = pod("busybox");
    pod["spec"]["containers"][0]["args"] = json!(["echo", "hello"]);
    let run = Run { started: T, end: Some(End { at: T, code: 0, reason: "Completed".into() }) };
    let lines: Vec<Line> = Source::new(7, &pod, "app", run, T - 1000).lines(0, T + 5000).collect();
    assert_eq!(lines.iter().map(|l| l.text.as_str()).collect::<Vec<_>>(), ["hello"]);
}

#[test]
fn two_pods_and_two_runs_have_logs_of_their_own() {
    let lines = |s: &Source| s.lines(T + 5_000, T + 60_000).collect::<Vec<_>>();
    let one = source("nginx", T);
    assert_eq!(lines(&one), lines(&source("nginx", T)));
    assert_ne!(lines(&one), lines(&source("nginx", T + 1000)));
    let mut other = pod("nginx");
    other["metadata"]["uid"] = "u2".into();
    assert_ne!(lines(&one), lines(&Source::new(7, &other, "app", Run { started: T, end: None }, T)));
}

#[test]
fn json_lines_are_json() {
    let lines: Vec<Line> = source("shop/checkout:1", T).lines(T, T + 600_000).collect();
    assert!(lines.len() > 600, "{}", lines.len());
    for line in &lines {
        let _: Value = serde_json::from_str(&line.text).unwrap();
    }
    assert!(lines.iter().any(|l| l.text.len() > 1500) && lines.iter().any(|l| !l.text.is_ascii()));
}
