#!/usr/bin/env bash
# `vpnsim attach` met by a real kernel: two network namespaces and a veth between them, the simulated router on
# one end. Skips, loudly, where namespaces cannot be made. Everything is in namespaces of this script's own.
set -u
vpnsim=${1:?usage: namespaces.sh VPNSIM}
here=$(cd "$(dirname "$0")" && pwd)
scenarios=$here/../../scenarios
a=vs-att-$$-a b=vs-att-$$-b
work=$(mktemp -d)
failures=0 running=

cleanup() {
    for pid in $running ${other-}; do kill -9 "$pid" 2>/dev/null; done
    ip netns del "$a" 2>/dev/null
    ip netns del "$b" 2>/dev/null
    ip netns del "$b-c" 2>/dev/null
    rm -rf "$work"
}
trap cleanup EXIT

skip() {
    echo "SKIPPED: $*: vpnsim attach was NOT tested against a kernel" >&2
    exit 77
}
command -v ip >/dev/null && command -v ping >/dev/null || skip "no ip or no ping (iproute2, iputils-ping)"
ip netns add "$a" 2>/dev/null && ip netns add "$b" || skip "network namespaces are not permitted"
wire() {
    ip link add va0 netns "$a" type veth peer name vb0 netns "$b" &&
        ip -n "$a" link set va0 up && ip -n "$b" link set vb0 up &&
        ip -n "$b" addr add 203.0.113.2/24 dev vb0 && ip -n "$b" route add 10.1.0.0/24 via 203.0.113.1
}
wire || skip "no veth"

ok() { echo "ok: $*"; }
fail() {
    echo "FAILED: $*"
    sed 's/^/    /' "$work/out" "$work/err" 2>/dev/null
    failures=$((failures + 1))
}
check() { # NAME COMMAND...
    local name=$1
    shift
    if "$@"; then ok "$name"; else fail "$name"; fi
}
outside() { ip netns exec "$b" "$@"; }
attach() { # ARGUMENTS...: in the background, until READY
    rm -rf "$work/run"
    : >"$work/out"
    ip netns exec "$a" "$vpnsim" attach "$here/router" --out "$work/run" --max-lag 3s "$@" >"$work/out" 2>"$work/err" &
    running=$!
    for _ in $(seq 100); do
        grep -q READY "$work/out" && return 0
        kill -0 "$running" 2>/dev/null || break
        sleep 0.1
    done
    return 1
}
ended_with() { # CODE
    wait "$running"
    local code=$?
    running=
    [ "$code" = "$1" ] || { echo "exit code $code, not $1"; return 1; }
}
refused() { # TEXT ARGUMENTS...: exit code 2 and the text, without a run
    local text=$1
    shift
    "$@" >"$work/out" 2>"$work/err"
    [ $? = 2 ] && grep -qF -- "$text" "$work/err" && ! grep -q READY "$work/out"
}
counter() { awk -F'"?,"?' -v c="$2" -v n="$1" '$2 == n && $3 == c { gsub(/"/, "", $4); v = $4 } END { print v + 0 }' "$work/run/counters.csv"; }
at_least() { [ "$(counter "$1" "$2")" -ge "$3" ] || { echo "$1 $2 is $(counter "$1" "$2")"; return 1; }; }
pings() { outside ping -q -n -W 2 "$@" >/dev/null; }
verdict() { grep -qF "{\"name\": \"$1\", \"state\": \"$2\"" "$work/run/verdict.json"; }

# ---- what is refused ----
check "the machine's own namespace is refused" refused "--allow-host-interface" "$vpnsim" attach "$here/router" --link outside=va0
in_a=(ip netns exec "$a" "$vpnsim" attach "$here/router")
check "no link at all is refused" refused "--link NAME=IFACE" "${in_a[@]}"
check "a link that is not there is refused with the nearest" refused 'did you mean "outside"?' "${in_a[@]}" --link outsde=va0
check "an interface that is not there is refused" refused "no such interface" "${in_a[@]}" --link outside=va9
check "the loopback is refused" refused "no Ethernet interface" "${in_a[@]}" --link outside=lo
check "one link bound twice is refused" refused "bound already" "${in_a[@]}" --link outside=va0 --link outside=va0
check "a time that is none is refused" refused "no time such as" "${in_a[@]}" --link outside=va0 --for soon
ip -n "$a" link set va0 down
check "an interface that is down is refused with the remedy" refused "ip link set va0 up" "${in_a[@]}" --link outside=va0
ip -n "$a" link set va0 up

