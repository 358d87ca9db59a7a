//! Numbers as shapes: a share as a bar, a course as a line of blocks.

/// Blocks that are filled more and more, from the left.
const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
/// Blocks that are higher and higher.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The columns that a bar takes.
pub const BAR: u16 = 8;
/// The columns that a course takes at most.
pub const COURSE: usize = 8;

/// A share in [`BAR`] columns: what is there, and what is missing. What is nearly all does not look like all, what is little not like nothing.
pub fn bar(have: u32, want: u32) -> (String, String) {
    let eighths = u64::from(BAR) * 8;
    let share = (u64::from(have.min(want)) * eighths).checked_div(want.into()).unwrap_or_default();
    let share = if have > 0 { share.max(1) } else { share } as usize;
    let mut there = "█".repeat(share / 8);
    there.push_str(PARTS.get(share % 8).copied().unwrap_or_default());
    let missing = if want == 0 { 0 } else { (eighths as usize - share) / 8 };
    (there, "▒".repeat(missing))
}

/// The last values of a course, each as high as it is of the highest.
pub fn course(samples: &[u32]) -> String {
    heights(samples.get(samples.len().saturating_sub(COURSE)..).unwrap_or_default())
}

/// Each value as high as it is of the highest.
pub fn heights(samples: &[u32]) -> String {
    let most = u64::from(samples.iter().copied().max().unwrap_or_default()).max(1);
    samples.iter().filter_map(|n| HEIGHTS.get(((u64::from(*n) * 7 + most / 2) / most) as usize)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shapes_say_what_numbers_do() {
        let both = |have, want| {
            let (there, missing) = bar(have, want);
            format!("{there}{missing}")
        };
        assert_eq!(both(10, 10), "████████");
        assert_eq!(both(9, 10), "███████▏");
        assert_eq!(both(5, 10), "████▒▒▒▒");
        assert_eq!(both(1, 1000), "▏▒▒▒▒▒▒▒");
        assert_eq!(both(0, 3), "▒▒▒▒▒▒▒▒");
        assert_eq!(both(0, 0), "");
        assert_eq!(course(&[0, 1, 4, 8]), "▁▂▅█");
        assert_eq!(course(&[]), "");
        assert_eq!(course(&[0, 0]), "▁▁");
    }

    proptest! {
        #[test]
        fn a_bar_has_its_columns_and_a_course_its_own(have: u32, want in 1u32.., samples in prop::collection::vec(any::<u32>(), 0..40)) {
            let (there, missing) = bar(have, want);
            prop_assert_eq!(there.chars().count() + missing.chars().count(), usize::from(BAR));
            prop_assert_eq!(have == 0, there.is_empty());
            prop_assert!((have >= want) == (there == "████████"));
            prop_assert_eq!(course(&samples).chars().count(), samples.len().min(COURSE));
        }
    }
}
