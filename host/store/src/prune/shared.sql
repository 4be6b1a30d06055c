-- The common part of the WITH clause before each query of this folder.
--
-- Parameters: :tenant; the times before which rows are old, one for each period that is kept: :plans, :runs, :journal,
-- :usage, :gone, :tickets; :operator, the word of the decider that is a person; :now; and :ahead, which is 1 to count
-- everything that will go while all of it is still there, and 0 to find what goes now, when the rows it hangs on are
-- gone.

old_plans (id) AS (
    SELECT p.id
    FROM plans p
    WHERE p.tenant = :tenant AND p.made_at < :plans
        -- The newest whole plan of a sync stays.
        AND p.id IS NOT (
            SELECT max(n.id) FROM plans n
            WHERE n.tenant = :tenant AND n.sync = p.sync AND n.whole = 1 AND n.hash IS NOT NULL)
        -- So does one with a write that is not settled,
        AND NOT EXISTS (
            SELECT 1 FROM change_states s
            WHERE s.tenant = :tenant AND s.plan = p.id AND s.status IN ('intended', 'accepted', 'uncertain'))
        -- or one that was written lately,
        AND NOT EXISTS (SELECT 1 FROM batches b WHERE b.plan = p.id AND b.intended_at >= :plans)
        -- or one that wrote what another plan undoes.
        AND NOT EXISTS (
            SELECT 1 FROM plans u JOIN batches b ON b.tenant = u.tenant AND b.run = u.undoes
            WHERE u.tenant = :tenant AND u.undoes IS NOT NULL AND b.plan = p.id)
),

kept_plans (id) AS (
    SELECT id FROM plans WHERE tenant = :tenant AND NOT (:ahead AND id IN (SELECT id FROM old_plans))
),

-- Links of records that are gone, which are few and therefore come first: those without a target, unless a person
-- decided so, and those of alerts whose ticket is closed or gone.
old_links (number) AS (
    SELECT l.number
    FROM records r
    CROSS JOIN syncs y ON y.tenant = :tenant AND y.source = r.connection
    CROSS JOIN links l ON l.tenant = :tenant AND l.sync = y.id AND l.kind = r.kind AND l.source = r.id
    LEFT JOIN records t
        ON t.tenant = :tenant AND t.connection = y.target AND t.kind = 'ticket' AND l.kind = 'alert' AND t.id = l.target
    WHERE r.tenant = :tenant AND r.gone_at IS NOT NULL
        AND (
            (l.target IS NULL AND l.decided_by <> :operator AND r.gone_at < :gone)
            OR (r.gone_at < :tickets AND t.seen_at < :tickets AND (t.gone_at IS NOT NULL OR t.fields ->> 'closed')))
        AND NOT EXISTS (
            SELECT 1 FROM change_states s
            JOIN changes c ON c.tenant = s.tenant AND c.plan = s.plan AND c.sequence = s.sequence
            WHERE s.tenant = :tenant AND s.status IN ('intended', 'accepted', 'uncertain') AND c.source = l.source)
)
