//! From the JSON of a request to emails that can be sent. What can't be read is answered with 400 before; here are the
//! rules (422).

use errbook::mail::{code, limits, sending};
use errbook::{Issues, prelude::*};
use serde::Deserialize;

use crate::domain::emails::Email;
use crate::domain::{address, attachment, attachment::Attachment};

/// An email as the caller wrote it: of the right types, but perhaps without what makes it an email.
#[derive(Debug, Deserialize)]
pub(super) struct Draft {
    from: Option<Party>,
    to: Option<Party>,
    subject: Option<String>,
    html_body: Option<String>,
    text_body: Option<String>,
    #[serde(default)]
    attachments: Vec<Attachment>,
}

#[derive(Debug, Deserialize)]
struct Party {
    email: String,
}

/// Several.
#[derive(Debug, Deserialize)]
pub(super) struct Batch {
    messages: Vec<Draft>,
}

/// What has a limit of its own in a request.
pub(super) trait Parts {
    /// The param of one that is over it.
    fn oversized(&self) -> Option<String>;
}

impl Parts for Draft {
    fn oversized(&self) -> Option<String> {
        let too_large =
            |part: &Option<String>| part.as_ref().is_some_and(|part| part.len() as u64 > limits::PART);
        let parts = [("html_body", &self.html_body), ("text_body", &self.text_body)];
        parts.into_iter().find_map(|(param, part)| too_large(part).then(|| param.to_owned()))
    }
}

impl Parts for Batch {
    fn oversized(&self) -> Option<String> {
        let mut messages = self.messages.iter().enumerate();
        messages.find_map(|(at, draft)| Some(format!("messages[{at}].{}", draft.oversized()?)))
    }
}

pub(super) fn email(draft: Draft) -> sending::Result<Email> {
    check_attachments(&draft, "")?;
    let mut issues = Issues::of(code::ValidationError);
    let email = check(draft, "", &mut issues);
    issues.finish()?;
    Ok(email)
}

pub(super) fn batch(batch: Batch) -> sending::Result<Vec<Email>> {
    let drafts = batch.messages;
    if drafts.is_empty() {
        let message = "`messages` must be a list of at least one email.";
        return Err(code::InvalidParameter.at("messages").message(message).into());
    }
    if drafts.len() as u64 > limits::BATCH {
        let message = format!("A batch holds at most {} emails.", limits::BATCH);
        return Err(code::ValidationError.at("messages").message(message).into());
    }
    let places: Vec<String> = (0..drafts.len()).map(|at| format!("messages[{at}].")).collect();
    drafts.iter().zip(&places).try_for_each(|(draft, place)| check_attachments(draft, place))?;
    let mut issues = Issues::of(code::ValidationError);
    let emails =
        drafts.into_iter().zip(&places).map(|(draft, place)| check(draft, place, &mut issues)).collect();
    issues.finish()?;
    Ok(emails)
}

/// `place` is where the email stands in the body: nothing, or `messages[3].`.
fn check_attachments(draft: &Draft, place: &str) -> sending::Result<()> {
    if draft.attachments.len() as u64 <= limits::ATTACHMENTS {
        return Ok(());
    }
    let message = format!("An email has at most {} attachments.", limits::ATTACHMENTS);
    Err(code::PayloadTooLarge.at(format!("{place}attachments")).message(message).into())
}

/// What comes out is only an email when there was no issue.
fn check(draft: Draft, place: &str, issues: &mut Issues<code::ValidationError>) -> Email {
    let mut rules = Rules { place, issues };
    let from = rules.address("from", draft.from);
    let to = rules.address("to", draft.to);
    let subject = rules.not_empty("subject", draft.subject);
    let html_body = rules.not_empty("html_body", draft.html_body);
    for (place, file) in draft.attachments.iter().enumerate() {
        if !attachment::is_allowed(&file.filename) {
            rules.broken(&format!("attachments[{place}].filename"), "is of a file type that is not allowed");
        }
    }
    let from_param = format!("{place}from");
    let Draft { text_body, attachments, .. } = draft;
    Email { from, to, subject, html_body, text_body, attachments, from_param }
}

/// The rules for the parts of one email.
struct Rules<'d> {
    place: &'d str,
    issues: &'d mut Issues<code::ValidationError>,
}

impl Rules<'_> {
    fn address(&mut self, param: &str, party: Option<Party>) -> String {
        let address = self.not_empty(param, party.map(|party| party.email));
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
