CREATE TABLE IF NOT EXISTS teams (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    plan    TEXT NOT NULL
) STRICT;

-- The balance of a team is the sum of its entries.
CREATE TABLE IF NOT EXISTS ledger (
    id      INTEGER PRIMARY KEY,
    team    INTEGER NOT NULL REFERENCES teams,
    credits INTEGER NOT NULL,
    reason  TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS ledger_of_team ON ledger (team);

-- Keys are kept as hashes: who reads this file can't use them.
CREATE TABLE IF NOT EXISTS keys (
    id          TEXT PRIMARY KEY,
    team        INTEGER NOT NULL REFERENCES teams,
    hash        BLOB NOT NULL UNIQUE,
    permissions TEXT NOT NULL,
    mailbox     TEXT REFERENCES mailboxes,
    expires_at  INTEGER,
    revoked     INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE IF NOT EXISTS domains (
    id      TEXT PRIMARY KEY,
    team    INTEGER NOT NULL REFERENCES teams,
    name    TEXT NOT NULL,
    UNIQUE (team, name)
) STRICT;

CREATE TABLE IF NOT EXISTS mailboxes (
    id      TEXT PRIMARY KEY,
    team    INTEGER NOT NULL REFERENCES teams,
    address TEXT NOT NULL,
    active  INTEGER NOT NULL DEFAULT 1,
    UNIQUE (team, address)
) STRICT;

CREATE TABLE IF NOT EXISTS providers (
    id      TEXT PRIMARY KEY,
    team    INTEGER NOT NULL REFERENCES teams,
    name    TEXT NOT NULL,
    active  INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS emails (
    id        TEXT PRIMARY KEY,
    team      INTEGER NOT NULL REFERENCES teams,
    mailbox   TEXT NOT NULL REFERENCES mailboxes,
    recipient TEXT NOT NULL,
    subject   TEXT NOT NULL,
    state     TEXT NOT NULL
) STRICT;

-- A row without an answer is a request that is still running.
CREATE TABLE IF NOT EXISTS idempotency (
    team        INTEGER NOT NULL REFERENCES teams,
    key         TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    answer      TEXT,
    expires_at  INTEGER NOT NULL,
    PRIMARY KEY (team, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS inboxes (
    id      TEXT PRIMARY KEY,
    team    INTEGER NOT NULL REFERENCES teams,
    address TEXT NOT NULL UNIQUE
) STRICT;

-- Who is told of what happens in an inbox. What signs has to be kept as it is.
CREATE TABLE IF NOT EXISTS webhooks (
    inbox  TEXT PRIMARY KEY REFERENCES inboxes ON DELETE CASCADE,
    url    TEXT NOT NULL,
    secret BLOB NOT NULL
) STRICT;

-- What they are told. Queued without a time: it is on its way.
CREATE TABLE IF NOT EXISTS events (
    id       TEXT PRIMARY KEY,
    inbox    TEXT NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    body     TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('queued', 'delivered', 'failed')),
    attempts INTEGER NOT NULL,
    next_at  INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS events_due ON events (next_at) WHERE state = 'queued';

CREATE TABLE IF NOT EXISTS inbox_domains (
    team      INTEGER NOT NULL REFERENCES teams,
    name      TEXT NOT NULL,
    dedicated INTEGER NOT NULL,
    PRIMARY KEY (team, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS messages (
    id        TEXT PRIMARY KEY,
    team      INTEGER NOT NULL REFERENCES teams,
    inbox     TEXT NOT NULL REFERENCES inboxes ON DELETE CASCADE,
    client_id TEXT,
    subject   TEXT NOT NULL,
    delivered TEXT NOT NULL,
    UNIQUE (team, client_id)
) STRICT;

CREATE TABLE IF NOT EXISTS attachments (
    message  TEXT NOT NULL REFERENCES messages ON DELETE CASCADE,
    team     INTEGER NOT NULL REFERENCES teams,
    filename TEXT NOT NULL,
    content  BLOB NOT NULL
) STRICT;

-- Where an account doesn't send: mail there bounced, or the account blocked it.
CREATE TABLE IF NOT EXISTS undeliverable (
    team    INTEGER NOT NULL REFERENCES teams,
    address TEXT NOT NULL,
    reason  TEXT NOT NULL CHECK (reason IN ('bounced', 'blocked')),
    PRIMARY KEY (team, address, reason)
) STRICT, WITHOUT ROWID;
