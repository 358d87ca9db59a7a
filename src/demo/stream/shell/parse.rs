//! A line of a shell, taken apart: words with quotes and variables, and what stands between commands. No loops, no functions.

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// As it stands.
    Text(String),
    /// The value of a variable.
    Variable(String),
    /// What a command prints.
    Output(String),
}

/// A word, whose parts are joined.
pub(super) type Word = Vec<Part>;

/// Where output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Redirect {
    /// 1 for output, 2 for errors.
    pub(super) from: u8,
    /// The file; none for the other of the two.
    pub(super) to: Option<Word>,
    /// True to keep what is there.
    pub(super) append: bool,
}

/// A command with its arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<Word>,
    pub(super) redirects: Vec<Redirect>,
    /// The file that input comes from.
    pub(super) input: Option<Word>,
}

/// When a pipeline runs.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum When {
    /// In any case.
    #[default]
    Always,
    /// If the one before succeeded.
    And,
    /// If the one before failed.
    Or,
}

/// A line: pipelines, each with when it runs.
pub(super) type Line = Vec<(When, Vec<Command>)>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(Word),
    Sign(&'static str),
}

/// Signs, longest first.
const SIGNS: &[&str] = &["2>&1", "1>&2", ">&2", "2>>", "2>", "&&", "||", ">>", "|", ";", "&", ">", "<", "\n"];

/// Takes a line apart.
///
/// # Errors
/// In the words of busybox: what it did not expect.
pub(super) fn parse(text: &str) -> Result<Line, String> {
    let mut line = Line::new();
    let (mut when, mut pipeline, mut command) = (When::default(), Vec::new(), Command::default());
    let mut tokens = tokens(text)?.into_iter();
    let unexpected = |sign: &str| format!("syntax error: unexpected {sign:?}");
    while let Some(token) = tokens.next() {
        let sign = match token {
            Token::Word(word) => {
                command.words.push(word);
                continue;
            }
            Token::Sign(sign) => sign,
        };
        let mut file = || match tokens.next() {
            Some(Token::Word(word)) => Ok(word),
            _ => Err("syntax error: unexpected newline".to_owned()),
        };
        match sign {
            "<" => command.input = Some(file()?),
            "1>&2" | ">&2" => command.redirects.push(Redirect { from: 1, to: None, append: false }),
            "2>&1" => command.redirects.push(Redirect { from: 2, to: None, append: false }),
            ">" | ">>" => command.redirects.push(Redirect { from: 1, to: Some(file()?), append: sign == ">>" }),
            "2>" | "2>>" => command.redirects.push(Redirect { from: 2, to: Some(file()?), append: sign == "2>>" }),
            _ if command == Command::default() && sign == "\n" => {}
            _ if command == Command::default() => return Err(unexpected(sign)),
            "|" => pipeline.push(std::mem::take(&mut command)),
            _ => {
                pipeline.push(std::mem::take(&mut command));
                line.push((when, std::mem::take(&mut pipeline)));
                when = match sign {
                    "&&" => When::And,
                    "||" => When::Or,
                    _ => When::Always,
                };
            }
        }
    }
    if command != Command::default() {
        pipeline.push(command);
        line.push((when, pipeline));
    } else if !pipeline.is_empty() || when != When::Always {
        return Err("syntax error: unexpected end of file".to_owned());
    }
    Ok(line)
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r']);
        if rest.starts_with('#') {
            rest = rest.find('\n').map_or("", |end| rest.split_at(end).1);
        }
        if rest.is_empty() {
            return Ok(tokens);
        }
        match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            Some(sign) => {
                tokens.push(Token::Sign(sign));
                rest = rest.strip_prefix(sign).unwrap_or_default();
            }
            None => {
                let (word, after) = word(rest)?;
                tokens.push(Token::Word(word));
                rest = after;
            }
        }
    }
}

fn push(word: &mut Word, c: char) {
    match word.last_mut() {
        Some(Part::Text(text)) => text.push(c),
        _ => word.push(Part::Text(c.to_string())),
    }
}

/// The word that the text begins with, and what follows.
fn word(text: &str) -> Result<(Word, &str), String> {
    let mut word = Word::new();
    let mut quoted = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = match c {
            '\'' if !quoted => {
                let (inside, after) = after.split_once('\'').ok_or("syntax error: unterminated quoted string")?;
                word.push(Part::Text(inside.to_owned()));
                after
            }
            '"' => {
                quoted = !quoted;
                // Even with nothing inside, quotes make a word.
                word.push(Part::Text(String::new()));
                after
            }
            '\\' => {
                let next = after.chars().next().unwrap_or('\\');
                if quoted && !matches!(next, '"' | '\\' | '$' | '`') {
                    push(&mut word, '\\');
                }
                push(&mut word, next);
                after.get(next.len_utf8()..).unwrap_or_default()
            }
            '$' => dollar(after, &mut word)?,
            _ if !quoted && (c.is_whitespace() || "|;&<>".contains(c)) => break,
            _ => {
                push(&mut word, c);
                after
            }
        };
    }
    if quoted { Err("syntax error: unterminated quoted string".to_owned()) } else { Ok((word, rest)) }
}

/// What follows a dollar sign: `$NAME`, `${NAME}`, `$?`, `$(command)`.
fn dollar<'t>(text: &'t str, word: &mut Word) -> Result<&'t str, String> {
    if let Some(inside) = text.strip_prefix('(') {
        let (command, rest) = inside.split_once(')').ok_or("syntax error: unexpected end of file (expecting \")\")")?;
        word.push(Part::Output(command.to_owned()));
        return Ok(rest);
    }
    if let Some(inside) = text.strip_prefix('{') {
        let (name, rest) = inside.split_once('}').ok_or("syntax error: missing '}'")?;
        word.push(Part::Variable(name.to_owned()));
        return Ok(rest);
    }
    let end = match text.chars().next() {
        Some('?' | '$') => 1,
        _ => text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len()),
    };
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        push(word, '$');
    } else {
        word.push(Part::Variable(name.to_owned()));
    }
    Ok(rest)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_are_taken_apart() {
        let words = |c: &Command| c.words.iter().map(|w| format!("{w:?}")).collect::<Vec<_>>().join(" ");
        let line = parse("cat 'a b' | head -2 && echo \"$HOME!\" > /tmp/x; false || true # why").unwrap();
        let whens: Vec<When> = line.iter().map(|(w, _)| *w).collect();
        assert_eq!(whens, [When::Always, When::And, When::Always, When::Or]);
        assert_eq!(line[0].1.len(), 2);
        assert_eq!(words(&line[0].1[0]), r#"[Text("cat")] [Text("a b")]"#);
        assert_eq!(words(&line[1].1[0]), r#"[Text("echo")] [Text(""), Variable("HOME"), Text("!"), Text("")]"#);
        assert_eq!(line[1].1[0].redirects[0].to, Some(vec![Part::Text("/tmp/x".into())]));
    }

    #[test]
    fn mistakes_are_told() {
        for (text, words) in [
            ("echo 'a", "unterminated quoted string"),
            ("| x", "unexpected \"|\""),
            ("a &&", "unexpected end of file"),
            ("a >", "unexpected newline"),
        ] {
            assert!(parse(text).unwrap_err().contains(words), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[a-z'\"$(){}|;&<>\\\\ é#\n0-2?]{0,24}") {
            let _ = parse(&text);
        }
    }
}
