#!/bin/sh
# Dependency runs one way (see the table): a file includes only its own room or rooms before it.
# Prints each include that goes the wrong way; exit status 1 when there is one.
set -u
cd "$(dirname "$0")/.." || exit 1
# room: rooms it may include besides itself
# A room's own line is all the rooms that it may include besides itself; `+name` stands for a list given before.
rules='
core/base:
core/base/system: core/base
core/base/text: core/base core/base/system
+base: core/base core/base/system core/base/text
core/num: +base
core/nn: +base core/num
core/space: +base core/num
core/space/template: +base core/space
core/space/published: +base core/space core/space/template
core/space/own: +base core/space core/space/template
core/space/files: +base core/space core/space/template core/space/own
+space: core/space core/space/own core/space/files
core/costs: +base core/num +space
core/codesign: +base core/num +space
core/archs: +base core/num +space
core/proxies: +base core/num core/nn +space core/archs
core/device: +base core/num +space core/costs core/archs
core/encode: +base core/num core/nn +space core/costs core/archs core/proxies core/device
core/encode/arch2vec: +base core/num core/nn +space core/costs core/archs core/device core/encode
core/encode/cate: +base core/num core/nn +space core/costs core/archs core/device core/encode
core/sample: +base core/num +space core/costs core/archs core/device core/encode
+learning: +base core/num core/nn +space core/costs core/archs core/device core/encode core/sample
core/predict: +learning
core/predict/simple: +learning core/predict
core/predict/help: +learning core/predict
core/predict/forest: +learning core/predict core/predict/simple
core/predict/kernels: +learning core/predict core/predict/simple core/predict/forest
core/predict/mlp: +learning core/predict core/predict/simple
core/predict/gcn: +learning core/predict core/predict/simple core/predict/help
core/predict/gp: +learning core/predict
core/predict/nasflat: +learning core/predict core/predict/gp
core/predict/blend: +learning core/predict core/predict/gp core/predict/nasflat
core/transfer: +learning core/predict core/predict/gp
core/search: +learning core/predict core/transfer
core/diagnose: +learning core/predict core/predict/gp core/transfer
+science: +learning core/predict core/predict/gp core/predict/nasflat core/transfer core/search core/diagnose core/proxies
core/app: +science
core/commands: +science core/app
core/commands/look: +science core/app core/commands
core/commands/diagnose: +science core/app core/commands core/commands/look
core/commands/search: +science core/app core/commands
core/commands/predict: +science core/app core/commands core/commands/look core/commands/search
core/commands/score: +science core/app core/commands
+commands: core/commands core/commands/look core/commands/diagnose core/commands/search core/commands/predict core/commands/score
+core: +science core/app +commands core/codesign
data/formats: +learning core/predict core/transfer
data/machines/host: +base core/num core/space
data/machines/remote: +base core/num core/space data/machines/host
data/importers: +core data/formats
data/datasets: +core data/formats data/importers
data/results: +core data/machines/host
data/sweep: +core data/results
data/commands: +core data/formats data/importers data/datasets data/results
+data: data/formats data/importers data/datasets data/results data/commands data/machines data/machines/host data/machines/remote data/sweep data/sweep/commands
data/machines: +core core/predict/kernels data/formats data/importers data/datasets data/commands data/machines/host data/machines/remote
data/sweep/commands: +core data/importers data/datasets data/results data/commands data/machines data/machines/host data/machines/remote data/sweep
sessions: +core data/formats data/datasets
sessions/course: +core data/formats data/datasets sessions
plots/figure: +base core/num
plots/build: +base core/num core/transfer plots/figure
plots/gather: +core plots/figure plots/build
plots/gnuplot: +base plots/figure
plots/terminal: +base plots/figure plots/gnuplot
+drawing: plots/figure plots/build plots/gather plots/gnuplot plots/terminal
plots: +core +drawing
plots/report: +core plots/figure plots
tui/draw: +core plots plots/terminal
tui/faces: +core plots tui/draw
tui/screen: +core plots tui/draw tui/faces
tui/screen/views: +core plots plots/build tui/draw tui/faces tui/screen
tui: +core +data sessions sessions/course plots plots/report tui/draw tui/faces tui/screen tui/screen/views'
# The rooms of one line, lists replaced by what they hold.
rooms_of() {
    for word in $(echo "$rules" | sed -n "s|^$1:||p"); do
        case "$word" in
        +*) rooms_of "$word" ;;
        *) echo "$word" ;;
        esac
    done
}
bad=0 room=
for file in $(find core data sessions plots tui -name '*.[ch]' | sort); do
    [ "$room" = "${file%/*}" ] || {
        room=${file%/*}
        allowed=" $(rooms_of "$room" | tr '\n' ' ') $room "
    }
    for include in $(sed -n 's/^#include "\(.*\)"/\1/p' "$file"); do
        case "$allowed" in
        *" ${include%/*} "*) ;;
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
