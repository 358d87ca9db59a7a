//! Faults on order: each does what it says, seen by a client, and the engine comes through all of them with the truth.

use crate::rig::fleet::{Engine, bare, client, delete, put};
use futures::StreamExt;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use kconsole::demo::digest::digest;
use kconsole::demo::fault::answer::{Does, On, Rule};
use kconsole::demo::fault::{Fault, data};
use kconsole::demo::fleet::Member;
use kconsole::demo::status::Refusal;
use kconsole::model::msg::Sync;
use kconsole::model::table::Table;
use kconsole::model::world::World;
use kube::client::Body;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::time::timeout;

const NAMESPACES: &str = "/api/v1/namespaces";
const WATCH: &str = "/api/v1/namespaces?watch=true&allowWatchBookmarks=true&timeoutSeconds=60";

fn rule(on: On, times: usize, does: Does) -> Fault {
    Fault::Answer(Rule { on, path: NAMESPACES.to_owned(), times, does })
}

async fn ask(client: &kube::Client, path: &str) -> Result<Response<Body>, String> {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    timeout(Duration::from_secs(10), client.send(request)).await.map_err(|_| "no answer".to_owned())?.map_err(|e| format!("{e:?}"))
}

/// The whole body, and whether it came to its end.
async fn whole(response: Response<Body>) -> (String, bool) {
    let mut chunks = response.into_body().into_data_stream();
    let mut all = Vec::new();
    let text = |all: &[u8]| String::from_utf8_lossy(all).into_owned();
    while let Some(chunk) = timeout(Duration::from_secs(10), chunks.next()).await.expect("it ends") {
        match chunk {
            Ok(chunk) => all.extend_from_slice(&chunk),
            Err(_) => return (text(&all), false),
        }
    }
    (text(&all), true)
}

/// What a list of namespaces comes to: the code, and the body.
async fn list(client: &kube::Client) -> (u16, String) {
    let answer = ask(client, NAMESPACES).await.expect("an answer");
    let code = answer.status().as_u16();
    (code, whole(answer).await.0)
}

#[tokio::test]
async fn answers_are_other_ones_as_often_as_ordered() {
    let fleet = bare(1);
    let (faults, client) = (&fleet.members()[0].faults, client(&fleet).await);
    let mut slow = Refusal::new(429, "TooManyRequests", "too many requests");
    slow.details = json!({"retryAfterSeconds": 7});
    for code in [401, 403, 410, 500, 503, 504] {
        faults.order(rule(On::Read, 2, Does::Refuse(Refusal::new(code, "", "on order"))));
        for wanted in [code, code, 200] {
            assert_eq!(list(&client).await.0, wanted);
        }
    }
    faults.order(rule(On::Read, 1, Does::Refuse(slow)));
    let answer = ask(&client, NAMESPACES).await.expect("an answer");
    assert_eq!((answer.status(), answer.headers()["retry-after"].as_bytes()), (StatusCode::TOO_MANY_REQUESTS, &b"7"[..]));
    for code in [200, 502] {
        faults.order(rule(On::Read, 1, Does::Page(code)));
        let (told, page) = list(&client).await;
        assert!(told == code && page.contains("<title>Sign in"), "{told}: {page}");
    }
    faults.order(rule(On::Read, 1, Does::Date(-600_000)));
    let answer = ask(&client, NAMESPACES).await.expect("an answer");
    let date = answer.headers()["date"].to_str().expect("a date").to_owned();
    let then = jiff::fmt::rfc2822::parse(&date).expect("a date of HTTP").timestamp();
    assert!((590..=610).contains(&(jiff::Timestamp::now().as_second() - then.as_second())), "{date}");
    faults.order(rule(On::Write, usize::MAX, Does::Page(200)));
    assert_eq!(list(&client).await.0, 200, "reads are not writes");
}

