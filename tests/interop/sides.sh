# The two sides of a case, to be sourced by run.sh: their configurations from the templates of router/, and what the
# real one does, step by step.

# The row's proposal in strongSwan's words, encryption-hash-group.
proposal() {
    local part out=
    for part in ${1//-/ }; do
        out=$out-$(word 2 "$part")
    done
    echo "${out#-}"
}

# When it happens, in seconds: traffic of the simulated host begins, is held up, goes on; a simulated side deletes.
# A pause is what a question waits for where nobody is asked who was heard just now.
times_of() {
    kind=$(with kind ios) start=4 pause= resume= delete_at=7
    [ "$row_initiator" = vpnsim ] && start=1
    has access && start=4 # before that it would go in clear
    has access && [ "$row_outcome" = fails ] && start=900
    [ "$row_initiator" = peer ] && has lost && delete_at=9
    case $(with dpd -)-$kind in
    peer-[ai]*) pause=$((start + 4)) resume=$((start + 11)) ;;
    peer-unanswered*) pause=$((start + 4)) resume=$((start + 15)) ;;
    vpnsim-asa) pause=$((start + 4)) resume=$((start + 16)) ;;
    vpnsim-frozen-asa) pause=$((start + 4)) resume=$((start + 20)) ;;
    esac
    # What is said holds a mapping, too; strongSwan's keepalive comes before anything is.
    [ "$(with keepalive -)" = vpnsim ] && pause=$((start + 1)) resume=$((start + 7))
}

# Settings of the simulated side's IKE: rekey points and patience, short enough for a case.
profile_of() {
    local p=
    case $(with rekey -) in
    vpnsim) # of a pair for 120 s, or of one that the peer wants for 24 s
        if [ "$kind" = asa ]; then
            if [ "$row_initiator" = peer ]; then p=", phase2-rekey-percent-responder: 20"; else p=", phase2-rekey-percent: 4"; fi
        elif [ "$row_initiator" = peer ]; then # who answered asks a sixth of the margin later
            p=", phase2-rekey-before-s: 22"
        else
            p=", phase2-rekey-before-s: 115"
        fi
        ;;
    esac
    [ "$(with reauth -)" = vpnsim ] && p="$p, phase1-rekey-percent: 6, phase1-rekey-percent-responder: 6"
    if has lost; then
        if [ "$kind" = asa ]; then
            p="$p, phase2-rekey-percent: 11, phase2-rekey-percent-responder: 11"
        else
            p="$p, phase2-rekey-before-s: 107"
        fi
    fi
    has dpd || has lost && p="$p, dpd-retries: 1"
    echo "$p"
}

# What happens on the simulated side beside the negotiation.
steps_of() {
    local info='isakmp: {exchange: informational}'
    case $(with delete -) in
    vpnsim*) has lost && echo "  - {at: $((delete_at * 1000 - 100))ms, link: wan, drop: {match: {src: $router_address, $info}, for: 1s}}" ;;
    peer*) has lost && echo "  - {at: 0s, link: wan, drop: {match: {src: $router_peer, $info}, count: $(with lost 1)}}" ;;
    esac
    case $(with delete -) in
    vpnsim) echo "  - {at: ${delete_at}s, node: r1, console: \"clear crypto $([ "$kind" = asa ] && echo "ipsec ")sa\"}" ;;
    vpnsim-ike) echo "  - {at: ${delete_at}s, node: r1, console: \"clear crypto isakmp$([ "$kind" = asa ] && echo " sa")\"}" ;;
    esac
    [ -z "$pause" ] || echo "  - {at: ${pause}s, link: lan, drop: {match: {from: pc1}, for: $((resume - pause))s}}"
    [ "$(with dpd -)" = peer-unanswered ] &&
        echo "  - {at: ${pause}s, link: wan, drop: {match: {src: $router_address, $info}, for: $((resume - pause))s}}"
}

