#!/usr/bin/env bash
# A MongoDB-compatible server for tests: the open-source DocumentDB engine (PostgreSQL 18 with its extensions) from
# Debian testing, and in front of it the gateway of tests/DocumentDbGateway, which speaks MongoDB's wire protocol.
#
# Sourced: . scripts/documentdb.sh; ensure_documentdb; start_documentdb DIR; ... stop_documentdb
#
# Nothing is installed on the machine and no root is needed: apt fetches the packages with a state of its own, they
# are unpacked into .local/documentdb, and run from there through the loader and the libraries that came with them.

DOCUMENTDB_SH=$(readlink -f "${BASH_SOURCE[0]}")
DOCUMENTDB_REPOSITORY=$(dirname "$(dirname "$DOCUMENTDB_SH")")
DOCUMENTDB_ENGINE=$DOCUMENTDB_REPOSITORY/.local/documentdb
DOCUMENTDB_SUITE=forky
DOCUMENTDB_PACKAGE=postgresql-18-documentdb
DOCUMENTDB_DIRS=()

documentdb_say() { printf '%s\n' "$*" >&2; }
documentdb_fail() { documentdb_say "error: $*"; return 1; }

# --------------------------------------------------------------------------------------------- fetching the engine

# ensure_documentdb: fetches the engine unless .local has it.
ensure_documentdb() {
  documentdb_ensure "$DOCUMENTDB_ENGINE" "$DOCUMENTDB_PACKAGE" \
    'the DocumentDB engine' 'tests' '140 MB to download, 400 MB on disk'
}

# documentdb_ensure FOLDER PACKAGE NAME USE SIZE: FOLDER, below .local, gets PostgreSQL 18 with an extension's package and
# all that this depends on. Two scripts at once: the second waits for the first.
documentdb_ensure() {
  local folder=$1
  [[ ! -f $folder/complete ]] || return 0
  mkdir -p "$DOCUMENTDB_REPOSITORY/.local" || return
  (
    exec 9>"$folder.lock"
    flock 9 || exit
    [[ ! -f $folder/complete ]] || exit 0
    rm -rf "$folder" "$folder.part"
    trap 'rm -rf "$folder.part"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    documentdb_fetch "$@" || exit
    mv "$folder.part" "$folder"
  )
}

documentdb_fetch() {
  local part=$1.part package=$2 log=$1.log
  documentdb_say "Fetching $3 ($package of Debian $DOCUMENTDB_SUITE) for $4 into" \
    ".local/${1##*/}: $5, nothing is installed."
  mkdir -p "$part/apt/lists/partial" "$part/apt/cache/archives/partial" "$part/root" || return
  if ! { documentdb_apt_settings "$part/apt" && documentdb_download "$part/apt" "$package" && documentdb_unpack "$part"; } \
    >"$log" 2>&1 9>&-; then
    tail -n 20 "$log" >&2
    documentdb_fail "$3 could not be fetched; the whole log is in $log."
    return 1
  fi
  rm -rf "$part/apt"
  documentdb_wrap_programs "$part/root" || return
  "$(documentdb_bin "$part")/postgres" --version >"$part/complete.part" &&
    mv "$part/complete.part" "$part/complete"
}

# apt's own state, empty: so it takes every dependency from the suite, and neither reads nor changes what this
# machine has installed. Its Release file is taken even when it is called expired: the testing suite's often is.
documentdb_apt_settings() {
  local apt=$1
  : >"$apt/status"
  cat >"$apt/apt.conf" <<SETTINGS
Dir::State "$apt";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::State::extended_states "$apt/extended_states";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "-";
APT::Default-Release "";
APT::Install-Recommends "false";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
SETTINGS
}

# The first archive that has the suite, signed with Debian's keys. Ubuntu has packages with both Debian's keys and,
# for its update tool, the address of Debian's archive.
documentdb_find_archive() {
  local apt=$1 mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [[ -f $keyring ]] || keyring=$(documentdb_borrow "$apt" debian-archive-keyring)$keyring
  for mirror in $(documentdb_mirrors) ''; do
    mirror=${mirror:-$(documentdb_default_mirror "$apt")}
    echo "deb [signed-by=$keyring] $mirror $DOCUMENTDB_SUITE main" >"$apt/sources.list"
    if APT_CONFIG=$apt/apt.conf apt-get update; then return; fi
  done
  documentdb_fail "no archive of this machine's apt configuration has Debian $DOCUMENTDB_SUITE."
}

# The addresses in this machine's configuration of apt that look like Debian's main archive.
documentdb_mirrors() {
  {
    cat /etc/apt/sources.list.d/*.sources 2>/dev/null | sed -n 's/^URIs:[[:space:]]*//p' | tr -s ' \t' '\n'
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
      sed -nE 's/^[[:space:]]*deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+).*/\2/p'
  } | sed -n 's,^\(.*/debian\)/*$,\1,p' | awk '!seen[$0]++'
}

