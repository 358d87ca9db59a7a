//! The file of the journal: several writers, writers that are ended, places that cannot be written.

use super::*;
use crate::model::deed::Outcome;
use crate::model::id::{ClusterId, GroupResource, ObjectRef, Uid};
use std::process::{Child, Command};

/// Where a process that a test starts writes, and how many records.
const PLACE: &str = "KCONSOLE_TEST_JOURNAL";
const COUNT: &str = "KCONSOLE_TEST_RECORDS";

fn deed(id: &str) -> Deed {
    Deed {
        id: id.to_owned(),
        verb: "restart".to_owned(),
        object: ObjectRef {
            cluster: ClusterId(0),
            kind: GroupResource::new("apps", "deployments"),
            namespace: "shop".into(),
            name: "web".into(),
            uid: Uid::parse("a"),
        },
        before: None,
        after: None,
        subresource: "",
        edits: Vec::new(),
        rule: "tier dev".to_owned(),
        reason: None,
        outcome: Some(Outcome::Done),
        ended: None,
    }
}

fn record(id: &str) -> Record {
    writer().unwrap().record(&deed(id), None, "2026-11-27T12:00:00Z".to_owned())
}

fn whole(path: &Path, records: usize) -> Log {
    let log = read(path).unwrap();
    assert_eq!((log.flaws.as_slice(), log.records.len()), ([].as_slice(), records));
    log
}

/// Starts this program again, to run only the test below.
fn another(path: &Path, records: usize, before: &str) -> Child {
    let this = std::env::current_exe().unwrap();
    let test = "app::journal::tests::another_process_writes";
    let command = format!("{before} exec \"$0\" {test} --exact --ignored --nocapture");
    Command::new("sh").arg("-c").arg(command).arg(this).env(PLACE, path).env(COUNT, records.to_string()).spawn().unwrap()
}

#[test]
#[ignore = "started by other tests, in a process of its own"]
fn another_process_writes() {
    let (place, count) = (std::env::var(PLACE).unwrap(), std::env::var(COUNT).unwrap());
    for n in 0..count.parse().unwrap() {
        append(Path::new(&place), &record(&n.to_string())).unwrap();
    }
}

#[test]
fn several_processes_and_threads_write_one_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/journal.jsonl");
    let children: Vec<Child> = (0..3).map(|_| another(&path, 20, "")).collect();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| (0..20).for_each(|n| append(&path, &record(&n.to_string())).unwrap()));
        }
    });
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let log = whole(&path, 120);
    let mut ids: Vec<&str> = log.records.iter().map(|r| r.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), log.torn.len()), (120, 0), "every record has an id of its own");
}

#[test]
fn only_its_owner_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/kconsole/journal.jsonl");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    append(&path, &record("1")).unwrap();
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    append(&path, &record("2")).unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn a_line_that_was_begun_and_not_ended_is_stepped_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    (1..=2).for_each(|n| append(&path, &record(&n.to_string())).unwrap());
    let text = fs::read_to_string(&path).unwrap();
    let second = text.lines().next().unwrap().len() + 1;
    // Wherever the second record was cut off.
    for cut in (second + 1)..text.len() {
        fs::write(&path, &text[..cut]).unwrap();
        append(&path, &record("3")).unwrap();
        let log = read(&path).unwrap();
        let is_whole = cut == text.len() - 1;
        assert_eq!((log.flaws, log.records.len(), log.torn.len()), (vec![], 2 + usize::from(is_whole), usize::from(!is_whole)), "{cut}");
    }
}

#[test]
fn the_last_line_is_found_behind_long_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let long = |length: u64| Record { reason: Some("ö".repeat(length as usize)), ..record("1") };
    for length in [1, TAIL / 2, TAIL * 3, 1] {
        append(&path, &long(length)).unwrap();
    }
    whole(&path, 4);
}

#[test]
fn a_file_that_was_put_aside_is_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    append(&path, &record("1")).unwrap();
    fs::rename(&path, folder.path().join("old")).unwrap();
    append(&path, &record("2")).unwrap();
    whole(&path, 1);
    whole(&folder.path().join("old"), 1);
}

#[test]
fn what_cannot_be_written_says_why_and_is_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "notes\n").unwrap();
    for (path, why) in [
        (file.join("journal.jsonl"), "Not a directory"),
        (folder.path().to_owned(), "Is a directory"),
        (PathBuf::from("/dev/null"), "it is no file"),
        (file.clone(), "it is no journal of kconsole"),
    ] {
        let told = append(&path, &record("1")).unwrap_err().to_string();
        assert!(told.contains(why) || told.contains("File exists"), "{}: {told}", path.display());
        assert!(check(&path).is_err());
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "notes\n");
}

/// A limit on the size of files stands for a disk that is full.
#[test]
fn a_disk_that_is_full_leaves_nothing_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    append(&path, &record("1")).unwrap();
    // The unit of sh is 512 bytes: the second record begins and does not fit.
    let status = another(&path, 5, "trap '' XFSZ; ulimit -f 2;").wait().unwrap();
    assert!(!status.success());
    let log = read(&path).unwrap();
    assert_eq!((log.flaws.len(), log.torn.len()), (0, 0));
    assert!((1..4).contains(&log.records.len()), "{}", log.records.len());
    append(&path, &record("2")).unwrap();
    assert_eq!(read(&path).unwrap().flaws, []);
}

#[test]
fn nobody_waits_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    append(&path, &record("1")).unwrap();
    let held = File::open(&path).unwrap();
    held.lock().unwrap();
    let told = append(&path, &record("2")).unwrap_err().to_string();
    assert_eq!(told, "another process has held it for 5 s");
    drop(held);
    append(&path, &record("2")).unwrap();
}

#[test]
fn what_is_asked_for_is_answered_and_is_on_the_disk_before_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (bad, good) = (folder.path().to_owned(), folder.path().join("journal.jsonl"));
    let (out, mut told) = tokio::sync::mpsc::channel(16);
    let mut journal = Journal::new(bad, out);
    let mut next = || told.blocking_recv().unwrap();
    journal.write(&deed("1"), None).unwrap();
    let Msg::Journalled(id, Err(why)) = next() else { panic!("a folder is no file") };
    assert!(id == "1" && why.ends_with(":journal-to PATH writes it elsewhere for this run"), "{why}");
    journal.go_to(good.clone()).unwrap();
    assert!(matches!(next(), Msg::Told(notice) if notice.text.contains("from now on")));
    journal.write(&deed("1"), None).unwrap();
    assert!(matches!(next(), Msg::Journalled(id, Ok(())) if id == "1"));
    journal.go_to(folder.path().to_owned()).unwrap();
    assert!(matches!(next(), Msg::Told(notice) if notice.text.contains("the journal stays in")));
    journal.read().unwrap();
    assert!(matches!(next(), Msg::Journal(Ok(records)) if records.len() == 1));
    (2..9).for_each(|n| journal.write(&deed(&n.to_string()), None).unwrap());
    drop(told);
    drop(journal);
    whole(&good, 8);
}

#[test]
fn the_flag_goes_before_the_config_and_that_before_the_usual_place() {
    let paths = Paths::within(Path::new("state"));
    for (flag, config, want) in
        [(None, "", "state/journal.jsonl"), (None, "/var/log/j", "/var/log/j"), (Some("flag"), "/var/log/j", "flag")]
    {
        assert_eq!(place(&paths, flag.map(Path::new), config), Path::new(want));
    }
}
