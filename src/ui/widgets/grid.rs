//! Columns: how wide each is, which fit, and where they stand.

/// A column to be placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The columns of the screen that everything in it would take.
    pub natural: u16,
    /// What it can do with where room is short.
    pub least: u16,
    /// Is only there where the others have all the room they could take.
    pub spare: bool,
    /// Stays in sight however far the others are scrolled.
    pub pinned: bool,
}

/// A column that has its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which of the wishes.
    pub column: usize,
    /// Where it begins, counted from the left edge.
    pub x: u16,
    /// How wide it is.
    pub width: u16,
}

/// The space between two columns.
const GAP: u16 = 2;

/// Places columns from left to right in `room` columns of the screen, after skipping `skip` of those that are not pinned. Spare ones give way to
/// all others, the rightmost first. What does not fit even with the least that each can do is left out, the rightmost first; then the widest give
/// way, until the others have room.
pub fn place(wishes: &[Wish], room: u16, skip: usize) -> Vec<Place> {
    let mut skipped = 0;
    let mut shown: Vec<(usize, u16)> = Vec::new();
    for (column, wish) in wishes.iter().enumerate() {
        if !wish.pinned && skipped < skip {
            skipped += 1;
        } else {
            shown.push((column, wish.natural));
        }
    }
    let total =
        |shown: &[(usize, u16)]| shown.iter().map(|(_, w)| u32::from(*w) + u32::from(GAP)).sum::<u32>().saturating_sub(u32::from(GAP));
    let is_spare = |(column, _): &(usize, u16)| wishes.get(*column).is_some_and(|w| w.spare);
    while total(&shown) > u32::from(room)
        && let Some(last) = shown.iter().rposition(is_spare)
    {
        shown.remove(last);
    }
    let least = |column: usize| wishes.get(column).map_or(0, |w| w.least.min(w.natural));
    let need = |shown: &[(usize, u16)]| total(&shown.iter().map(|(c, _)| (*c, least(*c))).collect::<Vec<_>>());
    while shown.len() > 1 && need(&shown) > u32::from(room) {
        shown.pop();
    }
    while total(&shown) > u32::from(room) {
        let over = u16::try_from(total(&shown) - u32::from(room)).unwrap_or(u16::MAX);
        let widest = shown.iter_mut().filter(|(c, w)| *w > least(*c)).max_by_key(|(_, w)| *w);
        if let Some((column, width)) = widest {
            *width = (*width - over.min((*width).div_ceil(4))).max(least(*column));
        } else {
            break;
        }
    }
    let mut x = 0;
    let mut placed = Vec::with_capacity(shown.len());
    for (column, width) in shown {
        placed.push(Place { column, x, width: width.min(room.saturating_sub(x)) });
        x = x.saturating_add(width).saturating_add(GAP);
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_widest_text_that_can_be_counted_gives_way_like_any_other() {
        let wish = Wish { natural: u16::MAX, least: 8, spare: false, pinned: false };
        assert_eq!(place(&[wish, wish], 80, 0).len(), 2);
        assert_eq!(place(&[Wish { least: u16::MAX, ..wish }], 80, 0), [Place { column: 0, x: 0, width: 80 }]);
    }

    #[test]
    fn spare_columns_cut_nothing() {
        let wish = |natural, spare| Wish { natural, least: 4, spare, pinned: false };
        let wishes = [wish(10, false), wish(5, true), wish(5, true), wish(8, false)];
        let places = |room| place(&wishes, room, 0).iter().map(|p| (p.column, p.width)).collect::<Vec<_>>();
        assert_eq!(places(34), [(0, 10), (1, 5), (2, 5), (3, 8)]);
        assert_eq!(places(33), [(0, 10), (1, 5), (3, 8)], "the rightmost goes first");
        assert_eq!(places(20), [(0, 10), (3, 8)]);
        assert_eq!(places(19), [(0, 9), (3, 8)], "only then the others give way");
    }

    proptest! {
        #[test]
        fn columns_never_overlap_and_never_leave_the_room(
            wishes in prop::collection::vec((0u16..90, 1u16..20, any::<bool>(), any::<bool>()), 0..12), room in 0u16..240, skip in 0usize..14,
        ) {
            let wishes: Vec<Wish> = wishes.into_iter().map(|(natural, least, spare, pinned)| Wish { natural, least, spare, pinned }).collect();
            let places = place(&wishes, room, skip);
            for pair in places.windows(2) {
                prop_assert!(pair[0].x + pair[0].width + GAP <= pair[1].x && pair[0].column < pair[1].column);
            }
            prop_assert!(places.iter().all(|p| p.x + p.width <= room.max(p.x)));
            let natural: u32 = wishes.iter().map(|w| u32::from(w.natural + GAP)).sum();
            if skip == 0 && natural <= u32::from(room) {
                prop_assert_eq!(places.iter().map(|p| p.width).collect::<Vec<_>>(), wishes.iter().map(|w| w.natural).collect::<Vec<_>>());
            }
        }
    }
}
