# Machines for real peers, to be sourced: a network namespace of our own, user-mode Linux machines in it, commands run
# on them. Whatever was begun is ended when the script ends. The caller sets `work`, a folder of its own.

# What the tests cannot do without; says what is missing, and fails.
peer_possible() {
    local missing= tool
    for tool in linux ip tshark /usr/lib/ipsec/charon swanctl modprobe socat ping; do
        command -v "$tool" >/dev/null || missing="$missing $tool"
    done
    [ "$(id -u)" = 0 ] || missing="$missing root"
    [ -d /usr/lib/uml/modules ] || missing="$missing /usr/lib/uml/modules"
    if [ -z "$missing" ]; then
        ip netns add "$space" 2>/dev/null || missing="$missing network-namespaces"
        ip -n "$space" link add name vs0 type veth peer name vs1 2>/dev/null || missing="$missing veth"
        ip -n "$space" link del vs0 2>/dev/null
    fi
    [ -z "$missing" ] && return 0
    echo "SKIPPED: nothing was judged by a real peer, for want of:$missing" >&2
    echo "SKIPPED: apt-get install $(tr '\n' ' ' <"$here/packages")" >&2
    return 1
}

space=vs-$$
peers=()

peer_cleanup() {
    local p
    for p in "${peers[@]}"; do
        : >"$work/$p/halt"
    done
    for p in "${peers[@]}"; do
        peer_end "$p"
    done
    ip netns pids "$space" 2>/dev/null | xargs -r kill -9 2>/dev/null
    for p in $(ip netns list | grep -o "^$space[^ ]*"); do
        ip netns del "$p" 2>/dev/null
    done
}

# A machine ends by itself within two seconds of `halt`; one that hangs is ended.
peer_end() {
    local pid i
    pid=$(cat "$work/$1/pid" 2>/dev/null) || return 0
    for i in $(seq 40); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}

# peer_wire A B: two interfaces of the namespace with a wire between, no addresses on them.
peer_wire() {
    ip -n "$space" link add name "$1" type veth peer name "$2"
    local i
    for i in "$1" "$2"; do
        ip netns exec "$space" sysctl -qw "net.ipv6.conf.$i.disable_ipv6=1"
        ip -n "$space" link set "$i" up
    done
}

# peer_boot NAME INTERFACE ADDRESS INSIDE GATEWAY: a machine on that end of a wire. Returns at once.
peer_boot() {
    local dir=$work/$1
    mkdir -p "$dir"
    peers+=("$1")
    timeout -k 5 "${PEER_LIFE:-900}" ip netns exec "$space" linux mem=192M umid="$space-$1" uml_dir="$dir" \
        root=/dev/root rootfstype=hostfs rootflags=/ ro init="$here/guest.sh" \
        con=null con0=null,fd:1 ssl=null quiet "vec0:transport=raw,ifname=$2,depth=128,gro=0" \
        VS_DIR="$dir" VS_ADDRESS="$3" VS_INSIDE="$4" VS_GATEWAY="$5" \
        </dev/null >"$dir/boot" 2>&1 &
    echo $! >"$dir/pid"
    echo 0 >"$dir/last"
}

# peer_ready NAME: waits until it can be spoken to.
peer_ready() {
    local i
    for i in $(seq 1200); do
        [ -e "$work/$1/ready" ] && return 0
        kill -0 "$(cat "$work/$1/pid")" 2>/dev/null || break
        sleep 0.1
    done
    echo "the machine of $1 does not boot:" >&2
    tail -5 "$work/$1/boot" >&2
    return 1
}

# peer_do NAME SECONDS TEXT: runs shell text there; its output on stdout, its status as ours, 124 when it takes longer.
peer_do() {
    peer_begin "$1" "$3"
    peer_wait "$1" "$2"
}
peer_begin() {
    local dir=$work/$1 n
    n=$(($(cat "$dir/last") + 1))
    echo $n >"$dir/last"
    printf '%s\n' "$2" >"$dir/$n.part"
    mv "$dir/$n.part" "$dir/$n.cmd"
}
peer_wait() {
    local dir=$work/$1 n i
    n=$(cat "$dir/last")
    for i in $(seq $(($2 * 50))); do
        if [ -e "$dir/$n.rc" ]; then
            cat "$dir/$n.out"
            return "$(cat "$dir/$n.rc")"
        fi
        sleep 0.02
    done
    return 124
}
