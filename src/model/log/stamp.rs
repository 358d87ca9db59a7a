//! The time of a line, in nanoseconds as the kubelet has it.

use crate::model::time::Timestamp;

/// Nanoseconds since 1970 in UTC.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stamp(pub i64);

/// Nanoseconds of a second.
const SECOND: i64 = 1_000_000_000;

impl Stamp {
    /// The time that a line of `timestamps=true` begins with (RFC 3339, up to nine decimals, in UTC or with an offset), and how many bytes it
    /// takes with the blank behind it.
    pub fn leading(line: &[u8]) -> Option<(Self, usize)> {
        // Nobody writes a longer one: 2026-11-27T20:02:01.123456789+01:00
        let head = line.get(..40).unwrap_or(line);
        let end = memchr::memchr(b' ', head).or_else(|| (line.len() < 40).then_some(line.len()))?;
        let (whole, rest) = head.get(..end)?.split_at_checked(19)?;
        let (fraction, zone) = match rest.strip_prefix(b".") {
            Some(rest) => rest.split_at(rest.iter().position(|b| !b.is_ascii_digit())?),
            None => (&[][..], rest),
        };
        let mut full = [b'Z'; 20];
        full.get_mut(..19)?.copy_from_slice(whole);
        let second = Timestamp::parse(std::str::from_utf8(&full).ok()?)?.0 - offset(zone)?;
        let nanos = fraction.iter().take(9).fold(0, |n, digit| n * 10 + i64::from(digit - b'0'));
        let nanos = nanos * 10_i64.pow(9u32.saturating_sub(fraction.len() as u32));
        Some((Self(second.checked_mul(SECOND)?.checked_add(nanos)?), (end + 1).min(line.len())))
    }

    /// The beginning of a second.
    pub fn of(second: Timestamp) -> Self {
        Self(second.0.saturating_mul(SECOND))
    }

    /// The second that it lies in.
    pub fn second(self) -> Timestamp {
        Timestamp(self.0.div_euclid(SECOND))
    }

    /// As RFC 3339 in UTC with nine decimals.
    pub fn rfc3339(self) -> String {
        let second = self.second().rfc3339();
        format!("{}.{:09}Z", second.trim_end_matches('Z'), self.0.rem_euclid(SECOND))
    }

    /// Thousandths of the second that it lies in.
    pub fn millis(self) -> i64 {
        self.0.rem_euclid(SECOND) / 1_000_000
    }
}

/// Seconds that a zone is ahead of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, rest) = match zone {
        b"Z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let [h1, h2, b':', m1, m2] = *rest else { return None };
    let two = |a: u8, b: u8| (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'));
    Some(sign * (two(h1, h2)? * 3_600 + two(m1, m2)? * 60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_kubelets_write_is_read() {
        let at = 1_795_795_321 * SECOND;
        for (line, nanos, rest) in [
            ("2026-11-27T16:02:01.123456789Z hello", 123_456_789, "hello"),
            ("2026-11-27T16:02:01Z hello", 0, "hello"),
            ("2026-11-27T16:02:01.5Z ", 500_000_000, ""),
            ("2026-11-27T16:02:01.000000001Z", 1, ""),
            ("2026-11-27T17:32:01.25+01:30 x  y", 250_000_000, "x  y"),
            ("2026-11-27T11:02:01.25-05:00 x", 250_000_000, "x"),
        ] {
            let (stamp, from) = Stamp::leading(line.as_bytes()).unwrap();
            assert_eq!((stamp.0 - at, &line[from..]), (nanos, rest), "{line}");
        }
        for line in ["", "hello", "2026-11-27 16:02:01", "2026-13-27T16:02:01Z x", "2026-11-27T16:02:01.x x", "2026-11-27T16:02:01+1:00 x"]
        {
            assert_eq!(Stamp::leading(line.as_bytes()), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_written_panics(line in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = Stamp::leading(&line);
        }

        #[test]
        fn what_another_library_writes_is_read(nanos in 0i64..4_000_000_000_000_000_000) {
            let text = jiff::Timestamp::from_nanosecond(nanos.into()).unwrap().to_string();
            prop_assert_eq!(Stamp::leading(text.as_bytes()), Some((Stamp(nanos), text.len())));
            prop_assert_eq!(Stamp::leading(Stamp(nanos).rfc3339().as_bytes()), Some((Stamp(nanos), 30)));
        }
    }
}
