//! Logs that are followed, lived with: one pod that writes as fast as it is read, many that write at once, and how old a line is when it is
//! on the screen.

use crate::live::{Line, line, print, spread};
use crate::process::{cpu, peak, rss};
use crate::rig::demo::Demo;
use crate::rig::home::Home;
use crate::rig::pty::Pty;
use crate::workspace::{connect, frames};
use futures::AsyncReadExt;
use kube::Client;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use vt100::Screen;

const SIZE: (u16, u16) = (200, 50);
const LIMIT: Duration = Duration::from_secs(120);
/// What a line of the fast pod says besides its number, and how often.
const TEXT: &str = r#"{"level":"info","msg":"order placed","service":"checkout","trace":"86630e8e2958c","customer":"c-4711","basket":[12,7,1999],"took":"7ms","region":"eu-central-1","n":%g}"#;
const LINES: usize = 6_000_000;
const PODS: usize = 500;
const BUSY: Duration = Duration::from_secs(90);
const LOOKS: usize = 60;
/// Of so many keys three take longer than the 99th part.
const PRESSES: usize = 300;
/// Between two keys, as people press them.
const PAUSE: Duration = Duration::from_millis(100);

/// A cluster, and how to make things in it.
struct Rig {
    demo: Demo,
    client: Client,
    runtime: Runtime,
}

/// Measures all three.
pub fn run() {
    let demo = Demo::start(&["--clusters", "1", "--nodes", "30"]);
    let runtime = Runtime::new().expect("threads start");
    let client = runtime.block_on(connect(&demo));
    let rig = Rig { demo, client, runtime };
    print("line to screen, beside what else the shop writes", &fresh(&rig));
    print(&format!("one pod, {LINES} lines, printed"), &printed(&rig));
    print(&format!("one pod, {LINES} lines, only counted"), &counted(&rig));
    print(&format!("one pod, {LINES} lines, on the screen"), &shown(&rig));
    print(&format!("{PODS} pods of 200 lines a second"), &many(&rig));
}

impl Rig {
    fn send(&self, method: &str, path: &str, body: &Value) {
        let kind = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        let request = http::Request::builder().method(method).uri(path).header("content-type", kind).body(body.to_string().into_bytes());
        self.runtime.block_on(self.client.request_text(request.expect("a request"))).unwrap_or_else(|e| panic!("{path}: {e}"));
    }

    fn get(&self, path: &str) -> Value {
        let request = http::Request::get(path).body(Vec::new()).expect("a request");
        self.runtime.block_on(self.client.request(request)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    /// Asks until an object is as it should be.
    fn until(&self, path: &str, holds: impl Fn(&Value) -> bool) {
        let end = Instant::now() + LIMIT;
        while !holds(&self.get(path)) {
            assert!(Instant::now() < end, "{path} is not as it should be: {}", self.get(path));
            std::thread::sleep(Duration::from_millis(200)); // how soon it is seen is not measured
        }
    }

    fn start(&self, kind: &str, namespace: &str) -> Pty {
        let home = Home::new().with("KUBECONFIG", self.demo.kubeconfig().to_str().expect("our paths are UTF-8"));
        Pty::start(env!("CARGO_BIN_EXE_kconsole"), &[kind, "-n", namespace], SIZE, home)
    }

    /// The screen of the logs of what is called so.
    fn logs(&self, kind: &str, namespace: &str, name: &str) -> Pty {
        let mut pty = self.start(kind, namespace);
        pty.wait_for("rows", LIMIT, |s| s.contents().contains("▌"));
        pty.send(format!("/{name}\r"));
        pty.wait_for("its row", LIMIT, |s| s.contents().contains(&format!("▌  {name} ")));
        pty.send("l");
        pty.wait_for("logs", LIMIT, |s| s.contents().contains("following"));
        pty
    }
}

fn seq(name: &str, suspended: bool) -> Value {
    let container = json!({"name": "app", "image": "busybox", "command": ["seq", "-f", TEXT, LINES.to_string()]});
    let template = json!({"spec": {"restartPolicy": "Never", "containers": [container]}});
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"suspend": suspended, "template": template}})
}

/// Bytes of the lines on the wire: what is said, a time of thirty bytes, a blank and the end.
fn wire() -> f64 {
    let numbers: usize = (1..=LINES).map(|n| n.ilog10() as usize + 1).sum();
    (numbers + LINES * (TEXT.len() - "%g".len() + 32)) as f64
}

