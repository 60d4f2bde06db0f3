//! What an operation answers where it fails, for OpenAPI, from the types that it fails with.
//!
//! ```
//! use errbook::mail::{Sending, code};
//! use errbook::utoipa::{Document, Errors};
//! use utoipa::OpenApi as _;
//!
//! #[derive(Debug, thiserror::Error, errbook::ApiError)]
//! enum SendError {
//!     #[error("sender {0} is not ours")]
//!     #[api(code::NotFound, param = "from")]
//!     UnknownSender(String),
//!     #[error("balance {balance} is below the cost")]
//!     #[api(code::InsufficientCredits)]
//!     NoCredits { balance: i64 },
//! }
//!
//! #[utoipa::path(post, path = "/emails", responses((status = 202), Errors<Sending, SendError>))]
//! async fn send() {}
//!
//! /// In every operation, whatever its handler does.
//! const EVERYWHERE: Document<Sending> = Document::new().answers(&[429, 500]);
//!
//! #[derive(utoipa::OpenApi)]
//! #[openapi(paths(send), modifiers(&EVERYWHERE))]
//! struct Docs;
//!
//! let document = serde_json::to_value(Docs::openapi()).unwrap();
//! let responses = &document["paths"]["/emails"]["post"]["responses"];
//! let statuses: Vec<&str> = responses.as_object().unwrap().keys().map(|status| &**status).collect();
//! assert_eq!(statuses, ["202", "402", "404", "429", "500"]);
//! assert_eq!(
//!     responses["404"]["content"]["application/json"]["schema"]["oneOf"],
//!     serde_json::json!([{"$ref": "#/components/schemas/MailSendingNotFound"}]),
//! );
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ::utoipa::openapi::example::ExampleBuilder;
use ::utoipa::openapi::extensions::Extensions;
use ::utoipa::openapi::header::HeaderBuilder;
use ::utoipa::openapi::path::{Operation, PathItem};
use ::utoipa::openapi::schema::{
    AdditionalProperties, AnyOfBuilder, ArrayBuilder, ArrayItems, ObjectBuilder, OneOfBuilder, Schema,
    SchemaFormat, SchemaType, Type as Kind,
};
use ::utoipa::openapi::{Content, Header, OpenApi, Ref, RefOr, Response};
use ::utoipa::{IntoResponses, Modify, Number, PartialSchema, ToSchema};
use serde_json::{Value as Json, json};

use crate::answer::{Answer, has_several_types};
use crate::catalog::{Api, ErrorCode as _, row};
use crate::codes::AnsweredBy;
use crate::raise::Inner;
use crate::schema::{self, statuses};
use crate::table::{self, Envelope, HeaderSource, Member, Node, Part, Placeholder, Row, Type};
use crate::value::{Value, constant, values};
use crate::{Error, Status};

/// The error responses of an operation of the API `A` that fails with `E`: an error type, or several as a tuple.
///
/// A response per status, whose schema is the union of the codes that there may be, with an example of each. utoipa keeps
/// one response of each status, so all error types of an operation belong into one tuple. A type whose codes the API
/// doesn't emit is an error of the compiler.
///
/// The example is in the documentation of the [module](self).
#[derive(Debug)]
pub struct Errors<A, E = Error<A>>(PhantomData<fn() -> (A, E)>);

impl<A: Api, E: AnsweredBy<A>> IntoResponses for Errors<A, E> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut responses = BTreeMap::new();
        for code in in_order(E::codes()) {
            for status in statuses(row(code)) {
                add_answer::<A>(&mut responses, code, status);
            }
        }
        responses
    }
}

/// Of every code that the API emits. What a handler can really raise says [`Errors`].
impl<A: Api> IntoResponses for Error<A> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        Errors::<A>::responses()
    }
}

/// The union of what the API answers with, as the component `MailSendingError` (catalog, API, `Error`).
impl<A: Api> PartialSchema for Error<A> {
    fn schema() -> RefOr<Schema> {
        let envelope = A::INFO.envelope;
        union(envelope, A::codes().iter().map(|code| shape::<A>(*code, envelope).into()).collect())
    }
}

