#!/bin/bash
# Ctrl-C and SIGTERM in a script: whatever runs, also when it waits for a file that never comes, the program ends soon, with
# status 130 and without a part of a file. The bound is generous (the machine may be busy); what was measured is printed.
# The program is $LATLAB; a dead file server is played by build/release/shim_hang.so (make builds it).
set -u
here=$(dirname "$(realpath "$0")")
latlab=$(realpath "${LATLAB:-./latlab}")
shim=$(realpath -m "${LATLAB_SHIMS:-$here/../build/release}/shim_hang.so")
[ -f "$shim" ] || { echo "no $shim: make build/release/shim_hang.so"; exit 1; }
work=$(mktemp -d) || exit 1
trap '[ $BASHPID = $$ ] && rm -rf "$work"' EXIT # a watch that is killed as it is forked runs this, too
export XDG_DATA_HOME=$work/data XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config LC_ALL=C.UTF-8
unset LATLAB_DATA LATLAB_KEYS
cd "$work" || exit 1
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $1"; }
now_ms() { echo $(($(date +%s%N) / 1000000)); }

# started WHAT: until the program says on stderr that it runs it, or the patience ends
started() {
    for _ in $(seq 100); do grep -q -- "$1" err 2>/dev/null && return; sleep .05; done
}
# ends NAME SIGNAL STATUS: sends it to $pid and waits
ends() {
    local name=$1 signal=$2 want=$3 begin=$(now_ms)
    sleep "${settle:-.3}"
    kill -0 $pid 2>/dev/null || { wait $pid; bad "$name: ended before the signal, status $?"; tail -n 2 err; return; }
    begin=$(now_ms)
    kill -"$signal" $pid
    ( sleep 10; kill -KILL $pid ) 2>/dev/null 9>&- & # not a writer of the pipe while it sleeps
    local watch=$!
    wait $pid 2>/dev/null
    local got=$? took=$(($(now_ms) - begin))
    kill $watch 2>/dev/null
    wait $watch 2>/dev/null
    printf '  %-50s %4d ms\n' "$name, $signal" $took
    if [ $got -eq "$want" ] && [ $took -lt 2000 ]; then ok; else bad "$name: status $got after $took ms"; tail -n 2 err; fi
}
# runs LINE SIGNAL NAME [VARIABLE=VALUE...]: the line of commands, then the signal
runs() {
    local line=$1 signal=$2 name=$3
    shift 3
    : >err
    env "$@" "$latlab" --echo -c "$line" >out 2>err </dev/null &
    pid=$!
    started "> ${line##*; }"
    ends "$name" "$signal" 130
}

mkfifo pipe
for signal in INT TERM; do
    runs 'import csv pipe as x space=nasbench201 unit=ms' $signal "reading a pipe nobody writes"
    runs 'load nb201_sim; export csv pipe' $signal "writing a pipe nobody reads"
    runs 'load nb201_sim; partition train=7 test=7 seed=1; pretrain help' $signal "training"
    runs 'load fbnet_sim; partition source=sim_v100_b1,sim_raspi4 target=sim_eyeriss; pretrain gp n=50; transfer k=8; search score=params max=40 budget=1e9' \
        $signal "searching"
    grep -q "stopped: this is what was found until then" out && ok || { bad "what the search had found is not shown"; tail -n 3 out; }
    exec 8</dev/zero
    settle=.02 runs 'import csv /dev/fd/8 as x space=nasbench201 unit=ms' $signal "reading what has no end"
    exec 8<&-
done
exec 9<>pipe
runs 'import csv pipe as x space=nasbench201 unit=ms' TERM "reading a pipe whose writer is silent"
exec 9>&-

# a large table: every device twenty times
"$latlab" -c 'load nb201_sim; export csv all.csv' >out 2>err
awk -F, -v OFS=, '{ line = $1
    for (k = 0; k < 20; k++) for (i = 2; i <= NF; i++) line = line OFS $i (NR == 1 ? "_" k : "")
    print line }' all.csv >big.csv
settle=.05 runs 'import csv big.csv as big space=nasbench201 unit=ms' TERM "importing a large table"
[ -e data/latlab/big ] && bad "a part of the dataset is left" || ok

# too late: what is written is said, too
awk -v OFS=, 'BEGIN { line = "arch"; for (k = 0; k < 5000; k++) line = line OFS "d" k; print line
    for (i = 0; i < 400; i++) { line = i; for (k = 0; k < 5000; k++) line = line OFS (i * 7 + k) % 97 + 1; print line } }' >wide.csv
"$latlab" -c 'import csv wide.csv as late space=nasbench201 unit=ms' >out 2>err </dev/null &
pid=$!
until [ -e data/latlab/late ] || ! kill -0 $pid 2>/dev/null; do :; done
sleep .1
kill -INT $pid 2>/dev/null
wait $pid
grep -q '^late: 400 architectures x 5000 devices' out && ok || bad "what was written before the signal is not said"

# a server that is dead: whoever waits for it cannot be called back
echo 'arch,a' >dead.csv
for signal in INT TERM; do
    runs 'import csv dead.csv as x space=nasbench201 unit=ms' $signal "opening a dead file" LD_PRELOAD="$shim" \
        LATLAB_SHIM_DEAD=dead.csv
done
runs 'import csv dead.csv as x space=nasbench201 unit=ms' TERM "reading a dead file" LD_PRELOAD="$shim" \
    LATLAB_SHIM_DEAD=dead.csv LATLAB_SHIM_OPENS=1
mkdir dead
echo old >dead/out.csv
runs 'load nb201_sim; export csv dead/out.csv force=on' TERM "syncing to a dead server" LD_PRELOAD="$shim" LATLAB_SHIM_DEAD=fsync
[ "$(ls -A dead)" = out.csv ] && [ "$(cat dead/out.csv)" = old ] && ok || { bad "what was there is not as it was"; ls -A dead; }

# the second signal ends at once, whatever the first has begun
LD_PRELOAD=$shim LATLAB_SHIM_DEAD=dead.csv "$latlab" -c 'import csv dead.csv as x space=nasbench201 unit=ms' >out 2>err </dev/null &
pid=$!
sleep .3
kill -TERM $pid
settle=0 ends "opening a dead file, twice" TERM 130

# before the first command, between commands, and when nobody reads what is said
"$latlab" pipe >out 2>err </dev/null &
pid=$!
ends "reading the script from a pipe" TERM 143
exec 9<>pipe
"$latlab" - <pipe >out 2>err &
pid=$!
ends "waiting for a line" TERM 130
exec 9>&-
mkfifo full
exec 8<>full
for _ in $(seq 400); do echo help; done >long
"$latlab" long >full 2>err </dev/null &
pid=$!
ends "writing to a reader that does not read" TERM 130
exec 8>&-

# signals are not the end of what was there: the session before goes on
"$latlab" -c 'load nb201_sim; partition train=3 test=2 seed=1; save kept' >out 2>err
settle=.2 runs 'open kept; import csv pipe as x space=nasbench201 unit=ms' TERM "beside a saved session"
"$latlab" -c 'open kept; devices' >out 2>err && ok || { bad "the session does not open again"; cat err; }
find . -name '.latlab-tmp-*' | grep -q . && bad "temporaries are left" || ok

echo "check_signals: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
