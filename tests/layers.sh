#!/bin/sh
# Dependency runs one way (see the table): a file includes only its own room or rooms before it.
# Prints each include that goes the wrong way; exit status 1 when there is one.
set -u
cd "$(dirname "$0")/.." || exit 1
# room: rooms it may include besides itself
rules='core/base:
core/num: core/base
core/space: core/base core/num
core/device: core/base core/num core/space
core/encode: core/base core/num core/space core/device
core/sample: core/base core/num core/space core/device core/encode
core/predict: core/base core/num core/space core/device core/encode core/sample
core/transfer: core/base core/num core/space core/device core/encode core/sample core/predict
core/search: core/base core/num core/space core/device core/encode core/sample core/predict core/transfer
core/app: core/base core/num core/space core/device core/encode core/sample core/predict core/transfer core/search
data/host: core/base core/num core/space
data: core/base core/num core/space core/device core/encode core/sample core/predict core/transfer core/app data/host
sessions: core/base core/num core/space core/device core/encode core/sample core/predict core/transfer core/app data
plots: core/base core/num core/space core/device core/encode core/sample core/predict core/transfer core/app
tui: core/base core/num core/space core/device core/encode core/sample core/predict core/transfer core/search core/app data sessions plots'
bad=0
for file in $(find core data sessions plots tui -name '*.[ch]' | sort); do
    room=$(dirname "$file")
    allowed=" $(echo "$rules" | sed -n "s|^$room: *||p") $room "
    for include in $(sed -n 's/^#include "\(.*\)"/\1/p' "$file"); do
        case "$allowed" in
        *" $(dirname "$include") "*) ;;
        *) echo "$file includes $include"; bad=1 ;;
        esac
    done
    # core knows no terminal and owns no process
    case "$file" in
    core/*)
        if grep -nE '#include <(curses|ncurses|readline|termios|term)|\b(printf|puts|putchar|exit|_exit)\(|\b(stdin|stdout|stderr)\b' \
            "$file" | grep -vE '^\S*:? *(/\*|\*)' | grep -vE 'fprintf\(|^[0-9]+: *\*|^[0-9]+:/\*'; then
            echo "$file: core knows no terminal and does not exit"
            bad=1
        fi
        ;;
    esac
done
[ $bad -eq 0 ] && echo "layers: every include goes the right way"
exit $bad
