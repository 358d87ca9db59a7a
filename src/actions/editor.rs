//! What is done to a text that is edited.

use super::Action;
use crate::model::step::{Motion, Reject, Scene, Step};
use crate::model::stroke::Stroke;

macro_rules! strokes {
    ($($name:literal $stroke:ident $help:literal),* $(,)?) => {
        &[
            $(Action { name: $name, help: $help, run: |scene, _| stroke(scene, Stroke::$stroke) },)*
            Action { name: "select", help: "Select from here on, or with a direction: move and select", run: select },
        ]
    };
}

pub(super) const ALL: &[Action] = strokes! {
    "preview" Preview "Show what an edit would change, to apply it",
    "undo-typing" Undo "Take the last change of the text back",
    "redo-typing" Redo "Make the change again that was taken back",
    "next-problem" NextMark "To the next line of the text with something wrong",
    "new-line" NewLine "Begin a line, as deep as this one",
    "indent" Indent "Two blanks, or the selected lines deeper",
    "outdent" Outdent "This line, or the selected ones, less deep",
    "erase" Backspace "Take the selected text away, or the character before",
    "erase-next" Delete "Take the selected text away, or the character behind",
    "erase-word" DeleteWord "Take the word before away",
    "erase-rest" DeleteRest "Take the rest of the line away",
    "erase-line" DeleteLine "Take the line away, or the selected ones",
    "line-start" Home "To the beginning of the line",
    "line-end" End "To the end of the line",
    "word-left" WordLeft "To the word before",
    "word-right" WordRight "Behind the next word",
    "select-all" SelectAll "Select the whole text",
};

fn stroke(scene: &Scene, stroke: Stroke) -> Result<Vec<Step>, Reject> {
    if scene.writing { Ok(vec![Step::Stroke(stroke)]) } else { Err(Reject::new("no text is edited here")) }
}

fn select(scene: &Scene, argument: &str) -> Result<Vec<Step>, Reject> {
    let motion = match argument {
        "" => return stroke(scene, Stroke::Select),
        "up" => Motion::Up,
        "down" => Motion::Down,
        "left" => Motion::Left,
        "right" => Motion::Right,
        "page-up" => Motion::PageUp,
        "page-down" => Motion::PageDown,
        "top" => Motion::Top,
        "bottom" => Motion::Bottom,
        other => {
            return Err(Reject::new(format!(
                "{other} is no direction; there are up, down, left, right, page-up, page-down, top and bottom"
            )));
        }
    };
    stroke(scene, Stroke::SelectTo(motion))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::find;

    #[test]
    fn a_text_that_is_edited_takes_strokes_and_nothing_else_does() {
        let writing = Scene { writing: true, ..Scene::default() };
        for action in ALL {
            assert_eq!((action.run)(&Scene::default(), ""), Err(Reject::new("no text is edited here")), "{}", action.name);
            assert!(matches!((action.run)(&writing, "").as_deref(), Ok([Step::Stroke(_)])), "{}", action.name);
        }
        let select = |argument| (find("select").unwrap().run)(&writing, argument);
        assert_eq!(select("page-up"), Ok(vec![Step::Stroke(Stroke::SelectTo(Motion::PageUp))]));
        assert!(select("sideways").is_err());
    }
}
