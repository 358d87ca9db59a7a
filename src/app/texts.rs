//! Texts of objects, in files that only their owner reads: what was written and is not stored yet, and what another editor is to change.

use super::files::Paths;
use crate::model::draft::{Draft, Subject};
use crate::model::time::Timestamp;
use ring::digest::{SHA256, digest};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// What is behind the name of a text in that of what it was made from.
const BASE: &str = ".base";

/// The longest that a name of a file gets before it is cut: systems take 255 bytes.
const LONGEST: usize = 180;

/// Where a text is kept. The name tells people what it is about, and ends as editors want it; what it had to leave out is told apart by a hash.
/// `None` where there is no folder for it: what a Secret holds is kept in memory only.
pub(super) fn path(paths: &Paths, cluster: &str, subject: &Subject, is_secret: bool) -> Option<PathBuf> {
    let folder = if is_secret { paths.secret_texts.as_ref()? } else { &paths.texts };
    let Subject { object, key } = subject;
    let kind = object.kind.to_string();
    let parts = [cluster, &object.namespace, &kind, &object.name, key.as_deref().unwrap_or_default()];
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '-' };
    let whole = format!("{}\0{}", parts.join("\0"), key.is_some());
    let hash = digest(&SHA256, whole.as_bytes());
    let hash: String = hash.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let name =
        |parts: &[&str]| parts.iter().filter(|p| !p.is_empty()).map(|p| p.chars().map(plain).collect()).collect::<Vec<String>>().join("_");
    let (of, end) = match key {
        None => (name(&parts), ".yaml".to_owned()),
        Some(key) => (name(parts.get(..4).unwrap_or(&parts)), format!("_{}", key.chars().map(plain).collect::<String>())),
    };
    let cut = |text: &str, most: usize| text.get(text.len().saturating_sub(most)..).unwrap_or_default().to_owned();
    Some(folder.join(format!("{}_{hash}{}", cut(&of, LONGEST / 2), cut(&end, LONGEST / 2))))
}

/// Where a text about this may be: of something new nobody knows before it is read whether it holds a Secret.
pub(super) fn places(paths: &Paths, cluster: &str, subject: &Subject) -> Vec<PathBuf> {
    let is_secret = subject.object.is_secret();
    let all = if subject.is_new() { vec![false, true] } else { vec![is_secret] };
    all.into_iter().filter_map(|is_secret| path(paths, cluster, subject, is_secret)).collect()
}

/// A file beside another one.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(end);
    path.with_file_name(name)
}

/// Keeps a text, and what it was made from.
///
/// # Errors
/// Where the files cannot be written.
pub(super) fn keep(path: &Path, draft: &Draft) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    match &draft.base {
        Some(base) => put(&beside(path, BASE), base)?,
        None => remove(&beside(path, BASE))?,
    }
    put(path, &draft.text)
}

/// Whole or not at all: what was kept before is not lost where the disk is full.
fn put(path: &Path, text: &str) -> io::Result<()> {
    let new = beside(path, ".new");
    remove(&new)?;
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes()).and_then(|()| fs::rename(&new, path)).inspect_err(|_| drop(remove(&new)))
}

/// Forgets a text.
///
/// # Errors
/// Where it cannot be removed.
pub(super) fn forget(path: &Path) -> io::Result<()> {
    remove(path).and(remove(&beside(path, BASE)))
}

fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// What was kept of a text by an earlier run, or an earlier edit of this one, and when.
pub(super) fn recall(path: &Path, subject: Subject) -> Option<(Draft, Timestamp)> {
    let text = fs::read_to_string(path).ok()?;
    let written = fs::metadata(path).and_then(|about| about.modified()).ok()?;
    let at = written.duration_since(UNIX_EPOCH).ok()?.as_secs();
    let draft = Draft { subject, base: fs::read_to_string(beside(path, BASE)).ok(), text };
    // An editor that failed may have emptied it: nothing of that is missed.
    (!draft.is_idle() && !draft.text.trim().is_empty()).then_some((draft, Timestamp(i64::try_from(at).ok()?)))
}

/// Moves a text out of the way that nobody wants to take up. Where it is now.
///
/// # Errors
/// Where it cannot be moved.
pub(super) fn put_aside(path: &Path) -> io::Result<PathBuf> {
    let old = beside(path, ".old");
    fs::rename(path, &old)?;
    remove(&beside(path, BASE))?;
    Ok(old)
}

