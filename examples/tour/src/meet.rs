//! Where an answer is held against what was to be provoked.

use errbook::mail::Code;
use errbook::{Api, ErrorResponse};
use mail_client::{ClientError, Surface};

use crate::report::Meeting;
use crate::stage::Stage;

/// The tour while it runs.
pub(crate) struct Tour {
    pub(crate) stage: Stage,
    progress: fn(&str),
    meetings: Vec<Meeting>,
    surprises: Vec<String>,
}

impl Tour {
    pub(crate) fn new(stage: Stage, progress: fn(&str)) -> Tour {
        Tour { stage, progress, meetings: Vec::new(), surprises: Vec::new() }
    }

    pub(crate) fn finish(self) -> (Stage, Vec<Meeting>, Vec<String>) {
        (self.stage, self.meetings, self.surprises)
    }

    /// Says what comes next.
    pub(crate) fn step(&self, step: &str) {
        (self.progress)(step);
    }

    /// The request should have failed with this code, for this cause of the reference. Returns the answer if it did.
    pub(crate) fn meet<A, T>(
        &mut self,
        code: Code,
        cause: &str,
        result: Result<T, ClientError<A>>,
    ) -> Option<ErrorResponse<A>>
    where
        A: Surface + Api<Code = Code>,
    {
        let api = name::<A>();
        let error = match result {
            Ok(_) => {
                self.surprise(format!("{api} {code}: the request for {cause:?} succeeded"));
                return None;
            }
            Err(ClientError::Api(error)) => error,
            Err(error) => {
                self.surprise(format!("{api} {code}: the request for {cause:?} was not answered: {error}"));
                return None;
            }
        };
        if error.code() != Some(code) || !error.from_api() {
            self.surprise(format!("{api} {code}: the request for {cause:?} was answered with {error}"));
            return None;
        }
        self.meetings.push(Meeting::of(api, code, cause, &error));
        Some(error)
    }

    /// Something that has to hold beside the code.
    pub(crate) fn check(&mut self, holds: bool, what: &str) {
        if !holds {
            self.surprise(format!("it does not hold that {what}"));
        }
    }

    fn surprise(&mut self, what: String) {
        self.step(&what);
        self.surprises.push(what);
    }
}

/// The name in errors.yaml: what the API's path begins with.
pub(crate) fn name<A: Surface>() -> &'static str {
    A::PATH.split('/').nth(1).unwrap_or(A::PATH)
}
