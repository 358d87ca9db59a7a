//! The programs of the toy shell that move files about: what a copy into a container or out of it needs.

use super::commands::{self, Program, named, split, texts};
use super::disk::{bytes, text};
use super::{Ran, Shell};
use ring::digest::{SHA256, digest};
use std::io::Read;
use tar::{Archive, Builder, EntryType, Header};

const PROGRAMS: &[(&str, Program)] = &[
    ("head", head),
    ("mkdir", mkdir),
    ("mv", mv),
    ("rm", rm),
    ("sha256sum", sha256sum),
    ("tail", tail),
    ("tar", tar),
    ("test", test),
    ("xargs", xargs),
];

/// The program of this name or path.
pub(super) fn find(name: &str) -> Option<Program> {
    named(PROGRAMS, name)
}

/// What follows an option: `-c 3`.
fn option<'a>(arguments: &'a [String], name: &str) -> Option<&'a str> {
    let at = arguments.iter().position(|a| a == name)?;
    arguments.get(at + 1).map(String::as_str)
}

/// The first bytes, where they are asked for; else the first lines.
fn head(shell: &mut Shell, arguments: &[String], input: Option<&str>) -> Ran {
    let Some(most) = option(arguments, "-c").and_then(|n| n.parse::<usize>().ok()) else { return commands::head(shell, arguments, input) };
    let names: Vec<&str> = arguments.iter().skip(2).map(String::as_str).collect();
    // It reads no further.
    if let Some(enough) = input.filter(|_| names.is_empty()).and_then(|all| bytes(all).get(..most).map(text)) {
        return Ran::out(enough);
    }
    texts(shell, "head", &names, input).map_or_else(|failed| failed, |all| Ran::out(text(bytes(&all).get(..most).unwrap_or(&bytes(&all)))))
}

/// What comes from a byte on, where that is asked for as `-c +3`; else the last lines.
fn tail(shell: &mut Shell, arguments: &[String], input: Option<&str>) -> Ran {
    let from = option(arguments, "-c").and_then(|n| n.strip_prefix('+')?.parse::<usize>().ok());
    let Some(from) = from else { return commands::tail(shell, arguments, input) };
    let names: Vec<&str> = arguments.iter().skip(2).map(String::as_str).collect();
    texts(shell, "tail", &names, input)
        .map_or_else(|failed| failed, |all| Ran::out(text(bytes(&all).get(from.saturating_sub(1)..).unwrap_or_default())))
}

fn mkdir(shell: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    let (options, mut names) = split(arguments);
    if options.contains('m') {
        // Files have no modes here.
        names.drain(..names.len().min(1));
    }
    for name in names {
        let path = shell.path(name);
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        if shell.machine.is_folder(&path) || shell.machine.files.contains_key(&path) {
            if !options.contains('p') {
                return Ran::fail(1, format!("mkdir: can't create directory '{name}': File exists"));
            }
        } else if !parent.is_empty() && !shell.machine.is_folder(parent) && !options.contains('p') {
            return Ran::fail(1, format!("mkdir: can't create directory '{name}': No such file or directory"));
        } else {
            // A folder is a file whose path ends so.
            shell.machine.files.insert(format!("{path}/"), String::new());
        }
    }
    Ran::default()
}

/// Moves a file, or a folder with all that is in it.
fn mv(shell: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    let (_, names) = split(arguments);
    let [from, to] = names.as_slice() else { return Ran::fail(1, "Usage: mv SOURCE DEST") };
    let (source, mut target) = (shell.path(from), shell.path(to));
    if shell.machine.is_folder(&target) {
        target = format!("{target}/{}", source.rsplit('/').next().unwrap_or_default());
    }
    let moved = taken(shell, &source);
    if moved.is_empty() {
        return Ran::fail(1, format!("mv: can't rename '{from}': No such file or directory"));
    }
    let moved = moved.into_iter().map(|(path, file)| (format!("{target}{}", path.strip_prefix(&source).unwrap_or_default()), file));
    shell.machine.files.extend(moved);
    Ran::default()
}

fn rm(shell: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    let (options, names) = split(arguments);
    for name in names {
        let path = shell.path(name);
        if shell.machine.is_folder(&path) && !options.contains('r') {
            return Ran::fail(1, format!("rm: '{name}' is a directory"));
        }
        if taken(shell, &path).is_empty() && !options.contains('f') {
            return Ran::fail(1, format!("rm: can't remove '{name}': No such file or directory"));
        }
    }
    Ran::default()
}

/// All that is at a path, taken away.
fn taken(shell: &mut Shell, path: &str) -> Vec<(String, String)> {
    let inside = format!("{path}/");
    let paths: Vec<String> = shell.machine.files.keys().filter(|file| *file == path || file.starts_with(&inside)).cloned().collect();
    paths.into_iter().filter_map(|path| shell.machine.files.remove_entry(&path)).collect()
}

fn sha256sum(shell: &mut Shell, arguments: &[String], input: Option<&str>) -> Ran {
    let sum = |all: &str| digest(&SHA256, &bytes(all)).as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (_, names) = split(arguments);
    if names.is_empty() {
        return texts(shell, "sha256sum", &[], input).map_or_else(|failed| failed, |all| Ran::out(format!("{}  -\n", sum(&all))));
    }
    let mut ran = Ran::default();
    for name in names {
        match texts(shell, "sha256sum", &[name], None) {
            Ok(all) => ran.out += &format!("{}  {name}\n", sum(&all)),
            Err(failed) => (ran.err, ran.code) = (ran.err + &failed.err, 1),
        }
    }
    ran
}

