//! Connections that break, hang, refuse and come back.

use super::{Bench, pods, s};
use crate::rig::script::answer::param;
use crate::rig::script::{For, Reply, Server, Then};
use kconsole::model::fault::FaultKind;
use kconsole::model::id::{ClusterId, WatchId};
use kconsole::model::msg::{Link, Sync};
use kconsole::model::want::Want;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn fn1_a_server_that_dies_and_comes_back_is_resumed_without_a_list() {
    let (server, mut bench) = (Server::new(50), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    let (lists, watches) = server.counts();
    server.rule(|_| Some(Reply::Refuse));
    server.reset();
    let stale = bench.until("stale", s(2), |b| b.is_stale(1)).await;
    assert!(stale <= s(2));
    (0..20).for_each(|uid| server.set(uid));
    (20..25).for_each(|uid| server.delete(uid));
    server.set(77);
    bench.run(s(30)).await;
    assert_eq!(bench.table(1).len(), 50, "the last known rows stay");
    assert!(bench.fails_with(1, &FaultKind::Unreachable), "{:?}", bench.sync(1));
    let (lists_down, watches_down) = server.counts();
    assert!(lists_down + watches_down - lists - watches <= 8);
    server.forget_rules();
    bench.live(1, &server, s(5)).await;
    assert_eq!(server.counts().0, lists, "resumed, not listed");
}

#[tokio::test(start_paused = true)]
async fn fn2_lost_history_in_the_stream_is_one_relist_and_one_delta() {
    let (server, mut bench) = (Server::new(1200), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    let before = bench.deltas.len();
    server.freeze();
    (0..10).for_each(|uid| server.delete(uid));
    (2000..2700).for_each(|uid| server.set(uid));
    server.compact();
    bench.until("stale", s(9), |b| b.is_stale(1)).await;
    server.thaw();
    bench.live(1, &server, s(6)).await;
    assert_eq!(bench.deltas[before..].iter().map(|d| (d.1, d.2)).collect::<Vec<_>>(), [(700, 10)], "whole, and only what differs");
    assert_eq!(server.counts().0, 2);
}

#[tokio::test(start_paused = true)]
async fn fn3_lost_history_as_an_answer_is_a_relist_and_the_version_is_not_asked_again() {
    let (server, mut bench) = (Server::new(30), Bench::new());
    server.with().gone_as_answer = true;
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    server.reset();
    server.delete(3);
    server.compact();
    bench.live(1, &server, s(1)).await;
    let mut versions: Vec<_> = server.asked(For::Watch).iter().map(|a| param(&a.query, "resourceVersion")).collect();
    let all = versions.len();
    versions.dedup();
    assert_eq!(versions.len(), all, "{versions:?}");
    assert_eq!(server.counts().0, 2);
}

/// A server that says 410 to everything is not asked in a loop.
#[tokio::test(start_paused = true)]
async fn fn3_history_that_is_lost_for_ever_backs_off() {
    let (server, mut bench) = (Server::new(3), Bench::new());
    server.rule(|a| matches!(a.what, For::Watch | For::Stream).then_some(Reply::Status(410, "Expired", None)));
    bench.open(1, &server);
    bench.run(s(300)).await;
    let (lists, watches) = server.counts();
    assert!(lists + watches < 60, "{lists} {watches}");
    assert_eq!(bench.rows(1), server.truth());
    server.forget_rules();
    bench.live(1, &server, s(61)).await;
}

#[tokio::test(start_paused = true)]
async fn fn4_a_half_open_connection_is_stale_within_8_seconds() {
    for pause in [0, 1500, 3990] {
        let (server, mut bench) = (Server::new(9), Bench::new());
        bench.open(1, &server);
        bench.live(1, &server, s(1)).await;
        bench.run(s(60) + Duration::from_millis(pause)).await;
        server.freeze();
        server.delete(4);
        bench.until("stale", s(8) + Duration::from_millis(10), |b| b.is_stale(1)).await;
        assert!(bench.why(1).unwrap().what.contains("no answer"), "{:?}", bench.why(1));
        let connects = bench.links.len();
        bench.until("tried anew", s(7), |b| b.links.len() >= connects).await;
        server.thaw();
        bench.live(1, &server, s(10)).await;
        assert_eq!(server.counts().0, 1, "no list was needed");
    }
}

#[tokio::test(start_paused = true)]
async fn fn5_a_black_hole_is_unreachable_within_6_seconds_and_delays_nobody() {
    let (dead, healthy, mut bench) = (Server::new(5), Server::new(5), Bench::new());
    dead.rule(|_| Some(Reply::Hang));
    bench.open(1, &dead);
    bench.open(2, &healthy);
    assert!(bench.live(2, &healthy, s(1)).await < Duration::from_millis(100));
    bench.until("unreachable", s(6), |b| b.fails_with(1, &FaultKind::Unreachable)).await;
    assert!(matches!(bench.link(1), Some(Link::Down { retry_in: Some(_), .. })), "{:?}", bench.link(1));
    healthy.set(77);
    assert!(bench.live(2, &healthy, s(1)).await < Duration::from_millis(100));
    dead.forget_rules();
    bench.live(1, &dead, s(9)).await;
}

#[tokio::test(start_paused = true)]
async fn fn8_a_refused_connection_is_told_at_once_and_returns_without_a_relist() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    server.rule(|_| Some(Reply::Refuse));
    bench.open(1, &server);
    let told = bench.until("unreachable", s(2), |b| b.fails_with(1, &FaultKind::Unreachable)).await;
    assert!(told < Duration::from_millis(100), "{told:?}");
    assert!(bench.why(1).unwrap().what.contains("refused"));
    bench.run(s(120)).await;
    let tries = server.with().requests.len();
    assert!(tries <= 40, "{tries} requests in two minutes");
    server.forget_rules();
    let requests = server.counts().0;
    bench.live(1, &server, s(6)).await;
    assert_eq!(server.counts().0, requests + 1);
}

#[tokio::test(start_paused = true)]
async fn fn9_retry_after_is_kept_for_lists_and_watches() {
    for what in [For::Stream, For::List, For::Watch] {
        let (server, mut bench) = (Server::new(5), Bench::new());
        if what == For::List {
            server.next(For::Stream, [Reply::Status(422, "Invalid", None)]);
        }
        if what == For::Watch {
            bench.open(1, &server);
            bench.live(1, &server, s(1)).await;
            bench.run(s(11)).await;
            server.reset();
        }
        server.next(what, [Reply::Status(429, "TooManyRequests", Some(7))]);
        if what != For::Watch {
            bench.open(1, &server);
        }
        bench.until("throttled", s(1), |b| b.fails_with(1, &FaultKind::Throttled)).await;
        let refused = server.asked(what).last().unwrap().at;
        let lists = server.counts().0;
        bench.live(1, &server, s(9)).await;
        let again = server.asked(what).last().unwrap().at - refused;
        assert!(again >= s(7) && again <= s(8), "{what:?}: {again:?}");
        assert!(what != For::Watch || server.counts().0 == lists, "no relist for a watch");
    }
}

/// 429 as an event: the watch goes on from where it was.
#[tokio::test(start_paused = true)]
async fn fn9_a_throttled_stream_is_resumed_without_a_list() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    server.line(r#"{"type":"ERROR","object":{"kind":"Status","code":429,"reason":"TooManyRequests","details":{"retryAfterSeconds":7}}}"#);
    server.close();
    let told = Instant::now();
    bench.run(s(1)).await;
    server.set(2);
    bench.live(1, &server, s(9)).await;
    assert!(server.asked(For::Watch)[0].at - told >= s(7));
    assert_eq!(server.counts().0, 1);
}

/// A server that has too much to do is not lost, nor is one behind a proxy that does not know `/version`.
#[tokio::test(start_paused = true)]
async fn fn9_a_probe_that_is_refused_cuts_no_watch() {
    for (code, reason) in [(429, "TooManyRequests"), (403, "Forbidden"), (404, "NotFound")] {
        let (server, mut bench) = (Server::new(5), Bench::new());
        bench.open(1, &server);
        bench.live(1, &server, s(1)).await;
        let told = bench.syncs.len();
        server.rule(move |a| (a.what == For::Version).then_some(Reply::Status(code, reason, Some(1))));
        bench.run(s(60)).await;
        server.set(3);
        bench.live(1, &server, s(1)).await;
        assert_eq!((bench.syncs.len(), server.counts()), (told, (1, 0)), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn fn10_bursts_of_5xx_leave_the_rows_and_end_well() {
    let (server, mut bench) = (Server::new(40), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    let mut n = 0;
    server.rule(move |a| {
        n += u32::from(a.what != For::Version);
        let (code, reason) = [(500, "InternalError"), (503, "ServiceUnavailable"), (504, "Timeout")][n as usize % 3];
        (a.what != For::Version && n % 2 == 0).then_some(Reply::Status(code, reason, None))
    });
    for round in 0..20u128 {
        server.set(100 + round);
        server.reset();
        bench.run(s(7)).await;
        assert!(bench.table(1).len() >= 40, "never emptied");
    }
    bench.live(1, &server, s(120)).await;
    let (lists, watches) = server.counts();
    assert!(lists <= 4 && watches < 60, "{lists} lists, {watches} watches");
}

#[tokio::test(start_paused = true)]
async fn fn11_a_version_that_is_too_large_is_one_list_without_it() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    server.rule(|a| {
        param(&a.query, "resourceVersion").is_some_and(|v| v != "0" && a.what != For::Watch).then_some(Reply::Status(504, "TooLarge", None))
    });
    server.reset();
    server.compact();
    server.set(2);
    bench.live(1, &server, s(2)).await;
    let without: Vec<_> = server.asked(For::Stream).into_iter().filter(|a| param(&a.query, "resourceVersion").is_none()).collect();
    assert_eq!((without.len(), server.counts().0), (2, 3), "the first, the one that failed, the one that helped");
}

/// A server whose cache never catches up says so to every list.
#[tokio::test(start_paused = true)]
async fn fn11_a_server_that_never_catches_up_is_not_asked_in_a_loop() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    server.rule(|a| matches!(a.what, For::List | For::Stream).then_some(Reply::Status(504, "TooLarge", None)));
    bench.open(1, &server);
    bench.run(s(120)).await;
    assert!(server.counts().0 < 20, "{:?}", server.counts());
    server.forget_rules();
    bench.live(1, &server, s(61)).await;
}

#[tokio::test(start_paused = true)]
async fn fn12_error_events_are_retried_in_place_and_then_listed() {
    for error in [
        r#"{"type":"ERROR","object":{"kind":"Status","code":500,"reason":"InternalError"}}"#,
        r#"{"type":"ERROR","object":{"kind":"Status","code":599}}"#,
        r#"{"type":"ERROR","object":{"kind":7,"code":"x","metadata":null}}"#,
        r#"{"type":"ERROR","object":null}"#,
    ] {
        let (server, mut bench) = (Server::new(5), Bench::new());
        bench.open(1, &server);
        bench.live(1, &server, s(1)).await;
        server.rule(move |a| (a.what == For::Watch).then(|| Reply::Pieces(vec![format!("{error}\n")], Then::End)));
        server.line(error);
        server.close();
        server.set(3);
        bench.run(s(600)).await;
        assert_eq!(bench.rows(1), server.truth(), "{error}: a list helps");
        let (lists, watches) = server.counts();
        assert!(watches >= 3 && lists >= 2 && lists + watches < 60, "{error}: {lists} {watches}");
        server.forget_rules();
        bench.live(1, &server, s(61)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn fn27_ten_dead_clusters_of_fifty_delay_nobody() {
    let servers: Vec<Server> = (0..50).map(|_| Server::new(20)).collect();
    let mut bench = Bench::new();
    for (n, server) in servers.iter().enumerate() {
        match n {
            0..4 => server.rule(|_| Some(Reply::Hang)),
            4..9 => server.rule(|_| Some(Reply::Refuse)),
            _ => {}
        }
        let wires = bench.open(n as u16, server);
        wires.hangs.store(n == 9, Ordering::Relaxed);
    }
    let healthy = servers.clone();
    let took = bench
        .until("healthy", s(2), move |b| (10..50).all(|n| *b.sync(n) == Sync::Live && b.rows(n) == healthy[usize::from(n)].truth()))
        .await;
    assert!(took < Duration::from_millis(100), "{took:?}");
    bench.run(s(60)).await;
    for (n, server) in servers.iter().enumerate().take(9) {
        let requests = server.with().requests.len();
        assert!(bench.is_stale(n as u16) && requests <= 20, "{n}: {requests} requests in a minute, {:?}", bench.sync(n as u16));
    }
    assert!((10..50).all(|n| *bench.sync(n) == Sync::Live));
    assert_eq!(bench.syncs.iter().filter(|(_, id, sync)| id.0 >= 10 && *sync == Sync::Live).count(), 40, "live once, and for ever");
}

/// Every answer ends its connection, politely; every watch ends after some minutes.
#[tokio::test(start_paused = true)]
async fn fn28_polite_ends_are_no_faults() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    let told = bench.syncs.len();
    for uid in 0..30 {
        bench.run(s(20)).await;
        server.set(uid);
        server.close();
    }
    bench.live(1, &server, s(1)).await;
    bench.run(s(1800)).await;
    server.set(9);
    bench.live(1, &server, s(1)).await;
    assert_eq!(bench.syncs.len(), told, "{:?}", bench.syncs);
    assert_eq!(server.counts().0, 1);
}

#[tokio::test(start_paused = true)]
async fn the_first_good_probe_wakes_all_watches_at_once() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    server.rule(|_| Some(Reply::Status(503, "ServiceUnavailable", None)));
    server.reset();
    bench.run(s(300)).await;
    assert!(bench.is_stale(1));
    server.forget_rules();
    bench.until("up", s(9), |b| matches!(b.link(1), Some(Link::Up { .. }))).await;
    assert!(bench.live(1, &server, s(1)).await < Duration::from_millis(50));
}

#[tokio::test(start_paused = true)]
async fn a_kick_tries_at_once_whatever_is_waited_for() {
    for reply in
        [|| Reply::Refuse, || Reply::Status(403, "Forbidden", None), || Reply::Status(429, "TooManyRequests", Some(100)), || Reply::Hang]
    {
        let (server, mut bench) = (Server::new(5), Bench::new());
        bench.open(1, &server);
        bench.live(1, &server, s(1)).await;
        server.rule(move |a| (a.what != For::Version || matches!(reply(), Reply::Refuse | Reply::Hang)).then(reply));
        server.reset();
        bench.run(s(25)).await;
        assert!(*bench.sync(1) != Sync::Live || matches!(reply(), Reply::Hang));
        server.forget_rules();
        bench.sessions.retry(ClusterId(1));
        let took = bench.live(1, &server, s(1)).await;
        assert!(took < Duration::from_millis(50), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connect_that_hangs_is_interrupted_by_a_kick_and_by_closing() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    let wires = bench.open(1, &server);
    wires.hangs.store(true, Ordering::Relaxed);
    bench.run(s(100)).await;
    assert_eq!(bench.sync(1), &Sync::Connecting);
    wires.hangs.store(false, Ordering::Relaxed);
    bench.sessions.retry(ClusterId(1));
    bench.live(1, &server, s(1)).await;
    wires.hangs.store(true, Ordering::Relaxed);
    bench.sessions.retry(ClusterId(1));
    bench.run(s(10)).await;
    bench.sessions.disconnect(ClusterId(1));
    bench.run(s(1)).await;
    assert_eq!(std::sync::Arc::strong_count(&wires), 1, "nobody holds the connector any more");
}

/// A list that nobody answers ends, though the probe finds nothing wrong.
#[tokio::test(start_paused = true)]
async fn a_list_that_is_never_answered_is_given_up_and_told() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    server.next(For::Stream, [Reply::Hang]);
    bench.open(1, &server);
    bench.until("stale", s(76), |b| b.is_stale(1)).await;
    bench.live(1, &server, s(3)).await;
}

/// Thirty watches that lose their streams again and again have one look taken for all of them, at most once a second.
#[tokio::test(start_paused = true)]
async fn complaints_are_many_and_probes_are_few() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    bench.open(1, &server);
    let want = Want::all(ClusterId(1), pods(true).id);
    (100..130).for_each(|n| bench.sessions.start(WatchId(n), &want, &pods(true)));
    bench.live(1, &server, s(1)).await;
    bench.run(s(1)).await;
    let before = server.asked(For::Version).len();
    for _ in 0..100 {
        server.reset();
        bench.run(Duration::from_millis(100)).await;
    }
    let probes = server.asked(For::Version).len() - before;
    assert!((3..=12).contains(&probes), "{probes} in ten seconds");
}
