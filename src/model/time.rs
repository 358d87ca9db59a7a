//! Instants and ages, in whole seconds as Kubernetes has them.

use std::fmt::Write;

/// Seconds since 1970 in UTC.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads RFC 3339, as `metadata.creationTimestamp` (`2026-11-23T14:02:01Z`) and MicroTime have it; fractions are cut.
    pub fn parse(text: &str) -> Option<Self> {
        utc(text.as_bytes()).or_else(|| text.parse::<jiff::Timestamp>().ok().map(|t| Self(t.as_second())))
    }

    /// The form that API servers write; nothing for years that nobody lives in.
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_second(self.0).map(|t| t.to_string()).unwrap_or_default()
    }

    /// Whole seconds from this instant to `now`; never negative, because a clock that is a little off is no news.
    pub fn age(self, now: Self) -> i64 {
        (now.0 - self.0).max(0)
    }
}

/// The form that API servers write, without a general parser: it is read for every object of every event.
fn utc(t: &[u8]) -> Option<Timestamp> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z'] = *t else { return None };
    let number = |digits: &[u8]| digits.iter().try_fold(0i64, |n, c| c.is_ascii_digit().then(|| n * 10 + i64::from(c - b'0')));
    let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?);
    let (hour, minute, second) = (number(&[h1, h2])?, number(&[n1, n2])?, number(&[s1, s2])?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days since 1970 of a civil date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let y = year - i64::from(month <= 2);
    let (era, month) = (y.div_euclid(400), (month + 9) % 12);
    let of_era = y.rem_euclid(400);
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(Timestamp(days * 86_400 + hour * 3_600 + minute * 60 + second))
}

/// Writes a number of seconds as kubectl writes ages: `HumanDuration` of `k8s.io/apimachinery/pkg/util/duration`.
pub fn human(seconds: i64, out: &mut String) {
    let (minutes, hours) = (seconds / 60, seconds / 3_600);
    let (days, years) = (hours / 24, hours / 24 / 365);
    let two = |out: &mut String, a: i64, unit_a: char, b: i64, unit_b: char| {
        // Writing to a String cannot fail.
        let _ = if b == 0 { write!(out, "{a}{unit_a}") } else { write!(out, "{a}{unit_a}{b}{unit_b}") };
    };
    match () {
        () if seconds < 0 => out.push_str("0s"),
        () if seconds < 120 => two(out, seconds, 's', 0, 's'),
        () if minutes < 10 => two(out, minutes, 'm', seconds % 60, 's'),
        () if minutes < 180 => two(out, minutes, 'm', 0, 'm'),
        () if hours < 8 => two(out, hours, 'h', minutes % 60, 'm'),
        () if hours < 48 => two(out, hours, 'h', 0, 'h'),
        () if hours < 192 => two(out, days, 'd', hours % 24, 'h'),
        () if hours < 24 * 365 * 2 => two(out, days, 'd', 0, 'd'),
        () if hours < 24 * 365 * 8 => two(out, years, 'y', days % 365, 'd'),
        () => two(out, years, 'y', 0, 'y'),
    }
}

/// In how many seconds the text of [`human`] for this age changes: what the clock needs to know to leave a quiet screen alone.
pub fn next_change(age: i64) -> i64 {
    let step = match age {
        ..600 => 1,
        600..28_800 => 60,
        28_800..691_200 => 3_600,
        _ => 86_400,
    };
    step - age.rem_euclid(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(seconds: i64) -> String {
        let mut out = String::new();
        human(seconds, &mut out);
        out
    }

    /// The table of apimachinery's own test, `TestHumanDuration`.
    #[test]
    fn ages_are_kubectls() {
        for (seconds, want) in [
            (1, "1s"),
            (70, "70s"),
            (190, "3m10s"),
            (70 * 60, "70m"),
            (47 * 3_600, "47h"),
            (49 * 3_600, "2d1h"),
            ((8 * 24 + 2) * 3_600, "8d"),
            (367 * 24 * 3_600, "367d"),
            ((365 * 2 * 24 + 25) * 3_600, "2y1d"),
            ((365 * 8 * 24 + 2) * 3_600, "8y"),
            (0, "0s"),
            (-5, "0s"),
            (120, "2m"),
            (600, "10m"),
            (3 * 3_600, "3h"),
            (3 * 3_600 + 60, "3h1m"),
            (8 * 3_600 + 60, "8h"),
        ] {
            assert_eq!(text(seconds), want, "{seconds} s");
        }
    }

    proptest! {
        #[test]
        fn the_fast_reader_agrees_with_the_general_one(seconds in 0i64..253_402_300_799) {
            let written = jiff::Timestamp::from_second(seconds).unwrap().to_string();
            prop_assert_eq!(Timestamp::parse(&written), Some(Timestamp(seconds)));
        }

        #[test]
        fn the_text_holds_until_it_is_said_to_change(age in 0i64..700_000, into in 0i64..3_600) {
            let left = next_change(age);
            prop_assert_eq!(text(age), text(age + into.min(left - 1)));
        }
    }

    #[test]
    fn odd_instants_are_refused() {
        for text in ["", "null", "2026-13-01T00:00:00Z", "2026-11-23", "2026-11-23T14:02:01"] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
        assert_eq!(Timestamp::parse("2026-11-23T14:02:01.123456Z"), Timestamp::parse("2026-11-23T15:02:01+01:00"));
    }
}
