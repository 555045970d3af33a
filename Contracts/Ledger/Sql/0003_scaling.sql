-- How many workers a run shall have, and where its coordinator starts them. A run that is under way when this comes has
-- none of it until its coordinator is started again; its workers do not read it.

ALTER TABLE migration.run
    ADD COLUMN worker_place text                       -- where the coordinator that drives it has its workers
               CHECK (worker_place IN ('local', 'in-process', 'external', 'kubernetes')),
    ADD COLUMN workers_configured int                  -- as the command line or the worker Job's template said last
               CHECK (workers_configured BETWEEN 1 AND 10000),
    ADD COLUMN workers_wanted int                      -- what the coordinator follows: 'scale' sets it; 0 lets all go
               CHECK (workers_wanted BETWEEN 0 AND 10000),
    ADD COLUMN scaling_note text,                      -- why there are fewer than wanted; null when nothing is in the way
    ADD CONSTRAINT configured_is_wanted CHECK ((workers_configured IS NULL) = (workers_wanted IS NULL));