/// The command that opens a person's own editor on a file, as kubectl chooses it.
pub(super) fn command(var: impl Fn(&str) -> Option<String>, path: &Path) -> String {
    let said = |name: &str| var(name).filter(|v| !v.trim().is_empty());
    let editor = said("KUBE_EDITOR").or_else(|| said("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    let quoted = path.display().to_string().replace('\'', r"'\''");
    format!("{editor} '{quoted}'")
}

/// What an editor has left in a file. `exact`: its line ends are part of it.
///
/// # Errors
/// Why it cannot be taken, and where it is.
pub(super) fn written(path: &Path, exact: bool) -> Result<String, String> {
    let place = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("nothing was changed: {error}: {place}"))?;
    let text = if exact { text } else { text.trim_start_matches('\u{feff}').replace("\r\n", "\n") };
    if text.trim().is_empty() {
        return Err(format!("nothing was changed: the text is empty: {place}"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{ClusterId, GroupResource, ObjectRef, Uid};
    use std::collections::BTreeSet;
    use std::os::unix::fs::PermissionsExt;

    fn subject(kind: &str, name: &str) -> Subject {
        let kind = GroupResource::new("", kind);
        Subject::whole(ObjectRef { cluster: ClusterId(0), kind, namespace: "../a b".into(), name: name.into(), uid: Uid::parse("u") })
    }

    #[test]
    fn a_text_is_kept_for_its_owner_only_and_recalled_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::within(folder.path());
        let of = subject("configmaps", "web");
        let path = path(&paths, "arn:x/prod", &of, false).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert!(name.starts_with("arn-x-prod_..-a-b_configmaps_web_") && name.ends_with(".yaml"), "{name}");
        assert_eq!(path.parent(), Some(&*paths.texts));
        for base in [Some("kind: y\n"), None] {
            let draft = Draft { subject: of.clone(), base: base.map(str::to_owned), text: "kind: x\n".to_owned() };
            keep(&path, &draft).unwrap();
            let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(&paths.texts)), (0o600, 0o700));
            let (kept, at) = recall(&path, of.clone()).unwrap();
            assert!(kept == draft && at > Timestamp(1_600_000_000), "{kept:?} {at:?}");
        }
        assert_eq!(put_aside(&path).ok().and_then(|old| fs::read_to_string(old).ok()).as_deref(), Some("kind: x\n"));
        assert!(recall(&path, of.clone()).is_none());
        // What was taken back is nothing to take up.
        keep(&path, &Draft { subject: of.clone(), base: Some("a".to_owned()), text: "a".to_owned() }).unwrap();
        assert!(recall(&path, of).is_none());
        forget(&path).unwrap();
        forget(&path).unwrap();
        assert_eq!(fs::read_dir(&paths.texts).unwrap().count(), 1, "what was put aside");
    }

    #[test]
    fn what_a_secret_holds_is_kept_in_memory_or_not_at_all() {
        let mut paths = Paths::within(Path::new("/state"));
        let secret = subject("secrets", "key");
        let new = Subject::of_new(ClusterId(0), "shop", "key");
        let of = |paths: &Paths, subject: &Subject| {
            let folders = places(paths, "a", subject).into_iter().map(|p| p.parent().unwrap().display().to_string());
            folders.collect::<Vec<_>>()
        };
        assert_eq!(of(&paths, &secret), ["/state/run/texts"]);
        assert_eq!(of(&paths, &new), ["/state/texts", "/state/run/texts"]);
        paths.secret_texts = None;
        assert_eq!(of(&paths, &secret), [""; 0]);
        assert_eq!(of(&paths, &new), ["/state/texts"]);
        assert_eq!(of(&paths, &subject("configmaps", "key")), ["/state/texts"]);
    }

    #[test]
    fn no_two_texts_share_a_file() {
        let paths = Paths::within(Path::new("/state"));
        let long = "x".repeat(253);
        let mut names = BTreeSet::new();
        for (cluster, name, key) in [
            ("a", "b", None),
            ("a", "b", Some("")),
            ("a", "b", Some("c-d")),
            ("a", "b", Some("c_d")),
            ("a_b", "c", Some("d")),
            ("a", "b_c", Some("d")),
            (&long, &long, Some(&*long)),
            (&long, &long, Some(&*format!("{long}y"))),
        ] {
            let kind = GroupResource::new("", "configmaps");
            let object = ObjectRef { cluster: ClusterId(0), kind, namespace: "n".into(), name: name.into(), uid: Uid::parse("u") };
            let path = path(&paths, cluster, &Subject { object, key: key.map(str::to_owned) }, false).unwrap();
            assert!(path.file_name().unwrap().len() < 250 && path.parent() == Some(&*paths.texts), "{path:?}");
            assert!(names.insert(path), "{cluster} {name} {key:?}: {names:?}");
        }
    }

    #[test]
    fn fw8_what_an_editor_leaves_is_taken_or_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        for (left, taken) in [
            (Some("\u{feff}kind: x\r\nspec: {}\r\n"), Ok("kind: x\nspec: {}\n")),
            (Some(" \n"), Err("is empty")),
            (None, Err("No such file")),
        ] {
            let _ = fs::remove_file(&path);
            if let Some(left) = left {
                fs::write(&path, left).unwrap();
            }
            match (written(&path, false), taken) {
                (Ok(text), Ok(wanted)) => assert_eq!(text, wanted),
                (Err(why), Err(words)) => assert!(why.contains(words), "{why}"),
                (got, _) => panic!("{left:?}: {got:?}"),
            }
        }
    }

    #[test]
    fn the_editor_is_the_one_that_kubectl_would_take() {
        let path = Path::new("/tmp/it's.yaml");
        let var = |pairs: &[(&str, &str)]| {
            let pairs: Vec<(String, String)> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            move |name: &str| pairs.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone())
        };
        assert_eq!(command(var(&[("EDITOR", "nano")]), path), r"nano '/tmp/it'\''s.yaml'");
        assert_eq!(command(var(&[("EDITOR", "nano"), ("KUBE_EDITOR", "code -w")]), path), r"code -w '/tmp/it'\''s.yaml'");
        assert_eq!(command(var(&[("EDITOR", " ")]), path), r"vi '/tmp/it'\''s.yaml'");
    }
}
