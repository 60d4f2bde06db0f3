//! What the derive was put on, and which code each case of it has.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Attribute, Data, DeriveInput, Field, Fields, GenericArgument, Generics, Ident, Path, PathArguments, Type,
    Variant,
};

use crate::attr::{Api, Code, Setting, is_api, text};
use crate::findings::Findings;

pub(crate) struct Input<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    /// Where errbook is.
    pub(crate) krate: TokenStream,
    /// The variants of an enum; else one for the whole type.
    pub(crate) cases: Vec<Case<'a>>,
}

pub(crate) struct Case<'a> {
    /// None where the case is the whole type.
    pub(crate) variant: Option<&'a Ident>,
    pub(crate) attrs: &'a [Attribute],
    pub(crate) fields: &'a Fields,
    pub(crate) answer: Answer<'a>,
}

pub(crate) enum Answer<'a> {
    Code {
        /// Where the attribute was written.
        home: Span,
        code: Code,
        settings: Vec<Setting>,
    },
    Forward {
        field: &'a Field,
        /// Its type, or what is in the box.
        error: &'a Type,
        is_boxed: bool,
    },
    /// Its `#[api(..)]` is among the findings, with a code or not. The other cases are expanded nevertheless, so that one mistake is one
    /// error, and rustc reports its own together with ours.
    Unknown(Option<Code>),
}

impl<'a> Input<'a> {
    pub(crate) fn read(input: &'a DeriveInput, findings: &mut Findings) -> Self {
        let mut on_type = Api::read(&input.attrs, findings);
        let krate = on_type.as_mut().and_then(|api| api.krate.take());
        let krate = krate.map_or_else(|| quote!(errbook), |krate| krate.path.into_token_stream());
        let codes = on_type.as_mut().and_then(|api| api.codes.take());
        if let (Some(codes), false) = (&codes, matches!(input.data, Data::Enum(_))) {
            findings
                .at(&codes.keyword, "`codes` belongs on an enum, whose variants are called as their codes");
        }
        let cases = match &input.data {
            Data::Enum(data) => {
                reject_answer_on_enum(on_type, findings);
                let codes = codes.as_ref().map(|codes| &codes.path);
                data.variants.iter().map(|variant| Case::of_variant(variant, codes, findings)).collect()
            }
            Data::Struct(data) => vec![Case::of_struct(input, &data.fields, on_type, findings)],
            Data::Union(data) => {
                let message = "an error is an enum or a struct: `ApiError` can't be derived for a union";
                findings.at(data.union_token, message);
                vec![Case { variant: None, attrs: &[], fields: &Fields::Unit, answer: Answer::Unknown(None) }]
            }
        };
        Input { ident: &input.ident, generics: &input.generics, krate, cases }
    }
}

impl<'a> Case<'a> {
    fn of_variant(variant: &'a Variant, codes: Option<&Path>, findings: &mut Findings) -> Self {
        reject_api_on_fields(&variant.fields, findings);
        let mut api = Api::read(&variant.attrs, findings);
        for place in api.iter().flat_map(|api| [&api.krate, &api.codes]).flatten() {
            let keyword = &place.keyword;
            findings.at(keyword, format_args!("`{keyword}` belongs on the enum, once for all variants"));
        }
        if let Some(codes) = codes {
            let api = api.get_or_insert_with(|| Api::empty(variant.ident.span()));
            if api.code.is_none() && api.forward.is_none() {
                api.code = Some(code_of_variant(variant, codes));
            }
        }
        let what = format!("variant `{}`", variant.ident);
        let answer = Answer::of(&what, &variant.ident, &variant.fields, api, findings);
        Case { variant: Some(&variant.ident), attrs: &variant.attrs, fields: &variant.fields, answer }
    }

    fn of_struct(
        input: &'a DeriveInput,
        fields: &'a Fields,
        api: Option<Api>,
        findings: &mut Findings,
    ) -> Self {
        reject_api_on_fields(fields, findings);
        let answer = Answer::of(&format!("`{}`", input.ident), &input.ident, fields, api, findings);
        Case { variant: None, attrs: &input.attrs, fields, answer }
    }
}

