//! An answer takes four times `max_body` at most, whatever stands in its body and however long that is.
//!
//! The input is a body with a part between two zero bytes, `{"errors":[␀{"code":"a"},␀{}]}`, which is repeated until the body
//! is about as long as the bound, or longer. A byte of 1 in the part is the number of the repetition.

use std::marker::PhantomData;

use allocation_counter::measure;
use bytes::Bytes;
use errbook::__private::{ApiInfo, Rendered};
use errbook::mail::{Inbox, Management, Sending};
use errbook::{Api, ErrorResponse};
use http::{HeaderMap, StatusCode};

/// The generator's golden case with envelopes of every shape.
#[allow(clippy::all, unused)]
mod envelopes {
    include!("../../codegen/tests/cases/envelopes/errbook.rs");
}
use envelopes::{Bare, List, Numbers, Parts, Said};

pub(crate) fn run(input: &[u8]) {
    bounded::<{ 64 * 1024 }>(input);
}

/// With this `max_body`.
pub(crate) fn bounded<const MAX: usize>(input: &[u8]) {
    // One that is read to its end, one that breaks off at the bound.
    for length in [MAX - MAX / 16, MAX + MAX / 2] {
        let body = Bytes::from(repeated(input, length));
        for (api, peak) in [
            ("sending", peak::<Sending, MAX>(&body)),
            ("inbox", peak::<Inbox, MAX>(&body)),
            ("management", peak::<Management, MAX>(&body)),
            ("list", peak::<List, MAX>(&body)),
            ("parts", peak::<Parts, MAX>(&body)),
            ("said", peak::<Said, MAX>(&body)),
            ("bare", peak::<Bare, MAX>(&body)),
            ("numbers", peak::<Numbers, MAX>(&body)),
        ] {
            assert!(peak <= 4 * MAX as u64, "{} bytes of {MAX} as {api}: {peak}", body.len());
        }
    }
}

fn repeated(input: &[u8], length: usize) -> Vec<u8> {
    let mut parts = input.splitn(3, |byte| *byte == 0);
    let mut next = || parts.next().unwrap_or_default();
    let (mut body, part, after) = (next().to_vec(), next(), next());
    for number in 0.. {
        if part.is_empty() || body.len() + after.len() >= length {
            break;
        }
        for byte in part {
            match byte {
                1 => body.extend(format!("{number}").bytes()),
                _ => body.push(*byte),
            }
        }
    }
    body.extend(after);
    body
}

fn peak<A: Api, const MAX: usize>(body: &Bytes) -> u64 {
    let headers = HeaderMap::new();
    let parsed = [StatusCode::BAD_REQUEST, StatusCode::TOO_MANY_REQUESTS].map(|status| {
        let body = body.clone();
        measure(|| drop(ErrorResponse::<UpTo<MAX, A>>::parse(status, &headers, body))).bytes_max
    });
    let body = body.clone();
    let checked = measure(|| drop(ErrorResponse::<UpTo<MAX, A>>::check(StatusCode::OK, &headers, body)));
    parsed.into_iter().fold(checked.bytes_max, u64::max)
}

/// The API, with this `max_body`.
#[derive(Debug)]
struct UpTo<const MAX: usize, A>(PhantomData<A>);

impl<const MAX: usize, A: Api> Api for UpTo<MAX, A> {
    type Code = A::Code;

    const INFO: &'static ApiInfo<A::Code> = A::INFO;

    fn max_body() -> usize {
        MAX
    }

    fn rendered() -> &'static Rendered {
        A::rendered()
    }
}
