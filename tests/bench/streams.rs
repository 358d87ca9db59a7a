//! Into a container and to its port on a real kubelet, beside kubectl in the same run: how much goes through, how soon a key is echoed, and what many
//! forwards weigh.

use crate::process::rss;
use crate::rig::cluster::{Turn, clusters, has_kubectl};
use crate::rig::home::Home;
use crate::rig::pty::Pty;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const CONTEXT: &str = "gamma";
const POD: &str = "streams";
const LIMIT: Duration = Duration::from_secs(120);
/// So often each is measured, by turns: a machine that has other things to do has them for both.
const TURNS: usize = 9;
const PRESSES: usize = 200;
const FORWARDS: usize = 64;

/// A client, and how it is called.
struct Client {
    name: &'static str,
    program: &'static str,
    /// Words before the command that is run.
    exec: &'static [&'static str],
    forward: &'static [&'static str],
    terminal: &'static [&'static str],
}

const CLIENTS: [Client; 2] = [
    Client {
        name: "kconsole",
        program: env!("CARGO_BIN_EXE_kconsole"),
        exec: &["exec", "--context", CONTEXT, "-n", "default", POD, "--"],
        forward: &["forward", "--context", CONTEXT, "-n", "default", POD],
        terminal: &["exec", "--context", CONTEXT, "-n", "default", POD, "--", "sh"],
    },
    Client {
        name: "kubectl",
        program: "kubectl",
        exec: &["exec", "--context", CONTEXT, "-n", "default", "-i", POD, "--"],
        forward: &["port-forward", "--context", CONTEXT, "-n", "default", POD],
        terminal: &["exec", "--context", CONTEXT, "-n", "default", "-it", POD, "--", "sh"],
    },
];

/// A pod that serves a file of so many megabytes.
fn pod(megabytes: usize) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {POD}, namespace: default}}\nspec:\n  nodeName: real-{CONTEXT}\n  \
        terminationGracePeriodSeconds: 1\n  containers:\n    - {{name: app, image: 'docker.io/local/busybox:1', imagePullPolicy: Never,\n       \
        ports: [{{name: http, containerPort: 8080}}],\n       command: [sh, -c, 'mkdir /www; head -c {megabytes}m /dev/zero >/www/file; \
        exec httpd -f -p 8080 -h /www']}}\n"
    )
}

/// Measures all of it, with so many megabytes at a time.
pub fn run(megabytes: usize) {
    let Some(clusters) = clusters().filter(|_| has_kubectl()) else { return };
    let Some(_node) = clusters.node(CONTEXT) else { return };
    let home = Home::new();
    let file = home.write("pod.yaml", &pod(megabytes));
    clusters.kubectl(&["--context", CONTEXT, "apply", "--validate=false", "-f", file.to_str().expect("our paths are UTF-8")]);
    clusters.kubectl(&["--context", CONTEXT, "-n", "default", "wait", "--for=condition=Ready", "pod", POD, "--timeout=60s"]);
    let zeros = home.write("zeros", &"\0".repeat(megabytes << 20));
    println!(
        "{megabytes} MB at a time, the middle of {TURNS} (and the best), in MB/s; echo: the middle of {PRESSES} keys and the worst of a hundred; \
        memory: {FORWARDS} forwards, each used"
    );
    let mut seconds: [[Vec<f64>; 3]; 2] = Default::default();
    for _ in 0..TURNS {
        for (client, [out, through, download]) in CLIENTS.iter().zip(&mut seconds) {
            let head = format!("head -c {megabytes}m /dev/zero");
            out.push(exec(&clusters, client, &["sh", "-c", &head], Stdio::null(), megabytes));
            let input = File::open(&zeros).expect("it was written");
            through.push(exec(&clusters, client, &["cat"], input.into(), megabytes));
            download.push(downloaded(&clusters, client, megabytes));
        }
    }
    for (client, seconds) in CLIENTS.iter().zip(seconds) {
        let [out, through, download] = seconds.map(|mut of| {
            of.sort_by(f64::total_cmp);
            let rate = |seconds: f64| megabytes as f64 / seconds;
            format!("{:5.1} ({:5.1})", rate(of[TURNS / 2]), rate(of[0]))
        });
        let (middle, worst) = echo(&clusters, client);
        println!(
            "{:9} exec out {out}, in and out {through}, forward {download}, echo {middle:5.2} ms ({worst:5.2}), memory {:5.1} MiB more",
            client.name,
            weight(&clusters, client),
        );
    }
    println!("aims: each rate at least kubectl's, the echo within 3 ms of it, 10 MiB");
}

