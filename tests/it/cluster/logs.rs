//! Logs under a real kubelet: writers number their lines, and `kconsole logs -f` prints each number once, in order, whatever becomes of their containers
//! and pods. What it says of them on standard error is what the tests wait for.
//!
//! They need root, containerd and runc, and say so where these are not there.

use super::{apply, command};
use crate::rig::SOON;
use crate::rig::cluster::{Turn, clusters};
use crate::rig::home::Home;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;

const CONTEXT: &str = "gamma";
/// Numbers its lines until it is to end, and then says how many they were.
const UNTIL_TOLD: &str = "n=0; trap end=1 TERM; while [ -z \"$end\" ]; do echo $n; n=$((n+1)); sleep 0.02; done; echo last $n";

/// What was printed.
#[derive(Debug)]
enum Came {
    /// Pod, container, time and text of a line.
    Line { pod: String, container: String, time: String, text: String },
    /// What was said of a container.
    Mark(String),
}

/// `kconsole logs -f`, and all that it has printed so far.
struct Following {
    child: Child,
    printed: Receiver<Came>,
    came: Vec<Came>,
    _home: Home,
}

impl Following {
    fn new(kubeconfig: &Path, of: &str) -> Self {
        let home = Home::new();
        let args = ["logs", "-f", of, "-n", "default", "--context", CONTEXT, "-o", "json"];
        let mut command = command(&home, kubeconfig, &args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("kconsole starts");
        let (out, printed) = channel();
        read(child.stdout.take().expect("it is piped"), out.clone(), line);
        read(child.stderr.take().expect("it is piped"), out, Came::Mark);
        Self { child, printed, came: Vec::new(), _home: home }
    }

    /// Waits until this holds of what has come.
    #[track_caller]
    fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let end = Instant::now() + SOON;
        while !holds(self) {
            match self.printed.recv_timeout(end.saturating_duration_since(Instant::now())) {
                // What else is there is as good as come: to look after each line of many would take for ever.
                Ok(came) => self.came.extend([came].into_iter().chain(self.printed.try_iter())),
                Err(why) => {
                    let marks: Vec<&str> = self.marks().collect();
                    panic!("{what}: {why}; {} lines and marks, of these {marks:#?}, at the end\n{:#?}", self.came.len(), self.last(10))
                }
            }
        }
    }

    /// Waits until so many marks hold this text.
    #[track_caller]
    fn until_told(&mut self, text: &str, times: usize) {
        self.until(text, |so_far| so_far.marks().filter(|mark| mark.contains(text)).count() >= times);
    }

    fn last(&self, count: usize) -> &[Came] {
        &self.came[self.came.len().saturating_sub(count)..]
    }

    fn marks(&self) -> impl Iterator<Item = &str> {
        self.came.iter().filter_map(|came| if let Came::Mark(text) = came { Some(text.as_str()) } else { None })
    }

    fn pods(&self) -> Vec<String> {
        let pod = |came: &Came| if let Came::Line { pod, .. } = came { Some(pod.clone()) } else { None };
        let mut pods: Vec<String> = self.came.iter().filter_map(pod).collect();
        pods.sort_unstable();
        pods.dedup();
        pods
    }

    /// Times and texts of what a container wrote, as they came.
    fn lines<'a>(&'a self, of: &'a str, within: &'a str) -> impl DoubleEndedIterator<Item = (&'a str, &'a str)> {
        self.came.iter().filter_map(move |came| match came {
            Came::Line { pod, container, time, text } if pod == of && container == within => Some((time.as_str(), text.as_str())),
            _ => None,
        })
    }

    /// The container wrote so many numbers from 0 on, and then perhaps something else.
    #[track_caller]
    fn wrote(&self, pod: &str, container: &str, numbers: usize, then: &[&str]) {
        let texts: Vec<&str> = self.lines(pod, container).map(|(_, text)| text).collect();
        let wanted = (0..numbers).map(|n| n.to_string()).chain(then.iter().map(|text| (*text).to_owned()));
        let other = texts.iter().zip(wanted).position(|(text, wanted)| **text != wanted);
        let around = |at: usize| &texts[at.saturating_sub(3)..texts.len().min(at + 5)];
        assert!(other.is_none(), "{pod} {container}: {:?}; marks {:?}", other.map(around), self.marks().collect::<Vec<_>>());
        assert_eq!(texts.len(), numbers + then.len(), "{pod} {container}: it ends with {:?}", around(texts.len()));
    }

    /// The same of one that numbers its lines until it is to end.
    #[track_caller]
    fn wrote_all(&self, pod: &str) {
        let last = self.lines(pod, "app").next_back().map(|(_, text)| text);
        let count = last.and_then(|text| text.strip_prefix("last ")?.parse().ok());
        let count = count.unwrap_or_else(|| panic!("{pod} ends with {last:?}; marks {:?}", self.marks().collect::<Vec<_>>()));
        self.wrote(pod, "app", count, &[&format!("last {count}")]);
    }

    /// Nothing may be missing.
    #[track_caller]
    fn has_no_gap(&self) {
        let gaps: Vec<&str> = self.marks().filter(|mark| mark.contains("missing") || mark.contains("not to be had")).collect();
        assert!(gaps.is_empty(), "{gaps:?}");
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }
}

