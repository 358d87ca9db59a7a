//! The journal: what is written down of a [`Deed`], as a line of its file, and whether the lines are still those that were written.
//!
//! A line is JSON that ends with the hash of the line before it and with its own, which covers all of it. Nobody can change, put in or take out a
//! line without all that follow giving it away; what nobody can see is that the last lines are missing.

use crate::model::cluster::Cluster;
use crate::model::deed::{Deed, Edit, Outcome, written};
use crate::model::id::{GroupResource, Uid};
use crate::model::record::{Object, Place, Record, Stage, Touched, Versions};
use ring::digest::{SHA256, digest};
use serde_json::Value;
use std::fmt::Write;

/// What the first line has for the hash of the line before it.
pub const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// How a record begins: a line that was cut off begins so, too.
const BEGIN: &str = "{\"time\":\"";
const PREV: &str = ",\"prev\":\"";
const HASH: &str = ",\"hash\":\"";
const END: &str = "\"}";

/// What is known of the run that writes.
#[derive(Clone, Debug)]
pub struct Writer {
    /// Tells this run from all others.
    pub run: String,
    /// Who runs it.
    pub os_user: String,
    /// Hashes of Secrets are made with it. It is kept nowhere: within a run one sees whether values are the same, and nobody can find a value by
    /// trying.
    pub salt: Vec<u8>,
}

impl Writer {
    /// What is written down of a deed in a cluster, at a time in the form of RFC 3339.
    pub fn record(&self, deed: &Deed, cluster: Option<&Cluster>, time: String) -> Record {
        let secret = deed.object.is_secret();
        // What is done to a cluster as a whole has no uid before it has said who it is, and what is made none before it is, only a stand-in for that.
        let nameless = deed.object.kind == GroupResource::new("", "cluster") && cluster.is_none_or(|c| c.identity.is_none())
            || deed.object.uid == Uid::of_name(&deed.object.namespace, &deed.object.name);
        let (outcome, why) = match &deed.outcome {
            None => (None, None),
            Some(Outcome::Done) => (Some("done"), deed.ended.clone()),
            Some(Outcome::Refused(why)) => (Some("refused"), Some(why.clone())),
            Some(Outcome::Unknown(why)) => (Some("unknown"), Some(why.clone())),
        };
        Record {
            time,
            id: format!("{}-{}", self.run, deed.id),
            record: if deed.outcome.is_none() { Stage::Intent } else { Stage::Outcome },
            os_user: self.os_user.clone(),
            cluster: cluster.map(place).unwrap_or_default(),
            verb: deed.verb.clone(),
            object: Object {
                kind: deed.object.kind.to_string(),
                namespace: deed.object.namespace.to_string(),
                name: deed.object.name.to_string(),
                uid: if nameless { String::new() } else { deed.object.uid.to_string() },
            },
            resource_version: Versions { before: deed.before.clone(), after: deed.after.clone() },
            subresource: deed.subresource.to_owned(),
            changes: deed.edits.iter().map(|edit| self.touched(edit, secret)).collect(),
            rule: deed.rule.clone(),
            reason: deed.reason.clone(),
            outcome: outcome.map(str::to_owned),
            why,
        }
    }

    fn touched(&self, edit: &Edit, secret: bool) -> Touched {
        let value = |value: &Option<Value>| value.as_ref().map(|v| if secret { self.hashed(v) } else { v.clone() });
        Touched { field: written(&edit.path), path: edit.path.clone(), before: value(&edit.before), after: value(&edit.after) }
    }

    fn hashed(&self, value: &Value) -> Value {
        let salted = [self.salt.as_slice(), value.to_string().as_bytes()].concat();
        Value::String(format!("sha256:{}", sha256(&salted)))
    }
}

fn place(cluster: &Cluster) -> Place {
    Place {
        name: cluster.name.clone(),
        context: cluster.context.clone(),
        identity: cluster.identity.map(|uid| uid.to_string()),
        user: cluster.user.clone(),
    }
}

/// The line of a record that follows the line of this hash, and its own hash.
///
/// # Errors
/// Where it cannot be written as JSON.
pub fn line(record: &Record, prev: &str) -> Result<(String, String), serde_json::Error> {
    let json = serde_json::to_string(record)?;
    let body = format!("{}{PREV}{prev}\"", json.strip_suffix('}').unwrap_or(&json));
    let hash = sha256(body.as_bytes());
    Ok((format!("{body}{HASH}{hash}{END}\n"), hash))
}

/// The hash that a line ends with, where it is a whole one.
pub fn hash_of(line: &str) -> Option<&str> {
    sealed(line).map(|s| s.hash)
}

/// True where a text begins as a journal does, as far as it goes.
pub fn is_begun(text: &str) -> bool {
    text.starts_with(BEGIN) || BEGIN.starts_with(text)
}

/// A whole line: all but its hash, the hash of the line before, and its own.
struct Sealed<'a> {
    body: &'a str,
    prev: &'a str,
    hash: &'a str,
}

