//! Containers that end, begin anew and go.

use super::{Rig, in_time, ms, s};
use crate::rig::kubelet::Cut;
use kconsole::model::log::From;
use proptest::prelude::*;

/// FL5: a crash loop. Each run writes and ends; the pod says so a second later; the last line has no newline.
#[tokio::test(start_paused = true)]
async fn fl5_a_crash_loop_is_one_stream() {
    let mut rig = Rig::new();
    let uid = rig.kubelet.pod("web", &["app"]);
    rig.kubelet.cut([(100, Cut::Broken), (2_000, Cut::Clean), (50, Cut::Broken), (900, Cut::Broken)]);
    rig.follow("web", uid, From::Start);
    let mut n = 0;
    for run in 0..12 {
        for _ in 0..20 {
            rig.kubelet.write("web", "app", n.to_string());
            n += 1;
            rig.run(ms(30)).await;
        }
        rig.kubelet.tear("web", "app");
        rig.kubelet.end("web", "app", 1, "Error");
        rig.run(s(1)).await;
        if run % 3 == 0 {
            rig.kubelet.tell("web");
            rig.look("web");
            rig.run(s(5)).await;
        }
        rig.kubelet.restart("web", "app");
        rig.look("web");
        rig.run(s(1)).await;
    }
    rig.run(s(60)).await;
    rig.all_came("web", "app", n);
    rig.in_order();
    let restarts = rig.marks("web").iter().filter(|m| m.starts_with("restarted")).count();
    assert_eq!(restarts, 12, "{:?}", rig.marks("web"));
    assert_eq!(rig.marks("web")[..3], ["joined", "ended: exit 1", "restarted (1), exit 1"]);
}