fn read(from: impl Read + Send + 'static, out: Sender<Came>, came: fn(String) -> Came) {
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if out.send(came(line)).is_err() {
                return;
            }
        }
    });
}

fn line(printed: String) -> Came {
    let object: Value = serde_json::from_str(&printed).unwrap_or_else(|why| panic!("{why}: {printed}"));
    let [pod, container, time, text] = ["pod", "container", "time", "message"].map(|key| object[key].as_str().expect("a text").to_owned());
    Came::Line { pod, container, time, text }
}

/// Runs a test where there is a real node.
fn on_node(test: fn(&Turn)) {
    let Some(clusters) = clusters() else { return };
    if let Some(_node) = clusters.node(CONTEXT) {
        test(&clusters);
    }
}

fn kubectl(clusters: &Turn, args: &[&str]) -> String {
    clusters.kubectl(&[&["--context", CONTEXT, "-n", "default"], args].concat())
}

/// The spec of a pod on the real node. The state of its container outlives a restart.
fn spec(script: &str, more: &str) -> String {
    let container = |name: &str, script: &str| {
        format!(
            "{{name: {name}, image: 'docker.io/local/busybox:1', imagePullPolicy: Never, command: [sh, -c, {script:?}], \
             volumeMounts: [{{name: state, mountPath: /state}}]}}"
        )
    };
    format!(
        "{{nodeSelector: {{kubernetes.io/hostname: real-{CONTEXT}}}, tolerations: [{{operator: Exists}}], terminationGracePeriodSeconds: 5, \
         volumes: [{{name: state, emptyDir: {{}}}}], containers: [{}]{more}}}",
        container("app", script)
    )
}

fn pod(clusters: &Turn, name: &str, script: &str) {
    let init = ", initContainers: [{name: first, image: 'docker.io/local/busybox:1', imagePullPolicy: Never, command: [seq, '0', '9']}]";
    let pod = format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: default}}\nspec: {}\n", spec(script, init));
    apply(clusters, CONTEXT, &pod);
}

/// Each run goes on where the one before ended, and writes no newline behind its last line.
#[test]
fn a_crash_loop_is_one_stream() {
    on_node(|clusters| {
        let mut following = Following::new(clusters.as_ref(), "pod/looping");
        let script = "n=$(cat /state/n 2>/dev/null || echo 0); end=$((n+500)); while [ $n -lt $end ]; do echo $n; n=$((n+1)); done; \
            sleep 0.5; echo $((n+1)) > /state/n; printf $n; exit 3";
        pod(clusters, "looping", script);
        following.until_told("ended: exit 3", 4);
        following.until("all is printed", |so_far| so_far.lines("looping", "app").next_back().is_some_and(|(_, text)| text == "2003"));
        following.wrote("looping", "first", 10, &[]);
        following.wrote("looping", "app", 4 * 501, &[]);
        following.has_no_gap();
        let told: Vec<&str> = following.marks().filter_map(|mark| mark.strip_prefix("--- looping app: ")).collect();
        let run = |n: usize| if n == 0 { "joined".to_owned() } else { format!("restarted ({n}), exit 3") };
        let wanted: Vec<String> = (0..4).flat_map(|n| [run(n), "ended: exit 3".to_owned()]).collect();
        assert_eq!(told, wanted);
    });
}

