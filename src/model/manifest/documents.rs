//! A text of several objects, as files for `kubectl apply` are: documents one after the other, lists as what is in them.

use super::tree::{Node, What};
use super::{Flaw, Flaws, Manifest, Place, is_mark, read, says_nothing};

/// Reads every object of a text, or says all that is wrong in any of them. Each has an API version, a kind and a name.
///
/// # Errors
/// Everything that is wrong, each with its place in the whole text.
pub fn documents(text: &str) -> Result<Vec<Manifest>, Flaws> {
    let (mut objects, mut wrong) = (Vec::new(), Flaws::default());
    for document in split(text) {
        match read(&document) {
            Ok(manifest) => objects.extend(items(manifest)),
            Err(flaws) => wrong.errors.extend(flaws.errors),
        }
    }
    wrong.errors.extend(objects.iter().filter_map(nameless));
    if objects.is_empty() && wrong.errors.is_empty() {
        let what = "there is nothing here; an object has at least apiVersion, kind and metadata".to_owned();
        wrong.errors.push(Flaw { place: Place { line: 1, column: 1 }, what });
    }
    if wrong.errors.is_empty() { Ok(objects) } else { Err(wrong) }
}

/// The documents that have something in them, each behind so many empty lines that its places are those of the whole text.
fn split(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut begins: Vec<usize> = vec![0];
    // What ends a document (`...`) stands alone, and is left to the one that it ends.
    begins.extend(lines.iter().enumerate().skip(1).filter(|(_, l)| is_mark(l, "---")).map(|(at, _)| at));
    let ends = begins.iter().skip(1).copied().chain([lines.len()]);
    let document = |(begin, end): (usize, usize)| {
        let own = lines.get(begin..end).unwrap_or_default();
        let is_empty = own.iter().all(|l| says_nothing(l) || l.starts_with('%'));
        (!is_empty).then(|| format!("{}{}\n", "\n".repeat(begin), own.join("\n")))
    };
    begins.iter().copied().zip(ends).filter_map(document).collect()
}

/// What stands in a list, or the object itself.
fn items(manifest: Manifest) -> Vec<Manifest> {
    let is_list = manifest.value.get("kind").and_then(|k| k.as_str()).is_some_and(|k| k.ends_with("List"));
    let listed = |root: &Node| match &root.what {
        What::Map(pairs) => pairs.iter().find(|(_, key, _)| key == "items").map(|(.., node)| node.clone()),
        _ => None,
    };
    match listed(&manifest.root).filter(|_| is_list).map(|node| node.what) {
        Some(What::List(nodes)) => {
            let of = |root: Node| Manifest { value: root.value(), warnings: Vec::new(), root };
            let mut items: Vec<Manifest> = nodes.into_iter().map(of).collect();
            if let Some(first) = items.first_mut() {
                first.warnings = manifest.warnings;
            }
            items
        }
        _ => vec![manifest],
    }
}

/// What it lacks to be an object that can be found again.
fn nameless(manifest: &Manifest) -> Option<Flaw> {
    let has = |pointer: &str| manifest.value.pointer(pointer).and_then(|v| v.as_str()).is_some_and(|v| !v.is_empty());
    let (field, what) = if !has("/apiVersion") {
        ("apiVersion", "no apiVersion: which one it is is written as apiVersion: apps/v1")
    } else if !has("/kind") {
        ("kind", "no kind: what it is is written as kind: Deployment")
    } else if has("/metadata/name") {
        return None;
    } else if has("/metadata/generateName") {
        ("metadata.generateName", "generateName makes another object each time; what is applied needs a name")
    } else {
        ("metadata.name", "no name: metadata.name is missing or empty, or no text")
    };
    Some(Flaw { place: manifest.place(field, None), what: what.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

    /// The names and first lines of objects, or the lines of flaws and what they are.
    fn told(text: &str) -> Vec<String> {
        match documents(text) {
            Ok(all) => all.iter().map(|m| format!("{} {}", m.begin().line, m.value["metadata"]["name"].as_str().unwrap())).collect(),
            Err(flaws) => flaws.errors.iter().map(|f| format!("{}: {}", f.place.line, f.what)).collect(),
        }
    }

    #[test]
    fn every_object_of_a_text_is_read_with_its_place_in_it() {
        let b = A.replace("name: a", "name: b");
        let list = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: p}}\n- {apiVersion: v1, kind: Pod, metadata: {name: q}}\n";
        let json = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"j\"},\n\t\"data\":{}}".to_owned();
        for (text, found) in [
            (A.to_owned(), vec!["1 a"]),
            (format!("# first\n---\n{A}---\n# nothing\n---\n{b}---\n"), vec!["3 a", "9 b"]),
            (format!("%YAML 1.2\n---\n{A}...\n---\n{b}"), vec!["3 a", "8 b"]),
            (format!("--- # one\n{A}--- {{apiVersion: v1, kind: Pod, metadata: {{name: p}}}}\n"), vec!["2 a", "5 p"]),
            (list.to_owned(), vec!["4 p", "5 q"]),
            (json, vec!["1 j"]),
        ] {
            assert_eq!(told(&text), found, "{text}");
        }
    }

    #[test]
    fn every_flaw_is_told_with_its_line() {
        for (text, wrong) in [
            (String::new(), vec!["1: there is nothing here"]),
            ("# nothing\n---\n".to_owned(), vec!["1: there is nothing here"]),
            (format!("{A}---\na: 1\na: 2\n---\nb:\n\tc: 1\n"), vec!["6: a stands in line 5 already", "9: a tab indents a line here"]),
            (format!("{A}---\nkind: Pod\nmetadata: {{name: x}}\n"), vec!["5: no apiVersion"]),
            (format!("{A}---\napiVersion: v1\nmetadata: {{name: x}}\n"), vec!["5: no kind"]),
            (A.replace("{name: a}", "{labels: {a: b}}"), vec!["3: no name"]),
            (A.replace("name: a", "name: 7"), vec!["3: no name"]),
            (A.replace("name: a", "generateName: a-"), vec!["3: generateName makes another"]),
            (format!("{A}---\n- a\n"), vec!["5: an object is keys and values"]),
            ("kind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n".to_owned(), vec!["3: no name"]),
            (
                format!("{A}---\n<<<<<<< yours\na: 1\n=======\na: 2\n>>>>>>> theirs\n"),
                vec!["5: a conflict", "7: a conflict", "9: a conflict"],
            ),
        ] {
            let found = told(&text);
            assert_eq!(found.len(), wrong.len(), "{text}\n{found:?}");
            assert!(found.iter().zip(&wrong).all(|(f, w)| f.starts_with(w)), "{text}\n{found:?}");
        }
    }
}
