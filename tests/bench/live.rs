//! One table of many pods, lived with: how soon it is there, what it weighs, how fast it follows the cluster and the keys, and what
//! it costs while nothing happens.

use crate::process::{cpu, pss, rss};
use crate::rig::home::Home;
use crate::rig::pty::Pty;
use crate::server::{POD, Server};
use std::fmt::Write;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

const SIZE: (u16, u16) = (200, 50);
const LIMIT: Duration = Duration::from_secs(120);
const NEW_PODS: usize = 30;
const PRESSES: usize = 200;
const IDLE: Duration = Duration::from_secs(20);

/// A program that is measured: how to call it, and whether the promises are its own.
struct Candidate {
    name: String,
    program: String,
    args: Vec<String>,
    ours: bool,
}

/// A figure beside its target; none where it could not be measured.
pub struct Line {
    what: String,
    figure: Option<f64>,
    unit: &'static str,
    target: Option<f64>,
}

/// Measures kconsole, or another program, with this many pods.
pub fn run(pods: usize, other: Option<&str>) {
    let home = Home::new();
    let begin = Instant::now();
    let server = Server::with_pods(&home.path().join("cluster"), pods);
    println!("{pods} pods of {POD} bytes were there after {:.1} s", begin.elapsed().as_secs_f64());
    let mut reads: Vec<_> = (0..3).map(|_| server.read()).collect();
    reads.sort_by_key(|r| r.whole);
    let bare = &reads[1];
    let (first, whole) = (bare.first.as_secs_f64(), bare.whole.as_secs_f64());
    println!(
        "bare read of the streaming list: first bytes {first:.3} s, whole {whole:.2} s, {:.1} MB, {} bytes a pod",
        bare.bytes as f64 / 1e6,
        bare.bytes / pods
    );
    let mut candidates = vec![kconsole()];
    candidates.extend(other.map(another));
    for candidate in &candidates {
        let mut lines = with_pods(candidate, &server, pods, whole);
        if candidate.ours {
            lines.extend(at_rest(&server));
        }
        print(&candidate.name, &lines);
    }
}

fn kconsole() -> Candidate {
    let args = ["pods", "--context", "alpha", "-A"].map(str::to_owned).to_vec();
    Candidate { name: "kconsole".into(), program: env!("CARGO_BIN_EXE_kconsole").into(), args, ours: true }
}

fn another(command: &str) -> Candidate {
    let mut words = command.split_whitespace().map(str::to_owned);
    let program = words.next().expect("a command");
    Candidate { name: command.into(), program, args: words.collect(), ours: false }
}

fn start(candidate: &Candidate, kubeconfig: &Path) -> Pty {
    let home = Home::new().with("KUBECONFIG", kubeconfig.to_str().expect("our paths are UTF-8"));
    let args: Vec<&str> = candidate.args.iter().map(String::as_str).collect();
    Pty::start(&candidate.program, &args, SIZE, home)
}

/// One session from start to idling.
fn with_pods(candidate: &Candidate, server: &Server, pods: usize, bare: f64) -> Vec<Line> {
    let mut pty = start(candidate, &server.kubeconfig());
    let since = |at: Option<Instant>| at.map(|at| (at - pty.started()).as_secs_f64());
    let frame = since(pty.wait_until(LIMIT, |s| !s.contents().trim().is_empty()));
    let rows = since(pty.wait_until(LIMIT, |s| s.contents().contains("web-")));
    let counts = [grouped(pods), pods.to_string()];
    let whole = since(pty.wait_until(LIMIT, |s| counts.iter().any(|c| s.contents().contains(c))));
    if whole.is_none() {
        eprintln!("{}: {} is not on the screen; exit {:?}:\n{}", candidate.name, counts[0], pty.exit(), pty.screen());
    }
    let big = pods > 20_000;
    let mut lines = vec![
        line("first frame", frame.map(|s| s * 1e3), "ms", Some(50.0)),
        line("first rows", rows, "s", Some(0.15)),
        line("whole list", whole, "s", Some(bare * 1.2)),
        line("whole list / bare read", whole.map(|s| s / bare), "", Some(1.2)),
    ];
    std::thread::sleep(Duration::from_secs(5)); // the moment at which memory is looked at, after the allocator has settled
    lines.push(line("resident, 5 s after", rss(pty.pid()), "MiB", Some(if big { 75.0 } else { 45.0 })));
    lines.push(line("proportional (PSS)", pss(pty.pid()), "MiB", None));
    lines.extend(new_pods(&mut pty, server, &candidate.program));
    lines.extend(keys(&mut pty));
    lines.extend(idle(&pty));
    lines.push(line("processor in all", cpu(pty.pid()), "s", None));
    lines
}

/// From sending a new pod to its name on the screen. Names rise, and the cursor stays on the first: all land on the visible page.
fn new_pods(pty: &mut Pty, server: &Server, program: &str) -> Vec<Line> {
    let tag = format!("aaa-{}", program.bytes().map(u32::from).sum::<u32>());
    let mut taken = Vec::new();
    for i in 0..=NEW_PODS {
        let name = format!("{tag}-{i:03}");
        let sent = server.create(&name);
        let seen = pty.wait_until(Duration::from_secs(15), |s| s.contents().contains(&name));
        match seen {
            Some(at) if i > 0 => taken.push(at.saturating_duration_since(sent).as_secs_f64() * 1e3),
            _ if i == 0 => {
                pty.send("g"); // the first is not measured: it is what the cursor is put on
            }
            _ => {}
        }
        pty.wait_quiet(Duration::from_millis(150), Duration::from_secs(2));
    }
    let (median, _, max) = spread(taken);
    vec![line("new pod on screen, median", median, "ms", Some(25.0)), line("new pod on screen, worst of 30", max, "ms", Some(60.0))]
}

