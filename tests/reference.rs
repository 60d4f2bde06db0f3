//! What a `doc_url` lands on, and what the page shows, is what the server sends and the client reads.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use errbook::mail::{self, Code};
use errbook::{Api, ErrorResponse};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

fn anchors(page: &str) -> Vec<&str> {
    page.lines().filter_map(|line| line.strip_prefix("<a id=\"")?.strip_suffix("\"></a>")).collect()
}

/// The answers in the fences of a page.
fn examples(page: &str) -> impl Iterator<Item = (StatusCode, HeaderMap, &str)> {
    page.split("```http\n").skip(1).map(|rest| {
        let (head, body) = rest.split_once("\n```").unwrap().0.split_once("\n\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().strip_prefix("HTTP/1.1 ").unwrap().parse().unwrap();
        let header = |line: &str| -> (HeaderName, HeaderValue) {
            let (name, value) = line.split_once(": ").unwrap();
            (name.parse().unwrap(), value.parse().unwrap())
        };
        (status, lines.map(header).collect(), body)
    })
}

fn page<A: Api<Code = Code>>(page: &str) {
    let anchors = anchors(page);
    assert_eq!(anchors.iter().collect::<BTreeSet<_>>().len(), anchors.len(), "anchors are unique");
    for code in A::codes() {
        let url = A::doc_url(*code);
        let (_, fragment) = url.split_once('#').unwrap();
        assert!(anchors.contains(&fragment), "{url} lands nowhere");
    }
    let mut shown = BTreeSet::new();
    for (status, headers, body) in examples(page) {
        let err = ErrorResponse::<A>::parse(status, &headers, body.to_owned());
        let code = err.code().unwrap_or_else(|| panic!("the client can't read {body}"));
        assert_eq!(status.as_u16(), code.status().as_u16());
        assert_eq!(err.retryable(), Some(code.retryable()));
        assert_eq!(err.doc_url(), Some(A::doc_url(code)));
        assert!(headers.contains_key("x-request-id"));
        shown.insert(code);
    }
    assert_eq!(shown.into_iter().collect::<Vec<_>>(), A::codes(), "one example for each code");
    for link in page.split("](#").skip(1) {
        let target = link.split(')').next().unwrap();
        assert!(anchors.contains(&target), "a link to #{target}");
    }
    assert!(!page.contains("{limits."), "a limit is not filled in");
}

#[test]
fn pages() {
    page::<mail::Management>(mail::management::DOCS);
    page::<mail::Sending>(mail::sending::DOCS);
    page::<mail::Inbox>(mail::inbox::DOCS);
}

/// What the README shows of the catalog is what stands in it.
#[test]
fn the_readme_quotes_the_catalog() {
    let (readme, catalog) = (include_str!("../README.md"), include_str!("../errors.yaml"));
    let excerpt = readme.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    for line in excerpt.lines() {
        assert!(catalog.lines().any(|known| known == line), "not in errors.yaml: {line}");
    }
    let answer = readme.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let err = mail::sending::ErrorResponse::parse(
        StatusCode::TOO_MANY_REQUESTS,
        &HeaderMap::new(),
        answer.to_owned(),
    );
    let error = mail::sending::Error::from(mail::code::RateLimitExceeded {
        retry_after: std::time::Duration::from_secs(30),
    });
    let sent: serde_json::Value =
        serde_json::from_slice(&error.answer(err.request_id().unwrap()).body()).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(answer).unwrap(), sent);
}
