//! What a line is read as.

use crate::model::log::Stamp;
use crate::model::text::visible;

const DAY: i64 = 86_400;
/// Bytes of a line that can be seen; more is told by a number.
pub(super) const SEEN: usize = 64 << 10;

/// A line as it is read: colours of the container's own are left away, everything else that a terminal would obey is made visible.
pub(super) fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..SEEN).unwrap_or(bytes));
    if !text.contains('\x1b') {
        return visible(&text).into_owned();
    }
    let mut parts = text.split("\x1b[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != ';');
        match end.and_then(|end| part.split_at_checked(end)).and_then(|(_, rest)| rest.strip_prefix('m')) {
            Some(rest) => out.push_str(rest),
            None => {
                out.push_str("\x1b[");
                out.push_str(part);
            }
        }
    }
    visible(&out).into_owned()
}

/// The end of a pod's name, which tells pods of one workload apart.
pub(super) fn short(pod: &str) -> &str {
    pod.rsplit_once('-').map_or(pod, |(_, end)| end)
}

/// A time of the day, so many seconds ahead of UTC.
pub(super) fn clock(at: Stamp, utc_offset: i64) -> String {
    let local = (at.second().0 + utc_offset).rem_euclid(DAY);
    format!("{:02}:{:02}:{:02}.{:03}", local / 3_600, local / 60 % 60, local % 60, at.millis())
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn fl4_colours_go_and_everything_else_is_seen() {
        for (bytes, shown) in [
            (&b"\x1b[31mred\x1b[0m end"[..], "red end"),
            (b"\x1b[1;31mred", "red"),
            (b"\x1b[2J\x1b]0;title\x07", "␛[2J␛]0;title␇"),
            (b"\x1b[31", "␛[31"),
            (b"\xff\xfe", "\u{fffd}\u{fffd}"),
            (b"a\tb", "a b"),
        ] {
            assert_eq!(plain(bytes), shown);
        }
    }
}
