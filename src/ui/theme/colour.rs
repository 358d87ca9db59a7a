//! Colours as people write them, and as terminals of fewer colours show them.

use ratatui::style::Color;

/// How many colours a terminal has.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: modifiers only.
    Mono,
    /// The terminal's own sixteen.
    Ansi16,
    /// The 256 of xterm.
    Indexed256,
    /// Any.
    True,
}

/// What the command line says about colours.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum ColorFlag {
    /// What the terminal can do.
    #[default]
    Auto,
    /// Colours even where the environment asks for none.
    Always,
    /// No colours.
    Never,
}

impl Depth {
    /// What the environment says. `env` looks up a variable.
    ///
    /// `NO_COLOR` counts unless it is empty (no-color.org). Without TERM, and for a dumb terminal, there is no colour.
    pub fn detect(env: impl Fn(&str) -> Option<String>, flag: ColorFlag) -> Self {
        let get = |name| env(name).unwrap_or_default();
        let term = get("TERM");
        let has = |words: &[&str]| words.iter().any(|w| term.contains(w));
        let able = match get("COLORTERM").as_str() {
            _ if term.is_empty() || has(&["dumb", "vt1", "vt2"]) => Self::Mono,
            "truecolor" | "24bit" => Self::True,
            _ if has(&["-direct", "kitty", "alacritty", "ghostty", "wezterm", "foot"]) => Self::True,
            _ if has(&["256color"]) => Self::Indexed256,
            _ => Self::Ansi16,
        };
        match flag {
            ColorFlag::Never => Self::Mono,
            ColorFlag::Always => able.max(Self::Ansi16),
            ColorFlag::Auto if !get("NO_COLOR").is_empty() => Self::Mono,
            ColorFlag::Auto => able,
        }
    }

    /// The nearest colour of this depth; `None` where there is none.
    pub fn nearest(self, colour: Color) -> Option<Color> {
        match (self, colour) {
            (Self::Mono, _) => None,
            (Self::Indexed256, Color::Rgb(r, g, b)) => Some(Color::Indexed(indexed([r, g, b]))),
            (Self::Ansi16, Color::Rgb(r, g, b)) => Some(ansi([r, g, b])),
            (Self::Ansi16, Color::Indexed(i)) => Some(SIXTEEN.get(usize::from(i)).map_or_else(|| ansi(rgb(i)), |(_, c)| *c)),
            (_, colour) => Some(colour),
        }
    }
}

