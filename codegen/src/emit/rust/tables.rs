//! The static tables: a row per code, an index of their texts.

use proc_macro2::{Ident, Literal as Number, TokenStream};
use quote::{format_ident, quote};

use super::index;
use super::items::ident;
use crate::catalog::{
    Applied, Catalog, Code, Field, FieldKind, Header, HeaderRule, Part, Presence, Retry, RetryAdvice, Shape,
    Type,
};

pub(super) fn tables(catalog: &Catalog) -> Vec<TokenStream> {
    types(catalog).chain(rows(catalog)).chain([table(catalog)]).collect()
}

/// A constant for each type with a name.
fn types(catalog: &Catalog) -> impl Iterator<Item = TokenStream> {
    catalog.types.iter().enumerate().map(|(at, named)| {
        let name = type_name(at);
        let kind = match &named.shape {
            Shape::Enum(variants) => {
                let texts = variants.iter().map(|variant| &variant.text);
                quote! { Type::Enum(&[#(#texts),*]) }
            }
            Shape::Struct(fields) => {
                let fields = fields.iter().map(field);
                quote! { Type::Struct(&[#(#fields,)*]) }
            }
        };
        quote! { const #name: Type = #kind; }
    })
}

fn type_name(at: usize) -> Ident {
    format_ident!("TYPE_{at}")
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
    let seeds: Vec<u8> = seeds.into_iter().flat_map(u16::to_le_bytes).collect();
    let (mut all, mut in_slots) = (String::new(), Vec::with_capacity(8 * slots.len()));
    for code in slots {
        let text = texts.get(usize::from(code)).copied().unwrap_or_default();
        // The checker bounds a code to so many bytes, and all of them.
        let (length, start) = (text.len() as u16, all.len() as u32);
        in_slots
            .extend(code.to_le_bytes().into_iter().chain(length.to_le_bytes()).chain(start.to_le_bytes()));
        all.push_str(text);
    }
    let (seeds, slots) = (Number::byte_string(&seeds), Number::byte_string(&in_slots));
    let mut numbers: Vec<(i64, usize)> =
        catalog.codes.iter().enumerate().filter_map(|(at, code)| Some((code.number?, at))).collect();
    numbers.sort_unstable();
    let numbers = numbers.into_iter().map(|(number, code)| {
        let (number, code) = (Number::i64_unsuffixed(number), Number::usize_unsuffixed(code));
        quote! { (#number, #code) }
    });
    let examples = catalog.codes.iter().enumerate().flat_map(|(at, code)| {
        let typed = code.fields.iter().filter(|field| matches!(field.kind, FieldKind::Typed { .. }));
        typed.enumerate().filter_map(move |(slot, field)| {
            let json = field.example.as_ref()?.json();
            let (at, slot) = (Number::usize_unsuffixed(at), Number::usize_unsuffixed(slot));
            Some(quote! { (#at, #slot, #json) })
        })
    });
    let groups = catalog.groups.iter().map(|group| {
        let action = group.action.map(|action| {
            let action = ident(&catalog.actions[action].rust.upper);
            quote! { super::Action::#action as u16 }
        });
        let (action, advice) = (option(action), option(group.retry.map(retry)));
        let applied = option(group.applied.map(applied));
        let (name, title) = (&group.name, &group.title);
        let statuses = group.statuses.iter().map(|at| status(*at));
        let constants = group.constants.iter().map(|(name, value)| {
            let json = value.json();
            quote! { (#name, #json) }
        });
        quote! { GroupRow { name: #name, title: #title, statuses: &[#(#statuses),*], constants: &[#(#constants),*], action: #action, retry: #advice, applied: #applied } }
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
            index: Index { key: #key, seeds: #seeds, slots: #slots, texts: #all },
            numbers: &[#(#numbers),*],
            examples: &[#(#examples),*],
            groups: &[#(#groups,)*],
            actions: &[#(#actions,)*],
        };
    }
}

/// What differs from the default row.
fn row(catalog: &Catalog, code: &Code) -> TokenStream {
    let Code { code: text, title, anchor, .. } = code;
    let name = &code.rust.upper;
    let number = code.number.map(|number| {
        let number = Number::i64_unsuffixed(number);
        quote! { number: Some(#number), }
    });
    let others: Vec<TokenStream> = code.other_statuses.iter().map(|at| status(*at)).collect();
    let others = (!others.is_empty()).then(|| quote! { other_statuses: &[#(#others),*], });
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
            name: #name,
            title: #title,
            anchor: #anchor,
            #number
            status: #status,
            #others
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
            let kind = field_type(kind);
            if *optional {
                quote! { Kind::Optional(#kind) }
            } else {
                quote! { Kind::Required(#kind) }
            }
        }
    };
    quote! { Field { name: #name, kind: #kind } }
}

fn field_type(kind: &Type) -> TokenStream {
    match kind {
        Type::Bool => quote! { Type::Bool },
        Type::Bytes | Type::U64 => quote! { Type::U64 },
        Type::F64 => quote! { Type::F64 },
        Type::I32 => quote! { Type::I32 },
        Type::I64 => quote! { Type::I64 },
        Type::Json => quote! { Type::Json },
        Type::List(kind) => {
            let kind = field_type(kind);
            quote! { Type::List(&#kind) }
        }
        Type::Map(kind) => {
            let kind = field_type(kind);
            quote! { Type::Map(&#kind) }
        }
        Type::Named(at) => {
            let name = type_name(*at);
            quote! { #name }
        }
        Type::Seconds => quote! { Type::Seconds },
        Type::String => quote! { Type::String },
        Type::Timestamp => quote! { Type::Time },
        Type::U32 => quote! { Type::U32 },
        Type::Url => quote! { Type::Url },
        Type::Uuid => quote! { Type::Uuid },
    }
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

fn status(status: u16) -> TokenStream {
    let status = Number::u16_unsuffixed(status);
    quote! { status(#status) }
}

fn applied(applied: Applied) -> TokenStream {
    match applied {
        Applied::No => quote! { Applied::No },
        Applied::Maybe => quote! { Applied::Maybe },
    }
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

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote! { Some(#value) },
        None => quote! { None },
    }
}
