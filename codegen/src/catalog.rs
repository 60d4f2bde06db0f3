//! A catalog that passed every check. Only [`check`](mod@crate::check) makes one, so an emitter never meets an invalid one:
//! references are indices that exist, defaults and groups are merged, names are resolved and unique.

use crate::source::Line;

/// Everything an `errors.yaml` says, resolved.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// The files as they were named to the generator, the main one first, for headers and places.
    pub(crate) sources: Vec<String>,
    /// Is it somebody else's API? Then nothing of it is raised.
    pub(crate) client: bool,
    /// The catalog's domain.
    #[doc(hidden)]
    pub name: String,
    pub(crate) request_id_prefix: String,
    pub(crate) limits: Vec<Limit>,
    /// Those of `types:`, then the enums that fields declare.
    #[doc(hidden)]
    pub types: Vec<NamedType>,
    /// Built-in actions that some code takes, and all declared ones.
    #[doc(hidden)]
    pub actions: Vec<Action>,
    #[doc(hidden)]
    pub envelopes: Vec<Envelope>,
    #[doc(hidden)]
    pub apis: Vec<Api>,
    #[doc(hidden)]
    pub groups: Vec<Group>,
    /// In the order of the file. At least one.
    #[doc(hidden)]
    pub codes: Vec<Code>,
    pub(crate) retired: Vec<Retired>,
}

/// The Rust names of one thing: a type or variant, and a module, function or field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RustName {
    /// `PlanLimit`
    pub upper: String,
    /// `plan_limit`
    pub(crate) snake: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Limit {
    pub(crate) name: String,
    /// `REQUESTS_PER_MINUTE`
    pub(crate) rust: String,
    pub(crate) value: u64,
    /// As written in the file: `25 MB`. What messages and docs show.
    pub(crate) text: String,
    pub(crate) line: Line,
}

#[derive(Debug, Clone)]
pub struct Action {
    pub name: String,
    pub rust: RustName,
    /// One sentence, an imperative.
    pub text: String,
    pub url: Option<String>,
}

/// The shape of an answer. Built-in ones are of the same form.
#[derive(Debug, Clone)]
pub struct Envelope {
    pub(crate) name: String,
    pub(crate) rust: RustName,
    pub content_type: String,
    /// The HTTP status of every answer, where it isn't the code's: 200 to 599.
    pub status: Option<u16>,
    /// Header name in lower case, and what is sent in it: a constant, a hole, or one in a text.
    pub headers: Vec<(String, Template)>,
    pub body: Template,
    /// The shape of one element of `$errors`, or of the list that holds the error and its issues.
    pub issue: Template,
    /// False for `$code?`: an answer without a code may be the API's all the same.
    pub needs_code: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Member {
    Key {
        key: String,
        value: Template,
    },
    /// `..: $fields`
    Fields,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Template {
    /// A constant.
    Const(Literal),
    Hole(Hole),
    /// `"urn:x:$code"`: a placeholder with text around it, which is a constant for the reader.
    Text {
        before: String,
        hole: Hole,
        after: String,
    },
    Map(Vec<Member>),
    /// An element is left out when it has placeholders and none of them a value.
    List(Vec<Template>),
    /// `[{code: $code}]`: the error and its issues, each in the shape of `issue`.
    Errors,
    /// `key?:`: the key is left out when nothing in the mapping or list has a value; constants don't count.
    Optional(Box<Template>),
}

/// `$name`, `$name?` or `$name|null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    pub what: Placeholder,
    pub absent: Absent,
}

/// What is written where a placeholder has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// It always has one; of `$errors`, the empty list.
    Never,
    /// `?`: not even the key.
    Omit,
    /// `|null`
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placeholder {
    Action,
    Code,
    DocUrl,
    Errors,
    /// A map from a param to a list of messages.
    ErrorsByParam,
    Group,
    Message,
    Number,
    Param,
    RequestId,
    /// The wait in whole seconds.
    RetryAfter,
    /// The wait in milliseconds.
    RetryAfterMs,
    /// `17.5s`
    RetryAfterText,
    /// When the wait is over, as RFC 3339 writes it.
    RetryAt,
    /// The same in seconds since 1970.
    RetryAtUnix,
    Retryable,
    Status,
    /// The status as a string.
    StatusText,
    Title,
}

/// A constant of an envelope or of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`, lists and mappings are constants of envelopes alone.
    Null,
    List(Vec<Literal>),
    Map(Vec<(String, Literal)>),
    Bool(bool),
    Text(String),
    /// A JSON number, as it is written.
    Number(String),
}

