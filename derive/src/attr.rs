//! The syntax of `#[api(..)]`.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Ident, Lifetime, Meta, Path, Token, token};

use crate::findings::Findings;

/// One `#[api(..)]`, each part at most once. Whether the parts fit their place is for [`crate::ast`] to say.
pub(crate) struct Api {
    pub(crate) span: Span,
    pub(crate) krate: Option<Place>,
    /// Where the codes are by whose names the variants are called.
    pub(crate) codes: Option<Place>,
    pub(crate) code: Option<Code>,
    pub(crate) forward: Option<Ident>,
    pub(crate) settings: Vec<Setting>,
    /// Something else stood there, which is among the findings.
    pub(crate) is_broken: bool,
}

/// `crate = path` or `codes = path`.
pub(crate) struct Place {
    pub(crate) keyword: Ident,
    pub(crate) path: Path,
}

/// `code::Name` or `code::Name { field: expr }`.
pub(crate) struct Code {
    pub(crate) path: Path,
    /// The braces as the user wrote them: rustc reads what is in them, not we.
    pub(crate) fields: Option<Group>,
}

/// `param = expr` and its like.
pub(crate) struct Setting {
    pub(crate) kind: SettingKind,
    pub(crate) name: Ident,
    pub(crate) value: TokenStream,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum SettingKind {
    Param,
    Message,
    RetryAfter,
    Status,
}

impl Api {
    /// Reads the one `#[api(..)]` among `attrs`.
    pub(crate) fn read(attrs: &[Attribute], findings: &mut Findings) -> Option<Self> {
        let mut attrs = attrs.iter().filter(|attr| is_api(attr));
        let attr = attrs.next()?;
        for second in attrs {
            findings.at(second, "a second `#[api(..)]` in the same place: join the two into one");
        }
        let mut api = Api::empty(attr.path().span());
        if let Err(error) = items(attr, |item| api.add(item, findings)) {
            api.is_broken = true;
            findings.add(error);
        }
        Some(api)
    }

    /// Nothing, written there.
    pub(crate) fn empty(span: Span) -> Self {
        Api {
            span,
            krate: None,
            codes: None,
            code: None,
            forward: None,
            settings: Vec::new(),
            is_broken: false,
        }
    }

    fn add(&mut self, item: Item, findings: &mut Findings) {
        match item {
            Item::Place(place) => {
                let slot = if place.keyword == "crate" { &mut self.krate } else { &mut self.codes };
                match slot {
                    None => *slot = Some(place),
                    Some(Place { keyword, .. }) => {
                        let message = format_args!("`{keyword}` is given twice: keep one");
                        findings.at(&place.keyword, message);
                    }
                }
            }
            Item::Code(code) => match &self.code {
                None => {
                    if let Err(error) = code.check_fields() {
                        self.is_broken = true;
                        findings.add(error);
                    }
                    self.code = Some(code);
                }
                Some(first) => findings.at(
                    &code.path,
                    format_args!("a second code: `{}` is the code already, keep one", text(&first.path)),
                ),
            },
            Item::Forward(forward) if self.forward.is_none() => self.forward = Some(forward),
            Item::Forward(forward) => findings.at(forward, "`forward` is given twice: keep one"),
            Item::KeyValue(name, value) => match SettingKind::of(&name) {
                Some(kind) if self.settings.iter().any(|earlier| earlier.kind == kind) => {
                    findings.at(&name, format_args!("`{name}` is given twice: keep one"));
                }
                Some(kind) => self.settings.push(Setting { kind, name, value }),
                None => {
                    self.is_broken = true;
                    findings.at(&name, unknown_key(&name));
                }
            },
        }
    }
}

impl SettingKind {
    const ALL: [Self; 4] = [Self::Param, Self::Message, Self::RetryAfter, Self::Status];

    fn of(name: &Ident) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| name == kind.key())
    }

    fn key(self) -> &'static str {
        match self {
            Self::Param => "param",
            Self::Message => "message",
            Self::RetryAfter => "retry_after",
            Self::Status => "status",
        }
    }

    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Param | Self::Message)
    }

    /// The method of a code about to be raised that takes the value.
    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::Param => "at",
            Self::Message | Self::RetryAfter | Self::Status => self.key(),
        }
    }
}

