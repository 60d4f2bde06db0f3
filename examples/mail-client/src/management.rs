use errbook::mail::Management;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Call, Client, Result};

/// The Management API.
#[derive(Debug, Clone, Copy)]
pub struct ManagementClient<'c>(pub(crate) &'c Client);

/// A domain of the team.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Domain {
    /// Its id.
    pub id: String,
    /// `team-a.example`
    pub name: String,
}

/// From where the team sends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Mailbox {
    /// Its id.
    pub id: String,
    /// `news@team-a.example`
    pub address: String,
    /// May be sent from.
    pub active: bool,
}

/// An API key to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NewKey<'k> {
    /// What it may do: `email.send` and the like.
    pub permissions: &'k [&'k str],
    /// The id of the only mailbox that it may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<&'k str>,
    /// In how many seconds it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
}

/// An API key, the one time that it can be seen.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Key {
    /// Its id.
    pub id: String,
    /// The key itself.
    pub key: String,
}

/// A sending account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Provider {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Email leaves through it.
    pub active: bool,
}

/// The envelope of a success.
#[derive(Deserialize)]
pub(crate) struct Data<T> {
    pub(crate) data: T,
}

#[derive(Deserialize)]
struct Credits {
    balance: i64,
}

/// What the API answered instead, or why it did not, is each method's error.
#[allow(clippy::missing_errors_doc)]
impl ManagementClient<'_> {
    /// Adds a domain; what's there already is returned.
    pub async fn create_domain(&self, name: &str) -> Result<Domain, Management> {
        self.read(Call::post("/domains", &json!({ "name": name }))).await
    }

    /// Adds a mailbox under a domain of the team; what's there already is returned.
    pub async fn create_mailbox(&self, address: &str) -> Result<Mailbox, Management> {
        self.read(Call::post("/mailboxes", &json!({ "address": address }))).await
    }

    /// The mailbox with this id.
    pub async fn mailbox(&self, id: &str) -> Result<Mailbox, Management> {
        self.read(Call::get(format!("/mailboxes/{id}"))).await
    }

    /// The team's mailboxes.
    pub async fn mailboxes(&self, limit: u32) -> Result<Vec<Mailbox>, Management> {
        self.read(Call::get(format!("/mailboxes?limit={limit}"))).await
    }

    /// Lets a mailbox be sent from, or not.
    pub async fn set_mailbox_active(&self, id: &str, active: bool) -> Result<Mailbox, Management> {
        let path = format!("/mailboxes/{id}");
        self.read(Call::new(Method::PATCH, path).json(&json!({ "active": active }))).await
    }

    /// Makes an API key.
    pub async fn create_key(&self, key: &NewKey<'_>) -> Result<Key, Management> {
        self.read(Call::post("/keys", key)).await
    }

    /// Ends an API key.
    pub async fn revoke_key(&self, id: &str) -> Result<(), Management> {
        self.0.call::<Management>(Call::new(Method::DELETE, format!("/keys/{id}"))).await?;
        Ok(())
    }

    /// The team's sending accounts.
    pub async fn providers(&self) -> Result<Vec<Provider>, Management> {
        self.read(Call::get("/providers")).await
    }

    /// Adds a sending account, which is not active.
    pub async fn create_provider(&self, name: &str) -> Result<Provider, Management> {
        self.read(Call::post("/providers", &json!({ "name": name }))).await
    }

    /// Lets email leave through a sending account.
    pub async fn activate_provider(&self, id: &str) -> Result<Provider, Management> {
        self.read(Call::new(Method::POST, format!("/providers/{id}/activate"))).await
    }

    /// Lets no email leave through a sending account.
    pub async fn deactivate_provider(&self, id: &str) -> Result<Provider, Management> {
        self.read(Call::new(Method::POST, format!("/providers/{id}/deactivate"))).await
    }

    /// The team's balance.
    pub async fn credits(&self) -> Result<i64, Management> {
        Ok(self.read::<Credits>(Call::get("/credits")).await?.balance)
    }

    async fn read<T: serde::de::DeserializeOwned>(&self, call: Call) -> Result<T, Management> {
        Ok(self.0.read::<_, Data<T>>(call).await?.data)
    }
}
