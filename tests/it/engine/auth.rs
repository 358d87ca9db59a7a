//! Credentials that expire and rights that are missing.

use super::{Bench, s};
use crate::rig::script::{For, Reply, Server, Streaming};
use kconsole::model::fault::FaultKind;
use kconsole::model::msg::{Link, Sync};
use std::sync::atomic::Ordering;

#[tokio::test(start_paused = true)]
async fn fa5_a_token_that_expires_is_renewed_once_and_the_watch_resumes() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    let wires = bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    for hour in 1..5u64 {
        bench.run(s(3600)).await;
        server.with().token = hour;
        server.reset();
        server.set(2);
        let took = bench.live(1, &server, s(2)).await;
        assert!(took < s(2), "{took:?}");
        assert_eq!((wires.renewals().len() as u64, server.counts().0), (hour, 1), "renewed once an hour, resumed each time");
    }
}

/// A credential that does not live long is no reason to show anything as stale.
#[tokio::test(start_paused = true)]
async fn fa5_a_credential_is_replaced_before_it_ends_and_streams_go_on() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    let wires = bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    for life in 1..5 {
        // Shorter than any watch.
        bench.run(s(200)).await;
        let (told, asked) = (bench.syncs.len(), server.counts());
        wires.next.store(true, Ordering::Relaxed);
        bench.run(s(10)).await;
        assert_eq!((bench.syncs.len(), server.counts()), (told, asked), "nothing that runs is touched");
        // From now on the server takes nothing else; the streams of before end as streams do.
        server.with().token = life;
        server.set(2);
        server.close();
        bench.live(1, &server, s(1)).await;
    }
    assert!(bench.syncs.iter().all(|(_, _, sync)| !matches!(sync, Sync::Stale { .. })), "{:?}", bench.syncs);
    assert!(bench.links.iter().skip(1).all(|(_, _, link)| matches!(link, Link::Up { .. })) && wires.renewals().is_empty());
}

#[tokio::test(start_paused = true)]
async fn fa5_a_second_401_needs_a_person_and_is_asked_once_a_minute() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    let wires = bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    wires.stuck.store(true, Ordering::Relaxed);
    server.with().token = 9;
    server.reset();
    bench.until("unauthorised", s(2), |b| b.fails_with(1, &FaultKind::Unauthorised)).await;
    bench.run(s(1)).await;
    assert!(matches!(bench.link(1), Some(Link::Down { why, .. }) if why.kind == FaultKind::Unauthorised), "{:?}", bench.link(1));
    bench.run(s(600)).await;
    let (renewals, wires_of) = (wires.renewals(), wires.clone());
    assert!(renewals.windows(2).all(|w| w[1] - w[0] >= s(60)) && renewals.len() >= 5, "{renewals:?}");
    assert_eq!(bench.table(1).len(), 5);
    assert!(server.with().requests.len() < 200);
    // The person has logged in, though the last renewal was not a minute ago.
    let renewed = renewals.len();
    bench.until("renewed again", s(61), move |_| wires_of.renewals().len() > renewed).await;
    bench.run(s(5)).await;
    wires.stuck.store(false, Ordering::Relaxed);
    server.with().token = 1;
    bench.sessions.retry(super::ClusterId(1));
    bench.live(1, &server, s(1)).await;
}

/// A plugin may still run when a person has logged in: nobody waits for it, and the clusters try again when it is done.
#[tokio::test(start_paused = true)]
async fn fa3_after_a_login_the_clusters_try_again_and_nobody_waits() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    let wires = bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    bench.sessions.retry_after([super::ClusterId(1), super::ClusterId(7)].into_iter(), tokio::time::sleep(s(30)));
    bench.run(s(29)).await;
    assert_eq!(wires.asked.lock().unwrap().len(), 1);
    bench.run(s(2)).await;
    assert_eq!(wires.asked.lock().unwrap().len(), 2);
}

/// Everybody may ask for the version: a good probe does not make a refused credential a good one.
#[tokio::test(start_paused = true)]
async fn fa5_a_probe_that_needs_no_credential_proves_none() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    let wires = bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    wires.stuck.store(true, Ordering::Relaxed);
    server.rule(|a| (a.what != For::Version).then_some(Reply::Status(401, "Unauthorized", None)));
    server.reset();
    bench.run(s(300)).await;
    assert!(bench.fails_with(1, &FaultKind::Unauthorised));
    let renewals = wires.renewals();
    assert!(renewals.windows(2).all(|w| w[1] - w[0] >= s(60)) && renewals.len() <= 6, "{renewals:?}");
    server.forget_rules();
    bench.live(1, &server, s(61)).await;
}

