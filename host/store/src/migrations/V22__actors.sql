-- Who does something: kept once per tenant by its text, and referred to by number.
-- Rows of earlier versions have none.
CREATE TABLE actors (
    id     INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL REFERENCES tenants,
    actor  TEXT NOT NULL,
    UNIQUE (tenant, actor)
) STRICT;
ALTER TABLE journal ADD COLUMN actor INTEGER;
ALTER TABLE runs ADD COLUMN actor INTEGER REFERENCES actors;