impl<A: Api> ToSchema for Error<A> {
    fn name() -> Cow<'static, str> {
        schema::name::<A>("Error").into()
    }
}

/// Completes a document with what belongs to all operations of the API `A`.
///
/// It gives every code's answer a name among the components (`MailSendingNotFound`), to which the responses then refer,
/// and adds what is answered without a handler. utoipa takes it by a name, so it is best a constant.
///
/// The example is in the documentation of the [module](self).
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Document<A> {
    under: &'static str,
    statuses: &'static [u16],
    api: PhantomData<fn() -> A>,
}

impl<A: Api> Document<A> {
    /// All operations of the document.
    pub const fn new() -> Document<A> {
        Document { under: "", statuses: &[], api: PhantomData }
    }

    /// Only the operations whose path begins so, where a document has several APIs.
    pub const fn under(mut self, path: &'static str) -> Document<A> {
        self.under = path;
        self
    }

    /// Every operation may be answered with these statuses by what stands before its handler (a limit, a timeout, a
    /// panic): with the codes that `by_status` in the catalog gives them.
    pub const fn answers(mut self, statuses: &'static [u16]) -> Document<A> {
        self.statuses = statuses;
        self
    }
}

impl<A: Api> Default for Document<A> {
    fn default() -> Document<A> {
        Document::new()
    }
}

impl<A: Api> Modify for Document<A> {
    fn modify(&self, document: &mut OpenApi) {
        let mut named = Vec::new();
        for code in A::codes() {
            for (at, envelope) in envelopes::<A>().enumerate() {
                // Beside the first one's, by the content type: `MailSendingNotFoundProblemJson`.
                let subtype = envelope.content_type.split(';').next().unwrap_or_default();
                let subtype = subtype.rsplit('/').next().unwrap_or_default();
                let suffix = if at == 0 { String::new() } else { schema::upper(subtype) };
                let name = schema::name::<A>(&format!("{}{suffix}", row(*code).name));
                named.push((shape::<A>(*code, envelope), name));
            }
        }
        let mut all = <Error<A> as PartialSchema>::schema();
        refer(&mut all, &named);

        let paths = document.paths.paths.iter_mut();
        let paths = paths.filter(|(path, _)| path.starts_with(self.under));
        for operation in paths.flat_map(|(_, item)| operations(item)) {
            let responses = &mut operation.responses.responses;
            for status in self.statuses {
                let error = Error::<A>::for_status(*status);
                add_answer::<A>(responses, error.code(), error.status());
            }
            for response in responses.values_mut() {
                let RefOr::T(response) = response else { continue };
                for content in response.content.values_mut() {
                    if let RefOr::T(Content { schema: Some(schema), .. }) = content {
                        refer(schema, &named);
                    }
                }
            }
        }

        let schemas = &mut document.components.get_or_insert_default().schemas;
        schemas.extend(named.into_iter().map(|(shape, name)| (name, shape.into())));
        schemas.insert(<Error<A> as ToSchema>::name().into_owned(), all);
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, options, head, patch, trace, query, .. } = item;
    let known = [get, put, post, delete, options, head, patch, trace, query];
    known.into_iter().flatten().chain(item.additional_operations.values_mut())
}

/// Names take the place of the schemas in a union.
fn refer(schema: &mut RefOr<Schema>, named: &[(Schema, String)]) {
    let items = match schema {
        RefOr::T(Schema::OneOf(union)) => &mut union.items,
        RefOr::T(Schema::AnyOf(union)) => &mut union.items,
        _ => return,
    };
    for item in items {
        let name = match item {
            RefOr::T(shape) => named.iter().find(|(known, _)| known == shape),
            RefOr::Ref(_) => None,
        };
        if let Some((_, name)) = name {
            *item = RefOr::Ref(Ref::from_schema_name(name));
        }
    }
}

/// The envelopes that answers are written in: of each content type the first one.
fn envelopes<A: Api>() -> impl Iterator<Item = &'static Envelope> {
    let all = || [A::INFO.envelope].into_iter().chain(A::INFO.also_read.iter().copied());
    let is_first = move |(at, envelope): &(usize, &Envelope)| {
        all().take(*at).all(|earlier| earlier.content_type != envelope.content_type)
    };
    all().enumerate().filter(is_first).map(|(_, envelope)| envelope)
}

