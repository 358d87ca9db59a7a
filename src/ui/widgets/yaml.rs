//! Colours of YAML: of lines that we wrote and know the parts of, and of lines that somebody types.

use super::pager::Line;
use crate::model::document::{self, Sort};
use crate::model::manifest;
use crate::ui::theme::Role;

/// A line that we wrote, with what each part of it is drawn as.
pub fn written(line: document::Line) -> Line {
    let colon = match (line.key.is_empty(), line.value.is_empty()) {
        (true, _) => "",
        (false, true) => ":",
        (false, false) => ": ",
    };
    let parts = [(line.lead, Role::Dim), (line.key, Role::YamlKey), (colon.to_owned(), Role::Dim), (line.value, role(line.sort))];
    parts.into_iter().filter(|(text, _)| !text.is_empty()).collect()
}

fn role(sort: Sort) -> Role {
    match sort {
        Sort::Text | Sort::Parent => Role::YamlText,
        Sort::Number | Sort::Word => Role::YamlNumber,
        Sort::Note => Role::YamlFolded,
    }
}

/// What a line stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Within {
    /// Keys and values.
    #[default]
    Keys,
    /// A text of several lines, which are deeper than this many columns.
    Block(usize),
    /// A text that is no YAML.
    Text,
}

/// A line that somebody typed: its parts in their order, what each is drawn as, and what the next line stands in. Nothing is known of the lines
/// before but what is handed in, so that the place in a long text does not matter.
pub fn typed(text: &str, within: Within) -> (Vec<(&str, Role)>, Within) {
    if within == Within::Text {
        return (present([(text, Role::Text)]), within);
    }
    let indent = text.len() - text.trim_start_matches(' ').len();
    if let Within::Block(outer) = within
        && (indent > outer || text.trim().is_empty())
    {
        let (lead, rest) = cut(text, indent);
        return (present([(lead, Role::Dim), (rest, Role::YamlText)]), within);
    }
    let (lead, rest) = cut(text, lead(text));
    if rest.starts_with('#') || lead.is_empty() && ["---", "..."].contains(&rest) {
        return (vec![(text, Role::Dim)], Within::Keys);
    }
    let (key, after) = cut(rest, key(rest));
    // A list stands as deep as its key, an element one column deeper than its hyphen.
    let depth = if key.is_empty() { lead.trim_end().len().saturating_sub(1) } else { lead.len() };
    let (colon, after) = match key.is_empty() {
        true => ("", after),
        false => cut(after, 1 + after.get(1..).map_or(0, |a| a.len() - a.trim_start_matches(' ').len())),
    };
    let (value, remark) = cut(after, value(after));
    let word = value.trim_end();
    let (word, blanks) = cut(value, word.len());
    let is_block = word.starts_with(['|', '>']) && word.chars().skip(1).all(|c| matches!(c, '+' | '-' | '1'..='9'));
    let next = if is_block { Within::Block(depth) } else { Within::Keys };
    let sort = if is_block { Sort::Word } else { manifest::sort(word) };
    (
        present([
            (lead, Role::Dim),
            (key, Role::YamlKey),
            (colon, Role::Dim),
            (word, role(sort)),
            (blanks, Role::Dim),
            (remark, Role::Dim),
        ]),
        next,
    )
}

fn present<const N: usize>(parts: [(&str, Role); N]) -> Vec<(&str, Role)> {
    parts.into_iter().filter(|(text, _)| !text.is_empty()).collect()
}

