//! The `impl Raise`, and with it whatever rustc is to check: each path and each expression of the user's once.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Generics, Ident, Index, LitStr, WhereClause, parse_quote, parse_quote_spanned};

use crate::ast::{Answer, Case, Input};
use crate::attr::{Code, Setting, text};
use crate::findings::Findings;

pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let mut findings = Findings::default();
    let compiled = raise(&Input::read(input, &mut findings));
    let compile_errors = findings.into_compile_errors();
    quote! {
        #compiled
        #compile_errors
    }
}

fn raise(input: &Input<'_>) -> TokenStream {
    let Input { ident, generics, krate, cases } = input;
    let aliases = cases.iter().enumerate().filter_map(|(index, case)| alias(index, case));
    let codes = codes(cases);
    let import = quote_spanned!(krate.span()=> use #krate as __errbook;);
    let body = body(input);
    let ident = repeated(ident);
    let (impl_generics, ty_generics, _) = generics.split_for_impl();
    let where_clause = where_clause(generics, cases);
    quote! {
        const _: () = {
            #import
            #(#aliases)*

            #[automatically_derived]
            #[allow(trivial_bounds, unused_qualifications, unused_variables)]
            impl #impl_generics __errbook::Raise for #ident #ty_generics #where_clause {
                type Codes = #codes;

                fn raise(self) -> __errbook::Raised {
                    #body
                }
            }
        };
    }
}

