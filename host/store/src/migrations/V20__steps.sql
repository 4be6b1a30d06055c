-- What a change is beside its fields, and what a link remembers beside fields, get columns of their own. Until now they
-- were among the fields, under names that a vendor's own field may have as well.

ALTER TABLE changes ADD COLUMN step TEXT;  -- none: the change of a record
ALTER TABLE links ADD COLUMN memory TEXT;  -- none: nothing but fields

-- Lines of contracts. `json_patch` of an empty object leaves out what is null.
UPDATE changes SET
    step = json_object('line', json_patch('{}', json_object(
        'contract', fields ->> '$.contract[#-1]',
        'service', fields ->> '$.service[#-1]',
        'counted', fields ->> '$.counted[#-1]',
        'parts', json(fields ->> '$.parts[#-1].j'),
        'replaces', json(fields ->> '$.replaces[#-1].j'),
        'rests', json((
            SELECT json_group_array(json_object('part', value ->> 'part', 'leader', value ->> 'source', 'line', value ->> 'line'))
            FROM json_each(fields ->> '$.rests[#-1].j') HAVING count(*) > 0)),
        'leaves', json(fields ->> '$.leaves[#-1].j'),
        'since', json(fields ->> '$.since[#-1].j'),
        'moves', json(CASE WHEN json_type(fields, '$.moves') IS NOT NULL THEN 'true' END)))),
    fields = json_remove(fields, '$.contract', '$.service', '$.counted', '$.parts', '$.replaces', '$.rests', '$.leaves',
        '$.since', '$.moves', CASE WHEN action = 'create' THEN '$.moves' ELSE '$.product' END)
WHERE kind = 'usage';

-- Tickets. The last activity was blank after a change that was planned on somebody else's.
UPDATE changes SET
    step = json_object('ticket', json_patch('{}', json_object(
        'lead', fields ->> '$.ticket[#-1]',
        'account', fields ->> '$.account[#-1]',
        'activity', json(CASE WHEN json_type(fields, '$."last-activity"') IS NOT NULL THEN json_object(
            'at', coalesce(fields ->> '$."last-activity"[0].t', fields ->> '$."last-activity"[0]', ''),
            'touched', json(iif(json_type(fields, '$."last-activity"[#-1]') = 'null', 'true', 'false'))) END)))),
    fields = json_remove(fields, '$.ticket', '$.account', '$."last-activity"')
WHERE kind = 'alert';

UPDATE changes SET step = '"create-source"' WHERE action = 'create-source';

UPDATE changes SET
    step = json_object('undo', json_object(
        'before', fields ->> '$."linked to"[0]', 'after', fields ->> '$."linked to"[#-1]')),
    fields = json_remove(fields, '$."linked to"')
WHERE json_type(fields, '$."linked to"') IS NOT NULL
    AND EXISTS (SELECT 1 FROM plans p WHERE p.tenant = changes.tenant AND p.id = changes.plan AND p.undoes IS NOT NULL);

-- Links that matching decided on: the rule was the beginning of the reason.
UPDATE changes SET step = json_object('link', CASE WHEN substr(reason, 1, instr(reason, ':') - 1) IN (
        'known link', 'known id, spelt otherwise', 'stamp', 'serial number', 'MAC address', 'product code', 'customer number',
        'name within the account', 'accepted score', 're-enrolled', 'only contract')
    THEN substr(reason, 1, instr(reason, ':') - 1) ELSE 'an earlier rule' END)
WHERE action = 'link' AND step IS NULL;

-- What links remember.
UPDATE links SET
    memory = (
        SELECT CASE WHEN known <> '{}' THEN json_object('line', json(known)) END FROM (
            SELECT json_patch('{}', json_object(
                'quantity', said ->> '$.quantity',
                'counted', said ->> '$.counted',
                'had', said ->> '$.had',
                'contract', said ->> '$.contract',
                'effective', substr(coalesce(said ->> '$.effective.t', said ->> '$.effective'), 1, 10),
                'parts', json(said ->> '$.parts.j'),
                'since', json(said ->> '$.since.j'),
                'left', json(said ->> '$.left.j'),
                'ended', substr(coalesce(said ->> '$.ended.t', said ->> '$.ended'), 1, 10),
                'former', json(said ->> '$.former.j'),
                'changed', json(said ->> '$.changed.j'))) AS known
            FROM (SELECT coalesce(links.sent, links.written) AS said))),
    written = '{}',
    sent = NULL
WHERE kind = 'usage' AND target_kind = 'usage';

