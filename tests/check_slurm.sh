#!/bin/bash
# sweep on SLURM itself: an array of 40 tasks on one node of two processors, of which one is killed, one requeued as if its
# node had failed, and a job reaches its time limit. SLURM is started under a temporary folder, with ports and a key of its
# own, and stopped again. Where it is not installed, or may not be started, that is said.
set -u
here=$(dirname "$(realpath "$0")")
latlab=$(realpath "${LATLAB:-$here/../latlab}")
skip() {
    echo "SKIPPED: $1: nothing was tested on SLURM"
    echo "check_slurm: 0 passed, 0 failed, 1 skipped"
    exit 0
}
for program in slurmctld slurmd munged sbatch; do
    command -v $program >/dev/null || PATH=$PATH:/usr/sbin command -v $program >/dev/null || {
        skip "$program is not installed (apt-get install slurm-wlm munge)"
    }
done
[ "$(id -u)" = 0 ] || skip "slurmd and its jobs want root"
PATH=$PATH:/usr/sbin
work=$(mktemp -d) || exit 1
started=
finish() {
    for pid in $started; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
    rm -rf "$work"
}
trap finish EXIT
export XDG_DATA_HOME=$work/data XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config XDG_CACHE_HOME=$work/cache
export TMPDIR=$work/scratch LATLAB_RESULTS=$work/results.sqlite HOME=$work LC_ALL=C.UTF-8 SLURM_CONF=$work/slurm.conf
unset LATLAB LATLAB_DATA LATLAB_KEYS SLURM_ARRAY_TASK_ID # the scripts take $LATLAB, which may be relative
mkdir "$TMPDIR" "$work/ctld" "$work/d"
chmod 755 "$work"
cd "$work" || exit 1
passed=0 failed=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $1"; }
is() { if [ "$2" = "$3" ]; then ok; else bad "$1: $3, expected $2"; fi; }
lab() { "$latlab" --json --threads=1 -c "$1" >out 2>err </dev/null; }
field() { grep -o "\"$1\":[0-9]*" out | tail -n 1 | cut -d: -f2; }
# within SECONDS COMMAND...: until it succeeds
within() {
    local left=$(($1 * 5))
    shift
    until "$@"; do left=$((left - 1)); [ $left -gt 0 ] || return 1; sleep .2; done
}

host=$(hostname -s)
port=$((20000 + $$ % 20000))
head -c 128 /dev/urandom >munge.key && chmod 400 munge.key
cat >slurm.conf <<END
ClusterName=sweep
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
AuthInfo=socket=$work/munge.sock
CredType=cred/munge
StateSaveLocation=$work/ctld
SlurmdSpoolDir=$work/d
SlurmctldPidFile=$work/ctld.pid
SlurmdPidFile=$work/d.pid
SlurmctldLogFile=$work/ctld.log
SlurmdLogFile=$work/d.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
KillWait=5
MailProg=/bin/true
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
munged -F --force --key-file="$work/munge.key" --socket="$work/munge.sock" --pid-file="$work/munged.pid" \
    --log-file="$work/munged.log" --seed-file="$work/munged.seed" >munged.out 2>&1 &
started="$!"
within 10 test -S munge.sock
slurmctld -D -c >ctld.out 2>&1 &
started="$! $started"
slurmd -D -c >d.out 2>&1 &
started="$! $started"
if ! within 30 sh -c 'sinfo -h -o %T 2>/dev/null | grep -q idle'; then
    tail -n 3 ctld.log d.log ctld.out d.out 2>/dev/null
    skip "SLURM does not start here"
fi

awk 'BEGIN { print "index,1080ti_1,pixel3,eyeriss,raspi4"; split("0 3 1 2 5", cost)
    for (i = 0; i < 300; i++) { ms = 4; for (x = i * 52; x > 0; x = int(x / 5)) ms += cost[x % 5 + 1]
        printf "%d,%.4f,%.4f,%.4f,%.4f\n", i * 52, ms, ms * 1.01 + i % 7 / 90, ms * .99 + i % 5 / 80, ms + i % 3 / 70 } }' >t.csv
