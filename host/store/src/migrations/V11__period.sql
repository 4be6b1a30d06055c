-- The month that counts are billed from, as the last reading of usage had it.
ALTER TABLE fetched ADD COLUMN period TEXT;
