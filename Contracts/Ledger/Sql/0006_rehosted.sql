-- What enrichment has copied into a store: each link is fetched once a run, whatever worker meets it. Older workers do not
-- look here and know no such step.

CREATE TABLE migration.rehosted
(
    run_id     uuid        NOT NULL REFERENCES migration.run ON DELETE CASCADE,
    store      text        NOT NULL,                                 -- folder, or endpoint and bucket with prefix
    link       bytea       NOT NULL CHECK (octet_length(link) = 32), -- SHA-256 of it: links may hold signatures
    key        text        NOT NULL,                                 -- in the store
    media_type text        NOT NULL,
    bytes      bigint      NOT NULL CHECK (bytes >= 0),
    stored_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_id, store, link)
);
