#!/bin/bash
# The faces as a script meets them: exit statuses, what goes to stdout and what to stderr, colour, JSON, pipes.
# The program is $LATLAB. Ends with "check_faces: N passed, N failed, N skipped".
set -u
latlab=$(realpath "${LATLAB:-./latlab}")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export XDG_DATA_HOME=$work/data XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config LC_ALL=C.UTF-8
unset LATLAB_DATA NO_COLOR FORCE_COLOR COLORTERM LATLAB_KEYS
cd "$work" || exit 1
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $1"; }
# expect NAME STATUS COMMAND...: runs it, output in out and err
expect() {
    local name=$1 want=$2
    shift 2
    "$@" >out 2>err </dev/null
    local got=$?
    if [ $got -eq "$want" ]; then ok; else bad "$name: exit status $got, expected $want"; head -n 3 err; fi
}
holds() { if grep -q -- "$2" "$1"; then ok; else bad "$3: $1 lacks '$2'"; head -n 3 "$1"; fi; }
lacks() { if grep -q -- "$2" "$1"; then bad "$3: $1 has '$2'"; grep -m 3 -- "$2" "$1"; else ok; fi; }
empty() { if [ -s "$1" ]; then bad "$2: $1 is not empty"; head -n 3 "$1"; else ok; fi; }
escape=$(printf '\033')

# exit statuses
expect "help" 0 "$latlab" --help
holds out 'usage: latlab' "--help"
expect "version" 0 "$latlab" --version
holds out '^latlab [0-9]' "--version"
expect "a good command" 0 "$latlab" -c 'spaces'
empty err "a good command"
expect "an unknown command" 2 "$latlab" -c 'bogus'
empty out "an unknown command"
holds err "no command 'bogus'" "an unknown command"
expect "an unknown option" 2 "$latlab" --bogus
expect "a bad value" 2 "$latlab" --color=red
expect "too many files" 2 "$latlab" a b
expect "a missing script" 2 "$latlab" nothere.latlab
holds err 'nothere.latlab' "a missing script"
expect "a command that cannot" 1 "$latlab" -c 'corr'
expect "tui without a terminal" 2 "$latlab" --tui
mkdir -p data/latlab/broken && echo '{' >data/latlab/broken/dataset.json
expect "bad data" 3 "$latlab" -c 'load broken'
empty out "bad data"

# scripts: where they stop, what they say
printf 'spaces\nbogus\nversion\n' >script
expect "a script stops" 2 "$latlab" script
holds err 'script:2' "a script stops"
printf 'bogus\nspaces\n' >script
expect "--keep-going goes on" 2 "$latlab" --keep-going script
holds out 'nasbench201' "--keep-going goes on"
printf 'spaces\nquit\nbogus\n' >script
expect "quit ends a script" 0 "$latlab" script
printf 'spaces; bogus\n' | "$latlab" - >out 2>err
[ $? -eq 2 ] && ok || bad "stdin: exit status"
holds err '-:1' "stdin"
expect "view in a script" 1 "$latlab" -c 'view corr'
expect "comments and blanks" 0 "$latlab" -c '# nothing
'

# colour: never in a pipe, on demand, off by NO_COLOR
"$latlab" -c 'load nb201_sim; corr' >out 2>err
lacks out "$escape" "no colour in a pipe"
lacks err "$escape" "no colour in a pipe"
FORCE_COLOR=1 TERM=xterm-256color "$latlab" -c 'load nb201_sim; corr' >out 2>err
holds out "$escape\[0;.*48;5;" "FORCE_COLOR gives 256 colours"
FORCE_COLOR=1 COLORTERM=truecolor TERM=xterm-256color "$latlab" -c 'load nb201_sim; corr' >out 2>err
holds out "48;2;" "COLORTERM gives true colour"
TERM=xterm-256color NO_COLOR=1 "$latlab" --color=always -c 'load nb201_sim; corr' >out 2>err
holds out "48;5;" "--color beats NO_COLOR"
FORCE_COLOR=1 NO_COLOR=1 TERM=xterm-256color "$latlab" -c 'load nb201_sim; corr' >out 2>err
lacks out "48;5;" "NO_COLOR beats FORCE_COLOR"
if command -v script >/dev/null; then
    pty() { script -qec "$1" /dev/null </dev/null >out 2>err; }
    TERM=xterm-256color pty "$latlab -c 'load nb201_sim; corr'"
    holds out "48;5;" "colour on a terminal"
    NO_COLOR=1 TERM=xterm-256color pty "$latlab -c 'load nb201_sim; corr'"
    lacks out "48;5;" "NO_COLOR on a terminal"
    TERM=dumb pty "$latlab -c 'load nb201_sim; corr'"
    lacks out "$escape" "no escape on a dumb terminal"
    TERM=xterm-256color pty "$latlab -c 'bogus' 2>$work/errfile"
    lacks "$work/errfile" "$escape" "stderr is looked at on its own"
else
    skipped=$((skipped + 4))
fi

# ASCII: by option and by locale
"$latlab" --ascii -c 'load nb201_sim; devices; corr' >out 2>err
LC_ALL=C grep -q '[^ -~[:cntrl:]]' out && bad "--ascii: other characters" || ok
LC_ALL=C "$latlab" -c 'load nb201_sim; devices' >out 2>err
LC_ALL=C grep -q '[^ -~[:cntrl:]]' out && bad "C locale: other characters" || ok

