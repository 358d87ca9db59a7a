//! Copies between two folders of this machine, of which one is a container: its commands are the real ones.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]

mod corpus;

use super::*;
use crate::k8s::stream::{Ends, NO_PROGRAM};
use crate::model::fault::{Fault, FaultKind};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;
use std::sync::Mutex;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

/// A container that is a folder, and what goes wrong in it.
#[derive(Default)]
struct Container {
    /// Programs that it does not have.
    lacks: Vec<&'static str>,
    /// After so many bytes the stream of a program breaks off, once each.
    cuts: Mutex<Vec<(&'static str, u64)>>,
    /// Instead of a program, this shell script runs, once each.
    plays: Mutex<Vec<(&'static str, &'static str)>>,
}

/// True for a program, for a script that has it, and for a path that ends so.
fn is_about(words: &[String], what: &str) -> bool {
    words[0] == what
        || words[0] == "sh" && words[2].contains(what)
        || what.starts_with('/') && words.iter().any(|word| word.ends_with(what))
}

impl Container {
    /// What is to happen to this command.
    fn next<T: Copy>(of: &Mutex<Vec<(&'static str, T)>>, words: &[String]) -> Option<T> {
        let mut all = of.lock().unwrap();
        let at = all.iter().position(|(program, _)| is_about(words, program))?;
        Some(all.remove(at).1)
    }
}

impl Far for Container {
    fn name(&self) -> String {
        "web".to_owned()
    }

    async fn run(&self, mut words: Vec<String>, reads: bool, mut ends: Ends) -> Result<Ended, Fault> {
        if self.lacks.contains(&words[0].as_str()) {
            return Err(Fault::new(FaultKind::Server, "executable file not found").hint(NO_PROGRAM));
        }
        if words[0] == "sh"
            && let Some(program) = self.lacks.iter().find(|program| words[2].contains(*program))
        {
            words[2] = words[2].replace(*program, "none-of-this-name");
        }
        let cut = Self::next(&self.cuts, &words);
        if let Some(play) = Self::next(&self.plays, &words) {
            words = ["sh", "-c", play].map(str::to_owned).to_vec();
        }
        let stdin = if reads { Stdio::piped() } else { Stdio::null() };
        let mut child = Command::new(&words[0])
            .args(&words[1..])
            .env("LC_ALL", "C")
            .kill_on_drop(true)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdin, stdout, mut stderr) = (child.stdin.take(), child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (mut left, mut received) = (cut.unwrap_or(u64::MAX), 0);
        let into = async {
            let (Some(mut stdin), mut sent) = (stdin, 0) else { return 0 };
            let mut buffer = vec![0; 10_000];
            loop {
                let most = buffer.len().min(usize::try_from(cut.unwrap_or(u64::MAX) - sent).unwrap_or(usize::MAX));
                let read = if most == 0 { 0 } else { ends.input.read(&mut buffer[..most]).await.unwrap() };
                if read == 0 || stdin.write_all(&buffer[..read]).await.is_err() {
                    return sent;
                }
                sent += read as u64;
            }
        };
        let out = async {
            // Once nobody reads it any more, it is closed.
            let mut stdout = stdout;
            let mut buffer = vec![0; 10_000];
            loop {
                let read = stdout.read(&mut buffer).await.unwrap();
                let kept = read.min(usize::try_from(left).unwrap_or(usize::MAX));
                if kept == 0 || ends.out.write_all(&buffer[..kept]).await.is_err() {
                    return;
                }
                (left, received) = (left - kept as u64, received + kept as u64);
            }
        };
        let err = tokio::io::copy(&mut stderr, &mut ends.err);
        let (sent, (), _) = tokio::join!(into, out, err);
        let code = child.wait().await.unwrap().code().unwrap_or(137);
        let end = if cut.is_some() { End::Broken("cut".to_owned()) } else { End::Exit(code) };
        Ok(Ended { end, sent, received })
    }
}

/// Two folders, `here` and `there`.
struct Two(TempDir);

impl Two {
    fn new() -> Self {
        let two = Self(TempDir::new().unwrap());
        for name in ["here", "there"] {
            fs::create_dir(two.0.path().join(name)).unwrap();
        }
        two
    }

