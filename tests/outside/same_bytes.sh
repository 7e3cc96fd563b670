#!/usr/bin/env bash
# Same seed, same bytes: usage same_bytes.sh VPNSIM SCENARIO-DIR…
# Each scenario is played with every output, with each output alone, and with every output once more. The fingerprint
# never moves, each output has the same bytes alone as among all, and the two full run folders are equal. Another seed
# moves the fingerprint, so that the comparison could fail.
set -u
vpnsim=${1:?usage: same_bytes.sh VPNSIM SCENARIO-DIR...}
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
outputs="verdict events counters sas traffic esp timeline ladder console capture keys"

play() {
    "$vpnsim" run "$scenario" --out "$work/$1" --quiet "${@:2}" >/dev/null 2>"$work/err" || [ $? -eq 1 ] || cat "$work/err"
}
refuse() {
    echo "$(basename "$scenario"): $1"
    status=1
}

for scenario in "$@"; do
    rm -rf "${work:?}"/*
    play all
    play again
    play seed --seed 4711
    diff -r "$work/all" "$work/again" >/dev/null || refuse "two runs differ"
    cmp -s "$work/all/fingerprint" "$work/seed/fingerprint" && refuse "another seed changes nothing"
    for output in $outputs; do
        play "$output" --outputs "$output,fingerprint"
        cmp -s "$work/all/fingerprint" "$work/$output/fingerprint" || refuse "the fingerprint moves when only $output is on"
        (cd "$work/$output" && find . -type f ! -name manifest.json) | while read -r file; do
            cmp -s "$work/all/$file" "$work/$output/$file" || echo "$file"
        done >"$work/differing"
        [ -s "$work/differing" ] && refuse "$output alone: $(tr '\n' ' ' <"$work/differing")differ"
    done
    [ $status -eq 0 ] && echo "$(basename "$scenario"): the same bytes with every output, with each alone, and again"
done
exit $status
