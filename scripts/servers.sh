#!/usr/bin/env bash
# Private PostgreSQL and RabbitMQ for tests, demo and benchmarks: on free loopback ports, in folders of their own,
# as root or as an ordinary user, and never outliving the script that started them.
#
# Sourced:   . scripts/servers.sh; stop_servers_on_exit; ensure_packages; start_servers DIR
# As a tool: scripts/servers.sh FUNCTION DIR ..., e.g. kill_rabbitmq DIR from a chaos test.
#
# Everything about a server is kept in its DIR (port, password, log, pid), so any process may stop it and start it
# again on the same port with the same data. Three nets end a server, each catching what the one before may miss:
# the pid that was noted, a sweep for processes that belong to DIR, and a guard that waits for the script to be
# gone (even by SIGKILL) and then does the same.

SERVERS_SH=$(readlink -f "${BASH_SOURCE[0]}")
REPOSITORY=$(dirname "$(dirname "$SERVERS_SH")")
SERVERS_STARTED=()
SERVERS_PIDS=()

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; return 1; }

# ---------------------------------------------------------------------------------------------- packages

# ensure_packages [NAME...]: installs what is missing; by default the two servers.
ensure_packages() {
  local package missing=()
  if (($# == 0)); then set -- postgresql rabbitmq-server; fi
  for package in "$@"; do
    package_is_there "$package" || missing+=("$package")
  done
  ((${#missing[@]} == 0)) || install_packages "${missing[@]}"
}

package_is_there() {
  case $1 in
    postgresql) postgres_bin >/dev/null ;;
    rabbitmq-server) rabbitmq_bin >/dev/null ;;
    time) [[ -x /usr/bin/time ]] ;;
    npm | unzip) command -v "$1" >/dev/null ;;
    *) [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]] ;;
  esac
}

why_package() {
  case $1 in
    postgresql) echo 'the target database (a private copy runs; the system service stays off)' ;;
    rabbitmq-server) echo 'the queue (a private copy runs; the system service stays off)' ;;
    time) echo 'measures the memory of a worker' ;;
    python3-*) echo 'what the benchmarks hold this system against' ;;
    npm | unzip) echo 'fetches what tests need from the npm registry' ;;
    *) echo 'needed by a script' ;;
  esac
}

install_packages() (
  command -v apt-get >/dev/null || fail "install $* yourself: this system has no apt-get." || exit 1
  say 'Installing what is missing:'
  for package in "$@"; do say "  $package: $(why_package "$package")"; done
  root_is_at_hand "$@" || exit 1
  trap restore_service_policy EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  forbid_service_starts
  local log
  log=$(mktemp /tmp/migration-apt.XXXXXX)
  # The lists of packages are fetched only where the ones at hand do not do.
  if ! apt_install "$@" >"$log" 2>&1 && ! update_and_install "$@" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    fail "apt-get could not install $*; the whole log is in $log."
    exit 1
  fi
  rm -f "$log"
  keep_new_services_off "$@"
)

root_is_at_hand() {
  ((EUID == 0)) && return
  command -v sudo >/dev/null ||
    fail "this needs root, and there is no sudo here. As root: apt-get install $*" || return
  [[ -t 2 ]] || sudo -n true 2>/dev/null ||
    fail "this needs root, and sudo asks for a password. In a terminal: sudo apt-get install $*" || return
}

as_root() { if ((EUID == 0)); then "$@"; else sudo "$@"; fi; }

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    -o Dpkg::Options::=--force-confold -o DPkg::Lock::Timeout=120 "$@" </dev/null
}

update_and_install() { as_root apt-get update </dev/null && apt_install "$@"; }

# While packages install, Debian's own two switches say: start no service, create no cluster. Both are new files
# of ours, removed afterwards; a policy that the machine has already is left as it is.
SERVICE_POLICY=/usr/sbin/policy-rc.d
CLUSTER_POLICY=/etc/postgresql-common/createcluster.d/zz-migration-tests.conf
POLICY_MARK='# Migration tests: removed again after the installation.'

forbid_service_starts() {
  if [[ ! -e $SERVICE_POLICY ]]; then
    printf '#!/bin/sh\n%s\nexit 101\n' "$POLICY_MARK" | as_root tee "$SERVICE_POLICY" >/dev/null
    as_root chmod 755 "$SERVICE_POLICY"
  fi
  as_root mkdir -p "${CLUSTER_POLICY%/*}"
  printf '%s\ncreate_main_cluster = false\n' "$POLICY_MARK" | as_root tee "$CLUSTER_POLICY" >/dev/null
}

