#!/usr/bin/env bash
# ESP throughput of a bulk UDP flow through an attached device, beside strongSwan to strongSwan over the same veth:
# usage throughput.sh VPNSIM FLOOD [SECONDS]. Both peers of strongSwan are user-mode Linux, so both columns are bounded
# by the same kernel at one end; the ratio is what counts. Prints a table; exit 77 when there is nothing to measure with.
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 2 ] || { echo "usage: throughput.sh VPNSIM FLOOD [SECONDS]" >&2; exit 2; }
vpnsim=$(realpath "$1") flood=$(realpath "$2") seconds=${3:-2} size=1300
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
cp "$flood" "$work/flood"

# conf FILE LOCAL REMOTE LOCAL_TS REMOTE_TS PHASE2
conf() {
    sed -e "s/@P1@/aes128-sha1-modp1024/; s/@P2@/$6/; s/@REKEY_TIME@/0s/; s/@LIFE_TIME@/3600s/; s/@PSK@/cisco123/" \
        -e "s|local_addrs = .*|local_addrs = $2|; s|remote_addrs = .*|remote_addrs = $3|" \
        -e "s|@LOCAL_TS@|$4|; s|remote_ts = .*|remote_ts = $5|" "$here/router/swanctl.conf" >"$1"
}
mbit() { awk -v b="$2" -v ms="$3" 'BEGIN { printf "%.1f", (ms > 0 ? b * 8 / ms / 1000 : 0) }'; }

# The other end of the wire is a strongSwan, or the simulated router with a real host behind it.
peer_wire wan0 far0
peer_boot b far0 203.0.113.2 10.2.0.5 203.0.113.1
peer_boot a wan0 203.0.113.1 10.1.0.5 203.0.113.2
cp "$flood" "$work/a/flood" && cp "$flood" "$work/b/flood" # seen there as /mnt/flood
peer_ready a && peer_ready b || exit 1

# One flow at a rate of so many Mbit/s, each by where it ends; what arrived, as flood tells it.
into_a() { machine_flow b a 10.1.0.5 "$1"; }
into_b_from_a() { machine_flow a b 10.2.0.5 "$1"; }
machine_flow() {
    peer_begin "$2" "/mnt/flood receive 5003"
    sleep 0.3
    peer_do "$1" 40 "/mnt/flood send $3 5003 $size $seconds $4" >/dev/null
    peer_wait "$2" 40
}
into_host() {
    ip netns exec "$space-in" "$work/flood" receive 5003 >"$work/received" &
    local receiver=$!
    sleep 0.3
    peer_do b 40 "/mnt/flood send 10.1.0.5 5003 $size $seconds $1" >/dev/null
    wait $receiver
    cat "$work/received"
}
into_b_from_host() {
    peer_begin b "/mnt/flood receive 5003"
    sleep 0.3
    ip netns exec "$space-in" "$work/flood" send 10.2.0.5 5003 $size "$seconds" "$1" >/dev/null
    peer_wait b 40
}
# best FLOW: the rate that arrives when the best of several is offered; a machine that is offered too much gets less
# done. All that arrived is counted in $work/count.
best() {
    local rate got most=0 all=0
    for rate in 25 50 100 200; do
        read -r -a got <<<"$("$1" $rate)"
        all=$((all + got[0]))
        most=$(mbit "${got[@]}" | awk -v m="$most" '{ print ($1 > m ? $1 : m) }')
    done
    echo "$all" >"$work/count"
    echo "$most"
}
# Microseconds of CPU a packet that arrived.
spent() { awk -v a="$1" -v b="$2" -v n="$3" 'BEGIN { printf "%.1f", (n ? (b - a) * 10000 / n : 0) }'; }

strongswan() { # PHASE2
    conf "$work/a/swanctl.conf" 203.0.113.1 203.0.113.2 10.1.0.0/24 10.2.0.0/24 "$1"
    conf "$work/b/swanctl.conf" 203.0.113.2 203.0.113.1 10.2.0.0/24 10.1.0.0/24 "$1"
    peer_do a 20 case_begin >/dev/null && peer_do b 20 case_begin >/dev/null || return 1
    peer_do b 20 'swanctl --initiate --child net --timeout 9' >/dev/null || return 1
    to=$(best into_a) from=$(best into_b_from_a)
    peer_do a 20 case_end && peer_do b 20 case_end
}

device() { # PHASE2 TRANSFORM
    local router=$work/router i
    conf "$work/b/swanctl.conf" 203.0.113.2 203.0.113.1 10.2.0.0/24 10.1.0.0/24 "$1"
    mkdir -p "$router"
    sed -e 's/@P1_ENCR@/aes/; s/@P1_HASH@/sha/; s/@P1_GROUP@/2/; s/@P1_LIFE@/86400/; s/@LIFE@/3600/; s/^@PFS@/!/' \
        -e 's/@ADDRESS@/203.0.113.1/; s/@GATEWAY@/203.0.113.2/; s/@PEER@/203.0.113.2/; s/@VERSION@/15.1/; s/^@[A-Z_]*KEEPALIVE@/!/' \
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
    to=$(best into_host)
    cost_to=$(spent "$before" "$(cpu $pid)" "$(cat "$work/count")")
    before=$(cpu $pid)
    from=$(best into_b_from_host)
    cost_from=$(spent "$before" "$(cpu $pid)" "$(cat "$work/count")")
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
    peer_do b 5 'ip neigh flush all' >/dev/null
    strongswan "$suite" || { echo "strongSwan does not meet strongSwan" >&2; exit 1; }
    s_to=$to s_from=$from
    # The machine at the router's end must not answer for its address now.
    peer_do a 5 'ip addr flush dev vec0' >/dev/null
    device "$suite" "${row#* }" || { echo "strongSwan does not meet vpnsim: $(cat "$work/attach.err")" >&2; exit 1; }
    v_to=$to v_from=$from
    peer_do a 5 'ip addr add $VS_ADDRESS/24 dev vec0; ip route add default via $VS_GATEWAY' >/dev/null
    for d in to from; do
        eval "s=\$s_$d v=\$v_$d c=\$cost_$d"
        printf '%-14s %-10s %9s Mb/s %9s Mb/s %8s %12s us/pkt\n' "$suite" "$d it" "$s" "$v" \
            "$(awk -v s="$s" -v v="$v" 'BEGIN { printf "%.2f", (s > 0 ? v / s : 0) }')" "$c"
    done
done
grep 'real time is kept' "$work/attach.err"
