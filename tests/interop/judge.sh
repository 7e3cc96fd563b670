# What a case of the matrix is judged by, to be sourced by run.sh: `refuse WHY` for everything that is not as it
# should be, `established` for the line of the case.

# The value of a key of the IKE SA in the raw list of swanctl, whose children come behind.
sas() { sed "s/child-sas .*//" "$dir/sas" | grep -o "\b$1=[^ }]*" | head -1 | cut -d= -f2; }
events() { grep -c "\"event\":\"$1\"${2:-}" "$dir/run/events.jsonl"; }
# The value of a counter at the end, summed over nodes r1.
counter() { awk -F, -v c="\"$1\"" '$2 == "\"r1\"" && $3 == c { v = $4 } END { gsub(/"/, "", v); print v + 0 }' \
    "$dir/run/counters.csv"; }

judge_case() {
    if [ ! -s "$dir/run/capture.pcapng" ]; then
        refuse "vpnsim left no capture: $(tail -2 "$dir/attach.err" 2>/dev/null)"
        return
    fi
    [ "$attach_status" = 0 ] || refuse "vpnsim attach ended with $attach_status: $(grep -i fail "$dir/attach.out" | head -3)"
    if [ "$row_outcome" = up ]; then
        judge_tunnel
    else
        judge_refusal
    fi
    judge_words
    judge_capture
    ! has nat || judge_nat
    ! has tcp || judge_transfer
    has peer-key || judge_keys
}

# strongSwan's own list says what was agreed, and who began.
judge_tunnel() {
    local got=$(sas initiator) want ike p1 p2 child lost may_lose=0
    IFS=- read -r -a p1 <<<"$row_phase1"
    IFS=- read -r -a p2 <<<"$row_phase2"
    ike=$(sas encr-alg)-$(sas encr-keysize) ike=${ike%-}/$(sas integ-alg)/$(sas dh-group)
    want=$(word 3 "${p1[0]}")/$(word 3 "${p1[1]}")/$(word 3 "${p1[2]}")
    [ "$ike" = "$want" ] || refuse "phase 1 is ${ike:-not there}, not $want"
    child=$(grep -o 'child-sas {.*encr-alg=.*' "$dir/sas" | tail -1)
    local encr=$(grep -o '\bencr-alg=[^ }]*' <<<"$child" | tail -1 | cut -d= -f2)
    local size=$(grep -o '\bencr-keysize=[^ }]*' <<<"$child" | tail -1 | cut -d= -f2)
    local auth=$(grep -o '\binteg-alg=[^ }]*' <<<"$child" | tail -1 | cut -d= -f2)
    local group=$(grep -o '\bdh-group=[^ }]*' <<<"$child" | tail -1 | cut -d= -f2)
    [ "$size" ] && encr=$encr-$size
    want="$(word 3 "${p2[0]}")/$(word 3 "${p2[1]}")"
    [ "$encr/$auth" = "$want" ] || refuse "phase 2 is $encr/$auth, not $want"
    if [ "$row_pfs" = - ]; then
        [ -z "$group" ] || refuse "PFS with $group, unasked"
    else
        [ "$group" = "$(word 3 "$row_pfs")" ] || refuse "PFS with ${group:-nothing}, not $(word 3 "$row_pfs")"
    fi
    if ! has delete && ! has reauth && [[ $(with dpd -) != *-* ]]; then
        want=$([ "$row_initiator" = peer ] && echo yes || echo no)
        [ "${got:-no}" = "$want" ] || refuse "$row_initiator did not begin phase 1"
    fi
    grep -E '^no ' "$dir/peer.out" >"$dir/absent" && refuse "$(cat "$dir/absent")"
    if [ "$(events traffic_rx '.*"flow":"ping"')" -lt 4 ]; then
        refuse "the simulated host had $(events traffic_rx '.*"flow":"ping"') answers to its pings"
    fi
    has rekey && judge_replaced rekey "$quick_by_peer" "$quick_by_router" 1
    has reauth && judge_replaced reauth "$main_by_peer" "$main_by_router" 0
    lost=$(awk '/ packets transmitted/ { n += $1 - $4 } END { print n + 0 }' "$dir/peer.out")
    [ "$lost" -le "$may_lose" ] || refuse "$lost pings of the peer were lost: $(grep received "$dir/peer.out" | paste -sd,)"
    local refused=$(sed -n 's/.*refused \([0-9]*\).*/\1/p' "$dir/peer.out")
    [ "${refused:-0}" -gt 0 ] || refuse "no port unreachable for the peer's datagrams"
    grep -q 'received DELETE for IKE_SA' "$dir/charon.log" || refuse "no DELETE when the router ended"
    established="$ike, ESP $encr/$auth${group:+ PFS $group}, $(grep -c 'CHILD_SA net.* established' "$dir/charon.log") pairs of SAs$rekeys; "
    established+="$(counter esp.in.packets) packets of $(counter esp.in.bytes) bytes to the router,"
    established+=" $(counter esp.out.packets) of $(counter esp.out.bytes) from it"
}

