-- The ledger: what was planned, who works on it, and what came of it. It lives in the target database so that the
-- counts of a batch commit in the same transaction as its rows. Times are the database's clock, never a worker's.

CREATE TABLE migration.run (
    id          uuid PRIMARY KEY,
    name        text NOT NULL UNIQUE CHECK (name ~ '^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$'),
    state       text NOT NULL DEFAULT 'planning'
                CHECK (state IN ('planning', 'running', 'completed', 'incomplete')),
    file        jsonb NOT NULL,              -- the migration file without any secret
    file_hash   text NOT NULL,
    reason      text,                        -- why it is incomplete
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at  timestamptz,                 -- the first slices were published
    finished_at timestamptz,
    CHECK ((state IN ('completed', 'incomplete')) = (finished_at IS NOT NULL)),
    CHECK ((state = 'incomplete') = (reason IS NOT NULL))
);

CREATE TABLE migration.collection (
    run_id             uuid NOT NULL REFERENCES migration.run ON DELETE CASCADE,
    name               text NOT NULL,
    ordinal            int NOT NULL,         -- the order of the migration file
    table_name         text NOT NULL,
    planned_at         timestamptz,          -- null until its slices stand here, all of them
    keys               bigint CHECK (keys >= 0),
    seconds_per_record float8,               -- as measured on the planner's sample, without the writing
    PRIMARY KEY (run_id, name),
    UNIQUE (run_id, ordinal),
    CHECK ((planned_at IS NULL) = (keys IS NULL))
);

CREATE TABLE migration.worker (
    id           uuid PRIMARY KEY,
    name         text NOT NULL,              -- host:pid
    started_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    heartbeat_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    stopped_at   timestamptz                 -- it said goodbye; it owns nothing any more
);

CREATE TABLE migration.slice (
    run_id           uuid NOT NULL,
    collection       text NOT NULL,
    number           int NOT NULL CHECK (number >= 0),
    record_offset    bigint NOT NULL CHECK (record_offset >= 0),
    record_limit     bigint NOT NULL CHECK (record_limit > 0),
    bracket          text NOT NULL,
    first_position   bytea NOT NULL,
    last_position    bytea NOT NULL,
    -- planned: stands here, no message sent yet. queued: a message was confirmed by the broker, or handed back.
    -- running: claimed by worker_id. completed and failed are outcomes; only a replay leaves failed.
    state            text NOT NULL DEFAULT 'planned'
                     CHECK (state IN ('planned', 'queued', 'running', 'completed', 'failed')),
    checkpoint       bytea,                  -- the last record whose outcome is committed
    claim            int NOT NULL DEFAULT 0, -- the fence: grows with every claim, and a commit must know the latest
    attempts         int NOT NULL DEFAULT 0, -- claims that were not handed back politely
    stalled_attempts int NOT NULL DEFAULT 0, -- of these, since the checkpoint last moved
    worker_id        uuid REFERENCES migration.worker,
    read             bigint NOT NULL DEFAULT 0,
    written          bigint NOT NULL DEFAULT 0,
    quarantined      bigint NOT NULL DEFAULT 0,
    skipped          bigint NOT NULL DEFAULT 0,
    queued_at        timestamptz,
    claimed_at       timestamptz,            -- the first claim
    progressed_at    timestamptz,            -- the last commit
    finished_at      timestamptz,
    error            text,
    PRIMARY KEY (run_id, collection, number),
    FOREIGN KEY (run_id, collection) REFERENCES migration.collection ON DELETE CASCADE,
    CONSTRAINT conservation CHECK (read = written + quarantined + skipped),
    CONSTRAINT counts_are_not_negative CHECK (read >= 0 AND written >= 0 AND quarantined >= 0 AND skipped >= 0),
    CONSTRAINT running_has_an_owner CHECK ((state = 'running') = (worker_id IS NOT NULL)),
    CONSTRAINT outcome_has_a_time CHECK ((state IN ('completed', 'failed')) = (finished_at IS NOT NULL)),
    CONSTRAINT failure_has_a_reason CHECK (state <> 'failed' OR error IS NOT NULL)
) WITH (fillfactor = 70);                    -- room for in-place updates: a slice's row changes with every batch

-- What has no outcome is what reconcile looks for; it shrinks to nothing as the run goes on.
CREATE INDEX slice_without_outcome ON migration.slice (run_id, collection, number)
    WHERE state NOT IN ('completed', 'failed');

CREATE TABLE migration.quarantine (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id         uuid NOT NULL,
    collection     text NOT NULL,
    slice          int NOT NULL,
    record_id      text,                     -- _id as canonical extended JSON; null when it could not be read
    document       bytea NOT NULL,           -- the bytes as they were read
    document_json  json,                     -- canonical extended JSON; null when the bytes are not a document
    stage          text NOT NULL CHECK (stage IN ('read', 'map', 'enrich', 'write')),
    column_name    text,
    sqlstate       text,
    message        text NOT NULL,
    fingerprint    text NOT NULL,            -- the same for the same cause
    file_hash      text NOT NULL,            -- of the migration file that failed on it
    quarantined_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    FOREIGN KEY (run_id, collection, slice) REFERENCES migration.slice ON DELETE CASCADE
);

CREATE INDEX quarantine_by_slice ON migration.quarantine (run_id, collection, slice);
CREATE INDEX quarantine_by_cause ON migration.quarantine (run_id, fingerprint);
