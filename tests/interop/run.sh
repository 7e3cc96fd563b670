#!/usr/bin/env bash
# The matrix of real peers: usage run.sh [--case NAME] [--keep DIR] [--jobs N] VPNSIM REDERIVE
# For every row of matrix.tsv a strongSwan with kernel ESP (peer.sh) and a simulated IOS router (router/, by
# `vpnsim attach`) meet on a wire. A line a case: what was established, what crossed; below a failed case, why.
# Judged: both sides' words, strongSwan's list of SAs, traffic in both directions, tshark on the exported capture and
# keys, and the judge that derives all keys anew. Exit 1 when a case fails, 77 when nothing can be judged here.
set -u
here=$(cd "$(dirname "$0")" && pwd)
only= keep= jobs=3 workers=()
while [ $# -gt 2 ]; do
    case $1 in
    --case) only=$2; shift 2 ;;
    --keep) keep=$2; shift 2 ;;
    --jobs) jobs=$2; shift 2 ;;
    *) break ;;
    esac
done
[ $# = 2 ] || { echo "usage: run.sh [--case NAME] [--keep DIR] [--jobs N] VPNSIM REDERIVE" >&2; exit 2; }
vpnsim=$(realpath "$1") rederive=$(realpath "$2")
work=$(mktemp -d /tmp/vs-interop.XXXXXX)
. "$here/peer.sh"
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

# The row's proposal in strongSwan's words, encryption-hash-group.
proposal() {
    local part out=
    for part in ${1//-/ }; do
        out=$out-$(word 2 "$part")
    done
    echo "${out#-}"
}

# Both sides' configurations from the templates.
write_sides() {
    local p1 p2 pfs=- rekey=0 life=3600 router_life=3600 before=30 start=3s steps=
    IFS=- read -r -a p1 <<<"$row_phase1"
    IFS=- read -r -a p2 <<<"$row_phase2"
    [ "$row_initiator" = vpnsim ] && start=500ms
    case $(with rekey -) in
    peer) rekey=5 life=12 before=1 ;;
    vpnsim) # who answered last asks a sixth of the margin later; the shortest that can be configured is 120 s
        if [ "$row_initiator" = peer ]; then life=24 before=22; else life=200 router_life=120 before=115; fi ;;
    esac
    case $(with delete -) in
    vpnsim) steps='  - {at: 7s, node: r1, console: "clear crypto sa"}' ;;
    vpnsim-ike) steps='  - {at: 7s, node: r1, console: "clear crypto isakmp"}' ;;
    esac
    [ "$row_pfs" = - ] || pfs=" set pfs $(word 5 "$row_pfs")"
    mkdir -p "$dir/router"
    sed -e "s/@REKEY_BEFORE@/$before/; s/@START@/$start/g; s/@SIZE@/$(with size 100)/; s|^@STEPS@|$steps|" \
        "$here/router/scenario.yml" >"$dir/router/scenario.yml"
    sed -e "s/@P1_ENCR@/$(word 4 "${p1[0]}")/; s/@P1_HASH@/$(word 4 "${p1[1]}")/; s/@P1_GROUP@/$(word 4 "${p1[2]}")/" \
        -e "s/@TRANSFORM@/$(word 5 "${p2[0]}") $(word 5 "${p2[1]}")/; s/@LIFE@/$router_life/; s/^@PFS@/${pfs/#-/!}/" \
        "$here/router/r1.cfg" >"$dir/router/r1.cfg"
    local peer_p2=$(with peer-phase2 "$row_phase2")
    [ "$row_pfs" = - ] || peer_p2=$peer_p2-$row_pfs
    sed -e "s/@P1@/$(proposal "$(with peer-phase1 "$row_phase1")")/; s/@P2@/$(proposal "$peer_p2")/" \
        -e "s/@REKEY_TIME@/${rekey}s/; s/@LIFE_TIME@/${life}s/; s/@PSK@/$(with peer-key cisco123)/" \
        -e "s|@LOCAL_TS@|$(with peer-net 10.2.0.0/24)|" "$here/router/swanctl.conf" >"$work/$peer/swanctl.conf"
    cp "$work/$peer/swanctl.conf" "$dir/"
}

# Who began a quick mode, in strongSwan's log.
quick_by_peer='generating QUICK_MODE request [0-9]+ . HASH SA'
quick_by_router='parsed QUICK_MODE request [0-9]+ . HASH SA'

