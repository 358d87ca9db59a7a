//! The rules of the house, as a compiler would check them: who may import whom, what never appears where, how long things may get.
//! One function a rule, with its reason. The last tests here try every rule on a line that breaks it.

use crate::rig::source::{Source, blank, root, sources, tracked};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// Who may import whom. An arrow that points both ways would make two directories one.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("keymap", &["model"]),
    ("term", &[]),
    ("kinds", &["model"]),
    ("health", &["model", "kinds"]),
    ("safety", &["model", "kinds"]),
    ("actions", &["model", "kinds", "safety"]),
    ("demo", &["model", "kinds"]),
    ("k8s", &["model", "kinds", "safety"]),
    ("ui", &["model", "kinds", "health", "safety", "actions", "keymap"]),
    ("app", &["model", "keymap", "term", "kinds", "health", "safety", "actions", "demo", "k8s", "ui"]),
    ("main", &["app", "term"]),
    ("lib", &[]),
];

/// What decides and draws, and therefore can be replayed: it is handed everything, time included.
const PURE: &[&str] = &["model", "kinds", "health", "safety", "actions", "keymap", "ui"];

/// Files that are tables and may be longer than a file should be.
const TABLE_FILES: &[&str] = &["src/demo/api/columns.rs"];

/// Functions that are tables and may be longer than a function should be.
const TABLE_FUNCTIONS: &[&str] = &[];

/// Where text is typed, keys are characters and not commands.
const TEXT_INPUT: &[&str] = &["src/ui/widgets/input.rs"];

/// Sixty ends of lines.
macro_rules! blanks {
    () => {
        "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
    };
}

/// What a rule has to say about a file: nothing where it is kept.
type Rule = fn(&Source) -> Vec<String>;

/// The rules about a single file, each with a path and a line that breaks it.
const RULES: &[(Rule, &str, &str)] = &[
    (arrows, "src/model/row.rs", "use crate::{kinds::pod, model};"),
    (arrows, "src/k8s/watch.rs", "fn f() { super::super::ui::draw() }"),
    (arrows, "src/unlisted/mod.rs", "fn f() {}"),
    (no_waiting, "src/ui/mod.rs", "async fn f() {}"),
    (no_waiting, "src/kinds/pod.rs", "fn f() { tokio::spawn(g()); }"),
    (no_outside, "src/keymap/mod.rs", "use std::{fmt, fs};"),
    (no_outside, "src/health/mod.rs", "fn f() { std::thread::spawn(g); }"),
    (no_clock, "src/safety/mod.rs", "fn f() { let now = std::time::Instant::now(); }"),
    (no_sharing, "src/model/mod.rs", "use std::sync::{Arc, OnceLock};"),
    (no_sharing, "src/ui/mod.rs", "use std::cell::Cell;"),
    (no_terminal, "src/k8s/mod.rs", "use ratatui::style::Style;"),
    (colours_in_theme, "src/ui/views/table.rs", "fn f() -> Style { Style::new().fg(style::Color::Red) }"),
    (colours_in_theme, "src/app/mod.rs", "use ratatui::style::{Color, Style};"),
    (key_codes_in_keymap, "src/app/update.rs", "use crossterm::event::{KeyCode, KeyEvent};"),
    (text_through_widgets, "src/ui/views/table.rs", "fn f(b: &mut Buffer) { b.set_string(0, 0, name, style); }"),
    (text_through_widgets, "src/ui/mod.rs", "use ratatui::text::Span;"),
    (text_through_widgets, "src/app/run.rs", "fn f() { ratatui::widgets::Paragraph::new(name).render(area, buf) }"),
    (has_a_head, "src/ui/mod.rs", "mod x;"),
    (short_functions, "src/ui/mod.rs", LONG_FUNCTION),
    (short_file, "src/ui/mod.rs", LONG_FILE),
];

/// Directories stay apart, so that each can be read, tested and replaced alone.
fn arrows(file: &Source) -> Vec<String> {
    let Some((_, allowed)) = ARROWS.iter().find(|(module, _)| *module == file.module()) else {
        return vec![format!("{} has no line in ARROWS", file.module())];
    };
    file.imports().iter().filter(|m| !allowed.contains(&m.as_str())).map(|m| format!("must not import {m}")).collect()
}

