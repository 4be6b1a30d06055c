-- What is needed to doubt a clock that was wrong, and to bound what is kept of a vendor.

-- What the clock said when it was last noted, and since when it has gone on without a leap.
ALTER TABLE instance ADD COLUMN seen_at INTEGER;
ALTER TABLE instance ADD COLUMN steady_since INTEGER;

-- How much later than it was asked for a wake-up was to come, in milliseconds.
ALTER TABLE wakeups ADD COLUMN asked_ms INTEGER;

-- The bytes of records of a kind, as they were when they were last measured.
CREATE TABLE kept (
    tenant     INTEGER NOT NULL,
    connection INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    PRIMARY KEY (tenant, connection, kind)
) STRICT, WITHOUT ROWID;
