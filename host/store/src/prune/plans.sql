-- A plan that becomes free because another one goes keeps its batches, and stays with them until the next time.
SELECT p.id
FROM plans p
WHERE p.id IN (SELECT id FROM old_plans)
    AND (:ahead OR NOT EXISTS (SELECT 1 FROM batches b WHERE b.plan = p.id))
