//! The hidden module: one static table, the envelopes, the classes of codes.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Literal as Number, TokenStream};
use quote::{format_ident, quote};

use super::index;
use super::items::{Slot, Source, ident, slots};
use crate::catalog::{
    Api, Applied, Catalog, Code, DocHole, DocUrl, Envelope, Field, FieldKind, Header, HeaderRule, Hole,
    Member, Part, Placeholder, Presence, Retry, RetryAdvice, Template, Type,
};
use crate::emit::json_string;

pub(super) fn tables(catalog: &Catalog) -> Vec<TokenStream> {
    let mut items = vec![quote! { use ::errbook::__private::*; }];
    items.extend(rows(catalog));
    items.push(table(catalog));
    items.extend(catalog.envelopes.iter().map(envelope));
    items.extend(catalog.apis.iter().map(|at| api(catalog, at)));
    items.extend(enums(catalog));
    let classes = Classes::new(catalog);
    items.extend(classes.items(catalog));
    let mut with_fields = Vec::new();
    for code in &catalog.codes {
        let slots = slots(code);
        items.push(payload(code, &slots, classes.of(code)));
        if !slots.is_empty() {
            with_fields.push(ident(&code.rust.upper));
        }
        if !code.items.is_empty() {
            items.push(takes_issues(catalog, code));
        }
    }
    if !with_fields.is_empty() {
        let schemas = with_fields.iter().map(|name| schema_name(catalog, &name.to_string()));
        items.push(quote! { ::errbook::__payload_impls!(#(super::code::#with_fields = #schemas),*); });
    }
    items
}

/// So many codes stand in one static; the runtime counts on it.
const CHUNK: usize = 256;

fn rows(catalog: &Catalog) -> impl Iterator<Item = TokenStream> {
    catalog.codes.chunks(CHUNK).enumerate().map(|(at, codes)| {
        let (name, length) = (chunk_name(at), Number::usize_unsuffixed(codes.len()));
        let rows = codes.iter().map(|code| row(catalog, code));
        quote! { static #name: [Row; #length] = [#(#rows,)*]; }
    })
}

fn chunk_name(at: usize) -> Ident {
    format_ident!("CODES_{at}")
}

fn table(catalog: &Catalog) -> TokenStream {
    let (name, prefix) = (&catalog.name, &catalog.request_id_prefix);
    let chunks = (0..catalog.codes.len().div_ceil(CHUNK)).map(chunk_name);
    let texts: Vec<&str> = catalog.codes.iter().map(|code| code.code.as_str()).collect();
    let index::Index { key, seeds, slots } = index::build(&texts);
    let key = Number::u64_unsuffixed(key);
    let (seeds, slots) =
        (seeds.into_iter().map(Number::u16_unsuffixed), slots.into_iter().map(Number::u16_unsuffixed));
    let groups = catalog.groups.iter().map(|group| {
        let (name, title) = (&group.name, &group.title);
        let status = option(group.status.map(status));
        let constants = group.constants.iter().map(|(name, value)| {
            let json = value.json();
            quote! { (#name, #json) }
        });
        quote! { GroupRow { name: #name, title: #title, status: #status, constants: &[#(#constants),*] } }
    });
    let actions = catalog.actions.iter().map(|action| {
        let (name, text) = (&action.name, &action.text);
        let url = option(action.url.as_ref().map(|url| quote! { #url }));
        quote! { ActionRow { name: #name, text: #text, url: #url } }
    });
    quote! {
        pub(super) static TABLE: Table = Table {
            name: #name,
            request_id_prefix: #prefix,
            codes: &[#(&#chunks),*],
            index: Index { key: #key, seeds: &[#(#seeds),*], slots: &[#(#slots),*] },
            groups: &[#(#groups,)*],
            actions: &[#(#actions,)*],
        };
    }
}

/// What differs from the default row.
fn row(catalog: &Catalog, code: &Code) -> TokenStream {
    let Code { code: text, title, anchor, .. } = code;
    let status = status(code.status);
    let retryable = code.retryable.then(|| quote! { retryable: true, });
    let RetryAdvice { first, repeat } = code.retry;
    let retry_first = (first != Retry::Never).then(|| retry(first)).map(|first| quote! { retry: #first, });
    let on_repeat =
        (repeat != first).then(|| retry(repeat)).map(|repeat| quote! { on_repeat: Some(#repeat), });
    let applied = (code.applied == Applied::Maybe).then(|| quote! { applied: Applied::Maybe, });
    let action = ident(&catalog.actions[code.action].rust.upper);
    let group = code.group.map(|group| {
        let group = ident(&catalog.groups[group].rust.upper);
        quote! { group: Some(super::Group::#group as u16), }
    });
    let message = code.message.iter().map(|part| match part {
        Part::Text(text) => quote! { Part::Text(#text) },
        Part::Field(at) => {
            let constant = |field: &&Field| matches!(field.kind, FieldKind::Const(_));
            let slot = Number::usize_unsuffixed(at - code.fields[..*at].iter().filter(constant).count());
            quote! { Part::Field(#slot) }
        }
    });
    let takes_param = (code.param != Presence::Never).then(|| quote! { takes_param: true, });
    let takes_issues = (!code.items.is_empty()).then(|| quote! { takes_issues: true, });
    let fields: Vec<TokenStream> = code.fields.iter().map(field).collect();
    let fields = (!fields.is_empty()).then(|| quote! { fields: &[#(#fields,)*], });
    let headers = headers(code);
    let headers = (!headers.is_empty()).then(|| quote! { headers: &[#(#headers,)*], });
    quote! {
        Row {
            code: #text,
            title: #title,
            anchor: #anchor,
            status: #status,
            #retryable
            #retry_first
            #on_repeat
            #applied
            action: super::Action::#action as u16,
            #group
            message: &[#(#message),*],
            #takes_param
            #takes_issues
            #fields
            #headers
            ..Row::DEFAULT
        }
    }
}

fn field(field: &Field) -> TokenStream {
    let name = &field.name;
    let kind = match &field.kind {
        FieldKind::Const(value) => {
            let json = value.json();
            quote! { Kind::Const(#json) }
        }
        FieldKind::Typed { kind, optional } => {
            let kind = match kind {
                Type::Bool => quote! { Type::Bool },
                Type::Bytes | Type::U64 => quote! { Type::U64 },
                Type::F64 => quote! { Type::F64 },
                Type::I32 => quote! { Type::I32 },
                Type::I64 => quote! { Type::I64 },
                Type::Seconds => quote! { Type::Seconds },
                Type::String => quote! { Type::String },
                Type::U32 => quote! { Type::U32 },
            };
            if *optional {
                quote! { Kind::Optional(#kind) }
            } else {
                quote! { Kind::Required(#kind) }
            }
        }
    };
    quote! { Field { name: #name, kind: #kind } }
}

fn headers(code: &Code) -> Vec<TokenStream> {
    let mut slot = code.fields.iter().filter(|field| matches!(field.kind, FieldKind::Typed { .. })).count();
    let mut headers = Vec::new();
    for Header { name, rule, .. } in &code.headers {
        let value = match rule {
            HeaderRule::Default(value) => quote! { HeaderSource::Default(#value) },
            _ if name == "retry-after" => quote! { HeaderSource::RetryAfter },
            _ => {
                let at = Number::usize_unsuffixed(slot);
                slot += 1;
                quote! { HeaderSource::Slot(#at) }
            }
        };
        let required = *rule != HeaderRule::Optional;
        headers.push(quote! { Header { name: #name, value: #value, required: #required } });
    }
    headers
}

fn envelope(envelope: &Envelope) -> TokenStream {
    let name = envelope_name(envelope);
    let content_type = &envelope.content_type;
    let headers = envelope.headers.iter().map(|(name, hole)| {
        let placeholder = placeholder(hole.what);
        quote! { (#name, #placeholder) }
    });
    let (body, issue) = (members(&envelope.body), members(&envelope.issue));
    let (body_pieces, issue_pieces) = (pieces(&envelope.body), pieces(&envelope.issue));
    quote! {
        pub(super) static #name: Envelope = Envelope {
            content_type: #content_type,
            headers: &[#(#headers),*],
            body: &[#(#body,)*],
            issue: &[#(#issue,)*],
            body_pieces: &[#(#body_pieces,)*],
            issue_pieces: &[#(#issue_pieces,)*],
        };
    }
}

fn envelope_name(envelope: &Envelope) -> Ident {
    format_ident!("ENVELOPE_{}", envelope.rust.snake.to_uppercase())
}

fn members(members: &[Member]) -> Vec<TokenStream> {
    let member = |member: &Member| match member {
        Member::Fields => quote! { Member::Fields },
        Member::Key { key, value } => {
            let node = match value {
                Template::Const(value) => {
                    let json = value.json();
                    quote! { Node::Const(#json) }
                }
                Template::Hole(Hole { what, optional }) => {
                    let placeholder = placeholder(*what);
                    if *optional {
                        quote! { Node::Optional(#placeholder) }
                    } else {
                        quote! { Node::Required(#placeholder) }
                    }
                }
                Template::Map(inside) => {
                    let inside = self::members(inside);
                    quote! { Node::Map(&[#(#inside,)*]) }
                }
            };
            quote! { Member::Key(#key, #node) }
        }
    };
    members.iter().map(member).collect()
}

/// The flat form of a body: text that is copied, between what is filled in.
fn pieces(body: &[Member]) -> Vec<TokenStream> {
    let mut pieces = Pieces::default();
    pieces.map(body);
    pieces.end()
}

#[derive(Default)]
struct Pieces {
    done: Vec<TokenStream>,
    /// Text that is not yet a piece.
    text: String,
}

impl Pieces {
    fn map(&mut self, members: &[Member]) {
        self.text.push('{');
        // Does a member stand before, whatever the values are? Then a comma is text, else it depends.
        let (mut first, mut sure) = (true, false);
        for member in members {
            match member {
                Member::Fields => self.piece(quote! { Piece::Fields }),
                Member::Key { key, value: Template::Hole(Hole { what, optional: true }) } => {
                    let (key, placeholder) = (format!("{}:", json_string(key)), placeholder(*what));
                    self.piece(quote! { Piece::Optional(#key, #placeholder) });
                }
                Member::Key { key, value } => {
                    match (first, sure) {
                        (true, _) => {}
                        (false, true) => self.text.push(','),
                        (false, false) => self.piece(quote! { Piece::Comma }),
                    }
                    sure = true;
                    self.text.push_str(&json_string(key));
                    self.text.push(':');
                    match value {
                        Template::Const(value) => self.text.push_str(&value.json()),
                        Template::Hole(Hole { what, .. }) => {
                            let placeholder = placeholder(*what);
                            self.piece(quote! { Piece::Value(#placeholder) });
                        }
                        Template::Map(members) => self.map(members),
                    }
                }
            }
            first = false;
        }
        self.text.push('}');
    }

    fn piece(&mut self, piece: TokenStream) {
        self.flush();
        self.done.push(piece);
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.done.push(quote! { Piece::Text(#text) });
        }
    }

    fn end(mut self) -> Vec<TokenStream> {
        self.flush();
        self.done
    }
}

fn api(catalog: &Catalog, api: &Api) -> TokenStream {
    let Api { name, rust, title, envelope, codes, by_status, .. } = api;
    let marker = ident(&rust.upper);
    let docs = doc_url(&api.docs);
    let envelope = envelope_name(&catalog.envelopes[*envelope]);
    let code = |code: &usize| {
        let name = ident(&catalog.codes[*code].rust.upper);
        quote! { super::Code::#name }
    };
    let codes = codes.iter().map(code);
    let exact = by_status.exact.iter().map(|(status, at)| {
        let (status, code) = (Number::u16_unsuffixed(*status), code(at));
        quote! { (#status, #code) }
    });
    let (client, server) = (code(&by_status.client), code(&by_status.server));
    quote! {
        impl ::errbook::Api for super::#marker {
            type Code = super::Code;
            const INFO: &'static ApiInfo<super::Code> = &ApiInfo {
                name: #name,
                title: #title,
                docs: #docs,
                envelope: &#envelope,
                codes: &[#(#codes,)*],
                by_status: &[#(#exact,)*],
                by_4xx: #client,
                by_5xx: #server,
            };
        }
    }
}

/// Distinct between catalogs: `MailErrorCode`.
fn schema_name(catalog: &Catalog, name: &str) -> String {
    let words = catalog.name.split(|char: char| !char.is_ascii_alphanumeric());
    let upper = words.map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    upper.collect::<String>() + name
}

/// What `Code`, `Group` and `Action` implement.
fn enums(catalog: &Catalog) -> Vec<TokenStream> {
    let named = |name: &str| {
        let name = ident(name);
        quote! {
            impl ::errbook::Named for super::#name {
                fn from_index(index: u16) -> Option<Self> { super::#name::ALL.get(usize::from(index)).copied() }
            }
        }
    };
    let (group, group_impl) = match catalog.groups.is_empty() {
        true => (quote! { ::core::convert::Infallible }, None),
        false => (quote! { super::Group }, Some(named("Group"))),
    };
    let code = quote! {
        impl ::errbook::ErrorCode for super::Code {
            type Group = #group;
            type Action = super::Action;
            const TABLE: &'static Table = &TABLE;

            fn index(self) -> u16 { self as u16 }

            fn from_index(index: u16) -> Option<Self> { super::Code::ALL.get(usize::from(index)).copied() }
        }
    };
    let schema = schema_name(catalog, "ErrorCode");
    let macros = quote! { ::errbook::__code_impls!(super::Code = #schema); };
    [code].into_iter().chain(group_impl).chain([named("Action"), macros]).collect()
}

fn payload(code: &Code, slots: &[Slot], class: Ident) -> TokenStream {
    let name = ident(&code.rust.upper);
    let head = quote! {
        type Code = super::Code;
        type Class = #class;
        const CODE: super::Code = super::Code::#name;
    };
    if slots.is_empty() {
        return quote! {
            impl ::errbook::Payload for super::code::#name {
                #head
                fn from_slots(_: &mut Slots) -> Option<Self> { Some(super::code::#name) }
            }
        };
    }
    let (mut param, mut retry_after) = (quote! { None }, quote! { None });
    let (mut values, mut reads) = (Vec::new(), Vec::new());
    for Slot { name, source, .. } in slots {
        match source {
            Source::Param => {
                param = quote! { Some(self.#name.into()) };
                reads.push(quote! { #name: slots.param.take()?.into_owned() });
            }
            Source::RetryAfter => {
                retry_after = quote! { Some(self.#name) };
                reads.push(quote! { #name: slots.retry_after? });
            }
            Source::Value(at) => {
                let at = Number::usize_unsuffixed(*at);
                values.push(quote! { FieldType::into_value(self.#name) });
                reads.push(quote! { #name: slots.take(#at)? });
            }
        }
    }
    let values = if values.is_empty() {
        quote! { Vec::new() }
    } else {
        quote! { ::std::vec![#(#values),*] }
    };
    quote! {
        impl ::errbook::Payload for super::code::#name {
            #head
            fn into_slots(self) -> Slots { Slots { values: #values, param: #param, retry_after: #retry_after } }

            fn from_slots(slots: &mut Slots) -> Option<Self> { Some(super::code::#name { #(#reads,)* }) }
        }
    }
}

fn takes_issues(catalog: &Catalog, code: &Code) -> TokenStream {
    let name = ident(&code.rust.upper);
    let items: Vec<Ident> = code.items.iter().map(|item| ident(&catalog.codes[*item].rust.upper)).collect();
    let list = list(&items);
    quote! {
        impl ::errbook::TakesIssues for super::code::#name {
            type Items = #list;
        }

        #(impl ::errbook::TakesIssue<super::code::#items> for super::code::#name {})*
    }
}

/// A balanced tree, so that many codes stay within rustc's recursion limit.
fn list(codes: &[Ident]) -> TokenStream {
    match codes {
        [] => quote! { () },
        [code] => quote! { (super::code::#code,) },
        _ => {
            let (left, right) = codes.split_at(codes.len() / 2);
            let (left, right) = (list(left), list(right));
            quote! { (#left, #right) }
        }
    }
}

fn doc_url(docs: &DocUrl) -> TokenStream {
    // Nothing in a URL that passed the check needs an escape in JSON: the runtime relies on it.
    let DocUrl { before, after, .. } = docs;
    let hole = match docs.hole {
        DocHole::Anchor => quote! { Anchor },
        DocHole::Code => quote! { Code },
    };
    quote! { DocUrl { before: #before, hole: DocHole::#hole, after: #after } }
}

/// Codes that the same APIs emit, and which take the same, share a class: a few trait impls instead of some per code.
struct Classes(BTreeMap<Class, usize>);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    apis: Vec<usize>,
    param: bool,
    retry_after: bool,
}

impl Class {
    fn of(code: &Code) -> Class {
        let optional_wait =
            |header: &Header| header.name == "retry-after" && header.rule == HeaderRule::Optional;
        Class {
            apis: code.apis.clone(),
            param: code.param == Presence::Optional,
            retry_after: code.headers.iter().any(optional_wait),
        }
    }
}

impl Classes {
    fn new(catalog: &Catalog) -> Classes {
        let mut classes: BTreeMap<Class, usize> =
            catalog.codes.iter().map(|code| (Class::of(code), 0)).collect();
        for (at, number) in classes.values_mut().enumerate() {
            *number = at;
        }
        Classes(classes)
    }

    fn of(&self, code: &Code) -> Ident {
        name(self.0.get(&Class::of(code)).copied().unwrap_or_default())
    }

    fn items(&self, catalog: &Catalog) -> Vec<TokenStream> {
        let item = |(class, number): (&Class, &usize)| -> TokenStream {
            let name = name(*number);
            let apis = class.apis.iter().map(|api| ident(&catalog.apis[*api].rust.upper));
            let param = class.param.then(|| quote! { impl HasParam for #name {} });
            let retry_after = class.retry_after.then(|| quote! { impl HasRetryAfter for #name {} });
            quote! {
                pub enum #name {}
                #(impl Has<super::#apis> for #name {})*
                #param
                #retry_after
            }
        };
        self.0.iter().map(item).collect()
    }
}

fn name(number: usize) -> Ident {
    format_ident!("Class{number}")
}

fn status(status: u16) -> TokenStream {
    let status = Number::u16_unsuffixed(status);
    quote! { status(#status) }
}

fn retry(retry: Retry) -> TokenStream {
    let name = match retry {
        Retry::Never => "Never",
        Retry::NeedsAction => "NeedsAction",
        Retry::Refresh => "Refresh",
        Retry::Backoff => "Backoff",
        Retry::Throttle => "Throttle",
    };
    let name = ident(name);
    quote! { Retry::#name }
}

fn placeholder(placeholder: Placeholder) -> TokenStream {
    let name = match placeholder {
        Placeholder::Action => "Action",
        Placeholder::Code => "Code",
        Placeholder::DocUrl => "DocUrl",
        Placeholder::Errors => "Errors",
        Placeholder::Group => "Group",
        Placeholder::Message => "Message",
        Placeholder::Param => "Param",
        Placeholder::RequestId => "RequestId",
        Placeholder::RetryAfter => "RetryAfter",
        Placeholder::Retryable => "Retryable",
        Placeholder::Status => "Status",
        Placeholder::Title => "Title",
    };
    let name = ident(name);
    quote! { Placeholder::#name }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote! { Some(#value) },
        None => quote! { None },
    }
}
