-- Whether a plan is of the whole sync. One of single records (a refresh) is in no list, so
-- that the newest plan there says what is open.
ALTER TABLE plans ADD COLUMN whole INTEGER NOT NULL DEFAULT 1;
