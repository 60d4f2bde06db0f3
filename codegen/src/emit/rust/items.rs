//! What a user sees: codes, payloads, limits, APIs.

use proc_macro2::{Ident, Literal as Number, Span, TokenStream};
use quote::{format_ident, quote};

use crate::catalog::{
    Action, Api, Catalog, Code, Field, FieldKind, Group, Header, HeaderRule, Presence, Type,
};
use crate::emit::markup;

/// `Code`, its accessors and what it implements.
pub(super) fn code(catalog: &Catalog) -> Vec<TokenStream> {
    let summary = format!(" Every error code of `{}`.", catalog.name);
    let variants = catalog.codes.iter().map(|code| {
        let docs = doc_lines(&variant_doc(catalog, code));
        let name = ident(&code.rust.upper);
        quote! { #docs #name }
    });
    let all = catalog.codes.iter().map(|code| ident(&code.rust.upper));
    let group = match catalog.groups.is_empty() {
        true => quote! {},
        false => quote! {
            #[doc = " The group that the code belongs to."]
            pub const fn group(self) -> ::core::option::Option<Group> {
                match self.row().group {
                    ::core::option::Option::Some(group) => ::core::option::Option::Some(Group::ALL[group as usize]),
                    ::core::option::Option::None => ::core::option::Option::None,
                }
            }
        },
    };
    let group_type = match catalog.groups.is_empty() {
        true => quote! { ::core::convert::Infallible },
        false => quote! { Group },
    };
    vec![
        quote! {
            #[doc = #summary]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            #[non_exhaustive]
            #[repr(u16)]
            pub enum Code { #(#variants,)* }
        },
        quote! {
            impl Code {
                #[doc = " All codes, in the order of the catalog."]
                pub const ALL: &'static [Code] = &[#(Code::#all,)*];

                #[doc = " The code on the wire."]
                pub const fn as_str(self) -> &'static str { self.row().code }

                #[doc = " A short name for people."]
                pub const fn title(self) -> &'static str { self.row().title }

                #[doc = " The HTTP status that the code is sent with."]
                pub const fn status(self) -> ::errbook::Status { self.row().status }

                #[doc = " The flag on the wire: may the same request work later?"]
                pub const fn retryable(self) -> bool { self.row().retryable }

                #[doc = " What a client does about it."]
                pub const fn retry(self) -> ::errbook::Retry { self.row().retry }

                #[doc = " What a client does about it where it answers its own repeat of a request (the same idempotency key)."]
                pub const fn retry_on_repeat(self) -> ::errbook::Retry { self.row().on_repeat }

                #[doc = " May the failed request have taken effect?"]
                pub const fn applied(self) -> ::errbook::Applied { self.row().applied }

                #[doc = " The next step."]
                pub const fn action(self) -> Action { Action::ALL[self.row().action as usize] }

                #[doc = " The anchor on the pages of the reference."]
                pub const fn anchor(self) -> &'static str { self.row().anchor }

                #group

                const fn row(self) -> &'static ::errbook::__private::Row { &__errbook::TABLE.codes[self as usize] }
            }
        },
        quote! {
            impl ::errbook::ErrorCode for Code {
                type Group = #group_type;
                type Action = Action;

                const TABLE: &'static ::errbook::__private::Table = &__errbook::TABLE;

                fn index(self) -> u16 { self as u16 }

                fn from_index(index: u16) -> ::core::option::Option<Code> {
                    Code::ALL.get(::core::primitive::usize::from(index)).copied()
                }
            }
        },
        quote! { ::errbook::__code_impls!(Code); },
    ]
}

pub(super) fn groups(catalog: &Catalog) -> Vec<TokenStream> {
    if catalog.groups.is_empty() {
        return Vec::new();
    }
    let variants = catalog.groups.iter().map(|Group { name, rust, title, .. }| {
        let doc = format!(" {} (`{name}`).", markup::plain(title));
        let rust = ident(&rust.upper);
        quote! { #[doc = #doc] #rust }
    });
    named("Group", " Codes that belong together.", "groups", variants.collect(), catalog.groups.iter().map(|group| &*group.rust.upper))
}

pub(super) fn actions(catalog: &Catalog) -> Vec<TokenStream> {
    let variants = catalog.actions.iter().map(|Action { text, rust, .. }| {
        let doc = format!(" {}", markup::plain(text));
        let rust = ident(&rust.upper);
        quote! { #[doc = #doc] #rust }
    });
    let mut items = named("Action", " What the caller does next.", "actions", variants.collect(), catalog.actions.iter().map(|action| &*action.rust.upper));
    items.push(quote! {
        impl Action {
            #[doc = " One sentence, for people."]
            pub const fn text(self) -> &'static str { __errbook::TABLE.actions[self as usize].text }

            #[doc = " Where it is done, where there is a page for it."]
            pub const fn url(self) -> ::core::option::Option<&'static str> {
                __errbook::TABLE.actions[self as usize].url
            }
        }
    });
    items
}

/// An enum whose variants are the rows of a table.
fn named<'n>(
    name: &str,
    doc: &str,
    table: &str,
    variants: Vec<TokenStream>,
    names: impl Iterator<Item = &'n str>,
) -> Vec<TokenStream> {
    let (name, table) = (ident(name), ident(table));
    let names = names.map(ident);
    vec![
        quote! {
            #[doc = #doc]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            #[non_exhaustive]
            pub enum #name { #(#variants,)* }
        },
        quote! {
            impl #name {
                #[doc = " All of them, in the order of the catalog."]
                pub const ALL: &'static [#name] = &[#(#name::#names,)*];

                #[doc = " The name in the catalog."]
                pub const fn as_str(self) -> &'static str { __errbook::TABLE.#table[self as usize].name }
            }
        },
        quote! {
            impl ::errbook::Named for #name {
                fn from_index(index: u16) -> ::core::option::Option<#name> {
                    #name::ALL.get(::core::primitive::usize::from(index)).copied()
                }
            }
        },
    ]
}

