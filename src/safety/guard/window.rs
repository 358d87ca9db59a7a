//! Hours in which changes may be made: days of the week and times of the clock on the wall, or of a zone that is written behind them.

use crate::model::nearest::hint;
use crate::model::time::Timestamp;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/// 1970-01-01 was a Thursday.
const EPOCH: i64 = 3;
const DAY: i64 = 86_400;

/// A part of the week, each of its days from one time to another. Where the end is not after the beginning, it is on the day after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    days: [bool; 7],
    /// Seconds since midnight.
    from: i64,
    to: i64,
    /// Seconds ahead of UTC; `None` for the clock on the wall.
    zone: Option<i64>,
    text: String,
}

impl Window {
    /// Reads `Mon-Fri 09:00-17:00`, `Sat,Sun 10:00-12:00`, `22:00-06:00`, or any of these with `UTC` or `UTC+02:00` behind it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad =
            || format!("{text:?} are no hours: write Mon-Fri 09:00-17:00, and UTC or UTC+02:00 behind it where it is not the local time");
        let mut words = text.split_whitespace().peekable();
        let days = match words.next_if(|w| !w.starts_with(|c: char| c.is_ascii_digit())) {
            Some(word) => days(word)?,
            None => [true; 7],
        };
        let (from, to) = words.next().and_then(|w| w.split_once('-')).ok_or_else(bad)?;
        let (from, to) = (clock(from).ok_or_else(bad)?, clock(to).ok_or_else(bad)?);
        let zone = words.next().map(|w| zone(w).ok_or_else(bad)).transpose()?;
        if words.next().is_some() || from == DAY {
            return Err(bad());
        }
        if from == to {
            return Err(format!("{text:?} ends when it begins: for whole days write 00:00-24:00"));
        }
        Ok(Self { days, from, to, zone, text: text.split_whitespace().collect::<Vec<_>>().join(" ") })
    }

    /// True where an instant is in it, on a wall whose clock is so many seconds ahead of UTC.
    pub fn holds(&self, now: Timestamp, utc_offset: i64) -> bool {
        let local = now.0 + self.zone.unwrap_or(utc_offset);
        let (day, second) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let on = |day: i64| self.days.get((day + EPOCH).rem_euclid(7) as usize).copied().unwrap_or_default();
        if self.from < self.to {
            on(day) && (self.from..self.to).contains(&second)
        } else {
            on(day) && second >= self.from || on(day - 1) && second < self.to
        }
    }

    /// As it was written, with its zone.
    pub fn told(&self, utc_offset: i64) -> String {
        if self.zone.is_some() { self.text.clone() } else { format!("{} {}", self.text, offset(utc_offset)) }
    }
}

/// An instant as a clock on the wall shows it, with its zone.
pub(super) fn told(now: Timestamp, utc_offset: i64) -> String {
    let local = now.0 + utc_offset;
    let day = DAYS.get((local.div_euclid(DAY) + EPOCH).rem_euclid(7) as usize).copied().unwrap_or_default();
    let minutes = local.rem_euclid(DAY) / 60;
    format!("{day} {:02}:{:02} {}", minutes / 60, minutes % 60, offset(utc_offset))
}

fn offset(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    if minutes == 0 { "UTC".to_owned() } else { format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60) }
}

/// `Mon`, `Mon-Fri`, `Sat-Mon`, or several of these with commas.
fn days(word: &str) -> Result<[bool; 7], String> {
    let day = |name: &str| {
        let at = DAYS.iter().position(|d| d.eq_ignore_ascii_case(name));
        at.ok_or_else(|| format!("{name:?} is no day of the week (Mon to Sun){}", hint(name, DAYS)))
    };
    let mut days = [false; 7];
    for part in word.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        for n in 0..=(last + 7 - first) % 7 {
            if let Some(on) = days.get_mut((first + n) % 7) {
                *on = true;
            }
        }
    }
    Ok(days)
}

/// Seconds since midnight; 24:00 is the end of the day.
fn clock(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |t: &str| t.parse::<i64>().ok().filter(|_| t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit()));
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let seconds = hours * 3_600 + minutes * 60;
    (minutes < 60 && seconds <= DAY).then_some(seconds)
}

