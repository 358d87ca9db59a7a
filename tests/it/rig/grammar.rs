//! What the program may write to a terminal. Everything else is foreign: something from a cluster drove the terminal, or a library
//! does what we did not know.

/// Private modes that are set and reset: wrap, cursor, mouse, focus, alternate screen, bracketed paste, synchronized output.
const MODES: &[&str] = &["7", "9", "25", "1000", "1002", "1003", "1004", "1005", "1006", "1015", "1047", "1049", "2004", "2026"];

/// The final letters of CSI sequences without a prefix: cursor, erase, scroll, repeat, colours, reports, cursor style.
const FINALS: &str = "ABCDGHJKLMPSTXbdmr";

/// Everything in the bytes that the program has no business to write.
pub fn foreign(bytes: &[u8]) -> Vec<String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) if e.error_len().is_none() => std::str::from_utf8(&bytes[..e.valid_up_to()]).unwrap_or_default(), // cut off in a character
        Err(e) => return vec![format!("not UTF-8 at byte {}", e.valid_up_to())],
    };
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\x1b' => sequence(rest),
            '\r' | '\n' | '\x08' => Some(1),
            _ if c.is_control() => None,
            _ => Some(c.len_utf8()),
        };
        if length.is_none() {
            found.push(format!("{:?}", rest.chars().take(24).collect::<String>()));
        }
        rest = &rest[length.unwrap_or(c.len_utf8())..];
    }
    found
}

/// How long the sequence is that starts here; `None` where it is not ours. One that is cut off by the end is taken.
fn sequence(rest: &str) -> Option<usize> {
    match rest.as_bytes().get(1) {
        None | Some(b'7' | b'8' | b'=' | b'>') => Some(rest.len().min(2)),
        Some(b'[') => csi(rest),
        Some(b']') => osc(rest),
        Some(b'\\') => Some(2),
        Some(_) => None,
    }
}

fn csi(rest: &str) -> Option<usize> {
    let body = &rest[2..];
    let Some(end) = body.find(|c: char| ('@'..='~').contains(&c)) else { return Some(rest.len()) };
    let (parameters, last) = (&body[..end], body[end..].chars().next()?);
    let plain = |s: &str| s.chars().all(|c| c.is_ascii_digit() || c == ';' || c == ':');
    let ours = match parameters.chars().next() {
        Some('?') if last == 'h' || last == 'l' => parameters[1..].split(';').all(|mode| MODES.contains(&mode)),
        Some('?') => last == 'u' && parameters == "?",
        // What a shell may have left behind is taken back: all modes at once, and other codes for keys.
        Some('!') => last == 'p' && parameters == "!",
        Some('>') if last == 'm' => parameters == ">4",
        Some('>' | '<' | '=') => last == 'u' && plain(&parameters[1..]),
        _ if last == 'c' || last == 'n' => matches!(parameters, "" | "0" | "5" | "6"),
        _ if last == 'q' => parameters.strip_suffix(' ').is_some_and(plain),
        _ => FINALS.contains(last) && plain(parameters),
    };
    ours.then_some(2 + end + 1)
}

/// The title (0, 2), the background that a theme asks for (11), the clipboard (52) in base64.
fn osc(rest: &str) -> Option<usize> {
    let body = &rest[2..];
    let Some(end) = body.find(['\x07', '\x1b']) else { return Some(rest.len()) };
    let (number, text) = body[..end].split_once(';')?;
    let base64 = |s: &str| s.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c));
    let ours = match number {
        "0" | "2" => !text.chars().any(char::is_control),
        "10" | "11" => text == "?",
        "52" => text.split_once(';').is_some_and(|(to, data)| to.chars().all(|c| "cps".contains(c)) && base64(data)),
        _ => false,
    };
    ours.then_some(2 + end + if body[end..].starts_with('\x07') { 1 } else { 2 }.min(body.len() - end))
}
