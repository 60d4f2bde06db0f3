#[path = "../../codegen/tests/cases/shop/errbook.rs"]
mod shop;

use errbook::ApiError;
use shop::code;
use thiserror::Error;

#[derive(ApiError, Debug, Error)]
enum OrderError {
    #[error("no article {0}")]
    #[api(code::UnknownArticle)]
    NoArticle(String),

    #[error("no article at {0}")]
    #[api(code::UnknownArticle, param = "articles")]
    NoneAt(String),
}

fn order() -> shop::shop::Result<()> {
    Err(code::UnknownArticle)?
}

fn main() {}
