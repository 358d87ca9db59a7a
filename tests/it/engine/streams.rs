//! Streams that end too soon, say too little, or say what is no watch event.

use super::{Bench, s};
use crate::rig::script::{For, Reply, Server, Streaming, Then};
use kconsole::model::fault::FaultKind;
use kconsole::model::msg::Sync;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn fn14_a_watch_that_is_closed_every_second_is_opened_once_in_four() {
    for events in [false, true] {
        let (server, mut bench) = (Server::new(5), Bench::new());
        bench.open(1, &server);
        bench.live(1, &server, s(1)).await;
        bench.run(s(11)).await;
        for _ in 0..600 {
            server.close();
            if events {
                server.set(2);
            }
            bench.run(s(1)).await;
        }
        let (lists, watches) = server.counts();
        assert!(lists == 1 && watches <= 150, "{lists} {watches}");
        bench.live(1, &server, s(61)).await;
    }
}

/// The same with connections that break.
#[tokio::test(start_paused = true)]
async fn fn14_a_watch_that_breaks_again_and_again_backs_off_once_and_not_for_ever() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    for _ in 0..300 {
        server.reset();
        server.set(1);
        bench.run(s(1)).await;
    }
    assert!(server.counts().1 <= 75, "{:?}", server.counts());
    assert!(server.asked(For::Version).len() <= 310, "complaints are many, probes are few");
    bench.live(1, &server, s(61)).await;
    // One that lived has paid for the next try.
    for _ in 0..5 {
        bench.run(s(30)).await;
        server.reset();
        assert!(bench.live(1, &server, s(1)).await < Duration::from_millis(50));
    }
}

#[tokio::test(start_paused = true)]
async fn fn15_without_bookmarks_the_rows_are_right() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    server.with().streaming = Streaming::Refuses;
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    for uid in 3..40 {
        server.set(uid);
        server.delete(uid - 3);
        bench.run(s(7)).await;
    }
    assert_eq!((bench.rows(1), server.counts().0), (server.truth(), 2));
}

#[tokio::test(start_paused = true)]
async fn fn15_only_the_annotation_true_ends_a_list() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    server.with().streaming = Streaming::Ignores;
    bench.open(1, &server);
    bench.until("all rows", s(1), |b| b.table(1).len() == 5).await;
    for annotation in [None, Some("false"), Some("")] {
        server.bookmark(annotation);
        bench.run(s(2)).await;
        assert!(matches!(bench.sync(1), Sync::Syncing { .. }), "{annotation:?}: {:?}", bench.sync(1));
    }
    server.bookmark(Some("true"));
    bench.live(1, &server, s(1)).await;
    assert_eq!(server.counts(), (1, 0), "the same stream goes on");
    server.set(2);
    bench.live(1, &server, s(1)).await;
}

#[tokio::test(start_paused = true)]
async fn fn16_422_falls_back_at_once_and_is_remembered() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    server.with().streaming = Streaming::Refuses;
    bench.open(1, &server);
    assert!(bench.live(1, &server, s(1)).await < Duration::from_millis(50));
    server.reset();
    server.delete(1);
    server.compact();
    bench.live(1, &server, s(1)).await;
    assert_eq!((server.asked(For::Stream).len(), server.asked(For::List).len()), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn fn16_a_flag_that_is_ignored_falls_back_after_10_seconds_and_is_remembered() {
    for pods in [0, 5] {
        let (server, mut bench) = (Server::new(pods), Bench::new());
        server.with().streaming = Streaming::Ignores;
        bench.open(1, &server);
        bench.run(Duration::from_millis(9_500)).await;
        assert_ne!(*bench.sync(1), Sync::Live);
        server.delete(0);
        bench.live(1, &server, s(11)).await;
        server.reset();
        server.delete(1);
        server.compact();
        bench.live(1, &server, s(1)).await;
        assert_eq!(server.asked(For::Stream).len(), 1);
    }
}

/// A busy collection on such a server is never silent; its plain bookmarks give it away.
#[tokio::test(start_paused = true)]
async fn fn16_a_busy_server_that_ignores_the_flag_falls_back_too() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    server.with().streaming = Streaming::Ignores;
    bench.open(1, &server);
    for second in 0..61 {
        server.set(second % 7);
        bench.run(s(1)).await;
    }
    server.bookmark(None);
    bench.live(1, &server, s(1)).await;
}

