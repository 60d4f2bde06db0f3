//! The text of a code as the code.

use std::collections::HashMap;
use std::hint::black_box;
use std::ops::Range;
use std::str::FromStr;

use errbook::ErrorCode;
use errbook::mail::Code as Mail;

use crate::{Case, Group};
use large::catalog::Code as Large;
use medium::catalog::Code as Medium;

mod mail {
    include!(concat!(env!("OUT_DIR"), "/mail_peers.rs"));
}

mod medium {
    include!(concat!(env!("OUT_DIR"), "/medium_peers.rs"));

    pub(crate) mod catalog {
        #![allow(unreachable_pub)] // as in the root of a catalog crate
        include!(concat!(env!("OUT_DIR"), "/medium/errbook.rs"));
    }
}

mod large {
    include!(concat!(env!("OUT_DIR"), "/large_peers.rs"));

    pub(crate) mod catalog {
        #![allow(unreachable_pub)] // as in the root of a catalog crate
        include!(concat!(env!("OUT_DIR"), "/large/errbook.rs"));
    }
}

/// So many texts are looked up in one run: too many for a processor to learn their order.
const TEXTS: usize = 4096;

pub(crate) fn groups() -> Vec<Group> {
    vec![
        lookups::<Mail>(
            "codes, mail, hits",
            &mail::TEXTS,
            mail::by_match,
            &mail::PHF,
            by_strum::<mail::Strum>,
            hit,
        ),
        lookups::<Mail>(
            "codes, mail, near",
            &mail::TEXTS,
            mail::by_match,
            &mail::PHF,
            by_strum::<mail::Strum>,
            near,
        ),
        lookups::<Mail>(
            "codes, mail, misses",
            &mail::TEXTS,
            mail::by_match,
            &mail::PHF,
            by_strum::<mail::Strum>,
            miss,
        ),
        lookups::<Medium>(
            "codes, medium, hits",
            &medium::TEXTS,
            medium::by_match,
            &medium::PHF,
            by_strum::<medium::Strum>,
            hit,
        ),
        lookups::<Medium>(
            "codes, medium, near",
            &medium::TEXTS,
            medium::by_match,
            &medium::PHF,
            by_strum::<medium::Strum>,
            near,
        ),
        lookups::<Medium>(
            "codes, medium, misses",
            &medium::TEXTS,
            medium::by_match,
            &medium::PHF,
            by_strum::<medium::Strum>,
            miss,
        ),
        lookups::<Large>(
            "codes, large, hits",
            &large::TEXTS,
            large::by_match,
            &large::PHF,
            by_strum::<large::Strum>,
            hit,
        ),
        lookups::<Large>(
            "codes, large, near",
            &large::TEXTS,
            large::by_match,
            &large::PHF,
            by_strum::<large::Strum>,
            near,
        ),
        lookups::<Large>(
            "codes, large, misses",
            &large::TEXTS,
            large::by_match,
            &large::PHF,
            by_strum::<large::Strum>,
            miss,
        ),
    ]
}

fn lookups<C: ErrorCode>(
    name: &'static str,
    texts: &'static [&'static str],
    by_match: impl Fn(&str) -> Option<u16> + Copy + 'static,
    phf: &'static phf::Map<&'static str, u16>,
    strum: impl Fn(&str) -> Option<u16> + Copy + 'static,
    make: fn(&str, &mut Random) -> String,
) -> Group {
    let map: HashMap<&'static str, u16> = texts.iter().copied().zip(0..).collect();
    let keys = Keys::new(texts, make);
    for key in keys.iter() {
        let expected = texts.iter().position(|text| *text == key);
        assert_eq!(C::from_text(key).map(ErrorCode::as_str), expected.map(|at| texts[at]));
        for found in [by_match(key), phf.get(key).copied(), strum(key), map.get(key).copied()] {
            assert_eq!(found.map(usize::from), expected);
        }
    }
    let cases = vec![
        case("errbook", &keys, C::from_text),
        case("match", &keys, by_match),
        case("phf", &keys, |key| phf.get(key).copied()),
        case("strum", &keys, strum),
        case("HashMap", &keys, move |key| map.get(key).copied()),
        case("no lookup", &keys, |key| Some(key.len())),
    ];
    Group { name, cases }
}

/// The variants are numbered in the order of the texts.
fn by_strum<E: FromStr + Into<u16>>(text: &str) -> Option<u16> {
    text.parse::<E>().ok().map(E::into)
}

fn case<T>(name: &'static str, keys: &Keys, find: impl Fn(&str) -> Option<T> + 'static) -> Case {
    let keys = keys.clone();
    Case::of_many(name, TEXTS, move || {
        for key in keys.iter() {
            black_box(find(black_box(key)));
        }
    })
}

/// Texts one behind the other, as in bodies: none of them is the static text of the catalog.
#[derive(Clone)]
struct Keys {
    text: String,
    places: Vec<Range<usize>>,
}

impl Keys {
    fn new(texts: &[&str], make: fn(&str, &mut Random) -> String) -> Keys {
        let mut random = Random(1);
        let mut keys = Keys { text: String::new(), places: Vec::new() };
        for _ in 0..TEXTS {
            let key = make(texts[random.below(texts.len())], &mut random);
            let start = keys.text.len();
            keys.text.push_str(&key);
            keys.places.push(start..keys.text.len());
        }
        keys
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|place| &self.text[place.clone()])
    }
}

fn hit(code: &str, _: &mut Random) -> String {
    code.to_owned()
}

/// A code with another letter somewhere.
fn near(code: &str, random: &mut Random) -> String {
    let at = random.below(code.len());
    let other = if code[at..].starts_with('x') { "y" } else { "x" };
    format!("{}{other}{}", &code[..at], &code[at + 1..])
}

/// Letters, as many as the code has, and up to seven more.
fn miss(code: &str, random: &mut Random) -> String {
    let length = code.len() + random.below(8);
    (0..length).map(|_| char::from(b'a' + random.below(26) as u8)).collect()
}

/// The same numbers each time (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end
    }
}
