//! A reader of Rust source that knows just enough for rules about it: comments, strings, test modules, paths and functions.
//! It is no parser: what it cannot see (paths made by macros) it does not judge.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A source file.
pub struct Source {
    /// Its path from the root of the repository.
    pub path: String,
    /// As it is on disk.
    pub text: String,
    /// The same lines without comments, without the contents of strings, and without what `#[cfg(test)]` guards.
    pub code: String,
}

/// A function as the brace scanner sees it.
#[derive(Debug, PartialEq)]
pub struct Function {
    pub name: String,
    /// The line of `fn`, from 1.
    pub line: usize,
    /// From the line of `fn` to that of its last brace.
    pub lines: usize,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let code = if is_test_module(path) { String::new() } else { without_tests(&blank(text)) };
        Self { path: path.to_owned(), text: text.to_owned(), code }
    }

    /// The module under `src/` that the file belongs to: a directory, or a file of its own.
    pub fn module(&self) -> &str {
        let inner = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inner.split('/').next().unwrap_or(inner).trim_end_matches(".rs")
    }

    /// True in one of the directories.
    pub fn is_in(&self, directories: &[&str]) -> bool {
        self.path.starts_with("src/") && directories.contains(&self.module())
    }

    /// Every path in the code, written out: those of `use` trees and those used in place. A leading `super::` that climbs to the
    /// root of the crate is written as `crate::`.
    pub fn paths(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for tree in use_trees(&self.code) {
            expand("", tree, &mut found);
        }
        let mut rest = self.code.as_str();
        while let Some(at) = rest.find("::") {
            let start = rest[..at].rfind(|c: char| !is_word(c) && c != ':').map_or(0, |i| i + rest[i..].chars().next().unwrap().len_utf8());
            let end = rest[at..].find(|c: char| !is_word(c) && c != ':').map_or(rest.len(), |i| at + i);
            found.insert(rest[start..end].trim_matches(':').to_owned());
            rest = &rest[end..];
        }
        found.into_iter().map(|path| self.rooted(path)).collect()
    }

    /// `super::super::x` as `crate::x` where that is what it means.
    fn rooted(&self, path: String) -> String {
        let inner = self.path.strip_prefix("src/").unwrap_or(&self.path).trim_end_matches(".rs").trim_end_matches("/mod");
        let depth = inner.split('/').count();
        let supers = path.split("::").take_while(|&s| s == "super").count();
        if supers >= depth && supers > 0 { format!("crate{}", &path[supers * 7 - 2..]) } else { path }
    }

    /// The modules of the crate that the file imports, its own left out.
    pub fn imports(&self) -> BTreeSet<String> {
        let named = |path: &String| {
            let inner = path.strip_prefix("crate::").or_else(|| path.strip_prefix("kconsole::"))?;
            Some(inner.split("::").next()?.to_owned())
        };
        self.paths().iter().filter_map(named).filter(|m| m != self.module() && m.starts_with(char::is_lowercase)).collect()
    }

    /// Lines that are not inside a test module.
    pub fn lines(&self) -> usize {
        if is_test_module(&self.path) {
            return 0;
        }
        self.text.lines().count() - test_lines(&blank(&self.text))
    }

    /// Every function that has a body, test modules left out.
    pub fn functions(&self) -> Vec<Function> {
        let code = &self.code;
        let starts = code.match_indices("fn ").filter(|&(at, _)| !code[..at].ends_with(is_word));
        starts.filter_map(|(at, _)| function(code, at)).collect()
    }
}

/// Every Rust file under a directory of the repository.
pub fn sources(directory: &str) -> Vec<Source> {
    let read = |path: &String| Source::new(path, &std::fs::read_to_string(root().join(path)).expect("a listed file can be read"));
    tracked().iter().filter(|p| p.starts_with(directory) && p.ends_with(".rs")).map(read).collect()
}

