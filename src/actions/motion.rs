//! Moving about in a screen, and how it shows what it shows.

use super::Action;
use crate::model::step::{Motion, Step};

macro_rules! motions {
    ($($name:literal $motion:ident $help:literal),* $(,)?) => {
        &[$(Action { name: $name, help: $help, run: |_, _| Ok(vec![Step::Move(Motion::$motion)]) }),*]
    };
}

pub(super) const ALL: &[Action] = motions! {
    "up" Up "One line up",
    "down" Down "One line down",
    "page-up" PageUp "One page up",
    "page-down" PageDown "One page down",
    "top" Top "To the first line",
    "bottom" Bottom "To the last line",
    "left" Left "Sideways to the left",
    "right" Right "Sideways to the right",
    "mark" Mark "Mark this row and go to the next",
    "mark-range" MarkRange "Mark all rows from the last mark to here",
    "unmark" Unmark "Take all marks away",
    "sort-next" SortNext "Sort by the next column",
    "sort-previous" SortPrevious "Sort by the previous column",
    "sort-invert" SortInvert "Sort the other way round",
    "wide" Wide "Show or hide the wide columns",
    "unhealthy" Unhealthy "Show only what is not healthy, or all again",
    "next-match" NextMatch "To the next place that was searched for",
    "previous-match" PreviousMatch "To the previous place that was searched for",
    "next-error" NextError "To the next line that tells of an error",
    "previous-error" PreviousError "To the previous line that tells of an error",
    "form" Form "Lines as they are, compact, or with a row for each of their keys",
    "times" Times "Times as on the wall, in UTC, as ages, or none",
    "wrap" Wrap "Long lines in several rows, or cut at the edge",
    "mute" Mute "Show the pod of this line no more",
    "unmute" Unmute "Show muted pods again",
    "hold" Hold "Stop the lines where they are, or follow them again",
    "fold" Fold "Fold or unfold what is under the cursor",
};