/// `kconsole logs` to a pipe: every number, in its order.
fn printed(rig: &Rig) -> Vec<Line> {
    rig.send("POST", "/apis/batch/v1/namespaces/default/jobs", &seq("printed", false));
    rig.until("/apis/batch/v1/namespaces/default/jobs/printed", |job| job["status"]["succeeded"] == 1);
    let home = Home::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kconsole"));
    command
        .args(["logs", "job/printed", "-n", "default", "-o", "raw"])
        .stdout(Stdio::piped())
        .envs(home.variables().iter().map(|(name, value)| (name, value)));
    let begin = Instant::now();
    let mut child = command.env("KUBECONFIG", rig.demo.kubeconfig()).spawn().expect("kconsole starts");
    let mut out = BufReader::with_capacity(1 << 20, child.stdout.take().expect("it is piped"));
    let (mut text, mut right, mut all) = (Vec::new(), 0, 0);
    let (mut most, mut took) = (None, Duration::ZERO);
    while out.read_until(b'\n', &mut text).is_ok_and(|bytes| bytes > 0) {
        all += 1;
        right += usize::from(text.ends_with(format!(":{all}}}\n").as_bytes()));
        text.clear();
        if all % 100_000 == 0 {
            (most, took) = (peak(child.id()).or(most), begin.elapsed());
        }
    }
    child.wait().expect("it ends");
    println!("{right} of {LINES} lines were right, {all} came");
    vec![
        line("ingested", Some(wire() / 1e6 / took.as_secs_f64()), "MB/s", None),
        line("missing or doubled", Some((LINES.abs_diff(right) + all - right) as f64), "", Some(0.0)),
        line("resident at most", most, "MiB", Some(96.0)),
    ]
}

/// What the server gives to a reader that only counts, beside which the other figures stand: it takes one of the two cores that they have.
fn counted(rig: &Rig) -> Vec<Line> {
    let pods = rig.get("/api/v1/namespaces/default/pods?labelSelector=job-name%3Dprinted");
    let pod = pods["items"][0]["metadata"]["name"].as_str().expect("it is there still");
    let path = format!("/api/v1/namespaces/default/pods/{pod}/log?timestamps=true");
    let (mut buffer, mut all) = (vec![0; 1 << 20], 0);
    let begin = Instant::now();
    rig.runtime.block_on(async {
        let log = rig.client.request_stream(http::Request::get(path).body(Vec::new()).expect("a request")).await.expect("a stream");
        let mut log = std::pin::pin!(log);
        loop {
            match log.read(&mut buffer).await.expect("it does not break") {
                0 => return,
                n => all += n,
            }
        }
    });
    vec![line("received", Some(all as f64 / 1e6 / begin.elapsed().as_secs_f64()), "MB/s", None)]
}

/// From the first line to the last one's being on the screen.
fn shown(rig: &Rig) -> Vec<Line> {
    rig.send("POST", "/apis/batch/v1/namespaces/default/jobs", &seq("shown", true));
    let mut pty = rig.logs("jobs", "default", "shown");
    rig.send("PATCH", "/apis/batch/v1/namespaces/default/jobs/shown", &json!({"spec": {"suspend": false}}));
    let begin = pty.wait_for("lines", LIMIT, |s| s.contents().contains("order placed"));
    let before = cpu(pty.pid());
    let last = format!("\"n\":{LINES}}}");
    let end = pty.wait_until(LIMIT, |s| s.contents().contains(&last));
    let busy = cpu(pty.pid()).zip(before).map(|(after, before)| after - before);
    let most = peak(pty.pid());
    if end.is_none() {
        eprintln!("the last line is not on the screen:\n{}", pty.screen());
    }
    let took = end.map(|end| (end - begin).as_secs_f64());
    // Held and let go are all of them, and the two that tell of its beginning and its end.
    pty.send("g");
    pty.wait_quiet(Duration::from_millis(300), Duration::from_secs(3));
    println!("{}", pty.screen().lines().take(4).collect::<Vec<_>>().join("\n"));
    let mut lines = vec![
        line("ingested", took.map(|s| wire() / 1e6 / s), "MB/s", Some(200.0)),
        line("processor meanwhile", busy, "s", None),
        line("resident at most", most, "MiB", Some(96.0)),
    ];
    lines.extend(frames(&mut pty));
    lines
}

