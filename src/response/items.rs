//! The elements of a list somewhere in a JSON text, one by one. Nothing is copied, and little judged: who takes an element
//! reads it.

use super::canonical;
use super::envelope::string;

/// Each element of the list that the keys lead to. None where there is no such list; where the text breaks off, those
/// before.
pub(super) fn items<'b>(body: &'b [u8], list: &[&str]) -> impl Iterator<Item = &'b str> + use<'b> {
    // Up to the first byte that is no UTF-8.
    let text = body.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let text = text.trim_start_matches('\u{feff}');
    let list = list.iter().try_fold(text, |text, key| member(text, key));
    let mut rest = list.and_then(|text| text.trim_start().strip_prefix('[')).unwrap_or_default();
    std::iter::from_fn(move || {
        let (element, after) = value(rest)?;
        // Behind the last one there is nothing to read.
        rest = after.strip_prefix(',').unwrap_or_default();
        Some(element)
    })
}

/// What begins at the value of a mapping's member: of duplicates, of the first.
fn member<'b>(text: &'b str, key: &str) -> Option<&'b str> {
    let mut rest = text.trim_start().strip_prefix('{')?;
    loop {
        let (name, after) = value(rest)?;
        let after = after.strip_prefix(':')?;
        if string(name)? == key {
            return Some(after);
        }
        (_, rest) = value(after)?;
        rest = rest.strip_prefix(',')?;
    }
}

/// A value, and what stands behind it; blanks around it are in neither.
fn value(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match bytes.get(at)? {
            b'"' => {
                let (end, _) = canonical::string(&bytes[at..])?;
                at += end;
            }
            b'[' | b'{' => {
                depth += 1;
                at += 1;
            }
            b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            // In a list or mapping these are passed over; a value of its own ends before the next of them.
            _ if depth > 0 => at += 1,
            _ => {
                let ends = |byte: &u8| b",:]}".contains(byte) || byte.is_ascii_whitespace();
                at += bytes[at..].iter().position(ends).filter(|length| *length > 0)?;
            }
        }
        if depth == 0 {
            let (value, after) = text.split_at_checked(at)?;
            return Some((value, after.trim_start()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, list: &[&str]) -> Vec<String> {
        items(text.as_bytes(), list).map(str::to_owned).collect()
    }

    #[test]
    fn elements() {
        assert_eq!(
            read(r#" [ 1 , "a,]\"b" ,{"c": [ ] }, [[]] ] 5"#, &[]),
            ["1", r#""a,]\"b""#, r#"{"c": [ ] }"#, "[[]]"]
        );
        assert_eq!(read("\u{feff}[true,null]", &[]), ["true", "null"]);
        for none in ["", "[", "[]", "[,1]", "{}", "1", "[:", "[}", "\"[1]\""] {
            assert!(read(none, &[]).is_empty(), "{none}");
        }
        // What is before a break or a fault is there.
        assert_eq!(read(r#"[{"a":1},{"b"#, &[]), [r#"{"a":1}"#]);
        assert_eq!(read("[[1],2 3]", &[]), ["[1]", "2"]);
        assert_eq!(items(b"[1,\"\xff\",2]", &[]).collect::<Vec<_>>(), ["1"]);
    }

    #[test]
    fn places() {
        let text = r#"{"x": {"a": [0]}, "\u0061": {"b" : [1, 2]}, "a": {"b": [3]}}"#;
        assert_eq!(read(text, &["a", "b"]), ["1", "2"]);
        assert_eq!(read(text, &["x", "a"]), ["0"]);
        for none in [&["a"][..], &["a", "b", "c"], &["y"], &["x", "b"], &[""]] {
            assert!(read(text, none).is_empty(), "{none:?}");
        }
    }

    #[test]
    fn depth_costs_nothing() {
        let deep = format!("[{}1{}]", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(read(&deep, &[]).len(), 1);
        assert!(read(&"[".repeat(100_000), &[]).is_empty());
    }
}
