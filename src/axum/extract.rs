/// The extractors in the module of an API.
#[doc(hidden)]
#[macro_export]
macro_rules! __extractors {
    ($api:path) => {};
}
