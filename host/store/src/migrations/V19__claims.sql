-- Number of leases taken of each claim. Rows stay, so that an epoch never repeats.

CREATE TABLE claims (
    tenant INTEGER NOT NULL REFERENCES tenants,
    thing  TEXT NOT NULL,    -- 'sync NAME' or 'job CONNECTION NAME'
    epoch  INTEGER NOT NULL, -- of the newest lease; the first has 1
    PRIMARY KEY (tenant, thing)
) STRICT, WITHOUT ROWID;
