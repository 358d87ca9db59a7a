//! The overview of twelve clusters, lived with: how soon every pane is full, what it keeps watched and weighs, how long frames take while the
//! clusters change, and how soon a change is a finding on the screen.

use crate::live::{Line, line, print, spread};
use crate::process::{cpu, rss};
use crate::rig::demo::Demo;
use crate::rig::home::Home;
use crate::rig::pty::Pty;
use kube::Client;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const SIZE: (u16, u16) = (200, 60);
const LIMIT: Duration = Duration::from_secs(90);
const CLUSTERS: usize = 12;
const BUSY: Duration = Duration::from_secs(20);
/// As many as the pane has lines for: those of one second stand in the order of their names.
const FINDINGS: usize = 12;

/// Measures the overview over clusters of this many pods, at rest and with so many changes a second in all.
pub fn run(pods: usize, churn: usize) {
    print(&format!("{CLUSTERS} clusters of {pods} pods, at rest"), &at_rest(pods));
    print(&format!("{CLUSTERS} clusters of {pods} pods, {churn} changes a second"), &busy(pods, churn));
}

fn serve(pods: usize, churn: usize) -> Demo {
    let begin = Instant::now();
    let (clusters, pods, churn) = (CLUSTERS.to_string(), pods.to_string(), (churn / CLUSTERS).to_string());
    let mut args = vec!["--clusters", &clusters, "--pods", &pods, "--nodes", "30"];
    if churn != "0" {
        args.extend(["--churn", &churn]);
    }
    let demo = Demo::start(&args);
    println!("the fleet serves after {:.1} s", begin.elapsed().as_secs_f64());
    demo
}

fn start(demo: &Demo) -> Pty {
    let home = Home::new().with("KUBECONFIG", demo.kubeconfig().to_str().expect("our paths are UTF-8"));
    Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["--all-contexts", "-A"], SIZE, home)
}

/// From start until no cluster connects or lists any more and no pane waits.
fn filled(pty: &Pty) -> Option<f64> {
    let is_full =
        |text: &str| text.contains("Pods ─") && !["◐", "◌", "connecting", "syncing", "waiting for"].iter().any(|w| text.contains(w));
    let at = pty.wait_until(LIMIT, |s| is_full(&s.contents()))?;
    Some((at - pty.started()).as_secs_f64())
}

fn at_rest(pods: usize) -> Vec<Line> {
    let demo = serve(pods, 0);
    let mut pty = start(&demo);
    let full = filled(&pty);
    if full.is_none() {
        eprintln!("the panes are not full:\n{}", pty.screen());
    }
    let mut lines = vec![line("every pane full", full, "s", Some(5.0))];
    std::thread::sleep(Duration::from_secs(5)); // the moment at which memory is looked at, after the allocator has settled
    lines.push(line("processor until then", cpu(pty.pid()), "s", None));
    lines.push(line("resident", rss(pty.pid()), "MiB", Some(120.0)));
    lines.push(line("sockets", sockets(pty.pid()), "", None));
    lines.extend(findings(&pty, &demo));
    let before = cpu(pty.pid());
    std::thread::sleep(BUSY); // nothing happens but what the shop does by itself: that is what is measured
    let share = cpu(pty.pid()).zip(before).map(|(after, before)| (after - before) / BUSY.as_secs_f64() * 100.0);
    lines.push(line("processor at rest", share, "% of a core", None));
    lines.extend(frames(&mut pty));
    lines
}

fn busy(pods: usize, churn: usize) -> Vec<Line> {
    let demo = serve(pods, churn);
    let mut pty = start(&demo);
    filled(&pty);
    let before = cpu(pty.pid());
    let end = Instant::now() + BUSY;
    let mut taken = Vec::new();
    while Instant::now() < end {
        let (seen, sent) = (pty.raw_len(), Instant::now());
        pty.send("j");
        taken.extend(pty.wait_more(seen, Duration::from_secs(2)).map(|at| at.saturating_duration_since(sent).as_secs_f64() * 1e3));
        pty.wait_quiet(Duration::from_millis(20), Duration::from_millis(100));
    }
    let share = cpu(pty.pid()).zip(before).map(|(after, before)| (after - before) / BUSY.as_secs_f64() * 100.0);
    let (median, p99, _) = spread(taken);
    let mut lines = vec![line("key to output, median", median, "ms", None), line("key to output, p99", p99, "ms", None)];
    lines.push(line("processor", share, "% of a core", None));
    lines.push(line("resident", rss(pty.pid()), "MiB", None));
    lines.extend(frames(&mut pty));
    lines
}