fn in_order<C: Ord>(mut codes: Vec<C>) -> Vec<C> {
    codes.sort();
    codes.dedup();
    codes
}

/// Adds the answer to the response with its status: to the user's own, too, unless that stands elsewhere.
fn add_answer<A: Api>(responses: &mut BTreeMap<String, RefOr<Response>>, code: A::Code, status: Status) {
    for envelope in envelopes::<A>() {
        let added = response::<A>(code, status, envelope);
        let status = envelope.status.unwrap_or(status.as_u16()).to_string();
        match responses.get_mut(&status) {
            Some(RefOr::T(known)) => merge(known, added),
            Some(RefOr::Ref(_)) => {}
            None => {
                responses.insert(status, added.into());
            }
        }
    }
}

/// One answer, as a response.
fn response<A: Api>(code: A::Code, status: Status, envelope: &'static Envelope) -> Response {
    let row = row(code);
    let error = example::<A>(code, status);
    let request_id = format!("{}06evm0zv3r0123456789abc", A::Code::TABLE.request_id_prefix);
    let answer = Answer { envelope, clock: || Some(new_year()), ..error.answer(&request_id) };

    let value = serde_json::from_slice(&answer.body()).unwrap_or_default();
    let example = ExampleBuilder::new().summary(row.title).description(A::doc_url(code)).value(Some(value));
    let mut content = Content::new(Some(union(envelope, vec![shape::<A>(code, envelope).into()])));
    content.examples.insert(row.code.to_owned(), example.into());

    let mut response = Response::new(format!("* {}: {}", literal(row.code), message(row)));
    response.content.insert(envelope.content_type.to_owned(), content.into());
    let sent = answer.headers();
    for (name, schema, is_required) in headers::<A>(row, envelope) {
        let example = match sent.get(name).and_then(|value| value.to_str().ok()) {
            Some(_) if schema.get("const").is_some() => None,
            Some(text) if schema["type"] == "integer" => text.parse::<i64>().ok().map(Json::from),
            text => text.map(Json::from),
        };
        let description = match name {
            "retry-after" => Some("How many seconds to wait before the request is repeated."),
            _ => None,
        };
        let header = HeaderBuilder::new().schema(Some(convert(&schema)));
        let mut header = header.description(description).example(example).build();
        set_required(&mut header, is_required);
        response.headers.insert(title_case(name), header.into());
    }
    response
}

/// What one of two responses may have, the response that stands for both may have.
fn merge(known: &mut Response, added: Response) {
    for line in added.description.lines() {
        if !known.description.lines().any(|known| known == line) {
            if !known.description.is_empty() {
                known.description.push('\n');
            }
            known.description.push_str(line);
        }
    }
    for (name, header) in &mut known.headers {
        if let RefOr::T(header) = header
            && !added.headers.contains_key(name)
        {
            set_required(header, false);
        }
    }
    for (name, header) in added.headers {
        let RefOr::T(mut header) = header else { continue };
        match known.headers.get_mut(&name) {
            Some(RefOr::T(known)) => {
                if !is_required(&header) {
                    set_required(known, false);
                }
                if known.schema != header.schema {
                    known.schema = Some(convert(&json!({"type": "string"})).into());
                    known.example = None;
                }
            }
            Some(RefOr::Ref(_)) => {}
            None => {
                set_required(&mut header, false);
                known.headers.insert(name, header.into());
            }
        }
    }
    for (content_type, content) in added.content {
        let RefOr::T(content) = content else { continue };
        match known.content.get_mut(&content_type) {
            Some(RefOr::T(known)) => {
                known.examples.extend(content.examples);
                known.schema = match (known.schema.take(), content.schema) {
                    (Some(known), Some(added)) => Some(both(known, added)),
                    (known, added) => known.or(added),
                };
            }
            Some(RefOr::Ref(_)) => {}
            None => {
                known.content.insert(content_type, content.into());
            }
        }
    }
}

