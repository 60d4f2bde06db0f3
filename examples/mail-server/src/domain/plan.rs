use std::str::FromStr;

use errbook::ApiError;
use errbook::mail::code;
use rusqlite::Connection;

/// What an account pays for. The order is that of size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Plan {
    /// Three inboxes, 5 MB of attachments.
    #[default]
    Free,
    /// 25 inboxes, 1 GB of attachments, custom domains.
    Pro,
    /// 500 inboxes, 50 GB of attachments, custom domains and dedicated subdomains.
    Scale,
}

/// What the plan of an account does not include.
#[derive(Debug, thiserror::Error, ApiError)]
pub(crate) enum PlanError {
    #[error("all {0} inboxes of the plan are in use")]
    #[api(code::InboxLimitReached)]
    Inboxes(i64),
    #[error("custom domains are not part of the plan")]
    #[api(code::CustomDomainsRequirePaidPlan)]
    CustomDomains,
    #[error("dedicated subdomains are not part of the plan")]
    #[api(code::DedicatedSubdomainRequiresScale)]
    DedicatedSubdomains,
    #[error("the plan stores {limit} bytes, {stored} are in use and {more} were to follow")]
    #[api(code::StorageLimitReached)]
    Storage { limit: i64, stored: i64, more: i64 },
}

impl Plan {
    pub(crate) fn of(store: &Connection, team: i64) -> rusqlite::Result<Plan> {
        let name: String =
            store.query_row("SELECT plan FROM teams WHERE id = ?1", [team], |row| row.get(0))?;
        Ok(name.parse().unwrap_or_default())
    }

    /// May an account that has this many inboxes have one more?
    pub(crate) fn allow_inbox(self, in_use: i64) -> Result<(), PlanError> {
        let limit = match self {
            Plan::Free => 3,
            Plan::Pro => 25,
            Plan::Scale => 500,
        };
        if in_use < limit { Ok(()) } else { Err(PlanError::Inboxes(limit)) }
    }

    pub(crate) fn allow_custom_domain(self) -> Result<(), PlanError> {
        if self >= Plan::Pro { Ok(()) } else { Err(PlanError::CustomDomains) }
    }

    pub(crate) fn allow_dedicated_subdomain(self) -> Result<(), PlanError> {
        if self >= Plan::Scale { Ok(()) } else { Err(PlanError::DedicatedSubdomains) }
    }

    /// May an account that stores this many bytes store more?
    pub(crate) fn allow_storage(self, stored: i64, more: i64) -> Result<(), PlanError> {
        let limit = match self {
            Plan::Free => 5_000_000,
            Plan::Pro => 1_000_000_000,
            Plan::Scale => 50_000_000_000,
        };
        if stored.saturating_add(more) <= limit {
            Ok(())
        } else {
            Err(PlanError::Storage { limit, stored, more })
        }
    }

    /// The plan's name, as [`FromStr`] reads it.
    pub fn as_str(self) -> &'static str {
        match self {
            Plan::Free => "free",
            Plan::Pro => "pro",
            Plan::Scale => "scale",
        }
    }
}

impl FromStr for Plan {
    type Err = UnknownPlan;

    fn from_str(name: &str) -> Result<Plan, UnknownPlan> {
        let plans = [Plan::Free, Plan::Pro, Plan::Scale];
        plans.into_iter().find(|plan| plan.as_str() == name).ok_or(UnknownPlan)
    }
}

/// No plan has that name.
#[derive(Debug, thiserror::Error)]
#[error("no such plan: free, pro and scale are the ones there are")]
pub struct UnknownPlan;
