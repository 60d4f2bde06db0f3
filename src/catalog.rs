//! What generated code implements: the types of a catalog, and which code goes with which API.

use std::fmt;
use std::hash::Hash;

use crate::rendered::Rendered;
use crate::table::{ApiInfo, MAX_BODY, Row, Slots, Table};
use crate::{Raising, Retry, Status};

/// The enum `Code` of a catalog.
///
/// Generated; its own methods (`Code::status`, …) are the ones to call where the catalog is known.
pub trait ErrorCode: Copy + Eq + Hash + Ord + fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// The enum `Group` of the catalog.
    type Group: Named;
    /// The enum `Action` of the catalog.
    type Action: Named;

    #[doc(hidden)]
    const TABLE: &'static Table;

    /// The table, for reading: that of the command `errbook read` is no constant, as it comes from a file.
    #[doc(hidden)]
    fn table() -> &'static Table {
        Self::TABLE
    }

    #[doc(hidden)]
    fn index(self) -> u16;

    /// `None` for a number that is no code's.
    #[doc(hidden)]
    fn from_index(index: u16) -> Option<Self>;

    /// The code on the wire.
    fn as_str(self) -> &'static str {
        row(self).code
    }

    /// The HTTP status that the code is sent with, where it isn't told which of several.
    fn status(self) -> Status {
        row(self).status
    }

    /// The flag on the wire.
    fn retryable(self) -> bool {
        row(self).retryable
    }

    /// What a client does about it.
    fn retry(self) -> Retry {
        row(self).retry
    }

    /// The code with this text, in constant time.
    fn from_text(text: &str) -> Option<Self> {
        Self::from_index(Self::table().find(text)?)
    }
}

/// The enums `Group` and `Action` of a catalog.
pub trait Named: Copy + Eq + fmt::Debug + Send + Sync + 'static {
    #[doc(hidden)]
    fn from_index(index: u16) -> Option<Self>;
}

/// The groups of a catalog that has none.
impl Named for std::convert::Infallible {
    fn from_index(_: u16) -> Option<Self> {
        None
    }
}

/// An API: a marker type that names its envelope, its documentation and the codes that it emits.
///
/// ```
/// use errbook::{Api as _, mail::{Code, Sending}};
///
/// assert_eq!(Sending::code_for(404), Code::NotFound);
/// assert!(Sending::emits(Code::InsufficientCredits));
/// assert!(!Sending::emits(Code::AddressTaken));
/// assert!(Sending::doc_url(Code::NotFound).ends_with("#not_found"));
/// ```
pub trait Api: fmt::Debug + Sized + Send + Sync + 'static {
    /// The codes of the catalog that this API belongs to.
    type Code: ErrorCode;

    #[doc(hidden)]
    const INFO: &'static ApiInfo<Self::Code>;

    /// The same, for reading.
    #[doc(hidden)]
    fn info() -> &'static ApiInfo<Self::Code> {
        Self::INFO
    }

    /// A static of this API: a constant can hold no reference to what changes.
    #[doc(hidden)]
    fn rendered() -> &'static Rendered;

    /// The codes that this API emits, in the order of the catalog.
    fn codes() -> &'static [Self::Code] {
        Self::info().codes
    }

    /// Does this API emit the code?
    fn emits(code: Self::Code) -> bool {
        Self::codes().binary_search(&code).is_ok()
    }

    /// The code that `by_status` in the catalog gives an HTTP status: what the API answers where no handler did, and
    /// how an answer that is not the API's is read. Where no entry fits, 4xx for a status of that class, else 5xx: a success
    /// or redirection that is none is not the caller's mistake.
    fn code_for(status: u16) -> Self::Code {
        let info = Self::info();
        match info.by_status.binary_search_by_key(&status, |(status, _)| *status) {
            Ok(entry) => info.by_status[entry].1,
            Err(_) if (400..500).contains(&status) => info.by_4xx,
            Err(_) => info.by_5xx,
        }
    }

    /// So much of an error's body a client reads, in bytes: `max_body` in the catalog, else 64 KiB. The rest is dropped.
    fn max_body() -> usize {
        MAX_BODY
    }

    /// Where this API's reference explains the code.
    fn doc_url(code: Self::Code) -> String {
        crate::answer::doc_url::<Self>(None, code.index())
    }
}