fn sealed(line: &str) -> Option<Sealed<'_>> {
    let (body, hash) = line.strip_suffix(END)?.rsplit_once(HASH)?;
    let (_, prev) = body.strip_suffix('"')?.rsplit_once(PREV)?;
    let is_hash = |text: &str| text.len() == FIRST.len() && text.bytes().all(|b| b.is_ascii_hexdigit());
    (line.starts_with(BEGIN) && is_hash(prev) && is_hash(hash)).then_some(Sealed { body, prev, hash })
}

/// Something wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The line, counted from 1.
    pub line: usize,
    /// What.
    pub what: String,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// The records, in their order.
    pub records: Vec<Record>,
    /// Lines that a writer began and did not end, because it was ended itself.
    pub torn: Vec<usize>,
    /// What somebody did to it.
    pub flaws: Vec<Flaw>,
}

/// Reads the text of a file, and sees whether it is whole.
pub fn read(text: &str) -> Log {
    let mut log = Log::default();
    let mut before = FIRST;
    for (line, text) in text.split('\n').enumerate().map(|(n, text)| (n + 1, text)).filter(|(_, text)| !text.is_empty()) {
        let mut flaw = |what: &str| log.flaws.push(Flaw { line, what: what.to_owned() });
        let Some(Sealed { body, prev, hash }) = sealed(text) else {
            // What stood there before, if anything did, is missed by the line that follows.
            if is_begun(text) {
                log.torn.push(line)
            } else {
                flaw("it is no record of kconsole")
            }
            continue;
        };
        if sha256(body.as_bytes()) != hash {
            flaw("it was changed after it was written");
        } else if prev != before {
            flaw(match (prev, before) {
                (FIRST, _) => "it begins a journal of its own: what was before it was put in",
                (_, FIRST) => "the beginning is missing: it follows a line that is not here",
                _ => "it does not follow the line before it: one was changed, put in or taken out",
            });
        }
        before = hash;
        match serde_json::from_str(text) {
            Ok(record) => log.records.push(record),
            Err(error) => log.flaws.push(Flaw { line, what: format!("it cannot be read: {error}") }),
        }
    }
    log
}

/// One record for each change to an object: what became of it in the place of what was meant, at the time when that was.
pub fn fold(records: Vec<Record>) -> Vec<Record> {
    let mut folded: Vec<Record> = Vec::new();
    let mut open: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for record in records {
        match (record.record, open.get(&record.id).and_then(|at| folded.get_mut(*at))) {
            (Stage::Outcome, Some(intent)) => *intent = Record { time: std::mem::take(&mut intent.time), ..record },
            (stage, _) => {
                if stage == Stage::Intent {
                    open.insert(record.id.clone(), folded.len());
                }
                folded.push(record);
            }
        }
    }
    folded
}

fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use crate::model::deed::Key;
    use crate::model::id::{ClusterId, ObjectRef, Uid};
    use proptest::prelude::*;
    use serde_json::json;

    fn deed(id: &str, kind: &GroupResource, outcome: Option<Outcome>) -> Deed {
        let path = vec![Key::Field("data".to_owned()), Key::Element(0, Some("app".to_owned())), Key::Field("a.b".to_owned())];
        Deed {
            id: id.to_owned(),
            verb: "edit".to_owned(),
            object: ObjectRef {
                cluster: ClusterId(0),
                kind: kind.clone(),
                namespace: "shop".into(),
                name: "web\u{202e}\"\n".into(),
                uid: Uid::parse("a"),
            },
            before: Some("7".to_owned()),
            after: outcome.is_some().then(|| "8".to_owned()),
            subresource: "",
            edits: vec![Edit { path, before: Some(json!("hunter2")), after: None }],
            rule: "tier prod".to_owned(),
            reason: None,
            outcome,
            ended: None,
        }
    }

    fn writer(salt: &[u8]) -> Writer {
        Writer { run: "run".to_owned(), os_user: "ada".to_owned(), salt: salt.to_vec() }
    }

    fn text(n: usize) -> String {
        let (writer, kind) = (writer(b"s"), GroupResource::new("apps", "deployments"));
        let mut prev = FIRST.to_owned();
        (0..n)
            .map(|i| {
                let record = writer.record(&deed(&i.to_string(), &kind, None), None, "2026-11-27T12:00:00Z".to_owned());
                let (line, hash) = line(&record, &prev).unwrap();
                prev = hash;
                line
            })
            .collect()
    }

    #[test]
    fn what_is_not_there_yet_has_no_uid() {
        let mut new = deed("1", &GroupResource::new("", "secrets"), None);
        let uid = |deed: &Deed| writer(b"s").record(deed, None, String::new()).object.uid;
        assert_ne!(uid(&new), "");
        new.object.uid = Uid::of_name(&new.object.namespace, &new.object.name);
        assert_eq!(uid(&new), "");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let (writer, kind) = (writer(b"s"), GroupResource::new("apps", "deployments"));
        for outcome in [None, Some(Outcome::Done), Some(Outcome::Refused("no".into())), Some(Outcome::Unknown("lost".into()))] {
            let record = writer.record(&deed("1", &kind, outcome), None, "2026-11-27T12:00:00Z".to_owned());
            let (line, hash) = line(&record, FIRST).unwrap();
            assert!(line.ends_with('\n') && line.matches('\n').count() == 1);
            assert_eq!(hash_of(line.trim_end()), Some(hash.as_str()));
            assert_eq!(read(&line), Log { records: vec![record], ..Log::default() });
        }
    }

    #[test]
    fn a_value_of_a_secret_is_never_written() {
        let kind = GroupResource::new("", "secrets");
        let line_of = |salt: &[u8]| {
            let record = writer(salt).record(&deed("1", &kind, None), None, String::new());
            line(&record, FIRST).unwrap().0
        };
        let (one, again, other) = (line_of(b"one"), line_of(b"one"), line_of(b"other"));
        assert!(!one.contains("hunter2") && one.contains("\"before\":\"sha256:"), "{one}");
        assert_eq!(one, again);
        assert_ne!(one, other, "another run has another salt");
        assert!(!one.contains(&sha256(b"\"hunter2\"")));
    }

    #[test]
    fn intent_and_outcome_are_one() {
        let (writer, kind) = (writer(b"s"), GroupResource::new("apps", "deployments"));
        let record = |id: &str, outcome, time: &str| writer.record(&deed(id, &kind, outcome), None, time.to_owned());
        let folded = fold(vec![record("1", None, "t1"), record("2", None, "t2"), record("1", Some(Outcome::Done), "t3")]);
        let told: Vec<_> = folded.iter().map(|r| (r.id.as_str(), r.time.as_str(), r.ended())).collect();
        assert_eq!(told, [("run-1", "t1", "done"), ("run-2", "t2", "not known")]);
    }

    #[test]
    fn what_somebody_did_to_it_is_told_with_its_line() {
        let whole = text(4);
        let lines: Vec<&str> = whole.lines().collect();
        let joined = |lines: &[&str]| lines.iter().map(|l| format!("{l}\n")).collect::<String>();
        let changed = lines[1].replace("tier prod", "tier dev_");
        let resealed = line(&serde_json::from_str(&changed).unwrap(), hash_of(lines[0]).unwrap()).unwrap().0;
        let torn = &lines[2][..40];
        type Case<'a> = (String, &'a [(usize, &'a str)], &'a [usize]);
        let cases: [Case<'_>; 11] = [
            (String::new(), &[], &[]),
            (joined(&lines), &[], &[]),
            (joined(&lines[..3]) + lines[3], &[], &[]),
            (joined(&[lines[0], &changed, lines[2], lines[3]]), &[(2, "changed after")], &[]),
            (joined(&[lines[0], resealed.trim_end(), lines[2], lines[3]]), &[(3, "does not follow")], &[]),
            (joined(&[lines[0], lines[2], lines[3]]), &[(2, "does not follow")], &[]),
            (joined(&lines[1..]), &[(1, "the beginning is missing")], &[]),
            (joined(&[lines[0], lines[0], lines[1]]), &[(2, "begins a journal of its own")], &[]),
            (joined(&[lines[0], "hello", lines[1]]), &[(2, "no record")], &[]),
            // A writer that was ended; the next one stepped over it.
            (joined(&[lines[0], lines[1], torn, lines[2]]) + torn, &[], &[3, 5]),
            // Nobody hides a record behind a line that looks torn.
            (joined(&[lines[0], &lines[1][..40], lines[2]]), &[(3, "does not follow")], &[2]),
        ];
        for (text, flaws, torn) in cases {
            let log = read(&text);
            let told: Vec<_> = log.flaws.iter().map(|f| (f.line, f.what.as_str())).collect();
            assert_eq!((told.len(), log.torn.as_slice()), (flaws.len(), torn), "{text}: {told:?}");
            assert!(told.iter().zip(flaws).all(|(a, b)| a.0 == b.0 && a.1.contains(b.1)), "{told:?} {flaws:?}");
        }
    }

    proptest! {
        #[test]
        fn no_byte_can_be_changed_unseen(at in any::<prop::sample::Index>(), by in 1u8..127) {
            let whole = text(3);
            let mut bytes = whole.clone().into_bytes();
            // The last end of line says nothing.
            let at = at.index(bytes.len() - 1);
            bytes[at] = bytes[at].wrapping_add(by) % 128;
            prop_assume!(bytes != whole.as_bytes());
            let log = read(&String::from_utf8_lossy(&bytes));
            // In the last line, what is changed at its end looks as if its writer had been ended.
            prop_assert!(!log.flaws.is_empty() || log.torn == [3], "{log:?}");
        }

        #[test]
        fn wherever_a_writer_is_ended_the_rest_is_whole(at in any::<prop::sample::Index>()) {
            let whole = text(3);
            let cut = String::from_utf8_lossy(&whole.as_bytes()[..at.index(whole.len())]);
            prop_assert_eq!(read(&cut).flaws, []);
        }

        #[test]
        fn nothing_panics(text in "(\\{\"time\":\"|,\"prev\":\"|,\"hash\":\"|0{64}|\"\\}|[a-z\n]){0,12}") {
            let _ = read(&text);
        }
    }
}
