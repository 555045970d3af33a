-- What fails: a slice that takes its worker down is split, a collection that quarantines too much is paused, and what
-- gave up or was quarantined can be replayed.

ALTER TABLE migration.slice
    ADD COLUMN silent_attempts int NOT NULL DEFAULT 0, -- stalled attempts that took their worker down: it died without
                                                       -- a word, hung, or ran out of memory
    ADD COLUMN is_waiting boolean NOT NULL DEFAULT false, -- claimed as a suspect: it begins once its worker does nothing else
    ADD COLUMN splits int NOT NULL DEFAULT 0,          -- how often it was cut, or cut from another, for that reason
    ADD COLUMN step text                               -- how far the attempt at a suspected record had got
               CHECK (step IN ('read', 'map', 'enrich', 'write')),
    ADD COLUMN messages int NOT NULL DEFAULT 0,        -- confirmed by the broker since the last claim
    ADD COLUMN cause text,                             -- fingerprint of error: the same for the same cause
    ADD CONSTRAINT silence_is_a_way_to_stall CHECK (silent_attempts BETWEEN 0 AND stalled_attempts),
    ADD CONSTRAINT waiting_has_an_owner CHECK (NOT is_waiting OR state = 'running'),
    -- A source that is written to may leave nothing of the plan for a part of a slice that was cut.
    DROP CONSTRAINT slice_record_limit_check,
    ADD CONSTRAINT slice_record_limit_check CHECK (record_limit >= 0);

ALTER TABLE migration.collection
    ADD COLUMN max_quarantined bigint                  -- more records in quarantine pause it; null: any number
               CHECK (max_quarantined >= 0),
    ADD COLUMN paused_at timestamptz,                  -- its slices are not given away
    ADD COLUMN pause_reason text,
    ADD CONSTRAINT pause_has_a_reason CHECK ((paused_at IS NULL) = (pause_reason IS NULL));

-- Every replay of a run: what was put back to work, and what came of the records.
CREATE TABLE migration.replay (
    id          uuid PRIMARY KEY,
    run_id      uuid NOT NULL REFERENCES migration.run ON DELETE CASCADE,
    selection   text NOT NULL,                         -- what was asked for, in words
    file_hash   text NOT NULL,                         -- of the migration file that was used
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,                           -- null while it works, and for ever where it died
    slices      bigint NOT NULL DEFAULT 0,             -- dead-lettered slices put back to work
    records     bigint NOT NULL DEFAULT 0,             -- quarantined records tried again
    written     bigint NOT NULL DEFAULT 0,
    skipped     bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,             -- refused once more; they stay in quarantine
    CONSTRAINT replay_conservation CHECK (records = written + quarantined + skipped)
);

CREATE INDEX replay_by_run ON migration.replay (run_id, started_at);

ALTER TABLE migration.quarantine
    ADD COLUMN exception text,                         -- the type of what was thrown, where no SQLSTATE says it
    ADD COLUMN resolved_at timestamptz,                -- a replay wrote or skipped it; it counts as quarantined no more
    ADD COLUMN replay_id uuid REFERENCES migration.replay ON DELETE SET NULL, -- the last replay that tried it
    ADD CONSTRAINT only_a_replay_resolves CHECK (resolved_at IS NULL OR replay_id IS NOT NULL);

CREATE INDEX quarantine_open ON migration.quarantine (run_id, id) WHERE resolved_at IS NULL;
