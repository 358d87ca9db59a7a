//! What is refused, and why.

#![allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]

use super::*;
use proptest::prelude::*;

fn head(kind: Kind, name: &str, link: &str, size: u64) -> Head {
    Head { name: name.into(), link: link.into(), kind, size, mode: 0o644 }
}

fn shown(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Folder(steps) => format!("folder {}", steps.join("/")),
        Verdict::File(steps) => format!("file {}", steps.join("/")),
        Verdict::Link(steps, to) => format!("link {} -> {to}", steps.join("/")),
        Verdict::Refused(why) => why.clone(),
    }
}

/// An archive entry by entry, and what is made of each.
fn judged(root: Option<&str>, entries: &[(Kind, &str, &str)]) {
    let mut judge = Judge::new(root, 1_000);
    for (kind, name, wanted) in entries {
        let (name, link) = name.split_once(" -> ").unwrap_or((name, ""));
        assert_eq!(shown(&judge.judge(&head(*kind, name, link, 10))), *wanted, "{name}");
    }
}

#[test]
fn what_lies_within_is_written() {
    judged(
        None,
        &[
            (Kind::Folder, "./", "folder "),
            (Kind::Folder, "./a/", "folder a"),
            (Kind::Folder, "a", "folder a"),
            (Kind::File, "./a//./b", "file a/b"),
            (Kind::File, "not/named/before", "file not/named/before"),
            (Kind::Folder, "not", "folder not"),
            (Kind::Link, "a/up -> ../not/named", "link a/up -> ../not/named"),
            (Kind::Link, "a/here -> ./b", "link a/here -> ./b"),
            (Kind::File, "-rf", "file -rf"),
            (Kind::File, "größer 日本", "file größer 日本"),
        ],
    );
    judged(Some("log"), &[(Kind::File, "./log", "file "), (Kind::File, "log/x", "what was asked for is no folder")]);
}

#[test]
fn b18_what_leads_out_is_refused_entry_by_entry() {
    let long = "x".repeat(300);
    judged(
        None,
        &[
            (Kind::File, "/etc/passwd", "its name is absolute"),
            (Kind::File, "../x", "its name leads out"),
            (Kind::File, "a/../../x", "its name leads out"),
            (Kind::File, "a/..", "its name leads out"),
            (Kind::Link, "out -> /etc", "it is a link that leads out, to /etc"),
            (Kind::Link, "out2 -> ..", "it is a link that leads out, to .."),
            (Kind::Link, "a/out -> ../../x", "it is a link that leads out, to ../../x"),
            (Kind::Link, "a/self -> .", "link a/self -> ."),
            (Kind::Link, "a/round -> self/..", "it is a link that leads out, to self/.."),
            (Kind::Link, "a/none -> ", "what it leads to is no text"),
            (Kind::File, "out/x", "out was refused"),
            (Kind::File, "a/self/x", "a/self is no folder"),
            (Kind::Hard, "hard -> ../x", "it is a second name of a file"),
            (Kind::Device, "null", "it is a device"),
            (Kind::Sparse, "sparse", "it is a file with holes"),
            (Kind::Other, "odd", "nobody knows what it is"),
            (Kind::File, "\x1b[2J", "its name is no text"),
            (Kind::File, "line\nline", "its name is no text"),
            (Kind::File, "txt\u{202e}exe", "its name is no text"),
            (Kind::File, &long, "its name is too long"),
            (Kind::File, "twice", "file twice"),
            (Kind::File, "twice", "something of this name came before"),
            (Kind::Folder, "twice", "something of this name came before"),
            (Kind::File, "twice/x", "twice is no folder"),
            (Kind::Folder, "b", "folder b"),
            (Kind::File, "b", "something of this name came before"),
            (Kind::Link, "b -> c", "something of this name came before"),
            (Kind::File, "b/x", "file b/x"),
        ],
    );
    judged(Some("log"), &[(Kind::File, "other", "it was not asked for"), (Kind::Link, "log -> x", "it is a link that leads out, to x")]);
    assert_eq!(shown(&Judge::new(None, 0).judge(&Head { name: vec![0xff], ..Head::default() })), "its name is no text");
}

#[test]
fn b18_huge_files_and_endless_archives_are_refused() {
    let mut judge = Judge::new(None, 100);
    for (name, size, wanted) in [
        ("huge", u64::MAX, "it has 18446744073709551615 bytes, and 100 are free here"),
        ("fits", 60, "file fits"),
        ("no more", 41, "it has 41 bytes, and 40 are free here"),
        ("just", 40, "file just"),
    ] {
        assert_eq!(shown(&judge.judge(&head(Kind::File, name, "", size))), wanted);
    }
    let mut judge = Judge::new(None, 0);
    let long = "d/".repeat(2_000);
    let refused =
        (0..100).map(|n| shown(&judge.judge(&head(Kind::Folder, &format!("{long}{n}"), "", 0)))).find(|told| told.contains("too many"));
    assert!(refused.is_some() && judge.names < NAMES + PATH, "{}", judge.names);
}

proptest! {
    /// Whatever comes in whatever order: no path has a step out of it, and nothing lies in what is no folder.
    #[test]
    fn b18_what_is_accepted_is_a_tree(entries in proptest::collection::vec((0..4u8, "[ab./]{0,7}", "[ab./]{0,7}"), 0..24)) {
        let (mut judge, mut tree) = (Judge::new(None, 1_000), HashMap::new());
        for (kind, name, link) in entries {
            let kind = [Kind::File, Kind::Folder, Kind::Link, Kind::Hard].into_iter().nth(usize::from(kind)).unwrap();
            let (steps, is_folder) = match judge.judge(&head(kind, &name, &link, 1)) {
                Verdict::Folder(steps) => (steps, true),
                Verdict::File(steps) => (steps, false),
                Verdict::Link(steps, to) => {
                    prop_assert!(!to.starts_with('/') && to.split('/').filter(|s| *s == "..").count() < steps.len());
                    (steps, false)
                }
                Verdict::Refused(_) => continue,
            };
            prop_assert!(steps.iter().all(|s| !matches!(s.as_str(), "" | "." | "..") && !s.contains('/')));
            for end in 0..steps.len() {
                prop_assert!(*tree.entry(steps[..end].to_vec()).or_insert(true), "{steps:?} lies in no folder");
            }
            let before = tree.insert(steps.clone(), is_folder);
            prop_assert!(before.is_none_or(|before| before && is_folder), "{steps:?} twice");
        }
    }
}
