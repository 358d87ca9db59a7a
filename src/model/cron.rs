//! Schedules as CronJobs have them: five fields, or a word such as `@daily`, as the library reads them that Kubernetes uses.
//! Instants are milliseconds since 1970.

use super::quantity::span;
use jiff::civil::{DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

/// Names of months and of days of the week, from their first numbers on.
const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// After so many years without a fit there is none, as for the library of Kubernetes.
const YEARS: i16 = 6;

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// At every minute that fits.
    At(Fields),
    /// Every so many seconds.
    Every(i64),
}

/// What fits, as one bit for each number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Both the day of the month and that of the week have to fit, because one of them says `*`; otherwise either.
    both_days: bool,
}

impl Schedule {
    /// Reads a schedule.
    ///
    /// # Errors
    /// What cannot be read, and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fields = match text.trim() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other => match other.strip_prefix("@every ") {
                Some(every) => {
                    let seconds = span(every.trim()).filter(|s| *s > 0);
                    return seconds.map(Self::Every).ok_or_else(|| format!("failed to parse duration {other}"));
                }
                None if other.starts_with('@') => return Err(format!("unrecognized descriptor: {other}")),
                None => other,
            },
        };
        let all: Vec<&str> = fields.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = *all else {
            return Err(format!("expected exactly 5 fields, found {}: [{}]", all.len(), all.join(" ")));
        };
        Ok(Self::At(Fields {
            minutes: field(minute, 0, 59, &[])?,
            hours: field(hour, 0, 23, &[])?,
            days: field(day, 1, 31, &[])?,
            months: field(month, 1, 12, MONTHS)?,
            weekdays: field(weekday, 0, 6, DAYS)?,
            both_days: [day, weekday].iter().any(|f| f.starts_with(['*', '?'])),
        }))
    }

    /// The first instant after another at which it is time. None where there never is.
    pub fn next(&self, after: i64, zone: &TimeZone) -> Option<i64> {
        match self {
            Self::Every(seconds) => Some((after.div_euclid(1_000) * 1_000).saturating_add(seconds.saturating_mul(1_000))),
            Self::At(fields) => {
                let local = zone.to_datetime(Timestamp::from_millisecond(after).ok()?);
                let mut at = local;
                // An hour that a change of clocks repeats may lead back to before: then the next.
                loop {
                    at = fields.next(at, local.year() + YEARS)?;
                    let instant = zone.to_timestamp(at).ok()?.as_millisecond();
                    if instant > after {
                        return Some(instant);
                    }
                }
            }
        }
    }
}

impl Fields {
    /// True where a minute fits.
    fn fits(&self, at: DateTime) -> bool {
        let has = |bits: u64, n: i8| bits >> n & 1 == 1;
        self.fits_day(at) && has(self.hours, at.hour()) && has(self.minutes, at.minute())
    }

    fn fits_day(&self, at: DateTime) -> bool {
        let has = |bits: u64, n: i8| bits >> n & 1 == 1;
        let (day, weekday) = (has(self.days, at.day()), has(self.weekdays, at.weekday().to_sunday_zero_offset()));
        has(self.months, at.month()) && if self.both_days { day && weekday } else { day || weekday }
    }

    /// The first minute after another that fits, before a year.
    fn next(&self, after: DateTime, until: i16) -> Option<DateTime> {
        let mut at = after.with().second(0).subsec_nanosecond(0).build().ok()?.checked_add(1.minute()).ok()?;
        while !self.fits(at) {
            if at.year() >= until {
                return None;
            }
            at = if self.months >> at.month() & 1 == 0 {
                at.date().first_of_month().checked_add(1.month()).ok()?.to_datetime(Time::midnight())
            } else if !self.fits_day(at) {
                at.date().tomorrow().ok()?.to_datetime(Time::midnight())
            } else if self.hours >> at.hour() & 1 == 0 {
                at.with().minute(0).build().ok()?.checked_add(1.hour()).ok()?
            } else {
                at.checked_add(1.minute()).ok()?
            };
        }
        Some(at)
    }
}

