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
    let until = httpdate::parse_http_date(text).ok()?;
    // The server's own clock, where it tells it: ours may differ.
    let server = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?.trim()).ok());
    until.duration_since(server.or_else(now)?).ok()
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