/// The union of two unions; of one that the user wrote, which need not be one.
fn both(known: RefOr<Schema>, added: RefOr<Schema>) -> RefOr<Schema> {
    let mut items = match known {
        RefOr::T(Schema::OneOf(known)) => known.items,
        RefOr::T(Schema::AnyOf(known)) => known.items,
        known => vec![known],
    };
    let (added, exclusive) = match added {
        RefOr::T(Schema::OneOf(added)) => (added.items, true),
        RefOr::T(Schema::AnyOf(added)) => (added.items, false),
        added => (vec![added], false),
    };
    for item in added {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    union_of(exclusive, items)
}

/// One of several answers. They exclude each other where they say their code.
fn union(envelope: &Envelope, items: Vec<RefOr<Schema>>) -> RefOr<Schema> {
    union_of(says_code(&envelope.body), items)
}

fn union_of(exclusive: bool, items: Vec<RefOr<Schema>>) -> RefOr<Schema> {
    if exclusive {
        let union = items.into_iter().fold(OneOfBuilder::new(), OneOfBuilder::item);
        Schema::OneOf(union.build()).into()
    } else {
        let union = items.into_iter().fold(AnyOfBuilder::new(), AnyOfBuilder::item);
        Schema::AnyOf(union.build()).into()
    }
}

fn says_code(node: &Node) -> bool {
    match node {
        Node::Required(place) => matches!(place, Placeholder::Code),
        Node::Map(members) => members.iter().any(|member| match member {
            Member::Key(_, node) => says_code(node),
            Member::Fields => false,
        }),
        _ => false,
    }
}

fn shape<A: Api>(code: A::Code, envelope: &'static Envelope) -> Schema {
    // A link may lead elsewhere: to another host, in staging, or to where the page moved.
    let url = || json!({"type": "string", "format": "uri"});
    let mut shape = schema::shape::<A>(code, envelope, &url);
    // Generators of clients make a type's name of a title, and another API has the same one.
    if let Some(shape) = shape.as_object_mut()
        && let Some(title) = shape.remove("title")
    {
        shape.insert("description".to_owned(), title);
    }
    convert(&shape)
}

/// The headers that an answer with the code may have: their schemas, and whether it always has them.
fn headers<A: Api>(row: &Row, envelope: &Envelope) -> Vec<(&'static str, Json, bool)> {
    let mut headers = Vec::new();
    let text = || json!({"type": "string"});
    if has_several_types::<A>() {
        // Not a constant: compression and CORS add to it.
        headers.push(("vary", text(), true));
    }
    for (name, node) in envelope.headers {
        match node {
            Node::Const(json) => {
                let value = constant(json);
                headers.push((name, json!({"const": value.as_str().unwrap_or(json)}), true));
            }
            Node::Required(place) => headers.push((name, text(), is_always_there(*place))),
            Node::Text(_, place, _, false) => headers.push((name, text(), is_always_there(*place))),
            _ => headers.push((name, text(), false)),
        }
    }
    for header in row.headers {
        let schema = match header.value {
            HeaderSource::Default(value) => json!({"const": value}),
            HeaderSource::RetryAfter => json!({"type": "integer", "minimum": 1}),
            HeaderSource::Slot(_) => text(),
        };
        let is_constant = matches!(header.value, HeaderSource::Default(_));
        headers.push((header.name, schema, header.required || is_constant));
    }
    headers
}

fn is_always_there(place: Placeholder) -> bool {
    use Placeholder::{Action, Code, DocUrl, Message, RequestId, Retryable, Status, StatusText, Title};
    matches!(place, Action | Code | DocUrl | Message | RequestId | Retryable | Status | StatusText | Title)
}

/// `Header` has no place for it.
fn set_required(header: &mut Header, is_required: bool) {
    header.extensions = is_required.then(|| Extensions::from_iter([("required", true)]));
}

fn is_required(header: &Header) -> bool {
    header.extensions.as_ref().is_some_and(|extensions| extensions.contains_key("required"))
}

/// `retry-after` as it is usually written.
fn title_case(name: &str) -> String {
    let word = |word: &str| match word {
        "www" => "WWW".to_owned(),
        word => schema::upper(word),
    };
    name.split('-').map(word).collect::<Vec<String>>().join("-")
}

/// Text in CommonMark, with nothing in it that CommonMark takes for its own.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' | '|' => out.extend(['\\', char]),
            char if char.is_control() => out.push(' '),
            char => out.push(char),
        }
    }
    out
}

