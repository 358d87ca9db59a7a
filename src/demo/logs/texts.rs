//! What a single entry of a log says, in each of the forms.

use super::Stream;
use super::chance::Chance;
use super::profile::{Profile, Work};
use super::traces;
use crate::demo::json::{Millis, set};
use Stream::{Stderr, Stdout};
use serde_json::json;

/// The lines of one entry.
pub(super) type Entry = Vec<(Stream, String)>;

const PATHS: &[&str] = &["/", "/cart", "/checkout", "/search?q=tea", "/api/v1/orders", "/api/v1/products", "/assets/app.js", "/healthz"];
const AGENTS: &[&str] = &[
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "kube-probe/1.33",
    "Go-http-client/2.0",
];
const GOODS: &[&str] = &["green tea 100g", "Käsefondue-Set", "抹茶 30g", "Café crème ☕", "naïve art print", "кружка", "tin of biscuits"];
const FAILED: &[&str] = &[
    "context deadline exceeded",
    "connection refused",
    "upstream answered 503 Service Unavailable",
    "too many connections",
    "unexpected end of stream",
];

/// The lines of an entry; `wrong` where it tells of something that failed.
pub(super) fn entry(work: &Work, at: Millis, wrong: bool, chance: &mut Chance) -> Entry {
    match work.profile {
        Profile::Access => access(at, wrong, chance),
        Profile::Json => vec![(Stdout, json_line(work, at, wrong, chance))],
        Profile::Logfmt => vec![(Stderr, logfmt(work, at, wrong, chance))],
        Profile::Java => traces::java(work, at, wrong, chance),
        Profile::Python => traces::python(work, at, wrong, chance),
        Profile::Coloured => vec![coloured(work, wrong, chance)],
        Profile::Klog => vec![(Stderr, klog(work, at, wrong, chance))],
        Profile::Postgres => postgres(at, wrong, chance),
        Profile::Redis => vec![(Stdout, redis(at, wrong, chance))],
        Profile::Quiet if wrong => vec![(Stderr, format!("{} warning: {}, will try again", time("%H:%M:%S", at), failure(work, chance)))],
        Profile::Quiet => vec![(Stdout, format!("{} still here, nothing to do", time("%H:%M:%S", at)))],
    }
}

/// An instant in a form of strftime, in UTC.
pub(super) fn time(form: &str, at: Millis) -> String {
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    jiff::fmt::strtime::format(form, at).unwrap_or_default()
}

/// What failed, in the words of the one that called.
pub(super) fn failure(work: &Work, chance: &mut Chance) -> String {
    format!("{}: {}", chance.pick(work.words.partners), chance.pick(FAILED))
}

fn path(chance: &mut Chance) -> String {
    if chance.once_in(3) { format!("/products/{}", 1000 + chance.below(9000)) } else { chance.pick(PATHS).to_owned() }
}

