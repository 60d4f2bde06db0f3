use std::error::Error as StdError;

use super::fault::bounded;
use super::{answer, issue, unreadable};
use crate::Error;
use crate::catalog::Api;
use crate::issues::MOST;
use crate::text::OneLine;

/// The report of a validating crate: which rules a request breaks, and where.
///
/// There are implementations for `garde::Report` and `validator::ValidationErrors`, by the features `garde` and
/// `validator`. For [`Error::rules`].
///
/// ```
/// use errbook::{mail::sending, request::BrokenRules};
///
/// #[derive(Debug, thiserror::Error)]
/// #[error("{0} is a holiday")]
/// struct Holiday(String);
///
/// impl BrokenRules for Holiday {
///     fn each(&self, tell: &mut dyn FnMut(&str, &str)) {
///         tell("send_at", "that is a holiday");
///     }
/// }
///
/// let error = sending::Error::rules(Holiday("2031-01-01".to_owned()));
/// assert_eq!(error.message(), "`send_at`: that is a holiday");
/// ```
pub trait BrokenRules: StdError + Send + Sync + 'static {
    /// Tells the path of the field, empty for the whole, and what is wrong with it, for the caller.
    fn each(&self, tell: &mut dyn FnMut(&str, &str));
}

impl<A: Api> Error<A> {
    /// What a validating crate finds, each broken rule an issue with the path of its field and the code that `by_fault` in
    /// errors.yaml has for a `rule`.
    ///
    /// The messages are sent: those of `garde` and `validator` are words of the author of the rules, for callers. A path is
    /// made of the fields' names in Rust; neither crate knows of `#[serde(rename)]`.
    ///
    /// ```
    /// # #[cfg(feature = "garde")] {
    /// use errbook::mail::{Code, sending};
    /// use garde::Validate;
    ///
    /// #[derive(Validate)]
    /// struct Email {
    ///     #[garde(length(max = 10))]
    ///     subject: String,
    /// }
    ///
    /// fn check(email: &Email) -> sending::Result<()> {
    ///     email.validate().map_err(sending::Error::rules)
    /// }
    ///
    /// let error = check(&Email { subject: "Hello everybody".to_owned() }).unwrap_err();
    /// assert_eq!((error.code(), error.param()), (Code::ValidationError, Some("subject")));
    /// # }
    /// ```
    pub fn rules(report: impl BrokenRules) -> Error<A> {
        let by_fault = &A::INFO.by_fault;
        let mut issues = Vec::new();
        let mut whole = None;
        report.each(&mut |path, message| match path {
            _ if issues.len() == MOST => {}
            "" if by_fault.rule_needs_param => whole = Some(message.to_owned()),
            "" => issues.push(issue::<A>(by_fault.rule, "", Some(message.to_owned()))),
            path => {
                let path = bounded(OneLine(path).to_string());
                let message = format!("`{}`: {message}", path.replace('`', "'"));
                issues.push(issue::<A>(by_fault.rule, &path, Some(message)));
            }
        });
        let error = match whole.filter(|_| issues.is_empty()) {
            Some(message) => unreadable(message),
            None => answer(issues, by_fault.rule, by_fault.rule_lists),
        };
        error.because(report)
    }
}

#[cfg(feature = "garde")]
impl BrokenRules for garde::Report {
    fn each(&self, tell: &mut dyn FnMut(&str, &str)) {
        for (path, error) in self.iter() {
            tell(&path.to_string(), error.message());
        }
    }
}

#[cfg(feature = "validator")]
impl BrokenRules for validator::ValidationErrors {
    fn each(&self, tell: &mut dyn FnMut(&str, &str)) {
        each_of_validator("", self, tell);
    }
}

/// A rule without a message is told by its code: `length`.
#[cfg(feature = "validator")]
fn each_of_validator(path: &str, errors: &validator::ValidationErrors, tell: &mut dyn FnMut(&str, &str)) {
    use validator::ValidationErrorsKind::{Field, List, Struct};

    /// What validator calls the struct itself.
    const WHOLE: &str = "__all__";

    // The same order each time.
    let mut fields: Vec<_> = errors.errors().iter().collect();
    fields.sort_by_key(|(name, _)| *name);
    for (name, kind) in fields {
        let path = match (path, name.as_ref()) {
            (path, WHOLE) => path.to_owned(),
            ("", name) => name.to_owned(),
            (path, name) => format!("{path}.{name}"),
        };
        match kind {
            Struct(errors) => each_of_validator(&path, errors, tell),
            List(items) => {
                for (index, errors) in items {
                    each_of_validator(&format!("{path}[{index}]"), errors, tell);
                }
            }
            Field(broken) => {
                for rule in broken {
                    match &rule.message {
                        Some(message) => tell(&path, message),
                        None => tell(&path, &format!("breaks the rule `{}`", rule.code)),
                    }
                }
            }
        }
    }
}