#[derive(Debug, Clone)]
pub struct Api {
    /// The key in the file: `sending`.
    pub name: String,
    pub(crate) rust: RustName,
    pub title: String,
    /// Markdown: advice for the whole API.
    pub(crate) doc: Option<String>,
    /// What stands before and after the anchor in a `doc_url`; `#` is already in `before`.
    pub docs: DocUrl,
    /// What its server writes.
    pub envelope: usize,
    /// What its clients read, too.
    pub also_read: Vec<usize>,
    /// Indices of the codes it emits, ascending.
    pub codes: Vec<usize>,
    pub by_status: ByStatus,
    pub(crate) by_fault: ByFault,
    /// How much of an error's body its clients read, where it is not the usual.
    pub max_body: Option<u32>,
    pub(crate) line: Line,
}

/// `docs` of an API, cut at the one place that differs between codes.
#[derive(Debug, Clone)]
pub struct DocUrl {
    pub before: String,
    pub after: String,
    /// What fills the place.
    pub hole: DocHole,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocHole {
    Anchor,
    Code,
    /// Which every code of the API has then.
    Number,
}

/// `by_status` of one API, its entries resolved to codes that the API emits.
#[derive(Debug, Clone)]
pub struct ByStatus {
    /// Single statuses, ascending.
    pub exact: Vec<(u16, usize)>,
    /// `4xx`
    pub client: usize,
    /// `5xx`
    pub server: usize,
}

/// `by_fault` of one API: codes that it emits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ByFault {
    /// A required field of a request is absent.
    pub(crate) missing: usize,
    /// It can't be read as what it should be.
    pub(crate) invalid: usize,
    /// It can be read, and breaks a rule.
    pub(crate) rule: usize,
    /// Does `invalid` take `missing` and itself as issues?
    pub(crate) invalid_lists: bool,
    /// Does `rule` take itself?
    pub(crate) rule_lists: bool,
    /// Is its param required?
    pub(crate) rule_needs_param: bool,
}

#[derive(Debug, Clone)]
pub struct Group {
    pub name: String,
    pub rust: RustName,
    pub title: String,
    pub(crate) doc: Option<String>,
    /// The statuses that all its codes have, where they agree, for reading an unknown code of the group.
    pub statuses: Vec<u16>,
    /// The constant fields that it gives all its codes: (wire name, value).
    pub constants: Vec<(String, Literal)>,
    /// For an unknown code of the group: what is written at the group, else what all its codes share.
    pub action: Option<usize>,
    /// The same, where it is the same for a repeat as for a first attempt.
    pub retry: Option<Retry>,
    /// What is written at the group, else `Maybe` where one of its codes is.
    pub applied: Option<Applied>,
    pub(crate) line: Line,
}

#[derive(Debug, Clone)]
pub struct Code {
    /// The code on the wire.
    pub code: String,
    pub rust: RustName,
    pub title: String,
    /// 400–599.
    pub status: u16,
    /// It may be sent with these, too.
    pub other_statuses: Vec<u16>,
    pub retryable: bool,
    /// Where the API puts numbers on the wire; a code of digits is its own.
    pub number: Option<i64>,
    /// False where the flag is not known and follows the advice: in the catalog of somebody else's API.
    pub(crate) flag_known: bool,
    /// Empty where it is not known.
    pub(crate) message: Vec<Part>,
    pub anchor: String,
    pub group: Option<usize>,
    /// Indices of the APIs that emit it, ascending; at least one.
    pub(crate) apis: Vec<usize>,
    pub retry: RetryAdvice,
    /// Plain text; there when flag and advice disagree.
    pub retry_note: Option<String>,
    pub applied: Applied,
    pub action: usize,
    pub headers: Vec<Header>,
    pub param: Presence,
    /// Indices of the codes allowed in `errors[]`; empty: the code takes no issues.
    pub(crate) items: Vec<usize>,
    pub fields: Vec<Field>,
    /// Markdown, limits filled in, links between codes still as written.
    pub(crate) doc: Option<String>,
    pub(crate) causes: Vec<String>,
    pub(crate) fix: Option<String>,
    pub(crate) see: Vec<See>,
    pub(crate) examples: Vec<Instance>,
    /// The release that brought it.
    pub(crate) since: Option<String>,
    pub(crate) deprecated: Option<Deprecated>,
    pub(crate) line: Line,
}

