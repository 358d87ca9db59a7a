//! What happens within a screen: moving about in it, and how it shows what it shows.

/// Something that happens within a screen.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Motion {
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Left,
    Right,
    /// Mark or unmark what the cursor is on, and go one down.
    Mark,
    /// Mark everything from the last mark to here.
    MarkRange,
    /// Unmark everything.
    Unmark,
    SortNext,
    SortPrevious,
    SortInvert,
    Wide,
    Unhealthy,
    NextMatch,
    PreviousMatch,
    /// Fold or unfold, wrap or unwrap: what the screen has of the kind.
    Fold,
    /// To the next line that tells of an error.
    NextError,
    PreviousError,
    /// Lines with a form that is known: as they are, in one row, in many.
    Form,
    /// Times as on the wall, in UTC, as ages, or none.
    Times,
    /// Long lines in several rows, or cut.
    Wrap,
    /// Show what is under the cursor no more, or all again.
    Mute,
    Unmute,
    /// Switch a term of the filter off or on, by its place; without one, all on.
    Term(Option<usize>),
    /// Lines around those that the filter lets through.
    Around(Around),
    /// Read logs from further back.
    Since(Back),
    /// Tell what happened between the lines.
    Timeline,
    /// Stand still while more comes, or follow it again.
    Hold,
    /// Show what is hidden under the cursor, or hide it again.
    Reveal,
}

/// How many lines around another one.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Around {
    /// More than before.
    More,
    /// Fewer.
    Fewer,
    /// So many.
    Lines(usize),
}

/// How far back logs are read.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Back {
    /// Further than before.
    Further,
    /// From the first line that is still there.
    All,
    /// So many seconds.
    Seconds(i64),
    /// So many lines of each container.
    Lines(u32),
}

impl Motion {
    /// By how many lines it moves in a list of `all` lines of which `page` are a page; `None` where it is no movement along the lines.
    pub fn lines(self, page: isize, all: usize) -> Option<isize> {
        let all = all as isize;
        Some(match self {
            Self::Up => -1,
            Self::Down => 1,
            Self::PageUp => -page,
            Self::PageDown => page,
            Self::Top => -all,
            Self::Bottom => all,
            _ => return None,
        })
    }
}
