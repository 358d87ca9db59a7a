//! Archives that want more than they should (threat B18): what is written of them, and that nothing is written anywhere else.

use super::super::heads::Heads;
use super::super::tree::Folder;
use super::super::unpack::unpack;
use super::*;
use proptest::prelude::*;
use std::io::Read;
use tar::{EntryType, Header};

/// An entry as its maker wants it, whether that is right or not.
pub(super) fn entry(kind: EntryType, name: &[u8], link: &[u8], size: u64, data: &[u8]) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.as_mut_bytes()[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
    header.as_mut_bytes()[157..157 + link.len().min(100)].copy_from_slice(&link[..link.len().min(100)]);
    header.set_entry_type(kind);
    header.set_mode(0o6777);
    header.set_size(size);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(name: &str, text: &str) -> Vec<u8> {
    entry(EntryType::Regular, name.as_bytes(), b"", text.len() as u64, text.as_bytes())
}

fn link(name: &str, to: &str) -> Vec<u8> {
    entry(EntryType::Symlink, name.as_bytes(), to.as_bytes(), 0, b"")
}

fn of(kind: EntryType, name: &str) -> Vec<u8> {
    entry(kind, name.as_bytes(), b"../outside", 0, b"")
}

fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    let text: String = records
        .iter()
        .map(|(key, value)| {
            let rest = format!(" {key}={value}\n");
            // Its own length counts as well.
            let length = (1..9).map(|digits| rest.len() + digits).find(|n| n.to_string().len() + rest.len() == *n).unwrap();
            format!("{length}{rest}")
        })
        .collect();
    entry(EntryType::XHeader, b"pax", b"", text.len() as u64, text.as_bytes())
}

fn long(kind: EntryType, text: &[u8]) -> Vec<u8> {
    entry(kind, b"././@LongLink", b"", text.len() as u64, text)
}

const END: [u8; 1_024] = [0; 1_024];

/// Unpacks it into a folder that has a neighbour. Tells what is in the folder, what was refused, and why it was not read to its end.
fn unpacked(archive: &[u8], root: Option<&str>) -> (String, Vec<String>, Option<String>) {
    let two = Two::new();
    two.write("outside", "safe");
    let into = Folder::open(Path::new(&two.path("here"))).unwrap();
    let done = unpack(archive, root, &into, &Course::default());
    let here = told(&two, "here");
    let others: Vec<String> =
        two.all().into_iter().filter(|(name, _)| !name.starts_with("here/")).map(|(name, text)| format!("{name}={text}")).collect();
    assert_eq!(others, ["outside=safe", "there/="], "nothing is written elsewhere");
    for found in walk(Path::new(&two.path("here"))) {
        assert_eq!(found & 0o7000, 0, "nothing runs as somebody else");
    }
    (here, done.wrong.told, done.broke.map(|why| why.to_string()))
}

/// The permissions of all files below a folder.
fn walk(folder: &Path) -> Vec<u32> {
    let names = listed(folder).into_keys();
    names.map(|name| fs::symlink_metadata(folder.join(name)).unwrap()).filter(|m| m.is_file()).map(|m| m.permissions().mode()).collect()
}