# A transfer each way, as segments that may not be cut; by far the most of what crosses.
traffic_of() {
    local flow="from: pc1, to: real, kind: tcp, start: $((start + 1))s, bytes: $(with tcp 0), size: 1000"
    has tcp || return 0
    echo "  - {name: up, dport: 5003, $flow}"
    echo "  - {name: down, dport: 5004, $flow, download: true}"
}

# Both sides' configurations from the templates.
write_sides() {
    local p1 p2 pfs='!' keepalive='!' nat_keepalive='!' life=3600 router_life=3600 p1_life=86400 rekey=0
    IFS=- read -r -a p1 <<<"$row_phase1"
    IFS=- read -r -a p2 <<<"$row_phase2"
    case $(with rekey -) in
    peer) rekey=5 life=12 ;;
    vpnsim) # the shortest that can be configured is 120 s; a peer that begins offers less
        if [ "$row_initiator" = peer ]; then life=24; else life=200 router_life=120; fi ;;
    esac
    has lost && life=200 router_life=120
    [ "$(with reauth -)" = vpnsim ] && p1_life=120
    # What differs between the kinds.
    local version=$(with version 15.1) encr=4 transform=5 outside=FastEthernet0/0 inside=FastEthernet0/1 debug= set_pfs=' set pfs '
    if [ "$kind" = asa ]; then
        version=$(with version '8.2(5)') encr=6 transform=7 outside=Ethernet0/0 inside=Ethernet0/1 debug=' 7'
        set_pfs='crypto map vpn 10 set pfs '
    fi
    [ "$row_pfs" = - ] || pfs=$set_pfs$(word 5 "$row_pfs")
    case $(with dpd -) in
    vpnsim*) keepalive='crypto isakmp keepalive 10 2 periodic' ;;
    *) has lost && keepalive='crypto isakmp keepalive 10 2' ;;
    esac
    if [ "$(with keepalive -)" = vpnsim ]; then
        nat_keepalive='crypto isakmp nat keepalive 5'
        [ "$kind" = asa ] && nat_keepalive='crypto isakmp nat-traversal 10'
    fi
    local config=r1.cfg scenario=scenario.yml split='!'
    has split && split=' acl 150'
    has split && [ "$kind" = asa ] && split=' split-tunnel-policy tunnelspecified\n split-tunnel-network-list value private'
    [ "$kind" = asa ] && config=asa.cfg
    case $(with access -)-$kind in
    peer-ios) config=hub.cfg ;;
    peer-asa) config=asa-hub.cfg ;;
    vpnsim-*) config=client.pcf scenario=client.yml version=$(with version 5.0) ;;
    esac
    mkdir -p "$dir/router"
    steps_of >"$dir/steps"
    traffic_of >"$dir/traffic"
    ! has tcp || "$stream" down "$(with tcp 0)" >"$work/$peer/give"
    sed -e "/^@STEPS@/{r $dir/steps" -e 'd}' -e "/^@TRAFFIC@/{r $dir/traffic" -e 'd}' "$here/router/$scenario" |
        sed -e "s/@KIND@/$kind/; s/@VERSION@/$version/; s/@PROFILE@/$(profile_of)/; s|@OUTSIDE@|$outside|; s|@INSIDE@|$inside|" \
            -e "s/@REAL@/$guest_inside/; s/@PASSWORD@/$(with password wonder)/" \
            -e "s/@START@/${start}s/; s/@SIZE@/$(with size 100)/; s/@DEBUG@/$debug/" >"$dir/router/scenario.yml"
    sed -e "s/@P1_ENCR@/$(word $encr "${p1[0]}")/; s/@P1_HASH@/$(word $encr "${p1[1]}")/" \
        -e "s/@P1_GROUP@/$(word $encr "${p1[2]}")/; s/@P1_LIFE@/$p1_life/; s/@LIFE@/$router_life/; s/^@PFS@/$pfs/" \
        -e "s/@TRANSFORM@/$(word $transform "${p2[0]}") $(word $transform "${p2[1]}")/; s/^@KEEPALIVE@/$keepalive/" \
        -e "s/@ADDRESS@/$router_address/; s/@GATEWAY@/$router_gateway/; s/@PEER@/$router_peer/; s/@VERSION@/$version/" \
        -e "s/^@NAT_KEEPALIVE@/$nat_keepalive/; s/^@SPLIT@/$split/" \
        "$here/router/$config" >"$dir/router/r1.cfg"
    peer_conf "$rekey" "$life" >"$work/$peer/swanctl.conf"
    cp "$work/$peer/swanctl.conf" "$dir/"
}