UPDATE links SET
    memory = (
        SELECT CASE WHEN known <> '{}' THEN json_object('ticket', json(known)) END FROM (
            SELECT json_patch('{}', json_object(
                'touched', json(CASE WHEN json_type(written, '$.touched') IS NOT NULL THEN 'true' END),
                'last-activity', coalesce(written ->> '$."last-activity".t', written ->> '$."last-activity"'),
                'closed-at', CAST(round(unixepoch(written ->> '$."closed-at".t', 'subsec') * 1000) AS INTEGER),
                'reopened-at', CAST(round(unixepoch(written ->> '$."reopened-at".t', 'subsec') * 1000) AS INTEGER))) AS known)),
    written = '{}',
    sent = NULL
WHERE kind = 'alert';

-- Decisions keep the link of before and after. Values are tagged with their type there.
UPDATE journal SET detail = json_set(detail,
    '$.before.memory', json((
        SELECT CASE WHEN known = '{}' THEN '"fields"' ELSE json_object('line', json(known)) END FROM (
            SELECT json_patch('{}', json_object(
                'quantity', said ->> '$.quantity.i', 'counted', said ->> '$.counted.i', 'had', said ->> '$.had.i',
                'contract', said ->> '$.contract.s', 'effective', substr(said ->> '$.effective.t', 1, 10),
                'parts', json(said ->> '$.parts.j'), 'since', json(said ->> '$.since.j'),
                'left', json(said ->> '$.left.j'), 'ended', substr(said ->> '$.ended.t', 1, 10),
                'former', json(said ->> '$.former.j'), 'changed', json(said ->> '$.changed.j'))) AS known
            FROM (SELECT detail -> '$.before.sent' AS said)))),
    '$.after.memory', json((
        SELECT CASE WHEN known = '{}' THEN '"fields"' ELSE json_object('line', json(known)) END FROM (
            SELECT json_patch('{}', json_object(
                'quantity', said ->> '$.quantity.i', 'counted', said ->> '$.counted.i', 'had', said ->> '$.had.i',
                'contract', said ->> '$.contract.s', 'effective', substr(said ->> '$.effective.t', 1, 10),
                'parts', json(said ->> '$.parts.j'), 'since', json(said ->> '$.since.j'),
                'left', json(said ->> '$.left.j'), 'ended', substr(said ->> '$.ended.t', 1, 10),
                'former', json(said ->> '$.former.j'), 'changed', json(said ->> '$.changed.j'))) AS known
            FROM (SELECT detail -> '$.after.sent' AS said)))),
    '$.before.sent', json('{}'), '$.before.written', json('{}'), '$.after.sent', json('{}'), '$.after.written', json('{}'))
WHERE detail ->> '$.decision' IS NOT NULL AND detail ->> '$.after.kind' = 'usage' AND detail ->> '$.after.target_kind' = 'usage';

UPDATE journal SET detail = json_set(detail,
    '$.before.memory', json((
        SELECT CASE WHEN known = '{}' THEN '"fields"' ELSE json_object('ticket', json(known)) END FROM (
            SELECT json_patch('{}', json_object(
                'touched', json(CASE WHEN json_type(said, '$.touched') IS NOT NULL THEN 'true' END),
                'last-activity', coalesce(said ->> '$."last-activity".t', said ->> '$."last-activity".s'),
                'closed-at', CAST(round(unixepoch(said ->> '$."closed-at".t', 'subsec') * 1000) AS INTEGER),
                'reopened-at', CAST(round(unixepoch(said ->> '$."reopened-at".t', 'subsec') * 1000) AS INTEGER))) AS known
            FROM (SELECT detail -> '$.before.written' AS said)))),
    '$.after.memory', json((
        SELECT CASE WHEN known = '{}' THEN '"fields"' ELSE json_object('ticket', json(known)) END FROM (
            SELECT json_patch('{}', json_object(
                'touched', json(CASE WHEN json_type(said, '$.touched') IS NOT NULL THEN 'true' END),
                'last-activity', coalesce(said ->> '$."last-activity".t', said ->> '$."last-activity".s'),
                'closed-at', CAST(round(unixepoch(said ->> '$."closed-at".t', 'subsec') * 1000) AS INTEGER),
                'reopened-at', CAST(round(unixepoch(said ->> '$."reopened-at".t', 'subsec') * 1000) AS INTEGER))) AS known
            FROM (SELECT detail -> '$.after.written' AS said)))),
    '$.before.sent', json('{}'), '$.before.written', json('{}'), '$.after.sent', json('{}'), '$.after.written', json('{}'))
WHERE detail ->> '$.decision' IS NOT NULL AND detail ->> '$.after.kind' = 'alert';
