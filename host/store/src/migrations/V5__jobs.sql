-- What a connector's manifest lets recur.

-- From one slot to the next, for a job of the manifest: it is moved to its next slot where
-- a wake-up that the connector asked for is taken out.
ALTER TABLE wakeups ADD COLUMN every_ms INTEGER;
CREATE UNIQUE INDEX wakeups_recurring ON wakeups (tenant, connection, job) WHERE every_ms IS NOT NULL;

-- The digest of the plugin whose jobs are noted; none: nobody looked yet.
ALTER TABLE connections ADD COLUMN jobs_of TEXT;
