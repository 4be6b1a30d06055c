-- What is done by the calendar, and that what is old is pruned once a day.

-- How a job recurs by the calendar (`daily 02:30`, `monthly last@02:30`), as its sync's time zone
-- tells it; none: by `every_ms`. Each slot is done this much later.
ALTER TABLE schedules ADD COLUMN calendar TEXT;
ALTER TABLE schedules ADD COLUMN jitter_ms INTEGER NOT NULL DEFAULT 0;

-- When a tenant's old rows were pruned last; none: never.
ALTER TABLE tenants ADD COLUMN pruned_at INTEGER;

-- Pruning looks for what is old, and for what speaks of what; the foreign keys look too.
CREATE INDEX journal_by_age ON journal (tenant, at);
CREATE INDEX journal_by_change ON journal (tenant, plan, sequence) WHERE plan IS NOT NULL;
CREATE INDEX plans_by_run ON plans (run);
CREATE INDEX batches_by_plan ON batches (plan);
DROP INDEX batches_by_run;
CREATE INDEX batches_by_run ON batches (run, tenant);