impl<'a> Answer<'a> {
    fn of(what: &str, ident: &Ident, fields: &'a Fields, api: Option<Api>, findings: &mut Findings) -> Self {
        let Some(api) = api else {
            findings.at(ident, no_code(what));
            return Answer::Unknown(None);
        };
        if api.is_broken {
            return Answer::Unknown(api.code);
        }
        match (api.code, api.forward) {
            (Some(code), None) => Answer::Code { home: api.span, code, settings: api.settings },
            (None, Some(forward)) => {
                for Setting { name, .. } in &api.settings {
                    findings.at(
                        name,
                        format_args!(
                            "`{name}` can't go with `forward`: the error that is forwarded brings its own"
                        ),
                    );
                }
                Answer::forward(what, &forward, fields, findings)
            }
            (Some(code), Some(forward)) => {
                let message = format!(
                    "`forward` answers with the code of the error in {what}, so `{}` can't stand beside it: keep one",
                    text(&code.path)
                );
                findings.at(forward, message);
                Answer::Code { home: api.span, code, settings: api.settings }
            }
            (None, None) => {
                match api.settings.first() {
                    Some(Setting { name, .. }) => findings.at(
                        name,
                        format_args!("`{name}` goes with a code: write `#[api(code::Name, {name} = ..)]`"),
                    ),
                    None => findings.at_span(api.span, no_code(what)),
                }
                Answer::Unknown(None)
            }
        }
    }

    fn forward(what: &str, forward: &Ident, fields: &'a Fields, findings: &mut Findings) -> Self {
        let mut iter = fields.iter();
        match (iter.next(), iter.len()) {
            (Some(field), 0) => {
                let boxed = boxed(&field.ty);
                return Answer::Forward { field, error: boxed.unwrap_or(&field.ty), is_boxed: boxed.is_some() };
            }
            (None, _) => findings.at(
                forward,
                format_args!("`forward` takes the code of the error in {what}, which has no field: put that error in it"),
            ),
            (Some(_), _) => findings.at(
                forward,
                format_args!(
                    "`forward` needs one field, the error to pass on, and {what} has {}: wrap the error alone, or answer \
                     with a code of its own",
                    fields.len()
                ),
            ),
        }
        Answer::Unknown(None)
    }
}