#[tokio::test(start_paused = true)]
async fn fn19_garbage_in_a_stream_is_resumed_where_it_was() {
    for garbage in [
        "not json at all\n".to_owned(),
        "{\"type\":\"ADDED\",\"object\":{\"met\n".to_owned(),
        "x".repeat(10 << 20),
        "\0\u{1b}[2J\n".to_owned(),
    ] {
        let (server, mut bench) = (Server::new(5), Bench::new());
        bench.open(1, &server);
        bench.live(1, &server, s(1)).await;
        bench.run(s(11)).await;
        server.next(For::Watch, [Reply::Pieces(vec![garbage], Then::End)]);
        server.reset();
        bench.until("stale", s(2), |b| b.is_stale(1)).await;
        server.set(3);
        bench.live(1, &server, s(3)).await;
        assert_eq!(server.counts().0, 1, "no list");
    }
}

/// A line that nobody can read stays in the way however often the watch resumes before it.
#[tokio::test(start_paused = true)]
async fn fn19_garbage_that_stays_is_listed_over() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    server.next(For::Watch, (0..6).map(|_| Reply::Text("<<<\n".to_owned())));
    server.line("<<<");
    server.set(4);
    bench.live(1, &server, s(120)).await;
    assert_eq!(server.counts().0, 2);
}

#[tokio::test(start_paused = true)]
async fn fn19_a_login_page_is_named_and_empties_nothing() {
    let page = "<html><head><title>Sign in to Corp</title></head><body>please</body></html>";
    let (server, mut bench) = (Server::new(5), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    server.rule(move |_| Some(Reply::Page(page.to_owned())));
    server.reset();
    bench.until("stale", s(2), |b| b.fails_with(1, &FaultKind::Garbled)).await;
    assert!(bench.why(1).unwrap().what.contains("Sign in to Corp"), "{:?}", bench.why(1));
    bench.run(s(60)).await;
    assert_eq!(bench.table(1).len(), 5);
    server.forget_rules();
    bench.live(1, &server, s(9)).await;
}

#[tokio::test(start_paused = true)]
async fn fn19_what_is_no_list_is_never_an_empty_list() {
    let cut = r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"900"},"items":[{"metadata":{"uid":"#;
    for (answer, then) in [
        ("{}", Then::End),
        (r#"{"kind":"Status","code":200}"#, Then::End),
        (r#"{"error":"who are you"}"#, Then::End),
        ("", Then::End),
        ("[]", Then::End),
        ("OK", Then::End),
        (cut, Then::End),
        (cut, Then::Break),
        (cut, Then::Hold),
        (r#"{"kind":"PodList","metadata":{},"items":[],}"#, Then::End),
    ] {
        let (server, mut bench) = (Server::new(5), Bench::new());
        server.with().streaming = Streaming::Refuses;
        bench.open(1, &server);
        bench.live(1, &server, s(1)).await;
        server.next(For::List, [Reply::Pieces(vec![answer.to_owned()], then)]);
        server.set(7);
        server.compact();
        server.reset();
        bench.until("stale", s(32), |b| b.is_stale(1)).await;
        bench.run(s(1)).await;
        assert!(bench.deltas.iter().all(|d| d.2 == 0), "{answer}: {:?}", bench.deltas);
        bench.live(1, &server, s(40)).await;
    }
}

/// A stream whose other end is gone, on a connection of its own that the probe does not use.
#[tokio::test(start_paused = true)]
async fn fn4_a_stream_that_is_dead_alone_ends_when_it_should_have() {
    let (server, mut bench) = (Server::new(5), Bench::new());
    bench.open(1, &server);
    bench.live(1, &server, s(1)).await;
    server.deafen();
    server.set(3);
    bench.live(1, &server, s(620)).await;
    assert_eq!(server.counts().0, 1);
}
