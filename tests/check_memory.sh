#!/bin/bash
# Memory that runs out at the n-th allocation, once or from there on, in a session that loads, imports, trains, plots,
# exports and saves. Whatever n: the session ends well and everything it wrote is right, or it ends with a status from 1
# to 4 and a sentence on stderr, and every file is as before or as it should be. It never dies of a signal.
#   LATLAB_MEMORY_RUNS=1000 tests/check_memory.sh    more than the 100 runs of `make test`
# The program is $LATLAB, the allocator build/release/shim_memory.so (make builds it).
set -u
here=$(dirname "$(realpath "$0")")
latlab=$(realpath "${LATLAB:-./latlab}")
shim=$(realpath "${LATLAB_SHIMS:-$here/../build/release}/shim_memory.so")
[ -f "$shim" ] || { echo "no $shim: make build/release/shim_memory.so"; exit 1; }
work=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d) || exit 1 # in memory: each session syncs its files often
trap 'rm -rf "$work"' EXIT
export XDG_STATE_HOME=$work/now/state XDG_CONFIG_HOME=$work/now/config XDG_DATA_HOME=$work/now/data LC_ALL=C.UTF-8
unset LATLAB_DATA FORCE_COLOR LATLAB_KEYS
cd "$work" || exit 1
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $1"; }
runs=${LATLAB_MEMORY_RUNS:-100}

"$latlab" -c 'load nb201_sim; export csv all.csv' >/dev/null 2>&1 || bad "no table to begin with"
mkdir first
grep -v '^#' all.csv | head -n 151 | cut -d, -f1-6 >first/small.csv
echo 'before' >first/out.csv
figure=
command -v gnuplot >/dev/null && figure='plot heatmap out=corr.svg' || skipped=1
printf '%s\n' 'import csv small.csv as small space=nasbench201 unit=ms' 'load small' 'devices' \
    'partition train=3 test=2 seed=1' 'pretrain gp' 'transfer sim_v100_b256 k=10 seed=1' 'eval' \
    'export csv out.csv force=on' "$figure" 'task save t' 'save kept' >first/script
outputs="out.csv $figure" outputs=${outputs//plot heatmap out=/}

# session [VARIABLE=VALUE...]: the script in a fresh home, in ./now
session() {
    rm -rf now && cp -R first now && cd now || exit 1
    env "$@" LD_PRELOAD="$shim" timeout -k 1 60 "$latlab" --threads 2 script >out 2>err
    status=$?
    cd ..
}
reopens() { (cd now && "$latlab" -c 'open kept; transfers' 2>&1) | grep -q sim_v100_b256; }
folder_is_whole() { [ ! -e now/data/latlab/small ] || diff -r now/data/latlab/small right/data/latlab/small >/dev/null; }
file_is_whole() { [ ! -e "now/$1" ] || cmp -s "now/$1" "right/$1" || cmp -s "now/$1" "first/$1"; }

session LATLAB_SHIM_COUNT="$work/count"
cp -R now right
if [ $status -eq 0 ] && [ -s count ] && cmp -s now/out.csv right/out.csv && reopens; then ok; else
    bad "the session without failures: status $status"; cat now/err; fi
total=$(cat count)

# verdict NAME: after a session in which memory ran out
verdict() {
    local file
    if [ $status -eq 0 ]; then
        for file in $outputs; do cmp -s "now/$file" "right/$file" || { bad "$1: ended well, but $file is wrong"; return; }; done
        [ -d now/data/latlab/small ] && folder_is_whole || { bad "$1: ended well, but the dataset is wrong"; return; }
        reopens || { bad "$1: ended well, but the session does not open"; return; }
    else
        [ $status -le 4 ] || { bad "$1: exit status $status"; tail -n 2 now/err; return; }
        grep -qE 'error: |latlab: .* ' now/err || { bad "$1: status $status without a sentence"; return; }
        for file in $outputs; do file_is_whole "$file" || { bad "$1: status $status left a part of $file"; return; }; done
        folder_is_whole || { bad "$1: status $status left a part of the dataset"; return; }
    fi
    statuses[$status]=$((${statuses[$status]:-0} + 1))
    ok
}

# the first allocations one by one, where the program starts; then evenly, a different place in each stretch
declare -a statuses
RANDOM=${LATLAB_MEMORY_SEED:-1}
for ((i = 0; i < runs; i++)); do
    if ((i < runs / 5)); then n=$((i * 7 + 1)); else
        stretch=$((total / (runs - runs / 5) + 1))
        n=$(((i - runs / 5) * stretch + (RANDOM * 32768 + RANDOM) % stretch + 1))
    fi
    ((i % 2)) && n=$n+
    session LATLAB_SHIM_FAIL="$n"
    verdict "allocation $n of $total"
done
for i in "${!statuses[@]}"; do echo "  exit status $i: ${statuses[$i]} of $runs runs"; done

# a machine that is simply too small says so as well, and neither waits for memory nor at its end. (Below that the
# system's loader, or OpenBLAS as it is loaded, ends the program before main.)
for mb in 150 200 300 400; do
    for commands in 'spaces' 'load nb201_sim; partition train=3 test=2; pretrain gp'; do
        (ulimit -v ${mb}000 && exec env OPENBLAS_NUM_THREADS=2 timeout -k 1 60 "$latlab" --threads 2 -c "$commands" >out 2>err </dev/null)
        status=$?
        [ $status -eq 127 ] && grep -q 'shared libraries' err && status=4 # libraries larger than here
        [ $status -le 4 ] && { [ $status -eq 0 ] || grep -q 'latlab: ' err; } && ok || {
            bad "$mb MB of address space, $commands: status $status"; cat err; }
    done
done

echo "check_memory: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
