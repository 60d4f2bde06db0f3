//! Content types: which one a client prefers (RFC 9110 section 12.5.1), and which one there is.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// How much a client wants the media type, in thousandths: by the most specific range of `Accept` that names it, 0 where
/// none does. Whoever sends no range takes anything.
pub(crate) fn quality(accept: &str, media_type: &str) -> u32 {
    if accept.trim().is_empty() {
        return 1_000;
    }
    let ranges = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let specificity = specificity(parts.next()?, media_type)?;
        let mut quality = 1_000;
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => {
                    quality = thousandths(value);
                    // What stands behind it is no parameter of the type.
                    break;
                }
                // JSON has one character set.
                "" | "charset" => {}
                // A parameter that our types don't have.
                _ => return None,
            }
        }
        Some((specificity, quality))
    });
    ranges.max().map_or(0, |(_, quality)| quality)
}

/// A content type without its parameters (RFC 9110 section 8.3.1).
pub(crate) fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim_ascii()
}

/// JSON itself, or what is written as it (RFC 6839 section 3.1). `None` where there is no content type.
pub(crate) fn is_json(headers: &HeaderMap) -> Option<bool> {
    let content_type = String::from_utf8_lossy(headers.get(CONTENT_TYPE)?.as_bytes()).to_ascii_lowercase();
    let essence = essence(&content_type);
    Some(essence == "application/json" || essence.ends_with("+json"))
}

fn specificity(range: &str, media_type: &str) -> Option<u8> {
    let essence = essence(media_type);
    if range.eq_ignore_ascii_case(essence) {
        return Some(2);
    }
    let (kind, _) = essence.split_once('/')?;
    match range.split_once('/')? {
        ("*", "*") => Some(0),
        (range, "*") if range.eq_ignore_ascii_case(kind) => Some(1),
        _ => None,
    }
}

/// `0.75` is 750; what is no weight counts as 0 (RFC 9110 section 12.4.2).
fn thousandths(weight: &str) -> u32 {
    let weight = weight.trim();
    match weight.parse::<f32>() {
        Ok(number) if weight.starts_with(['0', '1']) => (number.clamp(0.0, 1.0) * 1_000.0).round() as u32,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::quality;

    #[test]
    fn the_most_specific_range_decides() {
        const JSON: &str = "application/json";
        for (accept, media_type, expected) in [
            ("", JSON, 1_000),
            ("application/json", JSON, 1_000),
            ("Application/JSON", JSON, 1_000),
            ("application/json", "application/problem+json", 0),
            ("application/problem+json, */*;q=0.1", "application/problem+json", 1_000),
            ("application/problem+json, */*;q=0.1", JSON, 100),
            ("*/*;q=0.9, application/*;q=0.5, application/json;q=0.25", JSON, 250),
            ("*/*;q=0.9, application/*;q=0.5", JSON, 500),
            ("text/html, */*;q=0.8", JSON, 800),
            ("application/json;q=0", JSON, 0),
            ("application/json;profile=x", JSON, 0),
            ("application/json;charset=utf-8", JSON, 1_000),
            ("application/json;q=0.5;ext=1", JSON, 500),
            ("application/json; q=0.5", "application/json; charset=utf-8", 500),
            ("application/json;q=nan, application/json;q=inf;", JSON, 0),
            ("application/json;q=-1", JSON, 0),
            (",;,/ */ json", JSON, 0),
        ] {
            assert_eq!(quality(accept, media_type), expected, "{accept:?} {media_type:?}");
        }
    }
}