/// What awaits belongs to k8s: a pure function can be replayed, a task cannot.
fn no_waiting(file: &Source) -> Vec<String> {
    forbid(file, PURE, r"\basync\b|\.await\b|\btokio\b|\bfutures\b")
}

/// Files, sockets, threads, processes and the environment are handed in, so that a test needs none of them.
fn no_outside(file: &Source) -> Vec<String> {
    forbid_paths(file, PURE, &["std::fs", "std::net", "std::thread", "std::process", "std::env"])
}

/// Time arrives as a message: a session is a list of messages that can be played again.
fn no_clock(file: &Source) -> Vec<String> {
    forbid(file, PURE, r"\b(SystemTime|Instant|Timestamp|Zoned)::now\b")
}

/// State has one writer and one thread; shared state would make drawing wait for the network.
fn no_sharing(file: &Source) -> Vec<String> {
    let mut wrong = forbid(file, PURE, r"\b(Arc|Mutex|RwLock|Rc|RefCell|UnsafeCell)\b|\bAtomic[A-Z]\w+");
    wrong.extend(forbid_paths(file, PURE, &["std::cell"]));
    wrong
}

/// The world and the look of objects serve `get` and the tests too, where there is no terminal.
fn no_terminal(file: &Source) -> Vec<String> {
    forbid(file, &["k8s", "kinds", "model", "health", "safety", "demo"], r"\b(ratatui|crossterm)\b")
}

/// A theme is one file of data: a colour anywhere else would not follow it, nor NO_COLOR.
fn colours_in_theme(file: &Source) -> Vec<String> {
    if file.path.starts_with("src/ui/theme") {
        return Vec::new();
    }
    let named = |path: &String| path.contains("style::Color") || path.contains("style::Stylize") || path.ends_with("style::*");
    file.paths().iter().filter(|p| named(p)).map(|p| format!("{p}: colours are named in src/ui/theme only")).collect()
}

/// A key that is known outside the keymap cannot be rebound, and help would not show it.
fn key_codes_in_keymap(file: &Source) -> Vec<String> {
    if TEXT_INPUT.contains(&file.path.as_str()) || file.is_in(&["keymap"]) { Vec::new() } else { forbid(file, ALL, r"\bKeyCode\b") }
}

/// Text reaches the screen through widgets, which make it safe and keep columns straight.
fn text_through_widgets(file: &Source) -> Vec<String> {
    if file.path.starts_with("src/ui/widgets/") {
        return Vec::new();
    }
    let mut wrong = forbid(file, &["ui", "app"], r"\b(set_string|set_stringn|set_symbol|set_line|set_span)\b");
    wrong.extend(forbid_paths(file, &["ui", "app"], &["ratatui::text", "ratatui::widgets", "ratatui::prelude"]));
    wrong
}

/// A reader learns from the first line what a file is for.
fn has_a_head(file: &Source) -> Vec<String> {
    if file.text.starts_with("//!") { Vec::new() } else { vec!["does not start with //!".into()] }
}

/// A file that is read in one go.
fn short_file(file: &Source) -> Vec<String> {
    let long = file.lines() > 400 && !TABLE_FILES.contains(&file.path.as_str());
    if long { vec![format!("{} lines outside inline tests; 400 is the end", file.lines())] } else { Vec::new() }
}

/// A function that is seen at one glance.
fn short_functions(file: &Source) -> Vec<String> {
    let functions = file.functions();
    let long = functions.iter().filter(|f| f.lines > 60 && !TABLE_FUNCTIONS.contains(&f.name.as_str()));
    long.map(|f| format!("line {}: fn {} has {} lines; 60 is the end", f.line, f.name, f.lines)).collect()
}

