//! What programs say when they start, and when they end.

use super::End;
use super::chance::Chance;
use super::profile::{Profile, Work};
use super::texts::{failure, time};
use crate::demo::json::Millis;

/// The first lines.
pub(super) fn first(work: &Work, at: Millis, mut chance: Chance) -> Vec<String> {
    let (program, version, port) = (&work.program, &work.version, work.port);
    let iso = time("%Y-%m-%dT%H:%M:%S%.3fZ", at);
    match work.profile {
        Profile::Access => vec![
            "/docker-entrypoint.sh: Configuration complete; ready for start up".to_owned(),
            format!(r#"{} [notice] 1#1: using the "epoll" event method"#, time("%Y/%m/%d %H:%M:%S", at)),
            format!("{} [notice] 1#1: start worker processes", time("%Y/%m/%d %H:%M:%S", at)),
        ],
        Profile::Json => ["starting", "configuration read", "connected to database", "listening"]
            .map(|msg| {
                format!(r#"{{"time":"{iso}","level":"info","msg":"{msg}","service":"{program}","version":"{version}","port":{port}}}"#)
            })
            .to_vec(),
        Profile::Java => vec![
            format!(" :: Spring Boot ::                (v3.5.{})", chance.below(8)),
            format!("{iso}  INFO 1 --- [           main] c.e.shop.Application : Starting {program} {version} using Java 21"),
            format!("{iso}  INFO 1 --- [           main] o.s.b.w.embedded.tomcat.TomcatWebServer : Tomcat started on port {port} (http)"),
            format!("{iso}  INFO 1 --- [           main] c.e.shop.Application : Started Application in 1.{} seconds", chance.below(1000)),
        ],
        Profile::Python => vec![format!("{} INFO shop: {program} {version} starts, 4 workers", time("%Y-%m-%d %H:%M:%S,000", at))],
        Profile::Coloured => {
            vec![format!("\x1b[1m{program}\x1b[0m {version}"), format!("\x1b[32mready\x1b[0m - listening on 0.0.0.0:{port}")]
        }
        Profile::Logfmt => vec![
            format!(r#"ts={iso} level=info msg="Starting {program}" version={version}"#),
            format!(r#"ts={iso} level=info msg="Server is ready to receive web requests." address=0.0.0.0:{port}"#),
        ],
        Profile::Klog => vec![format!(r#"I{}000       1 server.go:94] "Starting" version="{version}""#, time("%m%d %H:%M:%S%.3f", at))],
        Profile::Postgres => [
            "starting PostgreSQL 17.5 on x86_64-pc-linux-gnu, 64-bit",
            "listening on IPv4 address \"0.0.0.0\", port 5432",
            "database system is ready to accept connections",
        ]
        .map(|said| format!("{} UTC [1] LOG:  {said}", time("%Y-%m-%d %H:%M:%S%.3f", at)))
        .to_vec(),
        Profile::Redis => vec![format!("1:M {} * Ready to accept connections tcp", time("%d %b %Y %H:%M:%S%.3f", at))],
        Profile::Quiet => vec![format!("{program} {version}")],
    }
}

/// The last lines of a run that ended so, for this cause if it is known.
pub(super) fn last(work: &Work, end: &End, cause: Option<&str>, mut chance: Chance) -> Vec<String> {
    let iso = time("%Y-%m-%dT%H:%M:%SZ", end.at);
    let (program, why) = (&work.program, cause.map_or_else(|| failure(work, &mut chance), str::to_owned));
    match (end.code, &*end.reason, work.profile) {
        // The kernel asks nobody: what is killed for its memory says at most that it grows.
        (_, "OOMKilled", Profile::Java) => {
            vec![format!("{iso}  WARN 1 --- [      GC Thread] c.e.shop.Memory : heap is 97% full after a full collection")]
        }
        (_, "OOMKilled", _) => vec![format!("{program}: warning: memory is short, dropping caches")],
        (0, _, Profile::Quiet | Profile::Python) => vec![format!("{program}: done")],
        // 143 is SIGTERM: it was asked to stop.
        (0 | 143, ..) => vec![format!("{program}: got SIGTERM, closing connections"), format!("{program}: bye")],
        (_, _, Profile::Java) => vec![
            format!("{iso} ERROR 1 --- [           main] o.s.boot.SpringApplication : Application run failed"),
            format!("java.lang.IllegalStateException: cannot start: {why}"),
            "\tat com.example.shop.Application.start(Application.java:41)".to_owned(),
            "\tat com.example.shop.Application.main(Application.java:17)".to_owned(),
        ],
        (_, _, Profile::Python) => vec![
            "Traceback (most recent call last):".to_owned(),
            r#"  File "/app/main.py", line 31, in <module>"#.to_owned(),
            "    main()".to_owned(),
            format!("RuntimeError: {why}"),
        ],
        (_, _, Profile::Json) => vec![
            format!(r#"{{"time":"{iso}","level":"fatal","msg":"cannot go on","service":"{program}","error":"{why}"}}"#),
            format!("panic: {why}"),
            String::new(),
            "goroutine 1 [running]:".to_owned(),
            "main.main()".to_owned(),
            "\t/src/main.go:57 +0x1d4".to_owned(),
            "exit status 2".to_owned(),
        ],
        (code, ..) => vec![format!("{program}: fatal: {why}"), format!("{program}: exiting with code {code}")],
    }
}
