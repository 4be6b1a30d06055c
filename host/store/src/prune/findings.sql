-- The plans of the table, each looked up once.
WITH RECURSIVE present (plan) AS (
    SELECT min(plan) FROM findings WHERE tenant = :tenant
    UNION ALL
    SELECT (SELECT min(plan) FROM findings WHERE tenant = :tenant AND plan > present.plan)
    FROM present WHERE present.plan IS NOT NULL
)
SELECT f.plan, f.number
FROM findings f
WHERE f.tenant = :tenant
    AND f.plan IN (SELECT plan FROM present WHERE plan IS NOT NULL AND plan NOT IN (SELECT id FROM kept_plans))
