//! `Retry-After` as it is received (RFC 9110 section 10.2.3), and when a rate limit starts anew.

use std::time::{Duration, SystemTime};

use http::StatusCode;
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

/// When the rate limit starts anew of which nothing is left, as headers tell it that come with every answer: a wait only where
/// the limit is what failed. Several: the longest.
pub(crate) fn from_rate_limit(
    status: StatusCode,
    headers: &HeaderMap,
    now: impl Fn() -> Option<SystemTime>,
) -> Option<Duration> {
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let lines = headers.get_all("ratelimit").iter().filter_map(|line| {
        let line = line.to_str().ok()?;
        used_up(line).or_else(|| used_up_by_the_seventh(line))
    });
    // In drafts up to the sixth, one header each.
    let is_used_up = text("ratelimit-remaining").and_then(seconds).is_some_and(|left| left.is_zero());
    let older = || {
        let reset = seconds(text("ratelimit-reset")?)?;
        // Seconds by the drafts; several APIs send a time instead. No limit lasts thirty years.
        match reset.as_secs() < 1_000_000_000 {
            true => Some(reset),
            false => until(SystemTime::UNIX_EPOCH.checked_add(reset)?, headers.get(DATE), now),
        }
    };
    let older = is_used_up.then(older).flatten();
    lines.chain(older).filter(|wait| !wait.is_zero()).max()
}

/// `"default";r=0;t=30, "daily";r=7` (draft-ietf-httpapi-ratelimit-headers-10 section 4, a list as RFC 9651 has it): the
/// longest `t` beside an `r` of 0. A line with a fault says nothing.
fn used_up(line: &str) -> Option<Duration> {
    let (mut rest, mut longest) = (Some(line), Duration::ZERO);
    while let Some(text) = rest {
        let (item, others) = cut(text, ',')?;
        let (name, mut parameters) = cut(item, ';')?;
        let (mut left, mut wait) = (None, None);
        while let Some(text) = parameters {
            let (parameter, others) = cut(text, ';')?;
            let (key, value) = parameter.trim().split_once('=').unwrap_or((parameter.trim(), ""));
            match key {
                "r" => left = Some(value.parse::<u64>().ok()?),
                "t" => wait = Some(value.parse().ok()?),
                _ => {}
            }
            parameters = others;
        }
        if name.trim().is_empty() || left.is_none() {
            return None;
        }
        if left == Some(0) {
            longest = longest.max(Duration::from_secs(wait.unwrap_or(0)));
        }
        rest = others;
    }
    Some(longest)
}

/// `limit=100, remaining=0, reset=30`, which servers still send by the seventh draft.
fn used_up_by_the_seventh(line: &str) -> Option<Duration> {
    let members = || line.split(',').filter_map(|member| member.trim().split_once('='));
    let member = |name| seconds(members().find(|(key, _)| *key == name)?.1);
    member("remaining").filter(Duration::is_zero).and_then(|_| member("reset"))
}

/// What is before a separator that stands in no string, and what is behind it. `None` where a string has no end.
fn cut(text: &str, separator: char) -> Option<(&str, Option<&str>)> {
    let (mut in_string, mut escaped) = (false, false);
    for (at, char) in text.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ if char == separator && !in_string => return Some((&text[..at], Some(&text[at + 1..]))),
            _ => {}
        }
    }
    (!in_string).then_some((text, None))
}

fn wait(
    value: &HeaderValue,
    date: Option<&HeaderValue>,
    now: impl Fn() -> Option<SystemTime>,
) -> Option<Duration> {
    let text = value.to_str().ok()?;
    let until_date = |text: &str| until(httpdate::parse_http_date(text.trim()).ok()?, date, &now);
    // A proxy may have joined several, and a date has a comma of its own.
    let (mut before, mut start) = (0, 0);
    let ends = text.match_indices(',').map(|(comma, _)| comma).chain([text.len()]);
    let waits = ends.filter_map(|end| {
        let (part, with_the_one_before) = (&text[start..end], &text[before..end]);
        (before, start) = (start, end + 1);
        duration(part).or_else(|| until_date(part)).or_else(|| until_date(with_the_one_before))
    });
    waits.max()
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
            // Not of HTTP's.
            ("30s", seconds(30)),
            ("1m30s", seconds(90)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", seconds(37)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", seconds(37)),
            ("Sun Nov  6 08:49:37 1994", seconds(37)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", None),
            ("5, Sun, 06 Nov 1994 08:49:37 GMT", seconds(37)),
            ("Sun, 06 Nov 1994 08:49:37 GMT,Sun, 06 Nov 1994 08:49:36 GMT, soon", seconds(37)),
            ("Sun,, 06 Nov 1994 08:49:37 GMT", None),
            (",,", None),
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
    fn rate_limits() {
        fn read(lines: &[(&'static str, &str)]) -> Option<u64> {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, value.parse().unwrap());
            }
            let now = || Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_900_000_000));
            assert_eq!(from_rate_limit(StatusCode::FORBIDDEN, &headers, now), None);
            from_rate_limit(StatusCode::TOO_MANY_REQUESTS, &headers, now).map(|wait| wait.as_secs())
        }
        for (line, expected) in [
            (r#""default";r=0;t=30"#, Some(30)),
            (r#" "default" ; t=30 ; r=0 "#, Some(30)),
            (r#""default";r=50;t=30"#, None),
            (r#""default";r=0"#, None),
            (r#""default";r=0;t=0"#, None),
            (r#""hour";r=0;t=30, "day";r=0;t=90,"month";r=3;t=900"#, Some(90)),
            (r#""a;r=1,\"b";r=0;t=30;pk=:c2U=:;x"#, Some(30)),
            (r#"token;r=0;t=18446744073709551615"#, Some(u64::MAX)),
            ("limit=10, remaining=0, reset=30", Some(30)),
            ("reset=30,remaining=0", Some(30)),
            // Each of these is malformed, or says that something is left.
            (r#""default";t=30"#, None),
            ("limit=10, remaining=1, reset=30", None),
            ("limit=10, remaining=0", None),
            ("remaining=0;reset=30", None),
            (r#""default;r=0;t=30"#, None),
            (r#""default";r=0;t=1.5"#, None),
            (r#""default";r=0;t=-1"#, None),
            (r#""default";r="0";t=30"#, None),
            (r#""a";r=0;t=30,"#, None),
            (r#""a";r=0;t=30, "b";r=x"#, None),
            (";r=0;t=30", None),
            ("", None),
        ] {
            assert_eq!(read(&[("ratelimit", line)]), expected, "{line}");
        }
        let older = |left, reset| read(&[("ratelimit-remaining", left), ("ratelimit-reset", reset)]);
        assert_eq!(older("0", "30"), Some(30));
        assert_eq!(older("0", "1900000007"), Some(7));
        for (left, reset) in
            [("1", "30"), ("0", "0"), ("0", "soon"), ("", "30"), ("-0", "30"), ("0", "1899999999")]
        {
            assert_eq!(older(left, reset), None, "{left} {reset}");
        }
        assert_eq!(read(&[("ratelimit-reset", "30")]), None);
        assert_eq!(read(&[("ratelimit-remaining", "0")]), None);
        let lines = [("ratelimit", r#""a";r=0;t=5"#), ("ratelimit", r#""b";r=0;t=9"#), ("ratelimit", "?")];
        assert_eq!(read(&lines), Some(9));
    }

    #[test]
    fn the_longest_of_several() {
        assert_eq!(read(&[("retry-after", "1"), ("retry-after", "20")]), Some(Duration::from_secs(20)));
    }
}