/// Many pods at once: how soon all are followed, and what keys and frames take meanwhile.
fn many(rig: &Rig) -> Vec<Line> {
    let container = json!({"name": "app", "image": "busybox", "command": ["sh", "-c", "while true; do seq 20; sleep 0.1; done"]});
    let template = json!({"metadata": {"labels": {"app": "many"}}, "spec": {"containers": [container]}});
    let spec = json!({"replicas": PODS, "selector": {"matchLabels": {"app": "many"}}, "template": template});
    rig.send("POST", "/apis/apps/v1/namespaces/default/deployments", &json!({"metadata": {"name": "many"}, "spec": spec}));
    rig.until("/apis/apps/v1/namespaces/default/deployments/many", |d| d["status"]["readyReplicas"] == PODS);
    let mut pty = rig.logs("deployments", "default", "many");
    let begin = Instant::now();
    // Two hundred lines of each come every second once all are followed.
    let full = 150 * PODS;
    let rate = |text: &str| -> Option<usize> {
        let before = text.split(" l/s").next()?;
        before.rsplit(' ').next()?.replace(',', "").parse().ok()
    };
    let followed = pty.wait_until(LIMIT, |s| rate(&s.contents()).is_some_and(|rate| rate >= full));
    let before = cpu(pty.pid());
    let mut plain = echoing();
    let (end, mut taken, mut echoes, mut holds) = (Instant::now() + BUSY, Vec::new(), Vec::new(), false);
    while Instant::now() < end && taken.len() < PRESSES {
        holds = !holds;
        let seen = pty.measure(Duration::from_secs(2), move |s| s.contents().contains("stopped, ") == holds, |pty| pty.send(" "));
        taken.extend(seen.map(|took| took.as_secs_f64() * 1e3));
        std::thread::sleep(PAUSE);
        let key = if holds { "a" } else { "b" };
        let seen = plain.measure(Duration::from_secs(2), move |s| s.contents().ends_with(key), |pty| pty.send(key));
        echoes.extend(seen.map(|took| took.as_secs_f64() * 1e3));
        std::thread::sleep(PAUSE);
    }
    let share = cpu(pty.pid()).zip(before).map(|(after, before)| (after - before) / (BUSY - (end - Instant::now())).as_secs_f64() * 100.0);
    let (median, p99, _) = spread(taken);
    let (echo_median, echo_p99, _) = spread(echoes);
    let mut lines = vec![
        line("all followed", followed.map(|at| at.saturating_duration_since(begin).as_secs_f64()), "s", Some(5.0)),
        line("key to frame, median", median, "ms", None),
        line("key to frame, p99", p99, "ms", Some(16.0)),
        line("key to echo of cat beside it, median", echo_median, "ms", None),
        line("key to echo of cat beside it, p99", echo_p99, "ms", None),
        line("processor", share, "% of a core", None),
        line("resident", rss(pty.pid()), "MiB", None),
    ];
    lines.extend(frames(&mut pty));
    lines
}

/// A program that gives back each key and does nothing else: what a key takes on this machine whoever answers it.
fn echoing() -> Pty {
    let pty = Pty::start("sh", &["-c", "stty raw -echo; echo ready; exec cat"], SIZE, Home::new());
    pty.wait_for("ready", LIMIT, |s| s.contents().contains("ready"));
    pty
}

/// How old a line is when it is there, by the time that it was written.
fn fresh(rig: &Rig) -> Vec<Line> {
    let pty = rig.logs("deployments", "shop", "checkout");
    let mut taken = Vec::new();
    let mut last = pty.look(newest);
    while taken.len() < LOOKS {
        let mut now = None;
        let at = pty.wait_for("a line", LIMIT, |s| {
            // In the midst of a frame it may be made of two times.
            now = newest(s).filter(|now| Some(*now) > last && *now <= clock());
            now.is_some()
        });
        let age = clock() - now.unwrap_or_default();
        taken.push(age as f64 - at.elapsed().as_secs_f64() * 1e3);
        last = now;
    }
    let (median, p99, _) = spread(taken);
    vec![line("line to screen, median", median, "ms", Some(60.0)), line("line to screen, p99", p99, "ms", None)]
}

/// Milliseconds of the day, UTC.
fn clock() -> i64 {
    jiff::Timestamp::now().as_millisecond().rem_euclid(86_400_000)
}

/// The time of the newest line on the screen, in milliseconds of its day.
fn newest(screen: &Screen) -> Option<i64> {
    let time = |line: String| -> Option<i64> {
        let text = line.trim_start_matches(['│', ' ', '▌']).get(..12)?;
        let (hms, ms) = text.split_once('.')?;
        let mut parts = hms.split(':').map(|part| part.parse::<i64>().ok());
        let seconds = parts.next()?? * 3_600 + parts.next()?? * 60 + parts.next()??;
        Some(seconds * 1_000 + ms.parse::<i64>().ok()?)
    };
    screen.rows(0, SIZE.0).filter_map(time).max()
}
