//! For terminals whose locale is not UTF-8: every cell as ASCII, so that no character becomes several and moves its line.

use ratatui::buffer::Buffer;

/// What stands for our own characters. Foreign ones become `?`.
const STAND_INS: &[(&str, &str)] = &[
    ("╭╮╰╯├┤┬┴┼┌┐└┘", "+"),
    ("─━═", "-"),
    ("│┃║", "|"),
    ("▌▐", ">"),
    ("█▉▊▋▇", "#"),
    ("▆▅▍▎", "="),
    ("▄▃▏", "-"),
    ("▂▁", "_"),
    ("▒", "."),
    ("●", "*"),
    ("○", "o"),
    ("◌", "~"),
    ("◐◑◒◓", "%"),
    ("✖✗", "x"),
    ("▲", "!"),
    ("ℹ", "i"),
    ("×", "x"),
    ("…", "."),
    ("–—−", "-"),
    ("↑", "^"),
    ("↓", "v"),
    ("←‹«", "<"),
    ("→›»", ">"),
    ("·•", "."),
];

/// True where the locale, by the variables that decide it in their order, names another character set than UTF-8. Where none is set, as in most
/// containers, the terminal is nevertheless one of today.
pub fn is_wanted(env: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(env).find(|l| !l.is_empty());
    locale.is_some_and(|l| !l.to_lowercase().replace('-', "").contains("utf8"))
}

/// Puts ASCII in the place of everything else.
pub fn ascii(buf: &mut Buffer) {
    for cell in buf.content.iter_mut().filter(|c| !c.symbol().is_ascii()) {
        let found = STAND_INS.iter().find(|(ours, _)| ours.contains(cell.symbol()));
        cell.set_symbol(found.map_or("?", |(_, ascii)| ascii));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn a_locale_without_utf8_asks_for_ascii() {
        for (name, value, wanted) in [
            ("LC_ALL", "C", true),
            ("LANG", "de_DE.ISO-8859-1", true),
            ("LANG", "POSIX", true),
            ("LC_ALL", "", false),
            ("LC_CTYPE", "C.UTF-8", false),
            ("LANG", "en_US.utf8", false),
        ] {
            assert_eq!(is_wanted(|n| (n == name).then(|| value.to_owned())), wanted, "{name}={value}");
        }
        let both = |n: &str| Some(if n == "LC_ALL" { "C.UTF-8" } else { "C" }.to_owned());
        assert!(!is_wanted(both), "LC_ALL decides");
    }

    #[test]
    fn shapes_keep_theirs() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 13, 1));
        buf.set_string(0, 0, "███▍▒▒ ▁▃▅▇█", Style::new());
        ascii(&mut buf);
        let line: String = buf.content.iter().map(|c| c.symbol()).collect();
        assert_eq!(line, "###=.. _-=## ");
    }

    #[test]
    fn columns_stay_where_they_are() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 12, 1));
        buf.set_string(0, 0, "╭● 日本 é…x", Style::new());
        ascii(&mut buf);
        let line: String = buf.content.iter().map(|c| c.symbol()).collect();
        assert_eq!(line, "+* ? ?  ?.x ");
    }
}