lab 'import csv t.csv as t space=nasbench201 unit=ms' || bad "the table"
experiment='tasks=ND data=t predictors=gp,opcount samplers=random,dopt k=10,12 trials=20'
lab "sweep plan a.sweep compare $experiment minutes=.1" && lab 'sweep emit slurm a.sweep memory=100M out=a.sbatch' || bad "the plan"
is "tasks of the plan" 40 "$(sed -n 's/^tasks \([0-9]*\) cells .*/\1/p' a.sweep)"

# Each task waits a moment and says who it is, so that it can be met.
cat >slow <<END
#!/bin/sh
echo \$\$ >"$work/pid.\$SLURM_ARRAY_TASK_ID"
sleep 1
exec "$latlab" "\$@"
END
chmod +x slow
job=$(LATLAB=$work/slow sbatch --parsable a.sbatch) || bad "sbatch"
within 60 test -s pid.3 && kill -KILL "$(cat pid.3)"
within 60 test -s pid.5 && scontrol requeue "${job}_5"
within 300 sh -c "! squeue -h -j $job -r -t R | grep -q . && [ \"\$(squeue -h -j $job -r | wc -l)\" -le 1 ]" || bad "the array ends"
scontrol update JobId="${job}_5" StartTime=now 2>/dev/null # SLURM lets a requeued job wait two minutes
within 60 sh -c "! squeue -h -j $job -r | grep -q ." || bad "the requeued task ends"
lab 'sweep status a.sweep'
is "all but the killed one are done" 39 "$(field done)"
again=$(LATLAB=$work/slow sbatch --parsable --array=3 a.sbatch)
within 60 sh -c "! squeue -h -j $again -r | grep -q ." || bad "the killed task, once more"
lab 'sweep merge a.sweep' || bad "merging"
is "trials of all tasks" 320 "$(field trials)"
lab "compare $experiment out=merged.md" && is "compare recalls them" 320 "$(field recalled)"
lab "compare $experiment results=alone.sqlite out=alone.md"
cmp alone.md merged.md && ok || bad "the tables differ"

# proxies, and measure, whose tasks take turns on the one node: the same as alone.
spread() { # spread PLAN: all tasks as an array, to their end
    lab "sweep emit slurm $1 memory=200M out=$1.sbatch" || bad "the script of $1"
    local array
    array=$(sbatch --parsable "$1.sbatch") || bad "sbatch of $1"
    within 120 sh -c "! squeue -h -j $array -r 2>/dev/null | grep -q ." || bad "the array of $1 ends"
    lab "sweep status $1"
    is "tasks of $1 that are not done" 0 "$(($(sed -n 's/^tasks \([0-9]*\) cells .*/\1/p' "$1") - $(field done)))"
    lab "sweep merge $1" || bad "merging $1"
}
proxies="names=synflow,nwot batch=4 alike=on space=nasbench201 archs=$(seq -s, 100 9 500)"
lab "sweep plan p.sweep proxies $proxies each=.3 minutes=.1 out=p.csv" || bad "a plan of proxies"
spread p.sweep
lab "proxies $proxies out=palone.csv" || bad "proxies alone"
cmp palone.csv p.csv && ok || bad "the tables of proxies differ"
lab 'sweep plan m.sweep measure dataset=own space=nasbench201 n=8 device=mine engine=blas repeats=1 each=1 minutes=.07' || bad "a plan of times"
spread m.sweep
lab 'load own; device info mine' && is "each has a time" 8 "$(field n)"

# A minute before its limit a job gets USR1; with a limit of one minute that is at once.
lab "sweep plan long.sweep compare tasks=ND data=t predictors=gp samplers=random k=10 trials=9000 minutes=1000"
lab 'sweep emit slurm long.sweep memory=100M out=long.sbatch'
long=$(sbatch --parsable --time=1 long.sbatch)
within 120 sh -c "grep -q stopped long.sweep.d/task-000000.state 2>/dev/null" || bad "the job at its limit stops"
within 30 sh -c "squeue -h -j $long -r -o %T | grep -q PENDING" && ok || bad "and asks for another turn"
lab 'sweep merge long.sweep results=long.sqlite'
[ "$(field trials)" -gt 0 ] && ok || bad "with what it has kept"
scancel "$long"
echo "check_slurm: $passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ] || tail -n 5 ctld.log d.log slurm-*.out 2>/dev/null | tail -n 60
[ $failed -eq 0 ]
