#!/bin/sh
# data/latlab.py, the way from Python. The program is $LATLAB. Ends with "check_python: N passed, N failed, N skipped".
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export XDG_DATA_HOME="$work/data" XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/config" LC_ALL=C.UTF-8
unset LATLAB_DATA
if ! command -v python3 >/dev/null; then
    echo "SKIP check_python: there is no python3"
    echo "check_python: 0 passed, 0 failed, 1 skipped"
    exit 0
fi
PYTHONDONTWRITEBYTECODE=1 python3 "$(dirname "$0")/check_python.py" 2>&1
