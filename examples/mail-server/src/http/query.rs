use serde::Deserialize;

/// The query of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct Listing {
    #[serde(default)]
    limit: Limit,
}

impl Listing {
    /// How many entries are asked for: `?limit=20`.
    pub(crate) fn limit(&self) -> u32 {
        self.limit.0
    }
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "u32")]
struct Limit(u32);

impl Default for Limit {
    fn default() -> Limit {
        Limit(20)
    }
}

impl TryFrom<u32> for Limit {
    type Error = &'static str;

    fn try_from(limit: u32) -> Result<Limit, &'static str> {
        match limit {
            1..=100 => Ok(Limit(limit)),
            _ => Err("no page is as long"),
        }
    }
}
