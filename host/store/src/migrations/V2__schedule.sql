-- What is done by the clock, and what stopping and pausing need.

-- The schedule leaves a paused sync alone.
ALTER TABLE syncs ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;

-- Whether a read that was left in its middle had no flaw until then; only a stop on
-- request says so.
ALTER TABLE reads ADD COLUMN sound INTEGER NOT NULL DEFAULT 0;

-- What recurs. `slot_at` is the next regular time, `due_at` the next time at all: earlier
-- where a failure is tried again. `taken_at` is set while somebody does it.
CREATE TABLE schedules (
    tenant   INTEGER NOT NULL REFERENCES tenants,
    sync     INTEGER NOT NULL REFERENCES syncs,
    job      TEXT NOT NULL,
    every_ms INTEGER NOT NULL,
    slot_at  INTEGER NOT NULL,
    due_at   INTEGER NOT NULL,
    taken_at INTEGER,
    last_at  INTEGER,
    failures INTEGER NOT NULL DEFAULT 0, -- in a row
    message  TEXT NOT NULL DEFAULT '',   -- how it went last
    PRIMARY KEY (tenant, sync, job)
) STRICT, WITHOUT ROWID;
CREATE INDEX schedules_due ON schedules (due_at);
