//! Connections that break, in whatever way and wherever.

use super::{Rig, in_time, ms, s};
use crate::rig::kubelet::Cut;
use kconsole::model::log::From;
use proptest::prelude::*;

/// So many bytes until each of the next streams breaks off, in one way or the other.
fn cuts() -> impl Strategy<Value = Vec<(usize, Cut)>> {
    prop::collection::vec((0usize..3_000, prop_oneof![Just(Cut::Broken), Just(Cut::Clean)]), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// FL5: two writers, whose streams break off at any byte, in the middle of a line and of a second with many lines too.
    #[test]
    fn fl5_cut_anywhere_nothing_is_lost_or_doubled(cuts in cuts(), pauses in prop::collection::vec(0u64..700, 1..8)) {
        in_time(async {
            let mut rig = Rig::new();
            let uid = rig.kubelet.pod("web", &["app", "side"]);
            rig.kubelet.cut(cuts);
            rig.follow("web", uid, From::Start);
            for n in 0..150 {
                for container in ["app", "side"] {
                    rig.kubelet.write("web", container, n.to_string());
                }
                rig.run(ms(pauses[n % pauses.len()])).await;
            }
            rig.run(s(60)).await;
            rig.all_came("web", "app", 150);
            rig.all_came("web", "side", 150);
            rig.in_order();
        });
    }
}

/// FL5: the connection to the cluster goes every three seconds, for one second.
#[tokio::test(start_paused = true)]
async fn fl5_the_connection_is_lost_every_three_seconds() {
    let mut rig = Rig::new();
    let uid = rig.kubelet.pod("web", &["app"]);
    rig.follow("web", uid, From::Start);
    for n in 0..1200 {
        match n % 80 {
            60 => rig.disconnect(),
            0 if n > 0 => rig.connect(),
            _ => {}
        }
        rig.kubelet.write("web", "app", n.to_string());
        rig.run(ms(50)).await;
    }
    rig.connect();
    rig.run(s(3)).await;
    rig.all_came("web", "app", 1200);
    assert_eq!(rig.marks("web"), ["joined"]);
}

/// FL5: the pod cannot be asked for, and its log is read on all the same.
#[tokio::test(start_paused = true)]
async fn fl5_a_pod_that_cannot_be_asked_for_holds_up_no_stream() {
    for code in [429, 500] {
        let mut rig = Rig::new();
        let uid = rig.kubelet.pod("web", &["app"]);
        rig.follow("web", uid, From::Start);
        rig.run(s(1)).await;
        rig.kubelet.with().hides = Some(code);
        rig.look("web");
        rig.run(s(1)).await;
        for n in 0..20 {
            rig.kubelet.write("web", "app", n.to_string());
        }
        rig.run(s(1)).await;
        rig.all_came("web", "app", 20);
        // A connection that is lost is heard of too.
        rig.disconnect();
        rig.kubelet.with().hides = None;
        rig.kubelet.write("web", "app", "20");
        rig.connect();
        rig.run(s(3)).await;
        rig.all_came("web", "app", 21);
        assert_eq!(rig.marks("web"), ["joined"]);
    }
}

/// A pod that has written so many lines, and whose stream stands still behind them.
async fn stands_still(lines: usize) -> Rig {
    let mut rig = Rig::new();
    let uid = rig.kubelet.pod("web", &["app"]);
    let bytes = |n: usize| "2026-11-27T16:00:00.000000000Z ".len() + n.to_string().len() + 1;
    rig.kubelet.cut([((0..lines).map(bytes).sum(), Cut::Still)]);
    rig.follow("web", uid, From::Start);
    (0..lines).for_each(|n| rig.kubelet.write("web", "app", n.to_string()));
    rig.run(ms(500)).await;
    rig
}

/// FL5: a kubelet that is still reading a file when it is rotated stays at its end until the next one comes.
#[tokio::test(start_paused = true)]
async fn fl5_a_stream_that_stands_still_where_the_log_was_rotated() {
    const LINES: usize = 40_000;
    for (is_rotated, marks) in [(false, &["joined"][..]), (true, &["joined", "the log was rotated meanwhile: lines may be missing here"])] {
        let mut rig = stands_still(LINES).await;
        if is_rotated {
            rig.kubelet.rotate("web", "app");
        }
        (LINES..LINES + 100).for_each(|n| rig.kubelet.write("web", "app", n.to_string()));
        rig.run(s(60)).await;
        rig.all_came("web", "app", LINES + 100);
        assert_eq!(rig.marks("web"), marks);
        let asked = asked_for_logs(&rig);
        assert!(asked <= 3, "it is asked for {asked} times, though there is nothing more");
    }
}

fn asked_for_logs(rig: &Rig) -> usize {
    rig.kubelet.with().requests.iter().filter(|request| request.contains("/log?")).count()
}

/// FL5: who writes much at a time and then nothing for a while is not taken for one that stands still, again and again.
#[tokio::test(start_paused = true)]
async fn fl5_what_comes_in_bursts_is_not_opened_again_for_ever() {
    let mut rig = Rig::new();
    let uid = rig.kubelet.pod("web", &["app"]);
    rig.follow("web", uid, From::Start);
    for burst in 0..20 {
        (0..10_000).for_each(|n| rig.kubelet.write("web", "app", (burst * 10_000 + n).to_string()));
        rig.run(s(5)).await;
    }
    rig.all_came("web", "app", 200_000);
    assert_eq!(rig.marks("web"), ["joined"]);
    let asked = asked_for_logs(&rig);
    assert!(asked <= 4, "it is asked for {asked} times");
}

/// FL5: a stream that lingers when its container has ended was read to its end all the same.
#[tokio::test(start_paused = true)]
async fn fl5_a_deleted_pod_whose_stream_lingers() {
    let mut rig = stands_still(10_000).await;
    rig.kubelet.delete("web");
    rig.run(s(10)).await;
    rig.all_came("web", "app", 10_000);
    assert_eq!(rig.marks("web"), ["joined", "pod deleted"]);
}

/// FL5: lines of one and the same time are told apart by their number alone.
#[tokio::test(start_paused = true)]
async fn fl5_equal_times() {
    let mut rig = Rig::new();
    let uid = rig.kubelet.pod("web", &["app"]);
    rig.kubelet.cut([(90, Cut::Broken), (133, Cut::Clean), (400, Cut::Broken)]);
    rig.follow("web", uid, From::Start);
    rig.run(ms(100)).await;
    let at = rig.kubelet.with().now();
    (0..40).for_each(|_| rig.kubelet.write_at("web", "app", at, "same"));
    rig.run(s(60)).await;
    assert_eq!(rig.written("web", "app").len(), 40);
}

/// FL5: what was rotated away while nobody was connected is gone, and that is said where it is.
#[tokio::test(start_paused = true)]
async fn fl5_a_rotated_log_has_a_gap_that_is_told() {
    let mut rig = Rig::new();
    let uid = rig.kubelet.pod("web", &["app"]);
    rig.follow("web", uid, From::Last(10));
    rig.kubelet.write("web", "app", "before");
    rig.run(s(10)).await;
    rig.disconnect();
    rig.kubelet.write("web", "app", "lost");
    rig.kubelet.rotate("web", "app");
    rig.run(s(10)).await;
    rig.kubelet.write("web", "app", "after");
    rig.connect();
    // It could be the log of another container, of which the pod does not tell yet.
    rig.run(s(3)).await;
    assert_eq!(rig.written("web", "app"), ["before", "after"]);
    assert_eq!(rig.marks("web"), ["the log was rotated meanwhile: lines may be missing here"]);
}

/// FL1: a screen that takes nothing for five seconds holds the writer up, and misses nothing.
#[tokio::test(start_paused = true)]
async fn fl1_a_screen_that_stands_still_holds_the_server_up() {
    let mut rig = Rig::new();
    let uid = rig.kubelet.pod("web", &["app"]);
    rig.follow("web", uid, From::Start);
    rig.run(s(1)).await;
    let pad = "x".repeat(1000);
    (0..30_000).for_each(|n| rig.kubelet.write("web", "app", format!("{n} {pad}")));
    tokio::time::sleep(s(5)).await;
    let sent = rig.kubelet.with().sent;
    assert!(sent < 12 << 20, "{sent} bytes were taken in while nobody looked");
    rig.run(s(5)).await;
    let came: Vec<usize> = rig.written("web", "app").iter().map(|l| l.split_once(' ').unwrap().0.parse().unwrap()).collect();
    assert_eq!(came, (0..30_000).collect::<Vec<_>>());
    assert_eq!(rig.ring.gone(), 0);
}

/// FL2: a line of a mebibyte is kept whole, of a longer one its end is cut and counted, and the next line is there.
#[tokio::test(start_paused = true)]
async fn fl2_long_lines() {
    let mut rig = Rig::new();
    let uid = rig.kubelet.pod("web", &["app"]);
    rig.kubelet.cut([(700_000, Cut::Broken)]);
    rig.follow("web", uid, From::Start);
    rig.kubelet.write("web", "app", "y".repeat(1 << 20));
    rig.kubelet.write("web", "app", "z".repeat(100 << 20));
    rig.kubelet.write("web", "app", "next");
    rig.run(s(20)).await;
    let lengths: Vec<usize> = rig.written("web", "app").iter().map(|l| l.len()).collect();
    assert_eq!(lengths, [1 << 20, 1 << 20, 4]);
    assert_eq!(rig.cut, 99 << 20);
}

/// FL3: what is no text is kept byte for byte.
#[tokio::test(start_paused = true)]
async fn fl3_bytes_are_kept_as_they_are() {
    let mut rig = Rig::new();
    let uid = rig.kubelet.pod("web", &["app"]);
    rig.kubelet.cut((40..60).step_by(5).map(|at| (at, Cut::Broken)));
    rig.follow("web", uid, From::Start);
    let lines: [&[u8]; 5] = [b"\x00\x01\xff\xfe", "größe 日本".as_bytes(), b"\xe6\x97", b"\x1b[31mred\x1b]0;x\x07", b"\r"];
    lines.iter().for_each(|line| rig.kubelet.write("web", "app", line));
    rig.run(s(120)).await;
    let kept: Vec<Vec<u8>> =
        (0..rig.ring.len()).filter_map(|at| rig.ring.get(at)).filter(|l| l.bytes != b"joined").map(|l| l.bytes.to_vec()).collect();
    assert_eq!(kept, lines);
}
