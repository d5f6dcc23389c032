#!/bin/bash
# sweep as processes: stopped, killed (also behind the rename of results), without room, by the scripts that it writes, and
# by GNU parallel where that is installed. What is merged at the end is, byte for byte, what compare and proxies make alone.
# The program is $LATLAB.
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
# A task that fails the first time: the same script runs that one again, and no other.
if command -v parallel >/dev/null && parallel --version 2>/dev/null | grep -q GNU; then
    rm -rf a.sweep.d a.sweep.joblog
    cat >fails <<END
#!/bin/sh
case "\$*" in *task=1) [ -e "$work/failed" ] || { touch "$work/failed"; exit 3; } ;; esac
exec "$latlab" "\$@"
END
    chmod +x fails
    LATLAB=$work/fails sh p.sh >out 2>err && bad "a task that fails is no success"
    lab 'sweep status a.sweep'
    is "all but one are done" $((tasks - 1)) "$(field done)"
    LATLAB=$work/fails sh p.sh >out 2>err || bad "--resume-failed"
    is "the second time only that one runs" $((tasks + 2)) "$(wc -l <a.sweep.joblog)"
    lab 'sweep merge a.sweep results=resumed.sqlite' || bad "merging what was resumed"
    lab "compare $experiment results=resumed.sqlite out=resumed.md"
    cmp alone.md resumed.md && ok || bad "the table of what was resumed differs"
fi

# Killed behind the rename that puts results into the folder, before that is synced: they are whole, and none is lost.
shim=$here/../build/release/shim_renamed.so
if [ -e "$shim" ]; then
    rm -rf a.sweep.d "$TMPDIR"/latlab-sweep-*
    LATLAB_KILL_BEHIND=.sqlite LD_PRELOAD=$(realpath "$shim") "$latlab" --json --threads=1 -c 'sweep run a.sweep task=0' \
        >out 2>err </dev/null
    is "killed behind the rename" 137 $?
    [ -s a.sweep.d/task-000000.sqlite ] && ok || bad "the file is there"
    lab 'sweep status a.sweep'
    is "its task is lost" 1 "$(field lost)"
    lab 'sweep merge a.sweep results=renamed.sqlite' || bad "what is there is whole"
    [ "$(field trials)" -gt 0 ] && ok || bad "and has its trials"
    lab 'sweep run a.sweep task=0' || bad "the task once more"
    is "nothing is computed again" 0 "$(field computed)"
else
    skipped=$((skipped + 1))
    echo "SKIPPED: no $shim (make build/release/shim_renamed.so)"
fi

# proxies: stopped, without room, killed; what comes out is, byte for byte, what one command writes.
proxies="names=synflow,nwot batch=4 alike=on space=nasbench201 archs=$(seq -s, 100 9 800)"
lab "sweep plan p.sweep proxies $proxies each=.3 minutes=.1 out=p.csv" || bad "a plan of proxies"
ptasks=$(sed -n 's/^tasks \([0-9]*\) cells .*/\1/p' p.sweep)
stopped() { # stopped SIGNAL: task 0 of p.sweep, as soon as a cell is there
    "$latlab" --json --threads=1 -c "sweep run p.sweep task=0 copy=0" >out 2>err </dev/null &
    pid=$!
    for _ in $(seq 200); do [ -s p.sweep.d/task-000000.csv ] && break; sleep .02; done
    kill -"$1" $pid
    wait $pid
}
stopped USR1
is "proxies stopped by USR1" 75 $?
had=$(wc -l <p.sweep.d/task-000000.csv)
rm p.sweep.d/task-000000.csv
stopped KILL 2>/dev/null
is "proxies killed" 137 $?
(ulimit -f 1; lab 'sweep run p.sweep task=1')
is "no room for proxies" 1 $?
lab 'sweep emit sh p.sweep' && "$latlab" -c 'sweep emit sh p.sweep' | sh >out 2>err || bad "all tasks of proxies"
lab 'sweep status p.sweep'
is "all tasks of proxies are done" "$ptasks" "$(field done)"
(lab 'sweep merge p.sweep') & (lab 'sweep merge p.sweep') & wait
lab "proxies $proxies out=palone.csv" || bad "proxies alone"
cmp palone.csv p.csv && ok || bad "the tables of proxies differ"
if command -v parallel >/dev/null && parallel --version 2>/dev/null | grep -q GNU; then
    rm -r p.sweep.d p.csv
    lab 'sweep emit parallel p.sweep jobs=2 out=pp.sh' && sh pp.sh >out 2>err || bad "proxies by GNU parallel"
    lab 'sweep merge p.sweep' || bad "merging proxies of GNU parallel"
    cmp palone.csv p.csv && ok || bad "the table of proxies of GNU parallel differs"
    lab 'sweep plan mp.sweep measure dataset=byparallel space=nasbench201 n=8 device=mine engine=blas repeats=1 each=1 minutes=.07' &&
        lab 'sweep emit parallel mp.sweep jobs=2 out=mp.sh' && sh mp.sh >out 2>err || bad "measure by GNU parallel"
    lab 'sweep merge mp.sweep' || bad "merging times of GNU parallel"
    lab 'load byparallel; device info mine' && is "GNU parallel brings each a time" 8 "$(field n)"
fi
[ "$had" -gt 1 ] && ok || bad "what was stopped is kept"

# measure: two tasks take turns on this machine, one is killed; the device has every architecture once.
lab 'sweep plan m.sweep measure dataset=own space=nasbench201 n=8 device=mine engine=blas repeats=1 each=1 minutes=.07' || bad "a plan of times"
"$latlab" --json --threads=1 -c 'sweep run m.sweep task=0 copy=0' >one 2>err </dev/null &
first=$!
for _ in $(seq 200); do grep -q '^[0-4]' m.sweep.d/task-000000.runs 2>/dev/null && break; sleep .02; done
"$latlab" --json --threads=1 -c 'sweep run m.sweep task=1' >two 2>err </dev/null &
second=$!
for _ in $(seq 100); do grep -q 'waiting for it' two && break; kill -0 $first 2>/dev/null || break; sleep .02; done
kill -KILL $first 2>/dev/null
wait $first 2>/dev/null
wait $second || bad "the second task"
"$latlab" --json --threads=1 -c 'sweep status m.sweep watch=on every=.1' >watched 2>err </dev/null &
watcher=$!
lab 'sweep run m.sweep task=0 of=1' || bad "all tasks of measure"
wait $watcher || bad "watching"
grep -q '"live":true' watched && tail -n 2 watched | grep -q '"missing":0' && ok || bad "it was watched to the end"
(lab 'sweep merge m.sweep') & (lab 'sweep merge m.sweep') & wait
lab 'sweep merge m.sweep' || bad "merging times"
is "all of them are in the device" 8 "$(field known)"
lab 'load own; device info mine' && is "each has a time" 8 "$(field n)"

echo "check_sweep: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
