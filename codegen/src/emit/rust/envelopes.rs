//! An envelope, twice: as a tree and as flat pieces.

use proc_macro2::{Ident, Literal as Number, TokenStream};
use quote::{format_ident, quote};

use super::items::ident;
use crate::catalog::{Absent, Envelope, Hole, Member, Placeholder, Template};
use crate::emit::json_string;

pub(super) fn envelope(envelope: &Envelope) -> TokenStream {
    let name = envelope_name(envelope);
    let content_type = &envelope.content_type;
    let status = match envelope.status {
        Some(status) => {
            let status = Number::u16_unsuffixed(status);
            quote! { Some(#status) }
        }
        None => quote! { None },
    };
    let headers = envelope.headers.iter().map(|(name, value)| {
        let node = node(value);
        quote! { (#name, #node) }
    });
    let needs_code = envelope.needs_code;
    let (body, issue) = (node(&envelope.body), node(&envelope.issue));
    let (body_pieces, issue_pieces) = (pieces(&envelope.body), pieces(&envelope.issue));
    quote! {
        pub(super) static #name: Envelope = Envelope {
            content_type: #content_type,
            status: #status,
            needs_code: #needs_code,
            headers: &[#(#headers),*],
            body: #body,
            issue: #issue,
            body_pieces: &[#(#body_pieces,)*],
            issue_pieces: &[#(#issue_pieces,)*],
        };
    }
}

pub(super) fn envelope_name(envelope: &Envelope) -> Ident {
    format_ident!("ENVELOPE_{}", envelope.rust.snake.to_uppercase())
}

fn node(template: &Template) -> TokenStream {
    match template {
        Template::Const(value) => {
            let json = value.json();
            quote! { Node::Const(#json) }
        }
        Template::Hole(Hole { what, absent }) => {
            let placeholder = placeholder(*what);
            match absent {
                Absent::Never => quote! { Node::Required(#placeholder) },
                Absent::Omit => quote! { Node::Optional(#placeholder) },
                Absent::Null => quote! { Node::Nullable(#placeholder) },
            }
        }
        Template::Text { before, hole, after } => {
            let (placeholder, optional) = (placeholder(hole.what), hole.absent == Absent::Omit);
            quote! { Node::Text(#before, #placeholder, #after, #optional) }
        }
        Template::Map(members) => {
            let members = members.iter().map(|member| match member {
                Member::Fields => quote! { Member::Fields },
                Member::Key { key, value } => {
                    let node = node(value);
                    quote! { Member::Key(#key, #node) }
                }
            });
            quote! { Node::Map(&[#(#members,)*]) }
        }
        Template::List(elements) => {
            let elements = elements.iter().map(node);
            quote! { Node::List(&[#(#elements,)*]) }
        }
        Template::Errors => quote! { Node::Errors },
        Template::Optional(part) => {
            let part = node(part);
            quote! { Node::OptionalPart(&#part) }
        }
    }
}

/// The flat form of a value: text that is copied, between what is filled in.
fn pieces(template: &Template) -> Vec<TokenStream> {
    let mut pieces = Pieces::default();
    pieces.value(template);
    pieces.end()
}

#[derive(Default)]
struct Pieces {
    done: Vec<TokenStream>,
    /// Text that is not yet a piece.
    text: String,
}

impl Pieces {
    fn value(&mut self, template: &Template) {
        match template {
            Template::Const(value) => self.text.push_str(&value.json()),
            Template::Hole(Hole { what, absent }) => {
                let placeholder = placeholder(*what);
                self.piece(match absent {
                    Absent::Null => quote! { Piece::Nullable(#placeholder) },
                    Absent::Never | Absent::Omit => quote! { Piece::Value(#placeholder) },
                });
            }
            Template::Text { before, hole, after } => {
                let (before, after) = (json_string(before), json_string(after));
                self.text.push_str(&before[..before.len() - 1]);
                let placeholder = placeholder(hole.what);
                self.piece(quote! { Piece::Inside(#placeholder) });
                self.text.push_str(&after[1..]);
            }
            Template::Map(members) => self.map(members),
            Template::List(elements) => {
                let elements = elements.iter().map(|element| {
                    let pieces = pieces(element);
                    quote! { &[#(#pieces,)*] }
                });
                self.piece(quote! { Piece::List(&[#(#elements,)*]) });
            }
            Template::Errors => self.piece(quote! { Piece::Errors }),
            Template::Optional(part) => self.value(part),
        }
    }

    fn map(&mut self, members: &[Member]) {
        self.text.push('{');
        // Does a member stand before, whatever the values are? Then a comma is text, else it depends.
        let (mut first, mut sure) = (true, false);
        for member in members {
            match member {
                Member::Fields => self.piece(quote! { Piece::Fields }),
                Member::Key { key, value: Template::Hole(Hole { what, absent: Absent::Omit }) } => {
                    let (key, placeholder) = (format!("{}:", json_string(key)), placeholder(*what));
                    self.piece(quote! { Piece::Optional(#key, #placeholder) });
                }
                Member::Key { key, value: Template::Text { before, hole, after } }
                    if hole.absent == Absent::Omit =>
                {
                    let (before, after) = (json_string(before), json_string(after));
                    // The quotes between text and placeholder go.
                    let key = format!("{}:{}", json_string(key), &before[..before.len() - 1]);
                    let (placeholder, after) = (placeholder(hole.what), &after[1..]);
                    self.piece(quote! { Piece::OptionalText(#key, #placeholder, #after) });
                }
                Member::Key { key, value: Template::Optional(part) } => {
                    let (key, inside) = (format!("{}:", json_string(key)), pieces(part));
                    self.piece(quote! { Piece::OptionalPart(#key, &[#(#inside,)*]) });
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
                    self.value(value);
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

fn placeholder(placeholder: Placeholder) -> TokenStream {
    let name = match placeholder {
        Placeholder::Action => "Action",
        Placeholder::Code => "Code",
        Placeholder::DocUrl => "DocUrl",
        Placeholder::Errors => "Errors",
        Placeholder::ErrorsByParam => "ErrorsByParam",
        Placeholder::Group => "Group",
        Placeholder::Message => "Message",
        Placeholder::Number => "Number",
        Placeholder::Param => "Param",
        Placeholder::RequestId => "RequestId",
        Placeholder::RetryAfter => "RetryAfter",
        Placeholder::RetryAfterMs => "RetryAfterMs",
        Placeholder::RetryAfterText => "RetryAfterText",
        Placeholder::RetryAt => "RetryAt",
        Placeholder::RetryAtUnix => "RetryAtUnix",
        Placeholder::Retryable => "Retryable",
        Placeholder::Status => "Status",
        Placeholder::StatusText => "StatusText",
        Placeholder::Title => "Title",
    };
    let name = ident(name);
    quote! { Placeholder::#name }
}
