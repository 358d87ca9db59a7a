//! The one sanitiser: text from outside, made safe to put on a screen or into a file of ours.
//!
//! Names, messages and log lines can hold escape sequences that drive a terminal and characters that hide or reorder others
//! (CVE-2021-25743 is the known case in kubectl). Nothing is dropped, since a silent drop would make two names look alike: every
//! such character becomes visible. What people save, pipe, copy or edit stays as received and does not pass here.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with control characters as pictures (`␛`) and with characters that hide or reorder as their number (`⟨U+202E⟩`).
/// Borrows where there is nothing to do, which is nearly always.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) || !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            '\x7f' => out.push('␡'),
            '\0'..='\x1f' => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('␦')),
            // Writing to a String cannot fail.
            _ if is_hidden(c) => drop(write!(out, "⟨U+{:04X}⟩", u32::from(c))),
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Characters that a terminal obeys or that nobody sees: C0, DEL and C1 controls, bidirectional marks, line separators, zero-width
/// characters, the byte order mark, interlinear and language tags, and variation selectors beyond the two that emoji use.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_text_is_borrowed_and_tricks_are_shown() {
        for plain in ["", "checkout-6d5f-x2x9q", "größer 日本 👩‍🚀 é"] {
            assert!(matches!(visible(plain), Cow::Borrowed(_)), "{plain}");
        }
        for (trick, shown) in [
            ("a\x1b[31mb", "a␛[31mb"),
            ("\u{9b}2J", "⟨U+009B⟩2J"),
            ("prod\u{202e}", "prod⟨U+202E⟩"),
            ("a\u{200b}b", "a⟨U+200B⟩b"),
            ("a\tb\nc\0", "a b␊c␀"),
            ("\x7f\u{feff}", "␡⟨U+FEFF⟩"),
        ] {
            assert_eq!(visible(trick), shown);
        }
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left_and_twice_is_once(text in any::<String>()) {
            let once = visible(&text);
            prop_assert!(!once.chars().any(is_hidden));
            prop_assert_eq!(visible(&once), once.as_ref());
        }

        #[test]
        fn different_texts_stay_different(a in any::<char>(), b in any::<char>()) {
            // A tab is the one character that is shown as another: tables need it to be one cell.
            prop_assume!(a != b && a != '\t' && b != '\t');
            let (a, b) = (a.to_string(), b.to_string());
            prop_assert_ne!(visible(&a), visible(&b));
        }
    }
}
