//! What of a screen goes into files, once or as it comes.

/// What of a screen is kept in a file.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Save {
    /// An object of JSON for each line, instead of the text as it was received.
    pub json: bool,
    /// All that is held, instead of what is shown.
    pub all: bool,
}

/// Whether what comes is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tee {
    /// It is.
    Into {
        /// In this file; else in one of a name of ours.
        file: Option<String>,
        /// As objects of JSON.
        json: bool,
    },
    /// No more.
    Off,
}

/// A part of what is kept as it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pour {
    /// It goes into a file from now on.
    Into {
        /// Where a person wants it; a file that is there already is left alone.
        file: Option<String>,
        /// What it is called else, about.
        name: String,
    },
    /// This has come.
    More(Vec<u8>),
    /// Nothing more comes.
    End,
}
