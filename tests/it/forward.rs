//! Ports of pods, reached from this machine: many connections, half-closed ones, pods that go, ports that are taken.

use crate::logs::demo::clock;
use crate::rig::SOON;
use crate::rig::demo::demo;
use crate::rig::fleet::shops;
use crate::rig::home::{Home, NO_PROGRAMS};
use crate::rig::person::Person;
use crate::rig::pty::signal;
use kconsole::demo::store::Key;
use kconsole::demo::write::Delete;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// `kconsole forward` while it runs.
pub(crate) struct Forward {
    child: Child,
    pub(crate) port: u16,
    home: Home,
}

fn command(home: &Home, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kconsole"));
    command
        .args(["forward", "-n", "shop", "--context", "staging"])
        .args(args)
        .env_clear()
        .env("PATH", NO_PROGRAMS)
        .env("KUBECONFIG", demo().kubeconfig());
    command.envs(home.variables().iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Forward {
    fn start(args: &[&str]) -> Self {
        Self::start_on(demo().kubeconfig(), args)
    }

    pub(crate) fn start_on(kubeconfig: &Path, args: &[&str]) -> Self {
        let home = Home::new();
        let mut child = command(&home, args).env("KUBECONFIG", kubeconfig).spawn().expect("it runs");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let port = line.strip_prefix("Forwarding from 127.0.0.1:").and_then(|rest| rest.split(' ').next()?.parse().ok());
        let port = port.unwrap_or_else(|| {
            let mut told = String::new();
            let _ = child.stderr.as_mut().unwrap().read_to_string(&mut told); // it has ended
            panic!("{line:?} {told}")
        });
        Self { child, port, home }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let near = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("it listens");
        near.set_read_timeout(Some(SOON)).unwrap();
        near
    }

    /// The page behind the port.
    pub(crate) fn page(&self) -> String {
        page(self.connect())
    }

    /// Ends it; what it said of trouble, and the records of its journal.
    fn end(mut self) -> (Option<i32>, String, Vec<Value>) {
        signal("TERM", self.child.id());
        let (mut told, status) = (String::new(), self.child.wait().unwrap());
        self.child.stderr.as_mut().unwrap().read_to_string(&mut told).unwrap();
        let journal = std::fs::read_to_string(self.home.path().join(".local/state/kconsole/journal.jsonl")).expect("a journal");
        (status.code(), told, journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }
}

fn page(mut near: TcpStream) -> String {
    near.write_all(b"GET /here HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    near.read_to_string(&mut text).unwrap();
    text
}

/// The pod that a page is from.
fn pod(page: &str) -> &str {
    page.split("This is pod ").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or_else(|| panic!("{page}"))
}

#[test]
fn many_connections_go_at_once_and_half_closed_ones_are_answered() {
    let forward = Forward::start(&["svc/checkout", "0:http", "--reason", "a look"]);
    let text = forward.page();
    assert!(text.contains("port 8080, of the demo fleet.\nGET /here\n") && pod(&text).starts_with("checkout-"), "{text}");
    let six = TcpStream::connect((Ipv6Addr::LOCALHOST, forward.port));
    assert!(six.is_ok() || TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err(), "{six:?}");
    drop(six);
    let open: Vec<TcpStream> = (0..32).map(|_| forward.connect()).collect();
    assert!(open.into_iter().all(|near| page(near).contains("GET /here")));
    // What is no request is echoed, for as long as it comes.
    let mut near = forward.connect();
    let sent: Vec<u8> = (0..4u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 | 0x80).collect();
    let mut far = near.try_clone().unwrap();
    let (wanted, typing) = (sent.clone(), std::thread::spawn(move || far.write_all(&sent).and_then(|()| far.shutdown(Shutdown::Write))));
    let mut got = Vec::new();
    near.read_to_end(&mut got).expect("the end of it comes");
    typing.join().unwrap().unwrap();
    assert!(got == wanted, "{} of {} bytes came back", got.len(), wanted.len());
    let (code, told, records) = forward.end();
    assert_eq!(code, Some(143), "{told}");
    let ends: Vec<_> = records.iter().map(|r| (r["record"].as_str().unwrap(), r["verb"].as_str().unwrap())).collect();
    assert_eq!(ends, [("intent", "forward"), ("outcome", "forward")]);
    let why = records[1]["why"].as_str().unwrap();
    assert!(why.starts_with("closed, 419") && why.contains(" bytes in, 42") && records[1]["reason"] == "a look", "{why}");
}

#[test]
fn only_this_machine_reaches_it() {
    let forward = Forward::start(&["deploy/checkout", "0:8080"]);
    // An address of this machine that is not the loopback's, which a datagram that is never sent tells; and another one of the loopback's network, which
    // Linux has whatever else it has. What listens on all addresses is reached by each that counts.
    let own = std::net::UdpSocket::bind("0.0.0.0:0").and_then(|s| s.connect("192.0.2.1:9").and_then(|()| s.local_addr()));
    let everywhere = TcpListener::bind("0.0.0.0:0").expect("a port");
    let reaches = |ip: IpAddr, port: u16| TcpStream::connect_timeout(&SocketAddr::new(ip, port), SOON).is_ok();
    let localhost = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let others = [IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2))].into_iter().chain(own.map(|address| address.ip()));
    let others = others.filter(|ip| *ip != localhost && reaches(*ip, everywhere.local_addr().unwrap().port()));
    let others: Vec<IpAddr> = others.collect();
    for other in &others {
        assert!(!reaches(*other, forward.port), "{other}");
    }
    assert!(!others.is_empty() || !cfg!(target_os = "linux"), "nothing was tried");
    assert!(reaches(localhost, forward.port));
}

#[test]
fn fl8_a_forward_goes_on_with_another_pod_within_2_s() {
    let fleet = shops();
    let forward = Forward::start_on(fleet.kubeconfig(), &["deploy/cart", "0:8080"]);
    let before = pod(&forward.page()).to_owned();
    fleet.members()[2].cluster.with(|sim| drop(sim.delete("pods", &Key::new("shop", &before), &Delete::default()).expect("it is there")));
    let gone = Instant::now();
    let after = loop {
        let after = pod(&forward.page()).to_owned();
        if after != before {
            break after;
        }
        assert!(gone.elapsed() < Duration::from_secs(2), "still {before}");
    };
    assert!(after.starts_with("cart-"), "{after}");
}

/// A server that can be frozen: it keeps its sockets and says nothing.
struct Frozen(Child);

impl Drop for Frozen {
    fn drop(&mut self) {
        signal("CONT", self.0.id());
        signal("TERM", self.0.id());
        let _ = self.0.wait(); // how it ends does not matter here
    }
}

#[test]
fn fl8_a_server_that_says_nothing_ends_what_is_open_within_15_s_and_the_forward_goes_on_unasked() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_kconsole"));
    server.args(["demo-server", "--clusters", "3"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = Frozen(server.spawn().expect("it runs"));
    let mut kubeconfig = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut kubeconfig).unwrap();
    let forward = Forward::start_on(Path::new(kubeconfig.trim_end()), &["svc/checkout", "0:http"]);
    assert!(forward.page().contains("GET /here"));
    // What is no request is echoed.
    let mut held = forward.connect();
    held.write_all(&[0x80]).unwrap();
    held.read_exact(&mut [0]).unwrap();
    signal("STOP", server.0.id());
    let frozen = Instant::now();
    let ended = held.read(&mut [0]);
    assert!(matches!(ended, Ok(0) | Err(_)) && frozen.elapsed() < Duration::from_secs(15), "{ended:?} after {:?}", frozen.elapsed());
    signal("CONT", server.0.id());
    // A connection that comes meanwhile waits for a way.
    let back = Instant::now();
    assert!(forward.page().contains("GET /here") && back.elapsed() < Duration::from_secs(15), "{:?}", back.elapsed());
    let (_, told, _) = forward.end();
    assert!(told.contains("nothing was heard of it for 10 s"), "{told}");
}

#[test]
fn fl8_a_port_that_is_taken_is_refused_with_who_has_it() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    for (args, code, told) in [
        (["deploy/checkout", &format!("{port}:8080")], 1, format!("port {port} is taken")),
        (["deploy/checkout", "0:grpc"], 1, "it has no port called grpc; there are http (8080)".to_owned()),
        (["deploy/nobody", "0:80"], 1, "not found".to_owned()),
        (["nonsense/x", "0:80"], 2, "there is no kind called nonsense".to_owned()),
    ] {
        let out = command(&Home::new(), &args).output().expect("it runs");
        let err = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.code() == Some(code) && err.contains(&told) && out.stdout.is_empty(), "{args:?}: {:?} {err}", out.status);
        if args[1].starts_with(&port.to_string()) && Path::new("/proc/net/tcp").exists() {
            assert!(err.contains(&format!("({})", std::process::id())), "{err}");
        }
    }
}

