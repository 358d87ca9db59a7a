//! Keys, as the terminal reports them and as people write them: `ctrl-r`, `shift-tab`, `alt-1`, `G`, `space`, `pgdn`, `f5`, `/`.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::fmt;
use std::str::FromStr;

/// A key with its modifiers, in the one form that all terminals agree on: shift is part of a letter, and is dropped beside ctrl.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// The keys that have a name. Everything else is the character that it types, or `f1` to `f24`.
const NAMES: [(&str, KeyCode); 15] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
];

/// The modifiers, in the order in which they are written.
const MODIFIERS: [(&str, KeyModifiers); 3] =
    [("ctrl-", KeyModifiers::CONTROL), ("alt-", KeyModifiers::ALT), ("shift-", KeyModifiers::SHIFT)];

impl Key {
    /// The key of an event; `None` for the release of one and for what no keymap can name (a lone shift, a media key).
    pub fn of(event: &KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let key = Self::new(event.code, event.modifiers);
        let named = matches!(key.code, KeyCode::Char(_) | KeyCode::F(1..=24)) || NAMES.iter().any(|(_, code)| *code == key.code);
        named.then_some(key)
    }

    fn new(code: KeyCode, modifiers: KeyModifiers) -> Self {
        let mut modifiers = modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let code = match code {
            KeyCode::BackTab => {
                modifiers |= KeyModifiers::SHIFT;
                KeyCode::Tab
            }
            KeyCode::Char(c) => {
                let shift = modifiers.contains(KeyModifiers::SHIFT);
                modifiers -= KeyModifiers::SHIFT;
                KeyCode::Char(match modifiers.contains(KeyModifiers::CONTROL) {
                    true => c.to_ascii_lowercase(),
                    false if shift => upper(c),
                    false => c,
                })
            }
            code => code,
        };
        Self { code, modifiers }
    }

    /// The character that it types where text is entered.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }
}

/// The capital of a letter that has exactly one.
fn upper(c: char) -> char {
    let mut capitals = c.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) => capital,
        _ => c,
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (mut rest, mut modifiers) = (text, KeyModifiers::NONE);
        while let Some((short, modifier)) = MODIFIERS.iter().find_map(|(name, m)| Some((rest.strip_prefix(name)?, *m))) {
            if short.is_empty() {
                break;
            }
            (rest, modifiers) = (short, modifiers | modifier);
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) if !c.is_whitespace() && !c.is_control() => KeyCode::Char(c),
            _ => named(rest).ok_or_else(|| format!("{text:?} is no key"))?,
        };
        if let KeyCode::Char(c) = code
            && modifiers.contains(KeyModifiers::SHIFT)
            && (upper(c) == c && !c.is_uppercase() || modifiers != KeyModifiers::SHIFT)
        {
            return Err(format!("terminals do not tell {text} apart; write the character that it types"));
        }
        Ok(Self::new(code, modifiers))
    }
}

fn named(name: &str) -> Option<KeyCode> {
    let function = || name.strip_prefix('f')?.parse().ok().filter(|n| (1..=24).contains(n)).map(KeyCode::F);
    NAMES.iter().find(|(n, _)| *n == name).map(|(_, code)| *code).or_else(function)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, _) in MODIFIERS.iter().filter(|(_, m)| self.modifiers.contains(*m)) {
            f.write_str(name)?;
        }
        match (NAMES.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, KeyCode::F(n)) => write!(f, "f{n}"),
            // `Key::of` and the reader make no other.
            (None, _) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
        KeyEvent::new(code, modifiers)
    }

    #[test]
    fn events_have_one_name() {
        use KeyCode::{BackTab, Char, Enter, F, Tab};
        let (none, shift, ctrl, alt) = (KeyModifiers::NONE, KeyModifiers::SHIFT, KeyModifiers::CONTROL, KeyModifiers::ALT);
        for (code, modifiers, name) in [
            (Char('g'), none, "g"),
            (Char('G'), shift, "G"),
            (Char('G'), none, "G"),
            (Char('g'), shift, "G"),
            (Char('ß'), shift, "ß"),
            (Char('?'), shift, "?"),
            (Char('R'), ctrl | shift, "ctrl-r"),
            (Char('1'), alt, "alt-1"),
            (Char(' '), none, "space"),
            (Char(' '), ctrl, "ctrl-space"),
            (Char('-'), ctrl, "ctrl--"),
            (BackTab, shift, "shift-tab"),
            (BackTab, none, "shift-tab"),
            (Tab, shift, "shift-tab"),
            (Enter, none, "enter"),
            (F(5), none, "f5"),
            (Enter, ctrl | alt | shift, "ctrl-alt-shift-enter"),
        ] {
            let key = Key::of(&event(code, modifiers)).unwrap();
            assert_eq!(key.to_string(), name);
            assert_eq!(name.parse(), Ok(key), "{name}");
        }
        assert_eq!("shift-g".parse::<Key>(), "G".parse());
        assert_eq!(Key::of(&event(KeyCode::CapsLock, none)), None);
        assert_eq!(Key::of(&KeyEvent::new_with_kind(Enter, none, KeyEventKind::Release)), None);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "ctrl-", "hyper-a", "entre", "f0", "f25", "gg", "shift-1", "ctrl-shift-r", "\t", "é́"] {
            assert!(text.parse::<Key>().is_err(), "{text:?}");
        }
        assert!("shift-1".parse::<Key>().unwrap_err().contains("the character that it types"));
    }

    proptest! {
        #[test]
        fn printed_keys_read_back(c in any::<char>(), bits in 0u8..8, name in 0usize..NAMES.len(), which in 0u8..3) {
            let code = match which { 0 => KeyCode::Char(c), 1 => NAMES[name].1, _ => KeyCode::F(bits + 1) };
            prop_assume!(!matches!(code, KeyCode::Char(c) if c != ' ' && (c.is_whitespace() || c.is_control())));
            let key = Key::of(&event(code, KeyModifiers::from_bits_truncate(bits))).unwrap();
            prop_assert_eq!(key.to_string().parse(), Ok(key));
        }
    }
}