/// One field: a list of numbers, names, ranges and steps.
fn field(text: &str, least: u32, most: u32, names: &[&str]) -> Result<u64, String> {
    text.split(',').try_fold(0, |bits, part| Ok(bits | range(part, least, most, names)?))
}

fn range(part: &str, least: u32, most: u32, names: &[&str]) -> Result<u64, String> {
    let (numbers, step) = match part.split_once('/') {
        Some((numbers, step)) => (numbers, Some(number(step, &[], 0)?)),
        None => (part, None),
    };
    let (first, last) = match numbers.split_once('-') {
        _ if matches!(numbers, "*" | "?") => (least, most),
        Some((first, last)) => (number(first, names, least)?, number(last, names, least)?),
        None => {
            let first = number(numbers, names, least)?;
            // A step after a single number goes on to the end.
            (first, if step.is_some() { most } else { first })
        }
    };
    match step.unwrap_or(1) {
        _ if first < least => Err(format!("beginning of range ({first}) below minimum ({least}): {part}")),
        _ if last > most => Err(format!("end of range ({last}) above maximum ({most}): {part}")),
        _ if first > last => Err(format!("beginning of range ({first}) beyond end of range ({last}): {part}")),
        0 => Err(format!("step of range should be a positive number: {part}")),
        step => Ok((first..=last).step_by(step as usize).fold(0, |bits, n| bits | 1 << n)),
    }
}

fn number(text: &str, names: &[&str], first: u32) -> Result<u32, String> {
    if let Some(at) = names.iter().position(|n| n.eq_ignore_ascii_case(text)) {
        return Ok(first + at as u32);
    }
    text.parse().map_err(|_| format!("failed to parse int from {text}"))
}

