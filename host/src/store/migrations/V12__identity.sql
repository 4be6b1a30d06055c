-- Who a connection speaks for, and which kinds of a sync were let go as a whole.

-- The vendor's account as it was at the first success, and the revision of the connection at which it was
-- asked last; `account_found` is another one that was found since, until a person says that it is right.
ALTER TABLE connections ADD COLUMN account TEXT;
ALTER TABLE connections ADD COLUMN account_revision INTEGER;
ALTER TABLE connections ADD COLUMN account_found TEXT;

-- The kinds of a sync of which a whole plan was let go once: until then each plan of a kind is its first.
CREATE TABLE first_runs (
    tenant   INTEGER NOT NULL REFERENCES tenants,
    sync     INTEGER NOT NULL REFERENCES syncs,
    kind     TEXT NOT NULL,
    ended_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, sync, kind)
) STRICT, WITHOUT ROWID;

-- What was applied before this was kept.
INSERT INTO first_runs (tenant, sync, kind, ended_at)
    SELECT DISTINCT r.tenant, r.sync, l.kind, r.started_at FROM runs r
        JOIN links l ON l.tenant = r.tenant AND l.sync = r.sync AND l.state = 'linked'
        LEFT JOIN plans p ON p.tenant = r.tenant AND p.id = r.plan
    WHERE r.counts ->> 'done' > 0 AND coalesce(p.whole, 1)
    GROUP BY r.tenant, r.sync, l.kind;
