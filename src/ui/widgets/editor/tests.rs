//! The editor does to a text what a person expects, whatever the text, and stays quick where it is long.

use super::*;
use crate::ui::theme::Theme;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::time::{Duration, Instant};

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 8 # since Monday\n  paused: no\n  template:\n    spec:\n      containers:\n      - name: app\n        image: registry.example/shop/web:1.8.4\n        imagePulPolicy: Always\n        command:\n        - sh\n        - -c\n        - |\n          echo \"日本 $(date)\"\n          while true; do sleep 1; done # a loop that never ends, and a line that is longer than a small screen is wide, to the right\n        args: [\"\u{202e}odd\"]\n\t\n  end: 1\n";

fn drawn(editor: &mut Editor, width: u16, height: u16) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    editor.fit(width, height);
    editor.draw(&Theme::default(), area, &mut buf);
    let line = |y| {
        let (mut line, mut x) = (String::new(), 0);
        while x < width {
            let symbol = buf[(x, y)].symbol();
            line.push_str(symbol);
            x += crate::ui::widgets::text::width(symbol).max(1);
        }
        line.trim_end().to_owned()
    };
    (0..height).map(line).collect::<Vec<_>>().join("\n")
}

fn typed(editor: &mut Editor, text: &str) {
    for c in text.chars() {
        editor.stroke(if c == '\n' { Stroke::NewLine } else { Stroke::Type(c) });
    }
}

#[test]
fn a_deployment_is_edited() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../../tests/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mark = |line, health, text: &str| Mark { line, health, text: text.into() };
    let mut editor = Editor::new(DEPLOYMENT);
    editor.set_marks(vec![
        mark(12, Health::Bad, "unknown field; did you mean imagePullPolicy?"),
        mark(6, Health::Warn, "no is read as false; write \"no\" if the text is meant"),
        mark(18, Health::Ok, "said of a line that has no room for it"),
    ]);
    editor.goto(12, 16);
    settings.bind(|| {
        insta::assert_snapshot!("editor_80x24", drawn(&mut editor, 80, 22));
        insta::assert_snapshot!("editor_200x60", drawn(&mut editor, 200, 58));
        editor.set_search("sleep");
        editor.stroke(Stroke::End);
        insta::assert_snapshot!("editor_sideways_80x24", drawn(&mut editor, 80, 8));
    });
}

#[test]
fn typing_undoing_and_doing_again() {
    let mut e = Editor::new("a:\n  b: 1\n");
    assert!(!e.is_changed());
    e.goto(1, 6);
    typed(&mut e, "\nc: two words");
    assert_eq!((e.text().as_str(), e.cursor(), e.is_changed()), ("a:\n  b: 1\n  c: two words\n", (2, 14), true));
    let steps = ["a:\n  b: 1\n  c: two \n", "a:\n  b: 1\n  c: \n", "a:\n  b: 1\n  \n", "a:\n  b: 1\n"];
    for step in steps {
        assert!(e.stroke(Stroke::Undo));
        assert_eq!(e.text(), step);
    }
    assert!(!e.is_changed() && !e.stroke(Stroke::Undo));
    while e.stroke(Stroke::Redo) {}
    assert_eq!(e.text(), "a:\n  b: 1\n  c: two words\n");
    e.keep();
    assert!(!e.is_changed());
    e.stroke(Stroke::Undo);
    assert!(e.is_changed());
    typed(&mut e, "x");
    e.stroke(Stroke::Undo);
    assert!(e.is_changed(), "what was kept cannot be reached any more");
}

