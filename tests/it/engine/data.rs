//! Lists and events of every shape, and the way in which they reach the table.

use super::{Bench, pods, s};
use crate::rig::script::answer::param;
use crate::rig::script::wires::Wires;
use crate::rig::script::{For, Reply, Server, Streaming, Then};
use kconsole::model::cell::Value;
use kconsole::model::id::{ClusterId, GroupResource, Session, WatchId};
use kconsole::model::msg::Sync;
use kconsole::model::row::Facts;
use kconsole::model::table::Table;
use kconsole::model::time::Timestamp;
use kconsole::model::want::{Of, Want};
use std::sync::atomic::Ordering;
use std::time::Duration;

fn list(items: &str) -> Reply {
    Reply::Text(format!(r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{"resourceVersion":"100"}},"items":{items}}}"#))
}

#[tokio::test(start_paused = true)]
async fn fd1_lists_that_are_null_are_empty() {
    let (server, mut bench) = (Server::new(0), Bench::new());
    server.with().streaming = Streaming::Refuses;
    server.next(For::List, [list("null")]);
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
}

/// Without a version nothing can be watched from there, so the list is polled.
#[tokio::test(start_paused = true)]
async fn fd1_lists_without_metadata_lose_no_row() {
    let (server, mut bench) = (Server::new(3), Bench::new());
    server.with().streaming = Streaming::Refuses;
    server.rule(|a| {
        let text = r#"{"kind":"PodList","items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"},"spec":null,"status":{"containerStatuses":null}},{}]}"#;
        (a.what == For::List).then(|| Reply::Text(text.to_owned()))
    });
    bench.open(1, &server);
    bench.until("polling", s(1), |b| matches!(b.sync(1), Sync::Polling { .. })).await;
    assert_eq!(bench.table(1).len(), 3);
    bench.run(s(95)).await;
    assert_eq!((server.asked(For::Watch).len(), server.asked(For::List).len()), (0, 4));
    assert!(server.asked(For::List).iter().skip(1).all(|a| param(&a.query, "resourceVersionMatch").is_none()));
    assert!(bench.deltas.len() >= 4, "what has no version is news each time");
}