pub(crate) fn is_api(attr: &Attribute) -> bool {
    attr.path().is_ident("api")
}

/// A path as a reader expects it, without the spaces that its tokens print with.
pub(crate) fn text(path: &Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}

enum Item {
    Place(Place),
    Code(Code),
    Forward(Ident),
    KeyValue(Ident, TokenStream),
}

/// Hands on each item, up to the first that can't be read.
fn items(attr: &Attribute, mut add: impl FnMut(Item)) -> syn::Result<()> {
    let expected = "expected `#[api(code::Name)]` or `#[api(forward)]`";
    let Meta::List(list) = &attr.meta else { return Err(syn::Error::new_spanned(attr, expected)) };
    if list.tokens.is_empty() {
        return Err(syn::Error::new_spanned(attr, expected));
    }
    attr.parse_args_with(|input: ParseStream<'_>| {
        while !input.is_empty() {
            add(input.parse()?);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    })
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let keyword = input.fork().call(Ident::parse_any).ok();
        let is_place = keyword.is_some_and(|keyword| keyword == "crate" || keyword == "codes");
        if is_place && input.peek2(Token![=]) {
            return input.parse().map(Item::Place);
        }
        if input.peek(Ident::peek_any) && input.peek2(Token![=]) {
            let name = input.call(Ident::parse_any)?;
            let equals = input.parse::<Token![=]>()?;
            let value = expression(input)?;
            if value.is_empty() {
                let message = format!("`{name}` has no value: write `{name} = ..`");
                return Err(syn::Error::new_spanned(quote!(#name #equals), message));
            }
            return Ok(Item::KeyValue(name, value));
        }
        if !input.peek(Ident::peek_any) && !input.peek(Token![::]) {
            return Err(
                input.error("expected a code, as `code::Name`, or `forward`, or a setting, as `param = ..`")
            );
        }
        let code: Code = input.parse()?;
        match code.path.get_ident() {
            Some(word) if word == "forward" => Ok(Item::Forward(word.clone())),
            // Codes are types, with a capital.
            Some(word) if word.to_string().starts_with(char::is_lowercase) => {
                Err(syn::Error::new_spanned(word, unknown_word(word)))
            }
            _ => Ok(Item::Code(code)),
        }
    }
}

impl Parse for Place {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let keyword = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        if input.peek(syn::LitStr) {
            return Err(input.error(format_args!("`{keyword}` takes a path: write it without the quotes")));
        }
        Ok(Place { keyword, path: input.call(Path::parse_mod_style)? })
    }
}

impl Parse for Code {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path = input.call(Path::parse_mod_style)?;
        let has_fields = input.peek(token::Brace) || input.peek(token::Paren);
        let fields = if has_fields { Some(input.parse()?) } else { None };
        Ok(Code { path, fields })
    }
}