# strongSwan's configuration; lines that only some cases have go below the first of their section.
peer_conf() {
    local peer_p2=$(with peer-phase2 "$row_phase2") more= child= conf=swanctl.conf
    case $(with access -) in
    peer) conf=swan-client.conf ;;
    vpnsim) conf=swan-hub.conf ;;
    esac
    [ "$row_pfs" = - ] || peer_p2=$peer_p2-$row_pfs
    # A new phase 1 when this one is six seconds old, which may live a minute longer.
    [ "$(with reauth -)" = peer ] && more='reauth_time = 6s\nover_time = 60s\nrand_time = 0s'
    case $(with dpd -) in
    peer) more='dpd_delay = 2s\ndpd_timeout = 9s' ;;
    peer-unanswered) more='dpd_delay = 2s\ndpd_timeout = 5s' child='dpd_action = restart' ;;
    esac
    sed -e "s/@P1@/$(proposal "$(with peer-phase1 "$row_phase1")")/; s/@P2@/$(proposal "$peer_p2")/" \
        -e "s/@REKEY_TIME@/${1}s/; s/@LIFE_TIME@/${2}s/; s/@PSK@/$(with peer-key cisco123)/" \
        -e "s|@LOCAL_TS@|$(with peer-net 10.2.0.0/24)|; s/@LOCAL@/$guest_address/; s/@REMOTE@/$guest_peer/" ${more:+-e "/version = 1/a $more"} \
        ${child:+-e "/mode = tunnel/a $child"} \
        -e "s/@PASSWORD@/$(with password wonder)/; s|@HEAD_TS@|$(has split && echo 10.2.0.0/24 || echo 0.0.0.0/0)|" "$here/router/$conf"
}

# Who began a quick mode, or a main mode, in strongSwan's log.
quick_by_peer='generating QUICK_MODE request [0-9]+ . HASH SA'
quick_by_router='parsed QUICK_MODE request [0-9]+ . HASH SA'
pair_made='CHILD_SA net.* established'
main_by_peer='initiating (Main|Aggressive) Mode IKE_SA'
main_by_router='is initiating a (Main|Aggressive) Mode IKE_SA'

