#!/bin/bash
# Inputs that went wrong once: every folder of $LATLAB_SHARED/cases (../shared), its cmd.txt run in a copy of the folder, and
# what is right about it as facts in cases.facts; then the hostile files, which are refused with a sentence. Without the
# folder all of it is skipped, loudly. The program is $LATLAB. Ends with "check_cases: N passed, N failed, N skipped".
# LATLAB_CASE=08 runs one case and shows what was said.
set -u
here=$(dirname "$(realpath "$0")")
export LATLAB SHARED
LATLAB=$(realpath "${LATLAB:-./latlab}")
SHARED=$(realpath -m "${LATLAB_SHARED:-$here/../../shared}")
facts=$here/cases.facts
if [ ! -d "$SHARED/cases" ]; then
    echo "SKIP the cases: there is no $SHARED/cases (LATLAB_SHARED names another folder)"
    echo "check_cases: 0 passed, 0 failed, 1 skipped"
    exit 0
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export XDG_DATA_HOME=$work/data XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config LC_ALL=C.UTF-8
unset LATLAB_DATA NO_COLOR FORCE_COLOR COLORTERM LATLAB_KEYS
passed=0 failed=0 skipped=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $1"; }
skip() { skipped=$((skipped + 1)); echo "SKIP $1"; }

# cells TEXT: {cell N} as the string of the cell, which the program itself knows
cells() {
    local text=$1 n
    while [[ $text =~ \{cell\ ([0-9]+)\} ]]; do
        n=${BASH_REMATCH[1]}
        text=${text//"{cell $n}"/$("$LATLAB" -c "load nb201_sim; arch $n" | grep -m 1 '^|')}
    done
    printf '%s' "$text"
}
# facts_of CASE KIND: the texts
facts_of() { sed -n "s/^$1|$2|//p" "$facts"; }
# run_lines CASE KIND: runs the shell lines of that kind in this folder
run_lines() {
    local line
    while IFS= read -r line; do timeout 120 sh -c "$(cells "$line")" </dev/null; done < <(facts_of "$1" "$2")
}
run_case() {
    local folder=$1 id=${1%%-*} text
    cp -r "$SHARED/cases/$folder" "$work/$folder" && chmod -R u+w "$work/$folder" && cd "$work/$folder" || exit 1
    {
        run_lines "$id" first
        timeout 120 sh ./cmd.txt </dev/null
        echo "status $?"
        run_lines "$id" also
    } >"$work/said" 2>&1
    [ -n "${LATLAB_CASE:-}" ] && cat "$work/said"
    while IFS= read -r text; do
        if grep -qF -- "$text" "$work/said"; then ok; else bad "$folder should say: $text"; fi
    done < <(facts_of "$id" says)
    while IFS= read -r text; do
        if grep -qF -- "$text" "$work/said"; then bad "$folder should not say: $text"; else ok; fi
    done < <(facts_of "$id" lacks)
    while IFS= read -r text; do
        if grep -qF -- "${text#*:}" "${text%%:*}"; then ok; else bad "$folder: ${text%%:*} should hold: ${text#*:}"; fi
    done < <(facts_of "$id" file)
    if grep -qE '^status (124|1(29|3[1-9]|4.))$|Sanitizer' "$work/said"; then bad "$folder: $(grep '^status' "$work/said")"; else ok; fi
    cd "$work" && rm -rf "${work:?}/$folder"
}

for path in "$SHARED"/cases/[0-9]*/; do
    folder=$(basename "$path") id=$(basename "$path" | cut -d- -f1)
    [ -n "${LATLAB_CASE:-}" ] && [ "$id" != "$LATLAB_CASE" ] && continue
    later=$(facts_of "$id" later)
    if [ -n "$later" ]; then
        skip "$folder: $later"
    elif ! grep -q "^$id|" "$facts"; then
        skip "$folder: cases.facts has no facts of it"
    else
        run_case "$folder"
    fi
done

# refuses NAME COMMAND: an error or an answer, soon, with no control character and no signal of its own
refuses() {
    timeout 60 "$LATLAB" --data "$work/hostile_data" -c "$2" >"$work/said" 2>&1 </dev/null
    local status=$?
    if [ $status -ge 124 ]; then bad "$1: exit status $status"; return; fi
    if grep -q "$(printf '[\001-\010\013-\037\177]')" "$work/said"; then bad "$1: a control character comes through"; return; fi
    if [ $status -ne 0 ] && ! grep -q '^error: ' "$work/said"; then bad "$1: status $status and no sentence"; return; fi
    ok
}
hostile=$SHARED/cases/hostile
if [ -d "$hostile" ] && [ -z "${LATLAB_CASE:-}" ]; then
    mkdir -p "$work/hostile_data"
    for file in "$hostile"/*; do
        name=hostile/$(basename "$file")
        case $file in
            *.csv) refuses "$name" "import csv $file as h space=nasbench201 unit=ms; load h; devices" ;;
            *.pkl) refuses "$name" "import brpnas $file as h device=d" ;;
            *.pt) refuses "$name" "import ofa-accuracy $file into nb201_sim"
                mkdir -p "$work/help/latency" && cp "$file" "$work/help/latency/dev.pt"
                refuses "$name as a latency" "import help $work/help as h" ;;
            *.safetensors) refuses "$name" "model load $file" ;;
            *.bin) refuses "$name" "import csv $file as h space=nasbench201 unit=ms" ;;
            *) refuses "$name" "load $file; devices; corr" ;;
        esac
    done
fi

echo "check_cases: $passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
