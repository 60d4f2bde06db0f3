//! Times as they stand on the wire (RFC 3339): `2031-04-05T06:07:08.5Z`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// No time is longer: of a fraction nine digits count, and nobody sends many more.
const MAX_LENGTH: usize = 64;

const DAY: i64 = 86_400;

/// Of 0000-01-01 and of 10000-01-01, from 1970 on.
const FIRST_SECOND: i64 = -719_528 * DAY;
const END: i64 = 2_932_897 * DAY;

/// A date and a time with their offset, in the years 0000 to 9999 of UTC. A leap second is the first second of the next
/// minute. `None` for anything else, and for what this system's clock can't hold.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let mut rest = text.as_bytes();
    let year = number(&mut rest, 4)?;
    sign(&mut rest, b"-")?;
    let month = number(&mut rest, 2)?;
    sign(&mut rest, b"-")?;
    let day = number(&mut rest, 2)?;
    sign(&mut rest, b"Tt ")?;
    let hour = number(&mut rest, 2)?;
    sign(&mut rest, b":")?;
    let minute = number(&mut rest, 2)?;
    sign(&mut rest, b":")?;
    let second = number(&mut rest, 2)?;
    let nanos = fraction(&mut rest)?;
    let offset = match sign(&mut rest, b"Zz+-")? {
        b'Z' | b'z' => 0,
        sign_of_offset => {
            let hours = number(&mut rest, 2)?;
            sign(&mut rest, b":")?;
            let minutes = number(&mut rest, 2)?;
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = hours * 3600 + minutes * 60;
            if sign_of_offset == b'-' { -offset } else { offset }
        }
    };
    let is_date = (1..=12).contains(&month) && (1..=days_of(month, year)).contains(&day);
    if !rest.is_empty() || !is_date || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days_before(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
    (FIRST_SECOND..END).contains(&seconds).then(|| time(seconds, nanos))?
}

/// So long after or before 1970. `None` outside of the years 0000 to 9999.
pub(crate) fn from_unix(distance: Duration, before: bool) -> Option<SystemTime> {
    let time = if before { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    time.filter(|time| (FIRST_SECOND..END).contains(&since_1970(*time).0))
}

/// Seconds from 1970 on, and nanoseconds after them.
fn time(seconds: i64, nanos: u32) -> Option<SystemTime> {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let second =
        if seconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    second?.checked_add(Duration::from_nanos(nanos.into()))
}

/// The time in UTC, with a fraction only where there is one. Before the year 0000 it is the first second of that year,
/// after 9999 the last one: RFC 3339 knows no others.
pub(crate) fn format(time: SystemTime) -> String {
    let (seconds, nanos) = since_1970(time);
    let (seconds, nanos) = match seconds {
        ..FIRST_SECOND => (FIRST_SECOND, 0),
        END.. => (END - 1, 0),
        seconds => (seconds, nanos),
    };
    let (year, month, day) = date(seconds.div_euclid(DAY));
    let second = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if nanos > 0 {
        let digits = format!(".{nanos:09}");
        text.push_str(digits.trim_end_matches('0'));
    }
    text.push('Z');
    text
}

/// Whole seconds, rounded down, and the nanoseconds after them.
fn since_1970(time: SystemTime) -> (i64, u32) {
    let whole = |distance: Duration| i64::try_from(distance.as_secs()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (whole(after), after.subsec_nanos()),
        Err(before) => match (whole(before.duration()), before.duration().subsec_nanos()) {
            (seconds, 0) => (-seconds, 0),
            (seconds, nanos) => ((-seconds).saturating_sub(1), 1_000_000_000 - nanos),
        },
    }
}

/// Takes so many digits off.
fn number(rest: &mut &[u8], digits: usize) -> Option<i64> {
    let (number, after) = rest.split_at_checked(digits)?;
    *rest = after;
    let digit = |sum: i64, byte: &u8| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'));
    number.iter().try_fold(0, digit)
}

/// Takes one of the characters off.
fn sign(rest: &mut &[u8], known: &[u8]) -> Option<u8> {
    let (first, after) = rest.split_first()?;
    *rest = after;
    known.contains(first).then_some(*first)
}

/// Takes a fraction off, where there is one. In nanoseconds; what is smaller is dropped.
fn fraction(rest: &mut &[u8]) -> Option<u32> {
    let Some(after) = rest.strip_prefix(b".") else { return Some(0) };
    let length = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, after) = after.split_at_checked(length).filter(|_| length > 0)?;
    *rest = after;
    let nine = digits.iter().chain(std::iter::repeat(&b'0')).take(9);
    Some(nine.fold(0, |nanos, digit| nanos * 10 + u32::from(digit - b'0')))
}