/// Pods come and go, and each is read from its first line to its last.
#[test]
fn a_rollout_is_one_stream() {
    on_node(|clusters| {
        let mut following = Following::new(clusters.as_ref(), "deploy/rolling");
        let deployment = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: rolling, namespace: default}}\nspec:\n  replicas: 6\n  \
             selector: {{matchLabels: {{app: rolling}}}}\n  template:\n    metadata: {{labels: {{app: rolling}}}}\n    spec: {}\n",
            spec(UNTIL_TOLD, "")
        );
        apply(clusters, CONTEXT, &deployment);
        following.until("six pods write", |so_far| so_far.pods().len() >= 6);
        kubectl(clusters, &["set", "env", "deployment/rolling", "RELEASE=2"]);
        following.until_told("pod deleted", 6);
        kubectl(clusters, &["delete", "deployment", "rolling", "--wait=false"]);
        following.until_told("pod deleted", 12);
        let pods = following.pods();
        assert_eq!(pods.len(), 12);
        pods.iter().for_each(|pod| following.wrote_all(pod));
        following.has_no_gap();
    });
}

/// Whoever waits for it to end, and whoever does not.
#[test]
fn a_deleted_pod_is_read_to_its_end() {
    on_node(|clusters| {
        let mut following = Following::new(clusters.as_ref(), "pod/parting");
        for (deleted, how) in [["--wait=false", "--grace-period=5"], ["--force", "--grace-period=0"]].iter().zip(1..) {
            pod(clusters, "parting", UNTIL_TOLD);
            following.until_told("parting app: joined", how);
            let before = following.came.len();
            following.until("it writes", |so_far| so_far.came.len() > before + 100);
            kubectl(clusters, &["delete", "pod", "parting", deleted[0], deleted[1]]);
            following.until_told("parting app: pod deleted", how);
            following.wrote_all("parting");
            following.has_no_gap();
            // The next one of its name is another one, and counts from 0.
            following.came.retain(|came| matches!(came, Came::Mark(_)));
        }
    });
}

/// The API server dies and comes back, and what was written meanwhile comes then.
#[test]
fn a_server_that_dies_costs_no_line() {
    on_node(|clusters| {
        let mut following = Following::new(clusters.as_ref(), "pod/steady");
        pod(clusters, "steady", UNTIL_TOLD);
        for _ in 0..3 {
            let before = following.came.len();
            following.until("it writes", |so_far| so_far.lines("steady", "app").count() > before + 100);
            clusters.kill(CONTEXT);
            clusters.start(CONTEXT);
        }
        let before = following.came.len();
        following.until("it writes again", |so_far| so_far.lines("steady", "app").count() > before + 100);
        kubectl(clusters, &["delete", "pod", "steady", "--wait=false"]);
        following.until_told("steady app: pod deleted", 1);
        following.wrote_all("steady");
        following.has_no_gap();
    });
}

/// As fast as few programs write: the kubelet begins a new file every ten mebibytes meanwhile, and may stay at the end of the old one, after which
/// lines may be missing for all that is known here. None is.
#[test]
fn twenty_thousand_lines_a_second_come_once_each() {
    const LINES: usize = 400_000;
    on_node(|clusters| {
        let mut following = Following::new(clusters.as_ref(), "pod/fast");
        let script =
            format!("n=0; while [ $n -lt {LINES} ]; do seq $n $((n+1999)); n=$((n+2000)); sleep 0.05; done; echo done; sleep 3600");
        pod(clusters, "fast", &script);
        following.until("done", |so_far| so_far.last(1).iter().any(|came| matches!(came, Came::Line { text, .. } if text == "done")));
        following.wrote("fast", "app", LINES, &["done"]);
        assert!(following.marks().filter(|mark| mark.contains("missing")).count() <= 2, "as often as files were begun");
        let time = |line: Option<(&str, &str)>| line.expect("lines").0.parse::<jiff::Timestamp>().expect("a time");
        let mut lines = following.lines("fast", "app");
        let (first, last) = (time(lines.next()), time(lines.next_back()));
        eprintln!("{LINES} lines in {:.1} s", last.duration_since(first).as_secs_f64());
    });
}