/// Every file that git knows or would add.
pub fn tracked() -> Vec<String> {
    let out = Command::new("git").args(["ls-files", "-co", "--exclude-standard", "--deduplicate"]).current_dir(root()).output();
    let out = out.expect("git lists the files of the project");
    assert!(out.status.success(), "git ls-files: {}", String::from_utf8_lossy(&out.stderr));
    let all = String::from_utf8(out.stdout).expect("our file names are UTF-8");
    all.lines().filter(|p| root().join(p).is_file()).map(str::to_owned).collect()
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// A test module that has a file of its own.
fn is_test_module(path: &str) -> bool {
    path.starts_with("src/") && path.ends_with("/tests.rs")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Comments and the contents of strings and characters as blanks; lines stay where they are.
pub fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut word = false;
    while let Some(c) = rest.chars().next() {
        let length = if word { literal_in_word(rest) } else { skipped(rest) };
        let taken = &rest[..length.max(c.len_utf8())];
        if length == 0 {
            out.push(c);
        } else {
            out.extend(taken.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        word = is_word(c) && length == 0;
        rest = &rest[taken.len()..];
    }
    out
}

/// How long the comment or literal is that starts here; 0 where none does.
fn skipped(rest: &str) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    let prefix = rest.len() - rest.trim_start_matches(['b', 'r', 'c']).len();
    let hashes = rest[prefix..].len() - rest[prefix..].trim_start_matches('#').len();
    let raw = rest[..prefix].contains('r');
    match rest[prefix + hashes..].chars().next() {
        Some('"') if raw => raw_string(rest, prefix + hashes + 1, hashes),
        Some('"') if hashes == 0 => quoted(rest, prefix + 1, '"'),
        Some('\'') if hashes == 0 && prefix <= 1 && !raw => character(rest, prefix + 1),
        _ => 0,
    }
}

/// In the middle of a word only a quote can start a literal, and none that we write does.
fn literal_in_word(rest: &str) -> usize {
    if is_word(rest.chars().next().unwrap_or(' ')) { 0 } else { skipped(rest) }
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn raw_string(rest: &str, from: usize, hashes: usize) -> usize {
    let end = format!("\"{}", "#".repeat(hashes));
    rest[from..].find(&end).map_or(rest.len(), |i| from + i + end.len())
}

fn quoted(rest: &str, from: usize, quote: char) -> usize {
    let mut escaped = false;
    for (i, c) in rest[from..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return from + i + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A character, or 0 for a lifetime or label.
fn character(rest: &str, from: usize) -> usize {
    let mut chars = rest[from..].chars();
    match (chars.next(), chars.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => quoted(rest, from, '\''),
        _ => 0,
    }
}

/// The code with what `#[cfg(test)]` guards as blank lines.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    while let Some((start, end)) = test_item(&out) {
        let blank: String = out[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        out.replace_range(start..end, &blank);
    }
    out
}

fn test_lines(code: &str) -> usize {
    let (mut rest, mut lines) = (code.to_owned(), 0);
    while let Some((start, end)) = test_item(&rest) {
        lines += rest[start..end].matches('\n').count() + 1;
        rest.replace_range(start..end, "");
    }
    lines
}

/// The first item that `#[cfg(test)]` guards: up to its semicolon or its last brace.
fn test_item(code: &str) -> Option<(usize, usize)> {
    let start = code.find("#[cfg(test)]")?;
    let stop = start + code[start..].find([';', '{'])?;
    let end = if code[stop..].starts_with(';') { stop + 1 } else { closing(code, stop)? };
    Some((start, end))
}

/// Where the brace that opens here is closed; the byte after it.
fn closing(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0;
    for (i, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(open + i + 1);
        }
    }
    None
}

fn function(code: &str, at: usize) -> Option<Function> {
    let name: String = code[at + 3..].chars().take_while(|&c| is_word(c)).collect();
    let stop = at + signature(&code[at..])?;
    if name.is_empty() || !code[stop..].starts_with('{') {
        return None;
    }
    let body = &code[at..closing(code, stop)?];
    Some(Function { name, line: code[..at].matches('\n').count() + 1, lines: body.matches('\n').count() + 1 })
}

/// How long a signature is: up to the brace or semicolon outside brackets, so that `[u8; 4]` does not end it.
fn signature(code: &str) -> Option<usize> {
    let mut depth = 0;
    for (i, c) in code.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' if depth == 0 => return None,
            ')' | ']' => depth -= 1,
            '{' | ';' if depth == 0 => return Some(i),
            _ => {}
        }
    }
    None
}

/// What stands between `use` and its semicolon.
fn use_trees(code: &str) -> impl Iterator<Item = &str> {
    let starts = code.match_indices("use ").filter(|&(at, _)| !code[..at].ends_with(|c| is_word(c) || c == '<'));
    starts.filter_map(|(at, _)| code[at + 4..].split(';').next()).filter(|tree| !tree.contains("fn "))
}

/// Writes out a tree such as `a::{b, c::{d, e as f}}`.
fn expand(prefix: &str, tree: &str, found: &mut BTreeSet<String>) {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let leaf = tree.split(" as ").next().unwrap_or(tree).trim();
        let path = if leaf == "self" { prefix.trim_end_matches("::").to_owned() } else { format!("{prefix}{leaf}") };
        found.insert(path);
        return;
    };
    let Some(end) = closing(tree, open) else { return };
    let prefix = format!("{prefix}{}", tree[..open].trim());
    let (mut depth, mut from) = (0, open + 1);
    for (i, c) in tree[open + 1..end - 1].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&prefix, &tree[from..open + 1 + i], found);
                from = open + 2 + i;
            }
            _ => {}
        }
    }
    if !tree[from..end - 1].trim().is_empty() {
        expand(&prefix, &tree[from..end - 1], found);
    }
}
