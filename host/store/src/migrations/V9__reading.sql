-- Who reads, and what a walk rests on: all of it is kept with the page, so that a walk that
-- is taken up again is judged as if it had never been left.

-- The run that walks. A read is taken up by another run only when its own has ended.
ALTER TABLE reads ADD COLUMN owner INTEGER;
-- Rows that count in the vendor's total and are no records of the kind.
ALTER TABLE reads ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;
-- Gaps that stand for a row of the vendor's total: of a parent, or of a record nobody stored.
ALTER TABLE reads ADD COLUMN unread INTEGER NOT NULL DEFAULT 0;
-- Parents that could not be read so far, with why: [[parent, failure], …].
ALTER TABLE reads ADD COLUMN gaps TEXT NOT NULL DEFAULT '[]';
-- Whether the walk reached its end with every row accounted for, be it with named gaps.
ALTER TABLE reads ADD COLUMN walked INTEGER NOT NULL DEFAULT 0;
-- Whether it reached its end and was doubted for one reason only: far fewer rows than before.
ALTER TABLE reads ADD COLUMN doubted INTEGER NOT NULL DEFAULT 0;
UPDATE reads SET walked = complete;

-- Whether the walk itself met the record; 0 where this host wrote it meanwhile.
ALTER TABLE sightings ADD COLUMN walked INTEGER NOT NULL DEFAULT 1;

-- Records that the last read could not read whole. Emptied as they are read whole.
CREATE TABLE unread (
    tenant     INTEGER NOT NULL,
    connection INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    parent     TEXT,
    cause      TEXT NOT NULL,
    read       INTEGER NOT NULL,
    PRIMARY KEY (tenant, connection, kind, id)
) STRICT, WITHOUT ROWID;
