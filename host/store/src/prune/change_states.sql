-- The plans of the table, each looked up once.
WITH RECURSIVE present (plan) AS (
    SELECT min(plan) FROM change_states WHERE tenant = :tenant
    UNION ALL
    SELECT (SELECT min(plan) FROM change_states WHERE tenant = :tenant AND plan > present.plan)
    FROM present WHERE present.plan IS NOT NULL
)
SELECT s.plan, s.sequence
FROM change_states s
WHERE s.tenant = :tenant
    AND s.plan IN (SELECT plan FROM present WHERE plan IS NOT NULL AND plan NOT IN (SELECT id FROM kept_plans))
