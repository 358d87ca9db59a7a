//! What goes into containers and comes out of them over the older protocols, by servers before 1.30: the end of an input cannot be told, and a port is two
//! channels of a socket.

use crate::exec::run_on;
use crate::forward::Forward;
use crate::rig::fleet::shops;
use kconsole::demo::fault::Fault;
use kconsole::demo::fleet::Fleet;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::Duration;
use tempfile::TempDir;

/// Bytes that look like no text, and like no request.
fn bytes(count: u32) -> Vec<u8> {
    (0..count).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 | 0x80).collect()
}

fn older() -> Fleet {
    let fleet = shops();
    fleet.members().iter().for_each(|member| member.faults.order(Fault::OldStreams));
    fleet
}

/// Nothing else was spoken.
fn assert_older(fleet: &Fleet) {
    let spoken: Vec<String> = fleet.members().iter().flat_map(|member| member.faults.spoken()).collect();
    assert!(!spoken.is_empty() && spoken.iter().all(|protocol| protocol == "v4.channel.k8s.io"), "{spoken:?}");
}

#[test]
fn commands_and_copies_go_over_the_older_protocol() {
    let (fleet, here, input) = (older(), TempDir::new().unwrap(), bytes(1 << 18));
    let run = |subcommand, args: &[&str], input: &[u8]| run_on(fleet.kubeconfig(), subcommand, args, input);
    let script = "head -c 262144; echo wrong >&2; exit 3";
    let ran = run("exec", &["deploy/checkout", "--", "sh", "-c", script], &input);
    assert_eq!((ran.code, ran.err.as_str(), ran.out == input), (3, "wrong\n", true), "{} of {} bytes", ran.out.len(), input.len());
    let pod = String::from_utf8(run("exec", &["deploy/checkout", "--", "hostname"], b"").out).unwrap().trim().to_owned();
    let path = |name: &str| here.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir_all(path("tree/deep")).unwrap();
    fs::write(path("tree/deep/much"), &input).unwrap();
    fs::write(path("tree/one"), "1").unwrap();
    for (from, to) in [
        (path("tree"), format!("{pod}:/tmp/in")),
        (path("tree/one"), format!("{pod}:/tmp/two")),
        (format!("{pod}:/tmp/in"), path("out")),
        (format!("{pod}:/tmp/two"), path("two")),
    ] {
        let ran = run("cp", &[&from, &to], b"");
        assert_eq!((ran.code, ran.err.as_str(), ran.out.len()), (0, "", 0), "{from} {to}");
    }
    assert!(fs::read(path("out/deep/much")).unwrap() == input && fs::read(path("out/one")).unwrap() == b"1");
    assert_eq!(fs::read(path("two")).unwrap(), b"1");
    assert_older(&fleet);
}

#[test]
fn a_forward_goes_over_channels_which_cannot_tell_that_nothing_more_comes() {
    let (fleet, sent) = (older(), bytes(4 << 20));
    let forward = Forward::start_on(fleet.kubeconfig(), &["svc/checkout", "0:http"]);
    for _ in 0..8 {
        let page = forward.page();
        assert!(page.contains("port 8080, of the demo fleet.\nGET /here\n"), "{page}");
    }
    let mut near = forward.connect();
    let (mut far, wanted) = (near.try_clone().unwrap(), sent.clone());
    let typing = std::thread::spawn(move || far.write_all(&sent).and_then(|()| far.shutdown(Shutdown::Write)));
    let mut got = vec![0; wanted.len()];
    near.read_exact(&mut got).expect("all of it comes back");
    typing.join().unwrap().unwrap();
    assert!(got == wanted);
    // A tunnel would have told, and the echo ended.
    near.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let more = near.read(&mut [0]);
    assert!(more.as_ref().is_err_and(|why| matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)), "{more:?}");
    assert_older(&fleet);
}
