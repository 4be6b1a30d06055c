SELECT b.id FROM batches b WHERE b.plan IN (SELECT id FROM old_plans)