fn days_of(month: i64, year: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

// Both count in years that begin with March, so that the leap day is the last one, and in eras of 400 years, each of
// which has 146,097 days.

/// The days from 1970-01-01 to the date.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day, so many days after 1970-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64, nanos: u32) -> Option<SystemTime> {
        Some(time(seconds, nanos).unwrap())
    }

    #[test]
    fn forms() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", at(0, 0)),
            ("1985-04-12T23:20:50.52Z", at(482_196_050, 520_000_000)),
            ("1996-12-19T16:39:57-08:00", at(851_042_397, 0)),
            ("1937-01-01t12:00:27.87+00:20", at(-1_041_337_173, 870_000_000)),
            ("2000-02-29 00:00:00z", at(951_782_400, 0)),
            // A leap second, also where the offset hides it.
            ("1990-12-31T23:59:60Z", at(662_688_000, 0)),
            ("1990-12-31T15:59:60-08:00", at(662_688_000, 0)),
            ("0000-01-01T00:00:00Z", at(FIRST_SECOND, 0)),
            ("9999-12-31T23:59:59.999999999Z", at(END - 1, 999_999_999)),
            ("2000-01-01T00:00:00.1234567899999Z", at(946_684_800, 123_456_789)),
            ("2000-01-01T00:00:00-00:00", at(946_684_800, 0)),
            // In UTC another year.
            ("0000-01-01T00:00:00+00:01", None),
            ("9999-12-31T23:59:59-00:01", None),
            ("9999-12-31T23:59:60Z", None),
            ("2001-02-29T00:00:00Z", None),
            ("1900-02-29T00:00:00Z", None),
            ("2000-02-30T00:00:00Z", None),
            ("2000-00-01T00:00:00Z", None),
            ("2000-13-01T00:00:00Z", None),
            ("2000-01-00T00:00:00Z", None),
            ("2000-04-31T00:00:00Z", None),
            ("2000-01-01T24:00:00Z", None),
            ("2000-01-01T00:60:00Z", None),
            ("2000-01-01T00:00:61Z", None),
            ("2000-01-01T00:00:00", None),
            ("2000-01-01T00:00:00.Z", None),
            ("2000-01-01T00:00:00,5Z", None),
            ("2000-01-01T00:00:00+24:00", None),
            ("2000-01-01T00:00:00+0100", None),
            ("2000-01-01T00:00:00Z ", None),
            ("2000-01-01", None),
            ("+2000-01-01T00:00:00Z", None),
            ("２000-01-01T00:00:00Z", None),
            ("", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        assert_eq!(parse(&format!("2000-01-01T00:00:00.{}Z", "1".repeat(1 << 20))), None);
    }

    #[test]
    fn what_the_format_does_not_know_is_its_first_or_last_second() {
        assert_eq!(format(time(END, 5).unwrap()), "9999-12-31T23:59:59Z");
        assert_eq!(format(time(FIRST_SECOND - 1, 5).unwrap()), "0000-01-01T00:00:00Z");
    }

    proptest! {
        #[test]
        fn jiff_writes_the_same(seconds in FIRST_SECOND..END - DAY * 30, nanos in prop_oneof![Just(0), 0..1_000_000_000_u32]) {
            let text = format(time(seconds, nanos).unwrap());
            prop_assert_eq!(&text, &Timestamp::new(seconds, nanos as i32).unwrap().to_string());
            prop_assert_eq!(parse(&text), time(seconds, nanos));
        }

        #[test]
        fn jiff_reads_the_same(
            year in 1..9999, month in 0..=13, day in 0..=32, hour in 0..25, minute in 0..61, second in 0..60,
            fraction in "(\\.[0-9]{0,9})?", offset in "[zZ]|[+-][01][0-9]:[0-6][0-9]",
        ) {
            let text = format!(
                "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{offset}",
            );
            let jiff: Option<Timestamp> = text.parse().ok();
            let expected = jiff.map(|time| time.as_nanosecond());
            let read = parse(&text).map(|time| {
                let (seconds, nanos) = since_1970(time);
                i128::from(seconds) * 1_000_000_000 + i128::from(nanos)
            });
            prop_assert_eq!(read, expected, "{}", text);
        }

        #[test]
        fn nothing_panics(text in "[0-9TZtz:.+ -]{0,40}|.{0,80}") {
            if let Some(time) = parse(&text) {
                prop_assert_eq!(parse(&format(time)), Some(time));
            }
        }
    }
}
