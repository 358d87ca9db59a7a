//! Entries of the two forms whose errors take many lines: Java's exceptions and Python's tracebacks.

use super::Stream::{Stderr, Stdout};
use super::chance::Chance;
use super::profile::Work;
use super::texts::{Entry, failure, time};
use crate::demo::json::Millis;

/// A name as Java's classes have it.
fn class(program: &str) -> String {
    let parts = program.split(|c: char| !c.is_ascii_alphanumeric()).filter(|p| !p.is_empty());
    parts.flat_map(|p| p.chars().take(1).flat_map(char::to_uppercase).chain(p.chars().skip(1)).collect::<Vec<_>>()).collect()
}

pub(super) fn java(work: &Work, at: Millis, wrong: bool, chance: &mut Chance) -> Entry {
    let stamp = time("%Y-%m-%dT%H:%M:%S%.3fZ", at);
    let (thread, class) = (1 + chance.below(10), class(&work.program));
    let line = |level: &str, said: String| format!("{stamp} {level:>5} 1 --- [nio-8080-exec-{thread}] c.e.shop.{class}Controller : {said}");
    if !wrong {
        let level = chance.pick(&["INFO", "INFO", "INFO", "DEBUG", "INFO", "WARN"]);
        return vec![(Stdout, line(level, format!("{} in {} ms", chance.pick(work.words.deeds), chance.took())))];
    }
    let why = failure(work, chance);
    let package = "com.example.shop";
    let service = format!("{package}.{class}Service");
    let mut lines = vec![
        line("ERROR", "Request processing failed".to_owned()),
        format!("java.lang.IllegalStateException: {class} is not available"),
        format!("\tat {service}.load({class}Service.java:{})", 60 + chance.below(200)),
        format!("\tat {package}.{class}Controller.get({class}Controller.java:{})", 30 + chance.below(60)),
        "\tat java.base/jdk.internal.reflect.DirectMethodHandleAccessor.invoke(DirectMethodHandleAccessor.java:103)".to_owned(),
        "\tat org.springframework.web.servlet.DispatcherServlet.doDispatch(DispatcherServlet.java:1089)".to_owned(),
        "\tat org.apache.catalina.core.StandardWrapperValve.invoke(StandardWrapperValve.java:166)".to_owned(),
        "\tat java.base/java.lang.Thread.run(Thread.java:1583)".to_owned(),
        format!("Caused by: java.net.SocketTimeoutException: {why}"),
        format!("\tat {package}.http.Client.call(Client.java:{})", 40 + chance.below(80)),
    ];
    lines.push(format!("\t... {} more", 12 + chance.below(40)));
    lines.into_iter().map(|l| (Stdout, l)).collect()
}

pub(super) fn python(work: &Work, at: Millis, wrong: bool, chance: &mut Chance) -> Entry {
    let stamp = time("%Y-%m-%d %H:%M:%S,", at) + &format!("{:03}", at.rem_euclid(1000));
    if !wrong {
        let level = chance.pick(&["INFO", "INFO", "INFO", "DEBUG", "WARNING"]);
        return vec![(
            Stderr,
            format!("{stamp} {level} shop.tasks: {} ({} items, {} ms)", chance.pick(work.words.deeds), chance.below(400), chance.took()),
        )];
    }
    let why = failure(work, chance);
    let line = 20 + chance.below(200);
    let lines = [
        format!("{stamp} ERROR shop.tasks: task failed"),
        "Traceback (most recent call last):".to_owned(),
        format!(r#"  File "/app/shop/tasks.py", line {line}, in run"#),
        "    result = self.client.fetch(batch)".to_owned(),
        format!(r#"  File "/app/shop/client.py", line {}, in fetch"#, line / 2),
        "    raise UpstreamError(str(error)) from error".to_owned(),
        format!("shop.client.UpstreamError: {why}"),
    ];
    lines.into_iter().map(|l| (Stderr, l)).collect()
}