/// From a key to the first byte that answers it.
fn keys(pty: &mut Pty) -> Vec<Line> {
    let mut taken = Vec::new();
    for _ in 0..PRESSES {
        pty.wait_quiet(Duration::from_millis(20), Duration::from_secs(1));
        let before = pty.raw_len();
        let sent = Instant::now();
        pty.send("j");
        taken.extend(pty.wait_more(before, Duration::from_secs(2)).map(|at| at.saturating_duration_since(sent).as_secs_f64() * 1e3));
    }
    let (median, p99, _) = spread(taken);
    vec![line("key to output, median", median, "ms", Some(2.0)), line("key to output, p99", p99, "ms", Some(8.0))]
}

fn idle(pty: &Pty) -> Vec<Line> {
    let (bytes, busy) = (pty.raw_len(), cpu(pty.pid()));
    std::thread::sleep(IDLE); // nothing happens: that is what is measured
    let share = cpu(pty.pid()).zip(busy).map(|(after, before)| (after - before) / IDLE.as_secs_f64() * 100.0);
    let written = (pty.raw_len() - bytes) as f64 / IDLE.as_secs_f64();
    vec![line("processor while idle", share, "% of a core", Some(0.3)), line("written while idle", Some(written), "bytes/s", None)]
}

/// What needs no pods: the size of the binary, and twenty contexts of which ten are dead.
fn at_rest(server: &Server) -> Vec<Line> {
    let binary = std::fs::metadata(env!("CARGO_BIN_EXE_kconsole")).ok().map(|m| m.len() as f64 / 1024.0 / 1024.0);
    let silent = TcpListener::bind("127.0.0.1:0").expect("loopback has a port"); // takes connections and says nothing
    let home = Home::new();
    let live = std::fs::read_to_string(server.kubeconfig()).expect("the kubeconfig is ours");
    let kubeconfig = home.write("kubeconfig", &fleet(&live, silent.local_addr().expect("it is bound").port()));
    let args = ["pods", "--all-contexts", "-A"].map(str::to_owned).to_vec();
    let fleet = Candidate { args, ..kconsole() };
    let taken = (0..5).filter_map(|_| {
        let pty = start(&fleet, &kubeconfig);
        let at = pty.wait_until(LIMIT, |s| !s.contents().trim().is_empty())?;
        Some((at - pty.started()).as_secs_f64() * 1e3)
    });
    let (median, _, _) = spread(taken.collect());
    vec![line("release binary", binary, "MiB", Some(15.0)), line("first frame, 20 contexts, 10 dead", median, "ms", Some(50.0))]
}

/// Ten contexts that work, five that refuse and five that never answer.
fn fleet(live: &str, silent: u16) -> String {
    let value = |key: &str| {
        live.split(key).nth(1).and_then(|rest| rest.split(['}', ',', '\'']).find(|s| !s.trim().is_empty())).unwrap_or_default().trim()
    };
    let (url, ca) = (format!("https:{}", value("https:")), value("certificate-authority:"));
    let mut file =
        String::from("apiVersion: v1\nkind: Config\ncurrent-context: c-0\nusers: [{name: admin, user: {token: admin-token}}]\nclusters:\n");
    for i in 0..20 {
        let server = match i {
            0..10 => url.clone(),
            10..15 => "https://127.0.0.1:1".into(),
            _ => format!("https://127.0.0.1:{silent}"),
        };
        writeln!(file, "- {{name: c-{i}, cluster: {{server: '{server}', certificate-authority: '{ca}'}}}}").expect("a string takes text");
    }
    file.push_str("contexts:\n");
    for i in 0..20 {
        writeln!(file, "- {{name: c-{i}, context: {{cluster: c-{i}, user: admin}}}}").expect("a string takes text");
    }
    file
}

/// Median, 99th of a hundred, and the worst.
pub fn spread(mut all: Vec<f64>) -> (Option<f64>, Option<f64>, Option<f64>) {
    all.sort_by(f64::total_cmp);
    let at = |share: usize| all.get((all.len() * share / 100).min(all.len().saturating_sub(1))).copied();
    (at(50), at(99), all.last().copied())
}

/// A number as the title of a table shows it.
fn grouped(n: usize) -> String {
    if n < 1000 { n.to_string() } else { format!("{},{:03}", grouped(n / 1000), n % 1000) }
}

pub fn line(what: &str, figure: Option<f64>, unit: &'static str, target: Option<f64>) -> Line {
    Line { what: what.to_owned(), figure, unit, target }
}

pub fn print(name: &str, lines: &[Line]) {
    println!("\n{name}\n{:<36} {:>10} {:>10}  unit", "", "measured", "target");
    for Line { what, figure, unit, target } in lines {
        let number = |n: &Option<f64>| n.map_or("-".to_owned(), |n| format!("{n:.2}"));
        // A rate is to be reached, all else stayed below.
        let is_rate = unit.ends_with("/s");
        let missed = figure.zip(*target).is_some_and(|(f, t)| if is_rate { f < t } else { f > t }) || figure.is_none();
        println!("{what:<36} {:>10} {:>10}  {unit}{}", number(figure), number(target), if missed { "  missed" } else { "" });
    }
}
