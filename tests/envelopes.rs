//! Envelopes of every shape, written and read: the generator's golden case of that name.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use errbook::{Api, Error, ErrorResponse, Issues, Raise, Raised, RequestId};
use http::{HeaderMap, StatusCode};

mod shapes {
    #![allow(clippy::all, unused)]
    include!("../codegen/tests/cases/envelopes/errbook.rs");
}
use shapes::{
    Action, Bare, Code, Fifth, First, Fourth, List, Numbers, Parts, Said, Second, Sixth, Third, Waits, code,
};

/// Whatever it is, raised.
struct Any(Raised);

impl Raise for Any {
    type Codes = ();

    fn raise(self) -> Raised {
        self.0
    }
}

fn every<A: Api<Code = Code>>() -> Vec<Error<A>> {
    let mut issues = Issues::of(code::Several);
    issues.push(code::Bad.at("a"));
    issues.push(code::Size { size: 7, unit: Some("kg".into()) }.at("b"));
    issues.push(code::Size { size: 8, unit: None }.at("b"));
    issues.push(code::Bad.at("c\\").message("\u{F0002}\t"));
    issues.push(code::Bad);
    let all = [
        (Code::Bad, code::Bad.raise()),
        (Code::Bad, code::Bad.at("where \"it\" is").raise()),
        (Code::Bad, code::Bad.message("in \"other\" words \u{F0000}").raise()),
        (Code::Bad, code::Bad.at("\u{F0001}").message("\n").raise()),
        (Code::Several, issues.finish().unwrap_err().raise()),
        (Code::Unnamed, plain().finish().unwrap_err().raise()),
        (Code::Size, code::Size { size: 3, unit: None }.raise()),
        (Code::Size, code::Size { size: u64::MAX, unit: Some("\u{0}".into()) }.raise()),
        (Code::Plan, code::Plan.raise()),
        (Code::Slow, code::Slow.raise()),
        (Code::Slow, code::Slow.retry_after(Duration::from_secs(9)).raise()),
        (Code::Broken, code::Broken.raise()),
    ];
    all.into_iter().filter(|(code, _)| A::emits(*code)).map(|(_, raised)| Any(raised).into()).collect()
}

/// Two issues of one param, one without.
fn plain() -> Issues<code::Unnamed> {
    let mut issues = Issues::of(code::Unnamed);
    issues.push(code::Bad.at("a").message("\"No\""));
    issues.push(code::Bad);
    issues.push(code::Plain.at("a"));
    issues.push(code::Plain.at("a"));
    issues
}

fn check<A: Api<Code = Code>>() {
    let schema = schemars::SchemaGenerator::default().into_root_schema_for::<Error<A>>();
    let schema = jsonschema::draft202012::new(schema.as_value()).unwrap();
    for error in every::<A>() {
        // Serde renders each time what the body is copied from.
        for id in ["", "\"\n", "\u{F0000}\u{F0001}\u{F0002}", &"long ".repeat(100), "req_1"] {
            let answer = error.answer(id);
            let body = String::from_utf8(answer.body()).unwrap();
            assert_eq!(serde_json::to_string(&answer).unwrap(), body, "serde writes the same");
        }
        let answer = error.answer("req_1");
        let body = String::from_utf8(answer.body()).unwrap();
        let value: serde_json::Value =
            serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
        if let Err(error) = schema.validate(&value) {
            panic!("{error}: {value}");
        }

        let (head, body) = answer.into_response().into_parts();
        let err = ErrorResponse::<A>::parse(head.status, &head.headers, body);
        assert_eq!(err.code(), Some(error.code()), "{value}");
        assert_eq!(err.retry_after(), error.retry_after(), "{value}");
        assert_eq!(err.group(), error.code().group());
        if let Some(payload) = error.details::<code::Size>() {
            assert_eq!(err.details(), Some(payload), "{value}");
        }
    }
}

#[test]
fn every_shape_is_written_and_read() {
    check::<First>();
    check::<Second>();
    check::<Third>();
    check::<Fourth>();
    check::<Fifth>();
    check::<Sixth>();
    check::<List>();
    check::<Parts>();
    check::<Numbers>();
    check::<Bare>();
    check::<Said>();
}

fn body<A: Api>(error: impl Into<Error<A>>) -> String {
    String::from_utf8(error.into().answer("req_1").body()).unwrap()
}

