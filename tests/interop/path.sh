# What lies between the two sides of a case where that is more than a wire, to be sourced by run.sh: a namespace that
# forwards, as a NAT (nat=peer, nat=vpnsim: who is behind it) or as a router, with room for small packets only
# (narrow=BYTES). The end of the wire that vpnsim is bound to otherwise goes in there while the case lasts.

# Why nothing can be put between here; empty when it can.
path_impossible() {
    local tool
    for tool in nft conntrack; do
        command -v $tool >/dev/null || { echo "no $tool"; return; }
    done
    ip netns add "$space-try" 2>/dev/null || { echo "no namespaces"; return; }
    echo 'table ip vs { chain out { type nat hook postrouting priority 100; meta l4proto udp masquerade to :20000-29999; }; }' |
        ip netns exec "$space-try" nft -f - 2>/dev/null || echo "no NAT in this kernel"
    ip netns del "$space-try"
}

# Who has which address: the router, its way out and its peer; the same of strongSwan.
path_addresses() {
    router_address=203.0.113.1 router_gateway=203.0.113.2 router_peer=203.0.113.2
    guest_address=203.0.113.2 guest_gateway=203.0.113.1 guest_peer=203.0.113.1
    case $(with nat -) in
    peer) guest_address=192.168.1.2 guest_gateway=192.168.1.1 ;;
    vpnsim) router_address=192.168.1.2 router_gateway=192.168.1.1 ;;
    *) has narrow && guest_address=192.168.1.2 guest_gateway=192.168.1.1 router_peer=192.168.1.2 ;;
    esac
    # Who speaks: hosts behind the gateways, or who came in, by the address that it was given.
    guest_inside=10.2.0.5 guest_far=10.1.0.5
    case $(with access -) in
    peer) guest_inside=10.3.0.1 ;;
    vpnsim) guest_far=10.3.0.1 ;;
    esac
}

has_path() { has nat || has narrow; }

# path_up: sets `bound`, the interface that vpnsim gets.
path_up() {
    bound=$wire
    has_path || return 0
    middle=$space-$wire bound=sim$wire out=out$wire
    ip netns add "$middle" &&
        ip -n "$space" link add name "$bound" type veth peer name "$out" netns "$middle" &&
        ip -n "$space" link set "$wire" netns "$middle" || return 1
    ip netns exec "$space" sysctl -qw "net.ipv6.conf.$bound.disable_ipv6=1"
    ip netns exec "$middle" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv6.conf.all.disable_ipv6=1
    ip -n "$space" link set "$bound" up
    # The private side is that of who is behind the NAT; where there is none, strongSwan's.
    inner=$wire outer=$out outer_address=$router_gateway
    [ "$(with nat -)" = vpnsim ] && inner=$out outer=$wire outer_address=$guest_gateway
    ip -n "$middle" addr add 192.168.1.1/24 dev "$inner"
    ip -n "$middle" addr add "$outer_address/24" dev "$outer"
    ip -n "$middle" link set lo up
    ip -n "$middle" link set "$inner" up
    ip -n "$middle" link set "$outer" up
    if has narrow; then
        ip -n "$middle" route change 192.168.1.0/24 dev "$inner" src 192.168.1.1 mtu "$(with narrow 1500)"
        ip -n "$middle" route change 203.0.113.0/24 dev "$outer" src "$outer_address" mtu "$(with narrow 1500)"
    fi
    ! has nat || path_maps 20000-29999
}

# The NAT maps to these ports from now on.
path_maps() {
    ip netns exec "$middle" nft -f - <<END
table ip vs
delete table ip vs
table ip vs {
    chain out {
        type nat hook postrouting priority 100
        oifname "$outer" meta l4proto udp masquerade to :$1
        oifname "$outer" masquerade
    }
}
END
}

# The NAT has forgotten its mappings, and makes others. In the background: waits for the word of the machine.
path_moves() {
    has moved || return 0
    (
        until [ -e "$work/$peer/$name.move" ]; do
            [ -e "$work/$peer/$name.done" ] && exit
            sleep 0.05
        done
        path_maps 40000-49999
        ip netns exec "$middle" conntrack -F >/dev/null 2>&1
        echo >"$work/$peer/$name.moved"
    ) &
}

path_down() {
    has_path && [ -n "$middle" ] || return 0
    ip netns exec "$middle" conntrack -L >"$dir/conntrack" 2>/dev/null
    # Before the namespace goes, and with it whatever is in there.
    ip -n "$middle" addr flush dev "$wire" 2>/dev/null
    ip -n "$middle" link set "$wire" netns "$space" 2>/dev/null
    ip -n "$space" link set "$wire" up
    ip -n "$space" link del "$bound" 2>/dev/null
    ip netns del "$middle"
    middle=
}
