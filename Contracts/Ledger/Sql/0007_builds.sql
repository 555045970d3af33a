-- What is made of the tables once their rows are in: indexes, foreign keys, sequences, statistics. The catalog says what is
-- there; this says what came of it, and how long it took. A run that is under way when this comes has its list when its
-- coordinator is started again.

CREATE TABLE migration.build (
    run_id      uuid NOT NULL REFERENCES migration.run ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('index', 'foreignKey', 'sequence', 'analyze')),
    table_name  text NOT NULL,
    name        text NOT NULL,                -- of the index or constraint; a sequence's column; empty for statistics
    ordinal     int NOT NULL,                 -- the order in which they are begun
    definition  text NOT NULL,                -- for people
    -- waiting: not begun, or to be tried again. building: begun by a coordinator, which may be gone. built: made by the run.
    -- present: was there before. skipped: the user may not do it, and nobody asked. failed: it is not there.
    state       text NOT NULL DEFAULT 'waiting'
                CHECK (state IN ('waiting', 'building', 'built', 'present', 'skipped', 'failed')),
    attempts    int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    started_at  timestamptz,                  -- of the latest attempt
    finished_at timestamptz,
    note        text,                         -- why it failed or was skipped, or what a sequence was set to
    violations  bigint CHECK (violations > 0), -- rows that stand in the way of a constraint
    samples     text[] NOT NULL DEFAULT '{}', -- keys of some of them
    PRIMARY KEY (run_id, kind, table_name, name),
    CHECK ((state IN ('built', 'present', 'skipped', 'failed')) = (finished_at IS NOT NULL)),
    CHECK (state NOT IN ('failed', 'skipped') OR note IS NOT NULL),
    CHECK (violations IS NULL OR state = 'failed')
);