fn cut(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// How long the blanks and hyphens before the rest are.
fn lead(text: &str) -> usize {
    let rest = text.trim_start_matches([' ', '\t']);
    let at = text.len() - rest.len();
    match rest.strip_prefix('-') {
        Some(item) if item.is_empty() || item.starts_with(' ') => at + 1 + lead(item),
        _ => at,
    }
}

/// How long the key is, without its colon; 0 where there is none.
fn key(text: &str) -> usize {
    let ends = |at: &usize| text.get(*at..).and_then(|t| t.strip_prefix(':')).is_some_and(|t| t.is_empty() || t.starts_with(' '));
    let at = match text.chars().next() {
        None | Some('[' | '{' | '&' | '*' | '!' | '|' | '>' | '%' | '@' | '`') => None,
        Some('"' | '\'') => Some(quoted(text)).filter(ends),
        // A colon behind a remark's sign belongs to the remark.
        Some(_) => cut(text, text.find(" #").unwrap_or(text.len())).0.match_indices(':').map(|(at, _)| at).find(ends),
    };
    at.unwrap_or_default()
}

/// How long the value is, without a remark behind it.
fn value(text: &str) -> usize {
    let (head, tail) = cut(text, if text.starts_with(['"', '\'']) { quoted(text) } else { 0 });
    match tail.find(" #") {
        _ if head.is_empty() && tail.starts_with('#') => 0,
        Some(at) if head.is_empty() || tail.get(..at).is_some_and(|t| t.trim().is_empty()) => head.len() + at,
        _ => text.len(),
    }
}

/// How long the text in quotes is with which this begins; all of it where the quotes do not close.
fn quoted(text: &str) -> usize {
    let mut chars = text.char_indices();
    let Some((_, quote)) = chars.next() else { return 0 };
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote == '"' {
            chars.next();
        } else if c == quote {
            let twice = quote == '\'' && text.get(at + 1..).is_some_and(|t| t.starts_with(quote));
            if !twice {
                return at + 1;
            }
            chars.next();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn shown(text: &str) -> String {
        let mark = |role| match role {
            Role::YamlKey => 'k',
            Role::YamlText => 't',
            Role::YamlNumber => 'n',
            _ => '.',
        };
        typed(text, Within::Keys).0.iter().map(|(part, role)| mark(*role).to_string().repeat(part.chars().count())).collect()
    }

    #[test]
    fn what_is_typed_has_the_colours_of_what_it_is() {
        #[rustfmt::skip]
        let table = [
            ("a: 1", "k..n"), ("a: yes", "k..nnn"), ("- a: x", "..k..t"), ("- - x", "....t"), ("# a: 1", "......"), ("---", "..."), ("a:", "k."),
            ("a:   b # c", "k....t...."), ("a: # c", "k....."), ("a: b#c", "k..ttt"), ("\"a: b\": 'c''# d' # e", "kkkkkk..tttttttt...."),
            ("a: \"x\\\" # y\"", "k..ttttttttt"), ("a: |", "k..n"), ("a: >2-", "k..nnn"), ("a: | b", "k..ttt"), ("a: [1, 2]", "k..tttttt"), ("a: {}", "k..nn"),
            ("x:y", "ttt"), ("http://a: b", "kkkkkkkk..t"), ("  ", ".."), ("", ""), ("-", "."), ("-x", "tt"), ("a: \"open", "k..ttttt"),
        ];
        for (text, colours) in table {
            assert_eq!(shown(text), colours, "{text}");
        }
    }

    #[test]
    fn a_text_of_several_lines_ends_where_it_is_less_deep() {
        let lines = ["a:", "- b: |", "    x: 1", "", "   - y", "  c: |2", "     # z", "- >-", "  w: 1", "d: 1"];
        let mut within = Within::Keys;
        let roles: Vec<Role> = lines
            .iter()
            .map(|line| {
                let (parts, next) = typed(line, within);
                within = next;
                parts.iter().map(|(_, role)| *role).rfind(|r| *r != Role::Dim).unwrap_or(Role::Dim)
            })
            .collect();
        let (key, text, word) = (Role::YamlKey, Role::YamlText, Role::YamlNumber);
        assert_eq!(roles, [key, word, text, Role::Dim, text, word, text, word, text, word]);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let word = "[a-c0-9 :#'\"\\\\\n|>{}_.-]{0,8}";
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            word.prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 30, 4, move |inner| {
            let map = prop::collection::vec((word, inner.clone()), 0..4);
            prop_oneof![prop::collection::vec(inner, 0..4).prop_map(Value::from), map.prop_map(|m| Value::Object(m.into_iter().collect()))]
        })
    }

    proptest! {
        #[test]
        fn a_line_is_the_sum_of_its_parts(text in "[a-c0-9 :#'\"\\\\\t|>{}é日_.-]{0,20}", outer in 0usize..4, block in any::<bool>()) {
            let within = if block { Within::Block(outer) } else { Within::Keys };
            let parts = typed(&text, within).0;
            prop_assert_eq!(parts.iter().map(|p| p.0).collect::<String>(), text);
        }

        /// One document looks the same, whether it is read or edited.
        #[test]
        fn what_we_wrote_looks_as_if_it_was_typed(value in any_value()) {
            let mut within = Within::Keys;
            for line in document::lines(&json!({ "spec": value }), true) {
                let text = line.text();
                let roles = |parts: Vec<(&str, Role)>| parts.iter().flat_map(|(t, r)| t.chars().map(|c| (c, *r))).filter(|(c, _)| *c != ' ').collect::<Vec<_>>();
                let (parts, next) = typed(&text, within);
                within = next;
                let ours = written(line);
                prop_assert_eq!(roles(parts), roles(ours.iter().map(|(t, r)| (t.as_str(), *r)).collect()), "{}", text);
            }
        }
    }
}
