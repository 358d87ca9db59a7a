//! Where the panes of a tree stand: they fill the area, whatever its size, and none is over another.

use crate::model::layout::{Axis, Tree};
use ratatui::layout::Rect;

/// A pane beside others needs so many columns to tell something; the titles of a table and a few rows need so many lines.
const LEAST: (u16, u16) = (66, 6);

/// The areas of the panes, in reading order.
pub(super) fn areas<L>(tree: &Tree<L>, area: Rect) -> Vec<Rect> {
    let mut out = Vec::new();
    divide(tree, area, &mut out);
    out
}

fn divide<L>(tree: &Tree<L>, area: Rect, out: &mut Vec<Rect>) {
    let (axis, parts) = match tree {
        Tree::Pane(_) => return out.push(area),
        Tree::Split(axis, parts) => (*axis, parts),
    };
    let whole: u64 = parts.iter().map(|(share, _)| u64::from(*share)).sum::<u64>().max(1);
    let room = u64::from(if axis == Axis::Rows { area.height } else { area.width });
    // Each part ends where all shares up to it end, so that what is rounded never adds up.
    let (mut shares, mut from) = (0, 0);
    for (share, part) in parts {
        shares += u64::from(*share);
        let to = (room * shares / whole) as u16;
        let part_area = match axis {
            Axis::Rows => Rect { y: area.y + from, height: to - from, ..area },
            Axis::Columns => Rect { x: area.x + from, width: to - from, ..area },
        };
        divide(part, part_area, out);
        from = to;
    }
}

/// Whether all panes are large enough to be looked at side by side. One that has all columns anyway gets no more of them as a tab.
pub(super) fn is_roomy<L>(tree: &Tree<L>, area: Rect) -> bool {
    let (columns, lines) = LEAST;
    tree.len() <= 1 || areas(tree, area).iter().all(|a| a.width >= columns.min(area.width) && a.height >= lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn trees() -> impl Strategy<Value = Tree<()>> {
        let axis = any::<bool>().prop_map(|rows| if rows { Axis::Rows } else { Axis::Columns });
        Just(Tree::Pane(())).prop_recursive(4, 16, 4, move |inner| {
            (axis.clone(), prop::collection::vec((1..2_000u16, inner), 2..5)).prop_map(|(axis, parts)| Tree::Split(axis, parts))
        })
    }

    proptest! {
        #[test]
        fn panes_fill_the_area_and_never_overlap(tree in trees(), x in 0..9u16, y in 0..9u16, width in 1..90u16, height in 1..60u16) {
            let area = Rect { x, y, width, height };
            let found = areas(&tree, area);
            prop_assert_eq!(found.len(), tree.len());
            let mut taken = vec![0; usize::from(width) * usize::from(height)];
            for pane in &found {
                prop_assert!(pane.x >= x && pane.y >= y && pane.right() <= area.right() && pane.bottom() <= area.bottom(), "{:?}", pane);
                for (column, line) in (pane.left()..pane.right()).flat_map(|c| (pane.top()..pane.bottom()).map(move |l| (c, l))) {
                    taken[usize::from(line - y) * usize::from(width) + usize::from(column - x)] += 1;
                }
            }
            prop_assert!(taken.iter().all(|n| *n == 1), "each cell belongs to one pane: {:?}", found);
        }

        #[test]
        fn more_room_never_makes_tabs_of_panes(tree in trees(), width in 1..300u16, height in 1..100u16) {
            let area = Rect { x: 0, y: 0, width, height };
            let larger = Rect { width: width + 40, height: height + 9, ..area };
            prop_assert!(width < 66 || !is_roomy(&tree, area) || is_roomy(&tree, larger));
        }
    }
}
