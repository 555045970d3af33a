#!/usr/bin/env bash
# A server that speaks S3's protocol, from the npm registry, for the tests of re-hosting: .local/object-store. The tests
# themselves start and end it. Nothing is fetched twice.
#
# Sourced: . scripts/servers.sh; . scripts/object-store.sh; ensure_object_store

OBJECT_STORE=$REPOSITORY/.local/object-store

# Exports MIGRATION_TEST_OBJECT_STORE, the program to run with node.
ensure_object_store() {
  local lock=$REPOSITORY/tests/ObjectStore/package-lock.json
  cmp -s "$lock" "$OBJECT_STORE/package-lock.json" || fetch_object_store </dev/null || return
  export MIGRATION_TEST_OBJECT_STORE=$OBJECT_STORE/node_modules/s3rver/bin/s3rver.js
}

# The folder takes its name when it is whole, so that one that was interrupted is not taken for it.
fetch_object_store() (
  ensure_packages npm || exit 1
  mkdir -p "$REPOSITORY/.local"
  fetched=$(mktemp -d "$REPOSITORY/.local/object-store.XXXXXX")
  trap 'rm -rf "$fetched"' EXIT
  cp "$REPOSITORY"/tests/ObjectStore/package*.json "$fetched" && cd "$fetched" || exit 1
  npm ci --ignore-scripts --no-audit --no-fund --silent || fail 'npm could not fetch the object store of the tests.' || exit 1
  rm -rf "$OBJECT_STORE" && mv "$fetched" "$OBJECT_STORE"
)
