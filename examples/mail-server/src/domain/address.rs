use serde::de::{Deserialize, Deserializer, Error as _};

/// An email address in a request.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Email(#[serde(deserialize_with = "email")] pub(crate) String);

/// For serde: a text that is an email address.
pub(crate) fn email<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_valid(&text) { Ok(text) } else { Err(D::Error::custom("no email address")) }
}

/// For serde: one at least.
pub(crate) fn emails<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let emails: Vec<Email> = Vec::deserialize(deserializer)?;
    if emails.is_empty() {
        Err(D::Error::custom("nobody"))
    } else {
        Ok(emails.into_iter().map(|email| email.0).collect())
    }
}

/// For serde: a text that is a domain.
pub(crate) fn domain<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if is_domain(&text) { Ok(text) } else { Err(D::Error::custom("no domain")) }
}

/// An email address in the form that people use: no quoted local part, no address literal.
pub(crate) fn is_valid(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else { return false };
    let local_fits = (1..=64).contains(&local.len())
        && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext));
    local_fits && is_domain(domain)
}

/// A host name of at least two labels.
pub(crate) fn is_domain(name: &str) -> bool {
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label_fits)
}

/// What stands behind the `@`.
pub(crate) fn domain_of(address: &str) -> &str {
    address.split_once('@').map_or("", |(_, domain)| domain)
}

fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["a@b.example", "first.last+tag@mail.example.com", "o'x@a-b.example"] {
            assert!(is_valid(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@",
            "@b.example",
            "a@b",
            "a b@c.example",
            "a.@b.example",
            "a@-b.example",
            "a@b..example",
        ] {
            assert!(!is_valid(bad), "{bad}");
        }
    }
}
