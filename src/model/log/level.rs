//! How bad a line of a log is, as far as its beginning tells.

/// How bad a line is.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It is for whoever wrote the program.
    Debug,
    /// It says nothing, or that all is well.
    Plain,
    /// A warning.
    Warn,
    /// An error, or worse.
    Error,
}

/// Bytes that are looked at: who writes a level writes it early.
const LOOKED_AT: usize = 256;

/// Words that are levels.
const WORDS: &[(&str, Level)] = &[
    ("error", Level::Error),
    ("err", Level::Error),
    ("fatal", Level::Error),
    ("panic", Level::Error),
    ("critical", Level::Error),
    ("crit", Level::Error),
    ("severe", Level::Error),
    ("emerg", Level::Error),
    ("alert", Level::Error),
    ("warn", Level::Warn),
    ("warning", Level::Warn),
    ("info", Level::Plain),
    ("debug", Level::Debug),
    ("trace", Level::Debug),
    ("notice", Level::Plain),
];

impl Level {
    /// The level of a word.
    pub fn named(word: &str) -> Option<Self> {
        WORDS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, level)| *level)
    }

    /// The level of a line: the head of klog (`E1127 16:02:01.123`), the numbers of bunyan and pino (`"level":50`), else the first word that is a level
    /// and is written as one: in capitals, or as the value of a key (`level=error`, `"severity":"ERROR"`), or in brackets (`[error]`).
    pub fn of(line: &[u8]) -> Self {
        if let [letter @ (b'E' | b'F' | b'W'), rest @ ..] = line
            && rest.get(..4).is_some_and(|date| date.iter().all(u8::is_ascii_digit))
            && rest.get(4) == Some(&b' ')
        {
            return if *letter == b'W' { Self::Warn } else { Self::Error };
        }
        let head = line.get(..LOOKED_AT).unwrap_or(line);
        let (mut at, mut before) = (0, None);
        while let Some((begin, word)) = next_word(head, at) {
            at = begin + word.len();
            let mark = begin.checked_sub(1).and_then(|i| head.get(i)).copied();
            let is_value = matches!(mark, Some(b'=' | b':' | b'"' | b'[' | b'(' | b'<' | b' ')) && before.is_some_and(is_key);
            let is_written = word.iter().all(u8::is_ascii_uppercase) || matches!(mark, Some(b'[' | b'<')) || is_value;
            if is_written && let Some((_, level)) = WORDS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes())) {
                return *level;
            }
            if is_value && let Some(number) = std::str::from_utf8(word).ok().and_then(|w| w.parse::<u8>().ok()) {
                return match number {
                    50.. => Self::Error,
                    40.. => Self::Warn,
                    10..30 => Self::Debug,
                    _ => Self::Plain,
                };
            }
            before = Some(word);
        }
        Self::Plain
    }
}

/// The next word from there on, and where it begins. Every line is gone through by this, as it comes.
fn next_word(head: &[u8], from: usize) -> Option<(usize, &[u8])> {
    let begin = from + head.get(from..)?.iter().position(u8::is_ascii_alphanumeric)?;
    let rest = head.get(begin..)?;
    let len = rest.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(rest.len());
    Some((begin, rest.get(..len)?))
}

fn is_key(word: &[u8]) -> bool {
    ["level", "lvl", "severity", "loglevel"].iter().any(|key| word.eq_ignore_ascii_case(key.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_what_people_write() {
        for (line, level) in [
            ("", Level::Plain),
            ("E1127 16:02:01.123456       1 main.go:12] no", Level::Error),
            ("W1127 16:02:01.123456       1 main.go:12] hm", Level::Warn),
            ("Error1 is fine", Level::Plain),
            ("2026-11-27 16:02:01 ERROR payment refused", Level::Error),
            ("[error] 12#12: connect() failed", Level::Error),
            ("level=warn msg=\"an error was handled\"", Level::Warn),
            ("time=1 level=error msg=x", Level::Error),
            (r#"{"level":"error","msg":"x"}"#, Level::Error),
            (r#"{"msg":"ok","severity": "WARNING"}"#, Level::Warn),
            (r#"{"level":30,"msg":"x"}"#, Level::Plain),
            (r#"{"name":"a","level":50,"msg":"x"}"#, Level::Error),
            ("INFO no error here, ERROR is only said", Level::Plain),
            ("the error page was shown", Level::Plain),
            ("panic: runtime error", Level::Plain),
        ] {
            assert_eq!(Level::of(line.as_bytes()), level, "{line}");
        }
    }
}
