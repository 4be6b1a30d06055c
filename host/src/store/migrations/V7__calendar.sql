-- What is done by the calendar, and that what is old is pruned once a day.

-- How a job recurs by the calendar (`daily 02:30`, `monthly last@02:30`), as its sync's time zone
-- tells it; none: by `every_ms`. Each slot is done this much later.
ALTER TABLE schedules ADD COLUMN calendar TEXT;
ALTER TABLE schedules ADD COLUMN jitter_ms INTEGER NOT NULL DEFAULT 0;

-- When a tenant's old rows were pruned last; none: never.
ALTER TABLE tenants ADD COLUMN pruned_at INTEGER;
