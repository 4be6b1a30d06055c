SELECT j.id
FROM journal j
WHERE j.tenant = :tenant AND j.at < :journal AND (j.kind IS NOT 'usage' OR j.at < :usage)
