//! A minimal perfect hash over the texts of the codes (hash and displace). `hash` and `displace` stand in the runtime,
//! too, which this crate doesn't link; the generated tables' edition says that they agree.

/// For a text: bucket by its hash, the bucket's seed, the slot by hash and seed, the code in the slot.
pub(super) struct Index {
    pub(super) seeds: Vec<u16>,
    pub(super) slots: Vec<u16>,
}

/// The texts are distinct, at most 65,536.
pub(super) fn build(texts: &[&str]) -> Index {
    // As many slots as codes nearly always do; some more always do, short of two texts with one 64-bit hash.
    let mut slots = texts.len().max(1);
    loop {
        if let Some(index) = with_slots(texts, slots) {
            return index;
        }
        slots += slots / 16 + 1;
    }
}

fn with_slots(texts: &[&str], count: usize) -> Option<Index> {
    let mut buckets = vec![Vec::new(); texts.len().max(1).div_ceil(3)];
    for (code, text) in texts.iter().enumerate() {
        let hash = hash(text.as_bytes());
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
    Some(Index { seeds, slots: slots.into_iter().map(|code| code.unwrap_or(0)).collect() })
}

fn hash(text: &[u8]) -> u64 {
    const PRIME: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut hash = (text.len() as u64).wrapping_mul(PRIME);
    let mut chunks = text.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        hash = (hash.rotate_left(5) ^ word).wrapping_mul(PRIME);
    }
    let rest = chunks.remainder().iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    hash = (hash.rotate_left(5) ^ rest).wrapping_mul(PRIME);
    hash ^ hash >> 32
}

fn displace(hash: u64, seed: u16) -> u64 {
    let mixed = (hash ^ u64::from(seed)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    mixed ^ mixed >> 32
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_a_slot_of_its_own() {
        for count in [1, 2, 3, 7, 50, 500, 5_000, 20_000] {
            let texts: Vec<String> = (0..count).map(|at| format!("some_error_code_{at}")).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let index = build(&texts);
            for (code, text) in texts.iter().enumerate() {
                let hash = hash(text.as_bytes());
                let seed = index.seeds[(hash % index.seeds.len() as u64) as usize];
                let slot = (displace(hash, seed) % index.slots.len() as u64) as usize;
                assert_eq!(usize::from(index.slots[slot]), code);
            }
        }
    }
}
