//! A target without a fuzzer, as the tests run it: on its corpus, and on what a seeded chance makes of that, which is the same
//! each time. It finds what a change broke; what is new a fuzzer finds.

use std::fs;
use std::path::Path;

/// No input that is made is longer.
const MAX: usize = 4096;

pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// The folder `fuzz`.
    pub(crate) folder: &'static str,
    /// So many inputs are made; with `ERRBOOK_FUZZ=10` ten times as many.
    pub(crate) made: usize,
    pub(crate) run: fn(&[u8]),
}

impl Target {
    pub(crate) fn run(&self) {
        if let Some(path) = std::env::var_os("ERRBOOK_FUZZ_INPUT") {
            return (self.run)(&fs::read(path).unwrap());
        }
        let times = std::env::var("ERRBOOK_FUZZ").map_or(1, |times| times.parse().unwrap());
        let (corpus, words) = (self.corpus(), self.words());
        let run = |input: &[u8]| {
            let _running = Running { name: self.name, input };
            (self.run)(input);
        };
        corpus.iter().for_each(|input| run(input));
        let mut chance = Chance(self.name.bytes().fold(0, |seed, byte| seed << 8 | u64::from(byte)));
        for _ in 0..self.made * times {
            run(&make(&corpus, &words, &mut chance));
        }
    }

    fn corpus(&self) -> Vec<Vec<u8>> {
        let folder = Path::new(self.folder).join("corpus").join(self.name);
        let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| fs::read(path).unwrap()).collect()
    }

    /// Of the fuzzer's dictionary.
    fn words(&self) -> Vec<Vec<u8>> {
        let path = Path::new(self.folder).join(self.name).with_extension("dict");
        let text = fs::read_to_string(path).unwrap();
        text.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"')).map(word).collect()
    }
}

/// Without its escapes: `\x0a`, `\"`, `\\`.
fn word(text: &str) -> Vec<u8> {
    let (mut word, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        word.push(match (first, after) {
            (b'\\', [b'x', digits @ ..]) => {
                rest = &digits[2..];
                u8::from_str_radix(str::from_utf8(&digits[..2]).unwrap(), 16).unwrap()
            }
            (b'\\', [escaped, after @ ..]) => {
                rest = after;
                *escaped
            }
            _ => *first,
        });
    }
    word
}

/// Keeps the input that fails.
struct Running<'i> {
    name: &'static str,
    input: &'i [u8],
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let (package, name) = (env!("CARGO_PKG_NAME"), self.name);
            let path = format!("{}/{package}-{name}", env!("CARGO_TARGET_TMPDIR"));
            let kept = fs::write(&path, self.input);
            println!(
                "{}: ERRBOOK_FUZZ_INPUT={path} cargo test -p {package} --all-features --test corpus {name}",
                kept.map_or_else(|error| error.to_string(), |()| "this input again".to_owned())
            );
        }
    }
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below the end, or zero.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % (end.max(1) as u64)) as usize
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// A part of a text, mostly a short one.
    fn part(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let longest = if self.below(4) == 0 { MAX } else { 8 };
        start..length.min(start + self.below(longest + 1))
    }
}

/// One of the corpus, changed at one to four places.
fn make(corpus: &[Vec<u8>], words: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut input = chance.of(corpus).clone();
    for _ in 0..=chance.below(4) {
        let at = chance.part(input.len());
        match chance.below(6) {
            0 => input.iter_mut().skip(at.start).take(1).for_each(|byte| *byte ^= 1 << chance.below(8)),
            1 => input.iter_mut().skip(at.start).take(1).for_each(|byte| *byte = chance.next() as u8),
            // A cut.
            2 => drop(input.drain(at)),
            // The same twice.
            3 => {
                let part = input[at.clone()].to_vec();
                input.splice(at.end..at.end, part);
            }
            // Words of the target's, in the place of something or of nothing.
            4 => {
                let end = if chance.below(2) == 0 { at.start } else { at.end };
                let new: Vec<_> = (0..=chance.below(3)).map(|_| &chance.of(words)[..]).collect();
                input.splice(at.start..end, new.concat());
            }
            // What goes on as another one does.
            _ => {
                let other = chance.of(corpus);
                input.truncate(at.start);
                input.extend_from_slice(&other[chance.below(other.len() + 1)..]);
            }
        }
        input.truncate(MAX);
    }
    input
}
