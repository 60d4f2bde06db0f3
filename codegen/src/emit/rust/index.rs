//! A minimal perfect hash over the texts of the codes (hash and displace). `hash`, `displace`, `below` and `fold` stand in
//! the runtime, too, which this crate doesn't link; the generated tables' edition says that they agree.

/// For a text: the bucket by its hash, the bucket's seed, the slot by hash and seed, the code in the slot. Empty where
/// none was found; then the runtime looks at one code after the other.
#[derive(Default)]
pub(super) struct Index {
    pub(super) key: u64,
    pub(super) seeds: Vec<u16>,
    pub(super) slots: Vec<u16>,
}

/// The texts are distinct, at most 65,536.
pub(super) fn build(texts: &[&str]) -> Index {
    // The first key and as many slots as codes nearly always do. Where not, more slots help against bad luck, and
    // another key against texts that were chosen for their hash.
    let slots = texts.len().max(1);
    let mut tries = (0..16).flat_map(|key| (0..4).map(move |more| (key, slots + more * slots.div_ceil(16))));
    tries.find_map(|(key, slots)| with_slots(texts, key, slots)).unwrap_or_default()
}

fn with_slots(texts: &[&str], key: u64, count: usize) -> Option<Index> {
    let mut buckets = vec![Vec::new(); texts.len().max(1).div_ceil(3)];
    for (code, text) in texts.iter().enumerate() {
        let hash = hash(text.as_bytes(), key);
        let bucket = below(hash, buckets.len());
        buckets[bucket].push((hash, u16::try_from(code).ok()?));
    }
    // The fullest first: they are the hardest to place.
    let mut order: Vec<usize> = (0..buckets.len()).collect();
    order.sort_by_key(|bucket| std::cmp::Reverse(buckets[*bucket].len()));

    let mut seeds = vec![0; buckets.len()];
    let mut slots: Vec<Option<u16>> = vec![None; count];
    for bucket in order {
        let codes = &buckets[bucket];
        let place = |seed: u16| -> Option<Vec<usize>> {
            let mut places = Vec::with_capacity(codes.len());
            for (hash, _) in codes {
                let slot = below(displace(*hash, seed), count);
                if slots[slot].is_some() || places.contains(&slot) {
                    return None;
                }
                places.push(slot);
            }
            Some(places)
        };
        let (seed, places) = (0..=u16::MAX).find_map(|seed| Some((seed, place(seed)?)))?;
        seeds[bucket] = seed;
        for (slot, (_, code)) in places.into_iter().zip(codes) {
            slots[slot] = Some(*code);
        }
    }
    Some(Index { key, seeds, slots: slots.into_iter().map(|code| code.unwrap_or(0)).collect() })
}

/// Sixteen bytes per multiplication. The first and the last bytes may overlap, so that no length needs a loop over the
/// rest.
fn hash(text: &[u8], key: u64) -> u64 {
    let eight = |at: usize| text[at..].first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk));
    let four = |at: usize| text[at..].first_chunk().map_or(0, |chunk| u64::from(u32::from_le_bytes(*chunk)));
    let (first, last) = match text {
        [_, _, _, _, _, _, _, _, ..] => (eight(0), eight(text.len() - 8)),
        [_, _, _, _, ..] => (four(0), four(text.len() - 4)),
        _ => (text.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0),
    };
    // Spread, so that no byte of the text makes up for another length.
    let mut hash = (key ^ text.len() as u64).wrapping_mul(0x9FB2_1C65_1E98_DF25);
    let mut at = 8;
    while at + 8 < text.len() {
        hash = fold(hash ^ eight(at), eight((at + 8).min(text.len() - 8)));
        at += 16;
    }
    fold(hash ^ first, last)
}

/// Another place for each seed.
fn displace(hash: u64, seed: u16) -> u64 {
    fold(hash ^ u64::from(seed), 0)
}

/// A place below a bound, without a division. In 128 bits, whatever the width of a usize is: the generator ran elsewhere.
fn below(hash: u64, bound: usize) -> usize {
    ((u128::from(hash) * bound as u128) >> 64) as usize
}

/// Every bit of the input reaches every bit of the output: both halves of a product, one over the other. No text is one
/// of the two constants, which would hide the other word: neither is UTF-8.
fn fold(one: u64, other: u64) -> u64 {
    let product = u128::from(one ^ 0x9E37_79B9_7F4A_7C15) * u128::from(other ^ 0xD6E8_FEB8_6659_FD93);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_a_slot_of_its_own() {
        for count in [1, 2, 3, 7, 50, 500, 5_000, 20_000] {
            for prefix in ["", "E", "code_", "some_error_code_", "some_other_error_code_of_a_kind_"] {
                check(&(0..count).map(|at| format!("{prefix}{at}")).collect::<Vec<_>>());
                check(&(0..count).map(|at| format!("{at:x}_{prefix}")).collect::<Vec<_>>());
            }
        }
        // As many codes as there are seeds: the last one hardly finds the one slot that is free, so there are more.
        check(&(0..65_536).map(|at| format!("code_{at}")).collect::<Vec<_>>());
    }

    /// Texts that differ in one place alone, wherever it is and however long they are.
    #[test]
    fn every_byte_counts() {
        for length in 1..=70 {
            let mut texts = vec!["a".repeat(length), "a".repeat(length + 1)];
            for at in 0..length {
                texts.extend(["b", "c", "_"].map(|other| {
                    let mut text = "a".repeat(length);
                    text.replace_range(at..=at, other);
                    text
                }));
            }
            check(&texts);
        }
        check(&(1..=3_000).map(|length| "a".repeat(length)).collect::<Vec<_>>());
    }

    /// Nothing separates what has one hash under every key; the generator says so and doesn't hang.
    #[test]
    fn what_has_one_hash_has_no_index() {
        let index = build(&["a", "b", "b"]);
        assert!(index.seeds.is_empty() && index.slots.is_empty());
    }

    fn check(texts: &[String]) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let index = build(&texts);
        let few = texts.len() <= 20_000;
        assert!(index.key == 0 && (index.slots.len() == texts.len() || !few), "the first try does");
        for (code, text) in texts.iter().enumerate() {
            let hash = hash(text.as_bytes(), index.key);
            let seed = index.seeds[below(hash, index.seeds.len())];
            let slot = below(displace(hash, seed), index.slots.len());
            assert_eq!(usize::from(index.slots[slot]), code);
        }
    }
}
