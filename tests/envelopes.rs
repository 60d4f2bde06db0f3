//! Envelopes of every shape, written and read: the generator's golden case of that name.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use errbook::{Api, Error, ErrorResponse, Issues, Raise, Raised, RequestId};
use http::{HeaderMap, StatusCode};

mod shapes {
    #![allow(clippy::all, unused)]
    include!("../codegen/tests/cases/envelopes/errbook.rs");
}
use shapes::{Action, Code, Fifth, First, Fourth, Second, Sixth, Third, code};

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
        (Code::Size, code::Size { size: 3, unit: None }.raise()),
        (Code::Size, code::Size { size: u64::MAX, unit: Some("\u{0}".into()) }.raise()),
        (Code::Plan, code::Plan.raise()),
        (Code::Slow, code::Slow.raise()),
        (Code::Slow, code::Slow.retry_after(Duration::from_secs(9)).raise()),
        (Code::Broken, code::Broken.raise()),
    ];
    all.into_iter().filter(|(code, _)| A::emits(*code)).map(|(_, raised)| Any(raised).into()).collect()
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
        assert!(schema.is_valid(&value), "{value}");

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
