#!/usr/bin/env bash
# ESP throughput of a bulk UDP flow through an attached device, beside strongSwan to strongSwan over the same veth:
# usage throughput.sh VPNSIM FLOOD [SECONDS]. Both peers of strongSwan are user-mode Linux, so both columns are bounded
# by the same kernel at one end; the ratio is what counts. Prints a table; exit 77 when there is nothing to measure with.
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 2 ] || { echo "usage: throughput.sh VPNSIM FLOOD [SECONDS]" >&2; exit 2; }
vpnsim=$(realpath "$1") flood=$(realpath "$2") seconds=${3:-4} size=1300
work=$(mktemp -d /tmp/vs-throughput.XXXXXX)
. "$here/peer.sh"
finish() {
    peer_cleanup
    ip netns pids "$space-in" 2>/dev/null | xargs -r kill 2>/dev/null
    ip netns del "$space-in" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM
peer_possible || exit 77
export LC_ALL=C
cp "$flood" "$work/flood" # the machines see the host's files, not what the build may be doing to them

# conf FILE LOCAL REMOTE LOCAL_TS REMOTE_TS PHASE2
conf() {
    sed -e "s/@P1@/aes128-sha1-modp1024/; s/@P2@/$6/; s/@REKEY_TIME@/0s/; s/@LIFE_TIME@/3600s/; s/@PSK@/cisco123/" \
        -e "s|local_addrs = .*|local_addrs = $2|; s|remote_addrs = .*|remote_addrs = $3|" \
        -e "s|@LOCAL_TS@|$4|; s|remote_ts = .*|remote_ts = $5|" "$here/router/swanctl.conf" >"$1"
}
mbit() { awk -v b="$2" -v ms="$3" 'BEGIN { printf "%.1f", ms > 0 ? b * 8 / ms / 1000 : 0 }'; }

# The other end of the wire is a strongSwan, or the simulated router with a real host behind it.
peer_wire wan0 far0
peer_boot b far0 203.0.113.2 10.2.0.5 203.0.113.1
peer_boot a wan0 203.0.113.1 10.1.0.5 203.0.113.2
peer_ready a && peer_ready b || exit 1

strongswan() { # PHASE2
    conf "$work/a/swanctl.conf" 203.0.113.1 203.0.113.2 10.1.0.0/24 10.2.0.0/24 "$1"
    conf "$work/b/swanctl.conf" 203.0.113.2 203.0.113.1 10.2.0.0/24 10.1.0.0/24 "$1"
    peer_do a 20 case_begin >/dev/null && peer_do b 20 case_begin >/dev/null || return 1
    peer_do b 20 'swanctl --initiate --child net --timeout 9' >/dev/null || return 1
    peer_begin a "$work/flood receive 5003"
    sleep 0.3
    peer_do b 40 "$work/flood send 10.1.0.5 5003 $size $seconds" >/dev/null
    to=$(peer_wait a 40)
    peer_begin b "$work/flood receive 5003"
    sleep 0.3
    peer_do a 40 "$work/flood send 10.2.0.5 5003 $size $seconds" >/dev/null
    from=$(peer_wait b 40)
    peer_do a 20 case_end && peer_do b 20 case_end
}

device() { # PHASE2 TRANSFORM
    local router=$work/router i
    conf "$work/b/swanctl.conf" 203.0.113.2 203.0.113.1 10.2.0.0/24 10.1.0.0/24 "$1"
    mkdir -p "$router"
    sed -e 's/@P1_ENCR@/aes/; s/@P1_HASH@/sha/; s/@P1_GROUP@/2/; s/@LIFE@/3600/; s/^@PFS@/!/' \
        -e "s/@TRANSFORM@/$2/" "$here/router/r1.cfg" >"$router/r1.cfg"
    cat >"$router/scenario.yml" <<END
vpnsim: 1
name: throughput
duration: 1h
topology:
  nodes:
    r1: {kind: ios, version: "15.1", startup-config: r1.cfg}
  links:
    - {name: wan, endpoints: ["r1:FastEthernet0/0"]}
    - {name: lan, endpoints: ["r1:FastEthernet0/1"]}
END
    peer_do b 20 case_begin >/dev/null || return 1
    ip netns exec "$space" "$vpnsim" attach "$router" --link wan=wan0 --link lan=lan0 --max-lag 60s --for 120s \
        --outputs none >"$work/attach.out" 2>"$work/attach.err" &
    local pid=$!
    for i in $(seq 100); do
        grep -q READY "$work/attach.out" && break
        sleep 0.05
    done
    peer_do b 20 'swanctl --initiate --child net --timeout 9' >/dev/null || return 1
    local before=$(cpu $pid)
    ip netns exec "$space-in" "$work/flood" receive 5003 >"$work/received" &
    local receiver=$!
    sleep 0.3
    peer_do b 40 "$work/flood send 10.1.0.5 5003 $size $seconds" >/dev/null
    wait $receiver
    to=$(cat "$work/received")
    cost_to=$(awk -v c="$(($(cpu $pid) - before))" -v n="${to%% *}" 'BEGIN { printf "%.1f", n ? c * 10000 / n : 0 }')
    # The real host is faster than all the rest: it keeps to a rate that the machine can follow.
    peer_begin b "$work/flood receive 5003"
    sleep 0.3
    before=$(cpu $pid)
    ip netns exec "$space-in" "$work/flood" send 10.2.0.5 5003 $size "$seconds" "${FLOOD_MBIT:-400}" >/dev/null
    from=$(peer_wait b 40)
    cost_from=$(awk -v c="$(($(cpu $pid) - before))" -v n="${from%% *}" 'BEGIN { printf "%.1f", n ? c * 10000 / n : 0 }')
    kill $pid
    wait $pid
    peer_do b 20 case_end
}
cpu() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat" 2>/dev/null || echo 0; } # hundredths of a second

# The real host behind the router.
ip netns add "$space-in"
ip -n "$space" link add name lan0 type veth peer name lan1
ip -n "$space" link set lan1 netns "$space-in"
ip netns exec "$space" sysctl -qw net.ipv6.conf.lan0.disable_ipv6=1
ip -n "$space" link set lan0 up
ip -n "$space-in" link set lan1 up
ip -n "$space-in" addr add 10.1.0.5/24 dev lan1
ip -n "$space-in" route add default via 10.1.0.1

printf '%-14s %-10s %14s %14s %8s %18s\n' ESP direction "strongSwan" "vpnsim" ratio "vpnsim CPU"
for row in "aes128-sha1 esp-aes esp-sha-hmac" "3des-sha1 esp-3des esp-sha-hmac"; do
    suite=${row%% *}
    strongswan "$suite" || { echo "strongSwan does not meet strongSwan" >&2; exit 1; }
    s_to=$(mbit $to) s_from=$(mbit $from)
    # The machine at the router's end is not needed now, and must not answer for its address.
    peer_do a 5 'ip link set vec0 down' >/dev/null
    device "$suite" "${row#* }" || { echo "strongSwan does not meet vpnsim: $(cat "$work/attach.err")" >&2; exit 1; }
    v_to=$(mbit $to) v_from=$(mbit $from)
    peer_do a 5 'ip link set vec0 up; ip route add default via $VS_GATEWAY; ip route add unreachable 10.0.0.0/8' >/dev/null
    for d in to from; do
        eval "s=\$s_$d v=\$v_$d c=\$cost_$d"
        printf '%-14s %-10s %9s Mb/s %9s Mb/s %8s %12s us/pkt\n' "$suite" "$d it" "$s" "$v" \
            "$(awk -v s="$s" -v v="$v" 'BEGIN { printf "%.2f", s > 0 ? v / s : 0 }')" "$c"
    done
done
grep 'real time is kept' "$work/attach.err"
