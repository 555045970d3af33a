#!/usr/bin/env bash
# A private PostgreSQL 18 that has the extension mongo_fdw, for the benchmark: Debian 12 has no package of it, so it comes
# from Debian testing in the way that scripts/documentdb.sh fetches its engine, and is run as scripts/servers.sh runs the
# other PostgreSQL, with the same settings.
#
# Sourced: . scripts/servers.sh; . scripts/documentdb.sh; . scripts/mongo-fdw.sh; ensure_mongo_fdw && start_mongo_fdw DIR

MONGO_FDW=$DOCUMENTDB_REPOSITORY/.local/mongo-fdw

ensure_mongo_fdw() {
  documentdb_ensure "$MONGO_FDW" postgresql-18-mongo-fdw \
    'PostgreSQL 18 with mongo_fdw' 'the benchmark' '63 MB to download, 160 MB on disk'
}

# start_mongo_fdw DIR: exports MIGRATION_BENCH_MONGO_FDW. It stops with the other servers.
# shellcheck disable=SC2034 # start_postgres and what it calls see these variables
start_mongo_fdw() {
  # What start_postgres exports of the server that it started last stays that of the one before.
  local MIGRATION_TEST_SERVERS MIGRATION_TEST_POSTGRES MIGRATION_TEST_POSTGRES_DIR MIGRATION_TEST_POSTGRES_BIN
  MIGRATION_TEST_POSTGRES_BIN=$(documentdb_bin "$MONGO_FDW")
  fresh_server postgres "$1" && start_postgres "$1" || return
  export MIGRATION_BENCH_MONGO_FDW=$MIGRATION_TEST_POSTGRES
}