/// The names of the terminal's own colours, by their number.
pub(super) const SIXTEEN: [(&str, Color); 16] = [
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

/// Reads `#rrggbb`, the name of a terminal colour, `default` (what the terminal has without us) or a number up to 255.
pub(super) fn read(text: &str) -> Option<Color> {
    if let Some(digits) = text.strip_prefix('#') {
        let n = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let [_, r, g, b] = n.to_be_bytes();
        return Some(Color::Rgb(r, g, b));
    }
    if text == "default" {
        return Some(Color::Reset);
    }
    SIXTEEN.iter().find(|(name, _)| *name == text).map(|(_, c)| *c).or_else(|| text.parse().ok().map(Color::Indexed))
}

/// The steps of a channel in the colour cube of xterm.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// What xterm shows for a number of 16 or more.
fn rgb(index: u8) -> [u8; 3] {
    let level = |i: u8| LEVELS.get(usize::from(i)).copied().unwrap_or(255);
    match index.checked_sub(16) {
        Some(grey @ 216..) => [8 + (grey - 216) * 10; 3],
        Some(i) => [level(i / 36), level(i / 6 % 6), level(i % 6)],
        None => [0; 3],
    }
}

/// The nearest of xterm's colours from 16 on; the first sixteen are whatever the user made of them.
fn indexed(colour: [u8; 3]) -> u8 {
    (16..=255).min_by_key(|&i| distance(rgb(i), colour)).unwrap_or(16)
}

/// How different two colours look, by the "redmean" formula (Riemersma, "Colour metric").
fn distance(a: [u8; 3], b: [u8; 3]) -> i32 {
    let ([r, g, b0], [r2, g2, b2]) = (a.map(i32::from), b.map(i32::from));
    let mean = (r + r2) / 2;
    (((512 + mean) * (r - r2).pow(2)) >> 8) + 4 * (g - g2).pow(2) + (((767 - mean) * (b0 - b2).pow(2)) >> 8)
}

/// The terminal colour of the same hue, or a grey of the same lightness for what has little hue. The nearest by distance would turn
/// every soft colour white.
fn ansi([r, g, b]: [u8; 3]) -> Color {
    let [r, g, b] = [r, g, b].map(|c| f32::from(c) / 255.0);
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    let (chroma, lightness) = (max - min, (max + min) / 2.0);
    if chroma < 0.12 {
        return match lightness {
            ..0.1 => Color::Black,
            0.1..0.55 => Color::DarkGray,
            0.55..0.85 => Color::Gray,
            _ => Color::White,
        };
    }
    let sixths = match () {
        () if max == r => ((g - b) / chroma).rem_euclid(6.0),
        () if max == g => (b - r) / chroma + 2.0,
        () => (r - g) / chroma + 4.0,
    };
    let hue = match sixths {
        0.45..1.5 => 3,
        1.5..2.5 => 2,
        2.5..3.3 => 6,
        3.3..4.4 => 4,
        4.4..5.5 => 5,
        _ => 1,
    };
    let bright = if lightness > 0.6 { 8 } else { 0 };
    SIXTEEN.get(hue + bright).map_or(Color::Reset, |(_, c)| *c)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn colours_are_read() {
        for (text, colour) in [
            ("#ff8000", Some(Color::Rgb(255, 128, 0))),
            ("red", Some(Color::Red)),
            ("white", Some(Color::Gray)),
            ("bright-white", Some(Color::White)),
            ("default", Some(Color::Reset)),
            ("244", Some(Color::Indexed(244))),
            ("256", None),
            ("#fff", None),
            ("#+fffff", None),
            ("rde", None),
            ("", None),
        ] {
            assert_eq!(read(text), colour, "{text}");
        }
    }

    #[test]
    fn soft_colours_keep_their_hue_where_there_are_few() {
        for (r, g, b, index, ansi) in [
            (0, 0, 0, 16, Color::Black),
            (255, 255, 255, 231, Color::White),
            (0x26, 0x2b, 0x36, 236, Color::DarkGray),
            (0xe6, 0x7e, 0x80, 174, Color::LightRed),
            (0xb0, 0x20, 0x20, 124, Color::Red),
            (0xd9, 0xb3, 0x6c, 179, Color::LightYellow),
            (0x9b, 0xbf, 0x8a, 108, Color::LightGreen),
            (0x79, 0xc2, 0xbd, 109, Color::LightCyan),
            (0x8f, 0xb3, 0xd9, 110, Color::LightBlue),
            (0xc7, 0xa0, 0xd8, 182, Color::LightMagenta),
            (0x20, 0x40, 0xa0, 25, Color::Blue),
        ] {
            let colour = Color::Rgb(r, g, b);
            assert_eq!(Depth::Indexed256.nearest(colour), Some(Color::Indexed(index)), "{colour}");
            assert_eq!(Depth::Ansi16.nearest(colour), Some(ansi), "{colour}");
            assert_eq!((Depth::True.nearest(colour), Depth::Mono.nearest(colour)), (Some(colour), None));
        }
        assert_eq!(Depth::Ansi16.nearest(Color::Indexed(9)), Some(Color::LightRed));
        assert_eq!(Depth::Ansi16.nearest(Color::Indexed(196)), Some(Color::Red));
        assert_eq!(Depth::Ansi16.nearest(Color::Reset), Some(Color::Reset));
    }

    #[test]
    fn the_environment_decides_and_the_flag_overrules() {
        use ColorFlag::{Always, Auto, Never};
        for (vars, flag, depth) in [
            (&[("TERM", "xterm-256color")][..], Auto, Depth::Indexed256),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], Auto, Depth::True),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "24bit"), ("NO_COLOR", "1")], Auto, Depth::Mono),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Auto, Depth::Indexed256),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Always, Depth::Indexed256),
            (&[("TERM", "xterm-kitty")], Auto, Depth::True),
            (&[("TERM", "xterm")], Auto, Depth::Ansi16),
            (&[("TERM", "linux")], Auto, Depth::Ansi16),
            (&[("TERM", "dumb"), ("COLORTERM", "truecolor")], Auto, Depth::Mono),
            (&[("TERM", "dumb")], Always, Depth::Ansi16),
            (&[], Auto, Depth::Mono),
            (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], Never, Depth::Mono),
        ] {
            let env = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            assert_eq!(Depth::detect(env, flag), depth, "{vars:?} {flag:?}");
        }
    }

    proptest! {
        #[test]
        fn xterms_own_colours_are_kept(index in 16u8..=255) {
            let [r, g, b] = rgb(index);
            let Some(Color::Indexed(found)) = Depth::Indexed256.nearest(Color::Rgb(r, g, b)) else { panic!() };
            prop_assert_eq!(rgb(found), [r, g, b]);
        }
    }
}