#[tokio::test(start_paused = true)]
async fn fd2_one_object_that_cannot_be_read_is_one_row_that_says_so() {
    for streaming in [Streaming::Serves, Streaming::Refuses] {
        let (server, mut bench) = (Server::new(200), Bench::new());
        server.with().streaming = streaming;
        let bad = |n: u32| format!(r#"{{"metadata":{{"uid":"{n:032x}","name":"bad-{n}","resourceVersion":"7"}},"spec":[1],"status":"?"}}"#);
        server.put(500, "bad-500", Some(bad(500)));
        bench.open(1, &server);
        bench.until("live", s(1), |b| *b.sync(1) == Sync::Live).await;
        server.put(501, "bad-501", Some(bad(501)));
        server.set(1);
        bench.run(s(1)).await;
        assert_eq!(bench.table(1).len(), 202);
        let broken: Vec<_> = bench.table(1).rows().filter(|r| matches!(r.facts, Facts::Broken(_))).map(|r| &*r.name).collect();
        assert_eq!(broken.len(), 2, "{broken:?}");
        assert_eq!(server.counts().1, usize::from(streaming == Streaming::Refuses), "and the watch goes on");
    }
}

#[tokio::test(start_paused = true)]
async fn fd8_deleted_and_made_again_under_the_same_name_is_another_row() {
    let (server, mut bench) = (Server::new(3), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    for n in 0..9 {
        server.delete(if n == 0 { 1 } else { 100 + n - 1 });
        server.put(100 + n, "pod-1", None);
    }
    bench.live(1, &server, s(1)).await;
    assert_eq!(bench.table(1).len(), 3);
    assert!(bench.deltas.len() <= 3, "one batch: {:?}", bench.deltas);
}

#[tokio::test(start_paused = true)]
async fn fd13_duplicates_strangers_and_old_news_change_nothing() {
    let (server, mut bench) = (Server::new(3), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    let pod = |uid: u32| format!(r#"{{"metadata":{{"uid":"{uid:032x}","name":"pod-{uid}","resourceVersion":"200"}}}}"#);
    for line in [("ADDED", 50), ("ADDED", 50), ("MODIFIED", 51), ("DELETED", 60), ("DELETED", 50), ("DELETED", 51), ("SOMETHING", 52)] {
        server.line(&format!(r#"{{"type":"{}","object":{}}}"#, line.0, pod(line.1)));
        server.line("");
    }
    bench.run(s(1)).await;
    assert_eq!(bench.rows(1), server.truth());
    assert_eq!(server.counts(), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_slow_link_is_listed_in_packed_pages_and_a_fast_one_in_one_plain_piece() {
    for (slow, streaming) in [(false, Streaming::Refuses), (true, Streaming::Refuses), (true, Streaming::Serves)] {
        let (server, mut bench) = (Server::new(2_500), Bench::new());
        server.with().streaming = streaming;
        server.with().latency = Duration::from_millis(if slow { 150 } else { 2 });
        bench.open(1, &server);
        bench.live(1, &server, s(3)).await;
        // The first list may begin before the link is known.
        server.rule(|a| param(&a.query, "resourceVersion").is_some().then_some(Reply::Status(410, "Expired", None)));
        server.delete(7);
        server.reset();
        bench.run(s(2)).await;
        server.forget_rules();
        bench.live(1, &server, s(9)).await;
        let lists = server.asked(For::List);
        // Streams are not packed.
        assert!(server.asked(For::Stream).len() <= 1);
        let (paged, whole): (Vec<_>, Vec<_>) = lists.iter().partition(|a| param(&a.query, "limit").is_some());
        assert!(lists.iter().skip(1).all(|a| a.packed == slow), "{lists:?}");
        // What need not be consistent comes from the server's cache, which does not cut pages.
        assert!(if slow { paged.len() >= 3 && !whole.is_empty() } else { paged.is_empty() }, "{lists:?}");
        assert!(server.asked(For::Watch).iter().all(|a| !a.packed));
    }
}

/// FN17: the token for the next page expires; the server gives one that goes on, and what changed on the first pages is not lost.
#[tokio::test(start_paused = true)]
async fn fn17_a_page_that_expired_goes_on_where_it_was() {
    let (server, mut bench) = (Server::new(2_500), Bench::new());
    server.with().streaming = Streaming::Refuses;
    server.with().latency = Duration::from_millis(100);
    // The link is known to be slow once the probe has answered.
    server.next(For::List, [Reply::Status(500, "InternalError", None)]);
    bench.open(1, &server);
    bench.until("the first page", s(5), |b| b.table(1).len() >= 1000).await;
    server.expire_tokens();
    server.delete(3);
    server.set(4);
    server.set(2_400);
    bench.live(1, &server, s(5)).await;
    let fresh = server.asked(For::List).iter().filter(|a| !a.query.contains("continue=")).count();
    assert_eq!(fresh, 2, "the one that failed and the one that went on: {:?}", server.asked(For::List));
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_first_list_ends_with_exactly_the_servers_rows() {
    let item = |uid: u32| format!(r#"{{"metadata":{{"uid":"{uid:032x}","name":"pod-{uid}","resourceVersion":"50"}}}}"#);
    for streaming in [Streaming::Serves, Streaming::Refuses] {
        for then in [Then::End, Then::Break, Then::Hold] {
            let (server, mut bench) = (Server::new(20), Bench::new());
            server.with().streaming = streaming;
            let ghosts: Vec<String> = (15..900).map(item).collect();
            match streaming {
                Streaming::Refuses => {
                    let half = format!(r#"{{"kind":"PodList","metadata":{{"resourceVersion":"50"}},"items":[{}"#, ghosts.join(","));
                    server.next(For::List, [Reply::Pieces(vec![half], then)]);
                }
                _ => {
                    let half = ghosts.iter().map(|g| format!("{{\"type\":\"ADDED\",\"object\":{g}}}\n")).collect();
                    server.next(For::Stream, [Reply::Pieces(half, then)]);
                }
            }
            bench.open(1, &server);
            bench.until("some rows", s(1), |b| b.table(1).len() > 500).await;
            bench.live(1, &server, s(35)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn changes_just_before_the_end_of_a_stream_are_delivered() {
    let (server, mut bench) = (Server::new(3), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    let now = server.counts();
    server.set(1);
    server.set(9);
    server.delete(2);
    server.rule(|_| Some(Reply::Hang));
    server.reset();
    bench.run(Duration::from_millis(10)).await;
    assert_eq!(bench.rows(1), server.truth());
    assert!(server.counts().1 <= now.1 + 1);
}

/// The screen does not read: the watch does, and keeps one change an object.
#[tokio::test(start_paused = true)]
async fn a_full_inbox_stalls_no_watch_and_holds_no_more_than_the_objects() {
    let (server, mut bench) = (Server::new(50), Bench::with_inbox(2));
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    let before = bench.deltas.len();
    for n in 0..10_000u128 {
        server.set(n % 50);
        // Objects that come and go must not pile up either.
        server.set(1_000 + n);
        server.delete(1_000 + n);
        if n % 100 == 0 {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
    tokio::time::sleep(s(1)).await;
    assert_eq!(server.with().unread.load(Ordering::Relaxed), 0, "everything was read");
    bench.live(1, &server, s(1)).await;
    let (upserts, deletes) = bench.deltas[before..].iter().fold((0, 0), |sum, d| (sum.0 + d.1, sum.1 + d.2));
    assert!(upserts <= 200 && deletes <= 10, "{upserts} {deletes}");
    assert_eq!(server.counts(), (1, 0), "and the stream was never closed");
}

#[tokio::test(start_paused = true)]
async fn one_object_whole_is_kept_as_received_and_its_end_is_told() {
    let (server, mut bench) = (Server::new(1), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    let want = Want { of: Of::Whole("pod-0".into()), ..Want::all(ClusterId(1), pods(true).id) };
    bench.sessions.start(WatchId(9), &want, &pods(true));
    let version = |b: &Bench| {
        b.objects.last().map(|o| {
            o.as_ref().map(|json| serde_json::from_slice::<serde_json::Value>(json).unwrap()["metadata"]["resourceVersion"].clone())
        })
    };
    bench.until("there", s(1), |b| version(b) == Some(Some("101".into()))).await;
    assert!(server.asked(For::Stream).last().unwrap().query.ends_with("fieldSelector=metadata.name%3Dpod-0"));
    server.set(0);
    bench.until("changed", s(1), |b| version(b) == Some(Some("102".into()))).await;
    server.reset();
    server.delete(0);
    server.compact();
    bench.until("gone", s(1), |b| version(b) == Some(None)).await;
    server.set(0);
    bench.until("back", s(1), |b| matches!(version(b), Some(Some(_)))).await;
}

/// The server shows a kind in other columns from one event on. Where its members disagree for good, they are not asked again and again.
#[tokio::test(start_paused = true)]
async fn columns_that_change_in_a_watch_are_those_of_all_rows_or_of_none() {
    let table = |column: &str, names: &[&str]| {
        let meta = |n: &&str| format!(r#"{{"metadata":{{"name":"{n}","uid":"{n}","resourceVersion":"1"}}}}"#);
        let row = |n: &&str| format!(r#"{{"cells":["{n}","{column}"],"object":{}}}"#, meta(n));
        let rows = names.iter().map(row).collect::<Vec<_>>().join(",");
        let columns = ["Name", column].map(|c| format!(r#"{{"name":"{c}","type":"string"}}"#)).join(",");
        format!(r#"{{"kind":"Table","metadata":{{"resourceVersion":"7"}},"columnDefinitions":[{columns}],"rows":[{rows}]}}"#)
    };
    for agree in [true, false] {
        let (server, mut bench) = (Server::new(0), Bench::new());
        server.with().streaming = Streaming::Refuses;
        let (mut lists, mut watches) = (0, 0);
        server.rule(move |asked| match asked.what {
            For::List => {
                lists += 1;
                let column = if agree && lists > 1 { "Shape" } else { "Colour" };
                Some(Reply::Text(table(column, &["a", "b"])))
            }
            For::Watch => {
                watches += 1;
                let event = format!("{{\"type\":\"MODIFIED\",\"object\":{}}}\n", table("Shape", &["a"]));
                let events = if agree && watches > 1 { Vec::new() } else { vec![event] };
                Some(Reply::Pieces(events, Then::Hold))
            }
            _ => None,
        });
        let (want, id) = (Want::all(ClusterId(1), GroupResource::new("example.org", "things")), WatchId(1));
        bench.sessions.connect(ClusterId(1), Session::default(), Wires::new(&server));
        // The path is that of pods, which the server knows; nobody knows the kind.
        bench.sessions.start(id, &want, &pods(true));
        bench.tables.insert(id, Table::new(id, want, Vec::new(), Timestamp(0)));
        bench.run(s(120)).await;
        let (table, lists) = (bench.table(1), server.asked(For::List).len());
        let column = table.columns[1].title.to_string();
        for row in table.rows() {
            let Value::Text(cell) = row.cells[0].value(table.words()) else { panic!("{row:?}") };
            assert_eq!(cell.to_uppercase(), column, "{}", row.name);
        }
        assert_eq!(table.len(), 2);
        assert!(if agree { lists == 2 && column == "SHAPE" } else { (3..40).contains(&lists) }, "{lists} {column}");
    }
}
