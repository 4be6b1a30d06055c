-- What is kept of records is summed up as they are stored, and each time that any of them changed is counted, so that
-- neither needs a look at all of them.

ALTER TABLE kept RENAME TO measured;
CREATE TABLE kept (
    tenant     INTEGER NOT NULL,
    connection INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    bytes      INTEGER,          -- none: to be measured
    moves      INTEGER NOT NULL, -- transactions in which any came, went or changed in more than volatile fields
    PRIMARY KEY (tenant, connection, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO kept (tenant, connection, kind, moves) SELECT tenant, connection, kind, 0 FROM measured;
DROP TABLE measured;

-- The moves of all records of its source when the plan was begun; none for one of before this was counted.
ALTER TABLE plans ADD COLUMN moves INTEGER;
