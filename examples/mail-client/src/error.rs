use errbook::{Api, ErrorResponse};

/// A call to the API `A` failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError<A: Api> {
    /// The API, or something in front of it, answered with an error.
    #[error(transparent)]
    Api(ErrorResponse<A>),
    /// No answer arrived.
    #[error("no answer")]
    Transport(#[source] reqwest::Error),
    /// The answer is a success, but not what it should look like.
    #[error("an answer that can't be read")]
    Unreadable(#[source] serde_json::Error),
}

impl<A: Api> ClientError<A> {
    /// The answer, if there was one.
    pub fn api(&self) -> Option<&ErrorResponse<A>> {
        match self {
            ClientError::Api(error) => Some(error),
            _ => None,
        }
    }

    /// The answer's code, if there was one that this build knows.
    pub fn code(&self) -> Option<A::Code> {
        self.api()?.code()
    }
}