/// What is in a `Box<..>`. By its name, for a macro sees no more; whether it is std's is rustc's to say.
fn boxed(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Group(group) => boxed(&group.elem),
        Type::Paren(paren) => boxed(&paren.elem),
        Type::Path(path) => {
            let last = path.path.segments.last().filter(|last| last.ident == "Box")?;
            let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
            match arguments.args.iter().collect::<Vec<_>>()[..] {
                [GenericArgument::Type(inside)] => Some(inside),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The code that is called as the variant is, with the variant's named fields.
fn code_of_variant(variant: &Variant, codes: &Path) -> Code {
    let mut path = codes.clone();
    path.segments.push(variant.ident.clone().into());
    let names = variant.fields.iter().filter_map(|field| field.ident.as_ref());
    let values: TokenStream = names
        .map(|name| {
            let clone = quote_spanned!(name.span()=> ::core::clone::Clone::clone(#name));
            quote!(#name: #clone,)
        })
        .collect();
    let mut fields = Group::new(Delimiter::Brace, values);
    fields.set_span(variant.ident.span());
    Code { path, fields: Some(fields) }
}

fn no_code(what: &str) -> String {
    format!("{what} has no code: add `#[api(code::Name)]`, or `#[api(forward)]` if the error in it has one")
}

fn reject_answer_on_enum(api: Option<Api>, findings: &mut Findings) {
    let Some(api) = api else { return };
    let each = "belongs on each variant; on the enum there are only `codes` and `crate`";
    if let Some(code) = &api.code {
        findings.at(&code.path, format_args!("the code {each}"));
    }
    if let Some(forward) = &api.forward {
        findings.at(forward, format_args!("`forward` {each}"));
    }
    for Setting { name, .. } in &api.settings {
        findings.at(name, format_args!("`{name}` {each}"));
    }
}

fn reject_api_on_fields(fields: &Fields, findings: &mut Findings) {
    for attr in fields.iter().flat_map(|field| &field.attrs).filter(|attr| is_api(attr)) {
        findings.at(
            attr,
            "`#[api(..)]` belongs on the variant or the struct, where its fields are in scope by their names",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, expected: &[&str]) {
        let mut findings = Findings::default();
        Input::read(&syn::parse_str(input).expect("an item"), &mut findings);
        assert_eq!(findings.messages(), expected);
    }

    #[test]
    fn accepts_what_the_documentation_lists() {
        check(
            "#[api(crate = my::errbook)]
            enum E {
                #[api(code::A)] A,
                #[api(::mail::code::B, param = \"from\")] B(String),
                #[api(crate::code::C { n: *n, of: all::<A, B>() }, message = a, retry_after = *wait,)] C { n: u8 },
                #[api(forward)] D(#[from] Inner),
                #[api(forward)] F { #[source] inner: Inner },
                #[api(forward)] G(Box<Inner>),
            }",
            &[],
        );
        check("#[api(crate = my::errbook, code::A, param = self::f(name))] struct S { name: String }", &[]);
        check("#[api(forward)] struct S(Inner);", &[]);
        check("enum Never {}", &[]);
        check(
            "#[api(codes = crate::code, crate = x)] enum E { A, #[api(param = \"x\")] B, #[api(code::Z)] C }",
            &[],
        );
    }

    #[test]
    fn finds_everything_at_once() {
        check(
            "#[api(code::Z)]
            enum E {
                A,
                #[api] B,
                #[api(forward)] C,
                #[api(code::A, parm = \"x\")] D { #[api(code::A)] x: u8 },
                #[api(param = \"x\")] E,
            }",
            &[
                "the code belongs on each variant; on the enum there are only `codes` and `crate`",
                "variant `A` has no code: add `#[api(code::Name)]`, or `#[api(forward)]` if the error in it has one",
                "expected `#[api(code::Name)]` or `#[api(forward)]`",
                "`forward` takes the code of the error in variant `C`, which has no field: put that error in it",
                "`#[api(..)]` belongs on the variant or the struct, where its fields are in scope by their names",
                "unknown setting `parm`: did you mean `param`?",
                "`param` goes with a code: write `#[api(code::Name, param = ..)]`",
            ],
        );
    }

    #[test]
    fn one_code_or_forward() {
        check(
            "#[api(code::A, code::B)] struct S;",
            &["a second code: `code::A` is the code already, keep one"],
        );
        check(
            "#[api(code::A)] #[api(param = \"x\")] struct S;",
            &["a second `#[api(..)]` in the same place: join the two into one"],
        );
        check(
            "#[api(code::A, forward)] struct S(Inner);",
            &[
                "`forward` answers with the code of the error in `S`, so `code::A` can't stand beside it: keep one",
            ],
        );
        check(
            "#[api(forward, param = \"x\")] struct S(Inner);",
            &["`param` can't go with `forward`: the error that is forwarded brings its own"],
        );
        check(
            "enum E { #[api(forward)] V { a: A, b: B } }",
            &[
                "`forward` needs one field, the error to pass on, and variant `V` has 2: wrap the error alone, or answer with \
              a code of its own",
            ],
        );
        check("#[api(forwrd)] struct S(Inner);", &["`forwrd` is not a code: did you mean `forward`?"]);
        check(
            "#[api(transparent)] struct S(Inner);",
            &["`transparent` is not a code: did you mean `forward`?"],
        );
    }

    #[test]
    fn settings() {
        check(
            "#[api(code::A, param = a, message = b, param = c)] struct S;",
            &["`param` is given twice: keep one"],
        );
        check("#[api(code::A, param)] struct S;", &["`param` has no value: write `param = ..`"]);
        check("#[api(code::A, param = )] struct S;", &["`param` has no value: write `param = ..`"]);
        check("#[api(code::A param = a)] struct S;", &["expected `,`"]);
        check("#[api(code::A, param = a message = b)] struct S;", &["expected `,` or an operator"]);
        check("#[api(code::A { n: a m: b })] struct S;", &["expected `,` or an operator"]);
        check("#[api(code::A { n = a })] struct S;", &["a field has a colon: write `n: ..`"]);
        check("#[api(code::A { n: })] struct S;", &["`n` has no value: write `n: ..`"]);
        check("#[api(code::A { n, r#type: b, ..c })] struct S { n: u8 }", &[]);
        check(
            "#[api(code::A, limit = 3)] struct S;",
            &[
                "unknown setting `limit`: `param`, `message`, `retry_after` and `status` can follow a code, and a field of \
               the code goes into its braces, `code::Name { limit: .. }`",
            ],
        );
        check(
            "#[api(code::A(3))] struct S;",
            &["the fields of a code have names: write `code::A { name: .. }`"],
        );
    }

    #[test]
    fn codes_stand_on_an_enum() {
        check("#[api(codes = \"x\")] enum E {}", &["`codes` takes a path: write it without the quotes"]);
        check("#[api(codes = a, codes = b)] enum E {}", &["`codes` is given twice: keep one"]);
        check(
            "#[api(codes = code, code::A)] struct S;",
            &["`codes` belongs on an enum, whose variants are called as their codes"],
        );
        check(
            "enum E { #[api(codes = code, code::A)] A }",
            &["`codes` belongs on the enum, once for all variants"],
        );
    }

    #[test]
    fn crate_stands_on_the_type_and_is_a_path() {
        check("#[api(crate = \"x\")] enum E {}", &["`crate` takes a path: write it without the quotes"]);
        check("#[api(crate = a, crate = b)] enum E {}", &["`crate` is given twice: keep one"]);
        check(
            "enum E { #[api(code::A, crate = x)] A }",
            &["`crate` belongs on the enum, once for all variants"],
        );
        check(
            "union U { a: u8 }",
            &["an error is an enum or a struct: `ApiError` can't be derived for a union"],
        );
    }
}
