//! A minimal perfect hash over the texts of the codes (hash and displace). `hash`, `displace` and `fold` stand in the
//! runtime, too, which this crate doesn't link; the generated tables' edition says that they agree.

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
        let bucket = (hash % buckets.len() as u64) as usize;
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
                let slot = (displace(*hash, seed) % count as u64) as usize;
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

fn hash(text: &[u8], key: u64) -> u64 {
    let mut hash = fold(key ^ text.len() as u64);
    let mut chunks = text.chunks_exact(8);
    for chunk in &mut chunks {
        hash = fold(hash ^ chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    }
    fold(hash ^ chunks.remainder().iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)))
}

fn displace(hash: u64, seed: u16) -> u64 {
    fold(hash ^ u64::from(seed))
}

/// Every bit of the input reaches every bit of the output: both halves of a product, one over the other.
fn fold(word: u64) -> u64 {
    let product = u128::from(word ^ 0x9E37_79B9_7F4A_7C15) * 0xD6E8_FEB8_6659_FD93;
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
                let texts: Vec<String> = (0..count).map(|at| format!("{prefix}{at}")).collect();
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                let index = build(&texts);
                assert_eq!((index.key, index.slots.len()), (0, count), "the first try does");
                for (code, text) in texts.iter().enumerate() {
                    let hash = hash(text.as_bytes(), index.key);
                    let seed = index.seeds[(hash % index.seeds.len() as u64) as usize];
                    let slot = (displace(hash, seed) % index.slots.len() as u64) as usize;
                    assert_eq!(usize::from(index.slots[slot]), code);
                }
            }
        }
    }
}
