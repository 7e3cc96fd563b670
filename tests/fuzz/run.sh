#!/usr/bin/env bash
# Runs every fuzz target of a build for some seconds, two at a time, from the corpus kept beside this script.
# New finds stay in <build>/corpus; a crash stays there too and fails the run.
set -u
build=${1:?usage: run.sh BUILD-DIR [SECONDS]}
seconds=${2:-60}
here=$(cd "$(dirname "$0")" && pwd)
status=0
one() {
    name=$1
    mkdir -p "$build/corpus/$name" "$here/corpus/$name"
    if "$build/tests/fuzz_$name" -max_total_time="$seconds" -max_len=65536 -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 \
        -artifact_prefix="$build/corpus/$name-" "$build/corpus/$name" "$here/corpus/$name" >"$build/fuzz_$name.log" 2>&1; then
        echo "fuzz $name: clean, $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/fuzz_$name.log") inputs"
    else
        echo "fuzz $name: FAILED"
        tail -60 "$build/fuzz_$name.log"
        return 1
    fi
}
pids=()
for source in "$here"/*.c; do
    name=$(basename "$source" .c)
    one "$name" &
    pids+=($!)
    if [ ${#pids[@]} -ge 2 ]; then
        wait "${pids[0]}" || status=1
        pids=("${pids[@]:1}")
    fi
done
for pid in "${pids[@]}"; do
    wait "$pid" || status=1
done
exit $status
