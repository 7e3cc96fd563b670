#!/bin/sh
# Runs every benchmark of a build folder and prints its table. Later arguments pick some by name.
#   cmake -S . -B /tmp/release -G Ninja -DCMAKE_BUILD_TYPE=Release && cmake --build /tmp/release
#   tests/bench/run.sh /tmp/release [hold forward ...]
set -u
if [ $# -lt 1 ] || [ ! -d "$1/tests" ]; then
    echo "usage: $0 BUILD-FOLDER [NAME...]" >&2
    exit 2
fi
build=$1
shift
if ! grep -q '^CMAKE_BUILD_TYPE:[A-Z]*=Release$' "$build/CMakeCache.txt"; then
    echo "$0: $build is no release build: its numbers mean little" >&2
fi
wanted=" $* "
ran=0 failed=0
for program in "$build"/tests/bench_*; do
    [ -f "$program" ] && [ -x "$program" ] || continue
    name=${program##*/bench_}
    case $wanted in "  " | *" $name "*) ;; *) continue ;; esac
    echo "==== $name"
    "$program" || { echo "$0: $name failed" >&2; failed=$((failed + 1)); }
    echo
    ran=$((ran + 1))
done
if [ "$ran" -eq 0 ]; then
    echo "$0: no such benchmark in $build/tests" >&2
    exit 2
fi
[ "$failed" -eq 0 ]