impl Code {
    /// Are the fields `name: expr` and `name`? Where rustc can't parse what we emit, it complains about the derive, too.
    fn check_fields(&self) -> syn::Result<()> {
        let Some(fields) = &self.fields else { return Ok(()) };
        if fields.delimiter() == Delimiter::Parenthesis {
            let message =
                format!("the fields of a code have names: write `{} {{ name: .. }}`", text(&self.path));
            return Err(syn::Error::new(fields.span(), message));
        }
        let check = |input: ParseStream<'_>| {
            while !input.is_empty() {
                if input.peek(Token![..]) || input.peek(Token![#]) {
                    // Seldom enough to be left to rustc.
                    input.parse::<TokenStream>()?;
                    return Ok(());
                }
                field(input)?;
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        check.parse2(fields.stream())
    }
}

fn field(input: ParseStream<'_>) -> syn::Result<()> {
    let name = input.call(Ident::parse_any)?;
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    if input.peek(Token![=]) {
        return Err(input.error(format_args!("a field has a colon: write `{name}: ..`")));
    }
    let colon = input.parse::<Token![:]>()?;
    if expression(input)?.is_empty() {
        let message = format!("`{name}` has no value: write `{name}: ..`");
        return Err(syn::Error::new_spanned(quote!(#name #colon), message));
    }
    Ok(())
}

/// The tokens up to the next comma that ends an item. Kept as they are: rustc reads expressions better than we would.
fn expression(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    // The commas of `::<A, B>` and `<A as B<C, D>>` aren't ours.
    let mut open_angles = 0_usize;
    let mut after_operand = false;
    while !input.is_empty() && (open_angles > 0 || !input.peek(Token![,])) {
        if input.peek(Token![->]) || input.peek(Token![=>]) || input.peek(Lifetime) {
            tokens.extend([input.parse::<TokenTree>()?, input.parse()?]);
            after_operand = false;
            continue;
        }
        let separator: Option<Token![::]> = input.parse()?;
        separator.to_tokens(&mut tokens);
        if input.peek(Token![<]) && (open_angles > 0 || separator.is_some() || tokens.is_empty()) {
            open_angles += 1;
        } else if input.peek(Token![>]) {
            open_angles = open_angles.saturating_sub(1);
        }
        // The one mistake in an expression that is ours to find: a comma forgotten before the next setting.
        let is_operand = input.peek(Ident) || input.cursor().literal().is_some();
        if is_operand && after_operand && separator.is_none() {
            return Err(input.error("expected `,` or an operator"));
        }
        after_operand = is_operand || input.peek(token::Paren);
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

fn unknown_key(name: &Ident) -> String {
    match closest(&name.to_string(), &["param", "message", "retry_after", "status", "codes", "crate"]) {
        Some(meant) => format!("unknown setting `{name}`: did you mean `{meant}`?"),
        None => format!(
            "unknown setting `{name}`: `param`, `message`, `retry_after` and `status` can follow a code, and a field of \
             the code goes into its braces, `code::Name {{ {name}: .. }}`"
        ),
    }
}

fn unknown_word(word: &Ident) -> String {
    let name = word.to_string();
    // What thiserror calls it.
    if name == "transparent" || closest(&name, &["forward"]).is_some() {
        return format!("`{name}` is not a code: did you mean `forward`?");
    }
    match closest(&name, &["param", "message", "retry_after", "status"]) {
        Some(key) => format!("`{name}` has no value: write `{key} = ..`"),
        None => format!("`{name}` is not a code: expected `code::Name` or `forward`"),
    }
}

/// The candidate that a slip of the fingers, or another length, turns into `word`.
fn closest(word: &str, candidates: &[&'static str]) -> Option<&'static str> {
    let shortened = |a: &str, b: &str| a.len() >= 3 && b.starts_with(a);
    if let Some(same) = candidates.iter().find(|other| shortened(word, other) || shortened(other, word)) {
        return Some(same);
    }
    candidates
        .iter()
        .map(|candidate| (edits(word, candidate), *candidate))
        .filter(|(edits, candidate)| *edits <= candidate.len().div_ceil(3))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_ends_an_expression_only_where_it_is_ours() {
        let settings = |attr: &str| {
            let input = format!("#[api(code::A, {attr}, message = last)] struct S;");
            let input: syn::DeriveInput = syn::parse_str(&input).expect("an item");
            let mut findings = Findings::default();
            let api = Api::read(&input.attrs, &mut findings).expect("an attribute");
            assert_eq!(findings.messages(), [""; 0], "{attr}");
            assert_eq!(api.settings.len(), 2, "{attr}");
            api.settings[0].value.to_string().replace(' ', "")
        };
        for value in [
            "\"from\"",
            "format!(\"{}, {}\", a, b)",
            "f::<A, B>(x)",
            "<A as B<C, D>>::f(x)",
            "x < y",
            "a >> b",
            "f::<fn(A) -> B, Vec<Vec<C>>>(x)",
            "(|a, b| a)(c, d)",
            "match x { A => 1, _ => 2 }",
            "if a { b } else { c }",
            "a as &'static str as T<B>",
            "unsafe { a }.b(c) as u8",
            "&mut *a.0.b()?",
            "-1.5 + x!(y)",
        ] {
            assert_eq!(settings(&format!("param = {value}")), value.replace(' ', ""));
        }
    }

    #[test]
    fn suggestions_are_near() {
        assert_eq!(closest("retryafter", &["param", "retry_after"]), Some("retry_after"));
        assert_eq!(closest("path", &["param", "message"]), None);
        assert_eq!(closest("", &["param"]), None);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("kitten", "sitting"), 3);
    }
}
