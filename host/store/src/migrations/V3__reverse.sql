-- Whether a plan is of the whole sync. One of single records (a refresh) is in no list, so
-- that the newest plan there says what is open.
ALTER TABLE plans ADD COLUMN whole INTEGER NOT NULL DEFAULT 1;

-- What a person decided of a target customer that the source does not have, in a sync that
-- also goes the other way.
CREATE TABLE reverse_decisions (
    tenant     INTEGER NOT NULL REFERENCES tenants,
    sync       INTEGER NOT NULL REFERENCES syncs,
    target     TEXT NOT NULL,
    decision   TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, sync, target)
) STRICT, WITHOUT ROWID;
