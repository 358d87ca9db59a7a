//! What a program has set in its terminal, so that it is set again for whoever comes back to it: the other screen, keys and their
//! codes, the mouse, pastes, the cursor.

use std::collections::BTreeMap;

/// The modes that a terminal begins with.
const FIRST: [u16; 2] = [7, 25];
/// More modes than any terminal has are not remembered.
const MOST: usize = 64;

/// The modes that were set or reset, read out of what goes to the terminal.
#[derive(Debug, Default)]
pub(super) struct Modes {
    private: BTreeMap<u16, bool>,
    /// The keys of the number pad are for the program.
    keypad: bool,
    /// Other codes for keys: xterm's, as they were set, and kitty's.
    xterm: String,
    kitty: String,
    state: State,
}

/// Where in a sequence the last byte was.
#[derive(Debug, Default)]
enum State {
    #[default]
    Text,
    Escape,
    /// Behind `ESC [`: what has come of the sequence.
    Sequence(Vec<u8>),
}

impl Modes {
    /// Takes in what goes to the terminal, in whatever pieces it comes.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        while let [byte, rest @ ..] = bytes {
            bytes = rest;
            self.state = match (std::mem::take(&mut self.state), byte) {
                (State::Text, 0x1b) => State::Escape,
                (State::Text, _) => {
                    let next = rest.iter().position(|byte| *byte == 0x1b).unwrap_or(rest.len());
                    bytes = rest.get(next..).unwrap_or_default();
                    State::Text
                }
                (State::Escape, b'[') => State::Sequence(Vec::new()),
                (State::Escape, byte) => {
                    self.escape(*byte);
                    if *byte == 0x1b { State::Escape } else { State::Text }
                }
                (State::Sequence(_), 0x1b) => State::Escape,
                (State::Sequence(read), 0x40..=0x7e) => {
                    self.sequence(&read, *byte);
                    State::Text
                }
                // No mode is that long.
                (State::Sequence(read), _) if read.len() > MOST => State::Text,
                (State::Sequence(mut read), byte) => {
                    read.push(*byte);
                    State::Sequence(read)
                }
            };
        }
    }

    fn escape(&mut self, byte: u8) {
        match byte {
            b'=' => self.keypad = true,
            b'>' => self.keypad = false,
            b'c' => *self = Self::default(),
            _ => {}
        }
    }

    fn sequence(&mut self, read: &[u8], last: u8) {
        match (read, last) {
            ([b'?', numbers @ ..], b'h' | b'l') => {
                let numbers = numbers.split(|byte| *byte == b';').filter_map(|number| std::str::from_utf8(number).ok()?.parse().ok());
                for number in numbers {
                    if self.private.len() < MOST || self.private.contains_key(&number) {
                        self.private.insert(number, last == b'h');
                    }
                }
            }
            ([b'>', b'4', b';', number], b'm') if number.is_ascii_digit() => self.xterm = format!("\x1b[>4;{}m", char::from(*number)),
            ([b'>', b'4', ..], b'm') => self.xterm.clear(),
            ([b'>' | b'=', number @ ..], b'u') => {
                let number = std::str::from_utf8(number).ok().and_then(|number| number.split(';').next()?.parse::<u8>().ok());
                self.kitty = number.map_or_else(String::new, |number| format!("\x1b[={number}u"));
            }
            ([b'<', ..], b'u') => self.kitty.clear(),
            ([b'!'], b'p') => *self = Self::default(),
            _ => {}
        }
    }

    /// The sequences that bring a terminal there from where it begins.
    pub(super) fn set(&self) -> String {
        let changed = self.private.iter().filter(|(number, is_set)| FIRST.contains(number) != **is_set);
        let private = changed.map(|(number, is_set)| format!("\x1b[?{number}{}", if *is_set { 'h' } else { 'l' }));
        private.chain(self.keypad.then(|| "\x1b=".to_owned())).chain([self.xterm.clone(), self.kitty.clone()]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_is_set_again_in_whatever_pieces_it_came() {
        for (written, set) in [
            ("plain\r\n\x1b[1;31mred\x1b[0m", ""),
            ("\x1b[?1049h\x1b[?1h\x1b=", "\x1b[?1h\x1b[?1049h\x1b="),
            ("\x1b[?1049h\x1b[?25l text \x1b[?1049l\x1b[?25h", ""),
            ("\x1b[?25l", "\x1b[?25l"),
            ("\x1b[?1000;1006h", "\x1b[?1000h\x1b[?1006h"),
            ("\x1b[?2004h\x1b=\x1b[!p", ""),
            ("\x1b[?2004h\x1bc", ""),
            ("\x1b=\x1b>", ""),
            ("\x1b[>4;2m\x1b[>1u", "\x1b[>4;2m\x1b[=1u"),
            ("\x1b[>4;2m\x1b[=5;1u\x1b[>4;m\x1b[<1u", ""),
            ("\x1b[4h\x1b[?99999h\x1b[?xh\x1b[?", ""),
            ("\x1b\x1b[?7l", "\x1b[?7l"),
        ] {
            for size in 1..=written.len() {
                let mut modes = Modes::default();
                written.as_bytes().chunks(size).for_each(|piece| modes.read(piece));
                assert_eq!(modes.set(), set, "{written:?} by {size}");
            }
        }
    }

    #[test]
    fn whatever_comes_it_stays_small() {
        let mut modes = Modes::default();
        (0..10_000).for_each(|n| modes.read(format!("\x1b[?{n}h").as_bytes()));
        modes.read(&[b"\x1b[?".to_vec(), vec![b'1'; 100_000]].concat());
        assert!(modes.private.len() == MOST && !matches!(&modes.state, State::Sequence(read) if read.len() > MOST + 2));
    }
}
