//! What a line is read as: in the form that is chosen, in parts that are each drawn as something, in as many rows as it takes.

use crate::model::log::{Kind, Level, Seen, Shape, Stamp};
use crate::model::text::visible;
use crate::model::time::{Timestamp, human};
use crate::ui::theme::Role;
use crate::ui::widgets::text;
use crate::ui::words;
use unicode_segmentation::UnicodeSegmentation;

const DAY: i64 = 86_400;
/// Bytes of a line that can be seen; more is told by a number.
const SEEN: usize = 64 << 10;

/// Parts that stand side by side, and what each is drawn as.
pub(super) type Row = Vec<(String, Role)>;

/// How lines with a form that is known are shown.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Form {
    /// As they were written.
    #[default]
    Raw,
    /// Level, message, and the rest as `key=value`, in one row.
    Compact,
    /// Level and message, and a row for each key.
    Pretty,
}

/// How times are shown.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Times {
    /// By the clock on the wall.
    #[default]
    Local,
    /// In UTC.
    Utc,
    /// How long ago.
    Ago,
    /// Not at all.
    Hidden,
}

impl Form {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Raw => Self::Compact,
            Self::Compact => Self::Pretty,
            Self::Pretty => Self::Raw,
        }
    }

    /// What it is called where it is not the usual one.
    pub(super) fn word(self) -> Option<&'static str> {
        match self {
            Self::Raw => None,
            Self::Compact => Some("compact"),
            Self::Pretty => Some("pretty"),
        }
    }
}

impl Times {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Local => Self::Utc,
            Self::Utc => Self::Ago,
            Self::Ago => Self::Hidden,
            Self::Hidden => Self::Local,
        }
    }

    /// Columns that a time takes, with a blank.
    pub(super) fn width(self) -> u16 {
        match self {
            Self::Local => 13,
            Self::Utc => 14,
            Self::Ago => 8,
            Self::Hidden => 0,
        }
    }

    /// A time.
    pub(super) fn told(self, at: Stamp, now: Timestamp, utc_offset: i64) -> String {
        match self {
            Self::Local => clock(at, utc_offset),
            Self::Utc => clock(at, 0) + "Z",
            Self::Ago => {
                let mut out = String::new();
                human(at.second().age(now), &mut out);
                out
            }
            Self::Hidden => String::new(),
        }
    }
}

fn clock(at: Stamp, utc_offset: i64) -> String {
    let local = (at.second().0 + utc_offset).rem_euclid(DAY);
    format!("{:02}:{:02}:{:02}.{:03}", local / 3_600, local / 60 % 60, local % 60, at.millis())
}

/// What a level is drawn as.
fn role(level: Level) -> Role {
    match level {
        Level::Error => Role::StatusBad,
        Level::Warn => Role::StatusWarn,
        Level::Plain => Role::Text,
        Level::Debug => Role::Dim,
    }
}

/// A line that a container wrote, in a form.
pub(super) fn written(line: &Seen<'_>, form: Form) -> Vec<Row> {
    let shape = if form == Form::Raw { None } else { Shape::of(line.bytes) };
    let Some(shape) = shape else {
        let mut row = coloured(line.bytes, role(line.level));
        let more = line.cut as usize + line.bytes.len().saturating_sub(SEEN);
        if more > 0 {
            row.push((format!(" … +{}", words::bytes(more as u64)), Role::StatusWarn));
        }
        return vec![row];
    };
    let head =
        [(format!("{:<5} ", shape.level.to_uppercase()), role(line.level)), (visible(&shape.message).into_owned(), role(line.level))];
    let mut rows: Vec<Row> = vec![head.into_iter().filter(|(part, _)| !part.trim().is_empty()).collect()];
    for (key, value) in shape.fields {
        if form == Form::Pretty {
            rows.push(vec![(format!("    {}: ", visible(&key)), Role::YamlKey)]);
        }
        let mut lines = value.lines();
        let first = lines.next().unwrap_or_default();
        if let Some(row) = rows.last_mut() {
            match form {
                Form::Pretty => row.push((visible(first).into_owned(), Role::Text)),
                _ => row.extend([(format!(" {}=", visible(&key)), Role::Dim), (visible(&value).into_owned(), Role::Text)]),
            }
        }
        if form == Form::Pretty {
            rows.extend(lines.map(|line| vec![(format!("      {}", visible(line)), Role::Text)]));
        }
    }
    rows
}

/// Something that we say of a container, or of what happened beside them.
pub(super) fn mark(line: &Seen<'_>, of: Option<&str>) -> Row {
    let told = visible(&String::from_utf8_lossy(line.bytes)).into_owned();
    let (glyph, role) = match line.kind {
        Kind::Gap => ("▲ ", Role::StatusWarn),
        Kind::Event if line.level >= Level::Warn => ("▲ ", Role::StatusWarn),
        Kind::Event | Kind::Mark | Kind::Written => ("", Role::Accent),
    };
    let of = of.map(|of| format!("{of}: ")).unwrap_or_default();
    vec![("─── ".to_owned(), Role::Border), (format!("{glyph}{of}{told}"), role), (" ───".to_owned(), Role::Border)]
}

