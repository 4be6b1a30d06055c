-- Records that are gone, and closed tickets that no read has seen for long.
WITH old (number, connection, kind, id) AS (
    SELECT r.number, r.connection, r.kind, r.id
    FROM records r
    WHERE r.tenant = :tenant AND r.gone_at < :gone
    UNION
    SELECT r.number, r.connection, r.kind, r.id
    FROM records r
    WHERE r.tenant = :tenant AND r.connection IN (SELECT id FROM connections WHERE tenant = :tenant)
        AND r.kind = 'ticket' AND r.seen_at < :tickets AND r.fields ->> 'closed'
)
SELECT r.number
FROM old r
WHERE NOT EXISTS (
        SELECT 1 FROM links l JOIN syncs y ON y.id = l.sync
        WHERE l.tenant = :tenant AND l.sync IN (SELECT id FROM syncs WHERE tenant = :tenant)
            AND y.source = r.connection AND l.kind = r.kind AND l.source = r.id
            AND NOT (:ahead AND l.number IN (SELECT number FROM old_links)))
    AND NOT EXISTS (
        SELECT 1 FROM links l JOIN syncs y ON y.id = l.sync
        WHERE l.tenant = :tenant AND l.sync IN (SELECT id FROM syncs WHERE tenant = :tenant)
            AND y.target = r.connection AND l.target_kind = r.kind AND l.target = r.id
            AND NOT (:ahead AND l.number IN (SELECT number FROM old_links)))