/// FL5: it ends while nobody is connected: its unread end comes before the first line of the next one.
#[tokio::test(start_paused = true)]
async fn fl5_the_unread_end_of_the_one_before_comes_first() {
    let mut rig = Rig::new();
    let uid = rig.kubelet.pod("web", &["app"]);
    rig.follow("web", uid, From::Start);
    rig.kubelet.write("web", "app", "0");
    rig.run(s(5)).await;
    rig.disconnect();
    (1..50).for_each(|n| rig.kubelet.write("web", "app", n.to_string()));
    rig.kubelet.end("web", "app", 137, "OOMKilled");
    rig.run(s(2)).await;
    rig.kubelet.restart("web", "app");
    (50..60).for_each(|n| rig.kubelet.write("web", "app", n.to_string()));
    rig.run(s(2)).await;
    rig.connect();
    rig.run(s(2)).await;
    rig.all_came("web", "app", 60);
    assert_eq!(rig.marks("web"), ["joined", "restarted (1), exit 137, OOMKilled"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// FL5: the kubelet hands out the log of the next container before the pod says that there is one, and connections break just then. (Where one ends as
    /// the log of a container would that has ended, nobody can tell.)
    #[test]
    fn fl5_a_pod_that_is_behind_its_kubelet(
        lag in 0u64..900,
        cuts in prop::collection::vec(0usize..600, 0..5),
        pauses in prop::collection::vec(0u64..400, 1..12),
    ) {
        in_time(async {
            let mut rig = Rig::new();
            let uid = rig.kubelet.pod("web", &["app"]);
            rig.follow("web", uid, From::Start);
            rig.run(s(2)).await;
            rig.kubelet.with().lag = ms(lag);
            rig.kubelet.cut(cuts.into_iter().map(|bytes| (bytes, Cut::Broken)));
            for n in 0..60 {
                rig.kubelet.write("web", "app", n.to_string());
                rig.run(ms(pauses[n % pauses.len()])).await;
                if n % 10 == 9 {
                    rig.kubelet.end("web", "app", 1, "Error");
                    rig.run(ms(pauses[n / 10 % pauses.len()])).await;
                    rig.kubelet.restart("web", "app");
                    rig.kubelet.write("web", "app", format!("run {n}"));
                    rig.run(ms(lag)).await;
                    rig.look("web");
                    // Of two that ended within the time that one waits only the last could be read.
                    rig.run(s(60)).await;
                }
            }
            rig.run(s(60)).await;
            let came: Vec<&str> = rig.written("web", "app");
            let wanted = (0..60).flat_map(|n| [Some(n.to_string()), (n % 10 == 9).then(|| format!("run {n}"))]).flatten();
            assert_eq!(came, wanted.collect::<Vec<_>>(), "{:?}", rig.marks("web"));
        });
    }
}

/// FL5: of several that came and went meanwhile only the last is there; what is missing is said.
#[tokio::test(start_paused = true)]
async fn fl5_runs_that_nobody_can_read_any_more_are_told() {
    let mut rig = Rig::new();
    let uid = rig.kubelet.pod("web", &["app"]);
    rig.follow("web", uid, From::Start);
    rig.kubelet.write("web", "app", "a");
    rig.run(s(5)).await;
    rig.disconnect();
    for line in ["b", "c", "d"] {
        rig.kubelet.write("web", "app", line);
        rig.kubelet.end("web", "app", 2, "Error");
        rig.run(s(1)).await;
        rig.kubelet.restart("web", "app");
    }
    rig.kubelet.write("web", "app", "e");
    rig.connect();
    rig.run(s(5)).await;
    assert_eq!(rig.written("web", "app"), ["a", "d", "e"]);
    let gap = "it was restarted 3 times since it was read last: lines may be missing here";
    assert_eq!(rig.marks("web"), ["joined", gap, "restarted (3), exit 2"]);
}

/// Who begins to look at a container that was restarted wants to know why.
#[tokio::test(start_paused = true)]
async fn the_last_words_of_the_one_before_are_there_at_once() {
    let mut rig = Rig::new();
    let uid = rig.kubelet.pod("web", &["app"]);
    (0..500).for_each(|n| rig.kubelet.write("web", "app", n.to_string()));
    rig.kubelet.end("web", "app", 1, "Error");
    rig.run(s(1)).await;
    rig.kubelet.restart("web", "app");
    rig.kubelet.write("web", "app", "500");
    rig.follow("web", uid, From::Last(3));
    rig.run(s(1)).await;
    assert_eq!(rig.written("web", "app"), ["497", "498", "499", "500"]);
    assert_eq!(rig.marks("web"), ["restarted (1), exit 1"]);
}

/// FL5: a pod that is deleted is read to its end, and one of its name is another one.
#[tokio::test(start_paused = true)]
async fn fl5_a_deleted_pod_is_read_to_its_end() {
    let mut rig = Rig::new();
    let uid = rig.kubelet.pod("web", &["app"]);
    rig.follow("web", uid, From::Start);
    for n in 0..30 {
        rig.kubelet.write("web", "app", n.to_string());
        rig.run(ms(100)).await;
    }
    rig.kubelet.tear("web", "app");
    rig.kubelet.delete("web");
    rig.run(s(1)).await;
    let again = rig.kubelet.pod("web", &["app"]);
    rig.kubelet.write("web", "app", "other");
    rig.look("web");
    rig.run(s(5)).await;
    rig.all_came("web", "app", 30);
    assert_eq!(rig.marks("web"), ["joined", "pod deleted"]);
    rig.follow("web", again, From::Start);
    rig.run(s(5)).await;
    assert_eq!(rig.written("web", "app").last(), Some(&"other"));
}

/// What may not be read is told once, and read once it may be.
#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_once() {
    let mut rig = Rig::new();
    let uid = rig.kubelet.pod("web", &["app"]);
    rig.kubelet.with().refuses = Some(403);
    rig.follow("web", uid, From::Last(10));
    rig.kubelet.write("web", "app", "0");
    rig.run(s(300)).await;
    assert_eq!(rig.marks("web"), ["pods \"x\" is forbidden: cannot get resource \"pods/log\""]);
    let asked = rig.kubelet.with().requests.iter().filter(|r| r.contains("/log?")).count();
    assert!(asked <= 8, "{asked} requests in five minutes");
    rig.kubelet.with().refuses = None;
    rig.run(s(70)).await;
    rig.all_came("web", "app", 1);
}
