-- What a plan tells beside its changes: counted for good, and one by one for the newest plans of a sync.
ALTER TABLE plans ADD COLUMN findings TEXT NOT NULL DEFAULT '[]';

CREATE TABLE findings (
    tenant   INTEGER NOT NULL,
    plan     INTEGER NOT NULL,
    number   INTEGER NOT NULL, -- from 1, as they were found
    kind     TEXT NOT NULL,
    cause    TEXT NOT NULL,
    side     TEXT NOT NULL,
    customer TEXT NOT NULL,
    source   TEXT NOT NULL,
    message  TEXT NOT NULL,
    PRIMARY KEY (tenant, plan, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX findings_by_record ON findings (tenant, plan, source);
