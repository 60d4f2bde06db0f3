//! What the types that a user sees implement.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Literal as Number, TokenStream};
use quote::{format_ident, quote};

use super::envelopes::envelope_name;
use super::items::{Slot, Source, ident, slots};
use crate::catalog::{
    Api, ByFault, Catalog, Code, DocHole, DocUrl, Header, HeaderRule, NamedType, Presence, Shape, Variant,
};

pub(super) fn impls(catalog: &Catalog) -> Vec<TokenStream> {
    let mut items: Vec<TokenStream> = catalog.apis.iter().map(|at| api(catalog, at)).collect();
    items.extend(enums(catalog));
    let classes = Classes::new(catalog);
    items.extend(classes.items(catalog));
    items.extend(types(catalog));
    let mut with_fields = Vec::new();
    for code in &catalog.codes {
        let slots = slots(catalog, code);
        items.push(payload(code, &slots, classes.of(code)));
        if !slots.is_empty() {
            with_fields.push(ident(&code.rust.upper));
        }
        if !code.items.is_empty() && !catalog.client {
            items.push(takes_issues(catalog, code));
        }
    }
    if !with_fields.is_empty() {
        let schemas = with_fields.iter().map(|name| schema_name(catalog, &name.to_string()));
        items.push(quote! { ::errbook::__payload_impls!(#(super::code::#with_fields = #schemas),*); });
    }
    items
}

fn api(catalog: &Catalog, api: &Api) -> TokenStream {
    let Api { name, rust, title, envelope, also_read, codes, by_status, by_fault, max_body, .. } = api;
    let max_body = max_body.map(|bytes| {
        let bytes = Number::u32_unsuffixed(bytes);
        quote! {
            fn max_body() -> usize { #bytes }
        }
    });
    let marker = ident(&rust.upper);
    let docs = doc_url(&api.docs);
    let envelope = envelope_name(&catalog.envelopes[*envelope]);
    let also_read = also_read.iter().map(|at| envelope_name(&catalog.envelopes[*at]));
    let code = |code: &usize| {
        let name = ident(&catalog.codes[*code].rust.upper);
        quote! { super::Code::#name }
    };
    let codes = match codes.len() == catalog.codes.len() {
        true => quote! { super::Code::ALL },
        false => {
            let codes = codes.iter().map(code);
            quote! { &[#(#codes,)*] }
        }
    };
    let exact = by_status.exact.iter().map(|(status, at)| {
        let (status, code) = (Number::u16_unsuffixed(*status), code(at));
        quote! { (#status, #code) }
    });
    let (client, server) = (code(&by_status.client), code(&by_status.server));
    let (missing, invalid, rule) = (code(&by_fault.missing), code(&by_fault.invalid), code(&by_fault.rule));
    let ByFault { invalid_lists, rule_lists, rule_needs_param, .. } = by_fault;
    quote! {
        impl ::errbook::Api for super::#marker {
            type Code = super::Code;
            const INFO: &'static ApiInfo<super::Code> = &ApiInfo {
                name: #name,
                title: #title,
                docs: #docs,
                envelope: &#envelope,
                also_read: &[#(&#also_read),*],
                codes: #codes,
                by_status: &[#(#exact,)*],
                by_4xx: #client,
                by_5xx: #server,
                by_fault: ByFault {
                    missing: #missing,
                    invalid: #invalid,
                    rule: #rule,
                    invalid_lists: #invalid_lists,
                    rule_lists: #rule_lists,
                    rule_needs_param: #rule_needs_param,
                },
            };

            fn rendered() -> &'static Rendered {
                static RENDERED: Rendered = Rendered::new();
                &RENDERED
            }

            #max_body
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
                const UNIT: Option<Self> = Some(super::code::#name);
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

/// How the types of fields become values, and values become them.
fn types(catalog: &Catalog) -> Vec<TokenStream> {
    let mut items = Vec::new();
    let mut enums = Vec::new();
    for NamedType { rust, shape, .. } in &catalog.types {
        let name = ident(rust);
        match shape {
            Shape::Enum(variants) => {
                let known = variants.iter().map(|Variant { text, rust }| {
                    let variant = ident(rust);
                    quote! { #text => super::types::#name::#variant }
                });
                items.push(quote! {
                    impl From<&str> for super::types::#name {
                        fn from(text: &str) -> Self {
                            match text {
                                #(#known,)*
                                _ => super::types::#name::Other(text.into()),
                            }
                        }
                    }
                });
                enums.push(name);
            }
            Shape::Struct(fields) => {
                let typed = fields.iter().filter(|field| field.kind.typed().is_some());
                let names: Vec<Ident> = typed.map(|field| ident(&field.rust)).collect();
                let slots = (0..names.len()).map(Number::usize_unsuffixed);
                let read = match names.is_empty() {
                    true => quote! { Slots::inside(value).map(|_| super::types::#name {}) },
                    false => quote! {
                        let mut slots = Slots::inside(value)?;
                        Some(super::types::#name { #(#names: slots.take(#slots)?,)* })
                    },
                };
                items.push(quote! {
                    impl FieldType for super::types::#name {
                        fn into_value(self) -> Value {
                            Value::Struct(::std::vec![#(FieldType::into_value(self.#names)),*])
                        }

                        fn from_value(value: Value) -> Option<Self> { #read }
                    }
                });
            }
        }
    }
    if !enums.is_empty() {
        items.push(quote! { ::errbook::__enum_impls!(#(super::types::#enums),*); });
    }
    items
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
        DocHole::Number => quote! { Number },
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
    statuses: bool,
}

impl Class {
    fn of(code: &Code) -> Class {
        let optional_wait =
            |header: &Header| header.name == "retry-after" && header.rule == HeaderRule::Optional;
        Class {
            apis: code.apis.clone(),
            param: code.param == Presence::Optional,
            retry_after: code.headers.iter().any(optional_wait),
            statuses: !code.other_statuses.is_empty(),
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
            // Nobody here emits a code of somebody else's API.
            let emitting = if catalog.client { &[][..] } else { &class.apis };
            let apis = emitting.iter().map(|api| ident(&catalog.apis[*api].rust.upper));
            let param = class.param.then(|| quote! { impl HasParam for #name {} });
            let retry_after = class.retry_after.then(|| quote! { impl HasRetryAfter for #name {} });
            let statuses = class.statuses.then(|| quote! { impl HasStatuses for #name {} });
            quote! {
                pub enum #name {}
                #(impl Has<super::#apis> for #name {})*
                #param
                #retry_after
                #statuses
            }
        };
        self.0.iter().map(item).collect()
    }
}

fn name(number: usize) -> Ident {
    format_ident!("Class{number}")
}
