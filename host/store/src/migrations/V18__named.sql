-- The record that a vendor named as what a create made, though it is another's: that it is not found by itself proves
-- nothing then.
ALTER TABLE doubts ADD COLUMN named TEXT;

-- A run that begins ends those of its sync that a dead process left.
CREATE INDEX runs_running ON runs (tenant, sync) WHERE status = 'running';