# JSON: every line parses, ends match begins, the stream is the same without a terminal
"$latlab" --json --keep-going -c 'load nb201_sim; devices; corr; bogus; arch 5; partition train=5 test=3 seed=1; help' >out 2>err
[ $? -eq 2 ] && ok || bad "json: exit status"
if command -v python3 >/dev/null; then
    python3 - out >verdict 2>&1 <<'P' && ok || { bad "json: $(cat verdict)"; }
import json, sys
begun, ended = [], []
for line in open(sys.argv[1]):
    e = json.loads(line, parse_constant=lambda c: sys.exit("constant " + c))
    if e["event"] == "begin": begun.append(e["id"])
    if e["event"] == "end": ended.append(e["id"]); assert e["status"] in ("ok", "failed", "cancelled")
    if e["event"] == "result": assert e["kind"]
assert begun == ended == list(range(1, 8)), (begun, ended)
P
else
    skipped=$((skipped + 1))
fi
holds out '"event":"error","id":4' "json holds the error"
holds err "no command 'bogus'" "the error is on stderr too"

# pipes
"$latlab" -c 'load nb201_sim; devices' 2>err | head -n 1 >out
status=("${PIPESTATUS[@]}")
{ [ "${status[0]}" -eq 0 ] || [ "${status[0]}" -eq 141 ]; } && ok || bad "closed pipe: ${status[0]}"
lacks err 'rror' "closed pipe"
for i in $(seq 200); do echo help; done >long
"$latlab" long 2>err | head -n 1 >out
[ "${PIPESTATUS[0]}" -eq 141 ] && ok || bad "a reader that leaves ends the program as a filter ends"
if [ -w /dev/full ]; then
    "$latlab" -c 'spaces' >/dev/full 2>err
    [ $? -eq 1 ] && ok || bad "a full disk: exit status"
    holds err 'No space left' "a full disk"
fi

"$latlab" -c 'spaces' >&- 2>err
[ $? -eq 1 ] && ok || bad "a closed stdout: exit status"
holds err 'writing the output' "a closed stdout"
(ulimit -f 1 && exec "$latlab" -c 'load nb201_sim; export csv big.csv') 2>err | cat >out
[ "${PIPESTATUS[0]}" -eq 1 ] && ok || bad "a file that may not grow: exit status"
holds err 'big.csv: cannot write' "a file that may not grow"
ls big.csv* >/dev/null 2>&1 && bad "a file that may not grow leaves a part of it" || ok

# installed anywhere, the program finds what came with it
mkdir -p prefix/bin prefix/share/latlab
cp "$latlab" prefix/bin/latlab
cp -R "$(dirname "$latlab")"/data/bundled prefix/share/latlab/ 2>/dev/null ||
    cp -R "$(dirname "$latlab")"/../../data/bundled prefix/share/latlab/
expect "installed elsewhere" 0 prefix/bin/latlab -c 'load nb201_sim'
holds out "$work/prefix/share/latlab/bundled/nb201_sim" "installed elsewhere"

# interruption
"$latlab" --json -c 'load nb201_sim; partition train=7 test=7; pretrain help' >out 2>err &
pid=$!
for i in $(seq 600); do grep -q '"event":"progress"' out && break || sleep 0.1; done
kill -INT $pid
wait $pid
[ $? -eq 130 ] && ok || bad "interrupted: exit status"

# what is generated from the tables
expect "the manual" 0 "$latlab" --man
holds out '^.TH LATLAB 1' "the manual"
holds out 'transfer' "the manual"
if command -v man >/dev/null && command -v groff >/dev/null; then
    groff -man -Tascii -ww out >/dev/null 2>warnings
    empty warnings "the manual formats without warnings"
fi
expect "bash completion" 0 "$latlab" --bash
bash -n out && ok || bad "bash completion is not bash"

# what latlab keeps for itself is written by nobody else
printf 'arch,a,b\n1,2,3\n5,4,5\n' >own.csv
expect "a dataset" 0 "$latlab" -c 'import csv own.csv as own space=nasbench201 unit=ms; load own; save own_session'
kept=$XDG_DATA_HOME/latlab
ln -s "$kept/own/latency.csv" link.csv
before=$(find "$kept/own" "$kept/sessions/own_session" -type f -exec cat {} + | cksum)
for command in 'export csv data/latlab/own/latency.csv' 'export csv link.csv' 'write data/latlab/own/dataset.json devices' \
    'export npy data/latlab/sessions/own_session/blobs/x.npy' 'export onnx 1 out=data/latlab/own' \
    'plot heatmap out=data/latlab/own/h.png' 'write data/latlab/sessions/own_session/session.json devices'; do
    expect "$command" 1 "$latlab" -c "load own; $command"
    holds err 'which would be damaged: write elsewhere' "$command"
done
same=$(find "$kept/own" "$kept/sessions/own_session" -type f -exec cat {} + | cksum)
if [ "$before" = "$same" ]; then ok; else bad "what latlab keeps has changed"; fi
expect "beside it" 0 "$latlab" -c 'load own; export csv data/latlab/beside.csv'

echo "check_faces: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
