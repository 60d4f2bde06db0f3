//! What a file means: defaults, groups, limits, and who answers with what.

use super::check;
use crate::catalog::{
    Absent, Api, Applied, ByFault, Catalog, Code, DocHole, Example, HeaderRule, Literal, Member, Part,
    Placeholder, Presence, Retry, Template,
};

const FILE: &str = r#"errbook: 1
name: mail
envelopes:
  nested:
    headers: {X-Request-Id: $request_id}
    body:
      ok: false
      error: {code: $code, param: $param?, errors: $errors?, ..: $fields}
apis:
  sending: {docs: "https://mail.example/sending"}
  inbox:
    title: Inbox API
    docs: https://mail.example/{code}.html
    envelope: problem
    doc: 'At most {limits.items} of `{"x": {}}`.'
    by_status: {413: too_large, 404: gone}
actions:
  restock: {text: Order more., url: "https://mail.example/more"}
  wait: {url: "https://mail.example/wait"}
limits: {items: 10, body: 25 MB, page: 4 KiB}
by_status: {404: sending_only, 4xx: invalid, 5xx: broken}
groups:
  plan:
    status: 402
    retryable: false
    message: The plan is too small.
    action: upgrade_plan
    fix: Move to a plan with {limits.items}.
    fields: {upgrade: {const: true}, size: u32?}
    headers: {X-Plan: optional}
codes:
  invalid: {status: 400, retryable: false, message: Wrong.}
  broken: {status: 500, retryable: true, message: Broken.}
  sending_only: {apis: [sending], status: 404, retryable: false, message: Not here.}
  gone: {apis: [inbox], status: 404, retryable: false, message: Gone., anchor: away}
  too_large: {apis: [inbox], status: 413, retryable: false, message: "Over {limits.body}, {{so}}."}
  no_room:
    group: plan
    apis: [inbox]
    headers: {X-Plan: never}
    fields: {size: u64, left: {type: seconds, example: 2.5}}
    message: "{left} of {size}"
  small: {group: plan, apis: [inbox], action: restock}
  no_key: {status: 401, retryable: false, message: Sign in.}
  no_method: {status: 405, retryable: false, message: Not so.}
  slow: {status: 429, retryable: true, message: Slow down., headers: {Retry-After: required}}
  2202E: {status: 503, retryable: true, retry: {first: never, repeat: backoff}, message: No., param: required}
retired:
  old: {since: 1.10, use: gone, apis: [inbox]}
"#;

fn catalog() -> Catalog {
    check("errors.yaml", FILE).unwrap_or_else(|report| panic!("{report}"))
}

fn code<'c>(catalog: &'c Catalog, name: &str) -> &'c Code {
    catalog.codes.iter().find(|code| code.code == name).expect("a code of the file")
}

#[test]
fn limits_are_numbers_and_texts() {
    let catalog = catalog();
    let limits: Vec<_> =
        catalog.limits.iter().map(|limit| (limit.rust.as_str(), limit.value, limit.text.as_str())).collect();
    assert_eq!(limits, [("ITEMS", 10, "10"), ("BODY", 25_000_000, "25 MB"), ("PAGE", 4096, "4 KiB")]);
    assert_eq!(code(&catalog, "too_large").message, [Part::Text("Over 25 MB, {so}.".to_owned())]);
    assert_eq!(catalog.apis[1].doc.as_deref(), Some("At most 10 of `{\"x\": {}}`."));
    assert_eq!(code(&catalog, "small").fix.as_deref(), Some("Move to a plan with 10."));
}

#[test]
fn a_code_is_merged_over_its_group() {
    let catalog = catalog();
    let small = code(&catalog, "small");
    assert_eq!((small.status, small.retryable, small.group), (402, false, Some(0)));
    assert_eq!(small.headers.len(), 1);
    assert_eq!(small.message, [Part::Text("The plan is too small.".to_owned())]);

    let no_room = code(&catalog, "no_room");
    let fields: Vec<_> = no_room.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(fields, ["upgrade", "size", "left"]);
    assert_eq!(no_room.message, [Part::Field(2), Part::Text(" of ".to_owned()), Part::Field(1)]);
    assert_eq!(no_room.fields[2].example, Some(Example::Single(Literal::Number("2.5".to_owned()))));
    assert!(no_room.headers.is_empty());

    let group = &catalog.groups[0];
    assert_eq!((group.title.as_str(), group.statuses.as_slice()), ("Plan", &[402][..]));
    assert_eq!(group.constants, [("upgrade".to_owned(), Literal::Bool(true))]);
}

