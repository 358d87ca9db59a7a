//! Finding a text in lines, whatever the case.

/// Bytes that most lines of logs have, the most frequent first; what is not among them is rare.
const FREQUENT: &[u8] = b"e tainorslcdpu\"mhg0.:12f-b/35y4v=6_987wk,x{}[]()qzj";

/// What is searched for.
#[derive(Clone, Debug, Default)]
pub struct Needle {
    folded: Vec<char>,
    /// The same in bytes where all of it is ASCII, behind the place of the rarest.
    ascii: Option<(usize, Vec<u8>)>,
}

impl Needle {
    /// This text; nothing is found for an empty one.
    pub fn new(text: &str) -> Self {
        let folded: Vec<char> = folded(text).collect();
        let ascii: Option<Vec<u8>> = folded.iter().map(|c| u8::try_from(*c).ok().filter(u8::is_ascii)).collect();
        let rarity = |byte: u8| FREQUENT.iter().position(|f| *f == byte).unwrap_or(FREQUENT.len());
        let rarest = |bytes: &Vec<u8>| bytes.iter().enumerate().max_by_key(|(_, byte)| rarity(**byte)).map_or(0, |(at, _)| at);
        let ascii = ascii.filter(|bytes| !bytes.is_empty()).map(|bytes| (rarest(&bytes), bytes));
        Self { folded, ascii }
    }

    /// How many characters it has.
    pub fn len(&self) -> usize {
        self.folded.len()
    }

    /// True where nothing is searched for.
    pub fn is_empty(&self) -> bool {
        self.folded.is_empty()
    }

    /// True where it is in these bytes. What is no text has nothing to find but what is.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        let Some((rarest, ascii)) = &self.ascii else {
            return !self.is_empty() && !self.places([&*String::from_utf8_lossy(bytes)]).is_empty();
        };
        let byte = ascii.get(*rarest).copied().unwrap_or_default();
        // Where its rarest byte is, the whole may be.
        memchr::memchr2_iter(byte, byte.to_ascii_uppercase(), bytes)
            .filter_map(|at| bytes.get(at.checked_sub(*rarest)?..)?.get(..ascii.len()))
            .any(|part| part.eq_ignore_ascii_case(ascii))
    }

    /// Where it begins in a line of these parts, in characters; places do not overlap.
    pub fn places<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> Vec<usize> {
        let mut places = Vec::new();
        let Some(first) = self.folded.first() else { return places };
        let hay: Vec<char> = parts.into_iter().flat_map(folded).collect();
        let mut from = 0;
        // Most lines do not even have the first character.
        while let Some(i) = hay.get(from..).and_then(|h| h.iter().position(|c| c == first)) {
            let at = from + i;
            let is_it = hay.get(at..at + self.len()).is_some_and(|h| h == self.folded);
            if is_it {
                places.push(at);
            }
            from = at + if is_it { self.len() } else { 1 };
        }
        places
    }
}

/// The characters of a text without their case, one for one.
fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|c| c.to_lowercase().next().unwrap_or(c))
}
