use errbook::ApiError;
use errbook::mail::code;
use rusqlite::{Connection, params};

/// Credits for one email.
pub(crate) const PRICE: i64 = 1;

#[derive(Debug, thiserror::Error, ApiError)]
pub(crate) enum BillingError {
    #[error("the balance is {balance}, the price {price}")]
    #[api(code::InsufficientCredits)]
    TooLow { balance: i64, price: i64 },
    #[error("the storage failed")]
    #[api(code::InternalError)]
    Store(#[from] rusqlite::Error),
}

/// Does the balance suffice for so many emails? The price, when it does.
pub(crate) fn require(store: &Connection, team: i64, emails: usize) -> Result<i64, BillingError> {
    let price = PRICE.saturating_mul(i64::try_from(emails).unwrap_or(i64::MAX));
    let balance = balance(store, team)?;
    if balance < price {
        return Err(BillingError::TooLow { balance, price });
    }
    Ok(price)
}

/// Takes the price of so many emails off the balance, or nothing.
pub(crate) fn charge(store: &Connection, team: i64, emails: usize) -> Result<(), BillingError> {
    let price = require(store, team, emails)?;
    Ok(book(store, team, -price, "emails")?)
}

pub(crate) fn book(store: &Connection, team: i64, credits: i64, reason: &str) -> rusqlite::Result<()> {
    store.execute(
        "INSERT INTO ledger (team, credits, reason) VALUES (?1, ?2, ?3)",
        params![team, credits, reason],
    )?;
    Ok(())
}

pub(crate) fn balance(store: &Connection, team: i64) -> rusqlite::Result<i64> {
    store.query_row("SELECT coalesce(sum(credits), 0) FROM ledger WHERE team = ?1", [team], |row| row.get(0))
}
