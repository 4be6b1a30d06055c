-- Which kinds of a sync were let go as a whole.

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