/// Seconds ahead of UTC.
fn zone(text: &str) -> Option<i64> {
    let rest = text.strip_prefix("UTC")?;
    match (rest, rest.strip_prefix('+'), rest.strip_prefix('-')) {
        ("", ..) => Some(0),
        (_, Some(ahead), _) => clock(ahead).filter(|s| *s <= 14 * 3_600),
        (_, _, Some(behind)) => clock(behind).filter(|s| *s <= 12 * 3_600).map(|s| -s),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hours_are_days_and_times_in_a_zone() {
        // 2026-11-27 is a Friday.
        for (text, at, ahead, holds) in [
            ("Mon-Fri 09:00-17:00", "2026-11-27T09:00:00Z", 0, true),
            ("Mon-Fri 09:00-17:00", "2026-11-27T17:00:00Z", 0, false),
            ("Mon-Fri 09:00-17:00", "2026-11-27T16:30:00Z", 3_600, false),
            ("Mon-Fri 09:00-17:00", "2026-11-28T12:00:00Z", 0, false),
            ("mon,fri 09:00-17:00", "2026-11-27T12:00:00Z", 0, true),
            ("Tue,Thu 09:00-17:00", "2026-11-27T12:00:00Z", 0, false),
            ("Sat-Mon 00:00-24:00", "2026-11-29T23:59:59Z", 0, true),
            ("Fri 22:00-06:00", "2026-11-28T05:59:59Z", 0, true),
            ("Fri 22:00-06:00", "2026-11-27T05:59:59Z", 0, false),
            ("09:00-17:00", "2026-11-29T12:00:00Z", 0, true),
            ("Mon-Fri 09:00-17:00 UTC", "2026-11-27T16:30:00Z", 3_600, true),
            ("Fri 09:00-17:00 UTC-05:00", "2026-11-27T21:59:00Z", 3_600, true),
        ] {
            let window = Window::parse(text).unwrap();
            assert_eq!(window.holds(Timestamp::parse(at).unwrap(), ahead), holds, "{text} at {at}, {ahead} s ahead");
        }
        let window = Window::parse("Mon-Fri  09:00-17:00").unwrap();
        assert_eq!(window.told(5_400), "Mon-Fri 09:00-17:00 UTC+01:30");
        assert_eq!(told(Timestamp::parse("2026-11-27T23:30:00Z").unwrap(), 3_600), "Sat 00:30 UTC+01:00");
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        for (text, why) in [
            ("", "are no hours"),
            ("Mon-Fri", "are no hours"),
            ("Mon-Fri 9-17", "are no hours"),
            ("Mon-Fri 09:00-25:00", "are no hours"),
            ("Mon-Fri 09:00-17:00 CET", "are no hours"),
            ("Mon-Fri 09:00-17:00 UTC+20:00", "are no hours"),
            ("Mon-Fri 09:00-17:00 UTC x", "are no hours"),
            ("24:00-06:00", "are no hours"),
            ("Mno 09:00-17:00", "did you mean Mon?"),
            ("09:00-09:00", "ends when it begins"),
        ] {
            let told = Window::parse(text).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
    }

    proptest! {
        #[test]
        fn a_window_and_the_rest_of_the_day_are_the_day(from in 0i64..1_440, to in 0i64..1_440, at in 0i64..2_000_000_000, ahead in -43_200i64..50_400) {
            prop_assume!(from != to);
            let text = |a: i64, b: i64| format!("{:02}:{:02}-{:02}:{:02}", a / 60, a % 60, b / 60, b % 60);
            let (one, other) = (Window::parse(&text(from, to)).unwrap(), Window::parse(&text(to, from)).unwrap());
            prop_assert_ne!(one.holds(Timestamp(at), ahead), other.holds(Timestamp(at), ahead));
        }

        #[test]
        fn nothing_panics(text in "((Mon|sun|x|-|,|[0-9]{1,2}:[0-9]{2}|UTC|\\+| ){0,8})") {
            let _ = Window::parse(&text);
        }
    }
}
