-- The case of a connector's failure, by its name, where a change was settled by one.
-- Rows of earlier versions have only the sentence.
ALTER TABLE change_states ADD COLUMN failure TEXT;
