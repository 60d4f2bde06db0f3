use errbook::ApiError;
use errbook::mail::code;

/// The `limit` of a list is no number of its range.
#[derive(Debug, thiserror::Error, ApiError)]
#[error("the limit is {0:?}")]
#[api(code::InvalidParameter, param = "limit", message = "`limit` must be a number from 1 to 100.")]
pub(crate) struct BadLimit(String);

/// How many entries of a list are asked for: `?limit=20`.
pub(crate) fn limit(query: Option<&str>) -> Result<u32, BadLimit> {
    const DEFAULT: u32 = 20;
    const LARGEST: u32 = 100;
    let mut pairs = query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let Some((_, value)) = pairs.find(|(name, _)| *name == "limit") else { return Ok(DEFAULT) };
    match value.parse() {
        Ok(limit @ 1..=LARGEST) => Ok(limit),
        _ => Err(BadLimit(value.to_owned())),
    }
}