/// What the pages of a code refer to.
#[derive(Debug, Clone)]
pub(crate) enum See {
    /// Index of the code.
    Code(usize),
    Page {
        title: String,
        url: String,
    },
}

/// One answer with a code, for the pages.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) title: String,
    pub(crate) param: Option<String>,
    /// Where it says it in other words.
    pub(crate) message: Option<String>,
    /// A value for each of the code's fields, where the example has one.
    pub(crate) values: Vec<Option<Example>>,
}

impl Code {
    /// The default one first.
    pub(crate) fn statuses(&self) -> impl Iterator<Item = u16> {
        [self.status].into_iter().chain(self.other_statuses.iter().copied())
    }
}

/// A code that is still sent and read, and not to be raised in new places.
#[derive(Debug, Clone)]
pub(crate) struct Deprecated {
    pub(crate) since: Option<String>,
    /// Index of the code to use instead.
    pub(crate) replacement: Option<usize>,
    /// One line of plain text.
    pub(crate) note: Option<String>,
}

/// A piece of a message. Limits are already text; pieces of text are not adjacent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    /// Index into the code's `fields`: a required field that is no constant.
    Field(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryAdvice {
    /// For an answer to a first attempt.
    pub first: Retry,
    /// For an answer to our own repeat, with the same idempotency key.
    pub repeat: Retry,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    Never,
    NeedsAction,
    Refresh,
    Backoff,
    Throttle,
}

/// May the failed request have taken effect?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    No,
    Maybe,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    Required,
    Optional,
    Never,
}

#[derive(Debug, Clone)]
pub struct Header {
    /// Lower case.
    pub name: String,
    /// The payload's field, where the header asks for one: `retry_after`.
    pub(crate) rust: String,
    pub rule: HeaderRule,
}

/// A header that is never sent isn't in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderRule {
    Required,
    Optional,
    /// Sent always, with this value.
    Default(String),
}

#[derive(Debug, Clone)]
pub struct Field {
    /// The key on the wire.
    pub name: String,
    pub(crate) rust: String,
    pub kind: FieldKind,
    pub(crate) doc: Option<String>,
    /// For the reference's example answer, where the file has one.
    pub(crate) example: Option<Example>,
}

/// A value as an answer shows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Example {
    Single(Literal),
    List(Vec<Example>),
    Map(Vec<(String, Example)>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum FieldKind {
    Const(Literal),
    Typed { kind: Type, optional: bool },
}

impl FieldKind {
    /// The type, of what is no constant.
    pub(crate) fn typed(&self) -> Option<&Type> {
        match self {
            FieldKind::Typed { kind, .. } => Some(kind),
            FieldKind::Const(_) => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    Bool,
    /// A number of bytes: u64.
    Bytes,
    F64,
    I32,
    I64,
    /// Any JSON.
    Json,
    List(Box<Type>),
    /// From texts to values of the type.
    Map(Box<Type>),
    /// Index of a named type.
    Named(usize),
    /// A Duration; seconds on the wire, fractions allowed.
    Seconds,
    String,
    /// A SystemTime; RFC 3339 on the wire.
    Timestamp,
    U32,
    U64,
    Url,
    Uuid,
}

/// A type of the generated module `types`. None holds itself, and all are of a bounded size.
#[derive(Debug, Clone)]
pub struct NamedType {
    /// The key under `types:`, or the code (or group) and the field that declare it: `payment_failed.reason`.
    pub(crate) name: String,
    /// `PaymentFailedReason`
    pub(crate) rust: String,
    pub shape: Shape,
    pub(crate) line: Line,
}

#[derive(Debug, Clone)]
pub enum Shape {
    /// Open: a reader takes others, too.
    Enum(Vec<Variant>),
    Struct(Vec<Field>),
}

#[derive(Debug, Clone)]
pub struct Variant {
    /// On the wire.
    pub text: String,
    pub(crate) rust: String,
}

/// A code that is never used again; its anchor stays on the pages.
#[derive(Debug, Clone)]
pub(crate) struct Retired {
    pub(crate) code: String,
    pub(crate) anchor: String,
    pub(crate) since: Option<String>,
    /// Index of the code to use instead.
    pub(crate) replacement: Option<usize>,
    /// Indices of the APIs on whose pages the anchor stays.
    pub(crate) apis: Vec<usize>,
}