/// A code in CommonMark.
fn literal(text: &str) -> String {
    if text.contains('`') { plain(text) } else { format!("`{text}`") }
}

/// The message, with the names of fields where they are filled in.
fn message(row: &Row) -> String {
    let typed = |field: &&table::Field| !matches!(field.kind, table::Kind::Const(_));
    let part = |part: &Part| match part {
        Part::Text(text) => plain(text),
        Part::Field(slot) => {
            let field = row.fields.iter().filter(typed).nth(*slot);
            format!("{{{}}}", plain(field.map_or("", |field| field.name)))
        }
    };
    row.message.iter().map(part).collect()
}

/// An error with everything that one with this code may carry, but for issues.
fn example<A: Api>(code: A::Code, status: Status) -> Error<A> {
    let row = row(code);
    let typed = row.fields.iter().filter(|field| !matches!(field.kind, table::Kind::Const(_)));
    let value = |(slot, field)| in_catalog::<A>(code, slot, field).or(of_kind(field.name, field.kind));
    let mut slots: Vec<Value> = typed.enumerate().filter_map(value).collect();
    let mut retry_after = None;
    for header in row.headers {
        match header.value {
            HeaderSource::Default(_) => {}
            HeaderSource::RetryAfter => retry_after = Some(Duration::from_secs(30)),
            HeaderSource::Slot(slot) => {
                let text = if header.name == "allow" { "GET, POST" } else { "value" };
                slots.resize(slots.len().max(slot + 1), Value::Absent);
                slots[slot] = Value::String(text.to_owned());
            }
        }
    }
    Error::rendering(Arc::new(Inner {
        status: Some(status),
        values: slots,
        param: row.takes_param.then_some(Cow::Borrowed("name")),
        retry_after,
        ..Inner::new(A::Code::TABLE, code.index())
    }))
}

/// The value that the catalog has as an example.
fn in_catalog<A: Api>(code: A::Code, slot: usize, field: &table::Field) -> Option<Value> {
    let mut examples = A::Code::TABLE.examples.iter();
    let (.., json) = examples.find(|(of, at, _)| (*of, *at) == (code.index(), slot))?;
    values(std::slice::from_ref(field), |_| Some(Cow::Borrowed(json))).ok()?.pop()
}

/// None for a constant, which has no slot.
fn of_kind(name: &str, kind: table::Kind) -> Option<Value> {
    match kind {
        table::Kind::Const(_) => None,
        table::Kind::Required(kind) | table::Kind::Optional(kind) => Some(of_type(name, kind)),
    }
}

/// A value of the type; of a text the name of its field.
fn of_type(name: &str, kind: Type) -> Value {
    let text = |text: &str| Value::String(text.to_owned());
    match kind {
        Type::Bool => Value::Bool(true),
        Type::Enum(known) => text(known.first().unwrap_or(&name)),
        Type::F64 => Value::F64(0.5),
        Type::I32 | Type::I64 => Value::I64(1),
        Type::U32 | Type::U64 => Value::U64(1),
        Type::Json => Value::Json(json!({})),
        Type::List(kind) => Value::List(vec![of_type(name, *kind)]),
        Type::Map(kind) => Value::Map(vec![("name".to_owned(), of_type(name, *kind))]),
        Type::Seconds => Value::Seconds(Duration::from_secs(30)),
        Type::String => text(name),
        Type::Struct(fields) => {
            Value::Struct(fields.iter().filter_map(|field| of_kind(field.name, field.kind)).collect())
        }
        Type::Time => Value::Time(new_year()),
        Type::Url => text("https://example.com/"),
        Type::Uuid => text("7f6ae1b0-3c5d-4e8f-9a2b-1c3d5e7f9a0b"),
    }
}

