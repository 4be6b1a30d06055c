-- What is kept of a write whose outcome is unknown, who approved a plan, and which database this is.

-- A write is open while it is intended, accepted or uncertain.
DROP INDEX change_states_open;
CREATE INDEX change_states_open ON change_states (tenant, plan, sequence)
    WHERE status IN ('intended', 'accepted', 'uncertain');

-- The revision of its link that a change was intended on: a later one is another decision.
ALTER TABLE change_states ADD COLUMN link_revision INTEGER;

-- The look-ups of a write that may have been carried out; one row while it is uncertain.
CREATE TABLE doubts (
    tenant      INTEGER NOT NULL,
    plan        INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    intended_at INTEGER NOT NULL, -- the first intent
    since_at    INTEGER NOT NULL, -- the last moment at which a request of it may have left
    answered    INTEGER NOT NULL, -- whether a complete reply of the vendor came
    looks       INTEGER NOT NULL, -- look-ups after the quiet time that found nothing
    due_at      INTEGER NOT NULL, -- when it is looked up next
    why         TEXT NOT NULL,
    PRIMARY KEY (tenant, plan, sequence)
) STRICT, WITHOUT ROWID;

-- A person, or a rule by its name; none for a plan that was approved before this was kept.
ALTER TABLE plans ADD COLUMN approved_by TEXT;

-- What idempotency keys begin with, so that those of two databases differ.
CREATE TABLE instance (
    id  INTEGER PRIMARY KEY CHECK (id = 1),
    key TEXT NOT NULL
) STRICT;
INSERT INTO instance (id, key) VALUES (1, lower(hex(randomblob(16))));
