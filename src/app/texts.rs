//! Texts of objects, in files that only their owner reads: what was written and is not stored yet, and what another editor is to change.

use super::files::Paths;
use crate::model::id::ObjectRef;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Where the text of an object is kept.
pub(super) fn path(paths: &Paths, cluster: &str, object: &ObjectRef) -> PathBuf {
    let plain = |part: &str| part.replace(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.')), "-");
    let parts = [cluster, &object.namespace, &object.kind.resource, &object.name];
    let name: Vec<String> = parts.iter().filter(|p| !p.is_empty()).map(|p| plain(p)).collect();
    paths.texts.join(format!("{}.yaml", name.join("_")))
}

/// Keeps a text, or forgets it.
///
/// # Errors
/// Where the file cannot be written.
pub(super) fn keep(path: &Path, text: Option<&str>) -> io::Result<()> {
    let Some(text) = text else {
        return fs::remove_file(path).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) });
    };
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

/// The command that opens a person's own editor on a file, as kubectl chooses it.
pub(super) fn command(var: impl Fn(&str) -> Option<String>, path: &Path) -> String {
    let said = |name: &str| var(name).filter(|v| !v.trim().is_empty());
    let editor = said("KUBE_EDITOR").or_else(|| said("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    let quoted = path.display().to_string().replace('\'', r"'\''");
    format!("{editor} '{quoted}'")
}

/// What an editor has left in a file.
///
/// # Errors
/// Why it cannot be taken, and where it is.
pub(super) fn written(path: &Path) -> Result<String, String> {
    let place = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("nothing was changed: {error}: {place}"))?;
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    if text.trim().is_empty() {
        return Err(format!("nothing was changed: the text is empty: {place}"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{ClusterId, GroupResource, Uid};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_text_is_kept_for_its_owner_only_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::within(folder.path());
        let kind = GroupResource::new("apps", "deployments");
        let object = ObjectRef { cluster: ClusterId(0), kind, namespace: "../a b".into(), name: "web".into(), uid: Uid::parse("u") };
        let path = path(&paths, "arn:x/prod", &object);
        assert_eq!(path, paths.texts.join("arn-x-prod_..-a-b_deployments_web.yaml"));
        keep(&path, Some("kind: x\n")).unwrap();
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&paths.texts)), (0o600, 0o700));
        keep(&path, None).unwrap();
        keep(&path, None).unwrap();
        assert!(!path.exists());
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
            match (written(&path), taken) {
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