/// The payload of one code, a type of the generated module `code`: what a server raises and a client matches.
///
/// Its fields are what the code requires; what the code allows is a method of [`Raise`](crate::Raise).
#[diagnostic::on_unimplemented(label = "`{Self}` is no code of a catalog: its module `code` has them")]
pub trait Payload: Sized + Send + Sync + 'static {
    /// The codes of the catalog that this payload belongs to.
    type Code: ErrorCode;

    /// One of a few types of the catalog: which APIs emit the code, and what it takes.
    #[doc(hidden)]
    type Class;

    /// The code.
    const CODE: Self::Code;

    /// The payload of a code that requires nothing: a constant costs rustc less than a function.
    #[doc(hidden)]
    const UNIT: Option<Self> = None;

    /// Picks one of the statuses that the catalog gives the code (`status: [400, 422]`). Any other is not sent: the
    /// answer has the default one, and a debug build panics.
    ///
    /// ```ignore
    /// return Err(code::InvalidAddress.at("to").status(Status::UNPROCESSABLE_CONTENT).into());
    /// ```
    fn status(self, status: Status) -> Raising<Self>
    where
        Self: TakesStatus,
    {
        Raising::new(self).status(status)
    }

    /// For the derive: a method of a trait, so that rustc's words for what is no payload name nothing else.
    #[doc(hidden)]
    fn raising(self) -> Raising<Self> {
        Raising::new(self)
    }

    #[doc(hidden)]
    fn into_slots(self) -> Slots {
        Slots::default()
    }

    #[doc(hidden)]
    fn from_slots(_: &mut Slots) -> Option<Self> {
        Self::UNIT
    }
}

/// The API emits the code. Decided by `apis:` in errors.yaml; of a catalog with `role: client` nothing is emitted.
#[diagnostic::on_unimplemented(
    label = "`{Self}` does not emit `{P}`: the code's `apis:` in errors.yaml decides, and a catalog with `role: client` is only read"
)]
pub trait Emits<P> {}

#[diagnostic::do_not_recommend]
impl<A: Api, P: Payload> Emits<P> for A where P::Class: Has<A> {}

/// The code may carry a `param`. Decided by `param:` in errors.yaml.
#[diagnostic::on_unimplemented(
    label = "`{Self}` takes no param beside its fields: the code's `param:` in errors.yaml decides"
)]
pub trait TakesParam {}

#[diagnostic::do_not_recommend]
impl<P: Payload> TakesParam for P where P::Class: HasParam {}

/// The code may carry a `Retry-After`. Decided by `headers:` in errors.yaml.
#[diagnostic::on_unimplemented(
    label = "`{Self}` takes no Retry-After beside its fields: the code's `headers: {{Retry-After: …}}` in errors.yaml decides"
)]
pub trait TakesRetryAfter {}

#[diagnostic::do_not_recommend]
impl<P: Payload> TakesRetryAfter for P where P::Class: HasRetryAfter {}

/// The code may be sent with several statuses. Decided by `status:` in errors.yaml.
#[diagnostic::on_unimplemented(
    label = "`{Self}` has one status: the code's `status: […]` in errors.yaml decides"
)]
pub trait TakesStatus {}

#[diagnostic::do_not_recommend]
impl<P: Payload> TakesStatus for P where P::Class: HasStatuses {}

/// The code takes issues, accumulated by [`Issues`](crate::Issues). Decided by `items:` in errors.yaml.
#[diagnostic::on_unimplemented(
    label = "`{Self}` takes no issues: the code's `items:` in errors.yaml decides"
)]
pub trait TakesIssues: Payload {
    #[doc(hidden)]
    type Items;
}

/// The code may stand among the issues of `Self`. Decided by `items:` in errors.yaml.
#[diagnostic::on_unimplemented(
    label = "`{P}` can't be an issue of `{Self}`: the `items:` of `{Self}` in errors.yaml decide"
)]
pub trait TakesIssue<P> {}

/// All codes of the list are emitted by the API `A`. A list is a tuple, of one code or of two lists: rustc prints it.
///
/// Not `do_not_recommend`: rustc has to get down to the code that is not emitted.
pub trait Codes<A> {}

impl<A> Codes<A> for () {}

impl<A: Emits<P>, P> Codes<A> for (P,) {}

impl<A, X: Codes<A>, Y: Codes<A>> Codes<A> for (X, Y) {}

#[doc(hidden)]
pub trait Has<A> {}

#[doc(hidden)]
pub trait HasParam {}

#[doc(hidden)]
pub trait HasRetryAfter {}

#[doc(hidden)]
pub trait HasStatuses {}

/// What the table says of a code.
pub fn row<C: ErrorCode>(code: C) -> &'static Row {
    C::table().row(code.index())
}