documentdb_default_mirror() {
  local tool
  tool=$(documentdb_borrow "$1" python-apt-common) || return
  sed -n 's/^BaseURI:[[:space:]]*//p' "$tool/usr/share/python-apt/templates/Debian.info" | head -n 1
}

# documentdb_borrow APT PACKAGE: unpacks a package of this machine's own suite, prints the folder.
documentdb_borrow() {
  local folder=$1/$2
  mkdir -p "$folder"
  (cd "$folder" && apt-get -o APT::Sandbox::User= download "$2" >&2 && dpkg-deb -x ./*.deb "$folder") >&2 || return
  echo "$folder"
}

documentdb_download() {
  documentdb_find_archive "$1" &&
    APT_CONFIG=$1/apt.conf apt-get install --yes --download-only "$2"
}

# No package's own script runs. Left out: what no server reads.
documentdb_unpack() {
  local part=$1 package extensions=$1/root/usr/share/postgresql/18/extension
  for package in "$part"/apt/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$part/root" --no-same-owner --keep-directory-symlink \
      --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' \
      --exclude='./usr/share/perl*' --exclude='./usr/lib/*/perl*' --exclude='./usr/share/info/*' || return
    rm "$package"
  done
  # What update-alternatives would link when PostGIS is installed.
  if [[ -f $extensions/postgis-3.control ]]; then ln -sf postgis-3.control "$extensions/postgis.control"; fi
  chmod -R go+rX "$part/root"
}

documentdb_bin() { echo "$1/root/usr/lib/postgresql/18/bin"; }

# PostgreSQL finds its files from where its program seems to be, so each program is replaced by a script that starts
# it under the same name. The path is found at run time: the folder may be copied.
documentdb_wrap_programs() {
  local bin program
  bin=$1/usr/lib/postgresql/18/bin
  for program in postgres initdb psql createdb pg_isready; do
    mv "$bin/$program" "$bin/$program.elf" || return
    cat >"$bin/$program" <<'WRAPPER'
#!/bin/sh
self=$(readlink -f "$0")
bin=${self%/*}
root=${bin%/usr/lib/postgresql/*}
for lib in "$root"/usr/lib/*-linux-gnu*; do
  for loader in "$lib"/ld-linux*.so.* "$lib"/ld64.so.*; do
    [ -f "$loader" ] && exec "$loader" --argv0 "$self" \
      --library-path "$lib:$lib/blas:$lib/lapack:${bin%/bin}/lib" "$self.elf" "$@"
  done
done
echo "no loader below $root" >&2
exit 127
WRAPPER
    chmod 755 "$bin/$program"
  done
}

# ------------------------------------------------------------------------------------------------------ the server

# start_documentdb DIR [GATEWAY_OPTION...]: a fresh, empty server; exports MIGRATION_TEST_MONGODB. Its data are thrown
# away by stop_documentdb or, should this script be killed, by a guard. DIR gets the logs.
start_documentdb() {
  local dir
  mkdir -p "$1" || return
  dir=$(realpath "$1")
  shift
  documentdb_discard "$dir"
  documentdb_build_gateway "$dir" || return
  documentdb_say 'Starting the DocumentDB engine and its gateway.'
  DOCUMENTDB_DIRS+=("$dir")
  documentdb_set_guard "$dir"
  if ! { documentdb_start_engine "$dir" && documentdb_start_gateway "$dir" "$@"; }; then
    tail -n 20 "$dir"/*.log >&2
    documentdb_fail "the MongoDB-compatible server did not start; its logs are in $dir."
    return 1
  fi
  MIGRATION_TEST_MONGODB="mongodb://$(sed -n 's/.* listening on //p' "$dir/gateway.log")/?directConnection=true"
  export MIGRATION_TEST_MONGODB
}

# stop_documentdb: ends every server that this script started, at whatever moment, twice if need be.
stop_documentdb() {
  local dir
  for dir in ${DOCUMENTDB_DIRS[@]+"${DOCUMENTDB_DIRS[@]}"}; do documentdb_discard "$dir"; done
  DOCUMENTDB_DIRS=()
}

# keep_documentdb: they stay up after this script, until the next start in the same folder.
keep_documentdb() {
  local dir
  for dir in ${DOCUMENTDB_DIRS[@]+"${DOCUMENTDB_DIRS[@]}"}; do documentdb_dismiss_guard "$dir"; done
  DOCUMENTDB_DIRS=()
}

# All that the server owns is in a folder of its own below /var/tmp: a socket's path has at most 107 bytes, and
# PostgreSQL's account could not reach a clone below /root. The engine listens on a socket only, in a folder that
# no other user can enter; so it needs neither a port nor a password.
documentdb_start_engine() {
  local dir=$1 home bin
  home=$(mktemp -d /var/tmp/documentdb.XXXXXX) || return
  echo "$home" >"$dir/home"
  : >"$dir/engine.log"
  mkdir -m 700 "$home/run" || return
  bin=$(documentdb_bin "$DOCUMENTDB_ENGINE")
  if ((EUID == 0)); then
    chmod 711 "$home"
    chown "$(id -u nobody):$(id -g nobody)" "$home/run" || return
    bin=$(documentdb_reachable_bin "$home") || return
  fi
  documentdb_in_home "$home" "$bin/initdb" -D data -U postgres --auth=trust --encoding=UTF8 --no-sync \
    --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8 >"$dir/initdb.log" 2>&1 || return
  documentdb_settings "$home" >>"$home/run/data/postgresql.conf"
  documentdb_run_engine "$dir" "$home" &&
    documentdb_psql "$home" -c 'CREATE EXTENSION documentdb CASCADE' >"$dir/extension.log" 2>&1
}

documentdb_run_engine() {
  local dir=$1 home=$2 bin
  bin=$(documentdb_bin "$DOCUMENTDB_ENGINE")
  if ((EUID == 0)); then bin=$(documentdb_reachable_bin "$home") || return; fi
  documentdb_in_home "$home" "$bin/postgres" -D data >>"$dir/engine.log" 2>&1 &
  disown
  documentdb_await_engine "$home" "$!"
}

# The engine's programs where the server's account can read them: if not where they are, then by second names.
documentdb_reachable_bin() {
  local home=$1 bin
  bin=$(documentdb_bin "$DOCUMENTDB_ENGINE")
  if ! documentdb_in_home "$home" test -x "$bin/postgres"; then
    if [[ -d $home/engine ]]; then documentdb_bin "$home/engine" && return; fi
    cp -al "$DOCUMENTDB_ENGINE" "$home/engine" 2>/dev/null || cp -a "$DOCUMENTDB_ENGINE" "$home/engine" || return
    bin=$(documentdb_bin "$home/engine")
  fi
  echo "$bin"
}

# documentdb_in_home HOME COMMAND...: as an account that is not root, which PostgreSQL demands, in a session of its
# own, which a Ctrl-C in the terminal does not reach, and in HOME/run, by which its processes are known.
documentdb_in_home() {
  local home=$1 account=()
  shift
  if ((EUID == 0)); then account=(setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups --); fi
  (cd "$home/run" && exec setsid --wait ${account[@]+"${account[@]}"} env HOME="$home/run" LC_ALL=C "$@" </dev/null)
}

# Nothing here outlives a crash of the machine, so nothing waits for the disk; what is committed outlives a crash of the
# server, which some tests are about, so it is written before it is answered. The engine creates collections over a connection to
# itself, which has to find the socket.
documentdb_settings() {
  cat <<SETTINGS

listen_addresses = ''
unix_socket_directories = '$1/run'
shared_preload_libraries = 'pg_cron, pg_documentdb_core, pg_documentdb'
cron.database_name = 'postgres'
cron.use_background_workers = on
documentdb.localhost_connection_string = 'host=$1/run'
max_connections = 330
shared_buffers = 256MB
max_wal_size = 4GB
fsync = off
full_page_writes = off
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
SETTINGS
}

documentdb_psql() {
  local home=$1
  shift
  "$(documentdb_bin "$DOCUMENTDB_ENGINE")/psql" -h "$home/run" -U postgres -X -q -v ON_ERROR_STOP=1 "$@" </dev/null
}

documentdb_await_engine() {
  local deadline=$((SECONDS + 60))
  until documentdb_psql "$1" -c 'SELECT' >/dev/null 2>&1; do
    kill -0 "$2" 2>/dev/null && ((SECONDS < deadline)) || return
    sleep 0.1
  done
}

# ----------------------------------------------------------------------------------------------------- the gateway

documentdb_gateway() { echo "$DOCUMENTDB_REPOSITORY/artifacts/bin/DocumentDbGateway/release/documentdb-gateway.dll"; }

documentdb_build_gateway() {
  local source=$DOCUMENTDB_REPOSITORY/tests/DocumentDbGateway
  if [[ -f $(documentdb_gateway) && -z $(find "$source" -newer "$(documentdb_gateway)" -name '*.cs*' -print -quit) ]]; then
    return
  fi
  dotnet build -c Release -v q --nologo --disable-build-servers "$source" >"$1/build.log" 2>&1 && touch "$(documentdb_gateway)" && return
  tail -n 20 "$1/build.log" >&2
  documentdb_fail "the gateway does not build; see $1/build.log."
}

# It listens once the engine has answered it, and says where.
documentdb_start_gateway() {
  local dir=$1 home deadline=$((SECONDS + 60)) gateway
  home=$(<"$dir/home")
  shift
  : >"$dir/gateway.log"
  (
    cd "$home" && export DOCUMENTDB_POSTGRES="Host=$home/run;Username=postgres;Database=postgres" &&
      exec setsid dotnet "$(documentdb_gateway)" "$@" </dev/null
  ) >"$dir/gateway.log" 2>&1 &
  gateway=$!
  disown
  until grep -q ' listening on ' "$dir/gateway.log"; do
    kill -0 "$gateway" 2>/dev/null && ((SECONDS < deadline)) || return
    sleep 0.1
  done
}

# -------------------------------------------------------------------------------------------------------- the end

# documentdb_discard DIR: ends what DIR's server still runs, whoever started it, and removes its data.
documentdb_discard() {
  local dir=$1 home pid deadline=$((SECONDS + 20))
  documentdb_dismiss_guard "$dir"
  read -r home 2>/dev/null <"$dir/home" || return 0
  case $home in /var/tmp/documentdb.*) ;; *) return 0 ;; esac
  # At once and without a last checkpoint, but in PostgreSQL's own way, so that its shared memory goes as well.
  read -r pid 2>/dev/null <"$home/run/data/postmaster.pid" || pid=
  if [[ -n $pid && $(readlink "/proc/$pid/cwd") == "$home/run/data" ]]; then kill -QUIT "$pid" 2>/dev/null || true; fi
  while documentdb_signal "$home" TERM && ((SECONDS < deadline - 15)); do sleep 0.1; done
  while documentdb_signal "$home" KILL && ((SECONDS < deadline)); do sleep 0.1; done
  rm -rf "$home" "${dir:?}/home"
}

# kill_documentdb DIR: engine and gateway, as a crash; the data stays. A clean end could wait for clients for ever.
kill_documentdb() {
  local home deadline=$((SECONDS + 20))
  read -r home <"$1/home" || return
  while documentdb_signal "$home" KILL && ((SECONDS < deadline)); do sleep 0.1; done
  # The pid in it may be a zombie's by now, which a new engine takes for a living one.
  rm -f "$home/run/data/postmaster.pid"
}

# resume_documentdb DIR: on the same port with the same data, unless it runs.
resume_documentdb() {
  local dir home port
  dir=$(realpath "$1")
  read -r home <"$dir/home" || return
  if documentdb_signal "$home" 0; then return; fi
  port=$(sed -n 's/.* listening on .*://p' "$dir/gateway.log")
  documentdb_run_engine "$dir" "$home" && documentdb_start_gateway "$dir" --port "$port"
}

# documentdb_signal HOME SIGNAL: to every process that works in HOME; fails when there is none.
documentdb_signal() {
  local process cwd found=1
  while read -r process cwd; do
    [[ $cwd == "$1" || $cwd == "$1"/* ]] || continue
    kill "-$2" "${process#/proc/}" 2>/dev/null || true
    found=0
  done < <(find /proc/[0-9]* -maxdepth 1 -name cwd -printf '%h %l\n' 2>/dev/null)
  return $found
}

# A process that waits until this script is gone, even by SIGKILL, and then discards the server.
documentdb_set_guard() {
  setsid bash "$DOCUMENTDB_SH" guard "$1" "$$" </dev/null >/dev/null 2>&1 &
  echo "$!" >"$1/guard"
  disown
}

documentdb_guard() {
  tail --pid="$2" -s 0.5 -f /dev/null
  rm -f "$1/guard"
  documentdb_discard "$1"
}

documentdb_dismiss_guard() {
  local pid
  read -r pid 2>/dev/null <"$1/guard" || return 0
  rm -f "$1/guard"
  # Only if it is the guard still: the number may be another process's by now.
  if grep -qzxF "$DOCUMENTDB_SH" "/proc/$pid/cmdline" 2>/dev/null; then kill -KILL -- "-$pid" 2>/dev/null || true; fi
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  set -euo pipefail
  if [[ ${1-} == guard && $# == 3 ]]; then
    documentdb_guard "$2" "$3"
  elif [[ ${1-} == kill_documentdb || ${1-} == resume_documentdb ]] && (($# == 2)); then
    "$@"
  else
    documentdb_say "usage: . ${0##*/}; ensure_documentdb; start_documentdb DIR; stop_documentdb"
    documentdb_say "       ${0##*/} {kill|resume}_documentdb DIR"
    exit 2
  fi
fi