/// A client with its own home; kubectl keeps what it learnt of a server there.
fn command(clusters: &Turn, client: &Client, args: &[&[&str]]) -> (Home, Command) {
    let home = Home::new();
    let mut command = Command::new(client.program);
    command.args(args.concat()).env_clear().env("PATH", std::env::var("PATH").unwrap_or_default());
    command.envs(home.variables().iter().map(|(name, value)| (name, value))).env("KUBECONFIG", clusters.kubeconfig());
    (home, command)
}

/// Seconds until a command in the container has ended whose output has this size.
fn exec(clusters: &Turn, client: &Client, words: &[&str], input: Stdio, megabytes: usize) -> f64 {
    let (_home, mut command) = command(clusters, client, &[client.exec, words]);
    let began = Instant::now();
    let mut child = command.stdin(input).stdout(Stdio::piped()).spawn().expect("it runs");
    let read = discard(child.stdout.as_mut().expect("piped"));
    assert!(child.wait().expect("it ends").success() && read == megabytes << 20, "{}: {words:?}: {read} bytes", client.name);
    began.elapsed().as_secs_f64()
}

/// Reads to the end; how many bytes that were.
fn discard(from: &mut impl Read) -> usize {
    let (mut buffer, mut all) = (vec![0; 1 << 20], 0);
    loop {
        match from.read(&mut buffer).expect("it can be read") {
            0 => return all,
            n => all += n,
        }
    }
}

/// A forward that runs, and its ports here.
struct Forward {
    child: Child,
    /// Kept open: whoever writes into a closed one ends.
    _out: BufReader<ChildStdout>,
    ports: Vec<u16>,
    _home: Home,
}

impl Forward {
    fn start(clusters: &Turn, client: &Client, count: usize) -> Self {
        let (home, mut command) =
            command(clusters, client, &[client.forward, &vec![if client.name == "kubectl" { ":8080" } else { "0:8080" }; count]]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let mut ports = Vec::new();
        while ports.len() < count {
            let mut line = String::new();
            assert!(out.read_line(&mut line).expect("it tells") > 0, "{} has ended", client.name);
            ports.extend(line.strip_prefix("Forwarding from 127.0.0.1:").and_then(|rest| rest.split(' ').next()?.parse::<u16>().ok()));
        }
        Self { child, _out: out, ports, _home: home }
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }
}

/// Asks for a file behind a port.
fn ask(port: u16, file: &str) -> TcpStream {
    let mut near = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    near.write_all(format!("GET /{file} HTTP/1.0\r\n\r\n").as_bytes()).expect("it takes a request");
    near
}

/// Seconds that the file takes through a forward.
fn downloaded(clusters: &Turn, client: &Client, megabytes: usize) -> f64 {
    let forward = Forward::start(clusters, client, 1);
    let began = Instant::now();
    let read = discard(&mut ask(forward.ports[0], "file"));
    assert!(read > megabytes << 20, "{}: {read} bytes", client.name);
    began.elapsed().as_secs_f64()
}

/// Milliseconds until a key comes back: the middle, and what one of a hundred takes.
fn echo(clusters: &Turn, client: &Client) -> (f64, f64) {
    let home = Home::new().with("KUBECONFIG", clusters.kubeconfig().to_str().expect("our paths are UTF-8"));
    let mut pty = Pty::start(client.program, client.terminal, (80, 24), home);
    pty.wait_for("prompt", LIMIT, |s| s.contents().trim_end().ends_with('#'));
    let mut all: Vec<f64> = (0..PRESSES)
        .map(|_| {
            // Whatever the last key brought is there.
            pty.wait_quiet(Duration::from_millis(20), LIMIT);
            let before = pty.raw_len();
            let pressed = Instant::now();
            pty.send("x");
            let at = pty.wait_more(before, LIMIT).expect("an echo");
            at.duration_since(pressed).as_secs_f64() * 1e3
        })
        .collect();
    all.sort_by(f64::total_cmp);
    (all[PRESSES / 2], all[PRESSES * 99 / 100])
}

/// MiB that many forwards weigh more than one does, each with a connection.
fn weight(clusters: &Turn, client: &Client) -> f64 {
    let weighed = |count| {
        let forward = Forward::start(clusters, client, count);
        for port in &forward.ports {
            discard(&mut ask(*port, "nothing"));
        }
        rss(forward.child.id()).expect("it runs")
    };
    weighed(FORWARDS) - weighed(1)
}