# ---- a run that a signal ends ----
check "READY is said" attach --link outside=va0
check "the router answers the kernel's ping" pings -c 3 -i 0.2 203.0.113.1
check "a simulated host behind it does, too" pings -c 3 -i 0.2 10.1.0.5
check "fragments are put together and made" pings -c 2 -i 0.2 -s 4000 10.1.0.5
check "the kernel has learned a locally administered address" \
    sh -c "ip -n $b neigh show 203.0.113.1 | grep -q 'lladdr 02:'"
outside bash -c 'exec 3<>/dev/udp/10.1.0.5/9; echo one >&3; sleep 0.2; echo two >&3' 2>/dev/null
outside ip link add link vb0 name vb0.7 type vlan id 7 2>/dev/null && ip -n "$b" addr add 198.51.100.1/24 dev vb0.7 &&
    ip -n "$b" link set vb0.7 up && outside ping -q -c 1 -W 1 198.51.100.9 >/dev/null
ip -n "$b" link show vb0.7 >/dev/null 2>&1 || vlan=no # the kernel has none
outside ping -q -c 1 -W 1 203.0.113.77 >/dev/null
outside ping -6 -q -c 1 -W 1 ff02::1%vb0 >/dev/null 2>&1
sleep 0.5
kill -TERM "$running"
check "SIGTERM ends it with the verdicts' exit code" ended_with 0
check "verdicts are printed" grep -q "passed, 0 failed" "$work/out"
for file in verdict.json events.jsonl counters.csv ladder.txt console/r1.txt capture.pcapng keys.json manifest.json; do
    check "$file is written" test -s "$work/run/$file"
done
check "what was seen counts at an early end" verdict "the router is asked for echoes" passed
check "what must never be holds at an early end" verdict "nobody reloads" passed
check "the simulated router started pings of its own" verdict "the router pings the real neighbour" passed
check "what was planned for later is not reached" verdict "nobody asks for this" not-reached
check "real time was kept" verdict "real time is kept" passed
check "unfinished checksums are finished and counted" at_least va0 attach.in.unfinished_checksum 1
check "the datagram reached the simulated host" at_least pc1 drop.UDP_NO_PORT 1
[ "${vlan-}" ] || check "VLAN tags are dropped and counted" at_least va0 attach.drop.vlan 1
check "IPv6 is ignored and counted" at_least va0 attach.drop.ipv6 1
check "fragments were the simulator's own business" at_least pc1 frag.joined 2
if command -v tshark >/dev/null; then
    tshark -r "$work/run/capture.pcapng" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
        -Y '_ws.malformed || ip.checksum.status == "Bad" || udp.checksum.status == "Bad" || icmp.checksum.status == "Bad"' \
        >"$work/bad" 2>/dev/null
    check "tshark finds nothing wrong with the capture" test ! -s "$work/bad"
fi

# ---- real hosts on both sides, TCP larger than a packet ----
ip link add va1 netns "$a" type veth peer name vb1 netns "$b"
if command -v socat >/dev/null && ip netns add "$b-c" 2>/dev/null; then
    ip -n "$b" link set vb1 netns "$b-c"
    ip -n "$a" link set va1 up
    ip -n "$b-c" link set vb1 up
    ip -n "$b-c" addr add 10.1.0.7/24 dev vb1
    ip -n "$b-c" route add default via 10.1.0.1
    check "READY on two links" attach --link outside=va0 --link inside=va1 --outputs counters,verdict --set 'topology.links.inside.tc={}'
    head -c 3000000 /dev/urandom >"$work/sent"
    ip netns exec "$b-c" timeout 30 socat -u TCP-LISTEN:5000 "OPEN:$work/got,creat" &
    other=$!
    sleep 0.5
    outside timeout 30 socat -u "OPEN:$work/sent" TCP:10.1.0.7:5000
    wait "$other"
    other=
    check "TCP from one real host to another arrives whole" cmp "$work/sent" "$work/got"
    check "a simulated host on a real segment answers" pings -c 2 -i 0.2 10.1.0.5
    kill -TERM "$running"
    ended_with 0 >/dev/null
    check "what the kernel left uncut was cut" at_least va0 attach.in.segmented 1
    ip netns del "$b-c"
else
    echo "SKIPPED: no socat: TCP between real hosts was not tested" >&2
    ip -n "$a" link del va1
fi

