//! What holds whatever happens: after any history of changes and faults the table shows what the server has.

use super::{Bench, s};
use crate::rig::script::{For, Reply, Server, Streaming, Then};
use futures::future::BoxFuture;
use kconsole::k8s::supervisor::Connector;
use kconsole::model::fault::{Fault, FaultKind};
use kconsole::model::id::{ClusterId, Session, WatchId};
use kconsole::model::msg::Link;
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// What happens to a server.
#[derive(Clone, Debug)]
enum Event {
    Set(u128),
    Delete(u128),
    Replace(u128),
    Close,
    Reset,
    Compact,
    Freeze,
    Thaw,
    Bookmark,
    Fail(u16),
    Garbage,
    HalfList,
    Wait(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0u128..12).prop_map(Event::Set),
        3 => (0u128..12).prop_map(Event::Delete),
        1 => (0u128..12).prop_map(Event::Replace),
        1 => Just(Event::Close),
        1 => Just(Event::Reset),
        1 => Just(Event::Compact),
        1 => Just(Event::Freeze),
        1 => Just(Event::Thaw),
        1 => Just(Event::Bookmark),
        1 => prop::sample::select(vec![401u16, 403, 410, 429, 500, 503, 504]).prop_map(Event::Fail),
        1 => Just(Event::Garbage),
        1 => Just(Event::HalfList),
        4 => (1u64..15_000).prop_map(Event::Wait),
    ]
}

async fn play(events: Vec<Event>, streaming: Streaming, slow: bool, room: usize) {
    let (server, mut bench) = (Server::new(6), Bench::with_inbox(room));
    server.with().streaming = streaming;
    server.with().latency = Duration::from_millis(if slow { 50 } else { 0 });
    // A refusal here says nothing of the credential.
    bench.open(1, &server).stuck.store(true, Ordering::Relaxed);
    for event in events {
        match event {
            Event::Set(uid) => server.set(uid),
            Event::Delete(uid) => server.delete(uid),
            Event::Replace(uid) => {
                server.delete(uid);
                server.put(uid + 100, &format!("pod-{uid}"), None);
            }
            Event::Close => server.close(),
            Event::Reset => server.reset(),
            Event::Compact => server.compact(),
            Event::Freeze => server.freeze(),
            Event::Thaw => server.thaw(),
            Event::Bookmark => server.bookmark(None),
            Event::Fail(code) => {
                let mut times = 2;
                server.rule(move |a| {
                    let hit = a.what != For::Version && times > 0;
                    times -= u32::from(hit);
                    hit.then_some(Reply::Status(code, "", None))
                });
            }
            Event::Garbage => server.line("}{"),
            Event::HalfList => {
                let half = r#"{"kind":"PodList","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"ghost","uid":"abc"}},{"#;
                server.next(For::List, [Reply::Pieces(vec![half.to_owned()], Then::Break)]);
            }
            Event::Wait(ms) => bench.run(Duration::from_millis(ms)).await,
        }
    }
    server.forget_rules();
    server.thaw();
    bench.live(1, &server, s(240)).await;
    // And what is true once stays true.
    server.set(1);
    server.delete(2);
    bench.live(1, &server, s(90)).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_table_ends_as_the_server(
        events in prop::collection::vec(event(), 0..40),
        streaming in prop::sample::select(vec![Streaming::Serves, Streaming::Refuses, Streaming::Ignores]),
        slow: bool, room in prop::sample::select(vec![1usize, 2, 64]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(play(events, streaming, slow, room));
    }
}

/// A connector with a bug in it.
struct Panics;

impl Connector for Panics {
    fn connect(&self, _: bool) -> BoxFuture<'_, Result<kube::Client, Fault>> {
        panic!("a bug")
    }

    fn refresh(&self) -> BoxFuture<'_, Option<kube::Client>> {
        panic!("a bug")
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_becomes_a_message_and_ends_nobody_else() {
    let (server, mut bench) = (Server::new(3), Bench::new());
    bench.open(1, &server);
    bench.sessions.connect(ClusterId(2), Session::default(), Arc::new(Panics));
    bench.live(1, &server, s(1)).await;
    assert!(matches!(bench.link(2), Some(Link::Down { why, retry_in: None }) if why.kind == FaultKind::Server), "{:?}", bench.link(2));
}

#[tokio::test(start_paused = true)]
async fn closing_a_cluster_ends_all_that_ran_for_it() {
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let (server, other, mut bench) = (Server::new(3), Server::new(3), Bench::new());
    bench.open(2, &other);
    bench.live(2, &other, s(1)).await;
    bench.run(s(1)).await;
    let alone = tasks();
    // Discovery hangs: what asks it must end as well.
    server.rule(|a| (a.what == For::Discovery).then_some(Reply::Hang));
    let wires = bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    bench.sessions.retry(ClusterId(1));
    bench.run(s(20)).await;
    bench.sessions.disconnect(ClusterId(1));
    server.close();
    let (told, asked) = (bench.syncs.len(), server.with().requests.len());
    bench.run(s(700)).await;
    assert_eq!(server.with().requests.len(), asked);
    assert_eq!(Arc::strong_count(&wires), 1);
    assert!(bench.syncs.iter().skip(told).all(|(_, id, _)| *id == WatchId(2)));
    // The rig's own tasks, which end watches in time, have ended by now.
    bench.until("alone", s(700), |_| tasks() <= alone).await;
    other.set(9);
    bench.live(2, &other, s(1)).await;
}

/// Discovery that fails is asked again: without kinds nothing can be shown.
#[tokio::test(start_paused = true)]
async fn discovery_that_fails_is_repeated_with_patience() {
    let (server, mut bench) = (Server::new(3), Bench::new());
    server.rule(|a| (a.what == For::Discovery).then_some(Reply::Status(503, "ServiceUnavailable", None)));
    bench.open(1, &server);
    bench.run(s(300)).await;
    let asked = server.asked(For::Discovery).len();
    assert!((5..20).contains(&asked), "{asked}");
    server.forget_rules();
    bench.run(s(61)).await;
    let asked = server.asked(For::Discovery).len();
    bench.run(s(300)).await;
    assert_eq!(server.asked(For::Discovery).len(), asked);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_is_stopped_says_nothing_more() {
    let (server, mut bench) = (Server::new(3), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    bench.sessions.stop(WatchId(1));
    let told = (bench.deltas.len(), bench.syncs.len());
    server.set(1);
    server.reset();
    bench.run(s(60)).await;
    assert_eq!((bench.deltas.len(), bench.syncs.len()), told);
    assert_eq!(server.counts(), (1, 0));
}