fn several<A: Api<Code = Code>>() -> Error<A> {
    let mut issues = Issues::of(code::Several);
    issues.push(code::Bad.at("a"));
    issues.push(code::Size { size: 7, unit: Some("kg".into()) }.at("b"));
    issues.push(code::Size { size: 8, unit: None }.at("b"));
    Any(issues.finish().unwrap_err().raise()).into()
}

/// What a client has of the issues: code, param, message.
fn issues<A: Api<Code = Code>>(err: &ErrorResponse<A>) -> Vec<(Option<&str>, Option<&str>, Option<&str>)> {
    err.issues().iter().map(|issue| (issue.code_str(), issue.param(), issue.message())).collect()
}

#[test]
fn a_list_of_the_error_and_its_issues() {
    assert_eq!(
        body::<List>(several()),
        concat!(
            r#"{"jsonapi":{"version":"1.1"},"errors":["#,
            r#"{"id":"req_1","status":"422","code":"several","detail":"Several.","source":{"pointer":"a"}},"#,
            r#"{"id":"req_1","status":"400","code":"bad","detail":"Bad.","source":{"pointer":"a"}},"#,
            r#"{"id":"req_1","status":"422","code":"size","detail":"7 is too much.","source":{"pointer":"b"},"meta":{"size":7,"unit":"kg"}},"#,
            r#"{"id":"req_1","status":"422","code":"size","detail":"8 is too much.","source":{"pointer":"b"},"meta":{"size":8}}]}"#,
        )
    );
    let err = ErrorResponse::<List>::from(several::<List>());
    assert_eq!(
        issues(&err),
        [
            (Some("bad"), Some("a"), Some("Bad.")),
            (Some("size"), Some("b"), Some("7 is too much.")),
            (Some("size"), Some("b"), Some("8 is too much.")),
        ]
    );
    assert_eq!(err.issues()[1].details(), Some(code::Size { size: 7, unit: Some("kg".into()) }));
    assert_eq!(body::<Bare>(code::Bad.at("x")), r#"[{"errorCode":"bad","message":"Bad.","field":"x"}]"#);
    let slow = code::Slow.retry_after(Duration::from_millis(1_500));
    assert_eq!(body::<Bare>(slow), r#"[{"errorCode":"slow","retryAfter":2,"message":"Slow down."}]"#);

    // Cut off in the first error, and after it; no error at all.
    let text = body::<List>(several());
    let cut = |at: &str| read::<List>(422, &text[..text.find(at).unwrap()]);
    assert_eq!(
        (cut(r#","detail":"Sev"#).code(), cut(r#","detail":"Sev"#).message()),
        (Some(Code::Several), None)
    );
    assert_eq!(cut(r#"},"meta":{"size":8"#).issues().len(), 2);
    assert!(!read::<List>(422, r#"{"jsonapi":{"version":"1.1"},"errors":[]}"#).from_api());
    assert!(!read::<List>(422, r#"{"jsonapi":{"version":"1.1"},"errors":{"code":"bad"}}"#).from_api());
    assert!(!read::<Bare>(422, "[]").from_api());
    assert!(read::<Bare>(422, r#"[{"errorCode":"new"}, 7, null]"#).from_api());
}

#[test]
fn parts_that_are_told_apart_by_their_constants() {
    let head = r#"{"error":{"status":402,"message":"Not in the plan.","details":["#;
    assert_eq!(
        body::<Parts>(code::Plan),
        format!(
            "{head}{}",
            concat!(
                r#"{"@type":"info","reason":"plan","metadata":{"upgrade":true}},"#,
                r#"{"@type":"help","links":[{"url":"https://parts.example/errors#plan"}]},"#,
                r#"{"@type":"nothing","list":[{"a":1,"b":2,"kind":1}]}],"more":["limits"],"schemas":["one",2,true]}}"#,
            )
        )
    );
    // A wait in two units; nothing of a group.
    let slow = body::<Parts>(code::Slow.retry_after(Duration::from_millis(2_500)));
    assert!(slow.contains(r#"{"@type":"retry","delay":"2.5s"},"#), "{slow}");
    assert!(slow.contains(r#""more":[{"kind":"wait","ms":2500}],"#), "{slow}");
    assert!(!body::<Parts>(code::Broken).contains("more"));

    // In another order, with unknown parts, two of a kind, and blanks in the constants.
    let text = r#"{"error":{"status":422,"message":"No.","schemas":[ "one", 2,true ],"details":[
        {"@type":"violations","violations":[{"parts":[{"kind":"where","field":"x"},{"kind":"what","reason":"bad"}]},{"parts":[{"field":"y","kind":"where"},7,{"reason":"new"}]}]}, {"@type":"new","reason":"wrong"}, 7,
        {"reason":"size","metadata":{"size":5},"@type":"info"}, {"@type":"info","reason":"later"},
        {"@type":"retry","delay":"6m0.5s"}]}}"#;
    let err = read::<Parts>(422, text);
    assert_eq!((err.code(), err.message()), (Some(Code::Size), Some("No.")));
    assert_eq!(err.details(), Some(code::Size { size: 5, unit: None }));
    assert_eq!(err.retry_after(), Some(Duration::from_millis(360_500)));
    assert_eq!(issues(&err), [(Some("bad"), Some("x"), None), (None, Some("y"), None)]);
    assert!(!read::<Parts>(422, &text.replace("2,true", "2,false")).from_api());
    // Cut off behind the part with the code.
    let cut = read::<Parts>(422, &text[..text.find(r#"{"@type":"info","reason":"later"#).unwrap() + 9]);
    assert_eq!(cut.code(), Some(Code::Size));
}

#[test]
fn codes_by_number() {
    assert_eq!(
        body::<Numbers>(plain().finish().unwrap_err()),
        concat!(
            r#"{"message":"Unnamed.","number":9,"unless":9,"or_null":9,"#,
            r#""problems":{"a":["\"No\"","Plain."],"":["Bad."]}}"#,
        )
    );
    assert_eq!(Error::<Numbers>::from(code::Bad).answer("").headers()["x-number"], "E-5");
    assert_eq!(Numbers::doc_url(Code::Bad), "https://numbers.example/-5.html");
    let err = ErrorResponse::<Numbers>::from(Error::from(plain().finish().unwrap_err()));
    assert_eq!((err.code(), err.code_str()), (Some(Code::Unnamed), Some("9")));
    assert_eq!(
        issues(&err),
        [(None, Some("a"), Some("\"No\"")), (None, Some("a"), Some("Plain.")), (None, None, Some("Bad."))]
    );
    let text = r#"{"message":"No.","number":"6","problems":{"y":[7,["two"],"three"],"x":"one","z":null}}"#;
    let err = read::<Numbers>(422, text);
    assert_eq!((err.code(), err.code_str()), (Some(Code::Several), Some("6")));
    assert_eq!(issues(&err), [(None, Some("y"), Some("three")), (None, Some("x"), Some("one"))]);
    let cut = read::<Numbers>(422, &text[..text.find(r#"e","z""#).unwrap()]);
    assert_eq!(issues(&cut), [(None, Some("y"), Some("three"))]);
    for other in ["7", "[7]", "null", "{}", r#"{"x":{"y":"z"}}"#] {
        let err = read::<Numbers>(422, &format!(r#"{{"message":"No.","problems":{other},"number":6}}"#));
        assert_eq!((err.code(), err.issues().len()), (Some(Code::Several), 0), "{other}");
    }
    let unknown = read::<Numbers>(422, r#"{"message":"No.","number":-123456789012345678901234567890}"#);
    assert_eq!((unknown.code(), unknown.code_str()), (None, Some("-123456789012345678901234567890")));
    // An answer without a body, as to HEAD: the header tells.
    let mut headers = HeaderMap::new();
    headers.insert("x-number", "E8".parse().unwrap());
    let err = ErrorResponse::<Numbers>::parse(StatusCode::TOO_MANY_REQUESTS, &headers, "");
    assert_eq!((err.code(), err.from_api(), err.message()), (Some(Code::Slow), true, None));
    let page = ErrorResponse::<Numbers>::parse(StatusCode::TOO_MANY_REQUESTS, &headers, "<html>");
    assert_eq!((page.code(), page.from_api()), (None, false));
}

#[test]
fn an_answer_without_a_code() {
    let text = body::<Said>(plain().finish().unwrap_err());
    assert_eq!(text, r#"{"code":"unnamed","message":"Unnamed.","all":["\"No\"","Bad.","Plain."]}"#);
    let err = read::<Said>(404, r#"{"message":"Gone.","all":["one",2,{"a":1},"two"]}"#);
    assert!(err.from_api());
    assert_eq!((err.code(), err.code_str(), err.inferred()), (None, None, Code::Bad));
    assert_eq!((err.message(), err.retryable()), (Some("Gone."), None));
    assert_eq!(err.to_string(), "an error without a code: Gone. (HTTP 404)");
    assert_eq!(issues(&err), [(None, None, Some("one")), (None, None, Some("two"))]);
    assert!(!read::<Said>(404, r#"{"messages":"Gone."}"#).from_api());
    assert!(!read::<Said>(404, r#"{"message":7}"#).from_api());
}

/// A header is bytes: what a server writes into one comes back.
#[test]
fn headers_that_are_not_ascii() {
    let mut headers = HeaderMap::new();
    headers.insert("x-number", "E9".parse().unwrap());
    headers.insert("x-request-id", http::HeaderValue::from_bytes("größe".as_bytes()).unwrap());
    let err = ErrorResponse::<Numbers>::parse(StatusCode::BAD_REQUEST, &headers, "");
    assert_eq!((err.code(), err.request_id()), (Some(Code::Unnamed), Some("größe")));
    headers.insert("x-number", http::HeaderValue::from_bytes(b"E\xFF").unwrap());
    assert!(!ErrorResponse::<Numbers>::parse(StatusCode::BAD_REQUEST, &headers, "").from_api());
}

/// Every unit is the same wait; of several the longest counts.
#[test]
fn waits_in_all_units() {
    let error = Error::<Waits>::from(code::Slow.retry_after(Duration::from_millis(90_500)));
    let answer = error.answer("req_1");
    let body: serde_json::Value = serde_json::from_slice(&answer.body()).unwrap();
    assert_eq!(body["text"], "about 91s");
    let unix = body["unix"].as_u64().unwrap();
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!((now + 88..now + 95).contains(&unix), "{unix}");
    assert!(body["until"].as_str().unwrap().ends_with('Z'), "{body}");
    let headers = answer.headers();
    assert_eq!(headers["x-wait"], "in 90.5s or so");
    assert_eq!(headers["retry-after"], "91");
    assert!(headers["x-until"].to_str().unwrap().starts_with("20"));
    let close = |wait: Option<Duration>| wait.is_some_and(|wait| (88..95).contains(&wait.as_secs()));
    assert!(close(ErrorResponse::<Waits>::from(error.clone()).retry_after()));

    let mut headers = HeaderMap::new();
    headers.insert("date", "Sun, 06 Nov 1994 08:49:00 GMT".parse().unwrap());
    let read = |headers: &HeaderMap, body: &str| {
        ErrorResponse::<Waits>::parse(StatusCode::TOO_MANY_REQUESTS, headers, body.to_owned()).retry_after()
    };
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(read(&headers, r#"{"code":"slow","until":"1994-11-06T10:49:40+02:00"}"#), seconds(40));
    assert_eq!(read(&headers, r#"{"code":"slow","until":784111750}"#), seconds(10));
    assert_eq!(
        read(&headers, r#"{"code":"slow","unix":"784111750.5"}"#),
        Some(Duration::from_millis(10_500))
    );
    assert_eq!(read(&headers, r#"{"code":"slow","unix":784111000}"#), None);
    assert_eq!(read(&headers, r#"{"code":"slow","unix":1e400,"until":[],"text":"about -3s"}"#), None);
    assert_eq!(read(&headers, r#"{"code":"slow","text":"about 2.5s","unix":784111750}"#), seconds(10));
    headers.insert("x-wait", "in 1m30s or so".parse().unwrap());
    assert_eq!(read(&headers, r#"{"code":"slow"}"#), seconds(90));
}

/// The client prefers, the server never refuses.
#[test]
fn an_answer_in_the_content_type_that_is_asked_for() {
    let error = Error::<List>::from(code::Bad.at("x"));
    let content_type = |accept: &str| error.answer("r").accept(accept).headers()["content-type"].clone();
    for accept in [
        "",
        "*/*",
        "application/json",
        "text/html",
        "image/png;q=0",
        "application/*, application/problem+json;q=0.5",
    ] {
        assert_eq!(content_type(accept), "application/json", "{accept}");
    }
    for accept in ["application/problem+json", "application/json;q=0.1, application/problem+json;q=0.2"] {
        assert_eq!(content_type(accept), "application/problem+json", "{accept}");
    }
    let answer = error.answer("r").accept("application/problem+json");
    let body = answer.body();
    assert!(body.starts_with(br#"{"type":"https://list.example/errors#bad","title":"Bad","status":400"#));
    assert_eq!(serde_json::to_vec(&answer).unwrap(), body);
    // Which type it is depends on the request; and half of an answer is worse than another type.
    assert_eq!(answer.headers()["vary"], "accept");
    assert!(!Error::<Bare>::from(code::Bad).answer("r").headers().contains_key("vary"));
    // Headers are of the envelope that is sent; its clients read both.
    assert!(!answer.headers().contains_key("x-error"));
    assert_eq!(error.answer("r").headers()["cache-control"], "no-store");
    let err = ErrorResponse::<List>::parse(StatusCode::BAD_REQUEST, &answer.headers(), body);
    assert_eq!((err.code(), err.param()), (Some(Code::Bad), Some("x")));
}

#[test]
fn keys_that_are_left_out_leave_no_comma() {
    let body = |error: Error<First>| String::from_utf8(error.answer("req_1").body()).unwrap();
    assert_eq!(body(code::Bad.into()), r#"{"code":"bad","details":{}}"#);
    assert_eq!(body(code::Bad.at("x").into()), r#"{"param":"x","code":"bad","details":{}}"#);
    assert_eq!(body(code::Plan.into()), r#"{"group":"limits","code":"plan","details":{"upgrade":true}}"#);
    let wait = Duration::from_millis(1);
    assert_eq!(body(code::Slow.retry_after(wait).into()), r#"{"code":"slow","details":{},"wait":1}"#);
    assert_eq!(
        String::from_utf8(Error::<Third>::from(code::Plan).answer("req_1").body()).unwrap(),
        r#"{"upgrade":true,"error":"plan"}"#
    );
}

#[test]
fn constants_and_an_empty_list() {
    let error = Error::<Second>::from(code::Broken);
    assert_eq!(
        String::from_utf8(error.answer("req_1").body()).unwrap(),
        concat!(
            r#"{"quoted \"key\"":"text with \"quotes\" and \\","version":3,"exact":-1.5,"failed":true,"#,
            r#""error":{"id":"broken","title":"Broken","status":500,"next":"contact_support","#,
            r#""see":"https://two.example/errors/broken?lang=en","retry":true,"issues":[],"request":"req_1","#,
            r#""text":"Broken."}}"#,
        )
    );
    assert_eq!(error.answer("req_1").headers()["content-type"], "application/vnd.shapes+json");

    // An API that sends its errors with 200: the constants tell.
    let response = error.answer("req_1").into_response();
    assert_eq!((error.status().as_u16(), response.status()), (500, StatusCode::OK));
    let err = ErrorResponse::<Second>::check(response.status(), response.headers(), response.body().clone())
        .unwrap_err();
    assert_eq!((err.code(), err.expected_status()), (Some(Code::Broken), None));
}

#[test]
fn nulls_and_mappings_that_are_left_out() {
    let body = |error: Error<Fifth>| String::from_utf8(error.answer("req_1").body()).unwrap();
    let head = r#"{"version":null,"warnings":[],"data":{},"#;
    assert_eq!(
        body(code::Bad.into()),
        format!(r#"{head}"target":null,"problem":{{"code":"bad","status":"400","all":null}},"wait":null}}"#)
    );
    assert_eq!(
        body(code::Size { size: 3, unit: None }.at("a").into()),
        format!(
            r#"{head}"target":"a","problem":{{"code":"size","status":"422","details":{{"size":3}},"all":null}},"wait":null}}"#
        )
    );
    assert_eq!(
        body(code::Slow.retry_after(Duration::from_millis(1_500)).into()),
        format!(
            r#"{head}"target":null,"extra":{{"kind":"detail","wait":1500}},"problem":{{"code":"slow","status":"429","all":null}},"wait":1500}}"#
        )
    );
    let mut issues = Issues::of(code::Several);
    issues.push(code::Bad.at("a"));
    issues.push(code::Size { size: 7, unit: None });
    assert_eq!(
        body(issues.finish().unwrap_err().into()),
        format!(
            r#"{head}"target":"a","problem":{{"code":"several","status":"422","all":[{{"code":"bad","target":"a","details":{{}}}},{{"code":"size","target":null,"details":{{"size":7}}}}]}},"wait":null}}"#
        )
    );

    // A wait that only the body tells, to the millisecond; a list as a constant, with blanks in it.
    let text =
        r#"{"version":null,"warnings":[ ],"extra":{"kind":"detail","wait":"250"},"problem":{"code":"slow"}}"#;
    assert_eq!(read::<Fifth>(429, text).retry_after(), Some(Duration::from_millis(250)));
    assert_eq!(read::<Fifth>(429, &text.replace("[ ]", "[1]")).code(), None);
    assert_eq!(read::<Fifth>(429, &text.replace("null", "0")).code(), None);
    assert_eq!(Error::<Fifth>::from(code::Bad).answer("req_1").headers()["x-status"], "400");
}

#[test]
fn placeholders_in_texts() {
    let error = Error::<Sixth>::from(code::Size { size: 3, unit: None }.at("a\"b").message("\"no\""));
    assert_eq!(
        String::from_utf8(error.answer("req_1").body()).unwrap(),
        concat!(
            r#"{"type":"urn:shapes:error:size","link":"see \"https://six.example/errors#size\" \\ now","#,
            r#""said":"it says: \"no\"","where":"at a\"b","ticket":"req_1!","number":"E-422","price":"5 $","size":3}"#,
        )
    );
    let err = ErrorResponse::<Sixth>::from(error);
    assert_eq!((err.param(), err.message()), (Some("a\"b"), Some("\"no\"")));
    assert_eq!(err.doc_url().as_deref(), Some("https://six.example/errors#size"));

    // What is around the place is a constant.
    let code_of = |body: &str| read::<Sixth>(400, body).code_str().map(str::to_owned);
    assert_eq!(code_of(r#"{"type":"urn:shapes:error:n\u0065w","price":"5 $"}"#).as_deref(), Some("new"));
    assert_eq!(code_of(r#"{"type":"urn:others:error:bad","price":"5 $"}"#), None);
    assert_eq!(code_of(r#"{"type":7,"price":"5 $"}"#), None);
    assert_eq!(code_of(r#"{"type":"urn:shapes:error:","price":"5 $"}"#).as_deref(), Some(""));
    assert_eq!(
        read::<Sixth>(400, r#"{"type":"urn:shapes:error:bad","where":null,"price":"5 $"}"#).param(),
        None
    );
}

/// An API that has changed its envelope writes the new one, and its clients read the old ones, too.
#[test]
fn several_envelopes_of_one_api() {
    let new = Error::<Sixth>::from(code::Bad).answer("req_1").body();
    assert!(new.starts_with(br#"{"type":"urn:shapes:error:bad""#));
    for (body, message) in [
        (new, "Bad."),
        (Error::<Second>::from(code::Bad).answer("req_2").body(), "Bad."),
        (Error::<Third>::from(code::Bad).answer("req_3").body(), ""),
    ] {
        let err = read::<Sixth>(400, std::str::from_utf8(&body).unwrap());
        assert_eq!((err.code(), err.message().unwrap_or_default()), (Some(Code::Bad), message));
    }
    let several = every::<Second>().into_iter().find(|error| error.is(Code::Several)).unwrap();
    let body = String::from_utf8(several.answer("req_4").body()).unwrap();
    let err = read::<Sixth>(422, &body);
    assert_eq!(
        (err.request_id(), err.issues().len(), err.issues()[0].param()),
        (Some("req_4"), 5, Some("a"))
    );
    assert!(!read::<Sixth>(422, r#"{"failed":true}"#).from_api());

    // A failure that the old envelope declares, with a status of success; `fields_only` declares none.
    let check = |body: &str| {
        ErrorResponse::<Sixth>::check(StatusCode::OK, &HeaderMap::new(), body.to_owned()).is_ok()
    };
    assert!(!check(&body) && check(r#"{"error":"bad"}"#));
}

#[test]
fn headers_of_an_envelope() {
    let error = Error::<First>::from(code::Slow.retry_after(Duration::from_secs(5)));
    let headers = error.answer("req_1").headers();
    assert_eq!(
        (&headers["x-error-code"], &headers["x-retry"], &headers["retry-after"]),
        (&"slow".parse().unwrap(), &"5".parse().unwrap(), &"5".parse().unwrap())
    );
    assert!(!Error::<First>::from(code::Bad).answer("req_1").headers().contains_key("x-retry"));
}

/// The first issue's fields come back from the list, with its typed payload.
#[test]
fn issues_with_fields() {
    let several = every::<Second>().into_iter().find(|error| error.is(Code::Several)).unwrap();
    let err = ErrorResponse::<Second>::from(several);
    assert_eq!(err.issues().len(), 5);
    let size: Option<code::Size> = err.issues()[1].details();
    assert_eq!(size, Some(code::Size { size: 7, unit: Some("kg".into()) }));
    assert_eq!(err.issues()[2].member("size"), Some(8.into()));
}

fn read<A: Api>(status: u16, body: &str) -> ErrorResponse<A> {
    ErrorResponse::parse(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.to_owned())
}

/// An older client knows what to do about a code that it doesn't know, where the answer says so.
#[test]
fn an_unknown_code_has_the_action_that_the_answer_names() {
    let body = read::<Second>(402, "{}");
    assert_eq!(body.action(), None);
    let text = r#"{"quoted \"key\"":"text with \"quotes\" and \\","version":3,"exact":-1.5,"failed":true,"error":{"id":"new","next":"wait"}}"#;
    let err = read::<Second>(402, text);
    assert_eq!((err.code_str(), err.action()), (Some("new"), Some(Action::Wait)));
}

/// And its group, where the answer names that.
#[test]
fn an_unknown_code_is_of_the_group_that_the_answer_names() {
    let group = |body: &str| read::<First>(418, body).group();
    assert_eq!(group(r#"{"code":"new","group":"limits","details":{}}"#), Some(shapes::Group::Limits));
    assert_eq!(group(r#"{"code":"new","group":"new","details":{}}"#), None);
    assert_eq!(group(r#"{"code":"new","group":7,"details":{}}"#), None);
}

/// A mapping that may be absent is another one where a constant in it differs; that costs the answer nothing.
#[test]
fn an_optional_mapping_of_another_kind() {
    let text = r#"{"version":null,"warnings":[],"data":{},"extra":EXTRA,"problem":{"code":"slow"}}"#;
    let read = |extra: &str| read::<Fifth>(429, &text.replace("EXTRA", extra));
    for extra in [r#"{"wait":9,"kind":"new"}"#, r#"{"kind":7,"wait":9}"#, "7", "[]", "null", "\"detail\""] {
        let err = read(extra);
        assert_eq!((err.code(), err.retry_after()), (Some(Code::Slow), None), "{extra}");
    }
    assert_eq!(read(r#"{"wait":9,"kind":"detail"}"#).retry_after(), Some(Duration::from_millis(9)));
}

/// Some APIs send with every answer when their rate limit starts anew.
#[test]
fn a_wait_in_a_header_is_of_codes_that_ask_for_one() {
    let mut headers = HeaderMap::new();
    headers.insert("x-wait", "in 9s or so".parse().unwrap());
    let wait = |body: &str| {
        let err = ErrorResponse::<Waits>::parse(StatusCode::BAD_REQUEST, &headers, body.to_owned());
        err.retry_after().map(|wait| wait.as_secs())
    };
    assert_eq!((wait(r#"{"code":"slow"}"#), wait(r#"{"code":"new"}"#)), (Some(9), Some(9)));
    assert_eq!(wait(r#"{"code":"bad"}"#), None);
    assert_eq!(wait(r#"{"code":"bad","text":"about 5s"}"#), Some(5));
    assert_eq!(wait(r#"{"code":"bad","unix":4}"#), None);
}

/// The digits before a break are another number.
#[test]
fn a_number_that_breaks_off_is_dropped() {
    let code = |body: &str| read::<Numbers>(400, body).code_str().map(str::to_owned);
    assert_eq!(code(r#"{"message":"No.","number":66"#), None);
    assert_eq!(code(r#"{"message":"No.","number":66,"#).as_deref(), Some("66"));
    assert_eq!(read::<Waits>(429, r#"{"code":"slow","unix":99999999999"#).retry_after(), None);
    let err = read::<Third>(422, r#"{"error":"size","size":12"#);
    assert_eq!((err.code(), err.member("size")), (Some(Code::Size), None));
}

/// An envelope may have room for the words alone.
#[test]
fn issues_are_told_apart_by_their_words() {
    let mut issues = Issues::of(code::Unnamed);
    for message in ["No text.", "No list.", "No text."] {
        issues.push(code::Bad.message(message));
    }
    let text = body::<Said>(issues.finish().unwrap_err());
    assert_eq!(text, r#"{"code":"unnamed","message":"Unnamed.","all":["No text.","No list."]}"#);
}

/// A flag says enough: an API may forget its code, and break off behind the flag.
#[test]
fn a_declared_failure_needs_no_code() {
    let check =
        |body: &str| ErrorResponse::<Second>::check(StatusCode::OK, &HeaderMap::new(), body.to_owned());
    let flagged = r#"{"quoted \"key\"":"text with \"quotes\" and \\","version":3,"exact":-1.5,"failed":true"#;
    for end in ["}", r#","error":{}}"#, r#","err"#] {
        let err = check(&format!("{flagged}{end}")).unwrap_err();
        assert_eq!((err.code(), err.from_api()), (None, false), "{end}");
    }
    assert!(check(&format!("{}}}", flagged.replace("true", "false"))).is_ok());
    assert!(check("{}").is_ok() && check("[]").is_ok() && check("true").is_ok());
}

/// The same number, written otherwise, is the same constant.
#[test]
fn constants_are_compared_by_value() {
    let text = r#"{"quoted \"key\"":"text with \"quotes\" and \\","version":3.0,"exact":-15e-1,"failed":true,"error":{"id":"bad"}}"#;
    assert_eq!(read::<Second>(400, text).code(), Some(Code::Bad));
    assert_eq!(read::<Second>(400, &text.replace("true", "false")).code(), None);
}

/// What `check` takes for a declared failure: the text and the flag of `Second`; nothing in `Fourth`.
#[test]
fn a_success_is_no_failure() {
    let check = |status: u16, body: &str| {
        let status = StatusCode::from_u16(status).unwrap();
        ErrorResponse::<Fourth>::check(status, &HeaderMap::new(), body.to_owned()).is_ok()
    };
    assert!(check(200, r#"{"code":"bad"}"#) && check(204, ""));
    for status in [101, 301, 304, 400, 404, 500, 600, 999] {
        assert!(!check(status, "<title>log in</title>"), "{status}");
    }
}

#[test]
fn ids_of_one_s_own() {
    assert_eq!(RequestId::from_text("req-7").unwrap().as_str(), "req-7");
    assert_eq!(RequestId::from_text("req 7"), None);
}

/// What a handler writes around a service: the API's own type, the other one, or a page.
#[test]
fn a_handler_writes_what_is_accepted() {
    let handler = errbook::ErrorHandler::<List>::new();
    for (accept, expected) in [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("image/png", "application/json"),
        ("application/problem+json", "application/problem+json"),
        ("application/problem+json, text/html;q=0.9", "application/problem+json"),
        ("text/html, application/problem+json;q=0.9", "text/html; charset=utf-8"),
        ("text/html, application/problem+json", "application/problem+json"),
    ] {
        let mut headers = HeaderMap::from_iter([(http::header::ACCEPT, accept.parse().unwrap())]);
        let head = handler.read(&http::Method::GET, &mut headers);
        let mut response = http::Response::new(bytes::Bytes::from_static(b"no such thing"));
        *response.status_mut() = StatusCode::NOT_FOUND;
        handler.finish(&mut response, &head);
        assert_eq!(response.headers()["content-type"], expected, "{accept}");
        assert_eq!(response.headers()["vary"], "accept");
    }
}

#[test]
fn the_status_is_that_of_the_envelope_which_is_preferred() {
    let handler = errbook::ErrorHandler::<Sixth>::new();
    let error = Error::<Sixth>::for_status(500);
    for (accept, status) in [("*/*", 500), ("application/vnd.shapes+json", 200)] {
        let request = http::Request::get("/").header("accept", accept).body(()).unwrap();
        let head = handler.read(&http::Method::GET, &mut request.headers().clone());
        assert_eq!(error.answer("r").accept(accept).status(), status);
        assert_eq!(handler.answer(&error, &head).status(), status, "{accept}");

        let mut response = http::Response::new(bytes::Bytes::new());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        handler.finish(&mut response, &head);
        assert_eq!(response.status(), status, "{accept}");
    }
}
