//! What a user sees: codes, payloads, limits, APIs.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::catalog::{
    Action, Api, Catalog, Code, Field, FieldKind, Group, Header, HeaderRule, NamedType, Presence, See, Shape,
    Type, Variant,
};
use crate::emit::{example::title_case, markup};
use crate::source::Line;

/// `Code` and its accessors.
pub(super) fn code(catalog: &Catalog) -> Vec<TokenStream> {
    let summary = format!(" Every error code of `{}`.", catalog.name);
    let variants = catalog.codes.iter().map(|code| {
        let docs = doc_lines(&variant_doc(catalog, code));
        let (deprecated, name) = (deprecated(catalog, code), ident(&code.rust.upper));
        quote! { #docs #deprecated #name }
    });
    let all = catalog.codes.iter().map(|code| ident(&code.rust.upper));
    let retryable = match catalog.client {
        false => " The flag on the wire: may the same request work later?",
        true => {
            " May the same request work later? Where the catalog doesn't know the flag, the status decides."
        }
    };
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
    vec![
        quote! {
            #[doc = #summary]
            #[allow(dead_code, deprecated, unreachable_pub, clippy::all, clippy::nursery, clippy::pedantic)]
            #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            #[non_exhaustive]
            #[repr(u16)]
            pub enum Code { #(#variants,)* }
        },
        quote! {
            #[allow(dead_code, deprecated, unreachable_pub, clippy::all, clippy::nursery, clippy::pedantic)]
            impl Code {
                #[doc = " All codes, in the order of the catalog."]
                pub const ALL: &'static [Code] = &[#(Code::#all,)*];

                #[doc = " The code on the wire."]
                pub const fn as_str(self) -> &'static str { self.row().code }

                #[doc = " A short name for people."]
                pub const fn title(self) -> &'static str { self.row().title }

                #[doc = " The HTTP status that the code is sent with, where it isn't told which of several."]
                pub const fn status(self) -> ::errbook::Status { self.row().status }

                #[doc = #retryable]
                pub const fn retryable(self) -> bool { self.row().retryable }

                #[doc = " What a client does about it."]
                pub const fn retry(self) -> ::errbook::Retry { self.row().retry }

                #[doc = " What a client does about it where it answers its own repeat of a request (the same idempotency key)."]
                pub const fn retry_on_repeat(self) -> ::errbook::Retry { self.row().retry_on_repeat() }

                #[doc = " May the failed request have taken effect?"]
                pub const fn applied(self) -> ::errbook::Applied { self.row().applied }

                #[doc = " The next step."]
                pub const fn action(self) -> Action { Action::ALL[self.row().action as usize] }

                #[doc = " The anchor on the pages of the reference."]
                pub const fn anchor(self) -> &'static str { self.row().anchor }

                #group

                const fn row(self) -> &'static ::errbook::__private::Row { __errbook::TABLE.row(self as u16) }
            }
        },
    ]
}

pub(super) fn groups(catalog: &Catalog) -> Vec<TokenStream> {
    if catalog.groups.is_empty() {
        return Vec::new();
    }
    let variant = |Group { name, rust, title, line, .. }: &Group| {
        let doc = format!("{} ({}). {}", markup::plain(title), markup::code(name), place(catalog, *line));
        (ident(&rust.upper), doc)
    };
    let variants = catalog.groups.iter().map(variant).collect();
    named("Group", "Codes that belong together.", "groups", variants, quote! {})
}

pub(super) fn actions(catalog: &Catalog) -> Vec<TokenStream> {
    let variant = |Action { rust, text, .. }: &Action| (ident(&rust.upper), markup::plain(text));
    let methods = quote! {
        #[doc = " One sentence, for people."]
        pub const fn text(self) -> &'static str { __errbook::TABLE.actions[self as usize].text }

        #[doc = " Where it is done, where there is a page for it."]
        pub const fn url(self) -> ::core::option::Option<&'static str> {
            __errbook::TABLE.actions[self as usize].url
        }
    };
    named(
        "Action",
        "What the caller does next.",
        "actions",
        catalog.actions.iter().map(variant).collect(),
        methods,
    )
}

/// An enum whose variants are the rows of a table.
fn named(
    name: &str,
    doc: &str,
    table: &str,
    variants: Vec<(Ident, String)>,
    methods: TokenStream,
) -> Vec<TokenStream> {
    let (name, doc, table) = (ident(name), doc_lines(doc), ident(table));
    let names = variants.iter().map(|(name, _)| name);
    let documented = variants.iter().map(|(name, doc)| {
        let doc = doc_lines(doc);
        quote! { #doc #name }
    });
    vec![
        quote! {
            #doc
            #[allow(dead_code, deprecated, unreachable_pub, clippy::all, clippy::nursery, clippy::pedantic)]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            #[non_exhaustive]
            pub enum #name { #(#documented,)* }
        },
        quote! {
            #[allow(dead_code, deprecated, unreachable_pub, clippy::all, clippy::nursery, clippy::pedantic)]
            impl #name {
                #[doc = " All of them, in the order of the catalog."]
                pub const ALL: &'static [#name] = &[#(#name::#names,)*];

                #[doc = " The name in the catalog."]
                pub const fn as_str(self) -> &'static str { __errbook::TABLE.#table[self as usize].name }

                #methods
            }
        },
    ]
}

/// The marker of an API, and its module.
pub(super) fn api(catalog: &Catalog, api: &Api) -> Vec<TokenStream> {
    let (marker, module) = (ident(&api.rust.upper), ident(&api.rust.snake));
    let title = markup::plain(&api.title);
    let marker_doc = doc_lines(&format!(
        "{title} ({}): its envelope, its codes, and its reference at {}.\n\n{}",
        markup::code(&api.name),
        markup::code(&api.docs.with("…")),
        place(catalog, api.line),
    ));
    let module_doc = doc_lines(&format!("{title}."));
    let page = format!("{}.md", api.rust.snake);
    // Nobody answers for somebody else.
    let of_a_server = |item: TokenStream| (!catalog.client).then_some(item);
    let error = of_a_server(quote! {
        #[doc = " An error that this API answers with."]
        pub type Error = ::errbook::Error<super::#marker>;
    });
    let result = of_a_server(quote! {
        #[doc = " What a handler of this API returns."]
        pub type Result<T, E = Error> = ::core::result::Result<T, E>;
    });
    let extractors = of_a_server(quote! { ::errbook::__extractors!(super::#marker); });
    vec![
        quote! {
            #marker_doc
            #[allow(dead_code, deprecated, unreachable_pub, clippy::all, clippy::nursery, clippy::pedantic)]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub enum #marker {}
        },
        quote! {
            #module_doc
            #[allow(dead_code, deprecated, unreachable_pub, clippy::all, clippy::nursery, clippy::pedantic)]
            pub mod #module {
                #error

                #[doc = " An error answer that a client of this API received."]
                pub type ErrorResponse = ::errbook::ErrorResponse<super::#marker>;

                #result

                #[doc = " The reference of this API's errors, in Markdown."]
                pub const DOCS: &str = ::core::include_str!(#page);

                #extractors
            }
        },
    ]
}

pub(super) fn limits(catalog: &Catalog) -> Vec<TokenStream> {
    let limits = catalog.limits.iter().map(|limit| {
        let said = markup::code(&format!("{}: {}", limit.name, limit.text));
        let doc = doc_lines(&format!("{said}. {}", place(catalog, limit.line)));
        let (name, value) = (ident(&limit.rust), grouped(limit.value));
        quote! { #doc pub const #name: u64 = #value; }
    });
    limits.collect()
}

/// The module `code`.
pub(super) fn payloads(catalog: &Catalog) -> Vec<TokenStream> {
    catalog.codes.iter().map(|code| payload(catalog, code)).collect()
}

fn payload(catalog: &Catalog, code: &Code) -> TokenStream {
    let docs = doc_lines(&payload_doc(catalog, code));
    let (deprecated, name) = (deprecated(catalog, code), ident(&code.rust.upper));
    let slots = slots(catalog, code);
    if slots.is_empty() {
        return quote! { #docs #deprecated #[derive(Clone, Copy)] pub struct #name; };
    }
    let fields = slots.iter().map(|Slot { name, doc, kind, .. }| {
        let doc = doc_lines(&markup::rustdoc(doc, &|_| None));
        quote! { #doc pub #name: #kind }
    });
    quote! { #docs #deprecated #[derive(Clone, Debug, PartialEq)] pub struct #name { #(#fields,)* } }
}

/// A field of a payload: what the code requires beside its own name.
pub(super) struct Slot {
    pub(super) name: Ident,
    doc: String,
    kind: TokenStream,
    pub(super) source: Source,
}

pub(super) enum Source {
    Param,
    RetryAfter,
    /// A typed field or a header: the place among the values.
    Value(usize),
}

pub(super) fn slots(catalog: &Catalog, code: &Code) -> Vec<Slot> {
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
    for field in &code.fields {
        let FieldKind::Typed { kind, optional } = &field.kind else { continue };
        let doc = field_doc(field);
        slots.push(Slot {
            name: ident(&field.rust),
            doc,
            kind: rust_type(catalog, kind, *optional),
            source: value(),
        });
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
                rust_type(catalog, &Type::Seconds, false),
                Source::RetryAfter,
            ),
            _ => (
                format!("The header {}.", markup::code(&title_case(name))),
                rust_type(catalog, &Type::String, !required),
                value(),
            ),
        };
        slots.push(Slot { name: ident(rust), doc, kind, source });
    }
    slots
}

/// As it is written in the module `code`.
fn rust_type(catalog: &Catalog, kind: &Type, optional: bool) -> TokenStream {
    type_seen_from(&quote! { super::types:: }, catalog, kind, optional)
}

/// `types` is how the module of that name is reached.
fn type_seen_from(types: &TokenStream, catalog: &Catalog, kind: &Type, optional: bool) -> TokenStream {
    let kind = match kind {
        Type::Bool => quote! { bool },
        Type::Bytes | Type::U64 => quote! { u64 },
        Type::F64 => quote! { f64 },
        Type::I32 => quote! { i32 },
        Type::I64 => quote! { i64 },
        Type::Json => quote! { ::errbook::__private::serde_json::Value },
        Type::List(kind) => {
            let kind = type_seen_from(types, catalog, kind, false);
            quote! { ::std::vec::Vec<#kind> }
        }
        Type::Map(kind) => {
            let kind = type_seen_from(types, catalog, kind, false);
            quote! { ::std::collections::BTreeMap<::std::string::String, #kind> }
        }
        Type::Named(at) => {
            let name = ident(&catalog.types[*at].rust);
            quote! { #types #name }
        }
        Type::Seconds => quote! { ::core::time::Duration },
        Type::String | Type::Url | Type::Uuid => quote! { ::std::string::String },
        Type::Timestamp => quote! { ::std::time::SystemTime },
        Type::U32 => quote! { u32 },
    };
    if optional {
        quote! { ::core::option::Option<#kind> }
    } else {
        kind
    }
}

/// The module `types`.
pub(super) fn types(catalog: &Catalog) -> Vec<TokenStream> {
    catalog.types.iter().flat_map(|named| named_type(catalog, named)).collect()
}

fn named_type(catalog: &Catalog, NamedType { name, rust, shape, line }: &NamedType) -> Vec<TokenStream> {
    let place = format!("{}: {}", markup::code(name), place(catalog, *line));
    let name = ident(rust);
    match shape {
        Shape::Struct(fields) => {
            let doc = doc_lines(&place);
            let fields = fields.iter().filter_map(|field| {
                let FieldKind::Typed { kind, optional } = &field.kind else { return None };
                let doc = doc_lines(&markup::rustdoc(&field_doc(field), &|_| None));
                let (name, kind) =
                    (ident(&field.rust), type_seen_from(&TokenStream::new(), catalog, kind, *optional));
                Some(quote! { #doc pub #name: #kind })
            });
            vec![quote! { #doc #[derive(Clone, Debug, PartialEq)] pub struct #name { #(#fields,)* } }]
        }
        Shape::Enum(variants) => {
            let doc = doc_lines(&format!("{place}\n\nMade of a text by `From`, which knows every value."));
            let documented = variants.iter().map(|Variant { text, rust }| {
                let (doc, name) = (doc_lines(&markup::code(text)), ident(rust));
                quote! { #doc #name }
            });
            let texts = variants.iter().map(|Variant { text, rust }| {
                let variant = ident(rust);
                quote! { #name::#variant => #text }
            });
            vec![
                quote! {
                    #doc
                    #[derive(Clone, Debug)]
                    #[non_exhaustive]
                    pub enum #name {
                        #(#documented,)*
                        #[doc = " A value that this build doesn't know."]
                        Other(::std::string::String),
                    }
                },
                quote! {
                    impl #name {
                        #[doc = " The value on the wire."]
                        pub fn as_str(&self) -> &str {
                            match self {
                                #(#texts,)*
                                #name::Other(text) => text,
                            }
                        }
                    }
                },
            ]
        }
    }
}

fn field_doc(field: &Field) -> String {
    field.doc.clone().unwrap_or_else(|| format!("On the wire: {}.", markup::code(&field.name)))
}

/// rustc warns wherever a deprecated code is named, and says what to use.
fn deprecated(catalog: &Catalog, code: &Code) -> Option<TokenStream> {
    let deprecated = code.deprecated.as_ref()?;
    let instead = deprecated.replacement.map(|code| format!("use `{}`", catalog.codes[code].rust.upper));
    let note: Vec<String> = instead.into_iter().chain(deprecated.note.clone()).collect();
    let since = deprecated.since.iter();
    let note = (!note.is_empty()).then(|| note.join(": ")).into_iter();
    let arguments: Vec<TokenStream> = since
        .map(|since| quote! { since = #since })
        .chain(note.map(|note| quote! { note = #note }))
        .collect();
    Some(if arguments.is_empty() {
        quote! { #[deprecated] }
    } else {
        quote! { #[deprecated(#(#arguments),*)] }
    })
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
    parts.extend(code.doc.as_deref().map(|doc| markup::rustdoc(doc, &link)));
    if !code.causes.is_empty() {
        let causes: Vec<String> =
            code.causes.iter().map(|cause| format!("- {}", markup::line(cause, &link))).collect();
        parts.push(format!("Causes:\n\n{}", causes.join("\n")));
    }
    parts.extend(code.fix.as_deref().map(|fix| format!("What to do: {}", markup::line(fix, &link))));
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
    let see = |see: &See| match see {
        See::Code(at) => link(&catalog.codes[*at].code),
        See::Page { title, url } => Some(format!("[{}](<{}>)", markup::plain(title), markup::url(url))),
    };
    let see: Vec<String> = code.see.iter().filter_map(see).collect();
    if !see.is_empty() {
        parts.push(format!("See also: {}.", see.join(", ")));
    }
    parts.push(facts(catalog, code));
    let reference = |api: &usize| {
        let api = &catalog.apis[*api];
        format!("- [{}](<{}>)", markup::plain(&api.title), api.docs.of(code))
    };
    parts.push(format!("Reference:\n\n{}", code.apis.iter().map(reference).collect::<Vec<_>>().join("\n")));
    parts.join("\n\n")
}

/// Status, flag, advice, place.
fn facts(catalog: &Catalog, code: &Code) -> String {
    let flag = match (code.flag_known, code.retryable) {
        (false, _) => "",
        (true, true) => ", retryable",
        (true, false) => ", not retryable",
    };
    let advice = match (code.retry.first, code.retry.repeat) {
        (first, repeat) if first == repeat => format!("advice: `{}`", first.word()),
        (first, repeat) => {
            format!(
                "advice: `{}`, `{}` for a repeat with the same idempotency key",
                first.word(),
                repeat.word()
            )
        }
    };
    format!("HTTP {}{flag}; {advice}. {}", code.statuses_said(), place(catalog, code.line))
}

fn place(catalog: &Catalog, line: Line) -> String {
    format!("{}.", markup::code(&format!("{}:{}", catalog.sources[line.file], line.number)))
}

/// `25_000_000`
fn grouped(number: u64) -> TokenStream {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join("_").parse().unwrap_or_default()
}

pub(super) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// A `///` line for each line.
fn doc_lines(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote! { #(#[doc = #lines])* }
}
