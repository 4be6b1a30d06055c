-- The first tables. Times are milliseconds since 1970, kinds and states are the words
-- of the model, documents are JSON. Every key begins with the tenant.
--
-- A vendor's id is text. Tenants, connections and syncs have a name for people and a
-- small number for keys, as millions of rows repeat it. The big tables (records,
-- sightings, links, changes, change_states, journal) declare no foreign keys: the
-- numbers come from a look-up in the same transaction, nothing is ever renumbered, and
-- a check per row would cost as much as the row.

PRAGMA application_id = 0x58574b31; -- "XWK1"

CREATE TABLE tenants (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT NOT NULL UNIQUE,
    added_at INTEGER NOT NULL
) STRICT;

-- Which key the secrets are encrypted with, told by a known text under that key.
CREATE TABLE key_check (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE plugins (
    digest   TEXT PRIMARY KEY,
    id       TEXT NOT NULL,
    version  TEXT NOT NULL,
    manifest TEXT NOT NULL,
    file     TEXT NOT NULL,
    added_at INTEGER NOT NULL
) STRICT;
CREATE INDEX plugins_by_id ON plugins (id);

CREATE TABLE connections (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant   INTEGER NOT NULL REFERENCES tenants,
    name     TEXT NOT NULL,
    plugin   TEXT NOT NULL,
    digest   TEXT NOT NULL,
    settings TEXT NOT NULL,
    grants   TEXT NOT NULL,
    buckets  TEXT NOT NULL,
    revision INTEGER NOT NULL,
    UNIQUE (tenant, name)
) STRICT;

CREATE TABLE secrets (
    tenant     INTEGER NOT NULL REFERENCES tenants,
    connection INTEGER NOT NULL REFERENCES connections,
    name       TEXT NOT NULL,
    sealed     BLOB NOT NULL, -- nonce, ciphertext, tag
    PRIMARY KEY (tenant, connection, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE syncs (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant   INTEGER NOT NULL REFERENCES tenants,
    name     TEXT NOT NULL,
    source   INTEGER NOT NULL REFERENCES connections,
    target   INTEGER NOT NULL REFERENCES connections,
    rules    TEXT NOT NULL,
    revision INTEGER NOT NULL,
    UNIQUE (tenant, name)
) STRICT;

-- A walk over everything a connection has of a kind. `cursor` is where the next page
-- starts; it moves in the transaction that stores the rows before it.
CREATE TABLE reads (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant     INTEGER NOT NULL REFERENCES tenants,
    connection INTEGER NOT NULL REFERENCES connections,
    kind       TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    cursor     TEXT,
    records    INTEGER NOT NULL DEFAULT 0,
    total      INTEGER,
    ended_at   INTEGER,
    complete   INTEGER NOT NULL DEFAULT 0,
    missing    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX reads_by_kind ON reads (tenant, connection, kind, id);

-- What vendors have, as last read. In the order in which records first came, which is
-- the order in which they come again; hence a row number, and the key as an index.
CREATE TABLE records (
    number     INTEGER PRIMARY KEY,
    tenant     INTEGER NOT NULL,
    connection INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    digest     BLOB NOT NULL, -- 16 bytes over all but volatile fields, 16 over everything
    seen_at    INTEGER NOT NULL,
    gone_at    INTEGER,
    parent     TEXT,
    name       TEXT NOT NULL,
    stamp      TEXT,
    fields     TEXT NOT NULL,
    UNIQUE (tenant, connection, kind, id)
) STRICT;
CREATE INDEX records_by_parent ON records (tenant, connection, kind, parent) WHERE parent IS NOT NULL;
CREATE INDEX records_by_stamp ON records (tenant, connection, kind, stamp) WHERE stamp IS NOT NULL;
CREATE INDEX records_gone ON records (tenant, connection, kind) WHERE gone_at IS NOT NULL;

-- Which records an unfinished read has seen. Narrow and apart from `records`, so that a
-- record that did not change costs no write of its row. Emptied when the read ends.
CREATE TABLE sightings (
    tenant INTEGER NOT NULL,
    read   INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (tenant, read, record)
) STRICT, WITHOUT ROWID;

CREATE TABLE links (
    number        INTEGER PRIMARY KEY,
    tenant        INTEGER NOT NULL,
    sync          INTEGER NOT NULL,
    kind          TEXT NOT NULL,
    source        TEXT NOT NULL,
    target_kind   TEXT NOT NULL,
    revision      INTEGER NOT NULL,
    state         TEXT NOT NULL,
    target        TEXT,
    made          INTEGER NOT NULL,
    decided_by    TEXT NOT NULL,
    decided_at    INTEGER NOT NULL,
    volatile_at   INTEGER,
    missing_since INTEGER,
    reason        TEXT NOT NULL,
    candidates    TEXT, -- none when there are none
    declined      TEXT,
    written       TEXT NOT NULL,
    sent          TEXT, -- none when it is as `written`
    UNIQUE (tenant, sync, kind, source, target_kind)
) STRICT;
CREATE INDEX links_by_target ON links (tenant, sync, target_kind, target) WHERE target IS NOT NULL;

CREATE TABLE runs (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant     INTEGER NOT NULL REFERENCES tenants,
    sync       INTEGER NOT NULL REFERENCES syncs,
    mode       TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    status     TEXT NOT NULL,
    plan       INTEGER,
    counts     TEXT NOT NULL,
    message    TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_sync ON runs (tenant, sync, id);

CREATE TABLE plans (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant      INTEGER NOT NULL REFERENCES tenants,
    sync        INTEGER NOT NULL REFERENCES syncs,
    run         INTEGER NOT NULL REFERENCES runs,
    made_at     INTEGER NOT NULL,
    hash        TEXT, -- none until it is finished
    totals      TEXT NOT NULL,
    undecided   INTEGER NOT NULL,
    approved_at INTEGER
) STRICT;
CREATE INDEX plans_by_sync ON plans (tenant, sync, id);

-- What was planned: never changed once stored. How each change stands is apart, in narrow
-- rows, as it changes twice while a plan is applied.
CREATE TABLE changes (
    tenant        INTEGER NOT NULL,
    plan          INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,
    kind          TEXT NOT NULL,
    action        TEXT NOT NULL,
    customer      TEXT NOT NULL,
    source        TEXT NOT NULL,
    target        TEXT,
    name          TEXT NOT NULL,
    risk          TEXT NOT NULL,
    calls         INTEGER NOT NULL,
    brake         TEXT,
    brake_reason  TEXT,
    link_revision INTEGER NOT NULL,
    reason        TEXT NOT NULL,
    fields        TEXT NOT NULL,
    PRIMARY KEY (tenant, plan, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE change_states (
    tenant   INTEGER NOT NULL,
    plan     INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    action   TEXT NOT NULL,
    brake    TEXT,
    status   TEXT NOT NULL,
    batch    INTEGER,
    target   TEXT, -- what came of it
    token    TEXT,
    message  TEXT NOT NULL,
    PRIMARY KEY (tenant, plan, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX change_states_pending ON change_states (tenant, plan, kind, action, sequence)
    WHERE status = 'pending';
CREATE INDEX change_states_open ON change_states (tenant, plan, sequence)
    WHERE status IN ('intended', 'accepted');

-- Intents: what was about to be written, stored before the call.
CREATE TABLE batches (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant      INTEGER NOT NULL REFERENCES tenants,
    plan        INTEGER NOT NULL REFERENCES plans,
    run         INTEGER NOT NULL REFERENCES runs,
    intended_at INTEGER NOT NULL
) STRICT;

CREATE TABLE journal (
    id       INTEGER PRIMARY KEY,
    tenant   INTEGER NOT NULL,
    sync     INTEGER,
    at       INTEGER NOT NULL,
    run      INTEGER,
    plan     INTEGER,
    sequence INTEGER,
    kind     TEXT,
    source   TEXT,
    target   TEXT,
    customer TEXT,
    event    TEXT NOT NULL,
    message  TEXT NOT NULL,
    detail   TEXT
) STRICT;
CREATE INDEX journal_by_tenant ON journal (tenant);
CREATE INDEX journal_by_run ON journal (tenant, run) WHERE run IS NOT NULL;
CREATE INDEX journal_by_source ON journal (tenant, source) WHERE source IS NOT NULL;

-- A connector's own cross-references.
CREATE TABLE entries (
    number     INTEGER PRIMARY KEY,
    tenant     INTEGER NOT NULL REFERENCES tenants,
    connection INTEGER NOT NULL REFERENCES connections,
    space      TEXT NOT NULL,
    key        TEXT NOT NULL,
    revision   INTEGER NOT NULL,
    value      TEXT NOT NULL,
    UNIQUE (tenant, connection, space, key)
) STRICT;

CREATE TABLE wakeups (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant     INTEGER NOT NULL REFERENCES tenants,
    connection INTEGER NOT NULL REFERENCES connections,
    job        TEXT NOT NULL,
    payload    TEXT NOT NULL,
    due_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX wakeups_by_connection ON wakeups (tenant, connection);
CREATE INDEX wakeups_due ON wakeups (tenant, due_at);

-- Calls that went out, counted per slice of a bucket's window.
CREATE TABLE budget (
    tenant     INTEGER NOT NULL REFERENCES tenants,
    connection INTEGER NOT NULL REFERENCES connections,
    bucket     TEXT NOT NULL,
    slice      INTEGER NOT NULL, -- when the slice begins
    expires_at INTEGER NOT NULL, -- when its last possible call has left the window
    calls      INTEGER NOT NULL,
    PRIMARY KEY (tenant, connection, bucket, slice)
) STRICT, WITHOUT ROWID;
CREATE INDEX budget_expired ON budget (tenant, expires_at);