/// Whether something is there: `-e`, `-d`, `-f`; or whether a word is; after `!` whether it is not.
fn test(shell: &mut Shell, arguments: &[String], _: Option<&str>) -> Ran {
    Ran { code: i32::from(!holds(shell, arguments)), ..Ran::default() }
}

fn holds(shell: &Shell, words: &[String]) -> bool {
    match words {
        [not, rest @ ..] if not == "!" => !holds(shell, rest),
        [what, name] => {
            let path = shell.path(name);
            let (file, folder) = (shell.machine.files.contains_key(&path), shell.machine.is_folder(&path));
            match what.as_str() {
                "-d" => folder,
                "-f" => file,
                "-e" => file || folder,
                _ => false,
            }
        }
        words => !words.is_empty(),
    }
}

/// Runs a program with words of the input, which are divided by zeros: all at once, or so many at a time.
fn xargs(shell: &mut Shell, arguments: &[String], input: Option<&str>) -> Ran {
    let Some(input) = input.filter(|_| !shell.more) else { return Ran { wants_input: true, ..Ran::default() } };
    let most = option(arguments, "-n").and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    let program: Vec<String> = arguments.iter().skip_while(|a| a.starts_with('-') || a.parse::<u32>().is_ok()).cloned().collect();
    let words: Vec<String> = input.split_terminator('\0').map(str::to_owned).collect();
    let mut all = Ran::default();
    for some in words.chunks(most.min(words.len()).max(1)) {
        let ran = shell.run(&[program.as_slice(), some].concat(), Some(""));
        (all.out, all.err) = (all.out + &ran.out, all.err + &ran.err);
        all.code = match ran.code {
            0 => all.code,
            127 => 127,
            _ => 123,
        };
    }
    all
}

/// So many zeros end an archive.
const END: usize = 1024;

fn tar(shell: &mut Shell, arguments: &[String], input: Option<&str>) -> Ran {
    let (options, _) = split(arguments);
    let folder = shell.path(option(arguments, "-C").unwrap_or("."));
    if !shell.machine.is_folder(&folder) {
        return Ran::fail(1, format!("tar: can't change directory to '{folder}': No such file or directory"));
    }
    match (options.contains('x'), input, arguments.last()) {
        (true, None, _) => Ran { wants_input: true, ..Ran::default() },
        // It reads no further than to the end of the archive.
        (true, Some(input), _) if shell.more && !input.ends_with(&"\0".repeat(END)) => Ran { wants_input: true, ..Ran::default() },
        (true, Some(input), _) => {
            extract(shell, &folder, &bytes(input)).map_or_else(|why| Ran::fail(1, format!("tar: {why}")), |()| Ran::default())
        }
        (false, _, Some(name)) => create(shell, &folder, name).map_or_else(|why| Ran::fail(1, format!("tar: {why}")), Ran::out),
        _ => Ran::fail(1, "Usage: tar c|x [-f TARFILE] [-C DIR] [FILE]..."),
    }
}

/// An archive of what is at a path below a folder.
fn create(shell: &Shell, folder: &str, name: &str) -> std::io::Result<String> {
    let root = shell.path(&format!("{folder}/{name}"));
    let inside = format!("{}/", root.trim_end_matches('/'));
    let mut archive = Builder::new(Vec::new());
    let mut add = |path: &str, kind: EntryType, data: &[u8]| {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(if kind == EntryType::Directory { 0o755 } else { 0o644 });
        header.set_size(data.len() as u64);
        archive.append_data(&mut header, path, data)
    };
    if let Some(file) = shell.machine.files.get(&root) {
        add(name, EntryType::Regular, &bytes(file))?;
    } else if !shell.machine.is_folder(&root) {
        return Err(std::io::Error::other(format!("{name}: No such file or directory")));
    } else {
        add(name, EntryType::Directory, b"")?;
        let files = shell.machine.files.iter().filter_map(|(path, file)| Some((path.strip_prefix(&inside)?, file)));
        for (path, file) in files.filter(|(path, _)| !path.is_empty()) {
            let kind = if path.ends_with('/') { EntryType::Directory } else { EntryType::Regular };
            add(&format!("{name}/{path}"), kind, &bytes(file))?;
        }
    }
    Ok(text(&archive.into_inner()?))
}

fn extract(shell: &mut Shell, folder: &str, archive: &[u8]) -> std::io::Result<()> {
    for entry in Archive::new(archive).entries()? {
        let mut entry = entry?;
        let mut path = shell.path(&format!("{folder}/{}", String::from_utf8_lossy(&entry.path_bytes())));
        let mut data = Vec::new();
        match entry.header().entry_type() {
            EntryType::Directory => path.push('/'),
            EntryType::Regular => drop(entry.read_to_end(&mut data)?),
            _ => return Err(std::io::Error::other("only files and folders are unpacked here")),
        }
        shell.machine.files.insert(path, text(&data));
    }
    Ok(())
}
