use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use errbook::mail::{Code, Inbox, Management, Sending};
use errbook::{Api, ErrorResponse, Retry};

use crate::promise::{self, Promise};

/// What the client read of one answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Meeting {
    /// The API's name in errors.yaml.
    pub api: &'static str,
    /// The code.
    pub code: Code,
    /// The cause, as the reference words it.
    pub cause: String,
    /// The HTTP status.
    pub status: u16,
    /// The message.
    pub message: String,
    /// The field of the request.
    pub param: Option<String>,
    /// How many issues were listed.
    pub issues: usize,
    /// The wait that was asked for.
    pub retry_after: Option<Duration>,
    /// The flag.
    pub retryable: Option<bool>,
    /// Where the reference explains it.
    pub doc_url: String,
    /// The id of the request.
    pub request_id: String,
}

/// What the tour met.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// Each answer that was as it should be.
    pub meetings: Vec<Meeting>,
    /// What was not as it should be.
    pub surprises: Vec<String>,
    /// What the reference promises and nothing provoked: `sending not_found: The resource …`.
    pub missing: Vec<String>,
    /// Where the reference was written to.
    pub reference: PathBuf,
}

impl Meeting {
    pub(crate) fn of<A: Api<Code = Code>>(
        api: &'static str,
        code: Code,
        cause: &str,
        error: &ErrorResponse<A>,
    ) -> Meeting {
        Meeting {
            api,
            code,
            cause: cause.to_owned(),
            status: error.status().as_u16(),
            message: error.message().unwrap_or_default().to_owned(),
            param: error.param().map(str::to_owned),
            issues: error.issues().len(),
            retry_after: error.retry_after(),
            retryable: error.retryable(),
            doc_url: error.doc_url().unwrap_or_default(),
            request_id: error.request_id().unwrap_or_default().to_owned(),
        }
    }

    /// What of the reference it is.
    fn kept(&self) -> Promise {
        Promise { api: self.api, code: self.code.to_string(), cause: self.cause.clone() }
    }
}

impl Report {
    pub(crate) fn new(meetings: Vec<Meeting>, mut surprises: Vec<String>, reference: PathBuf) -> Report {
        let met: BTreeSet<_> = meetings.iter().map(Meeting::kept).collect();
        let promised = promise::all();
        let missing =
            promised.iter().filter(|promise| !met.contains(promise)).map(line).chain(unmet(&met)).collect();
        let promised: BTreeSet<_> = promised.into_iter().collect();
        surprises.extend(
            met.difference(&promised).map(|met| format!("the reference does not name: {}", line(met))),
        );
        Report { meetings, surprises, missing, reference }
    }

    /// Everything that was promised was met, and nothing else.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.surprises.is_empty()
    }
}

/// Codes that nothing met, if only because the reference names no cause for them.
fn unmet(met: &BTreeSet<Promise>) -> Vec<String> {
    let of_api = |api: &'static str, codes: &[Code]| -> Vec<String> {
        let is_unmet = |code: &&Code| !met.iter().any(|met| met.api == api && met.code == code.as_str());
        codes.iter().filter(is_unmet).map(|code| format!("{api} {code}: not met at all")).collect()
    };
    [
        of_api("management", Management::codes()),
        of_api("sending", Sending::codes()),
        of_api("inbox", Inbox::codes()),
    ]
    .concat()
}

fn line(Promise { api, code, cause }: &Promise) -> String {
    format!("{api} {code}: {cause}")
}

/// For each API its codes; for each code its causes, and what the client read in the answers to them.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = ["management", "sending", "inbox"];
        let mut meetings: Vec<_> = self.meetings.iter().collect();
        let promised = promise::all();
        meetings.sort_by_key(|meeting| {
            let api = order.iter().position(|api| *api == meeting.api);
            let cause = promised.iter().position(|promised| *promised == meeting.kept());
            (api, meeting.code, cause)
        });
        let mut codes = BTreeSet::new();
        let mut last: Option<&Meeting> = None;
        for meeting in meetings {
            if last.is_none_or(|last| last.api != meeting.api) {
                writeln!(f, "The API `{}`\n", meeting.api)?;
                let more = "next step; reference; causes, and what was read";
                writeln!(f, "{:4}  {:36}{:30}{more}", "HTTP", "code", "advice")?;
            }
            if codes.insert((meeting.api, meeting.code)) {
                row(f, meeting)?;
            }
            if last.is_none_or(|last| {
                (last.api, last.code, &last.cause) != (meeting.api, meeting.code, &meeting.cause)
            }) {
                writeln!(f, "{:6}- {}", "", meeting.cause)?;
            }
            read(f, meeting)?;
            last = Some(meeting);
        }
        for surprise in &self.surprises {
            writeln!(f, "unexpected: {surprise}")?;
        }
        for missing in &self.missing {
            writeln!(f, "not provoked: {missing}")?;
        }
        writeln!(
            f,
            "{} codes of {} APIs in {} answers. Not provoked: {}. Unexpected: {}.",
            codes.len(),
            order.len(),
            self.meetings.len(),
            self.missing.len(),
            self.surprises.len(),
        )?;
        write!(f, "The reference is in {}.", self.reference.display())
    }
}

/// A code: its status, what to do about it, and where that is explained.
fn row(f: &mut fmt::Formatter<'_>, meeting: &Meeting) -> fmt::Result {
    let code = meeting.code;
    let advice = match (code.retry(), code.retry_on_repeat()) {
        (first, repeat) if first == repeat => words(first).to_owned(),
        (first, repeat) => format!("{}, {} on a repeat", words(first), words(repeat)),
    };
    let action = code.action();
    write!(f, "{:4}  {:36}{:30}{}", meeting.status, code.as_str(), advice, action.text())?;
    if let Some(url) = action.url() {
        write!(f, " {url}")?;
    }
    writeln!(f, "\n{:6}{}", "", meeting.doc_url)
}

/// What the client read in an answer.
fn read(f: &mut fmt::Formatter<'_>, meeting: &Meeting) -> fmt::Result {
    write!(f, "{:8}{:?}", "", meeting.message)?;
    if let Some(param) = &meeting.param {
        write!(f, " param={param}")?;
    }
    if meeting.issues > 0 {
        write!(f, " issues={}", meeting.issues)?;
    }
    if let Some(wait) = meeting.retry_after {
        write!(f, " retry_after={}s", wait.as_secs())?;
    }
    if let Some(retryable) = meeting.retryable {
        write!(f, " retryable={retryable}")?;
    }
    writeln!(f, " {}", meeting.request_id)
}

fn words(retry: Retry) -> &'static str {
    match retry {
        Retry::Never => "no retry",
        Retry::NeedsAction => "act first",
        Retry::Refresh => "renew, then once",
        Retry::Backoff => "back off",
        Retry::Throttle => "slow down",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_met_is_named() {
        let report = Report::new(Vec::new(), Vec::new(), PathBuf::new());
        assert!(!report.is_complete());
        let text = report.to_string();
        assert!(text.contains("not provoked: sending not_found: The resource does not exist."), "{text}");
        assert!(text.contains("not provoked: inbox address_taken: not met at all"), "{text}");
    }
}
