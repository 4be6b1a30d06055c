SELECT r.id
FROM runs r
WHERE r.tenant = :tenant AND r.started_at < :runs AND r.status NOT IN ('running', 'queued')
    -- The last run that wrote anything shows that its sync is not new.
    AND r.id IS NOT (
        SELECT max(n.id) FROM runs n WHERE n.tenant = :tenant AND n.sync = r.sync AND n.counts ->> 'done' > 0)
    AND NOT EXISTS (SELECT 1 FROM plans p WHERE p.run = r.id AND p.id IN (SELECT id FROM kept_plans))
    AND NOT EXISTS (SELECT 1 FROM batches b WHERE b.run = r.id AND b.plan IN (SELECT id FROM kept_plans))
