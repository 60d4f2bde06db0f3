//! `SendError::CODES`: which codes an error type can become, computed by rustc from its type-level list.

use std::convert::Infallible;

use crate::catalog::{Api, Payload};
use crate::{Error, Raise};

/// What an error type can become, in the order of the catalog, each code once. For whatever implements [`Raise`]: a
/// payload, accumulated issues, an error with `#[derive(ApiError)]` (forwarded errors included); and for the
/// [`Error`] of an API, which can be any code that the API emits.
///
/// The prelude brings it into scope. It is a constant, and costs nothing where nobody asks for it.
///
/// ```
/// use errbook::{mail::{Code, code}, prelude::*};
///
/// #[derive(Debug, thiserror::Error, errbook::ApiError)]
/// enum SendError {
///     #[error("the relay failed")]
///     #[api(code::ServiceUnavailable)]
///     Relay,
///     #[error(transparent)]
///     #[api(forward)]
///     Lookup(#[from] LookupError),
/// }
///
/// #[derive(Debug, thiserror::Error, errbook::ApiError)]
/// #[error("no such domain")]
/// #[api(code::NotFound)]
/// struct LookupError;
///
/// assert_eq!(SendError::CODES, [Code::NotFound, Code::ServiceUnavailable]);
/// ```
#[diagnostic::on_unimplemented(
    label = "`{Self}` is no error of one catalog: raise a payload of its module `code`, or derive `errbook::ApiError`"
)]
pub trait HasCodes {
    /// The codes of the catalog. An error that can't be made, as an enum without variants, is of none.
    type Code: Copy + 'static;

    /// What it can become.
    const CODES: &'static [Self::Code];
}

#[diagnostic::do_not_recommend]
impl<R: Raise> HasCodes for R
where
    R::Codes: List,
    CodeOf<R::Codes>: Among<R::Codes>,
{
    type Code = CodeOf<R::Codes>;

    const CODES: &'static [Self::Code] = <CodeOf<R::Codes> as Among<R::Codes>>::CODES;
}

impl<A: Api> HasCodes for Error<A> {
    type Code = A::Code;

    const CODES: &'static [A::Code] = A::INFO.codes;
}

type CodeOf<L> = <L as List>::Or<Infallible>;

/// A list of payloads, as [`Codes`](crate::Codes) describes it: whose codes they are.
pub trait List {
    /// Those of the first payload in it; `C` where there is none.
    type Or<C: Copy + 'static>: Copy + 'static;
}

impl List for () {
    type Or<C: Copy + 'static> = C;
}

impl<P: Payload> List for (P,) {
    type Or<C: Copy + 'static> = P::Code;
}

impl<X: List, Y: List> List for (X, Y) {
    type Or<C: Copy + 'static> = X::Or<Y::Or<C>>;
}

/// The codes `Self` that are in the list. Written for each catalog, whose enum alone is as long as the result may be.
pub trait Among<L>: Sized + 'static {
    const CODES: &'static [Self];
}

impl<L: Indexes<Infallible>> Among<L> for Infallible {
    const CODES: &'static [Infallible] = &[];
}

/// The place of a payload's code among the codes `Self`. Written for each catalog: only where the enum is known can a
/// constant tell it.
pub trait IndexOf<P> {
    const INDEX: u16;
}

/// A list of payloads of the codes `C`, as their places.
pub trait Indexes<C> {
    const INDEXES: &'static Tree;
}

pub enum Tree {
    None,
    One(u16),
    Two(&'static Tree, &'static Tree),
}

impl<C> Indexes<C> for () {
    const INDEXES: &'static Tree = &Tree::None;
}

impl<C: IndexOf<P>, P> Indexes<C> for (P,) {
    const INDEXES: &'static Tree = &Tree::One(C::INDEX);
}

impl<C, X: Indexes<C>, Y: Indexes<C>> Indexes<C> for (X, Y) {
    const INDEXES: &'static Tree = &Tree::Two(X::INDEXES, Y::INDEXES);
}

/// Those of `all` whose places are in the tree, in their order, and how many they are.
pub const fn pick<C: Copy, const N: usize>(all: &[C], tree: &Tree) -> ([C; N], usize) {
    let mut marks = [false; N];
    mark(tree, &mut marks);
    let mut picked = [all[0]; N];
    let (mut at, mut len) = (0, 0);
    while at < N {
        if marks[at] {
            picked[len] = all[at];
            len += 1;
        }
        at += 1;
    }
    (picked, len)
}

const fn mark(tree: &Tree, marks: &mut [bool]) {
    match tree {
        Tree::None => {}
        Tree::One(index) => marks[*index as usize] = true,
        Tree::Two(left, right) => {
            mark(left, marks);
            mark(right, marks);
        }
    }
}

/// For the enum `Code` of a catalog.
#[doc(hidden)]
#[macro_export]
macro_rules! __among_impls {
    ($code:ty) => {
        impl<P: $crate::Payload<Code = $code>> $crate::__private::IndexOf<P> for $code {
            const INDEX: u16 = P::CODE as u16;
        }

        impl<L: $crate::__private::Indexes<$code>> $crate::__private::Among<L> for $code {
            const CODES: &'static [$code] = {
                const ALL: &[$code] = <$code>::ALL;
                let (codes, len) = const { &$crate::__private::pick::<_, { ALL.len() }>(ALL, L::INDEXES) };
                codes.split_at(*len).0
            };
        }
    };
}
