//! Did you mean …?

/// Names longer than this are not compared: nobody means one by a slip of the finger.
const LONGEST: usize = 64;
/// How many pairs of names are compared in one run, so that a file of nothing but mistakes ends soon.
const COMPARISONS: usize = 200_000;

/// Finds the name that was meant.
#[derive(Debug)]
pub(super) struct Suggest {
    left: usize,
}

impl Suggest {
    pub(super) fn new() -> Self {
        Self { left: COMPARISONS }
    }

    /// The name nearest to `wrong`, the first of several; None where none is near.
    pub(super) fn nearest<'a>(
        &mut self,
        wrong: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let wrong: Vec<char> = wrong.chars().take(LONGEST + 1).collect();
        if wrong.len() > LONGEST {
            return None;
        }
        let mut best = None;
        let mut allowed = (wrong.len() / 3).max(1);
        for name in names {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            if name.len().abs_diff(wrong.len()) > allowed + 3 * LONGEST || name.len() > 4 * LONGEST {
                continue;
            }
            let name_chars: Vec<char> = name.chars().collect();
            if name_chars.len().abs_diff(wrong.len()) > allowed {
                continue;
            }
            let distance = distance(&wrong, &name_chars);
            if distance <= allowed {
                best = Some(name);
                if distance == 0 {
                    break;
                }
                allowed = distance - 1;
            }
        }
        best
    }
}

/// Letters added, left out, replaced, or swapped with their neighbour; `-` and `_` and large and small are the same.
fn distance(a: &[char], b: &[char]) -> usize {
    let same = |a: &char, b: &char| {
        let plain = |char: &char| if *char == '-' { '_' } else { char.to_ascii_lowercase() };
        plain(a) == plain(b)
    };
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut cost = at(&row, j) + usize::from(!same(x, y));
            cost = cost.min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let swapped = i > 0
                && j > 0
                && b.get(j - 1).is_some_and(|y| same(x, y))
                && a.get(i - 1).is_some_and(|x| same(x, y));
            if swapped {
                cost = cost.min(at(&before, j - 1) + 1);
            }
            next.push(cost);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let keys = ["retry", "retryable", "retry_note", "status"];
        let nearest = |wrong| Suggest::new().nearest(wrong, keys);
        assert_eq!(nearest("retriable"), Some("retryable"));
        assert_eq!(nearest("sttaus"), Some("status"));
        assert_eq!(nearest("retry-note"), Some("retry_note"));
        assert_eq!(nearest("message"), None);
        assert_eq!(nearest(&"x".repeat(100_000)), None);
    }
}