/// A document that names the time would be another one each time.
fn new_year() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_893_456_000)
}

/// A schema as utoipa has it. Whatever [`schema`] makes; anything else is a schema that allows all.
fn convert(schema: &Json) -> Schema {
    let text = |key: &str| schema.get(key).and_then(Json::as_str);
    let list = |key: &str| schema.get(key).and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    if let Some(any) = schema.get("anyOf").or(schema.get("oneOf")) {
        let items = any.as_array().map_or(&[][..], Vec::as_slice);
        let union = items.iter().map(convert).fold(AnyOfBuilder::new(), AnyOfBuilder::item);
        return union.build().into();
    }
    match schema.get("const") {
        Some(Json::Array(values)) => return convert(&list_of(values)),
        Some(Json::Object(members)) => return convert(&object_of(members)),
        _ => {}
    }
    if text("type") == Some("array") {
        let items = schema.get("items").map_or_else(|| convert(&Json::Bool(true)), convert);
        let count =
            |key: &str| schema.get(key).and_then(Json::as_u64).and_then(|count| usize::try_from(count).ok());
        let array = ArrayBuilder::new().items(ArrayItems::RefOrSchema(Box::new(items.into())));
        let array = array.prefix_items(list("prefixItems").iter().map(convert));
        return array.min_items(count("minItems")).max_items(count("maxItems")).build().into();
    }
    let mut object = ObjectBuilder::new().schema_type(kind(schema));
    if let Some(constant) = schema.get("const") {
        object = object.extensions(Some(Extensions::from_iter([("const", constant.clone())])));
    }
    if let Some(members) = schema.get("properties").and_then(Json::as_object) {
        for (name, schema) in members {
            object = object.property(name, convert(schema));
        }
    }
    for name in list("required").iter().filter_map(Json::as_str) {
        object = object.required(name);
    }
    if let Some(others) = schema.get("additionalProperties") {
        object = object.additional_properties(Some(AdditionalProperties::RefOr(convert(others).into())));
    }
    let values = schema.get("enum").and_then(Json::as_array).cloned();
    object
        .description(text("description"))
        .format(text("format").map(|format| SchemaFormat::Custom(format.to_owned())))
        .enum_values(values)
        .minimum(schema.get("minimum").and_then(number))
        .maximum(schema.get("maximum").and_then(number))
        .build()
        .into()
}

/// A constant list, of which generators of clients know no constants: they know those of single values.
fn list_of(values: &[Json]) -> Json {
    json!({"type": "array", "minItems": values.len(), "maxItems": values.len()})
}

fn object_of(members: &serde_json::Map<String, Json>) -> Json {
    let required: Vec<&String> = members.keys().collect();
    let properties = members.iter().map(|(name, value)| (name.clone(), json!({"const": value})));
    let properties: serde_json::Map<String, Json> = properties.collect();
    json!({"type": "object", "properties": properties, "required": required})
}

/// What stands in `type`, or is the type of the constant.
fn kind(schema: &Json) -> SchemaType {
    let by_name = match schema.get("type").and_then(Json::as_str) {
        Some("string") => Some(Kind::String),
        Some("integer") => Some(Kind::Integer),
        Some("number") => Some(Kind::Number),
        Some("boolean") => Some(Kind::Boolean),
        Some("object") => Some(Kind::Object),
        Some("null") => Some(Kind::Null),
        _ => None,
    };
    let of_constant = schema.get("const").map(|constant| match constant {
        Json::Null => Kind::Null,
        Json::Bool(_) => Kind::Boolean,
        Json::Number(number) if number.is_f64() => Kind::Number,
        Json::Number(_) => Kind::Integer,
        Json::String(_) => Kind::String,
        Json::Array(_) => Kind::Array,
        Json::Object(_) => Kind::Object,
    });
    by_name.or(of_constant).map_or(SchemaType::AnyValue, SchemaType::Type)
}

fn number(json: &Json) -> Option<Number> {
    let signed = json.as_i64().and_then(|number| isize::try_from(number).ok()).map(Number::Int);
    signed.or_else(|| json.as_f64().map(Number::Float))
}
