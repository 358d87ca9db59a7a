//! Files of objects: one, or those of a folder, in the order of their names.

use super::journal::at_home;
use crate::model::apply::{Source, Sources};
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// What a folder's files are called that are read.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];
/// An object has at most about 1.5 MiB in etcd; files of a release have hundreds of them at most.
const MOST: u64 = 32 << 20;

/// Reads a file, or those of a folder.
///
/// # Errors
/// Why one of them cannot be read, or that there is none.
pub(super) fn read(path: &str) -> Result<Sources, String> {
    let path = at_home(path);
    let about = fs::metadata(&path).map_err(|error| told(&path, error.kind(), &error))?;
    if !about.is_dir() {
        return Ok(Sources { texts: vec![file(&path)?], folders: 0 });
    }
    let unreadable = |error: std::io::Error| format!("{}: {error}", path.display());
    let (mut files, mut folders): (Vec<PathBuf>, usize) = (Vec::new(), 0);
    for entry in fs::read_dir(&path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let is_ours = file.extension().and_then(|e| e.to_str()).is_some_and(|e| ENDINGS.contains(&e));
        match file.is_dir() {
            true => folders += 1,
            false if is_ours => files.push(file),
            false => {}
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(format!("{} has no *.yaml, *.yml or *.json in it; folders within are not looked into", path.display()));
    }
    Ok(Sources { texts: files.iter().map(|path| file(path)).collect::<Result<_, _>>()?, folders })
}

fn file(path: &Path) -> Result<Source, String> {
    let place = path.display();
    let unreadable = |error: std::io::Error| told(path, error.kind(), &error);
    // A pipe or device would be waited for.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(format!("{place} is no file"));
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(MOST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MOST {
        return Err(format!("{place} has more than {} MiB: that is no manifest", MOST >> 20));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|b| **b == b'\n').count() + 1;
        format!("{place}:{line}: this is no UTF-8")
    })?;
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    Ok(Source { name: place.to_string(), text })
}

fn told(path: &Path, kind: ErrorKind, error: &std::io::Error) -> String {
    let here = std::env::current_dir().ok().filter(|_| path.is_relative() && kind == ErrorKind::NotFound);
    let from = here.map(|folder| format!(" (looked for from {})", folder.display())).unwrap_or_default();
    format!("{}: {error}{from}", path.display())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_in_the_order_of_names_and_what_cannot_be_read_is_told() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        for (name, text) in [("b.yml", "b"), ("a.json", "a"), ("c.yaml", "\u{feff}c\r\nd"), ("notes.txt", "x"), ("inner.yaml/x.yaml", "y")]
        {
            fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs::write(at(name), text).unwrap();
        }
        let read_at = |name: &str| read(at(name).to_str().unwrap());
        let Sources { texts: all, folders } = read_at("").unwrap();
        assert_eq!(folders, 1, "one is not looked into, whatever it is called");
        let found: Vec<(&str, &str)> = all.iter().map(|s| (s.name.rsplit('/').next().unwrap(), s.text.as_str())).collect();
        assert_eq!(found, [("a.json", "a"), ("b.yml", "b"), ("c.yaml", "c\nd")]);
        assert_eq!(read_at("notes.txt").unwrap().texts[0].text, "x", "what is named is read, whatever it is called");
        fs::create_dir(at("empty")).unwrap();
        fs::write(at("bad.yaml"), b"a: 1\nb: \xff\n").unwrap();
        for (name, why) in
            [("missing.yaml", "No such file"), ("empty", "has no *.yaml, *.yml or *.json"), ("bad.yaml", "bad.yaml:2: this is no UTF-8")]
        {
            let told = read_at(name).unwrap_err();
            assert!(told.contains(why), "{name}: {told}");
        }
        assert!(read("/dev/null").unwrap_err().contains("is no file"));
        assert!(read("no/such.yaml").unwrap_err().contains("looked for from"));
    }
}
