-- One target record belongs to one source record, and an old plan does not stay applicable.

-- Whether a person let several source records be one target record: such a link is beyond the rule below.
ALTER TABLE links ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;

-- Where the rule is broken already nobody can tell which link is the right one: all of them wait for a person.
CREATE TABLE twins AS
    SELECT l.number, l.tenant, l.sync, l.kind, l.source, l.target FROM links l
    WHERE l.state = 'linked' AND l.kind IN ('customer', 'asset') AND l.target_kind = l.kind
        AND EXISTS (
            SELECT 1 FROM links o WHERE o.tenant = l.tenant AND o.sync = l.sync AND o.target_kind = l.target_kind
                AND o.target = l.target AND o.kind = l.kind AND o.state = 'linked' AND o.number <> l.number
        );
INSERT INTO journal (tenant, sync, at, kind, source, target, customer, event, message)
    SELECT tenant, sync, CAST(unixepoch() AS INTEGER) * 1000, kind, source, target,
        CASE kind WHEN 'customer' THEN source END, 'conflict',
        'was linked to ' || kind || ' ' || target || ', to which another was linked as well: choose which one it is'
    FROM twins;
UPDATE links SET
    state = 'conflict', target = NULL, revision = revision + 1, made = 0, decided_by = 'one to one',
    decided_at = CAST(unixepoch() AS INTEGER) * 1000, written = '{}', sent = NULL, volatile_at = NULL, missing_since = NULL,
    reason = 'was linked to ' || kind || ' ' || target || ', to which another was linked as well: choose which one it is',
    candidates = json_array(json_object('target', target, 'name', coalesce((
        SELECT r.name FROM syncs s JOIN records r ON r.tenant = s.tenant AND r.connection = s.target
            AND r.kind = links.target_kind AND r.id = links.target
        WHERE s.id = links.sync), ''), 'score', 1.0, 'reason', 'was linked to it'))
WHERE number IN (SELECT number FROM twins);
DROP TABLE twins;

-- Sites may share a location, alerts a ticket, and what is billed is added up: those are not one to one.
CREATE UNIQUE INDEX links_one_to_one ON links (tenant, sync, kind, target)
    WHERE state = 'linked' AND shared = 0 AND target IS NOT NULL AND target_kind = kind AND kind IN ('customer', 'asset');

-- What a change rests on at the source: the record's digest as it was planned, one zero byte for a record that
-- was gone, none where the change is of no record.
ALTER TABLE changes ADD COLUMN basis BLOB;