#[tokio::test(start_paused = true)]
async fn fa8_forbidden_is_asked_once_a_minute_and_shown() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    server.rule(|a| matches!(a.what, For::List | For::Watch | For::Stream).then_some(Reply::Status(403, "Forbidden", None)));
    bench.open(1, &server);
    bench.until("forbidden", s(1), |b| b.fails_with(1, &FaultKind::Forbidden)).await;
    assert!(!bench.table(1).is_listed());
    bench.run(s(1)).await;
    let (lists, watches) = server.counts();
    bench.run(s(600)).await;
    let (more, none) = server.counts();
    assert!(more - lists <= 10 && none == watches, "{} requests in ten minutes", more - lists);
    server.forget_rules();
    bench.live(1, &server, s(61)).await;
}

#[tokio::test(start_paused = true)]
async fn fa8_a_list_without_watch_is_polled_and_says_so() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    server.rule(|a| matches!(a.what, For::Watch | For::Stream).then_some(Reply::Status(403, "Forbidden", None)));
    bench.open(1, &server);
    bench.until("polling", s(1), |b| matches!(b.sync(1), Sync::Polling { why, .. } if why.kind == FaultKind::Forbidden)).await;
    assert_eq!(bench.rows(1), server.truth());
    let told = bench.syncs.len();
    server.set(9);
    server.delete(2);
    bench.run(s(31)).await;
    assert_eq!(bench.rows(1), server.truth());
    bench.run(s(600)).await;
    let (lists, watches) = (server.asked(For::List).len(), server.asked(For::Watch).len() + server.asked(For::Stream).len());
    assert!((20..=23).contains(&lists) && watches <= 11, "{lists} {watches}");
    assert_eq!(bench.syncs.len(), told, "and says it once");
    server.forget_rules();
    bench.live(1, &server, s(91)).await;
}

/// A polled table that loses its connection is stale, and polled again once it is back.
#[tokio::test(start_paused = true)]
async fn fa8_polling_survives_a_lost_connection() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    bench.open_with(1, &server, false);
    bench.until("polling", s(1), |b| matches!(b.sync(1), Sync::Polling { .. })).await;
    server.freeze();
    server.delete(1);
    bench.until("stale", s(9), |b| b.is_stale(1)).await;
    assert_eq!(bench.table(1).len(), 5);
    server.thaw();
    let same = server.clone();
    bench.until("polling again", s(9), move |b| matches!(b.sync(1), Sync::Polling { .. }) && b.rows(1) == same.truth()).await;
    assert_eq!(server.asked(For::Watch).len() + server.asked(For::Stream).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn fa8_a_watch_without_list_is_live_where_the_server_lists_by_stream() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    server.rule(|a| (a.what == For::List).then_some(Reply::Status(403, "Forbidden", None)));
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    let (old, mut bench) = (Server::new(5), Bench::new());
    old.with().streaming = Streaming::Refuses;
    old.rule(|a| (a.what == For::List).then_some(Reply::Status(403, "Forbidden", None)));
    bench.open(1, &old);
    bench.until("forbidden", s(1), |b| b.fails_with(1, &FaultKind::Forbidden)).await;
}

#[tokio::test(start_paused = true)]
async fn fa9_rights_that_go_freeze_the_rows_and_come_back_within_a_minute() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    bench.run(s(100)).await;
    server.rule(|a| matches!(a.what, For::List | For::Watch | For::Stream).then_some(Reply::Status(403, "Forbidden", None)));
    server.close();
    bench.until("forbidden", s(1), |b| b.fails_with(1, &FaultKind::Forbidden)).await;
    assert!(bench.table(1).is_listed() && bench.table(1).len() == 5);
    bench.run(s(300)).await;
    assert!(bench.fails_with(1, &FaultKind::Forbidden));
    server.set(8);
    server.forget_rules();
    bench.live(1, &server, s(61)).await;
}

/// Another credential may have other rights; a connection that was only lost has not.
#[tokio::test(start_paused = true)]
async fn fa9_a_renewed_credential_ends_the_wait_and_a_lost_connection_does_not() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    let forbid = |a: &crate::rig::script::Asked| (a.what != For::Version).then_some(Reply::Status(403, "Forbidden", None));
    server.rule(forbid);
    let wires = bench.open(1, &server);
    bench.until("forbidden", s(1), |b| b.fails_with(1, &FaultKind::Forbidden)).await;
    bench.run(s(5)).await;
    let asked = server.counts().0;
    server.freeze();
    bench.run(s(10)).await;
    server.thaw();
    bench.run(s(10)).await;
    assert_eq!(server.counts().0, asked, "the wait is kept");
    server.forget_rules();
    server.with().token = 1;
    bench.live(1, &server, s(6)).await;
    assert_eq!(wires.renewals().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_kept_when_the_connection_is_lost_meanwhile() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    server.next(For::Stream, [Reply::Status(429, "TooManyRequests", Some(40))]);
    bench.open(1, &server);
    bench.run(s(1)).await;
    server.freeze();
    bench.run(s(9)).await;
    server.thaw();
    bench.run(s(29)).await;
    assert_eq!(server.counts().0, 1);
    bench.live(1, &server, s(3)).await;
}
