#!/bin/bash
# sweep as processes: stopped, killed, without room, by the scripts that it writes, and by GNU parallel where that is
# installed. What is merged at the end is, byte for byte, what compare makes alone. The program is $LATLAB.
set -u
here=$(dirname "$(realpath "$0")")
latlab=$(realpath "${LATLAB:-$here/../latlab}")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export XDG_DATA_HOME=$work/data XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config XDG_CACHE_HOME=$work/cache
export TMPDIR=$work/scratch LATLAB_RESULTS=$work/results.sqlite HOME=$work LC_ALL=C.UTF-8
unset LATLAB LATLAB_DATA LATLAB_KEYS SLURM_ARRAY_TASK_ID # the scripts take $LATLAB, which may be relative
mkdir "$TMPDIR"
cd "$work" || exit 1
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $1"; tail -n 3 err 2>/dev/null; }
# is NAME WANT GOT
is() { if [ "$2" = "$3" ]; then ok; else bad "$1: $3, expected $2"; fi; }
lab() { "$latlab" --json --threads=1 -c "$1" >out 2>err </dev/null; }
field() { grep -o "\"$1\":[0-9]*" out | tail -n 1 | cut -d: -f2; }

awk 'BEGIN { print "index,1080ti_1,pixel3,eyeriss,raspi4"; split("0 3 1 2 5", cost)
    for (i = 0; i < 300; i++) { ms = 4; for (x = i * 52; x > 0; x = int(x / 5)) ms += cost[x % 5 + 1]
        printf "%d,%.4f,%.4f,%.4f,%.4f\n", i * 52, ms, ms * 1.01 + i % 7 / 90, ms * .99 + i % 5 / 80, ms + i % 3 / 70 } }' >t.csv
lab 'import csv t.csv as t space=nasbench201 unit=ms' || bad "the table"
experiment='tasks=ND,N1 data=t predictors=gp,opcount samplers=random,dopt k=10,12 trials=6'
lab "sweep plan a.sweep compare $experiment minutes=.3" || bad "the plan"
tasks=$(sed -n 's/^tasks \([0-9]*\) cells .*/\1/p' a.sweep)
[ "${tasks:-0}" -gt 3 ] && ok || bad "a plan of some tasks"

# A task that computes long enough to be met: all of the plan in one.
lab "sweep plan long.sweep compare tasks=ND data=t predictors=gp samplers=random k=10 trials=3000 minutes=1000" || bad "a long plan"
for signal in USR1 TERM; do
    "$latlab" --json --threads=1 -c "sweep run long.sweep task=0" >out 2>err </dev/null &
    pid=$!
    for _ in $(seq 200); do grep -q '"phase":"score"' out && break; sleep .05; done
    kill -$signal $pid
    wait $pid
    code=$?
    [ $signal = TERM ] && [ $code = 130 ] && continue # it was in a long step
    is "stopped by $signal" 75 $code
    [ -s long.sweep.d/task-000000.sqlite ] && ok || bad "$signal: results are in the folder"
    grep -q '"phase":"stopped"' long.sweep.d/task-000000.state && ok || bad "$signal: the state says stopped"
done
[ "$code" = 130 ] || is "nothing is left on the local disk" "" "$(find "$TMPDIR" -name '*.sqlite')"
lab 'sweep merge long.sweep results=long.sqlite' || bad "merging what was stopped"
kept=$(field trials)
[ "${kept:-0}" -gt 0 ] && ok || bad "trials of stopped runs are kept"

# Killed: what is on the local disk is gone on with.
"$latlab" --json --threads=1 -c "sweep run long.sweep task=0" >out 2>err </dev/null &
pid=$!
for _ in $(seq 200); do grep -q '"phase":"score"' out && break; sleep .05; done
sleep .5
kill -KILL $pid
wait $pid 2>/dev/null
lab 'sweep status long.sweep' || bad "status after a kill"
is "a killed task is lost" 1 "$(field lost)"
[ -n "$(find "$TMPDIR" -name '*.sqlite')" ] && ok || bad "a killed task leaves its local file"
"$latlab" --json --threads=1 -c "sweep run long.sweep task=0" >out 2>err </dev/null &
pid=$!
for _ in $(seq 200); do grep -q '"phase":"score"' out && break; sleep .05; done
kill -USR1 $pid
wait $pid
is "after the kill" 75 $?
lab 'sweep merge long.sweep results=long.sqlite' || bad "merging after the kill"
is "trials that were merged before are known" "$kept" "$(field known)"

# No room: files may not grow beyond 40 KiB.
(ulimit -f 40; lab 'sweep run long.sweep task=0')
is "no room on the local disk" 1 $?
lab 'sweep merge long.sweep results=long.sqlite' || bad "merging after a full disk"

# The scripts: sh runs some of them, GNU parallel what it has not done.
lab 'sweep emit sh a.sweep out=a.sh' && sh a.sh >out 2>err || bad "the script of sh"
lab 'sweep status a.sweep'
is "the loop does all tasks" "$tasks" "$(field done)"
(lab 'sweep merge a.sweep') & (lab 'sweep merge a.sweep') & wait
lab "compare $experiment out=merged.md" || bad "compare after merging"
is "two merges at once bring every trial" 144 "$(field recalled)"
lab "compare $experiment results=alone.sqlite out=alone.md" || bad "compare alone"
cmp alone.md merged.md && ok || bad "the tables differ"
if command -v parallel >/dev/null && parallel --version 2>/dev/null | grep -q GNU; then
    rm -r a.sweep.d
    lab 'sweep emit parallel a.sweep jobs=2 out=p.sh' && sh p.sh >out 2>err || bad "the script of GNU parallel"
    lab 'sweep merge a.sweep results=parallel.sqlite' || bad "merging what GNU parallel ran"
    is "GNU parallel runs all of it" 144 "$(field trials)"
    lab "compare $experiment results=parallel.sqlite out=parallel.md"
    cmp alone.md parallel.md && ok || bad "the table of GNU parallel differs"
else
    skipped=$((skipped + 1))
    echo "SKIPPED: GNU parallel is not installed (apt-get install parallel)"
fi
echo "check_sweep: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
