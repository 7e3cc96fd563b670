#!/usr/bin/env bash
# The matrix of real peers: usage run.sh [--case NAME] [--keep DIR] [--jobs N] VPNSIM REDERIVE STREAM
# For every row of matrix.tsv a strongSwan with kernel ESP (peer.sh) and a simulated IOS router or ASA (router/, by
# `vpnsim attach`) meet on a wire; what each has and does there: sides.sh; what lies between: path.sh. A line a case: what was established, what crossed; below a failed case, why.
# Judged: both sides' words, strongSwan's list of SAs, traffic in both directions, tshark on the exported capture and
# keys, and the judge that derives all keys anew. Exit 1 when a case fails, 77 when nothing can be judged here.
set -u
here=$(cd "$(dirname "$0")" && pwd)
only= keep= jobs=3 workers=()
while [ $# -gt 3 ]; do
    case $1 in
    --case) only=$2; shift 2 ;;
    --keep) keep=$2; shift 2 ;;
    --jobs) jobs=$2; shift 2 ;;
    *) break ;;
    esac
done
[ $# = 3 ] || { echo "usage: run.sh [--case NAME] [--keep DIR] [--jobs N] VPNSIM REDERIVE STREAM" >&2; exit 2; }
vpnsim=$(realpath "$1") rederive=$(realpath "$2") stream=$(realpath "$3")
work=$(mktemp -d /tmp/vs-interop.XXXXXX)
. "$here/peer.sh"
. "$here/path.sh"
. "$here/sides.sh"
. "$here/judge.sh"
finish() {
    local status=$?
    [ ${#workers[@]} = 0 ] || kill "${workers[@]}" 2>/dev/null
    peer_cleanup
    if [ -n "$keep" ]; then
        mkdir -p "$keep" && cp -r "$work"/case-* "$keep"/ 2>/dev/null
    fi
    rm -rf "$work"
    exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM
peer_possible || exit 77
export LC_ALL=C TZ=UTC

# word COLUMN WORD: what words.tsv calls it there.
word() { awk -F'\t' -v w="$2" -v c="$1" '$1 == w { print $c; exit }' "$here/words.tsv"; }
# with NAME DEFAULT: a setting of the row.
with() {
    local s
    for s in ${row_with//,/ }; do
        [ "${s%%=*}" = "$1" ] && { echo "${s#*=}"; return; }
    done
    echo "$2"
}
has() { [ -n "$(with "$1" '')" ]; }

# Waits until the machine made a file; fails when it takes too long or the command ended before.
peer_made() {
    local i n
    n=$(cat "$work/$peer/last")
    for i in $(seq $(($2 * 20))); do
        [ -e "$work/$peer/$1" ] && return 0
        [ -e "$work/$peer/$n.rc" ] && return 1
        sleep 0.05
    done
    return 1
}

# The simulated side of the row, in the background; its process id.
router_start() {
    ip netns exec "$space" "$vpnsim" attach "$dir/router" --link "wan=$bound" --for 90s --out "$dir/run" \
        >"$dir/attach.out" 2>"$dir/attach.err" &
    router=$!
    local i
    for i in $(seq 250); do
        grep -qs READY "$dir/attach.out" && return 0
        kill -0 $router 2>/dev/null || break
        sleep 0.02
    done
    return 1
}

run_case() {
    dir=$work/case-$name
    times_of
    path_addresses
    write_sides
    peer_begin "$peer" "$(peer_part)"
    if ! path_up; then
        refuse "no path between the sides"
    elif ! peer_made "$name.up" 30; then
        refuse "the peer does not begin"
    elif ! router_start; then
        refuse "vpnsim attach does not become ready: $(tail -2 "$dir/attach.err")"
    else
        echo >"$work/$peer/$name.go"
        path_moves
        peer_made "$name.done" 90 || refuse "the peer does not come to an end"
    fi
    echo ended >"$work/$peer/$name.go"
    attach_status=-
    if [ -n "$router" ]; then
        kill "$router" 2>/dev/null
        wait "$router"
        attach_status=$?
    fi
    peer_wait "$peer" 20 >"$dir/peer.out" || refuse "the peer's part ends with $?"
    path_down
    cp "$work/$peer/$name.log" "$dir/charon.log" 2>/dev/null
    cp "$work/$peer/$name.sas" "$dir/sas" 2>/dev/null
    judge_case
}

# Words of the row that strongSwan has not, by its own list (Debian drops an old algorithm now and then); no path.
lacking() {
    local part name
    for part in ${row_phase1//-/ } ${row_phase2//-/ } ${row_pfs//-/ }; do
        name=$(word 3 "$part")
        name=${name%-[0-9]*}
        grep -q "^ *${name:-$part}\[" "$work/$peer/algs" || printf ' %s' "$part"
    done
    has access && [ ! -e /usr/lib/ipsec/plugins/libstrongswan-xauth-generic.so ] && printf ' plugin xauth-generic'
    has_path && [ -n "$impossible" ] && printf ' path: %s' "$impossible"
}

# The cases that nobody else has taken, one after the other, on a machine and a wire of its own.
worker() {
    local nth=$1 began
    peer=peer$nth wire=wan$nth
    peer_do "$peer" 30 'charon_start && swanctl --list-algs; charon_stop' >"$work/$peer/algs"
    while IFS=$'\t' read -r name row_initiator row_phase1 row_phase2 row_pfs row_with row_outcome row_peer_says \
        row_router_says; do
        [ -z "$only" ] || [[ $name == $only ]] || continue
        mkdir "$work/taken-$name" 2>/dev/null || continue
        if [ -n "$(lacking)" ]; then
            echo "SKIPPED $name: there is no$(lacking) here"
            echo skipped >>"$work/results"
            continue
        fi
        why= router= established= rekeys= middle= bound= began=$SECONDS
        run_case </dev/null
        established="$established; $((SECONDS - began)) s"
        if [ -z "$why" ]; then
            echo "passed $name: $established"
            echo passed >>"$work/results"
        else
            echo "FAILED $name: $established"
            printf '%s' "$why" | sed 's/^/    /'
            echo failed >>"$work/results"
        fi
    done < <(grep -v '^#' "$here/matrix.tsv")
}
refuse() { why="$why$1"$'\n'; }

[ -z "$only" ] || [[ $only == *[*?]* ]] || jobs=1
impossible=$(path_impossible)
for n in $(seq 0 $((jobs - 1))); do
    peer_wire "wan$n" "far$n"
    peer_boot "peer$n" "far$n" 203.0.113.2 10.2.0.5 203.0.113.1
done
for n in $(seq 0 $((jobs - 1))); do
    (
        trap - EXIT
        peer_ready "peer$n" && worker "$n"
    ) &
    workers+=($!)
done
wait "${workers[@]}"
workers=()
if [ -z "$(ls "$work"/peer*/ready 2>/dev/null)" ]; then
    echo "SKIPPED: user-mode Linux does not boot here, nothing was judged by a real peer" >&2
    exit 77
fi
# What became of the cases that were asked for.
results() { grep -cs "$1" "$work/results" || true; }
wanted=$(grep -v '^#' "$here/matrix.tsv" | while IFS=$'\t' read -r name _; do
    [ -z "$only" ] || [[ $name == $only ]] && echo
done | wc -l)
passed=$(results passed) failed=$(results failed) skipped=$(results skipped)
missing=$((wanted - passed - failed - skipped))
[ "$missing" = 0 ] || echo "$missing cases were not come to"
echo "$((passed)) passed, $((failed)) failed, $((skipped)) skipped;" \
    "strongSwan $(dpkg-query -W -f '${Version}' strongswan-charon 2>/dev/null), $SECONDS s"
[ "$((failed))" = 0 ] && [ "$missing" = 0 ] && [ "$((passed))" -gt 0 ]