/// From a change of a pod's status until its finding is on the screen.
fn findings(pty: &Pty, demo: &Demo) -> Vec<Line> {
    let runtime = Runtime::new().expect("threads start");
    let client = runtime.block_on(connect(demo));
    let mut taken = Vec::new();
    for i in 0..FINDINGS {
        let word = format!("exit {}", 60 + i);
        let path = format!("/api/v1/namespaces/load-00/pods/{}/status", runtime.block_on(pod(&client, i)));
        // The newest stands first, where it is in sight.
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let container = json!({
            "name": "app", "image": "x", "imageID": "", "ready": false, "restartCount": 9, "started": false,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
            "lastState": {"terminated": {"exitCode": 60 + i, "reason": "Error", "finishedAt": now, "startedAt": now}},
        });
        let body = json!({"status": {"containerStatuses": [container]}}).to_string();
        let request = http::Request::patch(&path).header("content-type", "application/merge-patch+json").body(body.into_bytes());
        let sent = Instant::now();
        runtime.block_on(client.request_text(request.expect("a request"))).unwrap_or_else(|e| panic!("{path}: {e}"));
        let seen = pty.wait_until(Duration::from_secs(10), |s| s.contents().contains(&word));
        taken.extend(seen.map(|at| at.saturating_duration_since(sent).as_secs_f64() * 1e3));
    }
    let found = taken.len();
    let (median, _, worst) = spread(taken);
    println!("{found} of {FINDINGS} findings were seen");
    vec![line("change to finding, median", median, "ms", None), line("change to finding, worst", worst, "ms", Some(250.0))]
}

pub async fn connect(demo: &Demo) -> Client {
    let file = Kubeconfig::read_from(demo.kubeconfig()).expect("the kubeconfig is ours");
    let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.expect("the kubeconfig is ours");
    Client::try_from(config).expect("a client")
}

/// The name of one of the pods that are there for their number only.
async fn pod(client: &Client, n: usize) -> String {
    let request = http::Request::get("/api/v1/namespaces/load-00/pods?limit=50").body(Vec::new()).expect("a request");
    let list: serde_json::Value = client.request(request).await.expect("the server lists");
    list["items"][n]["metadata"]["name"].as_str().expect("there are as many").to_owned()
}

/// Connections of a process.
fn sockets(pid: u32) -> Option<f64> {
    let links = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.flatten().filter_map(|f| std::fs::read_link(f.path()).ok());
    Some(links.filter(|l| l.to_string_lossy().starts_with("socket:")).count() as f64)
}

/// Ends the program and reads what it logged of its frames.
pub fn frames(pty: &mut Pty) -> Vec<Line> {
    pty.send("Q");
    pty.wait_exit(Duration::from_secs(5));
    let log = std::fs::read_to_string(pty.home().path().join(".local/state/kconsole/kconsole.log")).unwrap_or_default();
    let told = log.lines().rev().find(|l| l.contains("frames ")).unwrap_or_default().to_owned();
    let figure = |name: &str| {
        let text = told.split(&format!("{name} ")).nth(1)?.split_whitespace().next()?;
        let (number, factor) = ["ms", "µs", "s"].iter().zip([1.0, 1e-3, 1e3]).find_map(|(unit, f)| Some((text.strip_suffix(unit)?, f)))?;
        Some(number.parse::<f64>().ok()? * factor)
    };
    vec![
        line("frame, median", figure("median"), "ms", None),
        line("frame, p99", figure("p99"), "ms", Some(16.0)),
        line("frame, worst", figure("worst"), "ms", None),
    ]
}
