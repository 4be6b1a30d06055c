-- What billing by usage needs to remember.

-- What a person switched for one source customer; none follows the sync's rule.
CREATE TABLE switches (
    tenant   INTEGER NOT NULL REFERENCES tenants,
    sync     INTEGER NOT NULL REFERENCES syncs,
    customer TEXT NOT NULL,
    usage    INTEGER,
    tickets  INTEGER,
    PRIMARY KEY (tenant, sync, customer)
) STRICT, WITHOUT ROWID;

-- How the last run ended for each source customer.
CREATE TABLE outcomes (
    tenant     INTEGER NOT NULL REFERENCES tenants,
    sync       INTEGER NOT NULL REFERENCES syncs,
    customer   TEXT NOT NULL,
    ending     TEXT NOT NULL,
    at         INTEGER NOT NULL,
    run        INTEGER NOT NULL,
    message    TEXT NOT NULL,
    connection TEXT, -- where it went wrong, if it did
    failure    TEXT,
    PRIMARY KEY (tenant, sync, customer)
) STRICT, WITHOUT ROWID;

-- What a source counted, by line: one row for an unbroken row of reports that said the same.
CREATE TABLE counts (
    tenant     INTEGER NOT NULL,
    connection INTEGER NOT NULL,
    customer   TEXT NOT NULL,
    product    TEXT NOT NULL,
    period     TEXT NOT NULL, -- yyyy-mm, or empty
    first_at   INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    quantity   INTEGER NOT NULL,
    actual     INTEGER,
    PRIMARY KEY (tenant, connection, customer, product, period, first_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX counts_by_age ON counts (tenant, last_at);

-- How the last reading of a source's usage went: why nothing is known, or of whom.
CREATE TABLE fetched (
    tenant INTEGER NOT NULL REFERENCES tenants,
    sync   INTEGER NOT NULL REFERENCES syncs,
    whole  TEXT,          -- none where the report was read
    gaps   TEXT NOT NULL, -- customer to cause, JSON
    PRIMARY KEY (tenant, sync)
) STRICT, WITHOUT ROWID;
