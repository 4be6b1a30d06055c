-- Whose account a connection answers as: links are about this one and no other.
CREATE TABLE accounts (
    tenant     INTEGER NOT NULL,
    connection INTEGER NOT NULL,
    name       TEXT NOT NULL, -- empty: the vendor tells none
    id         TEXT,
    since      INTEGER NOT NULL,
    said_at    INTEGER, -- when a person said that another answer is the same account
    revision   INTEGER NOT NULL, -- of the connection that was asked last
    asked_at   INTEGER NOT NULL,
    other_name TEXT, -- not null: the answer was this one, and the connection's syncs are held
    other_id   TEXT,
    PRIMARY KEY (tenant, connection)
) STRICT, WITHOUT ROWID;
