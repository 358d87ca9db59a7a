//! A text that was edited while what it was made from changed: both changes in one text, line by line.
//!
//! Where both changed the same lines, both stand in the result between marks. No object can be read from a text with marks, so that a conflict
//! that was overlooked is never sent.

use similar::{MergeResolution, TextMerge};
use std::ops::Range;

/// The marks: before your lines, between, and after theirs.
const MARKS: [&str; 3] = ["<<<<<<<", "=======", ">>>>>>>"];

/// Both changes in one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebased {
    /// The text.
    pub text: String,
    /// The lines of each conflict, counted from 0, marks included.
    pub conflicts: Vec<Range<usize>>,
    /// Lines of the edited text, and the line where the first of them stands now.
    moved: Vec<(Range<usize>, usize)>,
}

/// Makes the edit of `yours`, which was made in `base`, in `theirs`. All lines that were written into `yours` are in the result, in their order.
pub fn rebase(base: &str, yours: &str, theirs: &str) -> Rebased {
    let mut merge = TextMerge::from_lines(base, yours, theirs);
    merge.labels("before", "your lines", "what the server has now");
    let (mut line, mut conflicts, mut moved) = (0, Vec::new(), Vec::new());
    for region in merge.regions() {
        let (yours, theirs) = (region.ours_range(), region.theirs_range());
        match region.resolution() {
            MergeResolution::Theirs => {
                moved.push((yours, line));
                line += theirs.len();
            }
            MergeResolution::Conflict => {
                let length = yours.len() + theirs.len() + MARKS.len();
                conflicts.push(line..line + length);
                moved.push((yours, line + 1));
                line += length;
            }
            _ => {
                let length = yours.len();
                moved.push((yours, line));
                line += length;
            }
        }
    }
    Rebased { text: merge.to_string(), conflicts, moved }
}

impl Rebased {
    /// Where a line of the edited text stands now; both counted from 0.
    pub fn line(&self, line: usize) -> usize {
        let before = |range: &Range<usize>| range.start <= line && !range.is_empty();
        let region = self.moved.iter().rev().find(|(range, _)| before(range));
        region.map_or(line, |(range, now)| now + (line - range.start))
    }
}

/// How many conflicts begin in a text. In one that is no object, lines between and after them may be anybody's.
pub fn begun(text: &str) -> usize {
    let [begin, ..] = MARKS;
    text.lines().filter(|line| line.strip_prefix(begin).is_some_and(|rest| rest.starts_with(' '))).count()
}

/// The lines, from 0, that mark a conflict. In the YAML of an object no other line begins so.
pub fn marked(text: &str) -> Vec<usize> {
    let is_mark =
        |line: &str| MARKS.iter().any(|mark| line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')));
    text.lines().enumerate().filter(|(_, line)| is_mark(line)).map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::manifest;
    use proptest::prelude::*;

    #[test]
    fn changes_of_other_lines_are_both_there() {
        let base = "kind: Deployment\nspec:\n  replicas: 2\n  template:\n    image: web:1\n    tty: true\n";
        let yours = base.replace("web:1", "web:2");
        let theirs = base.replace("replicas: 2", "replicas: 5\n  paused: true");
        let both = rebase(base, &yours, &theirs);
        assert_eq!((both.text, both.conflicts), (theirs.replace("web:1", "web:2"), vec![]));
    }

    #[test]
    fn changes_of_one_line_are_a_conflict_that_is_no_object() {
        let base = "kind: Deployment\nspec:\n  replicas: 2\n  tty: true\n";
        let both = rebase(base, &base.replace('2', "8"), &base.replace('2', "5"));
        let wanted = "kind: Deployment\nspec:\n<<<<<<< your lines\n  replicas: 8\n=======\n  replicas: 5\n>>>>>>> what the server has now\n  tty: true\n";
        assert_eq!(both.text, wanted);
        assert_eq!((both.conflicts.len(), both.conflicts[0].clone(), marked(&both.text)), (1, 2..7, vec![2, 4, 6]));
        assert_eq!([0, 1, 2, 3].map(|line| both.line(line)), [0, 1, 3, 7]);
        let refused = manifest::read(&both.text).unwrap_err();
        assert_eq!(refused.errors.iter().map(|e| e.place.line).collect::<Vec<_>>(), [3, 5, 7]);
        assert!(serde_saphyr::from_str::<serde_json::Value>(&both.text).is_err(), "no reader takes it for an object");
    }

    fn lines() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[a-e]: [12]".prop_map(String::from), 0..8)
    }

    fn text(lines: &[String]) -> String {
        lines.iter().map(|l| format!("{l}\n")).collect()
    }

    /// Lines that are in `new` and not in `old`, in a longest common order.
    fn written(old: &str, new: &str) -> Vec<String> {
        let diff = similar::TextDiff::from_lines(old, new);
        diff.iter_all_changes().filter(|c| c.tag() == similar::ChangeTag::Insert).map(|c| c.value().to_owned()).collect()
    }

    fn side(text: &str, first: bool) -> String {
        let mut at = None;
        let mut out = String::new();
        for line in text.split_inclusive('\n') {
            match MARKS.iter().position(|m| line.starts_with(m)) {
                Some(2) => at = None,
                Some(mark) => at = Some(mark == 0),
                None if at.is_none_or(|yours| yours == first) => out.push_str(line),
                None => {}
            }
        }
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn nothing_that_was_written_is_lost(base in lines(), yours in lines(), theirs in lines()) {
            let (base, yours, theirs) = (text(&base), text(&yours), text(&theirs));
            let both = rebase(&base, &yours, &theirs);
            let mut lines = both.text.split_inclusive('\n');
            for line in written(&base, &yours) {
                prop_assert!(lines.any(|l| l == line), "{line:?} is missing in\n{}", both.text);
            }
            prop_assert_eq!(marked(&both.text).len(), both.conflicts.len() * 3);
            for range in &both.conflicts {
                let all: Vec<&str> = both.text.lines().collect();
                prop_assert!(all[range.start].starts_with(MARKS[0]) && all[range.end - 1].starts_with(MARKS[2]));
            }
            prop_assert_eq!(both.conflicts.is_empty(), !both.text.contains('<'));
        }

        #[test]
        fn who_changed_nothing_takes_what_the_other_has(base in lines(), other in lines()) {
            let (base, other) = (text(&base), text(&other));
            for both in [rebase(&base, &other, &base), rebase(&base, &base, &other), rebase(&base, &other, &other)] {
                prop_assert_eq!((both.text, both.conflicts), (other.clone(), vec![]));
            }
        }

        #[test]
        fn both_sides_are_treated_alike(base in lines(), yours in lines(), theirs in lines()) {
            let (base, yours, theirs) = (text(&base), text(&yours), text(&theirs));
            let (one, other) = (rebase(&base, &yours, &theirs).text, rebase(&base, &theirs, &yours).text);
            prop_assert_eq!(side(&one, true), side(&other, false));
        }

        #[test]
        fn lines_are_found_again(base in lines(), yours in lines(), theirs in lines()) {
            let (base, theirs) = (text(&base), text(&theirs));
            let both = rebase(&base, &text(&yours), &theirs);
            let now: Vec<&str> = both.text.lines().collect();
            let kept = (0..yours.len()).filter(|i| now.get(both.line(*i)).is_some_and(|l| *l == yours[*i])).count();
            let gone = written(&theirs, &base).len();
            prop_assert!(kept + gone >= yours.len(), "{kept} of {} lines, {gone} gone", yours.len());
        }
    }
}
