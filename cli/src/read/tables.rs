//! The tables that generated code consists of, made at run time from a catalog, and the types by which the runtime finds
//! them. They live as long as the command, which is short: what they hold is leaked.

use std::cell::Cell;
use std::fmt;

use errbook::__private as run;
use errbook::__private::Rendered;
use errbook::{Api, ErrorCode, Named, Retry};
use errbook_codegen::Catalog;
use errbook_codegen::model::{
    self, Absent, DocHole, FieldKind, HeaderRule, Hole, Member, Presence, Shape, Template,
};

/// The API that answers are read as those of: the one that was loaded last.
#[derive(Debug)]
pub(crate) struct Loaded;

/// What was loaded.
struct Tables {
    table: &'static run::Table,
    info: &'static run::ApiInfo<Code>,
    count: usize,
    max_body: usize,
    catalog: Option<&'static Catalog>,
}

thread_local! {
    static TABLES: Cell<&'static Tables> = const { Cell::new(&NONE) };
}

/// Before a catalog is loaded there is one code without a name, so that every index is a row's.
static NONE: Tables =
    Tables { table: &NO_TABLE, info: &NO_INFO, count: 1, max_body: run::MAX_BODY, catalog: None };

static NO_TABLE: run::Table = run::Table {
    name: "",
    request_id_prefix: "",
    codes: &[&[run::Row::DEFAULT]],
    index: NO_INDEX,
    numbers: &[],
    examples: &[],
    groups: &[],
    actions: &[run::ActionRow { name: "", text: "", url: None }],
};

/// Codes are found by looking at each: one answer is read, and an index costs more than that.
const NO_INDEX: run::Index = run::Index { key: 0, seeds: &[], slots: &[], texts: "" };

static NO_INFO: run::ApiInfo<Code> = run::ApiInfo {
    name: "",
    title: "",
    docs: run::DocUrl { before: "", hole: run::DocHole::Anchor, after: "" },
    envelope: &run::Envelope {
        content_type: "",
        status: None,
        needs_code: true,
        headers: &[],
        body: run::Node::Required(run::Placeholder::Code),
        issue: run::Node::Map(&[]),
        body_pieces: &[],
        issue_pieces: &[],
    },
    also_read: &[],
    codes: &[Code(0)],
    by_status: &[],
    by_4xx: Code(0),
    by_5xx: Code(0),
    by_fault: NO_FAULTS,
};

/// Of requests, which nobody reads here.
const NO_FAULTS: run::ByFault<Code> = run::ByFault {
    missing: Code(0),
    invalid: Code(0),
    rule: Code(0),
    invalid_lists: false,
    rule_lists: false,
    rule_needs_param: false,
};

impl Api for Loaded {
    type Code = Code;

    const INFO: &'static run::ApiInfo<Code> = &NO_INFO;

    fn info() -> &'static run::ApiInfo<Code> {
        TABLES.get().info
    }

    fn max_body() -> usize {
        TABLES.get().max_body
    }

    fn rendered() -> &'static Rendered {
        static RENDERED: Rendered = Rendered::new();
        &RENDERED
    }
}

/// A code of the catalog, by its place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Code(u16);

impl ErrorCode for Code {
    type Group = Group;
    type Action = Action;

    const TABLE: &'static run::Table = &NO_TABLE;

    fn table() -> &'static run::Table {
        TABLES.get().table
    }

    fn index(self) -> u16 {
        self.0
    }

    fn from_index(index: u16) -> Option<Code> {
        (usize::from(index) < TABLES.get().count).then_some(Code(index))
    }
}

impl Code {
    /// What the catalog says of it.
    pub(crate) fn model(self) -> Option<&'static model::Code> {
        catalog()?.codes.get(usize::from(self.0))
    }
}

/// As it is called in Rust.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(run::row(*self).name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A group of the catalog, by its place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group(u16);

/// An action of the catalog, by its place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Action(u16);

impl Named for Group {
    fn from_index(index: u16) -> Option<Group> {
        Some(Group(index)).filter(|group| group.row().is_some())
    }
}

impl Named for Action {
    fn from_index(index: u16) -> Option<Action> {
        Some(Action(index)).filter(|action| action.row().is_some())
    }
}

impl Group {
    pub(crate) fn row(self) -> Option<&'static run::GroupRow> {
        Code::table().groups.get(usize::from(self.0))
    }
}

impl Action {
    pub(crate) fn row(self) -> Option<&'static run::ActionRow> {
        Code::table().actions.get(usize::from(self.0))
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = catalog().and_then(|catalog| catalog.groups.get(usize::from(self.0)));
        f.write_str(group.map_or("", |group| &group.rust.upper))
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = catalog().and_then(|catalog| catalog.actions.get(usize::from(self.0)));
        f.write_str(action.map_or("", |action| &action.rust.upper))
    }
}

