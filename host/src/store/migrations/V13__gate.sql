-- What the gate needs to remember.

-- A read by POST has a form; those that were granted before were searches.
UPDATE connections SET grants = (
    SELECT coalesce(json_group_object(g.key, json(CASE
        WHEN json_type(g.value, '$.reads') = 'array' THEN json_set(g.value, '$.reads', json((
            SELECT json_group_array(json(CASE r.type
                WHEN 'text' THEN json_object('path', r.value, 'form', 'query')
                ELSE r.value END))
            FROM json_each(g.value, '$.reads') r)))
        ELSE g.value END)), '{}')
    FROM json_each(connections.grants) g
);
