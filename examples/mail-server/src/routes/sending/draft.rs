//! From the JSON of a request to emails that can be sent, in two phases: reading (400), and rules (422).

use errbook::mail::{code, limits, sending};
use errbook::{Issues, prelude::*};
use serde_json::Value;

use crate::domain::emails::Email;
use crate::domain::{address, attachment, attachment::Attachment};
use crate::http::fields::{Object, Reader};

/// An email as the caller wrote it: of the right types, but perhaps without what makes it an email.
struct Draft {
    /// Where it stands in the body: nothing, or `messages[3].`.
    place: String,
    from: Option<String>,
    to: Option<String>,
    subject: Option<String>,
    html_body: Option<String>,
    text_body: Option<String>,
    attachments: Vec<Attachment>,
}

pub(super) fn email(body: &Value) -> sending::Result<Email> {
    let mut reader = Reader::new();
    let object = reader.body(body);
    let draft = read(&mut reader, &object);
    reader.finish()?;

    check_attachments(&draft)?;
    let mut issues = Issues::of(code::ValidationError);
    let email = check(draft, &mut issues);
    issues.finish()?;
    Ok(email)
}

pub(super) fn batch(body: &Value) -> sending::Result<Vec<Email>> {
    let mut reader = Reader::new();
    let object = reader.body(body);
    let messages = reader.objects(&object, "messages");
    if messages.is_empty() && object.has("messages") {
        reader.invalid("messages".to_owned(), "a list of at least one email");
    }
    // Before anything is done for each of them.
    let too_many = messages.len() as u64 > limits::BATCH;
    let drafts: Vec<_> = match too_many {
        true => Vec::new(),
        false => messages.iter().map(|message| read(&mut reader, message)).collect(),
    };
    let drafts = reader.required(&object, "messages", Some(drafts));
    reader.finish()?;

    if too_many {
        let message = format!("A batch holds at most {} emails.", limits::BATCH);
        return Err(code::ValidationError.at("messages").message(message).into());
    }
    drafts.iter().try_for_each(check_attachments)?;
    let mut issues = Issues::of(code::ValidationError);
    let emails = drafts.into_iter().map(|draft| check(draft, &mut issues)).collect();
    issues.finish()?;
    Ok(emails)
}

/// The param of a part that is over the limit of a part.
pub(super) fn oversized_part(body: &Value) -> Option<String> {
    let too_large = |email: &Value| {
        let text = |part: &&str| email[*part].as_str().is_some_and(|text| text.len() as u64 > limits::PART);
        ["html_body", "text_body"].into_iter().find(text)
    };
    if let Some(part) = too_large(body) {
        return Some(part.to_owned());
    }
    let messages = body["messages"].as_array().map_or(&[][..], Vec::as_slice);
    messages
        .iter()
        .enumerate()
        .find_map(|(place, email)| Some(format!("messages[{place}].{}", too_large(email)?)))
}

fn read(reader: &mut Reader, object: &Object<'_>) -> Draft {
    Draft {
        place: object.path_of(""),
        from: party(reader, object, "from"),
        to: party(reader, object, "to"),
        subject: reader.text(object, "subject"),
        html_body: reader.text(object, "html_body"),
        text_body: reader.text(object, "text_body"),
        attachments: reader.attachments(object),
    }
}

/// The address of a party; without the party there is none, and that is for the rules to say.
fn party(reader: &mut Reader, object: &Object<'_>, name: &str) -> Option<String> {
    let party = reader.object(object, name)?;
    let email = reader.text(&party, "email");
    Some(reader.required(&party, "email", email))
}

fn check_attachments(draft: &Draft) -> sending::Result<()> {
    if draft.attachments.len() as u64 <= limits::ATTACHMENTS {
        return Ok(());
    }
    let message = format!("An email has at most {} attachments.", limits::ATTACHMENTS);
    Err(code::PayloadTooLarge.at(format!("{}attachments", draft.place)).message(message).into())
}

/// What comes out is only an email when there was no issue.
fn check(draft: Draft, issues: &mut Issues<code::ValidationError>) -> Email {
    let mut rules = Rules { place: &draft.place, issues };
    let from = rules.address("from", draft.from);
    let to = rules.address("to", draft.to);
    let subject = rules.not_empty("subject", draft.subject);
    let html_body = rules.not_empty("html_body", draft.html_body);
    for (place, file) in draft.attachments.iter().enumerate() {
        if !attachment::is_allowed(&file.filename) {
            rules.broken(&format!("attachments[{place}].filename"), "is of a file type that is not allowed");
        }
    }
    let from_param = format!("{}from", draft.place);
    let Draft { text_body, attachments, .. } = draft;
    Email { from, to, subject, html_body, text_body, attachments, from_param }
}

/// The rules for the parts of one email.
struct Rules<'d> {
    place: &'d str,
    issues: &'d mut Issues<code::ValidationError>,
}

impl Rules<'_> {
    fn address(&mut self, param: &str, address: Option<String>) -> String {
        let address = self.not_empty(param, address);
        if !address.is_empty() && !address::is_valid(&address) {
            self.broken(&format!("{param}.email"), "is no email address");
        }
        address
    }

    fn not_empty(&mut self, param: &str, value: Option<String>) -> String {
        let value = value.unwrap_or_default();
        if value.is_empty() {
            self.broken(param, "is missing");
        }
        value
    }

    fn broken(&mut self, param: &str, what: &str) {
        let param = format!("{}{param}", self.place);
        let message = format!("`{param}` {what}.");
        self.issues.push(code::ValidationError.at(param).message(message));
    }
}