# judge_replaced SETTING BY_PEER BY_ROUTER MAY_LOSE: keys were replaced, and by whom they should be, where the first
# negotiation does not count; and no ping of either side went astray, but so many each time. Who began a quick mode
# has its pair before the third message lets the other side make it, and what it sends by it may come there first.
judge_replaced() {
    local by=$(with "$1" -) n astray
    if [ "$by" = peer ]; then
        n=$(grep -Ec "$2" "$dir/charon.log")
    else
        n=$(grep -Ec "$3" "$dir/charon.log")
    fi
    [ "$by" = "$row_initiator" ] && n=$((n - 1))
    [ "$n" -gt 0 ] || refuse "$by never began a $1"
    rekeys=", $n times $1 by $by"
    astray=$(grep '"event":"traffic_rx"' "$dir/run/events.jsonl" | sed -n 's/.*"flow":"ping","number":\([0-9]*\).*/\1/p' |
        sort -n | awk 'NR == 1 { first = $1 } { last = $1 } END { print last - first + 1 - NR }')
    may_lose=$((n * $4))
    [ "$astray" -le $may_lose ] || refuse "$astray pings of the simulated host were lost in $n times $1"
}

# No tunnel, no packet, and the router keeps its feet.
judge_refusal() {
    local out=$(counter esp.out.packets) in=$(counter esp.in.packets)
    grep -q 'child-sas {[^}]*state=INSTALLED' "$dir/sas" && refuse "there is a tunnel, against expectation"
    [ "$out" = 0 ] && [ "$in" = 0 ] || refuse "$in ESP packets in and $out out without a tunnel"
    established="no tunnel, as it should be"
}

# What each side must have said; columns may ask for several things, apart by " & ".
judge_words() {
    local want
    while read -r want; do
        [ "$want" = - ] || grep -Eq -- "$want" "$dir/charon.log" || refuse "strongSwan does not say: $want"
    done <<<"${row_peer_says// & /$'\n'}"
    while read -r want; do
        [ "$want" = - ] || grep -Eq -- "$want" "$dir/run/console/r1.txt" || refuse "the router does not say: $want"
    done <<<"${row_router_says// & /$'\n'}"
}

