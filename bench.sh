#!/usr/bin/env bash
# Holds this system against other ways of bringing the same rows into PostgreSQL, all on this machine and in one run:
# private PostgreSQL, RabbitMQ and, where asked for, a source server. Cleans up after itself.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: ./bench.sh [--products N] [--rounds N] [--only NAME[,NAME]] [--server-products N] [--sample N] [--output FILE]
                  [--as-built]
       ./bench.sh --list
       ./bench.sh --micro [FILTER]
       ./bench.sh --publish [FILE...]
  --products N         rows that all ways bring (default 1000000; 100000 for trying)
  --rounds N           how often each way is run, in turn (default 3)
  --only NAME[,NAME]   these ways only: names that --list shows, 'core' (a quarter of an hour) or 'all' (the default; all but the long)
  --server-products N  rows that come from a source server (default 50000)
  --sample N           rows for what writes one at a time (default 20000)
  --output FILE        where the results go (default a new file in artifacts/bench)
  --as-built           coordinator and worker as 'dotnet build' makes them, which start slower; else as images have them,
                       compiled ahead with their runtime (which takes some minutes when something has changed)
  --list               which ways there are
  --micro [FILTER]     decoding, mapping and encoding in this process alone, with what they allocate; no server
  --publish [FILE...]  write results (default the newest) into docs/performance.md, with their plots
USAGE
}

mode=run arguments=() compiled_ahead=1
case ${1-} in
  --list | --micro | --publish) mode=${1#--} && shift && arguments=("$@") ;;
  -h | --help) usage && exit ;;
  *)
    while (($#)); do
      case $1 in
        --products | --rounds | --only | --server-products | --sample | --output)
          if (($# < 2)); then usage >&2 && exit 2; fi
          arguments+=("$1" "$2")
          shift 2
          ;;
        --as-built) compiled_ahead=0 && shift ;;
        -h | --help) usage && exit ;;
        *) usage >&2 && exit 2 ;;
      esac
    done
    ;;
esac

exec </dev/null
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
# shellcheck source=scripts/servers.sh
. scripts/servers.sh
# shellcheck source=scripts/documentdb.sh
. scripts/documentdb.sh
# shellcheck source=scripts/mongo-fdw.sh
. scripts/mongo-fdw.sh
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
if [[ ! -w ${HOME:-/nonexistent} ]]; then export HOME=$PWD/.local/home DOTNET_CLI_HOME=$PWD/.local/home && mkdir -p "$HOME"; fi

place=$PWD/.local/bench
program=artifacts/bin/Benchmarks/release/Benchmarks.dll
child=''

before_stop_servers() {
  [[ -n $child ]] || return 0
  kill -TERM "$child" 2>/dev/null
  await 30 is_gone "$child" || kill -KILL "$child" 2>/dev/null
}

is_gone() { ! kill -0 "$1" 2>/dev/null; }

# run COMMAND...: waited for, so that a Ctrl-C is acted upon at once and leaves no process of it behind.
run() {
  "$@" &
  child=$!
  local status=0
  wait "$child" || status=$?
  child=''
  return "$status"
}

main() {
  stop_servers_on_exit
  command -v dotnet >/dev/null || { fail 'the .NET SDK (dotnet) is not on PATH; see README.md.' && exit 1; }
  say 'Building (Release)'
  run dotnet build -c Release -v quiet -nologo -clp:NoSummary tests/Benchmarks/Benchmarks.csproj
  if ((compiled_ahead)) && [[ $mode == run ]]; then compile_ahead; fi
  if [[ $mode == run ]]; then start_what_is_needed; fi
  run dotnet "$program" "$mode" ${arguments[@]+"${arguments[@]}"}
}

# As the Dockerfile does it.
compile_ahead() {
  say 'Compiling coordinator and worker as images have them'
  run dotnet publish Coordinator/Coordinator.csproj -c Release -v quiet -nologo -o "$place/programs" -p:ForImage=true
  export MIGRATION_BENCH_PROGRAMS=$place/programs
}

start_what_is_needed() {
  local needs
  needs=$(dotnet "$program" needs ${arguments[@]+"${arguments[@]}"})
  ensure_packages
  if [[ $needs == *python* ]]; then
    # With the extensions in C, without which pymongo is several times slower.
    ensure_packages python3-pymongo python3-bson-ext python3-pymongo-ext python3-psycopg2
  fi
  mkdir -p "$place"
  unset MIGRATION_TEST_POSTGRES MIGRATION_TEST_RABBITMQ MIGRATION_TEST_MONGODB MIGRATION_BENCH_MONGO_FDW
  fresh_server postgres "$place/postgres" && start_postgres "$place/postgres"
  if [[ $needs == *rabbitmq* ]]; then fresh_server rabbitmq "$place/rabbitmq" && start_rabbitmq "$place/rabbitmq"; fi
  if [[ $needs == *source* ]]; then ensure_documentdb && start_documentdb "$place/documentdb"; fi
  if [[ $needs == *mongo-fdw* ]]; then
    { ensure_mongo_fdw && start_mongo_fdw "$place/mongo-fdw"; } || say 'What needs mongo_fdw is left out.'
  fi
}

main