fn access(at: Millis, wrong: bool, chance: &mut Chance) -> Entry {
    let client = format!("10.{}.{}.{}", chance.below(4), chance.below(256), 1 + chance.below(254));
    let method = if chance.once_in(6) { "POST" } else { "GET" };
    let request = format!("{method} {} HTTP/1.1", path(chance));
    let status = match wrong {
        true => chance.pick(&["502", "503", "504", "500"]),
        false => chance.pick(&["200", "200", "200", "200", "200", "200", "304", "201", "404"]),
    };
    let (size, agent) = (if wrong { 157 } else { 80 + chance.below(40_000) }, chance.pick(AGENTS));
    let stamp = time("%d/%b/%Y:%H:%M:%S +0000", at);
    let mut entry = Vec::new();
    if wrong && chance.once_in(2) {
        let stamp = time("%Y/%m/%d %H:%M:%S", at);
        let (connection, worker) = (10_000 + chance.below(80_000), 29 + chance.below(4));
        let upstream = format!("http://10.96.{}.{}:8080", chance.below(64), 1 + chance.below(254));
        let why = chance.pick(&[
            "connect() failed (111: Connection refused) while connecting to upstream",
            "upstream timed out (110: Operation timed out) while reading response header from upstream",
        ]);
        let text = format!(
            r#"{stamp} [error] {worker}#{worker}: *{connection} {why}, client: {client}, server: _, request: "{request}", upstream: "{upstream}", host: "shop.example.com""#
        );
        entry.push((Stderr, text));
    }
    entry.push((Stdout, format!(r#"{client} - - [{stamp}] "{request}" {status} {size} "-" "{agent}""#)));
    entry
}

fn json_line(work: &Work, at: Millis, wrong: bool, chance: &mut Chance) -> String {
    let level = match wrong {
        true => "error",
        false => chance.pick(&["info", "info", "info", "info", "debug", "info", "info", "warn"]),
    };
    let (time, msg) = (time("%Y-%m-%dT%H:%M:%S%.3fZ", at), chance.pick(work.words.deeds));
    let msg = if wrong {
        "request failed"
    } else if level == "warn" {
        "slow answer"
    } else {
        msg
    };
    let trace = format!("{:016x}{:016x}", chance.next(), chance.next());
    let user = format!("u-{}", 10_000 + chance.below(50_000));
    let mut line =
        json!({"time": time, "level": level, "msg": msg, "service": work.program, "trace": trace, "user": user, "ms": chance.took()});
    if wrong {
        set(&mut line, "/error", failure(work, chance));
        set(&mut line, "/attempt", 1 + chance.below(3));
    } else if chance.once_in(9) {
        set(&mut line, "/item", chance.pick(GOODS));
    }
    if chance.once_in(900) {
        set(&mut line, "/body", "0123456789abcdef".repeat(120 + chance.below(400) as usize));
    }
    line.to_string()
}

fn logfmt(work: &Work, at: Millis, wrong: bool, chance: &mut Chance) -> String {
    let time = time("%Y-%m-%dT%H:%M:%S%.3fZ", at);
    let (level, msg) = if wrong {
        ("error", "request failed")
    } else {
        (chance.pick(&["info", "info", "info", "debug", "warn"]), chance.pick(work.words.deeds))
    };
    let mut line = format!(
        r#"ts={time} level={level} caller={}.go:{} msg="{msg}" duration={}ms"#,
        work.program,
        40 + chance.below(300),
        chance.took()
    );
    if wrong {
        line += &format!(r#" err="{}""#, failure(work, chance));
    }
    line
}

fn coloured(work: &Work, wrong: bool, chance: &mut Chance) -> (Stream, String) {
    let (path, took) = (path(chance), chance.took());
    if wrong {
        return (Stderr, format!("\x1b[31m\x1b[1mERROR\x1b[0m GET {path} \x1b[31m500\x1b[0m in {took}ms: {}", failure(work, chance)));
    }
    match chance.below(12) {
        0 => (Stdout, format!("\x1b[33mwarn\x1b[0m  - {} took {took}ms", chance.pick(GOODS))),
        1 => (Stdout, format!("\x1b[36minfo\x1b[0m  - {}", chance.pick(work.words.deeds))),
        _ => (Stdout, format!("GET {path} \x1b[32m200\x1b[39m in {took}ms")),
    }
}

fn klog(work: &Work, at: Millis, wrong: bool, chance: &mut Chance) -> String {
    let stamp = format!("{}{:03}", time("%m%d %H:%M:%S%.3f", at), chance.below(1000));
    let line = 100 + chance.below(900);
    if wrong {
        return format!(
            r#"E{stamp}       1 reflector.go:{line}] "Failed to watch" err="{}" type="*v1.EndpointSlice""#,
            failure(work, chance)
        );
    }
    let said = [
        r#""Successfully synced" key="shop/checkout""#,
        r#""Watch close" reason="timeout" type="*v1.Service" items=12"#,
        r#""Caches are synced" controller="service config""#,
        r#""Reloading certificate""#,
    ];
    format!("I{stamp}       1 controller.go:{line}] {}", chance.pick(&said))
}

fn postgres(at: Millis, wrong: bool, chance: &mut Chance) -> Entry {
    let stamp = format!("{} UTC [{}]", time("%Y-%m-%d %H:%M:%S%.3f", at), 30 + chance.below(400));
    if wrong {
        let table = chance.pick(&["orders", "order_items", "sessions"]);
        return vec![
            (Stderr, format!("{stamp} ERROR:  canceling statement due to statement timeout")),
            (Stderr, format!("{stamp} STATEMENT:  SELECT * FROM {table} WHERE updated_at > now() - interval '1 day' FOR UPDATE")),
        ];
    }
    let text = match chance.below(4) {
        0 => "LOG:  checkpoint starting: time".to_owned(),
        1 => format!(
            "LOG:  checkpoint complete: wrote {} buffers (0.{}%); write={}.{:03} s, sync=0.004 s",
            chance.below(900),
            chance.below(9),
            chance.below(40),
            chance.below(1000)
        ),
        2 => format!(
            r#"LOG:  automatic vacuum of table "shop.public.sessions": index scans: 1, pages: 0 removed, {} remain"#,
            chance.below(5000)
        ),
        _ => format!(
            "LOG:  duration: {}.{:03} ms  statement: SELECT id, state FROM orders WHERE customer = $1",
            200 + chance.below(900),
            chance.below(1000)
        ),
    };
    vec![(Stderr, format!("{stamp} {text}"))]
}

fn redis(at: Millis, wrong: bool, chance: &mut Chance) -> String {
    let stamp = time("%d %b %Y %H:%M:%S%.3f", at);
    let text = match (wrong, chance.below(3)) {
        (true, _) => "# Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to complete, this may slow down Redis.".to_owned(),
        (_, 0) => format!("* {} changes in 300 seconds. Saving...", 100 + chance.below(900)),
        (_, 1) => format!("* Background saving started by pid {}", 200 + chance.below(9000)),
        _ => "* Background saving terminated with success".to_owned(),
    };
    format!("1:M {stamp} {text}")
}