# tshark, with nothing but what vpnsim exported: everything dissects, sums are right, all is opened.
judge_capture() {
    local line
    WIRESHARK_CONFIG_DIR="$dir/run/wireshark" HOME="$work" tshark -r "$dir/run/capture.pcapng" -T fields -E separator=';' \
        -E occurrence=f -e frame.protocols -e _ws.malformed -e ip.checksum.status -e udp.checksum.status \
        -e icmp.checksum.status -e isakmp.exchangetype -e isakmp.flag_e -e isakmp.typepayload -e esp.icv_good -e esp.spi \
        -e isakmp.ispi -e udp.checksum \
        -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE >"$dir/fields" 2>"$dir/tshark.err"
    line=$(awk -F';' '
        { n++ }
        # Of the packet that an ICMP error is about, there is the beginning only.
        $1 ~ /^[a-z:]*:ip:icmp:ip/ && $1 !~ /^[a-z:]*:esp:ip:icmp/ { if ($3 == "0" || $5 == "0") sums++; next }
        $2 != "" && $1 !~ /:esp/ { malformed++ }
        $3 == "0" || $4 == "0" || $5 == "0" { sums++ }
        # Of messages that come twice tshark opens the first: it takes the next IV from the last that it saw.
        $6 != "" && $7 == "1" && seen[$11, $6, $12]++ { next }
        $6 != "" && $7 == "1" { sealed++; if ($8 != "" ) open++ }
        $10 != "" { esp++; if ($1 ~ /esp:ip/) inner++; if ($9 == "0") icv++ }
        END { print n + 0, malformed + 0, sums + 0, sealed + 0, open + 0, esp + 0, inner + 0, icv + 0 }' "$dir/fields")
    read -r n malformed sums sealed open esp inner icv <<<"$line"
    [ "$n" -gt 0 ] || refuse "tshark reads nothing: $(tail -1 "$dir/tshark.err")"
    has peer-key || [ "$malformed" = 0 ] || refuse "$malformed malformed packets"
    [ "$sums" = 0 ] || refuse "$sums wrong checksums"
    [ "$icv" = 0 ] || refuse "$icv ESP packets with a wrong ICV"
    if ! has peer-key; then
        [ "$open" = "$sealed" ] || refuse "$open of $sealed encrypted ISAKMP messages open"
    fi
    [ "$inner" = "$esp" ] || refuse "$inner of $esp ESP packets open"
    [ "$row_outcome" != up ] || [ "$esp" -gt 0 ] || refuse "no ESP in the capture"
    established+="; tshark opens $open of $sealed ISAKMP and $inner of $esp ESP"
}

# The port of the router and the other port of each ESP packet to it (dst) or from it (src), or nothing.
esp_ports() {
    local other=dst
    [ "$1" = dst ] && other=src
    tshark -r "$dir/run/capture.pcapng" -T fields -E separator=';' -E occurrence=f -e frame.protocols -e "udp.$1port" \
        -e "udp.${other}port" -Y "esp and ip.$1 == $router_address" 2>/dev/null |
        awk -F';' '$1 ~ /:icmp:ip.*esp/ { next } { print $1 ~ /:udpencap:esp/ ? $2 ";" $3 : ";" }'
}

# There is a NAT, both ends know on which side, all ESP goes in UDP between ports 4500, as one end sees it, and what a
# keepalive should hold is held by one.
judge_nat() {
    local here=nat-local far=nat-remote side n ports
    [ "$(with nat -)" = peer ] || here=nat-remote far=nat-local
    [ "$(sas $here)" = yes ] && [ "$(sas $far)" != yes ] || refuse "strongSwan does not know who is behind the NAT"
    n=$(grep -c "\"event\":\"ike_nat\".*\"version\":\"$(with natt RFC3947)\".*\"here\":$([ $far = nat-local ] && echo true || echo false)" \
        "$dir/run/events.jsonl")
    [ "$n" -gt 0 ] || refuse "the router does not know by $(with natt RFC3947) who is behind the NAT"
    for side in src dst; do
        n=$(esp_ports $side | grep -vc '^4500;')
        [ "$n" = 0 ] || refuse "$n ESP packets ($side) are not in UDP 4500"
    done
    # What the NAT made of the ports, seen from the other side of it.
    ports=$(sas remote-port)
    [ "$(with nat -)" = peer ] && ports=$(esp_ports dst | cut -d';' -f2 | uniq | paste -sd,)
    has moved && [ "$(with nat -)" = peer ] && side='2????,4????' || side='2????'
    has moved && [ "$(with nat -)" = vpnsim ] && side='4????'
    [[ $ports == $side ]] || refuse "ESP of who is behind the NAT comes from ${ports:-nowhere}"
    if has keepalive; then
        side=$router_peer
        [ "$(with keepalive -)" = vpnsim ] && side=$router_address
        n=$(tshark -r "$dir/run/capture.pcapng" -Y "udpencap.nat_keepalive and ip.src == $side" 2>/dev/null | wc -l)
        [ "$n" -gt 0 ] || refuse "no keepalive from $side"
    fi
    established+="; NAT-T by $(with natt RFC3947) from port $ports"
}

# Both streams came whole, byte for byte, and the narrow part of the path told of itself.
judge_transfer() {
    local bytes=$(with tcp 0) n told
    "$stream" -o up "$bytes" | cmp - "$work/$peer/got" >"$dir/cmp" 2>&1 || refuse "what came is not what was sent: $(cat "$dir/cmp")"
    # The simulated host checks each byte that it fetches, and takes a FIN behind the last.
    n=$(awk -F'[:,}]' '/"event":"tcp_rx"/ && /"flow":"down"/ { for (i = 1; i < NF; i++) if ($i == "\"bytes\"") n += $(i + 1) }
        END { print n + 0 }' "$dir/run/events.jsonl")
    [ "$n" -ge "$bytes" ] || refuse "$n bytes of $bytes were fetched"
    [ "$(events tcp_state '.*"flow":"down".*"new":"CLOSE-WAIT"')" = 1 ] || refuse "what is fetched has no end"
    [ "$(events traffic_lost '.*"flow":"\(up\|down\)"')" = 0 ] || refuse "a transfer failed or was damaged"
    has narrow || return 0
    read -r n told < <(tshark -r "$dir/run/capture.pcapng" -T fields -E separator=';' -E occurrence=f -e frame.protocols \
        -e ip.src -e ip.len -e ip.flags.df -e icmp.type -e icmp.code 2>/dev/null |
        awk -F';' -v src="$router_address" -v most="$(with narrow 0)" '
            $1 ~ /^raw:ip:icmp:ip/ && $5 == 3 && $6 == 4 && $2 != "10.1.0.1" { told++ }
            $1 ~ /^raw:ip:(udp:udpencap:)?esp/ && $2 == src && $3 > most { large++ }
            END { print large + 0, told + 0 }')
    [ "$n" -gt 0 ] && [ "$told" -gt 0 ] || refuse "the path was not narrow: $n packets too large, told of $told"
    established+="; $bytes bytes each way over TCP, $told of $n packets refused as too large"
}

judge_keys() {
    "$rederive" "$dir/run" >"$dir/rederived" 2>&1
    local status=$? last=$(tail -1 "$dir/rederived")
    if [ $status != 0 ] && [ "$row_outcome" = up -o "$(events key_ike)" -gt 0 ]; then
        refuse "keys: $(head -3 "$dir/rederived" | sed "s|$dir/run: ||")"
    elif [ "$(events key_ike)" -gt 0 ]; then
        established+="; derived anew:$(sed "s/.*run://; s/, 0 wrong//" <<<"$last")"
    fi
}
