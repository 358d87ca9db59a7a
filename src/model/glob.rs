//! Patterns over names of contexts: `*` is any text, `?` one character, `[abc]`, `[a-z]` and `[!abc]` one of (or none of) a set.
//!
//! Case counts, and there is no character that `*` stops at: names of contexts hold slashes and colons.

/// A pattern that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Any,
    One,
    Char(char),
    Set { not: bool, ranges: Vec<(char, char)> },
}

impl Part {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Char(own) => *own == c,
            Self::Set { not, ranges } => ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *not,
        }
    }
}

impl Glob {
    /// Reads a pattern. The error says what is wrong with it.
    pub fn parse(pattern: &str) -> Result<Self, String> {
        let mut chars = pattern.chars();
        let mut parts = Vec::new();
        while let Some(c) = chars.next() {
            parts.push(match c {
                '*' => Part::Any,
                '?' => Part::One,
                '[' => set(&mut chars).ok_or_else(|| format!("the [ in {pattern:?} has no ] and no character to match"))?,
                c => Part::Char(c),
            });
        }
        Ok(Self(parts))
    }

    /// True where the whole text fits.
    pub fn matches(&self, text: &str) -> bool {
        let (mut parts, mut text) = (self.0.as_slice(), text);
        // Where to go on from when a guess about the last `*` was too short. Earlier ones need no second guess.
        let mut star: Option<(&[Part], &str)> = None;
        loop {
            let mut chars = text.chars();
            match parts.split_first() {
                Some((Part::Any, rest)) => {
                    star = Some((rest, text));
                    parts = rest;
                    continue;
                }
                Some((part, rest)) if chars.next().is_some_and(|c| part.takes(c)) => {
                    (parts, text) = (rest, chars.as_str());
                    continue;
                }
                None if text.is_empty() => return true,
                _ => {}
            }
            let Some((rest, from)) = star else { return false };
            let mut chars = from.chars();
            if chars.next().is_none() {
                return false;
            }
            (parts, text) = (rest, chars.as_str());
            star = Some((rest, text));
        }
    }
}

/// What stands between `[` and `]`. A `]` that comes first, and a `-` that comes first or last, mean themselves.
fn set(chars: &mut std::str::Chars<'_>) -> Option<Part> {
    let mut rest = chars.clone().peekable();
    let not = rest.next_if_eq(&'!').is_some();
    let mut ranges = Vec::new();
    loop {
        let from = rest.next()?;
        if from == ']' && !ranges.is_empty() {
            break;
        }
        let mut ahead = rest.clone();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(to)) if to != ']' => {
                ranges.push((from, to));
                rest = ahead;
            }
            _ => ranges.push((from, from)),
        }
    }
    let left: usize = rest.map(char::len_utf8).sum();
    let all = chars.as_str();
    *chars = all.get(all.len() - left..).unwrap_or_default().chars();
    Some(Part::Set { not, ranges })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_fit_as_in_a_shell() {
        for (pattern, text, fits) in [
            ("prod-*", "prod-eu", true),
            ("prod-*", "prod-", true),
            ("prod-*", "Prod-eu", false),
            ("prod-*", "nonprod-eu", false),
            ("*:cluster/prod-*", "arn:aws:eks:eu-west-1:1:cluster/prod-eu", true),
            ("prod-??", "prod-eu", true),
            ("prod-??", "prod-eu1", false),
            ("prod-[eu]*", "prod-us", true),
            ("prod-[!eu]*", "prod-us", false),
            ("node-[0-9]", "node-7", true),
            ("node-[0-9]", "node-x", false),
            ("[]]", "]", true),
            ("[a-]", "-", true),
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("größe-?", "größe-ß", true),
        ] {
            assert_eq!(Glob::parse(pattern).unwrap().matches(text), fits, "{pattern} {text}");
        }
        assert!(Glob::parse("a[bc").unwrap_err().contains("no ]"));
    }

    /// The same pattern as a regular expression.
    fn regex(pattern: &str) -> regex::Regex {
        let mut out = String::from("(?s)^");
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            match c {
                '*' => out.push_str(".*"),
                '?' => out.push('.'),
                '[' => {
                    let inside: String = chars.by_ref().take_while(|&c| c != ']').collect();
                    out.push_str(&format!("[{}]", inside.replacen('!', "^", 1)));
                }
                c => out.push_str(&regex::escape(&c.to_string())),
            }
        }
        regex::Regex::new(&format!("{out}$")).unwrap()
    }

    proptest! {
        #[test]
        fn agrees_with_a_regular_expression(pattern in r"([ab.?*]|\[!?[a-c]{1,2}\]|\[a-c\]){0,8}", text in "[a-d.]{0,10}") {
            prop_assert_eq!(Glob::parse(&pattern).unwrap().matches(&text), regex(&pattern).is_match(&text), "{}", pattern);
        }

        #[test]
        fn many_stars_end(n in 1usize..60) {
            let glob = Glob::parse(&format!("{}b", "a*".repeat(n))).unwrap();
            prop_assert!(!glob.matches(&"a".repeat(200)));
        }
    }
}