#[test]
fn defaults_follow_the_status() {
    let catalog = catalog();
    let actions = |name: &str| catalog.actions[code(&catalog, name).action].name.as_str();
    assert_eq!(actions("invalid"), "fix_request");
    assert_eq!(actions("no_key"), "authenticate");
    assert_eq!(actions("slow"), "wait");
    assert_eq!(actions("broken"), "contact_support");
    assert_eq!(actions("small"), "restock");
    let names: Vec<_> = catalog.actions.iter().map(|action| action.name.as_str()).collect();
    assert_eq!(names, ["fix_request", "authenticate", "upgrade_plan", "wait", "contact_support", "restock"]);
    assert_eq!(catalog.actions[3].url.as_deref(), Some("https://mail.example/wait"));

    let retry = |name: &str| (code(&catalog, name).retry.first, code(&catalog, name).retry.repeat);
    assert_eq!(retry("invalid"), (Retry::Never, Retry::Never));
    assert_eq!(retry("broken"), (Retry::Backoff, Retry::Backoff));
    assert_eq!(retry("slow"), (Retry::Throttle, Retry::Throttle));
    assert_eq!(retry("2202E"), (Retry::Never, Retry::Backoff));
    assert_eq!(code(&catalog, "broken").applied, Applied::Maybe);
    assert_eq!(code(&catalog, "2202E").applied, Applied::No);
    assert_eq!(code(&catalog, "invalid").param, Presence::Optional);
    assert_eq!(code(&catalog, "no_key").param, Presence::Never);

    let header = |name: &str| {
        code(&catalog, name).headers.iter().map(|h| (h.name.clone(), h.rule.clone())).collect::<Vec<_>>()
    };
    assert_eq!(header("no_key"), [("www-authenticate".to_owned(), HeaderRule::Default("Bearer".to_owned()))]);
    assert_eq!(header("no_method"), [("allow".to_owned(), HeaderRule::Required)]);
    assert_eq!(code(&catalog, "slow").headers[0].rust, "retry_after");
}

#[test]
fn each_api_has_its_codes_for_faults() {
    let check = |by_status: &str, by_fault: &str, own: &str| {
        let text = format!(
            "errbook: 1\nname: shop\nby_status: {{4xx: bad, 5xx: broken{by_status}}}\n{by_fault}\napis: {{one: {{docs: \
             'https://shop.example/1', {own}}}, two: {{docs: 'https://shop.example/2'}}}}\ncodes:\n  bad: {{status: 400, \
             retryable: false, message: Bad., items: [bad, none]}}\n  none: {{status: 400, retryable: false, message: \
             None.}}\n  rule: {{status: 422, retryable: false, message: Rule., apis: [one], items: [rule]}}\n  broken: \
             {{status: 500, retryable: true, message: Broken.}}\n"
        );
        let catalog = super::check("errors.yaml", &text).unwrap();
        let of_api = |api: &Api| {
            let ByFault { missing, invalid, rule, invalid_lists, rule_lists, .. } = api.by_fault;
            let names = [missing, invalid, rule].map(|code| catalog.codes[code].code.clone());
            (names.join(" "), invalid_lists, rule_lists)
        };
        catalog.apis.iter().map(of_api).collect::<Vec<_>>()
    };
    let is = |names: &str, invalid, rule| (names.to_owned(), invalid, rule);

    assert_eq!(check("", "", ""), [is("bad bad bad", true, true), is("bad bad bad", true, true)]);
    assert_eq!(check(", 422: rule", "", "")[0], is("rule rule rule", true, true));
    assert_eq!(check(", 422: rule", "", "")[1], is("bad bad bad", true, true));
    assert_eq!(check(", 400: none", "", "")[0], is("none none none", false, false));
    let shared = "by_fault: {missing: none, rule: rule}";
    assert_eq!(check("", shared, ""), [is("none bad rule", true, true), is("none bad bad", true, true)]);
    assert_eq!(check("", shared, "by_fault: {missing: bad}")[0], is("bad bad rule", true, true));
    assert_eq!(check("", "by_fault: {invalid: none}", "by_fault: {invalid: rule}")[0].0, "rule rule rule");
}

#[test]
fn each_api_has_its_codes_and_its_table() {
    let catalog = catalog();
    let name = |index: usize| catalog.codes[index].code.as_str();
    let table = |api: usize| -> Vec<_> {
        catalog.apis[api].by_status.exact.iter().map(|(status, code)| (*status, name(*code))).collect()
    };
    assert_eq!(table(0), [(404, "sending_only")]);
    assert_eq!(table(1), [(404, "gone"), (413, "too_large")]);
    assert_eq!(name(catalog.apis[1].by_status.client), "invalid");
    assert_eq!(name(catalog.apis[1].by_status.server), "broken");
    assert!(catalog.apis[0].codes.iter().all(|code| catalog.codes[*code].apis.contains(&0)));
    assert_eq!(catalog.apis[0].title, "Sending");

    let docs: Vec<_> = catalog
        .apis
        .iter()
        .map(|api| (api.docs.before.as_str(), api.docs.after.as_str(), api.docs.hole))
        .collect();
    assert_eq!(
        docs,
        [
            ("https://mail.example/sending#", "", DocHole::Anchor),
            ("https://mail.example/", ".html", DocHole::Code)
        ]
    );
    assert_eq!(code(&catalog, "gone").anchor, "away");
    let old = &catalog.retired[0];
    assert_eq!(
        (old.since.as_deref(), old.anchor.as_str(), old.apis.as_slice()),
        (Some("1.10"), "old", &[1][..])
    );
    assert_eq!(old.replacement.map(name), Some("gone"));
}

