-- What the gate needs to remember.

-- A read by POST has a form; those that were granted before were searches.
UPDATE connections SET grants = (
    SELECT coalesce(json_group_object(g.key, json(CASE
        WHEN json_type(g.value, '$.reads') = 'array' THEN json_set(g.value, '$.reads', json((
            SELECT json_group_array(json(CASE r.type
                WHEN 'text' THEN json_object('path', r.value, 'form', 'query')
                ELSE r.value END))
            FROM json_each(g.value, '$.reads') r)))
        ELSE g.value END)), '{}')
    FROM json_each(connections.grants) g
);

-- How much a connector keeps in `entries`, counted as it is written: a sum over them all with
-- each one that is put would cost more than the entry.
CREATE TABLE stored (
    tenant     INTEGER NOT NULL,
    connection INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    PRIMARY KEY (tenant, connection)
) STRICT, WITHOUT ROWID;
INSERT INTO stored SELECT tenant, connection, count(*), sum(octet_length(space) + octet_length(key) + octet_length(value))
    FROM entries GROUP BY tenant, connection;

-- Refusals of the last day, by what they say: the same one again is counted where it stands.
CREATE TABLE refusals (
    tenant     INTEGER NOT NULL,
    connection INTEGER NOT NULL,
    sentence   TEXT NOT NULL,
    at         INTEGER NOT NULL, -- the first
    journal    INTEGER NOT NULL, -- its entry
    PRIMARY KEY (tenant, connection, sentence)
) STRICT, WITHOUT ROWID;

-- Crashes of a connection's connector in a row, and what they led to.
ALTER TABLE connections ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN crashed_at INTEGER;
ALTER TABLE connections ADD COLUMN rests_until INTEGER;
ALTER TABLE connections ADD COLUMN quarantined_at INTEGER;
ALTER TABLE connections ADD COLUMN quarantine TEXT;
-- Wake-ups that it asked for and was given since `woken_from`.
ALTER TABLE connections ADD COLUMN woken INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN woken_from INTEGER NOT NULL DEFAULT 0;

-- Calls belong to an account at a vendor: two connections to one share its budget. What was
-- counted before is forgotten, at most one window of it.
DROP TABLE budget;
CREATE TABLE budget (
    tenant     INTEGER NOT NULL REFERENCES tenants,
    account    BLOB NOT NULL, -- a digest under the key of the secrets
    bucket     TEXT NOT NULL,
    slice      INTEGER NOT NULL, -- when the slice begins
    expires_at INTEGER NOT NULL, -- when its last possible call has left the window
    calls      INTEGER NOT NULL,
    PRIMARY KEY (tenant, account, bucket, slice)
) STRICT, WITHOUT ROWID;
CREATE INDEX budget_expired ON budget (tenant, expires_at);
