//! `Retry-After` as it is received (RFC 9110 section 10.2.3).

use std::time::{Duration, SystemTime};

use http::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};

/// The wait that the headers ask for. Several: the longest. Zero, the past and what can't be read: none.
pub(crate) fn from_headers(headers: &HeaderMap, now: impl Fn() -> Option<SystemTime>) -> Option<Duration> {
    headers
        .get_all(RETRY_AFTER)
        .iter()
        .filter_map(|value| wait(value, headers.get(DATE), &now))
        .filter(|wait| !wait.is_zero())
        .max()
}

fn wait(
    value: &HeaderValue,
    date: Option<&HeaderValue>,
    now: impl Fn() -> Option<SystemTime>,
) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        // A proxy may have joined several.
        return text.split(',').filter_map(|text| seconds(text.trim())).max();
    }
    until(httpdate::parse_http_date(text).ok()?, date, now)
}

/// From now to a time, by the server's own clock where it tells it: ours may differ.
pub(crate) fn until(
    time: SystemTime,
    date: Option<&HeaderValue>,
    now: impl Fn() -> Option<SystemTime>,
) -> Option<Duration> {
    let server = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?.trim()).ok());
    time.duration_since(server.or_else(now)?).ok()
}

/// Seconds, with a fraction where a server sends one. A number that is too large is the largest.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || text.ends_with('.') {
        return None;
    }
    let seconds = whole.parse().unwrap_or(u64::MAX);
    let nanos = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanos = nanos.fold(0_u32, |nanos, digit| nanos * 10 + u32::from(digit - b'0'));
    Some(Duration::new(seconds, nanos))
}

/// A wait as programs write it: `17.5s`, `6m0s`, `1h2m3.5s`, `250ms`; a number alone is seconds.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    const UNITS: [(&str, u64); 7] = [
        ("h", 3_600_000_000_000),
        ("ms", 1_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("us", 1_000),
        ("µs", 1_000),
        ("ns", 1),
    ];
    let mut rest = text.trim();
    if rest.is_empty() || rest.len() > 64 {
        return None;
    }
    if let Some(seconds) = seconds(rest) {
        return Some(seconds);
    }
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let end = rest.find(|char: char| !char.is_ascii_digit() && char != '.')?;
        let (number, after) = rest.split_at(end);
        let (unit, nanos) = UNITS.iter().find(|(unit, _)| after.starts_with(unit))?;
        rest = &after[unit.len()..];
        let number = seconds(number)?;
        // The number as if it were of seconds, times the unit.
        let whole = u128::from(number.as_secs()) * u128::from(*nanos);
        let part = u128::from(number.subsec_nanos()) * u128::from(*nanos) / 1_000_000_000;
        let nanos = whole.saturating_add(part);
        let seconds = u64::try_from(nanos / 1_000_000_000).unwrap_or(u64::MAX);
        sum = sum.saturating_add(Duration::new(seconds, (nanos % 1_000_000_000) as u32));
    }
    Some(sum)
}

/// `17.5s`: seconds, with no more digits than they need.
pub(crate) fn text(wait: Duration) -> String {
    let nanos = format!("{:09}", wait.subsec_nanos());
    match nanos.trim_end_matches('0') {
        "" => format!("{}s", wait.as_secs()),
        fraction => format!("{}.{fraction}s", wait.as_secs()),
    }
}

/// The local clock, where there is one.
pub(crate) fn clock() -> Option<SystemTime> {
    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    return None;
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    Some(SystemTime::now())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(lines: &[(&'static str, &str)]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        // 1994-11-06 08:49:00
        from_headers(&headers, || Some(SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_740)))
    }

    #[test]
    fn forms() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for (text, expected) in [
            ("30", seconds(30)),
            (" 30 ", seconds(30)),
            ("1.5", Some(Duration::from_millis(1500))),
            ("0.0000000001", None),
            ("0", None),
            ("-1", None),
            ("+1", None),
            ("1.", None),
            ("1e3", None),
            ("", None),
            ("soon", None),
            ("99999999999999999999999999", seconds(u64::MAX)),
            ("30, 60", seconds(60)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", seconds(37)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", seconds(37)),
            ("Sun Nov  6 08:49:37 1994", seconds(37)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", None),
        ] {
            assert_eq!(read(&[("retry-after", text)]), expected, "{text:?}");
        }
    }

    #[test]
    fn durations() {
        for (text, expected) in [
            ("17.5s", Some(17_500)),
            ("6m0s", Some(360_000)),
            ("1h2m3.5s", Some(3_723_500)),
            ("250ms", Some(250)),
            ("20", Some(20_000)),
            ("0.25m", Some(15_000)),
            ("1500000us", Some(1_500)),
            ("", None),
            ("s", None),
            ("-1s", None),
            ("1 s", None),
            ("1x", None),
            ("1.2.3s", None),
            ("1m2", None),
        ] {
            assert_eq!(duration(text), expected.map(Duration::from_millis), "{text:?}");
        }
        assert!(duration("99999999999999999999999h").is_some_and(|wait| wait.as_secs() == u64::MAX));
        assert_eq!(text(Duration::from_millis(17_500)), "17.5s");
        assert_eq!(text(Duration::from_secs(360)), "360s");
    }

    #[test]
    fn a_date_counts_from_the_server_s_own() {
        let lines =
            [("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"), ("date", "Sun, 06 Nov 1994 08:49:36 GMT")];
        assert_eq!(read(&lines), Some(Duration::from_secs(1)));
    }

    #[test]
    fn the_longest_of_several() {
        assert_eq!(read(&[("retry-after", "1"), ("retry-after", "20")]), Some(Duration::from_secs(20)));
    }
}