# ---- two simulations, a tunnel between them ----
ip link add vp0 netns "$a" type veth peer name vp1 netns "$b" && ip -n "$a" link set vp0 up && ip -n "$b" link set vp1 up
check "an address that the kernel has, too, is refused" refused "the kernel has 203.0.113.2" ip netns exec "$b" "$vpnsim" attach \
    "$scenarios/first-tunnel" --link wan=vp1
ip -n "$b" addr del 203.0.113.2/24 dev vb0
pair=(--set 'expect=[]' --set 'timeline=[]' --max-lag 3s --seed)
ip netns exec "$b" "$vpnsim" attach "$scenarios/first-tunnel" --link wan=vp1 --out "$work/peer" --set 'traffic=[]' \
    --set 'topology.links.wan.endpoints=["r2:FastEthernet0/0"]' "${pair[@]}" 2 >"$work/peer.out" 2>&1 &
other=$!
sleep 1
ip netns exec "$a" "$vpnsim" attach "$scenarios/first-tunnel" --link wan=vp0 --out "$work/run" --for 5s \
    --set 'topology.links.wan.endpoints=["r1:FastEthernet0/0"]' "${pair[@]}" 1 --set 'traffic.ping.start=1s' >"$work/out" 2>"$work/err" &
running=$!
check "two attached simulations end well" ended_with 0
sleep 0.5
kill -TERM "$other"
wait "$other"
other=
check "ESP went both ways between them" sh -c "grep -q '\"ping_reply\",\"src\":\"10.2.0.5\"' $work/run/events.jsonl && grep -q 'ESP spi' $work/run/ladder.txt"
ip -n "$b" addr add 203.0.113.2/24 dev vb0 && ip -n "$b" route add 10.1.0.0/24 via 203.0.113.1
deletes() { [ "$(grep -c '"event":"ike_delete_rx"' "$work/peer/events.jsonl")" -ge 2 ]; }
check "the end of one told the other: ESP and IKE SAs deleted" deletes

# ---- other ends ----
check "READY with --for" attach --link outside=va0 --for 2s --outputs verdict
check "pings meanwhile" pings -c 1 203.0.113.1
check "--for ends it" ended_with 0
check "only what was asked for is written" sh -c "test -s $work/run/verdict.json && ! test -e $work/run/capture.pcapng"

check "READY, Ctrl-C" attach --link outside=va0 --outputs none
kill -INT "$running"
check "SIGINT ends it" ended_with 0

check "READY, a failing expectation" attach --link outside=va0 --for 1500ms --set 'expect.nobody reloads.never.event.type=timeline'
check "a failed expectation is exit code 1" ended_with 1

check "READY, then stopped for a second" attach --link outside=va0 --for 3s --max-lag 250ms
sleep 0.3
kill -STOP "$running"
sleep 1
kill -CONT "$running"
check "lag above the limit fails the run" ended_with 1
check "and it is said" grep -q "fell behind real time" "$work/err"
check "and judged" verdict "real time is kept" failed

check "READY, then the interface goes down" attach --link outside=va0
ip -n "$a" link set va0 down
check "an interface that goes down ends the run with 1" ended_with 1
check "and is named" grep -q "interface va0 went down" "$work/err"
ip -n "$a" link set va0 up

check "READY, then the interface vanishes" attach --link outside=va0
pings -c 1 203.0.113.1
ip -n "$b" link del vb0
check "an interface that vanishes ends the run with 1" ended_with 1
check "it is named" grep -q "interface va0 vanished" "$work/err"
check "what was recorded is kept" test -s "$work/run/capture.pcapng"
check "and judged as such" verdict "the interfaces stay" failed

# ---- a TUN ----
if ip -n "$a" tuntap add dev vt0 mode tun 2>/dev/null; then
    ip -n "$a" addr add 203.0.113.2/24 dev vt0
    check "a TUN that is down is refused" refused "is down" "${in_a[@]}" --link outside=tun:vt0
    ip -n "$a" link set vt0 up
    ip -n "$a" route add 10.1.0.0/24 via 203.0.113.1
    check "READY on a TUN" attach --link outside=tun:vt0
    check "pings through the TUN" sh -c "ip netns exec $a ping -q -c 3 -i 0.2 -W 2 10.1.0.5 >/dev/null"
    ip -n "$a" link del vt0
    check "a TUN that vanishes ends the run with 1" ended_with 1
else
    echo "SKIPPED: no TUN here: that part was not tested" >&2
fi

[ "$failures" = 0 ] || { echo "$failures failures"; exit 1; }
echo "all of vpnsim attach is as it should be"