restore_service_policy() {
  if grep -qsF "$POLICY_MARK" "$SERVICE_POLICY"; then as_root rm -f "$SERVICE_POLICY"; fi
  as_root rm -f "$CLUSTER_POLICY"
}

# The package enables its unit for the next boot.
keep_new_services_off() {
  [[ " $* " == *' rabbitmq-server '* ]] && command -v systemctl >/dev/null || return 0
  as_root systemctl disable --quiet rabbitmq-server.service 2>/dev/null ||
    say 'note: the rabbitmq-server unit could not be disabled; it may start at the next boot.'
}

# --------------------------------------------------------------------------------------------- small things

random_secret() { od -An -N18 -tx1 /dev/urandom | tr -d ' \n'; }

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A port below the range that the kernel gives to outgoing connections, so that none of those can take it.
free_port() {
  local port tries
  for ((tries = 0; tries < 200; tries++)); do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    if port_is_free "$port"; then
      echo "$port"
      return
    fi
  done
  fail 'no free port found between 20000 and 32000.'
}

write_private() { (umask 077 && cat >"$1"); }

# processes_of DIR: what DIR's server still runs. Erlang's processes carry DIR in their environment; PostgreSQL
# overwrites its environment with its title, but works in its data folder. One that scripts/documentdb.sh has unpacked
# goes by the name of the loader that runs it.
processes_of() {
  local dir home proc link
  dir=$(realpath -m "$1")
  home=$(realpath -m "$dir/server")
  {
    grep -lzxF "MIGRATION_SERVER_DIR=$dir" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 || true
    find /proc/[0-9]* -maxdepth 1 -name cwd -printf '%h %l\n' 2>/dev/null | while read -r proc link; do
      [[ $link == "$home" || $link == "$home"/* ]] || continue
      case $(cat "$proc/comm" 2>/dev/null) in postgres | pg_ctl | initdb | ld-linux* | ld64*) echo "${proc#/proc/}" ;; esac
    done || true
  } | sort -u | grep -vx "$BASHPID" || true
}

# end_processes_of DIR: SIGKILL until none is left.
end_processes_of() {
  local pids deadline=$((SECONDS + 20))
  while pids=$(processes_of "$1") && [[ -n $pids ]]; do
    # shellcheck disable=SC2086 # a list of numbers; one that has gone meanwhile is what we want
    kill -KILL $pids 2>/dev/null || true
    ((SECONDS < deadline)) || fail "processes of $1 do not end: $pids" || return
    sleep 0.05
  done
}

# await SECONDS COMMAND...: until it succeeds.
await() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

# ------------------------------------------------------------------------------------- owners and their servers

# adopt KIND DIR: this script answers for DIR from here on, and a guard sees to it. Called as a tool, nothing is
# adopted: the script that started the server first goes on answering for it.
adopt() {
  local kind=$1 dir=$2
  [[ -z ${SERVERS_TOOL-} ]] || return 0
  case " ${SERVERS_STARTED[*]-} " in *" $kind:$dir "*) return 0 ;; esac
  SERVERS_STARTED+=("$kind:$dir")
  echo "$$ $(process_start $$)" >"$dir/owner"
  setsid bash "$SERVERS_SH" guard "$kind" "$dir" "$$" </dev/null >/dev/null 2>&1 &
  note_process
  echo "$!" >"$dir/guard"
}

# When a process was started, in clock ticks since boot: with the pid, it names a process for good.
process_start() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

owner_lives() {
  local pid start
  read -r pid start 2>/dev/null <"$1/owner" || return 1
  [[ -n $start && $(process_start "$pid") == "$start" ]]
}

# guard KIND DIR OWNER: waits until the owner is gone, then ends and discards the server.
guard() {
  tail --pid="$3" -s 0.5 -f /dev/null
  "discard_$1" "$2"
  rm -f "$2/guard"
}

dismiss_guard() {
  local pid
  read -r pid 2>/dev/null <"$1/guard" || return 0
  rm -f "$1/guard"
  # Only if it is the guard still: the file may be older than a reboot.
  if grep -qzxF "$SERVERS_SH" "/proc/$pid/cmdline" 2>/dev/null; then kill -KILL -- "-$pid" 2>/dev/null || true; fi
}

# fresh_server KIND DIR: an empty DIR, whatever a former script has left there, even running; refuses one in use.
fresh_server() {
  local kind=$1 dir=$2
  if owner_lives "$dir"; then
    fail "$dir is in use by process $(cut -d' ' -f1 "$dir/owner"); wait for it or stop it."
    return 1
  fi
  dismiss_guard "$dir"
  [[ ! -d $dir ]] || "discard_$kind" "$dir"
  if ! { rm -rf "$dir" && mkdir -p "$dir"; } 2>/dev/null; then
    fail "$dir cannot be made anew; it belongs to another user (was a script run as root before?)."
  fi
}

# start_servers DIR: all of them under DIR, except those that the environment names already.
start_servers() {
  mkdir -p "$1"
  local root
  root=$(realpath "$1")
  if [[ -z ${MIGRATION_TEST_POSTGRES-} ]]; then
    fresh_server postgres "$root/postgres" && start_postgres "$root/postgres" || return
  fi
  if [[ -z ${MIGRATION_TEST_RABBITMQ-} ]]; then
    fresh_server rabbitmq "$root/rabbitmq" && start_rabbitmq "$root/rabbitmq" || return
  fi
  if [[ -z ${MIGRATION_TEST_MONGODB-} && -f $REPOSITORY/scripts/documentdb.sh ]]; then
    # shellcheck source=/dev/null
    . "$REPOSITORY/scripts/documentdb.sh"
    ensure_documentdb && start_documentdb "$root/documentdb" || return
  fi
}

# stop_servers: ends what this script started and removes its data (logs stay). Can be called at any moment and twice.
stop_servers() {
  local server pid
  if declare -F stop_documentdb >/dev/null; then stop_documentdb || true; fi
  for server in ${SERVERS_STARTED[@]+"${SERVERS_STARTED[@]}"}; do
    dismiss_guard "${server#*:}"
    "discard_${server%%:*}" "${server#*:}" || true
  done
  SERVERS_STARTED=()
  # What was forked a moment before has nothing yet that shows whose it is, but that it is a child of this shell.
  for pid in ${SERVERS_PIDS[@]+"${SERVERS_PIDS[@]}"} "${!:-}"; do
    if is_child "$pid"; then kill -KILL "$pid" 2>/dev/null || true; fi
  done
  SERVERS_PIDS=()
}

is_child() { [[ $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f2) == "$$" ]]; }

# Notes the process just forked. The shell shall not report how it ended.
note_process() {
  SERVERS_PIDS+=("$!")
  disown
}

# keep_servers: they stay up after this script, until the next start in the same folder.
keep_servers() {
  local server
  if declare -F keep_documentdb >/dev/null; then keep_documentdb; fi
  for server in ${SERVERS_STARTED[@]+"${SERVERS_STARTED[@]}"}; do
    dismiss_guard "${server#*:}"
    rm -f "${server#*:}/owner"
  done
  SERVERS_STARTED=()
  SERVERS_PIDS=()
}

stop_servers_on_exit() {
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
}

# A script with more to clean up defines 'before_stop_servers'.
clean_up() {
  local status=$?
  # Once it has begun, a second Ctrl-C does not end it.
  trap '' INT TERM HUP
  trap - EXIT
  set +e
  if declare -F before_stop_servers >/dev/null; then before_stop_servers; fi
  stop_servers
  exit "$status"
}

# --------------------------------------------------------------------------------------------------- PostgreSQL

# The newest PostgreSQL of this machine, 13 or later; or the one whose programs are in MIGRATION_TEST_POSTGRES_BIN.
postgres_bin() {
  local dir version
  if [[ -n ${MIGRATION_TEST_POSTGRES_BIN-} ]]; then echo "$MIGRATION_TEST_POSTGRES_BIN" && return; fi
  for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5 -rn) "$(dirname "$(command -v initdb || echo /none/x)")"; do
    [[ -x $dir/initdb && -x $dir/postgres && -x $dir/psql ]] || continue
    version=$("$dir/postgres" --version | grep -oE '[0-9]+' | head -n 1)
    ((version >= 13)) && echo "$dir" && return
  done
  return 1
}

# PostgreSQL refuses to run as root, so root lends it the account that Debian's package made for it.
postgres_account() {
  ((EUID == 0)) || { id -un && return; }
  if id -u postgres >/dev/null 2>&1; then
    echo postgres
  else
    id -u migration-tests >/dev/null 2>&1 ||
      useradd --system --no-create-home --shell /usr/sbin/nologin migration-tests
    echo migration-tests
  fi
}

# in_postgres DIR COMMAND...: runs it in the server's folder as its account, in a session of its own: a Ctrl-C in
# the terminal must not reach a server before stop_servers does.
in_postgres() {
  local home account=()
  home=$(realpath "$1/server")
  shift
  if ((EUID == 0)); then
    account=(setpriv --reuid="$(postgres_account)" --regid="$(id -g "$(postgres_account)")" --init-groups --)
  fi
  (cd "$home" && exec env HOME="$home" LC_ALL=C.UTF-8 setsid --wait ${account[@]+"${account[@]}"} "$@" </dev/null)
}

# start_postgres DIR: a new cluster, or the one that DIR has; exports MIGRATION_TEST_POSTGRES.
start_postgres() {
  local dir bin tries
  mkdir -p "$1"
  dir=$(realpath "$1")
  bin=$(postgres_bin) || fail 'PostgreSQL 13 or newer is not installed (package postgresql).' || return
  adopt postgres "$dir"
  if ! raise_postgres "$dir" "$bin"; then
    tail -n 20 "$dir/server.log" >&2
    fail "PostgreSQL did not start; its log is $dir/server.log."
    return 1
  fi
  export MIGRATION_TEST_SERVERS=$SERVERS_SH MIGRATION_TEST_POSTGRES_DIR=$dir
  MIGRATION_TEST_POSTGRES="postgres://migration:$(<"$dir/password")@127.0.0.1:$(<"$dir/port")/migration"
  export MIGRATION_TEST_POSTGRES
}

postgres_is_up() { [[ -f $1/server/data/postmaster.pid ]] && [[ -n $(processes_of "$1") ]]; }

raise_postgres() {
  if [[ -f $1/created ]]; then
    run_postgres "$@"
  else
    prepare_postgres "$@" && run_postgres "$@" && create_database "$@"
  fi
}

# Not by pg_ctl: as a child of this shell the server leaves no zombie where process 1 reaps late or never.
run_postgres() {
  local dir=$1 bin=$2 home clock=()
  if postgres_answers "$dir" "$bin"; then return; fi
  bin=$(reachable_postgres_bin "$dir" "$bin") || return
  home=$(realpath "$dir/server")
  if [[ -f $dir/clock ]]; then
    prepare_clock "$dir" "$home" || fail 'libfaketime, which a clock of its own needs, cannot be had.' || return
    clock=(env LD_PRELOAD="$home/libfaketime.so" FAKETIME_TIMESTAMP_FILE="$home/clock" FAKETIME_CACHE_DURATION=1
      FAKETIME_DONT_FAKE_MONOTONIC=1)
  fi
  (in_postgres "$dir" ${clock[@]+"${clock[@]}"} "$bin/postgres" -D data) >>"$dir/server.log" 2>&1 &
  note_process
  await 60 postgres_is_ready_or_gone "$dir" "$bin" "$!" && postgres_answers "$dir" "$bin"
}

# With a file DIR/clock the server's clock is the machine's plus what DIR/server/clock says, such as +3600 or -3600
# seconds; it is looked at about once a second. Timers are left as they are.
prepare_clock() {
  [[ -f $2/clock ]] || cp "$1/clock" "$2/clock" || return
  [[ -f $2/libfaketime.so ]] || install -m 755 "$(faketime_library)" "$2/libfaketime.so"
}

# The library that Debian's package libfaketime has; fetched into .local, and nothing is installed, where it is missing.
faketime_library() {
  local library folder=$REPOSITORY/.local/faketime
  for library in /usr/lib/*/faketime/libfaketimeMT.so.1 "$folder"/usr/lib/*/faketime/libfaketimeMT.so.1; do
    if [[ -f $library ]]; then echo "$library" && return; fi
  done
  mkdir -p "$folder" || return
  # Two servers at once: the second waits for the first.
  (
    exec 9>"$folder.lock"
    flock 9 && cd "$folder" || exit
    [[ ! -d usr ]] || exit 0
    apt-get -o APT::Sandbox::User= download libfaketime && dpkg-deb -x libfaketime_*.deb .
  ) >&2 || return
  readlink -e "$folder"/usr/lib/*/faketime/libfaketimeMT.so.1
}

postgres_is_ready_or_gone() { postgres_answers "$1" "$2" || ! kill -0 "$3" 2>/dev/null; }

postgres_answers() { "$2/pg_isready" -q -t 5 -h 127.0.0.1 -p "$(<"$1/port")"; }

prepare_postgres() {
  local dir=$1 bin=$2 port checksums=()
  say "Starting PostgreSQL ($("$bin/postgres" --version | grep -oE '[0-9.]+' | head -n 1))."
  create_postgres_home "$dir"
  random_secret | write_private "$dir/password"
  cp "$dir/password" "$dir/server/password"
  if ((EUID == 0)); then chown "$(postgres_account)" "$dir/server/password"; fi
  chmod 600 "$dir/server/password"
  bin=$(reachable_postgres_bin "$dir" "$bin") || return
  # Version 18 made checksums of pages the default; without them, as before, all versions do the same work.
  if [[ $("$bin/initdb" --help) == *--no-data-checksums* ]]; then checksums=(--no-data-checksums); fi
  in_postgres "$dir" "$bin/initdb" -D data -U migration --pwfile=password --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8 --no-sync ${checksums[@]+"${checksums[@]}"} >>"$dir/server.log" 2>&1 || return
  rm -f "$dir/server/password"
  port=$(free_port) || return
  echo "$port" >"$dir/port"
  postgres_settings "$dir" "$port" >>"$dir/server/data/postgresql.conf"
}

create_database() {
  PGPASSWORD=$(<"$1/password") "$2/createdb" -h 127.0.0.1 -p "$(<"$1/port")" -U migration -w migration || return
  touch "$1/created"
}

# DIR/server holds what the server's account owns. It moves to /var/tmp, linked from DIR, where that account cannot
# reach DIR (a clone below /root).
create_postgres_home() {
  local dir=$1 account socket
  account=$(postgres_account)
  mkdir -p "$dir/server"
  if ((EUID == 0)); then
    chown "$account" "$dir/server"
    if ! in_postgres "$dir" test -w "$dir/server"; then
      rmdir "$dir/server"
      ln -s "$(mktemp -d /var/tmp/migration-postgres.XXXXXX)" "$dir/server"
      chown "$account" "$dir/server/"
    fi
  fi
  chmod 700 "$dir/server/"
  socket=$(realpath "$dir/server")/socket
  # A socket's path has at most 107 bytes.
  if ((${#socket} > 80)); then
    ln -s "$(mktemp -d /tmp/migration-socket.XXXXXX)" "$dir/server/socket"
  else
    mkdir "$dir/server/socket"
  fi
  if ((EUID == 0)); then chown "$account" "$dir/server/socket/"; fi
}

# reachable_postgres_bin DIR BIN: BIN, or where BIN was unpacked into this clone and the server's account cannot reach that
# (a clone below /root), a copy of it with the server.
reachable_postgres_bin() {
  local dir=$1 bin=$2 root
  if [[ $bin == "$REPOSITORY"/* ]] && ! in_postgres "$dir" test -x "$bin/postgres"; then
    root=${bin%/usr/lib/postgresql/*}
    if [[ ! -d $dir/server/programs ]]; then cp -a "$root" "$dir/server/programs" || return; fi
    bin=$(realpath "$dir/server/programs")${bin#"$root"}
  fi
  echo "$bin"
}

# fsync stays on unless MIGRATION_TEST_FSYNC=off: tests that kill the server mean what they say.
postgres_settings() {
  cat <<SETTINGS

listen_addresses = '127.0.0.1'
port = $2
unix_socket_directories = '$(realpath "$1/server/socket")'
max_connections = ${MIGRATION_TEST_MAX_CONNECTIONS:-200}
shared_buffers = 256MB
max_wal_size = 4GB
fsync = ${MIGRATION_TEST_FSYNC:-on}
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %d '
SETTINGS
  # Commits that nobody waits for are lost in a crash more often than not.
  if [[ ${MIGRATION_TEST_FORGETFUL:-} == on ]]; then
    printf '%s\n' 'wal_writer_delay = 10s' 'wal_writer_flush_after = 1GB'
  fi
}

# stop_postgres DIR: in order; the data stays.
stop_postgres() {
  local bin
  if postgres_is_up "$1" && bin=$(postgres_bin); then
    in_postgres "$1" "$bin/pg_ctl" stop -s -w -m fast -t 30 -D data || true
  fi
  end_processes_of "$1"
}

# kill_postgres DIR: as a crash; the data stays. The pid in the lock file may be a zombie's by now, which a new
# server takes for a living one.
kill_postgres() {
  end_processes_of "$1" && rm -f "$1/server/data/postmaster.pid"
}

discard_postgres() {
  local bin path target
  # Not 'fast': its last checkpoint would write what is thrown away next.
  if postgres_is_up "$1" && bin=$(postgres_bin); then
    in_postgres "$1" "$bin/pg_ctl" stop -s -w -m immediate -t 10 -D data 2>/dev/null || true
  fi
  end_processes_of "$1"
  for path in "$1/server/socket" "$1/server"; do
    target=$(readlink "$path") || continue
    case $target in /var/tmp/migration-postgres.* | /tmp/migration-socket.*) rm -rf "$target" ;; esac
  done
  rm -rf "${1:?}"/{server,port,password,created,owner}
}

# ----------------------------------------------------------------------------------------------------- RabbitMQ

# The programs themselves; the ones in /usr/sbin change to the account rabbitmq.
rabbitmq_bin() {
  local dir
  for dir in /usr/lib/rabbitmq/bin "$(dirname "$(readlink -f "$(command -v rabbitmq-server || echo /none/x)")")"; do
    if [[ -x $dir/rabbitmq-server && -f $dir/rabbitmq-env ]]; then
      echo "$dir"
      return
    fi
  done
  return 1
}

# start_rabbitmq DIR: a new node, or the one that DIR has; exports MIGRATION_TEST_RABBITMQ.
start_rabbitmq() {
  local dir
  mkdir -p "$1"
  dir=$(realpath "$1")
  rabbitmq_bin >/dev/null || fail 'RabbitMQ is not installed (package rabbitmq-server).' || return
  adopt rabbitmq "$dir"
  [[ -f $dir/ports ]] || prepare_rabbitmq "$dir" || return
  if ! rabbitmq_answers "$dir" && ! run_rabbitmq "$dir"; then
    tail -n 20 "$dir/console.log" "$dir/log/rabbit.log" >&2 || true
    fail "RabbitMQ did not start; its logs are $dir/console.log and $dir/log."
    return 1
  fi
  export MIGRATION_TEST_SERVERS=$SERVERS_SH MIGRATION_TEST_RABBITMQ_DIR=$dir
  MIGRATION_TEST_RABBITMQ="amqp://migration:$(<"$dir/password")@127.0.0.1:$(rabbitmq_port "$dir")/"
  export MIGRATION_TEST_RABBITMQ
}

rabbitmq_port() { cut -d' ' -f1 "$1/ports"; }

prepare_rabbitmq() {
  local dir=$1 amqp dist epmd
  say 'Starting RabbitMQ.'
  mkdir -p "$dir/home" "$dir/mnesia" "$dir/log"
  chmod 700 "$dir"
  random_secret | write_private "$dir/password"
  random_secret | write_private "$dir/home/.erlang.cookie"
  chmod 400 "$dir/home/.erlang.cookie"
  amqp=$(free_port) && dist=$(free_port) && epmd=$(free_port) || return
  rabbitmq_settings "$dir" "$amqp" | write_private "$dir/rabbitmq.conf"
  echo '[].' >"$dir/enabled_plugins"
  echo "$amqp $dist $epmd" >"$dir/ports"
}

# The limits are for small machines: past them RabbitMQ blocks every publisher without a word to it.
rabbitmq_settings() {
  cat <<SETTINGS
listeners.tcp.1 = 127.0.0.1:$2
default_user = migration
default_pass = $(<"$1/password")
loopback_users.guest = true
disk_free_limit.absolute = 200MB
vm_memory_high_watermark.relative = 0.7
log.file = rabbit.log
log.file.level = info
log.console = false
SETTINGS
}

# in_rabbitmq DIR COMMAND...: replaces this shell by it, in the node's environment and a session of its own.
in_rabbitmq() {
  local dir=$1 amqp dist epmd
  shift
  read -r amqp dist epmd <"$dir/ports"
  cd "$dir" || return
  exec env -u RABBITMQ_CONFIG_FILES -u RABBITMQ_NODE_PORT -u RABBITMQ_NODE_IP_ADDRESS -u ERL_FLAGS -u ERL_LIBS \
    MIGRATION_SERVER_DIR="$dir" HOME="$dir/home" LC_ALL=C.UTF-8 \
    RABBITMQ_NODENAME="migration-$amqp@localhost" RABBITMQ_DIST_PORT="$dist" \
    ERL_EPMD_PORT="$epmd" ERL_EPMD_ADDRESS=127.0.0.1 \
    RABBITMQ_CONFIG_FILE="$dir/rabbitmq.conf" \
    RABBITMQ_ADVANCED_CONFIG_FILE="$dir/advanced.config" RABBITMQ_CONF_ENV_FILE="$dir/rabbitmq-env.conf" \
    RABBITMQ_MNESIA_BASE="$dir/mnesia" RABBITMQ_LOG_BASE="$dir/log" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$dir/enabled_plugins" RABBITMQ_PID_FILE="$dir/mnesia/node.pid" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}' \
    RABBITMQ_CTL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}' \
    setsid "$@"
}

# The node's own epmd runs in the foreground beside it: the one that Erlang would start leaves as a daemon.
run_rabbitmq() {
  local dir=$1 epmd node
  epmd=$(cut -d' ' -f3 "$dir/ports")
  if port_is_free "$epmd"; then
    (in_rabbitmq "$dir" epmd -port "$epmd" -address 127.0.0.1) </dev/null >/dev/null 2>&1 &
    note_process
    await 10 port_is_taken "$epmd" || return
  fi
  (in_rabbitmq "$dir" "$(rabbitmq_bin)/rabbitmq-server") </dev/null >"$dir/console.log" 2>&1 &
  note_process
  node=$!
  echo "$node" >"$dir/node"
  await 90 rabbitmq_is_ready_or_gone "$dir" "$node" && rabbitmq_answers "$dir"
}

port_is_taken() { ! port_is_free "$1"; }

rabbitmq_is_ready_or_gone() { rabbitmq_answers "$1" || ! kill -0 "$2" 2>/dev/null; }

# The listener opens as the last step of the boot: to the protocol's header it then answers with a method frame.
rabbitmq_answers() (
  exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$(rabbitmq_port "$1")" || exit 1
  printf 'AMQP\0\0\11\1' >&3
  IFS= read -r -n 1 -t 5 frame <&3 && [[ $frame == $'\1' ]]
)

# rabbitmqctl DIR ARGUMENT...
rabbitmqctl() {
  local dir
  dir=$(realpath "$1")
  shift
  (in_rabbitmq "$dir" --wait "$(rabbitmq_bin)/rabbitmqctl" --quiet "$@" </dev/null)
}

# stop_rabbitmq DIR: in order; queues and durable messages stay.
stop_rabbitmq() {
  local node
  if read -r node 2>/dev/null <"$1/node" && [[ -n $(processes_of "$1") ]]; then
    kill -TERM "$node" 2>/dev/null || true
    await 30 process_is_gone "$node" || true
  fi
  end_processes_of "$1"
}

process_is_gone() { ! kill -0 "$1" 2>/dev/null || [[ $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) == Z* ]]; }

# kill_rabbitmq DIR: as a crash; what was written to disk stays.
kill_rabbitmq() { end_processes_of "$1"; }

discard_rabbitmq() {
  end_processes_of "$1"
  rm -rf "${1:?}"/{mnesia,home,ports,password,rabbitmq.conf,node,owner}
}

# ------------------------------------------------------------------------------------------------------- as a tool

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  set -euo pipefail
  SERVERS_TOOL=1
  case ${1-} in
    guard | rabbitmqctl | start_postgres | stop_postgres | kill_postgres | start_rabbitmq | stop_rabbitmq | kill_rabbitmq)
      "$@"
      ;;
    *)
      say "usage: ${0##*/} {start|stop|kill}_{postgres|rabbitmq} DIR | rabbitmqctl DIR ARGUMENT..."
      exit 2
      ;;
  esac
fi
