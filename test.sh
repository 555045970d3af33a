#!/usr/bin/env bash
# Installs what is missing, builds, starts private servers and runs every test.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: ./test.sh [--project NAME] [--filter EXPR] [--no-servers] [--chaos]
  --project NAME  only this project, e.g. Worker or Worker.Tests
  --filter EXPR   only tests whose full name contains EXPR, or that match a filter such as
                  'FullyQualifiedName~Ledger' or '/*/*/LedgerTests/*'
  --no-servers    start no server (those that MIGRATION_TEST_POSTGRES, MIGRATION_TEST_RABBITMQ and
                  MIGRATION_TEST_MONGODB name are used all the same)
  --chaos         the chaos tests in full (MIGRATION_CHAOS=full); MIGRATION_CHAOS_SEED and
                  MIGRATION_CHAOS_SCHEDULES choose the first schedule and how many
A project may take MIGRATION_TEST_MINUTES minutes (default 20; Chaos.Tests in full 90). Results are kept in
artifacts/test-results.
USAGE
}

project='' filter='' servers=1
while (($#)); do
  case $1 in
    --project | --filter)
      if (($# < 2)); then usage >&2 && exit 2; fi
      printf -v "${1#--}" %s "$2"
      shift
      ;;
    --no-servers) servers=0 ;;
    --chaos) export MIGRATION_CHAOS=full ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && exit 2 ;;
  esac
  shift
done

exec </dev/null
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
# shellcheck source=scripts/servers.sh
. scripts/servers.sh
# shellcheck source=scripts/kubernetes-tools.sh
. scripts/kubernetes-tools.sh
# shellcheck source=scripts/object-store.sh
. scripts/object-store.sh

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 TESTINGPLATFORM_TELEMETRY_OPTOUT=1
# The servers die by the tests only, never with the machine, and what the kernel has is safe from that.
export MIGRATION_TEST_FSYNC=${MIGRATION_TEST_FSYNC:-off}
# No build server stays behind.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 UseSharedCompilation=false
# An account without a home still needs a place for packages.
if [[ ! -w ${HOME:-/nonexistent} ]]; then export HOME=$PWD/.local/home DOTNET_CLI_HOME=$PWD/.local/home && mkdir -p "$HOME"; fi

results=$PWD/artifacts/test-results
passed=0 failed=0 skipped=0
step_group=''

# In a process group of its own, waited for: a signal to this script is then acted upon at once, and ends all of it.
run_step() {
  setsid "$@" &
  step_group=$!
  end_step
}

# As run_step; what it writes is shown and kept in LOG. Not through a pipe: a process left behind would hold it open.
run_logged() {
  local log=$1
  shift
  setsid "$@" >"$log" 2>&1 &
  step_group=$!
  tail -n +1 -s 0.2 -f --pid="$step_group" "$log" 2>/dev/null &
  wait "$!" || true
  end_step
}

end_step() {
  local status=0
  wait "$step_group" || status=$?
  # What a build or a test leaves running ends with it.
  kill -KILL -- "-$step_group" 2>/dev/null || true
  step_group=''
  return "$status"
}

before_stop_servers() {
  [[ -n $step_group ]] || return 0
  kill -TERM -- "-$step_group" 2>/dev/null
  await 10 step_is_gone || kill -KILL -- "-$step_group" 2>/dev/null
  wait "$step_group" 2>/dev/null
}

step_is_gone() { ! kill -0 -- "-$step_group" 2>/dev/null; }

main() {
  stop_servers_on_exit
  command -v dotnet >/dev/null || { fail 'the .NET SDK (dotnet) is not on PATH; see README.md.' && exit 1; }
  local projects
  mapfile -t projects < <(test_projects)
  ((${#projects[@]})) || { fail "no test project named '$project'." || exit 2; }
  if ((servers)); then ensure_packages || give_up 'installation'; fi
  if [[ " ${projects[*]} " == *' Chart.Tests '* ]]; then ensure_kubernetes_tools || give_up 'helm and kubectl'; fi
  if [[ " ${projects[*]} " == *' Worker.Tests '* ]] && ((servers)); then ensure_object_store || give_up 'object store'; fi
  if [[ -z $project ]]; then check_scripts; fi
  build || give_up 'build'
  if ((servers)); then start_servers .local/test || give_up 'servers'; fi
  rm -rf "$results" && mkdir -p "$results"
  local name
  for name in "${projects[@]}"; do run_project "$name"; done
  summary
}

test_projects() {
  local path name
  for path in tests/*.Tests/*.Tests.csproj; do
    name=$(basename "$path" .csproj)
    [[ -z $project || $name == "$project" || $name == "$project.Tests" ]] || continue
    echo "$name"
  done
}

check_scripts() {
  if command -v shellcheck >/dev/null; then
    shellcheck -x ./*.sh scripts/*.sh tests/*/*.sh .ci/run || add_failure 'shellcheck' 'see above'
  fi
}

build() {
  local what=Migration.sln
  if [[ -n $project ]]; then what=tests/${projects[0]}; fi
  run_step dotnet restore "$what" -v quiet || return
  run_step dotnet build "$what" -c Release --no-restore -v quiet -nologo -clp:NoSummary || return
  if [[ ${CI-} == true && -z $project ]]; then
    run_step dotnet format Migration.sln --verify-no-changes --no-restore || add_failure 'dotnet format' 'see above'
  fi
}

# The executables run themselves, without a test host in between. Each must leave a complete result behind:
# a crash, a hang or a missing file is a failure.
run_project() {
  local name=$1 result=$results/$1.xml log=$results/$1.log status=0 minutes started=$SECONDS
  minutes=${MIGRATION_TEST_MINUTES:-$(minutes_of "$name")}
  if [[ -z $(find "tests/$name" -name '*.cs' -print -quit) ]]; then
    echo "$name: has no tests yet"
    return
  fi
  run_logged "$log" timeout --kill-after=10 "${minutes}m" dotnet "artifacts/bin/$name/release/$name.dll" \
    -noColor -noLogo -reporter quiet -result-xml "$result" -result-trx "$results/$name.trx" "${filter_arguments[@]}" ||
    status=$?
  count_result "$name" "$result" "$status" "$minutes" "$((SECONDS - started))"
}

minutes_of() { if [[ $1 == Chaos.Tests && ${MIGRATION_CHAOS-} == full ]]; then echo 90; else echo 20; fi; }

filter_arguments=()
case $filter in
  '') ;;
  /*) filter_arguments=(-filter "$filter") ;;
  *[=~]*) filter_arguments=(-filterVSTest "$filter") ;;
  *) filter_arguments=(-method "*$filter*") ;;
esac

# The counts are attributes of the first 'assembly' element; a test's own output comes after it.
count_result() {
  local name=$1 result=$2 status=$3 minutes=$4 seconds=$5 head good bad skip errors
  if ((status == 124 || status == 137)); then
    add_failure "$name" "gave no result within $minutes minutes (MIGRATION_TEST_MINUTES)" && return
  fi
  if [[ ! -s $result || $(tail -c 64 "$result") != *'</assemblies>'* ]]; then
    add_failure "$name" "ended with exit code $status and no complete result" && return
  fi
  head=$(grep -oE -m 1 '<assembly [^>]*>' "$result" | head -n 1 || true)
  if ! { good=$(count passed) && bad=$(count failed) && skip=$(count skipped) && errors=$(count errors); }; then
    add_failure "$name" 'left a result that has no counts' && return
  fi
  # Exceptions that no test caught are in no count, and do not always show in the exit code.
  ((errors += $(grep -c '^ *\[FATAL ERROR\]' "$results/$name.log" || true))) || true
  echo "$name: $good passed, $((bad + errors)) failed, $skip skipped (${seconds} s)"
  ((passed += good, failed += bad + errors, skipped += skip)) || true
  if ((status != 0 && bad + errors == 0)); then
    add_failure "$name" "ended with exit code $status though no test failed"
  elif ((good + bad + skip == 0)) && [[ -z $filter ]]; then
    add_failure "$name" 'ran no test'
  fi
}

count() { [[ $head =~ \ $1=\"([0-9]+)\" ]] && echo "${BASH_REMATCH[1]}"; }

add_failure() {
  echo "$1: FAILED, $2"
  ((failed += 1))
}

# Without it no test can run: that is a failure like any other, and the last line says so.
give_up() {
  add_failure "$1" 'see above'
  summary
  exit 1
}

summary() {
  if [[ -n $filter ]] && ((passed + failed + skipped == 0)); then add_failure 'filter' "no test matches '$filter'"; fi
  echo "$passed passed, $failed failed, $skipped skipped"
  ((failed == 0))
}

main
