-- The plans of the table, each looked up once.
WITH RECURSIVE present (plan) AS (
    SELECT min(plan) FROM changes WHERE tenant = :tenant
    UNION ALL
    SELECT (SELECT min(plan) FROM changes WHERE tenant = :tenant AND plan > present.plan)
    FROM present WHERE present.plan IS NOT NULL
)
SELECT c.plan, c.sequence
FROM changes c
WHERE c.tenant = :tenant
    AND c.plan IN (SELECT plan FROM present WHERE plan IS NOT NULL AND plan NOT IN (SELECT id FROM kept_plans))
    -- A journal entry that is kept shows the change it is about.
    AND NOT EXISTS (
        SELECT 1 FROM journal j
        WHERE j.tenant = :tenant AND j.plan = c.plan AND j.sequence = c.sequence
            AND NOT (j.at < :journal AND (j.kind IS NOT 'usage' OR j.at < :usage)))
