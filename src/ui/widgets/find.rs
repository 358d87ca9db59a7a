//! Finding a text in lines, whatever the case.

/// What is searched for.
#[derive(Clone, Debug, Default)]
pub struct Needle(Vec<char>);

impl Needle {
    /// This text; nothing is found for an empty one.
    pub fn new(text: &str) -> Self {
        Self(folded(text).collect())
    }

    /// How many characters it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True where nothing is searched for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True where it is in these bytes. What is no text has nothing to find but what is.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        let ascii: Option<Vec<u8>> = self.0.iter().map(|c| u8::try_from(*c).ok().filter(u8::is_ascii)).collect();
        match ascii.as_deref() {
            Some([]) => false,
            Some([first, rest @ ..]) => memchr::memchr2_iter(*first, first.to_ascii_uppercase(), bytes)
                .any(|at| bytes.get(at + 1..at + 1 + rest.len()).is_some_and(|part| part.eq_ignore_ascii_case(rest))),
            None => !self.places([&*String::from_utf8_lossy(bytes)]).is_empty(),
        }
    }

    /// Where it begins in a line of these parts, in characters; places do not overlap.
    pub fn places<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> Vec<usize> {
        let mut places = Vec::new();
        let Some(first) = self.0.first() else { return places };
        let hay: Vec<char> = parts.into_iter().flat_map(folded).collect();
        let mut from = 0;
        // Most lines do not even have the first character.
        while let Some(i) = hay.get(from..).and_then(|h| h.iter().position(|c| c == first)) {
            let at = from + i;
            let is_it = hay.get(at..at + self.len()).is_some_and(|h| h == self.0);
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