/// `type __Code0 = code::NotFound;`: the one place where the user's path stands, so that rustc reports it once; and it
/// keeps quiet about what the user allows there, as `deprecated`.
fn alias(index: usize, case: &Case<'_>) -> Option<TokenStream> {
    let (Answer::Code { code, .. } | Answer::Unknown(Some(code))) = &case.answer else { return None };
    let allows = case.attrs.iter().filter(|attr| attr.path().is_ident("allow"));
    let (name, path) = (code_name(index, code), &code.path);
    Some(quote!(#(#allows)* type #name = #path;))
}

fn code_name(index: usize, code: &Code) -> Ident {
    format_ident!("__Code{index}", span = code.path.segments.last().span())
}

/// Every code once. A balanced tree, so that an error of many variants stays within rustc's recursion limit.
fn codes(cases: &[Case<'_>]) -> TokenStream {
    let mut seen = HashSet::new();
    let lists: Vec<TokenStream> = cases
        .iter()
        .enumerate()
        .filter_map(|(index, case)| match &case.answer {
            Answer::Code { code, .. } => seen.insert(text(&code.path)).then(|| {
                let name = code_name(index, code);
                quote!((#name,))
            }),
            Answer::Forward { error, .. } => {
                Some(quote_spanned!(error.span()=> <#error as __errbook::Raise>::Codes))
            }
            Answer::Unknown(_) => None,
        })
        .collect();
    tree(&lists)
}

fn tree(lists: &[TokenStream]) -> TokenStream {
    match lists {
        [] => quote!(()),
        [list] => list.clone(),
        _ => {
            let (left, right) = lists.split_at(lists.len() / 2);
            let (left, right) = (tree(left), tree(right));
            quote!((#left, #right))
        }
    }
}

/// Matches `self` by value: an error that is forwarded is moved out of it, while the others only borrow their fields,
/// because `self` is still needed as the source.
fn body(input: &Input<'_>) -> TokenStream {
    let arms = input.cases.iter().enumerate().map(|(index, case)| arm(index, case, input.ident));
    let arms: TokenStream = arms.collect();
    if !input.cases.iter().any(|case| matches!(case.answer, Answer::Code { .. })) {
        return quote!(match self { #arms });
    }
    // At the name of the type, for that is where rustc then says that it isn't an error, `Send` or `'static`.
    let boxed = quote_spanned! {in_derive(input.ident.span())=>
        let source: ::std::boxed::Box<
            dyn ::std::error::Error + ::core::marker::Send + ::core::marker::Sync
        > = ::std::boxed::Box::new(self);
    };
    quote! {
        let raised = match self { #arms };
        #boxed
        raised.because(source)
    }
}

fn arm(index: usize, case: &Case<'_>, ident: &Ident) -> TokenStream {
    let ident = repeated(ident);
    let variant = case.variant.map(repeated).into_iter();
    let path = quote!(#ident #(::#variant)*);
    match &case.answer {
        Answer::Code { home, code, settings } => {
            let fields = case.fields.iter().enumerate();
            let fields = fields.map(|(index, field)| match &field.ident {
                Some(name) => quote!(ref #name),
                None => {
                    let (index, name) = (Index::from(index), format_ident!("_{index}", span = *home));
                    quote!(#index: ref #name)
                }
            });
            let raising = raising(index, *home, code, settings);
            quote!(#path { #(#fields),* } => #raising,)
        }
        Answer::Forward { field, is_boxed, .. } => {
            let member = field.ident.as_ref().map_or_else(|| quote!(0), ToTokens::to_token_stream);
            let inner = if *is_boxed {
                // At the type, for that is where rustc then says that it is another `Box`.
                quote_spanned! {in_derive(field.ty.span())=> {
                    let inner: ::std::boxed::Box<_> = inner;
                    *inner
                }}
            } else {
                quote!(inner)
            };
            quote!(#path { #member: inner } => return __errbook::Raise::raise(#inner),)
        }
        Answer::Unknown(_) if case.variant.is_none() => quote!(_ => ::core::unreachable!(),),
        Answer::Unknown(_) => quote!(#path { .. } => ::core::unreachable!(),),
    }
}

/// The payload as the user wrote it, and what else is said about it.
///
/// What is added to the user's tokens stands at them, and resolves where they do: with two contexts in an expression,
/// rustc would show its errors at the derive.
fn raising(index: usize, home: Span, code: &Code, settings: &[Setting]) -> TokenStream {
    let name = code_name(index, code);
    let span = home.located_at(name.span());
    // A unit struct has this literal, too.
    let fields = code.fields.clone().unwrap_or_else(|| {
        let mut braces = Group::new(Delimiter::Brace, TokenStream::new());
        braces.set_span(span);
        braces
    });
    let settings = settings.iter().map(|setting| set(home, setting));
    quote_spanned! {span=> {
        let __raising = __errbook::Payload::raising(#name #fields);
        #(#settings)*
        __errbook::Raise::raise(__raising)
    }}
}

/// A call at the user's key, for that is where rustc then says that the code takes no such thing.
fn set(home: Span, Setting { kind, name, value }: &Setting) -> TokenStream {
    let span = home.located_at(name.span());
    let value = if kind.is_text() && syn::parse2::<LitStr>(value.clone()).is_err() {
        // Fields are references, so that it has to be copied. Not by `Display`: that would let an inner error's text be
        // sent by accident.
        let first = value.clone().into_iter().next().map_or(span, |token| token.span());
        let text = Ident::new("__text", home.located_at(first));
        quote_spanned! {span=> {
            let #text = #value;
            ::std::string::String::from(::core::convert::AsRef::<::core::primitive::str>::as_ref(&#text))
        }}
    } else {
        value.clone()
    };
    let method = Ident::new(kind.method(), span);
    quote_spanned!(span=> let __raising = __raising.#method(#value);)
}

/// What the impl needs. That of a forwarded error stands here also where no type parameter is in it, for here rustc
/// reports it once.
fn where_clause(generics: &Generics, cases: &[Case<'_>]) -> Option<WhereClause> {
    let mut generics = generics.clone();
    if generics.type_params().next().is_some() {
        generics.make_where_clause().predicates.push(parse_quote! {
            Self: ::std::error::Error + ::core::marker::Send + ::core::marker::Sync + 'static
        });
    }
    for case in cases {
        if let Answer::Forward { error, .. } = &case.answer {
            let has_code = parse_quote_spanned!(error.span()=> #error: __errbook::Raise);
            generics.make_where_clause().predicates.push(has_code);
        }
    }
    generics.where_clause
}

/// The place of something of the user's, for what only the derive says there: it draws no lint, such as `deprecated` for
/// a deprecated variant.
fn in_derive(span: Span) -> Span {
    span.resolved_at(Span::call_site())
}

fn repeated(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(in_derive(ident.span()));
    ident
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(input: &str) -> String {
        derive(&syn::parse_str(input).expect("an item")).to_string().replace(' ', "")
    }

    #[test]
    fn each_path_of_the_user_stands_once() {
        let expanded = expand("#[api(crate = my::errbook, code::A { n: user::f(n) })] struct S { n: u8 }");
        for path in ["my::errbook", "code::A", "user::f(n)"] {
            assert_eq!(expanded.matches(path).count(), 1, "{path} in {expanded}");
        }
    }

    #[test]
    fn a_code_is_listed_once() {
        let expanded = expand("enum E { #[api(code::A)] A, #[api(code::A)] B, #[api(code::B)] C }");
        assert!(expanded.contains("typeCodes=((__Code0,),(__Code2,));"), "{expanded}");
    }

    #[test]
    fn the_list_of_codes_is_not_deep() {
        let variants: String = (0..1000).map(|n| format!("#[api(code::C{n})] V{n},")).collect();
        let expanded = expand(&format!("enum E {{ {variants} }}"));
        let (_, list) = expanded.split_once("typeCodes=").unwrap();
        let list = list.split(';').next().unwrap();
        let depth = list.split("__Code").map(|part| part.matches('(').count()).max();
        assert!(depth <= Some(11), "{depth:?}");
    }

    #[test]
    fn a_mistake_leaves_the_rest() {
        let expanded = expand("enum E { A, #[api(code::B)] B }");
        assert!(expanded.contains("E::A{..}=>::core::unreachable!(),"));
        assert!(expanded.contains("E::B{}=>"));
        assert!(expanded.contains("compile_error!"));
    }
}
