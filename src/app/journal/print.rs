//! `kconsole journal`: prints what was written down, and tells whether it is whole.

use super::super::cli::{JournalArgs, JournalCommand, JournalOutput};
use super::super::entry::{USAGE, eprint, print};
use super::super::startup::Setup;
use crate::model::quantity::span;
use crate::model::record::Record;
use crate::model::text::visible;
use crate::model::time::Timestamp;
use crate::safety::journal::{Log, fold};
use crate::ui::widgets::text::width;
use color_eyre::eyre::Result;
use std::path::Path;

/// Does what the command line says of the journal. Returns the exit code.
///
/// # Errors
/// Where standard output is gone.
pub(in crate::app) fn run(setup: &Setup, asked: &JournalArgs) -> Result<u8> {
    let path = super::place(&setup.paths, setup.flags.journal.as_deref(), &setup.own.config.journal);
    let since = match asked.since.as_deref().map(|text| since(text, setup.world.now)) {
        Some(Err(why)) => {
            eprint(&format!("kconsole: {why}"));
            return Ok(USAGE);
        }
        Some(Ok(since)) => Some(since),
        None => None,
    };
    let log = match super::read(&path) {
        Ok(log) => log,
        Err(error) => {
            eprint(&format!("kconsole: {}: {error}", path.display()));
            return Ok(1);
        }
    };
    if let Some(JournalCommand::Verify) = asked.command {
        return verify(&path, &log);
    }
    if let Some(flaw) = log.flaws.first() {
        eprint(&format!("kconsole: {}:{}: {}; `kconsole journal verify` tells all", path.display(), flaw.line, flaw.what));
    }
    let kept = log.records.into_iter().filter(|r| since.is_none_or(|s| Timestamp::parse(&r.time).is_some_and(|t| t >= s)));
    match asked.output {
        JournalOutput::Json => {
            let lines: std::result::Result<Vec<String>, _> = kept.map(|r| serde_json::to_string(&r).map(|l| l + "\n")).collect();
            print(&lines?.concat())
        }
        JournalOutput::Table => print(&table(&fold(kept.collect()))),
    }
}

fn verify(path: &Path, log: &Log) -> Result<u8> {
    for line in &log.torn {
        eprint(&format!(
            "kconsole: {}:{line}: a record was begun and not ended: kconsole or its machine was ended; it is stepped over",
            path.display()
        ));
    }
    for flaw in &log.flaws {
        eprint(&format!("kconsole: {}:{}: {}", path.display(), flaw.line, flaw.what));
    }
    let (whole, code) = if log.flaws.is_empty() { ("whole", 0) } else { ("broken", 1) };
    let there = if path.exists() { format!("{} records", log.records.len()) } else { "not there yet".to_owned() };
    print(&format!("{}: {whole}, {there}\n", visible(&path.display().to_string())))?;
    Ok(code)
}

/// An instant as people give it: how long ago, a time, or a day.
pub(in crate::app) fn since(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let ago = span(text).map(|seconds| Timestamp(now.0 - seconds));
    let at = || Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")));
    ago.or_else(at)
        .ok_or_else(|| format!("--since {text}: write how long ago, as 2h, or a time in UTC, as 2026-11-27T12:00:00Z or 2026-11-27"))
}

/// The records in columns, the oldest first.
fn table(records: &[Record]) -> String {
    let head = ["TIME", "CLUSTER", "USER", "VERB", "OBJECT", "OUTCOME", "RULE", "CHANGE"].map(str::to_owned);
    let rows = records.iter().map(|r| {
        let user = r.cluster.user.as_deref().unwrap_or(&r.os_user);
        [&r.time, &r.cluster.name, user, &r.verb, &r.object.told(), r.ended(), &r.rule, &r.summary()].map(|cell| visible(cell).into_owned())
    });
    let rows: Vec<[String; 8]> = std::iter::once(head).chain(rows).collect();
    let wide: Vec<u16> = (0..8).map(|i| rows.iter().filter_map(|r| r.get(i)).map(|c| width(c)).max().unwrap_or_default()).collect();
    let line = |row: &[String; 8]| {
        let cells = row.iter().zip(&wide).map(|(cell, wide)| format!("{cell}{}", " ".repeat(usize::from(wide - width(cell)))));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;

    #[test]
    fn since_is_how_long_ago_or_when() {
        let now = Timestamp::parse("2026-11-27T12:00:00Z").unwrap();
        for (text, want) in [
            ("2h", Some("2026-11-27T10:00:00Z")),
            ("1d", Some("2026-11-26T12:00:00Z")),
            ("2026-11-27T09:30:00Z", Some("2026-11-27T09:30:00Z")),
            ("2026-11-27T09:30:00+01:00", Some("2026-11-27T08:30:00Z")),
            ("2026-11-27", Some("2026-11-27T00:00:00Z")),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(since(text, now).ok().map(Timestamp::rfc3339).as_deref(), want, "{text}");
        }
    }
}
