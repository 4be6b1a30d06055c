-- Approvals apart from what is done about them, and requests that any process may take.

CREATE TABLE approvals (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant       INTEGER NOT NULL REFERENCES tenants,
    plan         INTEGER NOT NULL REFERENCES plans ON DELETE CASCADE,
    hash         TEXT NOT NULL,
    approved     TEXT NOT NULL,    -- the part and the brakes that are released in it
    actor        INTEGER NOT NULL REFERENCES actors,
    rule         TEXT,             -- the kinds whose trust stood for a person
    at           INTEGER NOT NULL,
    note         TEXT NOT NULL,
    withdrawn_at INTEGER,
    withdrawn_by INTEGER REFERENCES actors
) STRICT;
CREATE INDEX approvals_by_plan ON approvals (tenant, plan, id);

CREATE TABLE requests (
    run      INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
    tenant   INTEGER NOT NULL REFERENCES tenants,
    wanted   TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    due_at   INTEGER NOT NULL,
    taken_at INTEGER
) STRICT;

-- A run waits as `queued`, and ends as `cancelled` if it was stopped before it began.
CREATE INDEX runs_queued ON runs (tenant, id) WHERE status = 'queued';
ALTER TABLE runs ADD COLUMN stop_at INTEGER;
ALTER TABLE runs ADD COLUMN stop_by INTEGER REFERENCES actors;
ALTER TABLE runs ADD COLUMN progress TEXT;
