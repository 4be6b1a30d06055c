-- The case of a connector's failure, by its name, where one ended a change or left it uncertain. Earlier versions had
-- it at the beginning of the sentence alone.
ALTER TABLE change_states ADD COLUMN failure TEXT;
ALTER TABLE doubts ADD COLUMN failure TEXT;
UPDATE change_states SET failure = substr(message, 1, instr(message, ':') - 1)
WHERE status IN ('failed', 'stale', 'skipped', 'uncertain')
    AND substr(message, 1, instr(message, ':') - 1)
    IN ('denied', 'throttled', 'unavailable', 'rejected', 'not-found', 'conflict', 'unsupported', 'broken');
UPDATE doubts SET failure = (
    SELECT s.failure FROM change_states s
    WHERE s.tenant = doubts.tenant AND s.plan = doubts.plan AND s.sequence = doubts.sequence
);