/// A line as it is read: colours of the container's own are followed as far as the theme has them; everything else that a terminal would obey is made
/// visible.
fn coloured(bytes: &[u8], base: Role) -> Row {
    let text = String::from_utf8_lossy(bytes.get(..SEEN).unwrap_or(bytes));
    if !text.contains('\x1b') {
        return vec![(visible(&text).into_owned(), base)];
    }
    let mut parts = text.split("\x1b[");
    let mut row: Row = vec![(visible(parts.next().unwrap_or_default()).into_owned(), base)];
    let mut style = base;
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != ';');
        match end.and_then(|end| part.split_at_checked(end)).and_then(|(codes, rest)| Some((codes, rest.strip_prefix('m')?))) {
            Some((codes, rest)) => {
                style = codes.split(';').fold(style, |style, code| sgr(code, style, base));
                row.push((visible(rest).into_owned(), style));
            }
            None => row.push((visible(&format!("\x1b[{part}")).into_owned(), style)),
        }
    }
    row.retain(|(part, _)| !part.is_empty());
    row
}

/// What a code of a terminal's colours is drawn as.
fn sgr(code: &str, style: Role, base: Role) -> Role {
    match code {
        "" | "0" | "39" => base,
        "2" | "90" => Role::Dim,
        "31" | "91" => Role::StatusBad,
        "32" | "92" => Role::StatusOk,
        "33" | "93" => Role::StatusWarn,
        "34" | "94" | "36" | "96" => Role::Accent,
        "35" | "95" => Role::YamlKey,
        _ => style,
    }
}

/// Rows of so many columns at most.
pub(super) fn wrapped(row: &Row, columns: u16) -> Vec<Row> {
    let (mut rows, mut taken) = (vec![Row::new()], 0u16);
    for (part, role) in row {
        for grapheme in part.graphemes(true) {
            let width = text::width(grapheme);
            if taken > 0 && taken.saturating_add(width) > columns {
                rows.push(Row::new());
                taken = 0;
            }
            taken = taken.saturating_add(width);
            let Some(last) = rows.last_mut() else { continue };
            match last.last_mut() {
                Some((text, same)) if same == role => text.push_str(grapheme),
                _ => last.push((grapheme.to_owned(), *role)),
            }
        }
    }
    rows
}

/// What a row says, without what it is drawn as.
pub(super) fn plain(row: &Row) -> String {
    row.iter().map(|(part, _)| part.as_str()).collect()
}

/// The end of a pod's name, which tells pods of one workload apart.
pub(super) fn short(pod: &str) -> &str {
    pod.rsplit_once('-').map_or(pod, |(_, end)| end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log::{Cutter, Ring};
    use proptest::prelude::*;

    fn rows(line: &str, form: Form) -> Vec<String> {
        let mut cutter = Cutter::default();
        cutter.feed(format!("2026-11-27T16:00:00Z {line}\n").as_bytes());
        let mut ring = Ring::new(usize::MAX);
        ring.insert(0, cutter.take().unwrap_or_default());
        written(&ring.get(0).unwrap(), form).iter().map(plain).collect()
    }

    #[test]
    fn fl4_colours_are_followed_and_everything_else_is_seen() {
        let (bad, text) = (Role::StatusBad, Role::Text);
        for (bytes, shown) in [
            (&b"\x1b[31mred\x1b[0m end"[..], vec![("red", bad), (" end", text)]),
            (b"\x1b[1;31mred", vec![("red", bad)]),
            (b"\x1b[2J\x1b]0;title\x07", vec![("␛[2J␛]0;title␇", text)]),
            (b"\x1b[31", vec![("␛[31", text)]),
            (b"\xff\xfe", vec![("\u{fffd}\u{fffd}", text)]),
            (b"\x1bPq\x1b\\ \x1b_x\x9b", vec![("␛Pq␛\\ ␛_x\u{fffd}", text)]),
            (b"a\tb", vec![("a b", text)]),
        ] {
            let shown: Row = shown.into_iter().map(|(part, role)| (part.to_owned(), role)).collect();
            let row = coloured(bytes, text);
            assert_eq!(plain(&row), plain(&shown));
            assert!(shown.len() != 2 || row == shown, "{row:?}");
        }
    }

    #[test]
    fn forms_show_what_a_line_is_made_of() {
        let line = r#"{"time":"x","level":"error","msg":"no","user":{"id":42},"stack":"a\nb"}"#;
        assert_eq!(rows(line, Form::Raw), [line]);
        assert_eq!(rows(line, Form::Compact), ["ERROR no user.id=42 stack=a␊b"]);
        assert_eq!(rows(line, Form::Pretty), ["ERROR no", "    user.id: 42", "    stack: a", "      b"]);
        assert_eq!(rows("plain words", Form::Pretty), ["plain words"]);
    }

    proptest! {
        /// FL4: whatever a container writes, nothing reaches the screen that a terminal would obey, and wrapping keeps every character.
        #[test]
        fn fl4_nothing_that_is_obeyed_is_left(line in prop::collection::vec(any::<u8>(), 0..200), columns in 1u16..40) {
            let row = coloured(&line, Role::Text);
            prop_assert!(!plain(&row).chars().any(char::is_control));
            let wrapped: String = wrapped(&row, columns).iter().map(plain).collect();
            prop_assert_eq!(wrapped, plain(&row));
        }
    }
}