# What the real side does, as text for its machine: begun before the router is there, ended by the list of its SAs.
# `await go` is where the router becomes ready.
peer_part() {
    local again="await 9 times 2 'CHILD_SA net.* established'" begun=0
    [ "$row_initiator" = vpnsim ] && begun=1
    cat <<END
talk_size=$(($(with size 100) - 28))
case_begin || return 1
echo >/mnt/$name.up
await 20 test -e /mnt/$name.go
END
    if [ "$row_initiator" = peer ]; then
        echo "swanctl --initiate --child net --timeout 9 >/run/initiate 2>&1; tail -1 /run/initiate"
    fi
    if [ "$row_outcome" = up ]; then
        echo "await 9 logged 'CHILD_SA net.* established' || echo 'no CHILD_SA'"
        echo "talk"
        case $(with rekey -) in
        peer) echo "await 9 times $((2 - begun)) '$quick_by_peer'; talk" ;;
        vpnsim) echo "await 12 times $((1 + begun)) '$quick_by_router'; talk" ;;
        esac
        case $(with delete -) in
        peer) echo "swanctl --terminate --child net >/run/end 2>&1; $again; talk" ;;
        peer-ike) echo "swanctl --terminate --ike peer >/run/end 2>&1; $again; talk" ;;
        vpnsim) echo "await 9 logged 'received DELETE for ESP CHILD_SA'; $again; talk" ;;
        vpnsim-ike) # the router keeps its pair, strongSwan none: the next word is the peer's
            echo "await 9 logged 'received DELETE for IKE_SA'; swanctl --initiate --child net >/run/end 2>&1; $again; talk" ;;
        esac
    else
        echo "await 12 logged '${row_peer_says%% & *}'; read -rt $(with linger 0.5) <>/run/never"
    fi
    cat <<END
case_count
swanctl --list-sas --raw >/mnt/$name.sas 2>&1
echo >/mnt/$name.done
[ $row_outcome = up ] && await 4 logged 'received DELETE for IKE_SA'
cp /run/charon.log /mnt/$name.log
case_end
END
}

# Waits until the machine made a file; fails when it takes too long or the command ended before.
peer_made() {
    local i n
    n=$(cat "$work/$peer/last")
    for i in $(seq $(($2 * 50))); do
        [ -e "$work/$peer/$1" ] && return 0
        [ -e "$work/$peer/$n.rc" ] && return 1
        sleep 0.02
    done
    return 1
}

# The router of the row, in the background; its process id.
router_start() {
    ip netns exec "$space" "$vpnsim" attach "$dir/router" --link "wan=$wire" --for 60s --out "$dir/run" \
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
    write_sides
    peer_begin "$peer" "$(peer_part)"
    if ! peer_made "$name.up" 30; then
        refuse "the peer does not begin"
    elif ! router_start; then
        refuse "vpnsim attach does not become ready: $(tail -2 "$dir/attach.err")"
    else
        echo >"$work/$peer/$name.go"
        peer_made "$name.done" 60 || refuse "the peer does not come to an end"
    fi
    echo >"$work/$peer/$name.go"
    attach_status=-
    if [ -n "$router" ]; then
        kill "$router" 2>/dev/null
        wait "$router"
        attach_status=$?
    fi
    peer_wait "$peer" 20 >"$dir/peer.out" || refuse "the peer's part ends with $?"
    cp "$work/$peer/$name.log" "$dir/charon.log" 2>/dev/null
    cp "$work/$peer/$name.sas" "$dir/sas" 2>/dev/null
    judge_case
}

# Words of the row that strongSwan has not, by its own list (Debian drops an old algorithm now and then).
lacking() {
    local part name
    for part in ${row_phase1//-/ } ${row_phase2//-/ } ${row_pfs//-/ }; do
        name=$(word 3 "$part")
        name=${name%-[0-9]*}
        grep -q "^ *${name:-$part}\[" "$work/$peer/algs" || printf ' %s' "$part"
    done
}

# Every jobs-th case from the nth on, on a machine and a wire of its own.
worker() {
    local nth=$1 at=0
    peer=peer$nth wire=wan$nth
    peer_do "$peer" 30 'charon_start && swanctl --list-algs; charon_stop' >"$work/$peer/algs"
    while IFS=$'\t' read -r name row_initiator row_phase1 row_phase2 row_pfs row_with row_outcome row_peer_says \
        row_router_says; do
        [ -z "$only" ] || [[ $name == $only ]] || continue
        [ $((at++ % jobs)) = "$nth" ] || continue
        if [ -n "$(lacking)" ]; then
            echo "SKIPPED $name: strongSwan has no$(lacking) here"
            echo skipped >>"$work/results"
            continue
        fi
        why= router= established= rekeys=
        run_case </dev/null
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
