-- What `run undo` and `why` need to know.

-- The run a plan undoes; none for a plan that brings in step.
ALTER TABLE plans ADD COLUMN undoes INTEGER;
CREATE INDEX plans_by_undone ON plans (tenant, undoes) WHERE undoes IS NOT NULL;

-- What a run was about to write is found by its batches.
CREATE INDEX batches_by_run ON batches (tenant, run);

-- When a record was stored for the first time; none for those stored before this was kept.
ALTER TABLE records ADD COLUMN first_at INTEGER;
