//! Fuzzy matching, as people type what they half remember.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// What was typed: every word of it has to be found.
#[derive(Debug, Default)]
pub struct Fuzzy {
    words: Vec<Pattern>,
}

impl Fuzzy {
    /// Reads what was typed. Case does not matter; `'word` asks for the word as it is, `!word` for its absence.
    pub fn new(text: &str) -> Self {
        let word = |w| Pattern::parse(w, CaseMatching::Ignore, Normalization::Smart);
        Self { words: text.split_whitespace().map(word).collect() }
    }

    /// Whether every word is found in one of the texts; a word with `!` has to be absent from all of them.
    pub fn matches(&self, texts: &[&str]) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        self.words.iter().all(|word| {
            let absent = word.atoms.first().is_some_and(|a| a.negative);
            let mut found = |text: &&str| word.score(Utf32Str::new(text, &mut buffer), &mut matcher).is_some();
            if absent { texts.iter().all(&mut found) } else { texts.iter().any(&mut found) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_somewhere() {
        let texts = ["prod-eu", "arn:aws:eks:eu-west-1:123:cluster/prod-eu", "v1.35.2"];
        for (typed, found) in [
            ("", true),
            ("preu", true),
            ("PROD 1.35", true),
            ("prod 1.36", false),
            ("!edge", true),
            ("!prod", false),
            ("'rod-", true),
            ("'pd", false),
            ("ux", false),
        ] {
            assert_eq!(Fuzzy::new(typed).matches(&texts), found, "{typed}");
        }
    }
}
