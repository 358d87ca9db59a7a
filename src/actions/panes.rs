//! The panes of the overview: which one has the keys, what they show, how they are laid out.

use super::Action;
use crate::model::layout::Axis;
use crate::model::step::{Panes, Reject, Scene, Screen, Step};

pub(super) const ALL: &[Action] = &[
    Action { name: "overview", help: "The panes over all open clusters", run: |_, _| Ok(vec![Step::Open(Screen::Overview)]) },
    Action { name: "next-pane", help: "Give the keys to the next pane", run: |scene, _| several(scene, Panes::Next) },
    Action { name: "previous-pane", help: "Give the keys to the previous pane", run: |scene, _| several(scene, Panes::Previous) },
    Action { name: "zoom", help: "Give all the room to this pane, or back to all", run: |scene, _| several(scene, Panes::Zoom) },
    Action { name: "link", help: "Narrow the other panes to what the cursor is on, or not", run: |scene, _| several(scene, Panes::Link) },
    Action { name: "pane", help: "Show another kind in this pane", run: show },
    Action { name: "split", help: "Open a kind in a pane beside this one, or below it", run: split },
    Action { name: "close-pane", help: "Close this pane", run: |scene, _| several(scene, Panes::Close) },
    Action { name: "layout", help: "Bring the panes of a layout, save these as one, or reset them", run: layout },
];

/// Where there are panes.
fn here(scene: &Scene, asked: Panes) -> Result<Vec<Step>, Reject> {
    if scene.panes == 0 { Err(Reject::new("there are no panes here; :overview opens them")) } else { Ok(vec![Step::Panes(asked)]) }
}

/// Where there is more than one.
fn several(scene: &Scene, asked: Panes) -> Result<Vec<Step>, Reject> {
    if scene.panes == 1 { Err(Reject::new("this is the only pane")) } else { here(scene, asked) }
}

fn show(scene: &Scene, what: &str) -> Result<Vec<Step>, Reject> {
    let steps = here(scene, Panes::Show(what.trim().to_owned()))?;
    if what.trim().is_empty() { Err(Reject::new("pane takes the name of a kind, and perhaps a filter: pods /web")) } else { Ok(steps) }
}

/// `split KIND`, `split KIND below`, `split below KIND /FILTER`.
fn split(scene: &Scene, what: &str) -> Result<Vec<Step>, Reject> {
    let (kind, filter) = what.split_once('/').map_or((what, None), |(kind, filter)| (kind, Some(filter)));
    let is_below = |word: &&str| *word == "below";
    let below = kind.split_whitespace().any(|w| is_below(&w));
    let mut asked = kind.split_whitespace().filter(|w| !is_below(w)).collect::<Vec<_>>().join(" ");
    if let Some(filter) = filter {
        asked = format!("{asked} /{filter}");
    }
    let steps = here(scene, Panes::Split(if below { Axis::Rows } else { Axis::Columns }, asked))?;
    let nothing = kind.split_whitespace().all(|w| is_below(&w));
    if nothing {
        Err(Reject::new("split takes the name of a kind; with the word below, the new pane is below this one"))
    } else {
        Ok(steps)
    }
}

/// `layout`, `layout NAME`, `layout save NAME`, `layout reset`.
fn layout(scene: &Scene, words: &str) -> Result<Vec<Step>, Reject> {
    let words: Vec<&str> = words.split_whitespace().collect();
    match words.as_slice() {
        [] => here(scene, Panes::Layouts),
        ["reset"] => here(scene, Panes::Reset),
        ["save"] => Err(Reject::new("layout save takes a name")),
        ["save", "save" | "reset"] => Err(Reject::new("that name would mean something else after :layout")),
        ["save", name] => here(scene, Panes::Save((*name).to_owned())),
        [name] => here(scene, Panes::Layout((*name).to_owned())),
        _ => Err(Reject::new("a layout has a name of one word")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panes(panes: usize) -> Scene {
        Scene { panes, ..Scene::default() }
    }

    #[test]
    fn what_is_asked_of_panes() {
        let split = |axis, what: &str| Panes::Split(axis, what.to_owned());
        for (run, argument, want) in [
            (show as fn(&Scene, &str) -> _, "pods /web 1", Panes::Show("pods /web 1".into())),
            (self::split, "events", split(Axis::Columns, "events")),
            (self::split, "events below", split(Axis::Rows, "events")),
            (self::split, "below pods /below", split(Axis::Rows, "pods /below")),
            (layout, "", Panes::Layouts),
            (layout, "reset", Panes::Reset),
            (layout, "save team-a", Panes::Save("team-a".into())),
            (layout, "team-a", Panes::Layout("team-a".into())),
        ] {
            assert_eq!(run(&panes(2), argument), Ok(vec![Step::Panes(want)]), "{argument}");
            assert!(run(&panes(0), argument).is_err(), "no panes: {argument}");
        }
        for (run, argument) in
            [(show as fn(&Scene, &str) -> _, " "), (self::split, "below"), (layout, "save"), (layout, "save reset"), (layout, "a b")]
        {
            assert!(run(&panes(2), argument).is_err(), "{argument}");
        }
    }

    #[test]
    fn the_last_pane_stays() {
        for action in ALL.iter().filter(|a| matches!(a.name, "close-pane" | "next-pane" | "previous-pane" | "zoom" | "link")) {
            assert_eq!((action.run)(&panes(1), ""), Err(Reject::new("this is the only pane")), "{}", action.name);
            assert!((action.run)(&panes(2), "").is_ok());
        }
    }
}