#[test]
fn readonly_opens_no_forward() {
    let out = command(&Home::new(), &["deploy/checkout", "0:8080", "--readonly"]).output().expect("it runs");
    let err = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.code() == Some(1) && err.contains("kconsole was started with --readonly"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forward_is_kept_by_name_opened_again_on_a_key_and_forgotten() {
    let mut person = Person::start_in_shop("pods", &[("pods", clock("ticks"))]).await;
    person.press("/").text("ticks").press("enter");
    let runs = |p: &Person| p.screen().lines().any(|l| l.contains("ticks") && l.contains("Running"));
    person.until("it runs", runs).await;
    person
        .act("forward 0:8080")
        .sees("not tried beforehand")
        .await
        .settles()
        .await
        .press("enter enter enter")
        .sees("leads to 8080 of here/ticks")
        .await;
    person.act("forwards").sees("Forwards ─ 1").await.act("forget-forward").sees("is not kept for later runs").await;
    person.act("keep-forward clock").sees("kept as clock for later runs").await;
    let kept = person.kept_forwards();
    for part in ["clock:", "namespace: here", "object: pods/ticks", "port: '8080'", "local: "] {
        assert!(kept.contains(part), "{part}: {kept}");
    }
    // It is listed once, open or not.
    let lines = |p: &Person| p.screen().lines().filter(|l| l.contains("clock")).count();
    person.press("s").settles().await.until("not open", |p| p.screen().contains("not open") && lines(p) == 1).await;
    person.press("j enter").sees("Forward a port to").await.sees("not tried beforehand").await.settles().await;
    let before = person.journal().lines().count();
    person.press("enter enter enter").until("open again", |p| p.screen().contains("Forwards ─ 1") && lines(p) == 1).await;
    assert_eq!(person.journal().lines().count(), before + 1, "it is written down as any other");
    person.press("x").sees("clock is not kept any more").await;
    assert!(!person.kept_forwards().contains("clock"), "{}", person.kept_forwards());
    person.hangs_up().await;
    person.act("forwards").sees("no forward is open").await;
}

/// Who listens on a port of this machine alone, by the number that the system has for the socket.
fn listener(port: u16) -> Option<String> {
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let mut lines = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines.find(|fields| fields[1] == format!("0100007F:{port:04X}") && fields[3] == "0A").map(|fields| fields[9].to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_closed_takes_its_forwards_with_it_and_no_other() {
    let mut person = Person::start_in_two_shops("services").await;
    person.press("/").text("checkout").press("enter");
    for (digit, open) in [("1", 1), ("2", 2)] {
        let is_alone = |p: &Person| p.screen().contains("─ 1 ─ /checkout") && p.screen().contains(" checkout ");
        person.press(digit).until("its service", is_alone).await;
        person.act("forward 0:http").sees("not tried beforehand").await.settles().await;
        let is_open = |p: &Person| p.ports().len() == open && !p.ports().contains(&0);
        person.press("enter enter enter").until("it is open", is_open).await;
    }
    let [first, second] = person.ports()[..] else { panic!("{}", person.screen()) };
    let listening = listener(first).expect("it listens");
    person.press("C").sees("Clusters ─").await.press("g space");
    person.until("one is left", |p| p.ports() == [second]).await;
    person.sees("the cluster was closed").await;
    // Whoever listened there has ended by now, or does; the port may be somebody else's already.
    person.until("nobody listens", |_| listener(first).is_none_or(|now| now != listening)).await;
    person.settles().await;
    let records: Vec<Value> = person.journal().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<[&str; 3]> =
        records.iter().map(|r| ["record", "verb", "why"].map(|field| r[field].as_str().unwrap_or_default())).collect();
    assert!(
        told.len() == 3 && told[2][..2] == ["outcome", "forward"] && told[2][2].starts_with("broken off: the cluster was closed, "),
        "{told:?}"
    );
    let near = TcpStream::connect((Ipv4Addr::LOCALHOST, second)).expect("the other one goes on");
    let page = tokio::task::spawn_blocking(move || page(near)).await.unwrap();
    assert!(pod(&page).starts_with("checkout-"), "{page}");
}
