#!/bin/bash
# The test runner: what failed stands at its end, by name and with its last lines, and stays in a log.
# Ends with "check_runner: N passed, N failed, N skipped".
set -u
run=$(realpath "$(dirname "$0")/run")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0 failed=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $1"; }
holds() { if grep -q -- "$2" "$1"; then ok; else bad "$3: $1 lacks '$2'"; sed 's/^/  /' "$1"; fi; }
program() { # program NAME LINE...: a shell script
    local name=$1
    shift
    { echo '#!/bin/sh'; printf '%s\n' "$@"; } >"$name"
    chmod +x "$name"
}
program good 'echo "ok   a case"' 'echo "good: 3 passed, 0 failed, 1 skipped"' 'echo "SKIP a case: why"'
program wrong 'echo "  x.c:12: a is 1, expected 2"' 'echo "FAIL the first case"' 'seq 100' \
    'echo "wrong: 2 passed, 1 failed, 0 skipped"' 'exit 1'
program dead 'echo "on its way"' 'kill -SEGV $$'
program late 'echo "it waits"' 'sleep 30'
program leaky 'echo "leaky: 4 passed, 0 failed, 0 skipped"' 'echo "ERROR: LeakSanitizer"' 'exit 23'
export LATLAB_TEST_LOGS=$work/logs LATLAB_TEST_TIMEOUT=1

"$run" suite ./good >out 2>&1 && ok || bad "all good: exit status"
[ "$(tail -n 1 out)" = "3 passed, 0 failed, 1 skipped" ] && ok || bad "all good: the last line"
[ -s logs/failures ] && bad "all good: failures are kept" || ok
holds out 'SKIP a case: why' "a skip is loud"

"$run" suite ./wrong ./dead ./late ./leaky ./good >out 2>&1 && bad "failures: exit status" || ok
[ "$(tail -n 1 out)" = "9 passed, 4 failed, 1 skipped" ] && ok || bad "failures: the last line: $(tail -n 1 out)"
sed -n '/^FAILED suite: wrong/,$p' out >end
holds end '^FAILED suite: wrong: 2 passed, 1 failed' "the name stands at the end"
holds end '  x.c:12: a is 1, expected 2' "the complaint stands at the end"
holds end 'FAIL the first case' "the case stands at the end"
holds end '^FAILED suite: dead: no verdict (exit status 139)' "a crash stands at the end"
holds end 'on its way' "the last lines of a crash stand at the end"
holds end '^FAILED suite: late: no verdict (exit status 124)' "a time-out stands at the end"
[ "$(grep '^FAILED' end | cut -d' ' -f3 | tr -d ':\n')" = wrongdeadlateleaky ] && ok || bad "failures stand in the programs' order"
holds end '^FAILED suite: leaky: 4 passed, 0 failed, 0 skipped (exit status 23)' "a leak stands at the end"
"$run" suite ./good >out 2>&1
kept=$(echo logs/wrong.failed-*.log)
[ -f "$kept" ] && ok || bad "the log of a failure is gone after the next run"
holds "$kept" 'FAIL the first case' "the log is whole"

program first 'echo $$ >first.id; until [ -s second.id ]; do sleep .01; done' 'echo "first: 1 passed, 0 failed, 0 skipped"'
program second 'echo $$ >second.id; until [ -s first.id ]; do sleep .01; done' 'echo "second: 1 passed, 0 failed, 0 skipped"'
LATLAB_TEST_JOBS=2 "$run" suite ./first ./second >out 2>&1 && ok || bad "two run at once"
rm -f first.id second.id
LATLAB_TEST_JOBS=1 "$run" suite ./first ./second >out 2>&1 && bad "one at a time is not one at a time" || ok

echo "check_runner: $passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
