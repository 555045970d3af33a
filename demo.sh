#!/usr/bin/env bash
# The main job from start to end on this machine: private PostgreSQL and RabbitMQ, a sample shop, two worker processes,
# one of which is killed half-way, and the report. Cleans up after itself.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: ./demo.sh [--keep] [--mongodb URI] [--products N]
  --keep          leave the servers up at the end and print how to reach them
  --mongodb URI   load the sample shop into this server (database migration_demo_shop, replaced) and migrate from there
                  instead of from a dump
  --products N    how many products the shop has (default 50000; customers and orders in proportion)
USAGE
}

keep=0 mongodb='' products=50000
while (($#)); do
  case $1 in
    --keep) keep=1 ;;
    --mongodb | --products)
      if (($# < 2)); then usage >&2 && exit 2; fi
      printf -v "${1#--}" %s "$2"
      shift
      ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done
if ! [[ $products =~ ^[0-9]{1,9}$ ]] || ((products < 100)); then
  echo "error: --products $products: give a number from 100 to 999999999." >&2
  exit 2
fi

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
# shellcheck source=scripts/servers.sh
. scripts/servers.sh
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
if [[ ! -w ${HOME:-/nonexistent} ]]; then export HOME=$PWD/.local/home DOTNET_CLI_HOME=$PWD/.local/home && mkdir -p "$HOME"; fi

place=$PWD/.local/demo
children=()

headline() { printf '\n\033[1m%s\033[0m\n' "$*"; }

before_stop_servers() {
  local child
  for child in ${children[@]+"${children[@]}"}; do kill -TERM "$child" 2>/dev/null; done
  for child in ${children[@]+"${children[@]}"}; do
    await 35 is_gone "$child" || kill -KILL "$child" 2>/dev/null
  done
}

is_gone() { ! kill -0 "$1" 2>/dev/null; }

# run COMMAND...: waited for, so that a Ctrl-C is acted upon at once and leaves no process of it behind.
run() {
  "$@" &
  children=("$!")
  local status=0
  wait "${children[0]}" || status=$?
  children=()
  return "$status"
}

sql() { "$(postgres_bin)/psql" -X -A -t -q -d "$MIGRATION_TEST_POSTGRES" -c "$1" 2>/dev/null; }

main() {
  stop_servers_on_exit
  command -v dotnet >/dev/null || { fail 'the .NET SDK (dotnet) is not on PATH; see README.md.' && exit 1; }
  headline 'Setting up'
  ensure_packages
  say 'Building (Release)'
  run dotnet build -c Release -v quiet --nologo Coordinator/Coordinator.csproj
  run dotnet build -c Release -v quiet --nologo tests/SampleShop/SampleShop.csproj
  mkdir -p "$place"
  unset MIGRATION_TEST_POSTGRES MIGRATION_TEST_RABBITMQ
  fresh_server postgres "$place/postgres" && start_postgres "$place/postgres"
  fresh_server rabbitmq "$place/rabbitmq" && start_rabbitmq "$place/rabbitmq"

  headline "Loading the sample shop"
  load_sample
  export MIGRATION_TARGET=$MIGRATION_TEST_POSTGRES MIGRATION_BROKER=$MIGRATION_TEST_RABBITMQ

  headline 'Migrating with two workers; one is killed half-way'
  migrate
  headline 'What is in PostgreSQL now'
  sql "SELECT 'shop.products   ' || count(*) FROM shop.products UNION ALL
       SELECT 'shop.customers  ' || count(*) FROM shop.customers UNION ALL
       SELECT 'shop.orders     ' || count(*) FROM shop.orders"
  if ((keep)); then stay; fi
}

load_sample() {
  if [[ -n $mongodb ]]; then
    # By the environment, for the address may hold a password.
    MIGRATION_SOURCE=$mongodb run dotnet artifacts/bin/SampleShop/release/sample-shop.dll \
      --products "$products" --mongodb env:MIGRATION_SOURCE --database migration_demo_shop --drop
    export MIGRATION_SOURCE=$mongodb
    sed 's/^  database: shop$/  database: migration_demo_shop/' docs/examples/shop.yaml >"$place/shop.yaml"
  else
    rm -rf "$place/dump"
    run dotnet artifacts/bin/SampleShop/release/sample-shop.dll --products "$products" --output "$place/dump"
    export MIGRATION_SOURCE=$place/dump
    cp docs/examples/shop.yaml "$place/shop.yaml"
  fi
}

migrate() {
  rm -rf "$place/logs"
  dotnet artifacts/bin/Coordinator/release/coordinator.dll run "$place/shop.yaml" --workers 2 --log-folder "$place/logs" &
  children=("$!")
  kill_a_worker "$!"
  local status=0
  wait "${children[0]}" || status=$?
  children=()
  ((status == 0)) || { fail "the run ended with exit code $status; the workers' logs are in $place/logs." && exit "$status"; }
}

# kill_a_worker COORDINATOR: when 40% is done, SIGKILL for a worker that has slices in hand.
kill_a_worker() {
  local worker=''
  until [[ -n $worker ]]; do
    if is_gone "$1"; then return; fi
    worker=$(sql "SELECT split_part(w.name, ':', 2) FROM migration.worker w JOIN migration.slice s ON s.worker_id = w.id
                  WHERE s.state = 'running' AND (SELECT sum(read) > 0.4 * sum(record_limit) FROM migration.slice) LIMIT 1") || true
    sleep 0.2
  done
  printf '\033[1m%s\033[0m\n' "kill -9 $worker: a worker with slices in hand dies" >&2
  kill -KILL "$worker"
}

stay() {
  headline 'The servers stay up'
  cat <<SERVERS
PostgreSQL  $MIGRATION_TEST_POSTGRES
RabbitMQ    $MIGRATION_TEST_RABBITMQ
Source      $(if [[ -n $mongodb ]]; then echo 'the server that you named'; else echo "$MIGRATION_SOURCE"; fi)
Try         MIGRATION_TARGET='$MIGRATION_TEST_POSTGRES' dotnet artifacts/bin/Coordinator/release/coordinator.dll report shop
Stop them   scripts/servers.sh stop_postgres $place/postgres; scripts/servers.sh stop_rabbitmq $place/rabbitmq
SERVERS
  keep_servers
}

main
