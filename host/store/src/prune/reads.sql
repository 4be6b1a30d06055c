-- Of each kind of a connection the newest read that ended stays, the newest complete one, and the newest that walked
-- over everything.
SELECT o.id
FROM reads o
WHERE o.tenant = :tenant AND o.ended_at < :plans
    AND o.id IS NOT (
        SELECT max(n.id) FROM reads n
        WHERE n.tenant = :tenant AND n.connection = o.connection AND n.kind = o.kind AND n.ended_at IS NOT NULL)
    AND o.id IS NOT (
        SELECT max(n.id) FROM reads n
        WHERE n.tenant = :tenant AND n.connection = o.connection AND n.kind = o.kind AND n.complete = 1)
    AND o.id IS NOT (
        SELECT max(n.id) FROM reads n
        WHERE n.tenant = :tenant AND n.connection = o.connection AND n.kind = o.kind AND n.walked = 1)