/// A text and where the cursor is in it, strokes, and both after them.
type Row = (&'static str, (usize, usize), &'static [Stroke], &'static str, (usize, usize));

#[test]
fn keys_do_what_they_say() {
    use Stroke::*;
    #[rustfmt::skip]
    let table: &[Row] = &[
        ("  a: b", (0, 6), &[NewLine, Type('c')], "  a: b\n  c", (1, 3)),
        ("  a: b", (0, 1), &[NewLine], " \n  a: b", (1, 1)),
        ("ab", (0, 1), &[Indent], "a  b", (0, 3)),
        ("    ab", (0, 5), &[Outdent], "  ab", (0, 3)),
        ("a", (0, 0), &[Outdent], "a", (0, 0)),
        ("a\n\nb\nc", (0, 0), &[SelectTo(Motion::Down), SelectTo(Motion::Down), SelectTo(Motion::Right), Indent], "  a\n\n  b\nc", (2, 3)),
        ("a\nb\nc", (0, 0), &[SelectTo(Motion::Down), Indent], "  a\nb\nc", (0, 3)),
        ("e\u{301}x", (0, 2), &[Backspace], "x", (0, 0)),
        ("e\u{301}x", (0, 0), &[Delete], "x", (0, 0)),
        ("a\nb", (1, 0), &[Backspace], "ab", (0, 1)), ("a\nb", (0, 1), &[Delete], "ab", (0, 1)),
        ("a", (0, 0), &[Backspace], "a", (0, 0)), ("a", (0, 1), &[Delete], "a", (0, 1)),
        ("ab cd", (0, 5), &[DeleteWord], "ab ", (0, 3)), ("ab cd", (0, 2), &[DeleteRest], "ab", (0, 2)),
        ("ab\ncd", (0, 2), &[DeleteRest], "abcd", (0, 2)),
        ("a\nb\nc", (1, 1), &[DeleteLine], "a\nc", (1, 0)), ("a\nb", (1, 0), &[DeleteLine], "a", (0, 1)), ("a", (0, 0), &[DeleteLine], "", (0, 0)),
        ("  a", (0, 3), &[Home], "  a", (0, 2)), ("  a", (0, 2), &[Home], "  a", (0, 0)), ("  a", (0, 0), &[End], "  a", (0, 3)),
        ("a.b-c", (0, 5), &[WordLeft, WordLeft], "a.b-c", (0, 2)), ("a.b-c", (0, 0), &[WordRight, WordRight], "a.b-c", (0, 3)),
        ("ab", (0, 0), &[Select, SelectTo(Motion::Right), Type('x')], "xb", (0, 1)),
        ("ab\ncd", (0, 1), &[SelectAll, Backspace], "", (0, 0)),
        ("ab\ncd", (1, 1), &[SelectAll, Type('x'), Undo, Undo], "ab\ncd", (1, 2)),
    ];
    for (text, (row, column), strokes, after, cursor) in table {
        let mut e = Editor::new(text);
        e.goto(*row, *column);
        for stroke in *strokes {
            e.stroke(*stroke);
        }
        assert_eq!((e.text().as_str(), e.cursor()), (*after, *cursor), "{text:?} {strokes:?}");
    }
}

#[test]
fn pasted_text_is_taken_as_it_is_and_undone_at_once() {
    let mut e = Editor::new("a: 1\nb: 2\n");
    e.goto(1, 0);
    e.stroke(Stroke::SelectTo(Motion::Down));
    assert_eq!(e.selected(), "b: 2\n");
    e.paste("  x:\r\n\t- 1\r  - \u{1b}[31m2\n");
    assert_eq!(e.text(), "a: 1\n  x:\n\t- 1\n  - \u{1b}[31m2\n");
    assert!(!drawn(&mut e, 40, 10).contains('\u{1b}') && drawn(&mut e, 40, 10).contains("→- 1"));
    e.stroke(Stroke::Undo);
    e.stroke(Stroke::Undo);
    assert_eq!(e.text(), "a: 1\nb: 2\n");
}

#[test]
fn the_column_is_kept_over_short_lines_and_marks_stay_with_their_lines() {
    let mut e = Editor::new("long line\n\nlong line\nx");
    e.fit(40, 10);
    e.goto(0, 7);
    e.act(Motion::Down);
    assert_eq!(e.cursor(), (1, 0));
    e.act(Motion::Down);
    assert_eq!(e.cursor(), (2, 7));
    e.set_marks(vec![Mark { line: 3, health: Health::Bad, text: "x".into() }]);
    e.goto(1, 0);
    e.paste("1\n2\n3");
    assert!(e.next_mark() && e.cursor() == (5, 0), "{:?}", e.cursor());
    e.stroke(Stroke::Undo);
    assert!(e.next_mark() && e.cursor() == (3, 0), "{:?}", e.cursor());
    assert_eq!(e.marks_here().count(), 1);
}

#[test]
fn a_search_follows_what_is_typed_and_goes_round() {
    let mut e = Editor::new("port: 80\nname: Ports\nx\nport");
    e.goto(1, 0);
    e.set_search("po");
    assert_eq!((e.cursor(), e.matches().as_deref()), ((1, 6), Some("2/3")));
    e.set_search("port\u{301}");
    assert_eq!(e.matches().as_deref(), Some("0/0"));
    e.set_search("port");
    e.act(Motion::NextMatch);
    e.act(Motion::NextMatch);
    assert_eq!((e.cursor(), e.matches().as_deref()), ((0, 0), Some("1/3")));
    e.act(Motion::PreviousMatch);
    assert_eq!(e.cursor(), (3, 0));
    typed(&mut e, "port ");
    e.act(Motion::NextMatch);
    assert_eq!((e.cursor(), e.matches().as_deref()), ((0, 0), Some("1/4")));
    e.set_search("");
    assert_eq!((e.matches(), e.search()), (None, ""));
}

#[test]
fn another_text_can_be_undone() {
    let mut e = Editor::new("a: 1\nb: 2\n");
    typed(&mut e, "x");
    e.set_text("<<<<<<< your lines\nxa: 1\n=======\na: 3\n>>>>>>>\nb: 2\n", 1);
    assert_eq!(e.cursor().0, 1);
    e.stroke(Stroke::Undo);
    assert_eq!(e.text(), "xa: 1\nb: 2\n");
}

#[test]
fn a_long_text_is_as_quick_as_a_short_one() {
    let block: String = (0..100_000).map(|i| format!("    {i}\n")).collect();
    let mut e = Editor::new(&format!("data:\n  text: |\n{block}end: 1\nlong: {}\n", "é日".repeat(70_000)));
    let begun = Instant::now();
    drawn(&mut e, 80, 24);
    e.act(Motion::Bottom);
    e.act(Motion::Up);
    e.act(Motion::Up);
    assert!(drawn(&mut e, 80, 24).contains("100003    end: 1"));
    e.goto(90_000, 3);
    assert_eq!(e.cursor(), (90_000, 3));
    typed(&mut e, "quick");
    for _ in 0..20 {
        e.act(Motion::Up);
        e.act(Motion::PageDown);
    }
    e.goto(100_003, 100_000);
    typed(&mut e, "X");
    assert_eq!((e.cursor(), e.text().contains("日Xé")), ((100_003, 100_001), true));
    drawn(&mut e, 80, 24);
    e.set_search("日X");
    assert_eq!(e.cursor(), (100_003, 99_999));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    e.goto(50_000, 0);
    drawn(&mut e, 80, 24);
    let begun = Instant::now();
    (0..50).for_each(|_| drop(drawn(&mut e, 80, 24)));
    let long = begun.elapsed();
    let mut short = Editor::new(&block.lines().take(30).collect::<Vec<_>>().join("\n"));
    let begun = Instant::now();
    (0..50).for_each(|_| drop(drawn(&mut short, 80, 24)));
    assert!(long < begun.elapsed() * 5 + Duration::from_millis(200), "{long:?} against {:?}", begun.elapsed());
}

fn any_stroke() -> impl Strategy<Value = Stroke> {
    use Stroke::*;
    let motion =
        prop::sample::select(vec![Motion::Up, Motion::Down, Motion::Left, Motion::Right, Motion::Top, Motion::Bottom, Motion::PageDown]);
    #[rustfmt::skip]
    let others = vec![
        NewLine, NewLine, Indent, Outdent, Backspace, Delete, DeleteWord, DeleteRest, DeleteLine, Home, End, WordLeft, WordRight, Select, SelectAll,
        Undo, Redo,
    ];
    prop_oneof![
        2 => prop::sample::select(vec!['a', ' ', ':', '日', '\u{301}', '\t', '-', '|']).prop_map(Type),
        2 => prop::sample::select(others),
        1 => motion.prop_map(SelectTo),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    /// Every state that was seen comes back, and drawing never fails.
    #[test]
    fn all_can_be_undone_and_done_again(
        text in "[ab:\\- 日\u{301}\n|]{0,30}", strokes in prop::collection::vec(any_stroke(), 0..40), (width, height) in (0u16..30, 0u16..8)
    ) {
        let mut e = Editor::new(&text);
        for stroke in strokes {
            let (before, revision) = (e.text(), e.revision());
            let changed = e.stroke(stroke);
            prop_assert_eq!(changed, e.revision() != revision);
            prop_assert!(changed || e.text() == before, "{:?}", stroke);
            let (row, column) = e.cursor();
            prop_assert!(row < e.text.lines().len() && column <= e.text.line(row).chars().count());
            drawn(&mut e, width, height);
            // What is known of rows is as if it had been looked at now.
            let mut anew = Editor::new(&e.text());
            anew.look(usize::MAX);
            prop_assert!(anew.within.starts_with(&e.within), "{:?}", stroke);
        }
        let last = e.text();
        let steps = std::iter::from_fn(|| e.stroke(Stroke::Undo).then_some(())).count();
        prop_assert!(e.text() == text && !e.is_changed());
        for _ in 0..steps {
            e.stroke(Stroke::Redo);
        }
        prop_assert_eq!(e.text(), last);
    }
}