    fn path(&self, path: &str) -> String {
        self.0.path().join(path).to_str().unwrap().to_owned()
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// Copies, and tells how it ended and what was left out.
    async fn copy(&self, container: &Container, way: Way, there: &str, here: &str) -> (String, Vec<String>) {
        let transfer = Transfer { container: None, way, there: self.path(there), here: self.path(here) };
        let outcome = copy(container, &transfer, &Arc::default()).await;
        let base = format!("{}/", self.0.path().display());
        (outcome.ended.end.to_string().replace(&base, ""), outcome.wrong.iter().map(|w| w.replace(&base, "")).collect())
    }

    /// All that is in both folders: of a file what it holds, of a link where it leads.
    fn all(&self) -> BTreeMap<String, String> {
        listed(self.0.path())
    }
}

/// All that is below a folder.
fn listed(root: &Path) -> BTreeMap<String, String> {
    let (mut all, mut open) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            if metadata.is_dir() {
                all.insert(format!("{name}/"), String::new());
                open.push(path);
            } else if metadata.is_symlink() {
                all.insert(name, format!("-> {}", fs::read_link(path).unwrap().display()));
            } else {
                all.insert(name, String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned());
            }
        }
    }
    all
}

/// What is below a folder, in a line.
fn told(two: &Two, below: &str) -> String {
    let all = two.all();
    let inside = all.iter().filter_map(|(name, text)| Some((name.strip_prefix(below)?.trim_start_matches('/'), text)));
    inside.filter(|(name, _)| !name.is_empty()).map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>().join(" ")
}

fn much() -> Vec<u8> {
    (0..3u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// What `cp -r` does, both ways.
#[tokio::test]
async fn files_and_folders_are_copied_as_cp_does() {
    for way in [Way::From, Way::To] {
        let (from, to) = if way == Way::From { ("there", "here") } else { ("here", "there") };
        for (source, target, wanted) in [
            ("f", "g", "d/= g=one"),
            ("f", "d", "d/= d/f=one"),
            ("f", "d/", "d/= d/f=one"),
            ("f", "old", "d/= old=one"),
            ("tree", "new", "d/= new/= new/a=A new/b/= new/b/c=C new/b/l=-> ../a new/e/="),
            ("tree", "d", "d/= d/tree/= d/tree/a=A d/tree/b/= d/tree/b/c=C d/tree/b/l=-> ../a d/tree/e/="),
            ("tree/.", "d", "d/= d/a=A d/b/= d/b/c=C d/b/l=-> ../a d/e/="),
            (
                "tree",
                "full",
                "d/= full/= full/tree/= full/tree/a=A full/tree/b/= full/tree/b/c=C full/tree/b/l=-> ../a full/tree/e/= full/tree/kept=K",
            ),
            ("-f", "d", "d/= d/-f=dash"),
        ] {
            let two = Two::new();
            two.write(&format!("{from}/f"), "one").write(&format!("{from}/-f"), "dash");
            two.write(&format!("{from}/tree/a"), "A").write(&format!("{from}/tree/b/c"), "C");
            fs::create_dir(two.path(&format!("{from}/tree/e"))).unwrap();
            symlink("../a", two.path(&format!("{from}/tree/b/l"))).unwrap();
            fs::create_dir(two.path(&format!("{to}/d"))).unwrap();
            match target {
                "old" => drop(two.write(&format!("{to}/old"), "old")),
                "full" => drop(two.write(&format!("{to}/full/tree/a"), "old").write(&format!("{to}/full/tree/kept"), "K")),
                _ => {}
            }
            let (source, target) = (format!("{from}/{source}"), format!("{to}/{target}"));
            let (there, here) = if way == Way::From { (source, target) } else { (target, source) };
            let (ended, wrong) = two.copy(&Container::default(), way, &there, &here).await;
            assert!(ended.ends_with(", sums compared") && wrong.is_empty(), "{way:?} {there} {here}: {ended} {wrong:?}");
            assert_eq!(told(&two, to), wanted, "{way:?} {there} {here}");
        }
    }
}

#[tokio::test]
async fn what_makes_a_file_run_as_somebody_else_is_not_copied() {
    for way in [Way::From, Way::To] {
        let (two, from) = (Two::new(), if way == Way::From { "there" } else { "here" });
        two.write(&format!("{from}/run"), "#!");
        fs::set_permissions(two.path(&format!("{from}/run")), fs::Permissions::from_mode(0o6755)).unwrap();
        let (ended, _) = two.copy(&Container::default(), way, "there/run", "here/run").await;
        let to = if way == Way::From { "here" } else { "there" };
        assert_eq!(fs::metadata(two.path(&format!("{to}/run"))).unwrap().permissions().mode() & 0o7777, 0o755, "{ended}");
    }
}

#[tokio::test]
async fn what_cannot_be_is_said_and_leaves_nothing() {
    for (way, there, here, wanted) in [
        (Way::From, "there/none", "here/x", "failed: tar: ./none: Cannot stat: No such file or directory"),
        (Way::From, "there/f", "here/none/x", "failed: here/none: there is no such folder"),
        (Way::From, "there/f", "here/new/", "failed: here/new/: there is no such folder"),
        (Way::From, "there/tree", "here/file", "failed: here/file: file is there already, and no folder"),
        (Way::From, "there/f", "here/full", "failed: here/full/f: f is there already, as a folder"),
        (Way::To, "there/x", "here/none", "failed: here/none: No such file or directory (os error 2)"),
        (Way::To, "there/none/x", "here/file", "failed: mkdir: cannot create directory"),
        (Way::To, "there/f", "here/full", "failed: there/f is there already, and no folder"),
        (Way::To, "there/tree", "here/a", "failed: there/tree/a is there already, as a folder"),
    ] {
        let two = Two::new();
        two.write("there/f", "one").write("there/tree/a/b", "A").write("here/file", "old").write("here/full/f/x", "x").write("here/a", "a");
        let before = two.all();
        let (ended, _) = two.copy(&Container::default(), way, there, here).await;
        assert!(ended.starts_with(wanted), "{there} {here}: {ended}");
        assert_eq!(two.all(), before, "{there} {here}");
    }
}

/// What is below a folder that is there already takes the place of what is called so, also of a link to a folder; and is refused before anything is
/// in its place where it cannot.
#[tokio::test]
async fn below_a_folder_that_is_there_nothing_goes_astray() {
    let two = Two::new();
    two.write("here/tree/a", "A")
        .write("here/tree/secret/key", "K")
        .write("there/tree/releases/1/old", "old")
        .write("there/tree/releases/2/x", "x");
    fs::set_permissions(two.path("here/tree/secret"), fs::Permissions::from_mode(0o700)).unwrap();
    symlink("releases/2", two.path("here/tree/current")).unwrap();
    symlink("releases/1", two.path("there/tree/current")).unwrap();
    for _ in 0..2 {
        let (ended, wrong) = two.copy(&Container::default(), Way::To, "there", "here/tree").await;
        assert!(ended == "2 files, sums compared" && wrong.is_empty(), "{ended} {wrong:?}");
        let all = told(&two, "there/tree");
        assert_eq!(
            all,
            "a=A current=-> releases/2 releases/= releases/1/= releases/1/old=old releases/2/= releases/2/x=x secret/= secret/key=K"
        );
    }
    assert_eq!(fs::metadata(two.path("there/tree/secret")).unwrap().permissions().mode() & 0o777, 0o700);
    let two = Two::new();
    two.write("here/tree/a", "A").write("here/tree/conf", "C").write("there/tree/conf/d", "D");
    let before = two.all();
    let (ended, _) = two.copy(&Container::default(), Way::To, "there", "here/tree").await;
    assert_eq!((ended.as_str(), two.all()), ("failed: there/tree/conf is there already, as a folder", before));
}

/// Whoever stops half-way says how far it got.
#[tokio::test]
async fn what_is_moved_half_way_is_counted() {
    for (play, wanted) in [
        ("echo; echo; echo 'mv: no room' >&2; exit 123", "failed: mv: no room; 2 of 3 files are in place"),
        ("echo 'mv: no room' >&2; exit 123", "failed: mv: no room"),
    ] {
        let two = Two::new();
        two.write("here/tree/a", "A").write("here/tree/b", "B").write("here/tree/c", "C").write("there/tree/x", "X");
        let container = Container { plays: Mutex::new(vec![("mv -f", play)]), ..Container::default() };
        let (ended, _) = two.copy(&container, Way::To, "there", "here/tree").await;
        assert_eq!(ended, wanted);
    }
    let two = Two::new();
    two.write("there/tree/a", "A").write("there/tree/conf", "C").write("there/tree/z", "Z").write("here/tree/conf/d", "D");
    let before = two.all();
    let (ended, _) = two.copy(&Container::default(), Way::From, "there/tree", "here").await;
    assert_eq!((ended.as_str(), two.all()), ("failed: here/tree: conf is there already, as a folder", before));
}

/// A test that does not say yes or no is none.
#[tokio::test]
async fn what_cannot_be_asked_is_not_taken_for_a_no() {
    for code in ["exit 255", "kill -9 $$"] {
        let two = Two::new();
        two.write("here/f", "one");
        let container = Container { plays: Mutex::new(vec![("test", code)]), ..Container::default() };
        let (ended, _) = two.copy(&container, Way::To, "there", "here/f").await;
        assert!(ended.starts_with("failed: test ended with "), "{ended}");
    }
    let two = Two::new();
    two.write("here/f", "one");
    let container = Container { plays: Mutex::new(vec![("test", "exit 127")]), ..Container::default() };
    let (ended, _) = two.copy(&container, Way::To, "there", "here/f").await;
    assert_eq!((ended.as_str(), told(&two, "there").as_str()), ("1 file, sums compared", "f=one"));
}

#[tokio::test]
async fn one_file_goes_on_where_it_broke_off() {
    for (way, cuts) in [
        (Way::From, &[("tar", 1_000_000), ("tail", 500_000)][..]),
        (Way::From, &[("tar", 0), ("tar", 700)]),
        (Way::To, &[("tar", 1_000_000), (">>", 500_000)]),
    ] {
        let (two, from) = (Two::new(), if way == Way::From { "there" } else { "here" });
        two.write(&format!("{from}/big"), much());
        let container = Container { cuts: Mutex::new(cuts.to_vec()), ..Container::default() };
        let (ended, wrong) = two.copy(&container, way, "there/big", "here/big").await;
        if cuts[0].1 == 0 {
            assert_eq!(ended, "failed: cut");
            continue;
        }
        assert_eq!((ended.as_str(), wrong.len()), ("1 file, sums compared", 0), "{way:?}");
        assert!(fs::read(two.path("here/big")).unwrap() == much() && fs::read(two.path("there/big")).unwrap() == much(), "{way:?}");
        assert!(container.cuts.lock().unwrap().is_empty(), "{way:?}");
        assert_eq!(two.all().len(), 4, "nothing is left beside it");
    }
}

#[tokio::test]
async fn fl9_what_breaks_off_and_cannot_go_on_leaves_nothing() {
    let two = Two::new();
    two.write("there/tree/a", much()).write("there/tree/b", much()).write("there/big", much());
    two.write("here/tree/a", much()).write("here/tree/b", much());
    let before = two.all();
    for (way, there, here, container, wanted) in [
        (Way::From, "there/tree", "here/x", Container { cuts: Mutex::new(vec![("tar", 4 << 20)]), ..Container::default() }, "failed: cut"),
        (Way::To, "there/x", "here/tree", Container { cuts: Mutex::new(vec![("tar", 4 << 20)]), ..Container::default() }, "failed: cut"),
        (
            Way::From,
            "there/big",
            "here/x",
            Container {
                cuts: Mutex::new(vec![("tar", 1 << 20)]),
                plays: Mutex::new(vec![("sha256sum", "echo 00")]),
                ..Container::default()
            },
            "failed: it broke off, and is another there by now",
        ),
        (
            Way::From,
            "there/big",
            "here/x",
            Container { cuts: Mutex::new(vec![("tar", 1 << 20)]), lacks: vec!["sha256sum"], ..Container::default() },
            "failed: it broke off after 1048064 bytes, and the image has no sha256sum to go on by",
        ),
        (
            Way::To,
            "there/x",
            "here/tree/a",
            Container { plays: Mutex::new(vec![("sha256sum", "echo 00  x")]), ..Container::default() },
            "failed: ",
        ),
        (Way::From, "there/big", "here/x", Container { plays: Mutex::new(vec![("tar", "exit 0")]), ..Container::default() }, "failed: "),
        (Way::From, "there/tree", "here/x", Container { plays: Mutex::new(vec![("tar", "exit 0")]), ..Container::default() }, "failed: "),
    ] {
        let (ended, _) = two.copy(&container, way, there, here).await;
        assert!(ended.starts_with(wanted), "{way:?} {there}: {ended}");
        assert_eq!(two.all(), before, "{way:?} {there}: {ended}");
    }
}

#[tokio::test]
async fn fl9_an_image_without_tar_gives_and_takes_one_file_and_one_without_sums_is_not_compared() {
    for way in [Way::From, Way::To] {
        for (lacks, source, wanted) in [
            (vec!["tar"], "f", "1 file, sums compared"),
            (vec!["tar", "sha256sum"], "f", "1 file, not compared: the image has no sha256sum"),
            (vec!["sha256sum"], "tree", "1 file, not compared: the image has no sha256sum"),
            (vec!["tar"], "tree", "failed: the image has no tar"),
        ] {
            let (two, from, to) = if way == Way::From { (Two::new(), "there", "here") } else { (Two::new(), "here", "there") };
            two.write(&format!("{from}/f"), much()).write(&format!("{from}/tree/a"), "A");
            let container = Container { lacks, ..Container::default() };
            let (there, here) = if way == Way::From { (source, "x") } else { ("x", source) };
            let (ended, _) = two.copy(&container, way, &format!("there/{there}"), &format!("here/{here}")).await;
            assert_eq!(ended, wanted, "{way:?} {source}");
            let arrived = fs::exists(two.path(&format!("{to}/x"))).unwrap();
            assert_eq!(arrived, !wanted.starts_with("failed"), "{way:?} {source}");
        }
    }
}

#[tokio::test]
async fn fl9_what_differs_in_the_end_is_not_put_in_place() {
    let two = Two::new();
    two.write("there/tree/a", "A").write("there/tree/b", "B");
    let container = Container { plays: Mutex::new(vec![("xargs", "echo 00  x"), ("/tree/b", "echo 11")]), ..Container::default() };
    let (ended, wrong) = two.copy(&container, Way::From, "there/tree", "here/tree").await;
    assert_eq!(ended, "failed: 1 left out; 1 file, sums compared");
    assert_eq!(wrong, ["there/tree/b: it is another there by now, or was damaged on its way"]);
    assert_eq!(told(&two, "here"), "tree/= tree/a=A");
}

#[tokio::test]
async fn somebody_who_ends_it_gets_nothing_and_leaves_nothing() {
    for way in [Way::From, Way::To] {
        let two = Two::new();
        two.write("there/big", much()).write("here/big", much());
        let before = two.all();
        let container = Container { plays: Mutex::new(vec![("tar", "sleep 600")]), ..Container::default() };
        let transfer = match way {
            Way::From => Transfer { container: None, way, there: two.path("there/big"), here: two.path("here/x") },
            Way::To => Transfer { container: None, way, there: two.path("there/x"), here: two.path("here/big") },
        };
        let course = Arc::<Course>::default();
        let ending = async {
            while !container.plays.lock().unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
            course.stop();
        };
        let (outcome, ()) = tokio::join!(copy(&container, &transfer, &course), ending);
        assert_eq!(outcome.ended.end, End::Failed(far::STOPPED.to_owned()));
        assert_eq!(two.all(), before, "{way:?}");
    }
}

#[tokio::test]
async fn what_could_not_be_removed_is_there_where_its_removal_failed_and_may_be_where_nobody_heard_of_it() {
    for (plays, cuts, told) in [
        (vec![("tar", "exit 1"), ("rm", "exit 3")], vec![], " is still there: rm ended with 3"),
        (vec![("tar", "exit 1")], vec![("rm", 0)], " may still be there: cut"),
    ] {
        let two = Two::new();
        two.write("here/big", much());
        let container = Container { plays: Mutex::new(plays), cuts: Mutex::new(cuts), ..Container::default() };
        let (ended, _) = two.copy(&container, Way::To, "there/x", "here/big").await;
        assert!(ended.contains("/.kconsole-") && ended.ends_with(told), "{ended}");
    }
}
