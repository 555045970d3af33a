-- Connections to the target are shared: a run has a limit for all its workers together, and each worker that is alive
-- holds a part of it or waits without one. Workers of an older version are not counted: they never asked.

ALTER TABLE migration.run
    ADD COLUMN max_connections int CHECK (max_connections >= 2); -- of all its workers together; null: no limit

ALTER TABLE migration.worker
    ADD COLUMN run_id uuid REFERENCES migration.run ON DELETE SET NULL, -- the run that its share is of
    ADD COLUMN connections int NOT NULL DEFAULT 0                       -- its share; 0 while it waits for one
               CHECK (connections >= 0);