/// The zone of a name, where no table of zones is needed to tell: UTC under its names, and whole hours from it (`Etc/GMT+5` is five behind).
pub fn fixed_zone(name: &str) -> Option<TimeZone> {
    let name = name.strip_prefix("Etc/").unwrap_or(name);
    match name {
        "" | "UTC" | "UCT" | "GMT" | "Zulu" | "Universal" | "Greenwich" => Some(TimeZone::UTC),
        _ => {
            let hours: i8 = name.strip_prefix("GMT")?.parse().ok()?;
            Some(TimeZone::fixed(Offset::from_hours(hours.checked_neg()?).ok()?))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn the_next_time_is_that_of_kubernetes() {
        for (schedule, after, next) in [
            ("* * * * *", "2024-01-01T00:00:30Z", "2024-01-01T00:01:00Z"),
            ("*/15 * * * *", "2024-01-01T00:45:00Z", "2024-01-01T01:00:00Z"),
            ("5/20 * * * *", "2024-01-01T00:25:00Z", "2024-01-01T00:45:00Z"),
            ("0 3 * * *", "2024-02-28T03:00:00Z", "2024-02-29T03:00:00Z"),
            ("30 6-16/4 * * 1-5", "2024-01-05T14:30:00Z", "2024-01-08T06:30:00Z"),
            ("0 0 29 2 *", "2024-03-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 13 * fri", "2024-01-01T00:00:00Z", "2024-01-05T00:00:00Z"),
            ("0 0 1,15 JAN,jul *", "2024-01-16T00:00:00Z", "2024-07-01T00:00:00Z"),
            ("0 0 */2 * mon", "2024-01-01T00:00:00Z", "2024-01-15T00:00:00Z"),
            ("@hourly", "2024-12-31T23:10:00Z", "2025-01-01T00:00:00Z"),
            ("@weekly", "2024-01-01T00:00:00Z", "2024-01-07T00:00:00Z"),
            ("@every 90s", "2024-01-01T00:00:00Z", "2024-01-01T00:01:30Z"),
        ] {
            assert_eq!(Schedule::parse(schedule).unwrap().next(at(after), &TimeZone::UTC), Some(at(next)), "{schedule} after {after}");
        }
        assert_eq!(Schedule::parse("0 0 31 2 *").unwrap().next(at("2024-01-01T00:00:00Z"), &TimeZone::UTC), None);
    }

    #[test]
    fn what_is_no_schedule_is_explained() {
        for (schedule, why) in [
            ("", "expected exactly 5 fields, found 0"),
            ("* * * *", "found 4"),
            ("60 * * * *", "above maximum (59)"),
            ("* * 0 * *", "below minimum (1)"),
            ("* * * * 7", "above maximum (6)"),
            ("5-1 * * * *", "beyond end of range"),
            ("*/0 * * * *", "positive number"),
            ("a * * * *", "failed to parse int from a"),
            ("@never", "unrecognized descriptor"),
            ("@every 0s", "failed to parse duration"),
        ] {
            let said = Schedule::parse(schedule).unwrap_err();
            assert!(said.contains(why), "{schedule}: {said}");
        }
    }

    fn one(least: u32, most: u32) -> impl Strategy<Value = String> {
        prop_oneof![
            Just("*".to_owned()),
            (least..=most).prop_map(|n| n.to_string()),
            (2u32..20).prop_map(|n| format!("*/{n}")),
            (least..=most, 0u32..5).prop_map(move |(a, more)| format!("{a}-{}", (a + more).min(most))),
            (least..=most, least..=most).prop_map(|(a, b)| format!("{a},{b}")),
        ]
    }

    proptest! {
        #[test]
        fn the_next_time_fits_and_none_before_it_does(minute in one(0, 59), hour in one(0, 23), day in one(1, 28), month in one(1, 12), weekday in one(0, 6),
                                                      after in 1_600_000_000i64..1_900_000_000) {
            let text = format!("{minute} {hour} {day} {month} {weekday}");
            let schedule = Schedule::parse(&text).unwrap();
            let Schedule::At(fields) = &schedule else { unreachable!() };
            // Some weekdays meet some days of a month only every eleven years.
            let Some(next) = schedule.next(after * 1_000, &TimeZone::UTC) else { return Ok(()) };
            prop_assert!(next > after * 1_000 && next % 60_000 == 0);
            let civil = |ms: i64| TimeZone::UTC.to_datetime(Timestamp::from_millisecond(ms).unwrap());
            prop_assert!(fields.fits(civil(next)), "{text}");
            // A look at each minute of the day before, and at each hour of the two months before.
            let minutes = (1..1_440).map(|m| next - m * 60_000);
            let hours = (1..1_440).map(|h| next - h * 3_600_000);
            for earlier in minutes.chain(hours).filter(|at| *at > after * 1_000) {
                prop_assert!(!fields.fits(civil(earlier)), "{text} also fits {earlier} before {next}");
            }
        }

        #[test]
        fn nothing_panics(text in "[0-9*/,@a-z -]{0,20}") {
            if let Ok(schedule) = Schedule::parse(&text) {
                let _ = schedule.next(1_700_000_000_000, &TimeZone::UTC);
            }
        }
    }

    #[test]
    fn zones_have_their_own_mornings() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let schedule = Schedule::parse("0 6 * * *").unwrap();
        assert_eq!(schedule.next(at("2024-07-01T00:00:00Z"), &berlin), Some(at("2024-07-01T04:00:00Z")));
        assert_eq!(schedule.next(at("2024-01-01T00:00:00Z"), &berlin), Some(at("2024-01-01T05:00:00Z")));
        let behind = fixed_zone("Etc/GMT+5").unwrap();
        assert_eq!(schedule.next(at("2024-01-01T00:00:00Z"), &behind), Some(at("2024-01-01T11:00:00Z")));
        for (name, known) in [
            ("", true),
            ("UTC", true),
            ("Etc/UTC", true),
            ("GMT", true),
            ("Etc/GMT-14", true),
            ("Europe/Berlin", false),
            ("Etc/GMT+99", false),
        ] {
            assert_eq!(fixed_zone(name).is_some(), known, "{name}");
        }
    }
}