/// The marker of an API, and its module.
pub(super) fn api(catalog: &Catalog, at: usize) -> Vec<TokenStream> {
    let Api { name, rust, title, docs, envelope, codes, by_status, line, .. } = &catalog.apis[at];
    let (marker, module) = (ident(&rust.upper), ident(&rust.snake));
    let url = docs.with("…");
    let marker_doc = doc_lines(&format!(
        "{} (`{name}`): its envelope, its reference at {}, and the codes that it emits.\n\n{}",
        markup::plain(title),
        markup::code(&url),
        place(catalog, *line),
    ));
    let code = |code: &usize| {
        let name = ident(&catalog.codes[*code].rust.upper);
        quote! { Code::#name }
    };
    let emitted = codes.iter().map(code);
    let exact = by_status.exact.iter().map(|(status, at)| {
        let (status, code) = (Number::u16_unsuffixed(*status), code(at));
        quote! { (#status, #code) }
    });
    let (client, server) = (code(&by_status.client), code(&by_status.server));
    let envelope = format_ident!("{}", catalog.envelopes[*envelope].rust.snake.to_uppercase());
    let docs = super::tables::doc_url(docs);
    let module_doc = format!(" {}.", markup::plain(title));
    let page = format!("{}.md", rust.snake);
    vec![
        quote! {
            #marker_doc
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub enum #marker {}
        },
        quote! {
            impl ::errbook::Api for #marker {
                type Code = Code;

                const INFO: &'static ::errbook::__private::ApiInfo<Code> = &::errbook::__private::ApiInfo {
                    name: #name,
                    title: #title,
                    docs: #docs,
                    envelope: &__errbook::#envelope,
                    codes: &[#(#emitted,)*],
                    by_status: &[#(#exact,)*],
                    by_4xx: #client,
                    by_5xx: #server,
                };
            }
        },
        quote! {
            #[doc = #module_doc]
            pub mod #module {
                #[doc = " An error that this API answers with."]
                pub type Error = ::errbook::Error<super::#marker>;

                #[doc = " An error answer that a client of this API received."]
                pub type ErrorResponse = ::errbook::ErrorResponse<super::#marker>;

                #[doc = " What a handler of this API returns."]
                pub type Result<T, E = Error> = ::core::result::Result<T, E>;

                #[doc = " The reference of this API's errors, in Markdown."]
                pub const DOCS: &str = ::core::include_str!(#page);
            }
        },
    ]
}

pub(super) fn limits(catalog: &Catalog) -> Vec<TokenStream> {
    let limits = catalog.limits.iter().map(|limit| {
        let doc = doc_lines(&format!("{}.\n\n{}", markup::code(&limit.text), place(catalog, limit.line)));
        let (name, value) = (ident(&limit.rust), Number::u64_unsuffixed(limit.value));
        quote! { #doc pub const #name: u64 = #value; }
    });
    limits.collect()
}

/// The module `code`.
pub(super) fn payloads(catalog: &Catalog) -> Vec<TokenStream> {
    let classes = super::tables::classes(catalog);
    let mut items = Vec::new();
    let mut with_fields = Vec::new();
    for code in &catalog.codes {
        let slots = slots(code);
        items.push(payload_struct(catalog, code, &slots));
        items.push(payload_impl(code, &slots, classes.of(code)));
        if !slots.is_empty() {
            with_fields.push(ident(&code.rust.upper));
        }
        if !code.items.is_empty() {
            items.push(takes_issues(catalog, code));
        }
    }
    if !with_fields.is_empty() {
        items.push(quote! { ::errbook::__payload_impls!(#(#with_fields),*); });
    }
    items
}

/// A field of a payload: what the code requires beside its own name.
struct Slot {
    name: Ident,
    doc: String,
    kind: TokenStream,
    source: Source,
}

enum Source {
    Param,
    RetryAfter,
    /// A typed field or a header: the place among the values.
    Value(usize),
}

fn slots(code: &Code) -> Vec<Slot> {
    let mut slots = Vec::new();
    if code.param == Presence::Required {
        slots.push(Slot {
            name: ident("param"),
            doc: "The field of the request that the error is about.".to_owned(),
            kind: quote! { ::std::string::String },
            source: Source::Param,
        });
    }
    let mut values = 0..;
    let mut value = || Source::Value(values.next().unwrap_or_default());
    for Field { name, rust, kind, doc, .. } in &code.fields {
        let FieldKind::Typed { kind, optional } = kind else { continue };
        let doc = doc.clone().unwrap_or_else(|| format!("On the wire: {}.", markup::code(name)));
        slots.push(Slot { name: ident(rust), doc, kind: rust_type(*kind, *optional), source: value() });
    }
    for Header { name, rust, rule } in &code.headers {
        let required = match rule {
            HeaderRule::Required => true,
            HeaderRule::Optional if name != "retry-after" => false,
            HeaderRule::Optional | HeaderRule::Default(_) => continue,
        };
        let (doc, kind, source) = match name.as_str() {
            "retry-after" => (
                "The wait that is asked of the client: the header `Retry-After`.".to_owned(),
                rust_type(Type::Seconds, false),
                Source::RetryAfter,
            ),
            _ => (format!("The header {}.", markup::code(name)), rust_type(Type::String, !required), value()),
        };
        slots.push(Slot { name: ident(rust), doc, kind, source });
    }
    slots
}

fn payload_struct(catalog: &Catalog, code: &Code, slots: &[Slot]) -> TokenStream {
    let docs = doc_lines(&payload_doc(catalog, code));
    let name = ident(&code.rust.upper);
    if slots.is_empty() {
        return quote! { #docs #[derive(Clone, Copy)] pub struct #name; };
    }
    let fields = slots.iter().map(|Slot { name, doc, kind, .. }| {
        let doc = doc_lines(&markup::block(doc, &|_| None));
        quote! { #doc pub #name: #kind }
    });
    quote! { #docs #[derive(Clone, Debug, PartialEq)] pub struct #name { #(#fields,)* } }
}

fn payload_impl(code: &Code, slots: &[Slot], class: Ident) -> TokenStream {
    let name = ident(&code.rust.upper);
    let head = quote! {
        type Code = super::Code;
        type Class = super::__errbook::#class;
        const CODE: super::Code = super::Code::#name;
    };
    if slots.is_empty() {
        return quote! {
            impl ::errbook::Payload for #name {
                #head
                fn from_slots(_: &mut ::errbook::__private::Slots) -> ::core::option::Option<Self> {
                    ::core::option::Option::Some(#name)
                }
            }
        };
    }
    let mut values = Vec::new();
    let (mut param, mut retry_after) = (quote! { ::core::option::Option::None }, quote! { ::core::option::Option::None });
    let mut reads = Vec::new();
    for Slot { name, source, .. } in slots {
        match source {
            Source::Param => {
                param = quote! { ::core::option::Option::Some(self.#name.into()) };
                reads.push(quote! { #name: slots.param.take()?.into_owned() });
            }
            Source::RetryAfter => {
                retry_after = quote! { ::core::option::Option::Some(self.#name) };
                reads.push(quote! { #name: slots.retry_after? });
            }
            Source::Value(at) => {
                values.push(quote! { ::errbook::__private::FieldType::into_value(self.#name) });
                let at = Number::usize_unsuffixed(*at);
                reads.push(quote! { #name: slots.take(#at)? });
            }
        }
    }
    let values = match values.is_empty() {
        true => quote! { ::std::vec::Vec::new() },
        false => quote! { ::std::vec![#(#values),*] },
    };
    quote! {
        impl ::errbook::Payload for #name {
            #head
            fn into_slots(self) -> ::errbook::__private::Slots {
                ::errbook::__private::Slots { values: #values, param: #param, retry_after: #retry_after }
            }
            fn from_slots(slots: &mut ::errbook::__private::Slots) -> ::core::option::Option<Self> {
                ::core::option::Option::Some(#name { #(#reads,)* })
            }
        }
    }
}

fn takes_issues(catalog: &Catalog, code: &Code) -> TokenStream {
    let name = ident(&code.rust.upper);
    let items: Vec<Ident> = code.items.iter().map(|item| ident(&catalog.codes[*item].rust.upper)).collect();
    let list = items.iter().rev().fold(quote! { () }, |list, item| {
        quote! { ::errbook::__private::And<::errbook::__private::One<#item>, #list> }
    });
    quote! {
        impl ::errbook::TakesIssues for #name {
            type Items = #list;
        }

        #(impl ::errbook::TakesIssue<#items> for #name {})*
    }
}

fn rust_type(kind: Type, optional: bool) -> TokenStream {
    let kind = match kind {
        Type::Bool => quote! { bool },
        Type::Bytes | Type::U64 => quote! { u64 },
        Type::F64 => quote! { f64 },
        Type::I32 => quote! { i32 },
        Type::I64 => quote! { i64 },
        Type::Seconds => quote! { ::core::time::Duration },
        Type::String => quote! { ::std::string::String },
        Type::U32 => quote! { u32 },
    };
    if optional { quote! { ::core::option::Option<#kind> } } else { kind }
}

/// In an editor, one look at a variant: what it says and how it is sent.
fn variant_doc(catalog: &Catalog, code: &Code) -> String {
    format!("{}\n\n{}", markup::plain(&code.message_template()), facts(catalog, code))
}

/// Everything that the YAML says of the code.
fn payload_doc(catalog: &Catalog, code: &Code) -> String {
    let mut parts = vec![markup::plain(&code.message_template())];
    let link = |name: &str| {
        let code = catalog.codes.iter().find(|code| code.code == name)?;
        Some(format!("[{}](super::Code::{})", markup::code(name), code.rust.upper))
    };
    parts.extend(code.doc.as_deref().map(|doc| markup::block(doc, &link)));
    if !code.causes.is_empty() {
        let causes: Vec<String> = code.causes.iter().map(|cause| format!("- {}", markup::line(cause, &link))).collect();
        parts.push(format!("Causes:\n\n{}", causes.join("\n")));
    }
    parts.extend(code.fix.as_deref().map(|fix| markup::block(fix, &link)));
    let constants: Vec<String> = code
        .fields
        .iter()
        .filter_map(|field| match &field.kind {
            FieldKind::Const(value) => Some(markup::code(&format!("{}: {}", field.name, value.json()))),
            FieldKind::Typed { .. } => None,
        })
        .collect();
    if !constants.is_empty() {
        parts.push(format!("Sent with {}.", constants.join(", ")));
    }
    let urls = code.apis.iter().map(|api| {
        let api = &catalog.apis[*api];
        format!("[{}](<{}>)", markup::plain(&api.title), api.docs.of(code))
    });
    parts.push(format!("{} Reference: {}.", facts(catalog, code), urls.collect::<Vec<_>>().join(", ")));
    parts.join("\n\n")
}

/// Status, flag, advice, place.
fn facts(catalog: &Catalog, code: &Code) -> String {
    let flag = if code.retryable { "retryable" } else { "not retryable" };
    let advice = match (code.retry.first, code.retry.repeat) {
        (first, repeat) if first == repeat => format!("advice: {}", first.word()),
        (first, repeat) => format!("advice: {}, {} for a repeat with the same idempotency key", first.word(), repeat.word()),
    };
    format!("HTTP {}, {flag}; {advice}. {}", code.status, place(catalog, code.line))
}

fn place(catalog: &Catalog, line: u32) -> String {
    format!("{}.", markup::code(&format!("{}:{line}", catalog.file)))
}

pub(super) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// A `///` line for each line.
fn doc_lines(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote! { #(#[doc = #lines])* }
}
