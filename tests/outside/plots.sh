#!/usr/bin/env bash
# Pictures of runs: usage plots.sh VPNSIM SCENARIO-DIR…
# Every picture is drawn in both formats; the SVG says what the tables say. 77 without gnuplot.
set -u
vpnsim=${1:?usage: plots.sh VPNSIM SCENARIO-DIR...}
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
refuse() {
    echo "$1"
    status=1
}
expect_exit() {
    wanted=$1
    shift
    "$@" >"$work/stdout" 2>"$work/stderr"
    code=$?
    [ $code -eq "$wanted" ] || refuse "exit code $code, not $wanted: $*"
}

# Without gnuplot the remedy is named.
"$vpnsim" run "$1" --out "$work/run" --quiet >/dev/null 2>&1
PATH=/nonexistent expect_exit 2 "$vpnsim" plot "$work/run"
grep -q 'apt-get install gnuplot-nox' "$work/stderr" || refuse "the remedy is not named: $(cat "$work/stderr")"
expect_exit 2 "$vpnsim" plot "$work/nothing"
expect_exit 2 "$vpnsim" plot "$work/run" --only sa-lifetime
expect_exit 2 "$vpnsim" plot "$work/run" --format gif
expect_exit 2 "$vpnsim" plot "$work/run" --out "$work/both.png"
command -v gnuplot >/dev/null || { echo "gnuplot is not installed"; exit 77; }

for scenario in "$@"; do
    run=$work/$(basename "$scenario")
    "$vpnsim" run "$scenario" --out "$run" --quiet >/dev/null 2>&1
    for format in png svg; do
        expect_exit 0 "$vpnsim" plot "$run" --format $format
        [ -s "$work/stderr" ] && refuse "$scenario: $(cat "$work/stderr")"
        [ "$(wc -l <"$work/stdout")" -eq 4 ] || refuse "$scenario: not four pictures: $(cat "$work/stdout")"
    done
    for picture in overview sa-lifetimes ping counters; do
        [ "$(head -c 8 "$run/plots/$picture.png" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] || refuse "$picture.png is no PNG"
        grep -q '</svg>' "$run/plots/$picture.svg" || refuse "$picture.svg is not complete"
    done
    # Each inbound SA is a row of somebody, each flow a line of the legend, each label a text.
    awk -F'"' '$4 == "isakmp" { print $2 " - " $10 }' "$run/sas.csv" | sort -u | while read -r row; do
        grep -q "$row" "$run/plots/sa-lifetimes.svg" || echo "$row"
    done >"$work/absent"
    awk -F'"' 'NR > 1 { print $2 ": " }' "$run/traffic.csv" | sort -u | while read -r flow; do
        grep -q "$flow [0-9]* sent" "$run/plots/ping.svg" || echo "$flow"
    done >>"$work/absent"
    grep '"step"' "$run/timeline.csv" | cut -d, -f4 | tr -d '"' | sort -u | while read -r label; do
        [ -z "$label" ] || grep -q ">$label<" "$run/plots/overview.svg" || echo "$label"
    done >>"$work/absent"
    [ -s "$work/absent" ] && refuse "$scenario: not in the pictures: $(tr '\n' ' ' <"$work/absent")"
    # A run over the old one takes the pictures with it; one without tables has nothing to draw.
    "$vpnsim" run "$scenario" --out "$run" --quiet --outputs verdict >/dev/null 2>&1
    [ -e "$run/plots" ] && refuse "$scenario: old pictures stay"
    expect_exit 2 "$vpnsim" plot "$run"
done
# Pictures of what happens on the path: the numbers in the legend are those of the table.
scenarios=$(dirname "$0")/../../scenarios
for row in replay:reorder-replay-window tcp:tcp-mtu-black-hole queues:qos-antireplay-drops; do
    picture=${row%%:*}
    run=$work/path-${row#*:}
    "$vpnsim" run "$scenarios/${row#*:}" --out "$run" --quiet >/dev/null 2>&1
    for format in png svg; do
        expect_exit 0 "$vpnsim" plot "$run" --only "$picture" --format $format
        [ -s "$work/stderr" ] && refuse "$picture: $(cat "$work/stderr")"
    done
    case $picture in
    replay)
        n=$(awk -F, '$6 == "\"replay\"" { n[$2 $4]++ } END { for (k in n) if (n[k] > most) most = n[k]; print most }' "$run/esp.csv")
        grep -q "$n refused as replays" "$run/plots/replay.svg" || refuse "replay: not $n refused"
        grep -q 'window of 64<' "$run/plots/replay.svg" || refuse "replay: the window is not of 64"
        ;;
    tcp)
        n=$(awk -F, '$3 == "\"upload\"" && $5 == "\"client\"" && $6 == "\"tx\"" && $11 > 0' "$run/tcp.csv" | wc -l)
        grep -q "sent again: $n<" "$run/plots/tcp.svg" || refuse "tcp: not $n sent again"
        ;;
    queues)
        n=$(awk -F, '$4 == "\"class-default\"" && $5 == "\"drop\""' "$run/queue.csv" | wc -l)
        grep -q "class-default: at most [0-9]*, $n dropped" "$run/plots/queues.svg" || refuse "queues: not $n dropped"
        ;;
    esac
done
# What a run has nothing of is not drawn.
expect_exit 2 "$vpnsim" plot "$work/path-tcp-mtu-black-hole" --only queues
[ $status -eq 0 ] && echo "pictures of $# runs, in both formats"
exit $status
