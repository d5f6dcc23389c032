#!/bin/bash
# The lessons as scripts: each is listed, asks twice at least, plays by itself to its end without an error on the bundled data
# with the numbers of two students, tells the right answer of every question, says something at its beginning and its end, and
# leaves no file where the student is. real_loop measures this machine: tests/machines/test_real_loop.c plays it.
# (tests/tui/test_tui_lessons.c plays them key by key.)
# Ends with "check_lessons: N passed, N failed, N skipped".
set -u
cd "$(dirname "$0")/.." || exit 1
latlab=$(realpath "${LATLAB:-./latlab}")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export XDG_DATA_HOME=$work/data XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work
mkdir "$work/here"
passed=0 failed=0
ok() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $1"; [ -z "${2:-}" ] || tail -n 5 "$2" | sed 's/^/  /'; }
"$latlab" --json -c 'lesson list' >"$work/list" 2>&1 || bad "lesson list" "$work/list"
for file in sessions/lessons/*.latlab; do
    name=$(basename "$file" .latlab)
    grep -q "\"lesson\":\"$name\"" "$work/list" && ok || bad "$name is not listed"
    head -n 1 "$file" | grep -q '^# .' && tail -n 1 "$file" | grep -q '^# .' && ok || bad "$name begins and ends with a word"
    asked=$(grep -c '^#ask' "$file")
    [ "$asked" -ge 2 ] && ok || bad "$name asks $asked times"
    grep -q '{' "$file" && tail -n 3 "$file" | grep -q '{' && ok || bad "$name ends in a number of the student's own"
    [ "$name" != real_loop ] || continue
    (cd "$work/here" && timeout 240 "$latlab" "$OLDPWD/$file" >../out 2>&1 </dev/null) && ok || bad "$name" "$work/out"
    told=$(grep -c '^[a-z_0-9]*: right is ' "$work/out")
    [ "$told" = "$asked" ] && ok || bad "$name tells $told right answers of $asked" "$work/out"
    (cd "$work/here" && timeout 240 "$latlab" -c "lesson run $name student=other" >../out 2>&1 </dev/null) && ok ||
        bad "$name of another student" "$work/out"
    [ -z "$(ls -A "$work/here")" ] && ok || bad "$name leaves $(ls -A "$work/here") where the student is"
done
sed -n '/^```$/,/^```$/p' sessions/LESSONS.md | grep -v '^```' >"$work/agree.latlab"
(cd "$work" && "$latlab" agree.latlab >out 2>&1 </dev/null) && [ -s "$work/agree.latlab" ] && ok || bad "the manual's lesson" "$work/out"
(cd "$work" && "$latlab" -c 'lesson ./agree.latlab student=ann; answer a; lesson next; lesson next; answer sim_v100_b256; answer .99
lesson next; lesson next; lesson next; save ./ann; lesson grade ./ann of=agree.latlab' >out 2>&1 </dev/null) &&
    grep -q '^ann .*total .* 4 *4' "$work/out" && ok || bad "the manual's lesson, played and graded" "$work/out"
"$latlab" -c 'lesson shotz' >"$work/out" 2>&1 && bad "a lesson that is not there"
grep -q 'did you mean shots' "$work/out" && ok || bad "the nearest lesson is named" "$work/out"

echo "check_lessons: $passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
