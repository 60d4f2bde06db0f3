//! Any bytes are a request or have an answer that says why not, bounded, whatever the type. The property tests and the
//! corpus of the crate itself run it, too.

use std::collections::{BTreeMap, HashMap};

use errbook::mail::{Sending, sending};
use errbook::request;
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub fn run(body: &[u8]) {
    read::<Email>(body);
    read::<Kinds>(body);
    read::<Buffered>(body);
    read::<Custom>(body);
    read::<Nest>(body);
    read::<Vec<Email>>(body);
    if let Err(error) = request::form::<Sending, Listing>(body) {
        is_sound(&error);
    }
    if let Err(error) = request::form::<Sending, Vec<(String, String)>>(body) {
        is_sound(&error);
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) {
    let read = request::json::<Sending, T>(body);
    assert_eq!(read.is_ok(), serde_json::from_slice::<T>(body).is_ok());
    if let Err(error) = read {
        is_sound(&error);
        // That is what is said where serde_json finds something and our reader doesn't.
        assert_ne!(error.message(), "The body has an invalid value.", "{error:?}");
    }
}

fn is_sound(error: &sending::Error) {
    assert_eq!(error.status().as_u16(), 400);
    let answer = String::from_utf8(error.answer("req_1").body()).expect("UTF-8");
    assert!(answer.len() < 256 * 1024, "{} bytes", answer.len());
    assert!(!answer.contains("secret"), "what a type says is sent: {answer}");
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
pub struct Email {
    to: Address,
    cc: Option<Vec<Address>>,
    priority: Priority,
    #[serde(default)]
    attempts: u8,
    id: Option<std::net::Ipv4Addr>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Address {
    email: String,
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    Low,
    High,
}

/// All kinds of values.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
#[allow(dead_code)]
pub struct Kinds {
    byte: u8,
    small: i16,
    big: u64,
    huge: u128,
    ratio: f32,
    flag: bool,
    letter: char,
    pair: (u8, String),
    three: [i8; 3],
    nothing: (),
    map: HashMap<String, u8>,
    #[serde(rename = "byNumber")]
    by_number: BTreeMap<u16, bool>,
    not_zero: Option<std::num::NonZeroU8>,
    raw: Option<Box<serde_json::value::RawValue>>,
    any: serde_json::Value,
    shape: Option<Shape>,
    #[serde(alias = "label")]
    title: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code)]
pub enum Shape {
    None,
    Circle(f64),
    Line(u8, u8),
    Box { width: u8, height: u8 },
}

/// What serde buffers.
#[derive(Debug, Deserialize)]
#[allow(dead_code)]
pub struct Buffered {
    #[serde(default)]
    blocks: Vec<Block>,
    #[serde(default)]
    either: Option<Either>,
    page: Option<Paged>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
#[allow(dead_code)]
pub enum Block {
    Text { text: String, size: u8 },
    Image { to: Address },
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code)]
pub enum Either {
    Number { number: u8, unit: String },
    Text(String),
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
pub struct Paged {
    filter: String,
    #[serde(flatten)]
    page: Page,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
pub struct Page {
    number: u8,
    size: u8,
}

/// Types that read themselves, some of which take anything.
#[derive(Debug, Deserialize)]
#[allow(dead_code)]
pub struct Custom {
    even: Even,
    evens: Option<Vec<Even>>,
    #[serde(default, deserialize_with = "or_default")]
    lenient: Vec<u8>,
    host: std::net::IpAddr,
    inner: Inner,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
pub struct Inner {
    even: Even,
    last: u8,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "u8")]
pub struct Even(#[allow(dead_code)] u8);

impl TryFrom<u8> for Even {
    type Error = String;

    fn try_from(number: u8) -> Result<Even, String> {
        // No dummy is.
        match number.is_multiple_of(2) && number > 99 {
            true => Ok(Even(number)),
            false => Err(format!("secret: {number} is odd")),
        }
    }
}

fn or_default<'de, D: serde::Deserializer<'de>, T: DeserializeOwned + Default>(
    reader: D,
) -> Result<T, D::Error> {
    Ok(T::deserialize(reader).unwrap_or_default())
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
pub struct Listing {
    page: Option<u32>,
    sort: Option<Priority>,
    #[serde(default)]
    tag: Vec<String>,
    strict: bool,
    ratio: Option<f64>,
}

/// What holds itself.
#[derive(Debug, Deserialize)]
#[allow(dead_code)]
pub struct Nest {
    pub inside: Vec<Nest>,
    pub tree: Option<Box<Tree>>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
pub enum Tree {
    Not(Box<Tree>),
    And(Box<Tree>, Box<Tree>),
    Leaf(bool),
}