fn catalog() -> Option<&'static Catalog> {
    TABLES.get().catalog
}

/// From now on, [`Loaded`] is this API of the catalog.
pub(crate) fn load(catalog: Catalog, api: usize) {
    let catalog: &'static Catalog = kept(catalog);
    let Some(api) = catalog.apis.get(api) else { return };
    let types = types(catalog);
    let table = kept(table(catalog, &types));
    let info = kept(info(catalog, api));
    let max_body = api.max_body.map_or(run::MAX_BODY, |bytes| bytes as usize);
    let count = catalog.codes.len();
    TABLES.set(kept(Tables { table, info, count, max_body, catalog: Some(catalog) }));
}

fn kept<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn list<T>(values: impl IntoIterator<Item = T>) -> &'static [T] {
    Vec::leak(values.into_iter().collect())
}

/// What is made for a table.
fn made(text: String) -> &'static str {
    String::leak(text)
}

/// The checker has 65,535 codes, groups and actions at most.
fn number(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

fn code(at: usize) -> Code {
    Code(number(at))
}

fn info(catalog: &'static Catalog, api: &'static model::Api) -> run::ApiInfo<Code> {
    let model::Api { name, title, docs, envelope: at, also_read, codes, by_status, .. } = api;
    let hole = match docs.hole {
        DocHole::Anchor => run::DocHole::Anchor,
        DocHole::Code => run::DocHole::Code,
        DocHole::Number => run::DocHole::Number,
    };
    run::ApiInfo {
        name,
        title,
        docs: run::DocUrl { before: &docs.before, hole, after: &docs.after },
        envelope: kept(envelope(&catalog.envelopes[*at])),
        also_read: list(also_read.iter().map(|at| kept(envelope(&catalog.envelopes[*at])))),
        codes: list(codes.iter().map(|at| code(*at))),
        by_status: list(by_status.exact.iter().map(|(status, at)| (*status, code(*at)))),
        by_4xx: code(by_status.client),
        by_5xx: code(by_status.server),
        by_fault: NO_FAULTS,
    }
}

/// The types with a name. Inside of others each is made anew: none holds itself, and the checker bounds their size.
fn types(catalog: &'static Catalog) -> Vec<run::Type> {
    (0..catalog.types.len()).map(|at| named(catalog, at)).collect()
}

fn named(catalog: &'static Catalog, at: usize) -> run::Type {
    match &catalog.types[at].shape {
        Shape::Enum(variants) => run::Type::Enum(list(variants.iter().map(|variant| variant.text.as_str()))),
        Shape::Struct(fields) => {
            let kind = &|at| named(catalog, at);
            run::Type::Struct(list(fields.iter().map(|at| field(at, kind))))
        }
    }
}

fn field(field: &'static model::Field, named: &impl Fn(usize) -> run::Type) -> run::Field {
    let kind = match &field.kind {
        FieldKind::Const(value) => run::Kind::Const(made(value.json())),
        FieldKind::Typed { kind, optional: true } => run::Kind::Optional(field_type(kind, named)),
        FieldKind::Typed { kind, optional: false } => run::Kind::Required(field_type(kind, named)),
    };
    run::Field { name: &field.name, kind }
}

fn field_type(kind: &model::Type, named: &impl Fn(usize) -> run::Type) -> run::Type {
    match kind {
        model::Type::Bool => run::Type::Bool,
        model::Type::Bytes | model::Type::U64 => run::Type::U64,
        model::Type::F64 => run::Type::F64,
        model::Type::I32 => run::Type::I32,
        model::Type::I64 => run::Type::I64,
        model::Type::Json => run::Type::Json,
        model::Type::List(kind) => run::Type::List(kept(field_type(kind, named))),
        model::Type::Map(kind) => run::Type::Map(kept(field_type(kind, named))),
        model::Type::Named(at) => named(*at),
        model::Type::Seconds => run::Type::Seconds,
        model::Type::String => run::Type::String,
        model::Type::Timestamp => run::Type::Time,
        model::Type::U32 => run::Type::U32,
        model::Type::Url => run::Type::Url,
        model::Type::Uuid => run::Type::Uuid,
    }
}

fn table(catalog: &'static Catalog, types: &[run::Type]) -> run::Table {
    let chunk = |codes: &'static [model::Code]| list(codes.iter().map(|code| row(code, types)));
    let mut numbers: Vec<(i64, u16)> =
        catalog.codes.iter().enumerate().filter_map(|(at, code)| Some((code.number?, number(at)))).collect();
    numbers.sort_unstable();
    let groups = catalog.groups.iter().map(|group| run::GroupRow {
        name: &group.name,
        title: &group.title,
        statuses: list(group.statuses.iter().map(|at| run::status(*at))),
        constants: list(group.constants.iter().map(|(name, value)| (name.as_str(), made(value.json())))),
        action: group.action.map(number),
        retry: group.retry.map(retry),
        applied: group.applied.map(applied),
    });
    let actions = catalog.actions.iter().map(|action| run::ActionRow {
        name: &action.name,
        text: &action.text,
        url: action.url.as_deref(),
    });
    run::Table {
        name: &catalog.name,
        // Of what a server writes, as the examples and the messages.
        request_id_prefix: "",
        examples: &[],
        codes: list(catalog.codes.chunks(run::CHUNK).map(chunk)),
        index: NO_INDEX,
        numbers: Vec::leak(numbers),
        groups: list(groups),
        actions: list(actions),
    }
}

fn row(code: &'static model::Code, types: &[run::Type]) -> run::Row {
    let named = |at: usize| types[at];
    run::Row {
        code: &code.code,
        name: &code.rust.upper,
        title: &code.title,
        anchor: &code.anchor,
        number: code.number,
        status: run::status(code.status),
        other_statuses: list(code.other_statuses.iter().map(|at| run::status(*at))),
        retryable: code.retryable,
        retry: retry(code.retry.first),
        on_repeat: (code.retry.repeat != code.retry.first).then(|| retry(code.retry.repeat)),
        applied: applied(code.applied),
        action: number(code.action),
        group: code.group.map(number),
        message: &[],
        takes_param: code.param != Presence::Never,
        takes_issues: false,
        fields: list(code.fields.iter().map(|at| field(at, &named))),
        headers: headers(code),
    }
}

fn headers(code: &'static model::Code) -> &'static [run::Header] {
    let mut slots =
        code.fields.iter().filter(|field| matches!(field.kind, FieldKind::Typed { .. })).count()..;
    list(code.headers.iter().map(|model::Header { name, rule, .. }| run::Header {
        name,
        value: match rule {
            HeaderRule::Default(value) => run::HeaderSource::Default(value),
            _ if name == "retry-after" => run::HeaderSource::RetryAfter,
            _ => run::HeaderSource::Slot(slots.next().unwrap_or_default()),
        },
        required: *rule != HeaderRule::Optional,
    }))
}

fn applied(applied: model::Applied) -> run::Applied {
    match applied {
        model::Applied::No => run::Applied::No,
        model::Applied::Maybe => run::Applied::Maybe,
    }
}

fn retry(retry: model::Retry) -> Retry {
    match retry {
        model::Retry::Never => Retry::Never,
        model::Retry::NeedsAction => Retry::NeedsAction,
        model::Retry::Refresh => Retry::Refresh,
        model::Retry::Backoff => Retry::Backoff,
        model::Retry::Throttle => Retry::Throttle,
    }
}

fn envelope(envelope: &'static model::Envelope) -> run::Envelope {
    run::Envelope {
        content_type: &envelope.content_type,
        status: envelope.status,
        needs_code: envelope.needs_code,
        headers: list(envelope.headers.iter().map(|(name, value)| (name.as_str(), node(value)))),
        body: node(&envelope.body),
        issue: node(&envelope.issue),
        // By which a server writes.
        body_pieces: &[],
        issue_pieces: &[],
    }
}

fn node(template: &'static Template) -> run::Node {
    match template {
        Template::Const(value) => run::Node::Const(made(value.json())),
        Template::Hole(Hole { what, absent }) => match absent {
            Absent::Never => run::Node::Required(placeholder(*what)),
            Absent::Omit => run::Node::Optional(placeholder(*what)),
            Absent::Null => run::Node::Nullable(placeholder(*what)),
        },
        Template::Text { before, hole, after } => {
            run::Node::Text(before, placeholder(hole.what), after, hole.absent == Absent::Omit)
        }
        Template::Map(members) => run::Node::Map(list(members.iter().map(|member| match member {
            Member::Fields => run::Member::Fields,
            Member::Key { key, value } => run::Member::Key(key, node(value)),
        }))),
        Template::List(elements) => run::Node::List(list(elements.iter().map(node))),
        Template::Errors => run::Node::Errors,
        Template::Optional(part) => run::Node::OptionalPart(kept(node(part))),
    }
}

fn placeholder(placeholder: model::Placeholder) -> run::Placeholder {
    macro_rules! same {
        ($($name:ident)*) => {
            match placeholder {
                $(model::Placeholder::$name => run::Placeholder::$name,)*
            }
        };
    }
    same!(Action Code DocUrl Errors ErrorsByParam Group Message Number Param RequestId RetryAfter RetryAfterMs
        RetryAfterText RetryAt RetryAtUnix Retryable Status StatusText Title)
}