#[tokio::test]
async fn bodies_break_off_and_are_spoilt_where_ordered() {
    let fleet = bare(1);
    let (faults, client) = (&fleet.members()[0].faults, client(&fleet).await);
    let good = list(&client).await.1;
    faults.order(rule(On::Read, 1, Does::Cut(100)));
    let (told, ended) = whole(ask(&client, NAMESPACES).await.expect("an answer")).await;
    assert!(told.len() == 100 && good.starts_with(&told) && !ended, "{told}");
    faults.order(rule(On::Read, 1, Does::Garbage(50)));
    let (told, ended) = whole(ask(&client, NAMESPACES).await.expect("an answer")).await;
    assert!(told.starts_with(&good[..50]) && told.len() > good.len() && ended);
    assert!(serde_json::from_str::<serde_json::Value>(&told).is_err());
    faults.order(rule(On::Read, 1, Does::Hang));
    assert!(timeout(Duration::from_millis(300), ask(&client, NAMESPACES)).await.is_err());
    assert_eq!(list(&client).await.1, good, "all is well again");
}

#[tokio::test]
async fn watches_end_break_and_lose_their_bookmarks_on_order() {
    let fleet = bare(1);
    let (faults, client) = (&fleet.members()[0].faults, client(&fleet).await);
    for (fault, ends) in [(Fault::EndWatches, true), (Fault::CutWatches, false)] {
        let watch = ask(&client, WATCH).await.expect("a watch");
        faults.order(fault);
        let (told, ended) = whole(watch).await;
        assert_eq!(ended, ends, "{told}");
        let mut another = ask(&client, WATCH).await.expect("a watch").into_body().into_data_stream();
        let first = timeout(Duration::from_secs(5), another.next()).await.expect("the next watch begins");
        assert!(first.is_some_and(|f| f.is_ok()));
    }
    faults.order(rule(On::Watch, 1, Does::Error(Refusal::expired(1, 2))));
    let (told, ended) = whole(ask(&client, WATCH).await.expect("a watch")).await;
    assert!(told.starts_with(r#"{"type":"ERROR""#) && told.contains("\"code\":410") && ended, "{told}");
    let stream = format!("{WATCH}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan").replace("Seconds=60", "Seconds=1");
    let told = whole(ask(&client, &stream).await.expect("a watch")).await.0;
    assert!(told.contains("BOOKMARK"), "{told}");
    faults.order(rule(On::Stream, 1, Does::NoBookmarks));
    let told = whole(ask(&client, &stream).await.expect("a watch")).await.0;
    assert!(told.contains("ADDED") && !told.contains("BOOKMARK"), "{told}");
}

#[tokio::test]
async fn connections_fail_on_order_and_come_back() {
    let fleet = bare(1);
    let faults = &fleet.members()[0].faults;
    for (fault, word) in [(Fault::Refuse, "refused"), (Fault::Garbage, "InvalidMessage"), (Fault::BlackHole, "TLS")] {
        let kept = client(&fleet).await;
        assert_eq!(list(&kept).await.0, 200);
        faults.order(fault.clone());
        let new = client(&fleet).await;
        let why = ask(&new, NAMESPACES).await.expect_err("no connection");
        assert!(why.contains(word), "{fault:?}: {why}");
        faults.lift();
        let came_back = async { while ask(&new, NAMESPACES).await.is_err() {} };
        timeout(Duration::from_secs(10), came_back).await.expect("it comes back");
    }
}

#[tokio::test]
async fn open_connections_are_reset_and_fall_silent() {
    let fleet = bare(1);
    let faults = &fleet.members()[0].faults;
    let open = client(&fleet).await;
    let watch = ask(&open, WATCH).await.expect("a watch");
    faults.order(Fault::Reset);
    assert!(!whole(watch).await.1, "a reset is no end");
    assert_eq!(list(&open).await.0, 200, "the next connection is well");
    faults.order(Fault::HalfOpen);
    assert!(timeout(Duration::from_millis(500), ask(&open, NAMESPACES)).await.is_err(), "silent, not closed");
    let new = client(&fleet).await;
    assert_eq!(list(&new).await.0, 200, "a new one is well");
}

#[tokio::test]
async fn lines_are_slow_on_order() {
    let fleet = bare(1);
    let member = &fleet.members()[0];
    let client = client(&fleet).await;
    let took = async |what: &str| {
        let start = Instant::now();
        assert_eq!(list(&client).await.0, 200, "{what}");
        start.elapsed()
    };
    put(member, (0..40).map(|n| format!("n{n}")));
    let (_, good) = list(&client).await;
    member.faults.order(Fault::Latency(Duration::from_millis(150)));
    assert!(took("latency").await >= Duration::from_millis(300), "there and back");
    member.faults.lift();
    let rate = u32::try_from(good.len()).expect("a short list");
    member.faults.order(Fault::Rate(rate));
    assert!(took("rate").await >= Duration::from_millis(800), "{rate} bytes at as many a second");
    member.faults.lift();
    assert!(took("well").await < Duration::from_millis(300));
}

/// The engine shows what the server has of a kind, and calls it live.
fn shows<'m>(member: &'m Member, kind: &'m str) -> impl Fn(&World) -> bool {
    move |world| {
        let is = |table: &Table| digest(table.rows().map(|row| (row.uid, row.version))) == member.cluster.digest(kind);
        world.tables.values().any(|table| table.sync == Sync::Live && is(table))
    }
}

fn agrees(member: &Member) -> impl Fn(&World) -> bool {
    shows(member, "namespaces")
}

#[tokio::test]
async fn objects_that_are_hard_to_show_arrive_whole() {
    let fleet = bare(1);
    let member = &fleet.members()[0];
    member.cluster.with(|sim| {
        data::odd(sim);
        data::huge(sim, 3 << 20).expect("config maps are served");
        data::early(sim, 600_000).expect("config maps are served");
    });
    let mut pods = Engine::start(&fleet, "pods");
    pods.until("odd pods", shows(member, "pods")).await;
    let names: Vec<&str> = pods.0.state.world.tables.values().flat_map(Table::rows).map(|row| &*row.name).collect();
    assert!(data::ODD.iter().all(|odd| names.contains(&format!("odd-{odd}").as_str())), "{names:?}");
    let mut maps = Engine::start(&fleet, "configmaps");
    maps.until("huge and early config maps", shows(member, "configmaps")).await;
}

#[tokio::test]
async fn the_engine_comes_through_every_fault_with_the_truth() {
    let fleet = bare(1);
    let member = &fleet.members()[0];
    put(member, (0..50).map(|n| format!("n{n}")));
    let gone = || Refusal::expired(1, 2);
    let unknown = || Refusal::new(422, "Invalid", "on order");
    let busy = || Refusal::new(503, "ServiceUnavailable", "on order");
    let faults = [
        vec![Fault::Reset],
        vec![Fault::EndWatches],
        vec![Fault::CutWatches],
        vec![rule(On::Watch, 1, Does::Error(gone())), Fault::EndWatches],
        vec![rule(On::Watch, 1, Does::Refuse(gone())), Fault::EndWatches],
        vec![rule(On::Any, 2, Does::Refuse(busy())), Fault::CutWatches],
        vec![rule(On::Stream, 1, Does::Error(busy())), rule(On::Watch, 1, Does::Refuse(gone())), Fault::Reset],
        // An old server, of which only ordinary lists come.
        vec![rule(On::Stream, usize::MAX, Does::Refuse(unknown())), rule(On::Watch, 1, Does::Refuse(gone())), Fault::EndWatches],
        vec![rule(On::Any, 1, Does::Page(200)), Fault::CutWatches],
        vec![rule(On::Any, 1, Does::Garbage(70)), Fault::EndWatches],
        vec![rule(On::Any, 1, Does::Cut(70)), Fault::EndWatches],
        vec![rule(On::Watch, 1, Does::NoBookmarks), Fault::EndWatches],
    ];
    for (n, faults) in faults.into_iter().enumerate() {
        // A new one each time, or the next try would be ever later.
        let mut engine = Engine::start(&fleet, "namespaces");
        engine.until("the first list", agrees(member)).await;
        let told = format!("{faults:?}");
        faults.into_iter().for_each(|fault| member.faults.order(fault));
        put(member, (n..n + 60).map(|n| format!("n{n}")));
        delete(member, &format!("n{n}"));
        engine.until(&told, agrees(member)).await;
        member.faults.lift();
    }
}