#[test]
fn envelopes_are_templates() {
    let catalog = catalog();
    let names: Vec<_> = catalog.envelopes.iter().map(|envelope| envelope.name.as_str()).collect();
    assert_eq!(names, ["nested", "problem"]);
    assert_eq!((catalog.apis[0].envelope, catalog.apis[1].envelope), (0, 1));
    let nested = &catalog.envelopes[0];
    assert_eq!(nested.headers[0].0, "x-request-id");
    assert_eq!(nested.content_type, "application/json");
    assert_eq!(
        members(&nested.body)[0],
        Member::Key { key: "ok".to_owned(), value: Template::Const(Literal::Bool(false)) }
    );
    assert_eq!(members(&nested.issue).last(), Some(&Member::Fields));

    let problem = &catalog.envelopes[1];
    assert_eq!(problem.content_type, "application/problem+json");
    let holes: Vec<_> = members(&problem.body)
        .iter()
        .filter_map(|member| match member {
            Member::Key { value: Template::Hole(hole), .. } => Some((hole.what, hole.absent == Absent::Omit)),
            _ => None,
        })
        .collect();
    assert_eq!(holes.len(), 9);
    assert_eq!(holes[0], (Placeholder::DocUrl, false));
    assert_eq!(members(&problem.body).last(), Some(&Member::Fields));
}

fn members(template: &Template) -> &[Member] {
    match template {
        Template::Map(members) => members,
        other => panic!("a mapping, not {other:?}"),
    }
}

#[test]
fn the_smallest_catalog_has_one_api_and_the_built_in_envelope() {
    let text = "errbook: 1\nname: shop\ndocs: https://shop.example/errors\nby_status: {4xx: no, 5xx: oh}\n\
                codes: {no: {status: 400, retryable: false, message: No.}, oh: {status: 500, retryable: true, message: Oh.}}\n";
    let catalog = check("errors.yaml", text).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(catalog.apis.len(), 1);
    assert_eq!((catalog.apis[0].name.as_str(), catalog.apis[0].rust.upper.as_str()), ("shop", "Shop"));
    assert_eq!(catalog.envelopes[0].name, "problem");
    assert_eq!(catalog.request_id_prefix, "req_");
    assert_eq!(catalog.codes[0].code, "no");
}

#[test]
fn an_unknown_code_has_what_its_group_says_else_what_its_codes_share() {
    let text =
        "errbook: 1\nname: bank\ndocs: https://bank.example/errors\nby_status: {4xx: a, 5xx: z}\ngroups:
  written: {status: 400, retryable: false, retry: needs_action, action: top_up}
  shared: {status: 409}
  mixed: {status: 400}
  halves: {status: 409, retryable: false, retry: {first: never, repeat: backoff}, action: retry}
  unused: {status: 422, retry: refresh, action: authenticate}
codes:
  a: {group: written, retryable: true, retry: backoff, action: wait, message: A.}
  b: {group: written, message: B.}
  c: {group: shared, retryable: false, retry: needs_action, action: contact_support, message: C.}
  d: {group: shared, retryable: false, retry: needs_action, action: contact_support, message: D.}
  e: {group: mixed, retryable: false, message: E.}
  f: {group: mixed, retryable: true, action: wait, message: F.}
  g: {group: halves, retry: never, action: wait, message: G.}
  h: {group: halves, retry: never, action: wait, message: H.}
  z: {status: 500, retryable: true, message: Z.}\n";
    let catalog = check("errors.yaml", text).unwrap_or_else(|report| panic!("{report}"));
    let action = |action: usize| catalog.actions[action].name.as_str();
    let groups: Vec<_> = catalog.groups.iter().map(|group| (group.retry, group.action.map(action))).collect();
    let expected = [
        (Some(Retry::NeedsAction), Some("top_up")),
        (Some(Retry::NeedsAction), Some("contact_support")),
        (None, None),
        // Written, and not one advice: what all codes share is not in its place.
        (None, Some("retry")),
        (Some(Retry::Refresh), Some("authenticate")),
    ];
    assert_eq!(groups, expected);
}