/// An archive: what it is about, its entries, what is written of it, and what is told of the others.
type Case<'c> = (&'c str, Vec<Vec<u8>>, &'c str, &'c [&'c str]);

fn refused_entry_by_entry(cases: &[Case<'_>]) {
    for (what, entries, here, wrong) in cases {
        let archive = [entries.concat(), END.to_vec()].concat();
        let (found, refused, broke) = unpacked(&archive, None);
        assert_eq!((found.as_str(), refused.len()), (*here, wrong.len()), "{what}: {refused:?}");
        assert!(refused.iter().zip(*wrong).all(|(told, wanted)| told.starts_with(wanted) || told.ends_with(wanted)), "{what}: {refused:?}");
        assert_eq!(broke.is_some(), *what == "a huge size", "{what}: {broke:?}");
    }
}

#[test]
fn b18_names_that_lead_out_do_not_show_or_come_again() {
    refused_entry_by_entry(&[
        (
            "an absolute name",
            vec![file("/tmp/kconsole-b18", "!"), file("ok", "1")],
            "x/= x/ok=1",
            &["/tmp/kconsole-b18: its name is absolute"][..],
        ),
        (
            "up",
            vec![file("../outside", "!"), file("a/../../outside", "!"), file("ok", "1")],
            "x/= x/ok=1",
            &["../outside: its name leads out", "a/../../outside: its name leads out"],
        ),
        (
            "names that do not show",
            vec![
                file("a\x1b]0;b\x07", "!"),
                file("a\nb", "!"),
                file("a\u{202e}b", "!"),
                entry(EntryType::Regular, b"\xff\xfe", b"", 0, b""),
            ],
            "",
            &["a␛]0;b␇: its name is no text", "a␊b: its name is no text", "a⟨U+202E⟩b: its name is no text", "��: its name is no text"],
        ),
        (
            "duplicates",
            vec![file("a", "1"), file("a", "2"), file("./a", "3"), file("b/../a", "4")],
            "x/= x/a=1",
            &["a: something of this name came before", "./a: something of this name came before", "b/../a: its name leads out"],
        ),
        (
            "a file, then a folder in its place",
            vec![file("a", "1"), of(EntryType::Directory, "a"), file("a/b", "!")],
            "x/= x/a=1",
            &["a: something of this name came before", "a/b: a is no folder"],
        ),
        (
            "a folder, then a file or a link in its place",
            vec![file("d/f", "1"), file("d", "!"), link("d", ".."), file("d/g", "2")],
            "x/= x/d/= x/d/f=1 x/d/g=2",
            &["d: something of this name came before", "d: something of this name came before"],
        ),
        (
            "long names",
            vec![
                long(EntryType::GNULongName, b"../outside\0"),
                file("x", "!"),
                long(EntryType::GNULongName, &[b'n'; 9_000]),
                file("y", "!"),
            ],
            "",
            &["../outside: its name leads out", ": its name is too long"],
        ),
        ("what is in the way of itself", vec![file(".", "1"), file("./x", "!")], "x=1", &["./x: what was asked for is no folder"]),
    ]);
}

#[test]
fn b18_links_that_lead_out_and_what_would_go_through_one() {
    let up = "../".repeat(9);
    refused_entry_by_entry(&[
        (
            "a link that leads out, and a file through it",
            vec![link("l", &format!("{up}tmp")), file("l/kconsole-b18", "!"), link("m", "/"), file("m/x", "!")],
            "",
            &[
                &format!("l: it is a link that leads out, to {up}tmp"),
                "l/kconsole-b18: l was refused",
                "m: it is a link that leads out, to /",
                "m/x: m was refused",
            ],
        ),
        (
            "a link and a file through it",
            vec![file("d/f", "1"), link("l", "d"), file("l/g", "!"), file("l", "!")],
            "x/= x/d/= x/d/f=1 x/l=-> d",
            &["l/g: l is no folder", "l: something of this name came before"],
        ),
        (
            "links that lead out together",
            vec![link("d/a", "."), link("d/b", "a/.."), link("d/c", "../d/a/../..")],
            "x/= x/d/= x/d/a=-> .",
            &["d/b: it is a link that leads out, to a/..", "d/c: it is a link that leads out, to ../d/a/../.."],
        ),
        (
            "hard links",
            vec![entry(EntryType::Link, b"h", b"../outside", 0, b""), file("h", "1")],
            "",
            &["h: it is a second name of a file", "h: something of this name came before"],
        ),
        (
            "a link where all goes",
            vec![link(".", "there"), file("x", "!")],
            "",
            &[".: it is a link that leads out, to there", "x: what was asked for was refused"],
        ),
        (
            "a long link",
            vec![long(EntryType::GNULongLink, b"/etc/shadow\0"), link("l", "harmless")],
            "",
            &["l: it is a link that leads out, to /etc/shadow"],
        ),
    ]);
}

#[test]
fn b18_devices_second_names_and_sizes() {
    refused_entry_by_entry(&[
        (
            "devices",
            vec![of(EntryType::Char, "c"), of(EntryType::Block, "b"), of(EntryType::Fifo, "p"), file("ok", "1")],
            "x/= x/ok=1",
            &["c: it is a device", "b: it is a device", "p: it is a device"],
        ),
        (
            "a huge size",
            vec![file("ok", "1"), entry(EntryType::Regular, b"huge", b"", 1 << 60, b"1")],
            "x/= x/ok=1",
            &["huge: it has 1152921504606846976 bytes, and "],
        ),
        (
            "attributes",
            vec![
                pax(&[("path", "../outside")]),
                file("x", "!"),
                pax(&[("path", "a\nb")]),
                file("y", "!"),
                pax(&[("linkpath", "/")]),
                link("l", "ok"),
                pax(&[("GNU.sparse.realsize", "99999999999999")]),
                file("s", "1"),
                pax(&[("path", "ok"), ("size", "3")]),
                file("z", "123"),
            ],
            "x/= x/ok=123",
            &[
                "../outside: its name leads out",
                "a␊b: its name is no text",
                "l: it is a link that leads out, to /",
                "s: it is a file with holes",
            ],
        ),
        ("a folder that says it is a file", vec![file("d/", ""), file("d/f", "1")], "x/= x/d/= x/d/f=1", &[]),
    ]);
}

#[test]
fn b18_only_what_was_asked_for_is_written() {
    let archive = [file("./log", "1"), file("log", "2"), file("other", "!"), file("log/x", "!"), END.to_vec()].concat();
    let (here, refused, broke) = unpacked(&archive, Some("log"));
    assert_eq!((here.as_str(), broke), ("x=1", None));
    assert_eq!(
        refused,
        ["log: something of this name came before", "other: it was not asked for", "log/x: what was asked for is no folder"]
    );
}

#[test]
fn what_is_no_archive_or_ends_early_is_never_taken_for_whole() {
    let whole = [file("a", "1"), file("b", &"2".repeat(700)), END.to_vec()].concat();
    assert_eq!(unpacked(&whole, None).2, None);
    for length in (0..whole.len() - END.len() + 511).step_by(61) {
        let (_, _, broke) = unpacked(&whole[..length], None);
        assert_eq!(broke.as_deref(), Some("it ends too early"), "{length}");
    }
    for archive in [&b"sh: tar: not found"[..], &[0xff; 2_048], &[b'7'; 512]] {
        assert!(unpacked(archive, None).2.is_some());
    }
    let endless = pax(&[("comment", &"x".repeat(2 << 20))]);
    assert_eq!(unpacked(&endless, None).2.as_deref(), Some("more is said of a file in it than can be"));
}

/// What an entry of an archive can be.
fn arbitrary() -> impl Strategy<Value = Vec<u8>> {
    let kind = prop::sample::select(vec![b'0', b'1', b'2', b'3', b'5', b'6', b'7', b'L', b'K', b'x', b'g', b'S', b'V', 0]);
    let name = prop_oneof![
        "(\\./|/)?((a|b|x|\\.\\.|here|outside)/){0,3}(a|b|\\.\\.|outside)?".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..30),
    ];
    let link = "(/|(\\.\\./){0,4})(a|b|there|outside)?(/\\.\\.)?";
    (kind, name, link, prop::collection::vec(any::<u8>(), 0..600), prop::option::weighted(0.1, any::<u64>())).prop_map(
        |(kind, name, link, data, size)| entry(EntryType::new(kind), &name, link.as_bytes(), size.unwrap_or(data.len() as u64), &data),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever the bytes are: nothing outside is written, and nothing panics. What could be read to its end is told of entry by entry.
    #[test]
    fn b18_nothing_is_written_elsewhere(
        entries in prop::collection::vec(arbitrary(), 0..10), spoilt in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3), root in prop::option::of("[ab]")
    ) {
        let mut archive = [entries.concat(), END.to_vec()].concat();
        for (at, byte) in spoilt {
            let at = at.index(archive.len());
            archive[at] = byte;
        }
        unpacked(&archive, root.as_deref());
    }

    #[test]
    fn bytes_that_are_no_archive_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let mut heads = Heads::new(bytes.as_slice());
        while let Ok(Some(_)) = heads.next() {
            let mut some = [0; 10];
            let _ = heads.read(&mut some);
        }
    }
}

/// A link that is there already, and one that comes in the midst of it: neither is followed.
#[test]
fn b18_links_on_the_disk_are_not_followed() {
    let two = Two::new();
    two.write("outside/kept", "safe");
    fs::create_dir(two.path("here/x")).unwrap();
    symlink(two.path("outside"), two.path("here/x/l")).unwrap();
    symlink(two.path("outside/kept"), two.path("here/x/f")).unwrap();
    let into = Folder::open(Path::new(&two.path("here"))).unwrap();
    let archive = [file("l/new", "!"), file("f", "!"), END.to_vec()].concat();
    let done = unpack(archive.as_slice(), None, &into, &Course::default());
    assert_eq!(done.wrong.told.len(), 2, "{:?}", done.wrong.told);
    assert_eq!(told(&two, "outside"), "kept=safe");
}
