//! A terminal's line discipline: keys become lines, and what is typed is shown. Only what people need at a prompt.

/// What a program reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// Bytes; from a terminal, a line with its end.
    Bytes(Vec<u8>),
    /// Nothing more comes.
    End,
    /// `ctrl-c`.
    Interrupt,
}

/// A terminal.
#[derive(Debug, Default)]
pub(super) struct Terminal {
    line: String,
    /// Bytes of a character or of a key that has not come whole.
    partial: Vec<u8>,
    history: Vec<String>,
    at: usize,
}

impl Terminal {
    /// Takes what was typed: what to show, and what a program gets.
    pub(super) fn feed(&mut self, typed: &[u8]) -> (String, Vec<Input>) {
        let (mut show, mut given) = (String::new(), Vec::new());
        for &byte in typed {
            if byte == 0x1b || !self.partial.is_empty() {
                self.partial.push(byte);
                self.complete(&mut show);
                continue;
            }
            match byte {
                b'\r' | b'\n' => {
                    show += "\r\n";
                    given.push(Input::Bytes((self.take() + "\n").into_bytes()));
                }
                0x03 => {
                    self.line.clear();
                    show += "^C\r\n";
                    given.push(Input::Interrupt);
                }
                0x04 if self.line.is_empty() => given.push(Input::End),
                0x0c => {
                    show += "\x1b[H\x1b[2J";
                    given.push(Input::Bytes(b"\n".to_vec()));
                }
                0x15 => self.replace(String::new(), &mut show),
                0x7f | 0x08 if self.line.pop().is_some() => show += "\x08 \x08",
                0x20..=0x7e => {
                    self.line.push(char::from(byte));
                    show.push(char::from(byte));
                }
                0x80.. => self.partial.push(byte),
                _ => {}
            }
        }
        (show, given)
    }

    fn take(&mut self) -> String {
        let line = std::mem::take(&mut self.line);
        if !line.trim().is_empty() {
            self.history.push(line.clone());
        }
        self.at = self.history.len();
        line
    }

    /// Ends a character or a key, if it is whole now.
    fn complete(&mut self, show: &mut String) {
        match self.partial.as_slice() {
            [0x1b] | [0x1b, b'[' | b'O'] => return,
            [0x1b, b'[', middle @ .., last] if last.is_ascii_digit() || *last == b';' => {
                if middle.len() < 8 {
                    return;
                }
            }
            [0x1b, _, b'A'] => {
                self.at = self.at.saturating_sub(1);
                self.recall(show);
            }
            [0x1b, _, b'B'] => {
                self.at = (self.at + 1).min(self.history.len());
                self.recall(show);
            }
            [0x1b, ..] => {}
            bytes => match std::str::from_utf8(bytes) {
                Ok(text) => {
                    self.line += text;
                    *show += text;
                }
                Err(bad) if bad.error_len().is_none() => return,
                Err(_) => {}
            },
        }
        self.partial.clear();
    }

    fn recall(&mut self, show: &mut String) {
        let line = self.history.get(self.at).cloned().unwrap_or_default();
        self.replace(line, show);
    }

    fn replace(&mut self, line: String, show: &mut String) {
        *show += &"\x08 \x08".repeat(self.line.chars().count());
        *show += &line;
        self.line = line;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(text: &str) -> Input {
        Input::Bytes(format!("{text}\n").into_bytes())
    }

    #[test]
    fn keys_make_lines() {
        let mut terminal = Terminal::default();
        assert_eq!(terminal.feed(b"lss\x7f -l\r"), ("lss\x08 \x08 -l\r\n".into(), vec![line("ls -l")]));
        assert_eq!(terminal.feed("é".as_bytes().split_at(1).0), (String::new(), vec![]));
        assert_eq!(terminal.feed("é".as_bytes().split_at(1).1).0, "é");
        assert_eq!(terminal.feed(b"\x15ps\r").1, [line("ps")]);
        assert_eq!(terminal.feed(b"\x1b[A\x1b[A\x1b[B\r").1, [line("ps")]);
        assert_eq!(terminal.feed(b"x\x03").1, [Input::Interrupt]);
        assert_eq!(terminal.feed(b"\x1b[1;5C\x04").1, [Input::End]);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_typing_is_cut(typed in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0x1b), Just(b'['), Just(b'A')], 0..40), at in 0usize..40) {
            let at = at.min(typed.len());
            let whole = Terminal::default().feed(&typed);
            let mut terminal = Terminal::default();
            let (mut show, mut given) = terminal.feed(&typed[..at]);
            let (more, rest) = terminal.feed(&typed[at..]);
            show += &more;
            given.extend(rest);
            prop_assert_eq!((show, given), whole);
        }
    }
}
