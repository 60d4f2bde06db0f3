use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::Status;
use crate::catalog::{Payload, TakesIssue, TakesIssues, TakesStatus};
use crate::raise::{Inner, Raise, Raised, Raising};

/// So many issues has an answer.
pub(crate) const MOST: usize = 100;

/// Collects everything that is wrong with a request, so that the caller learns it at once.
///
/// No issue: [`finish`](Issues::finish) is `Ok`. One: the answer is that issue's own, its code, param and message,
/// without a list. More: the answer has the code that the collection is [`of`](Issues::of), all issues are listed, and
/// its param is the first one's. An API whose envelope has no list answers with the first issue alone.
///
/// ```
/// use errbook::{Issues, mail::{Code, code, sending}, prelude::*};
///
/// fn check(from: &str, to: &str) -> sending::Result<()> {
///     let mut issues = Issues::of(code::InvalidParameter);
///     if from.is_empty() {
///         issues.push(code::MissingParameter.at("from"));
///     }
///     if !to.contains('@') {
///         issues.push(code::InvalidParameter.at("to").message("`to` is no email address."));
///     }
///     Ok(issues.finish()?)
/// }
///
/// assert!(check("a@example.com", "b@example.com").is_ok());
/// assert_eq!(check("", "b@example.com").unwrap_err().code(), Code::MissingParameter);
/// assert_eq!(check("", "b").unwrap_err().code(), Code::InvalidParameter);
/// ```
#[must_use]
pub struct Issues<P> {
    whole: Raising<P>,
    issues: Vec<Arc<Inner>>,
}

impl<P: TakesIssues> Issues<P> {
    /// So many are kept; what a hostile request has beyond them is dropped.
    pub const MAX: usize = MOST;

    /// An empty collection; `payload` is the answer where there are several issues.
    pub fn of(payload: P) -> Issues<P> {
        Issues { whole: Raising::new(payload), issues: Vec::new() }
    }

    /// Adds an issue: a payload of one of the codes in the `items:` of `P`. A second one with the same code, param,
    /// fields and words is dropped.
    pub fn push<I: Payload>(&mut self, issue: impl Raise<Codes = (I,)>)
    where
        P: TakesIssue<I>,
    {
        let Raised(issue) = issue.raise();
        let key = |issue: &Inner| (issue.code, issue.param.clone(), issue.message.clone());
        let same = |known: &Arc<Inner>| key(known) == key(&issue) && known.values == issue.values;
        if self.issues.len() < Self::MAX && !self.issues.iter().any(same) {
            self.issues.push(issue);
        }
    }

    /// Picks the status of the answer where there are several issues; see [`Payload::status`].
    pub fn status(mut self, status: Status) -> Issues<P>
    where
        P: TakesStatus,
    {
        self.whole = self.whole.status(status);
        self
    }

    /// No issue so far?
    pub fn is_empty(&self) -> bool {
        self.issues.is_empty()
    }

    /// `Ok` where there is no issue.
    ///
    /// # Errors
    ///
    /// The issues, which `?` makes an [`Error`](crate::Error) of the API.
    pub fn finish(self) -> Result<(), Accumulated<P>> {
        let mut issues = self.issues;
        match issues.len() {
            0 => Ok(()),
            1 => Err(Accumulated(issues.remove(0), PhantomData)),
            _ => {
                let mut whole = self.whole.into_inner();
                Arc::make_mut(&mut whole).issues = issues;
                Err(Accumulated(whole, PhantomData))
            }
        }
    }
}

/// One or more issues of a request, from [`Issues::finish`].
#[must_use]
pub struct Accumulated<P>(Arc<Inner>, PhantomData<fn() -> P>);

impl<P> fmt::Debug for Issues<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.issues).finish()
    }
}

impl<P> fmt::Debug for Accumulated<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[diagnostic::do_not_recommend]
impl<P: TakesIssues> Raise for Accumulated<P> {
    type Codes = ((P,), P::Items);

    fn raise(self) -> Raised {
        Raised(self.0)
    }
}