# What the real side does, as text for its machine: begun before the router is there, ended by the list of its SAs.
# `await go` is where the router becomes ready.
peer_part() {
    cat <<END
talk_size=$(($(with size 100) - 28))
place $guest_address $guest_gateway
inside=$guest_inside far=$guest_far unity=$(has split && echo yes || echo no)
case_begin || return 1
$(! has tcp || echo transfer_begin)
echo >/mnt/$name.up
await 20 test -e /mnt/$name.go
! grep -q ended /mnt/$name.go || { case_end; return 1; }
END
    if [ "$row_initiator" = peer ]; then
        echo "swanctl --initiate --child net --timeout 9 >/run/initiate 2>&1; tail -1 /run/initiate"
    fi
    if [ "$row_outcome" = up ]; then
        echo "await 9 logged 'CHILD_SA net.* established' || echo 'no CHILD_SA'"
        first_part
        nat_part
        rekey_part
        delete_part
        dpd_part
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

# The pair works. Where the simulated side goes by its timeline, that is soon seen to, by pings that it sent.
first_part() {
    if [ "$(with keepalive -)" = peer ]; then
        echo "await 4 logged 'sending keep alive to'; talk"
    elif has tcp; then
        echo "await 20 transferred || echo 'no end of the transfer'; talk"
    elif has dpd || has keepalive || [[ $(with delete -) = vpnsim* ]]; then
        echo "await 8 pinged 2 || echo 'no pings from the simulated host'"
    else
        echo "talk"
    fi
}

# Nothing is said, until a keepalive is; the NAT makes other mappings.
nat_part() {
    [ "$(with keepalive -)" = vpnsim ] && echo "nap 5; await 9 hears_again"
    has moved && echo "echo >/mnt/$name.move; await 9 test -e /mnt/$name.moved"
    # Who is behind the NAT makes the mapping, here with traffic.
    has moved && [ "$(with nat -)" = vpnsim ] && echo "await 9 hears_again"
    has moved && echo "talk"
}

# Keys are replaced. Pings go on across a new phase 1, and none may be lost: strongSwan makes the new SA before it breaks
# the old one, and moves the pair over.
rekey_part() {
    local begun=0
    [ "$row_initiator" = vpnsim ] && begun=1
    case $(with rekey -) in
    peer) echo "await 9 times $((2 - begun)) '$quick_by_peer'; await 4 times 2 '$pair_made'; nap 0.2; talk" ;;
    vpnsim) echo "await 12 times $((1 + begun)) '$quick_by_router'; await 4 times 2 '$pair_made'; nap 0.2; talk" ;;
    esac
    case $(with reauth -) in
    peer) echo "stream; await 12 times $((2 - begun)) '$main_by_peer'" ;;
    vpnsim) echo "stream; await 12 times $((1 + begun)) '$main_by_router'" ;;
    *) return ;;
    esac
    echo "await 4 times 2 'IKE_SA peer.* established between'; nap 1; stream_end; talk"
}

# A pair or an IKE SA is deleted, and comes back. Where the word of it is lost, the other side goes on with what is gone
# until its timers tell: the rekey point of its pair, or its keepalives.
delete_part() {
    local again="once_more 9; talk" told="await 9 logged"
    has lost && again="once_more 26; talk"
    has lost && told=:
    has delete && echo "count_pairs"
    [[ $(with delete -) = vpnsim* ]] && has lost && echo "pairs=1" # it asks at once, maybe before they are counted
    case $(with delete -) in
    peer) echo "swanctl --terminate --child net >/run/end 2>&1; $again" ;;
    peer-ike) echo "swanctl --terminate --ike peer >/run/end 2>&1; $again" ;;
    vpnsim) echo "$told 'received DELETE for ESP CHILD_SA'; $again" ;;
    vpnsim-ike)
        if [ "$kind" = asa ]; then # its pair went too, so it asks
            echo "$told 'received DELETE for IKE_SA'; $again"
        else # the router keeps its pair, strongSwan none: the next word is the peer's
            echo "$told 'received DELETE for IKE_SA'; swanctl --initiate --child net >/run/end 2>&1; $again"
        fi
        ;;
    esac
}

# One side asks whether the other lives.
dpd_part() {
    local again="once_more 12; await 16 hears_again; talk"
    has dpd && echo "count_pairs"
    case $(with dpd -) in
    peer) echo "await 16 times 2 'parsed INFORMATIONAL_V1 request [0-9]+ . HASH N.DPD_ACK'; await 16 hears_again; talk" ;;
    peer-unanswered) echo "await 20 logged 'DPD check timed out'; $again" ;;
    vpnsim) echo "await 26 logged 'parsed INFORMATIONAL_V1 request [0-9]+ . HASH N.DPD. '; await 16 hears_again; talk" ;;
    vpnsim-frozen)
        # The ASA does not ask a peer that it hears: in the kernel, which answers pings, nothing is frozen.
        echo "pid=\$(cat /run/charon.pid); kill -STOP \$pid; nap $([ "$kind" = asa ] && echo 20 || echo 15)"
        echo "kill -CONT \$pid; $again"
        ;;
    esac
}