#[test]
fn every_file_keeps_the_rules() {
    let wrong: Vec<String> = sources("src/").iter().flat_map(|file| complaints(RULES.iter().map(|r| r.0), file)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn tests_say_what_they_are_for_and_stay_short() {
    let rules: [Rule; 3] = [has_a_head, short_file, short_functions];
    let wrong: Vec<String> = sources("tests/").iter().flat_map(|file| complaints(rules.into_iter(), file)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Arrows that go round would bind directories together as surely as a pair does.
#[test]
fn no_two_directories_import_each_other() {
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in sources("src/") {
        graph.entry(file.module().to_owned()).or_default().extend(file.imports());
    }
    let imports = |a: &str, b: &str| graph.get(a).is_some_and(|set| set.contains(b));
    let pairs: Vec<_> = graph.iter().flat_map(|(a, set)| set.iter().filter(|b| imports(b, a)).map(move |b| (a, b))).collect();
    assert!(pairs.is_empty(), "{pairs:?}");
    assert!(ARROWS.iter().any(|(_, to)| !to.is_empty()) && goes_one_way(ARROWS), "ARROWS go round");
}

/// Most functions fit half a screen. The share is that of the whole crate, since a small file may well have one long function.
#[test]
fn nearly_all_functions_fit_forty_lines() {
    let files = sources("src/");
    let functions: Vec<_> = files.iter().flat_map(|file| file.functions().into_iter().map(move |f| (&file.path, f))).collect();
    let long: Vec<_> = functions.iter().filter(|(_, f)| f.lines > 40).map(|(path, f)| format!("{path}:{} {}", f.line, f.name)).collect();
    assert!(long.len() * 20 <= functions.len(), "{} of {} functions are over 40 lines:\n{}", long.len(), functions.len(), long.join("\n"));
}

/// Not a rule, a figure to look at: 100 to 150 lines of documentation in 1000 is what well-kept crates have.
#[test]
fn doc_lines_are_counted() {
    let files = sources("src/");
    let is_doc = |line: &&str| line.trim_start().starts_with("//!") || line.trim_start().starts_with("///");
    let docs: usize = files.iter().map(|f| f.text.lines().filter(is_doc).count()).sum();
    let lines: usize = files.iter().map(Source::lines).sum();
    eprintln!("{docs} lines of documentation in {lines} ({} in 1000) in {} files", docs * 1000 / lines, files.len());
    assert!(docs > 0);
}

/// What is left to do is an issue, where it is seen and gets done.
#[test]
fn nothing_is_put_off_in_a_comment() {
    assert_no_file_has(PUT_OFF);
}

/// A path of one machine helps on no other.
#[test]
fn no_path_of_a_machine_is_kept() {
    assert_no_file_has(MACHINE);
}

/// A test file that is not in `main.rs` is never compiled and never fails.
#[test]
fn every_test_file_is_a_module() {
    let main = blank(&std::fs::read_to_string(root().join("tests/it/main.rs")).unwrap());
    for path in tracked().iter().filter_map(|p| p.strip_prefix("tests/it/")?.strip_suffix(".rs")) {
        let module = path.trim_end_matches("/mod");
        assert!(
            path == "main" || path.contains('/') && module == path || main.contains(&format!("mod {module};")),
            "{path} is not in main.rs"
        );
    }
}

/// A rule that cannot fail is worse than none.
#[test]
fn every_rule_can_fail() {
    for (rule, path, line) in RULES {
        assert!(!rule(&Source::new(path, line)).is_empty(), "no complaint about {path}: {}", &line[..line.len().min(80)]);
        let harmless = format!("//! {}\n#[cfg(test)]\nmod tests {{ {line} }}\n", line.replace('\n', " "));
        if ARROWS.iter().any(|(m, _)| *m == Source::new(path, "").module()) {
            assert_eq!(rule(&Source::new(path, &harmless)), [""; 0], "comments and tests may say what they like: {path}: {line}");
        }
    }
    let finds = |pattern: &str, line: String| Regex::new(pattern).unwrap().is_match(&line);
    assert!(
        finds(PUT_OFF, format!("// {}: later", "todo".to_uppercase())) && finds(MACHINE, format!("dir={}", ["", "work", "x"].join("/")))
    );
    assert!(!goes_one_way(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"])]));
}

#[test]
fn the_reader_sees_through_comments_strings_and_lifetimes() {
    let text =
        "/* a /* b */ c */ let s = \"x\\\"y // {\"; let r = r#\"}\"#; fn f<'a>(c: char) { let q = '\"'; let b = b'{'; g('}') } // end";
    let code = blank(text);
    assert_eq!(code.chars().count(), text.chars().count());
    assert!(!code.contains("end") && !code.contains('"') && code.contains("fn f<'a>(c: char) {"), "{code}");
    assert_eq!(code.matches('{').count(), code.matches('}').count(), "{code}");
}

#[test]
fn the_reader_writes_paths_out() {
    let file = Source::new(
        "src/k8s/watch.rs",
        "use crate::{model::{id::Uid, row}, kinds as k}; use super::{a, super::ui}; fn f() { crate::safety::g() }",
    );
    assert_eq!(file.imports().into_iter().collect::<Vec<_>>(), ["kinds", "model", "safety", "ui"]);
    let kind = Source::new("src/kinds/mod.rs", "macro_rules! k { () => { $crate::model::x() } } use self::pod::Pods; use super::model;");
    assert_eq!(kind.imports().into_iter().collect::<Vec<_>>(), ["model"]);
}

#[test]
fn the_reader_measures_functions() {
    let file =
        Source::new("src/a.rs", "trait T { fn none(&self) -> [u8; 4]; }\nfn one() { if x { y } }\nfn three<F: Fn(u8)>(f: F)\n{\n}\n");
    let found: Vec<_> = file.functions().into_iter().map(|f| (f.name, f.line, f.lines)).collect();
    assert_eq!(found, [("one".into(), 2, 1), ("three".into(), 3, 3)]);
}

/// All directories, where a rule names its own exceptions.
const ALL: &[&str] = &["model", "keymap", "term", "kinds", "health", "safety", "actions", "demo", "k8s", "ui", "app", "main", "lib"];

/// Words that put work off; the brackets keep the pattern from finding itself.
const PUT_OFF: &str = r"\bTOD[O]\b|\bFIXM[E]\b|\bXX[X]\b";

/// Where people and build machines keep their checkouts.
const MACHINE: &str = r#"(^|[\s"'`(=:])(/wor[k](/|\b)|/roo[t](/|\b)|/hom[e]/)"#;

/// A function of 63 lines.
const LONG_FUNCTION: &str = concat!("fn f() {\n", blanks!(), "\n}");

/// A file of more than 400 lines.
const LONG_FILE: &str = concat!(blanks!(), blanks!(), blanks!(), blanks!(), blanks!(), blanks!(), blanks!());

fn complaints(rules: impl Iterator<Item = Rule>, file: &Source) -> BTreeSet<String> {
    rules.flat_map(|rule| rule(file)).map(|wrong| format!("{}: {wrong}", file.path)).collect()
}

fn forbid(file: &Source, directories: &[&str], pattern: &str) -> Vec<String> {
    if !file.is_in(directories) {
        return Vec::new();
    }
    let pattern = Regex::new(pattern).unwrap();
    let lines = file.code.lines().enumerate().filter_map(|(i, line)| Some((i + 1, pattern.find(line)?.as_str())));
    lines.map(|(line, word)| format!("line {line}: {word} has no place here")).collect()
}

fn forbid_paths(file: &Source, directories: &[&str], prefixes: &[&str]) -> Vec<String> {
    if !file.is_in(directories) {
        return Vec::new();
    }
    let hit = |path: &String| prefixes.iter().any(|p| path == p || path.starts_with(&format!("{p}::")));
    file.paths().iter().filter(|p| hit(p)).map(|p| format!("{p} has no place here")).collect()
}

fn assert_no_file_has(pattern: &str) {
    let pattern = Regex::new(pattern).unwrap();
    let mut wrong = Vec::new();
    for path in tracked() {
        let bytes = std::fs::read(root().join(&path)).unwrap();
        let Ok(text) = String::from_utf8(bytes) else { continue };
        wrong.extend(text.lines().enumerate().filter(|(_, l)| pattern.is_match(l)).map(|(i, l)| format!("{path}:{}: {}", i + 1, l.trim())));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// True where no arrow leads back to where one came from.
fn goes_one_way(arrows: &[(&str, &[&str])]) -> bool {
    let mut left: Vec<_> = arrows.to_vec();
    while let Some(i) = left.iter().position(|(_, to)| to.iter().all(|t| left.iter().all(|(from, _)| from != t))) {
        left.remove(i);
    }
    left.is_empty()
}
